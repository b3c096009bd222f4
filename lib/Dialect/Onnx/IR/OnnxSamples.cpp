//===- OnnxSamples.cpp - When ops of the onnx dialect keep samples apart --===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The rules of SampleAxesInterface that are more than one expression; the
// others stand in OnnxOps.td.
//
//===----------------------------------------------------------------------===//

#include "OnnxDetail.h"

using namespace mlir;
using namespace snn;
using namespace snn::onnx;
using namespace snn::onnx::detail;

static int64_t product(ArrayRef<int64_t> sizes) {
  int64_t result = 1;
  for (int64_t size : sizes)
    result *= size;
  return result;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

LogicalResult snn::onnx::detail::checkSamples(MatMulOp op,
                                              const SampleAxes &axes) {
  int64_t rank = axes.getType(op.getB()).getRank();
  if (failed(axes.checkAxis(op, op.getA(), -1, "it contracts")))
    return failure();
  return axes.checkAxis(op, op.getB(), rank == 1 ? 0 : rank - 2,
                        "it contracts");
}

LogicalResult snn::onnx::detail::checkSamples(GemmOp op,
                                              const SampleAxes &axes) {
  if (failed(axes.checkAxis(op, op.getA(), op.getTransA() ? 0 : 1,
                            "it contracts")))
    return failure();
  return axes.checkAxis(op, op.getB(), op.getTransB() ? 1 : 0, "it contracts");
}

LogicalResult snn::onnx::detail::checkSamples(AttentionOp op,
                                              const SampleAxes &axes) {
  if (failed(axes.checkAxis(op, op.getQ(), -1, "it contracts")) ||
      failed(axes.checkAxis(op, op.getK(), -1, "it contracts")) ||
      failed(axes.checkAxis(op, op.getK(), -2, "it attends over")))
    return failure();
  return axes.checkAxis(op, op.getV(), -2, "it attends over");
}

//===----------------------------------------------------------------------===//
// Data movement
//===----------------------------------------------------------------------===//

/// Elements before and within the batch must lie as they did.
LogicalResult snn::onnx::detail::checkSamples(ReshapeOp op,
                                              const SampleAxes &axes) {
  std::optional<int64_t> source = axes.getAxis(op.getX());
  std::optional<int64_t> target = axes.getAxis(op.getY());
  if (!source || !target)
    return success();
  ArrayRef<int64_t> from = axes.getType(op.getX()).getShape();
  ArrayRef<int64_t> to = axes.getType(op.getY()).getShape();
  int64_t sample = product(cast<RankedTensorType>(op.getX().getType())
                               .getShape()
                               .drop_front(*source));
  int64_t inner = product(to.drop_front(*target + 1));
  int64_t outer = product(to.take_front(*target));
  int64_t count = axes.getGroups(op.getX());
  if (outer == 0 || inner == 0 || sample / count % inner != 0 ||
      product(from.take_front(*source)) * count % outer != 0)
    return axes.fail(op, "the reshape does not keep what is outside of the "
                         "batch and what is inside of it apart");
  return success();
}

FailureOr<int64_t>
snn::onnx::detail::countReshapedGroups(ReshapeOp op, const SampleAxes &axes) {
  std::optional<int64_t> source = axes.getAxis(op.getX());
  std::optional<int64_t> target = axes.getAxis(op.getY());
  if (!source || !target)
    return 1;
  ArrayRef<int64_t> from = axes.getType(op.getX()).getShape();
  ArrayRef<int64_t> to = axes.getType(op.getY()).getShape();
  return product(from.take_front(*source)) * axes.getGroups(op.getX()) /
         product(to.take_front(*target));
}

FailureOr<int64_t> snn::onnx::detail::countTiledGroups(TileOp op,
                                                       const SampleAxes &axes) {
  std::optional<int64_t> axis = axes.getAxis(op.getX());
  return axis ? axes.getGroups(op.getX()) * op.getRepeats()[*axis] : 1;
}

LogicalResult snn::onnx::detail::checkSamples(ConcatOp op,
                                              const SampleAxes &axes) {
  for (Value input : op.getInputs())
    if (failed(axes.checkAxis(op, input, op.getAxis(), "it joins")))
      return failure();
  return success();
}

LogicalResult snn::onnx::detail::checkSamples(SliceOp op,
                                              const SampleAxes &axes) {
  for (size_t i = 0; i < op.getAxes().size(); ++i) {
    bool isWhole = op.getStarts()[i] == 0 && op.getSteps()[i] == 1 &&
                   op.getEnds()[i] >= std::numeric_limits<int32_t>::max();
    if (!isWhole &&
        failed(axes.checkAxis(op, op.getX(), op.getAxes()[i], "it slices")))
      return failure();
  }
  return success();
}

LogicalResult snn::onnx::detail::checkSamples(PadOp op,
                                              const SampleAxes &axes) {
  std::optional<int64_t> axis = axes.getAxis(op.getX());
  int64_t rank = axes.getType(op.getX()).getRank();
  if (axis && (op.getPads()[*axis] != 0 || op.getPads()[*axis + rank] != 0))
    return axes.fail(op, "it pads the batch axis");
  return success();
}

/// Elements by index: an index names an element of its own sample where the
/// operands have the batch on one axis, and the index is not along it.
static LogicalResult checkElementwiseIndices(Operation *op, ValueRange operands,
                                             Value data, int64_t axis,
                                             const SampleAxes &axes) {
  if (failed(axes.checkAxis(op, data, axis, "it picks from")))
    return failure();
  std::optional<int64_t> batch = axes.getAxis(data);
  for (Value operand : operands)
    if (axes.getAxis(operand) != batch)
      return axes.fail(op, "its operands do not all have the batch axis");
  return success();
}

LogicalResult snn::onnx::detail::checkSamples(GatherElementsOp op,
                                              const SampleAxes &axes) {
  return checkElementwiseIndices(op, op->getOperands(), op.getData(),
                                 op.getAxis(), axes);
}

LogicalResult snn::onnx::detail::checkSamples(ScatterElementsOp op,
                                              const SampleAxes &axes) {
  return checkElementwiseIndices(op, op->getOperands(), op.getData(),
                                 op.getAxis(), axes);
}

LogicalResult snn::onnx::detail::checkSamples(GatherNDOp op,
                                              const SampleAxes &axes) {
  std::optional<int64_t> data = axes.getAxis(op.getData());
  std::optional<int64_t> indices = axes.getAxis(op.getIndices());
  RankedTensorType tuples = axes.getType(op.getIndices());
  int64_t shared = op.getBatchDims(), length = tuples.getShape().back();
  if (indices && *indices == tuples.getRank() - 1)
    return axes.fail(op, "the batch axis holds indices");
  bool isShared = (data && *data < shared) || (indices && *indices < shared);
  if (isShared && data != indices)
    return axes.fail(op, "its operands do not all have the batch axis");
  if (!isShared && data && *data < shared + length)
    return axes.fail(op, "it picks from the batch axis");
  return success();
}

LogicalResult snn::onnx::detail::checkSamples(ScatterNDOp op,
                                              const SampleAxes &axes) {
  std::optional<int64_t> data = axes.getAxis(op.getData());
  int64_t length = axes.getType(op.getIndices()).getShape().back();
  if (!data || axes.getAxis(op.getIndices()))
    return axes.fail(op,
                     "its indices or updates have the batch axis, which its "
                     "data has not");
  if (*data < length)
    return axes.fail(op, "it writes to the batch axis");
  // Slices of updates are slices of the data, behind the axes of tuples.
  int64_t fromEnd = axes.getType(op.getData()).getRank() - *data;
  std::optional<int64_t> updates = axes.getAxis(op.getUpdates());
  if (!updates || axes.getType(op.getUpdates()).getRank() - *updates != fromEnd)
    return axes.fail(op, "its updates do not have the batch axis of its data");
  return success();
}

LogicalResult snn::onnx::detail::checkSamples(ResizeOp op,
                                              const SampleAxes &axes) {
  std::optional<int64_t> axis = axes.getAxis(op.getX());
  if (axis && op.getSizes()[*axis] != -1)
    return axes.fail(op, "it resizes the batch axis");
  return success();
}

/// A -1 stands for the first axis of `like`.
void snn::onnx::detail::bindBatch(ExpandOp op) {
  if (!op.getLike())
    return;
  SmallVector<int64_t> shape(op.getShape());
  int64_t samples =
      cast<RankedTensorType>(op.getLike().getType()).getDimSize(0);
  std::replace(shape.begin(), shape.end(), int64_t(-1), samples);
  op.setShape(shape);
  op.getLikeMutable().clear();
}
