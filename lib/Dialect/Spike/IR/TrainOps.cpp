//===- TrainOps.cpp - Trains made of trains -------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verify.h"
#include "mlir/Dialect/Traits.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;
using namespace snn::spike::detail;

using Shapes = SmallVectorImpl<ShapedTypeComponents>;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

static ShapeOrFailure inferPair(EmitError emitError, Value a, Value b) {
  SmallVector<int64_t> shape;
  if (!OpTrait::util::getBroadcastedShape(tensorType(a).getShape(),
                                          tensorType(b).getShape(), shape))
    return emitError() << "needs operands whose shapes broadcast, has "
                       << shapeText(tensorType(a).getShape()) << " and "
                       << shapeText(tensorType(b).getShape());
  return shape;
}

LogicalResult AndOp::inferShapes(EmitError emitError, Adaptor adaptor,
                                 Shapes &shapes) {
  return append(inferPair(emitError, adaptor.getA(), adaptor.getB()), shapes);
}
LogicalResult AndNotOp::inferShapes(EmitError emitError, Adaptor adaptor,
                                    Shapes &shapes) {
  return append(inferPair(emitError, adaptor.getA(), adaptor.getB()), shapes);
}
LogicalResult AddOp::inferShapes(EmitError emitError, Adaptor adaptor,
                                 Shapes &shapes) {
  return append(inferPair(emitError, adaptor.getA(), adaptor.getB()), shapes);
}

LogicalResult MaxPoolOp::inferShapes(EmitError emitError, Adaptor adaptor,
                                     Shapes &shapes) {
  RankedTensorType x = tensorType(adaptor.getX());
  int64_t spatial = x.getRank() - 2;
  ArrayRef<int64_t> kernel = adaptor.getKernel(),
                    strides = adaptor.getStrides(), pads = adaptor.getPads(),
                    dilations = adaptor.getDilations();
  auto hasPositive = [&](ArrayRef<int64_t> list) {
    return int64_t(list.size()) == spatial &&
           llvm::all_of(list, [](int64_t entry) { return entry > 0; });
  };
  if ((spatial != 1 && spatial != 2) || !hasPositive(kernel) ||
      !hasPositive(strides) || !hasPositive(dilations) ||
      int64_t(pads.size()) != 2 * spatial ||
      llvm::any_of(pads, [](int64_t pad) { return pad < 0; }))
    return emitError() << "needs one or two spatial axes, for each a positive "
                          "kernel size, stride and dilation, and two pads, has "
                          "a train of shape "
                       << shapeText(x.getShape());
  SmallVector<int64_t> shape(x.getShape());
  for (int64_t i = 0; i < spatial; ++i) {
    int64_t &size = shape[2 + i];
    if (ShapedType::isDynamic(size))
      continue;
    int64_t reach = dilations[i] * (kernel[i] - 1) + 1;
    int64_t span = size + pads[i] + pads[spatial + i] - reach;
    if (span < 0)
      return emitError() << "needs a window that fits its input, has one of "
                         << reach << " over "
                         << size + pads[i] + pads[spatial + i];
    int64_t windows = span / strides[i] + 1;
    if (adaptor.getCeilMode() && span % strides[i] != 0 &&
        windows < int64_t(llvm::divideCeil(size + pads[i], strides[i])))
      ++windows;
    size = windows;
  }
  return append(ShapeOrFailure(shape), shapes);
}

/// The axes that `spike.sum` adds along.
static LogicalResult checkSummed(EmitError emitError, RankedTensorType x,
                                 ArrayRef<int64_t> axes) {
  int64_t next = 0;
  for (int64_t axis : axes) {
    if (axis < next || axis >= x.getRank() || x.isDynamicDim(axis))
      return emitError() << "needs ascending axes of known size, has " << axis
                         << " of a train of shape " << shapeText(x.getShape());
    next = axis + 1;
  }
  if (axes.empty())
    return emitError() << "needs an axis to add along";
  return success();
}

LogicalResult SumOp::inferShapes(EmitError emitError, Adaptor adaptor,
                                 Shapes &shapes) {
  RankedTensorType x = tensorType(adaptor.getX());
  if (failed(checkSummed(emitError, x, adaptor.getAxes())))
    return failure();
  SmallVector<int64_t> shape;
  for (int64_t axis = 0; axis < x.getRank(); ++axis) {
    bool isSummed = llvm::is_contained(adaptor.getAxes(), axis);
    if (!isSummed || adaptor.getKeepdims())
      shape.push_back(isSummed ? 1 : x.getDimSize(axis));
  }
  return append(ShapeOrFailure(shape), shapes);
}

LogicalResult SlotsOp::inferShapes(EmitError, Adaptor adaptor, Shapes &shapes) {
  SmallVector<int64_t> shape(tensorType(adaptor.getX()).getShape());
  shape.insert(shape.begin(), int64_t(adaptor.getLevels().size()));
  return append(ShapeOrFailure(shape), shapes);
}

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

static LogicalResult verifyBinary(Operation *op) {
  for (Value operand : op->getOperands())
    if (tensorType(operand).getElementType() !=
            tensorType(op->getResult(0)).getElementType() ||
        !isa<BinaryType>(tensorType(operand).getElementType()))
      return op->emitOpError("needs binary trains of one number of steps, has ")
             << tensorType(operand).getElementType() << " and a result of "
             << tensorType(op->getResult(0)).getElementType();
  return success();
}

LogicalResult AndOp::verify() {
  return failure(failed(verifyBinary(*this)) || failed(verifyShapes(*this)));
}
LogicalResult AndNotOp::verify() {
  return failure(failed(verifyBinary(*this)) || failed(verifyShapes(*this)));
}

LogicalResult AddOp::verify() {
  Type result = getResult().getType();
  int64_t sum = 0;
  for (Value operand : getOperands()) {
    Type type = operand.getType();
    if (getTimeSteps(type) != getTimeSteps(result))
      return emitOpError("needs trains of one number of steps, has ")
             << tensorType(operand).getElementType() << " and a result of "
             << tensorType(getResult()).getElementType();
    sum += getMaxCount(type);
  }
  if (getMaxCount(result) != sum)
    return emitOpError("needs a result of up to ")
           << sum << " spikes a step, has "
           << tensorType(getResult()).getElementType();
  return verifyShapes(*this);
}

LogicalResult MaxPoolOp::verify() {
  if (tensorType(getX()).getElementType() !=
      tensorType(getResult()).getElementType())
    return emitOpError("needs a result with the elements of its operand, has ")
           << tensorType(getX()).getElementType() << " and "
           << tensorType(getResult()).getElementType();
  return verifyShapes(*this);
}

LogicalResult SumOp::verify() {
  if (failed(verifyShapes(*this)))
    return failure();
  RankedTensorType x = tensorType(getX());
  Type result = getResult().getType();
  int64_t steps = getTimeSteps(x);
  if (getAxes().front() == 0) {
    if (x.getDimSize(0) != steps)
      return emitOpError("needs an axis 0 of its ")
             << steps << " time steps alone where it adds along it, has "
             << x.getDimSize(0);
    steps = 1;
  }
  double most = double(getMaxCount(x));
  for (int64_t axis : getAxes())
    most *= double(x.getDimSize(axis));
  if (getTimeSteps(result) == steps && double(getMaxCount(result)) == most)
    return success();
  return emitOpError("needs a result of up to ")
         << int64_t(most) << " spikes in each of " << steps << " steps, has "
         << tensorType(getResult()).getElementType();
}

LogicalResult SlotsOp::verify() {
  if (getTimeSteps(getX().getType()) != 1)
    return emitOpError("needs a count of one step, has ")
           << tensorType(getX()).getElementType();
  int64_t most = getMaxCount(getX().getType());
  if (getLevels().empty())
    return emitOpError("needs a level");
  for (int64_t level : getLevels())
    if (level < 1 || level > most)
      return emitOpError("needs levels from 1 to the largest count ")
             << most << ", has " << level;
  Type result = tensorType(getResult()).getElementType();
  if (result != getStepType(getContext(), 1, int64_t(getLevels().size())))
    return emitOpError("needs a binary train of ")
           << getLevels().size() << " steps, has " << result;
  return verifyShapes(*this);
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

// Counts are integers; no kernel needs a coding.
#define TRAIN_KERNEL(Op, name)                                                 \
  StringRef Op::getKernelName() { return name; }                               \
  SmallVector<KernelConstant> Op::getKernelConstants() { return {}; }          \
  Value Op::getKernelCoded() { return {}; }                                    \
  SmallVector<Value> Op::getKernelOperands() {                                 \
    return llvm::to_vector(getOperation()->getOperands());                     \
  }
TRAIN_KERNEL(AndOp, "train_and")
TRAIN_KERNEL(AndNotOp, "train_and_not")
TRAIN_KERNEL(AddOp, "train_add")
TRAIN_KERNEL(MaxPoolOp, "train_max_pool")
TRAIN_KERNEL(SumOp, "train_sum")
TRAIN_KERNEL(SlotsOp, "train_slots")
#undef TRAIN_KERNEL

SmallVector<Attribute> AndOp::getKernelAttributes() { return {}; }
SmallVector<Attribute> AndNotOp::getKernelAttributes() { return {}; }
SmallVector<Attribute> AddOp::getKernelAttributes() { return {}; }
SmallVector<Attribute> MaxPoolOp::getKernelAttributes() {
  return {getKernelAttr(), getStridesAttr(), getPadsAttr(), getDilationsAttr(),
          Builder(*this).getI64IntegerAttr(getCeilMode())};
}
SmallVector<Attribute> SumOp::getKernelAttributes() {
  return {getAxesAttr(), Builder(*this).getI64IntegerAttr(getKeepdims())};
}
SmallVector<Attribute> SlotsOp::getKernelAttributes() {
  return {getLevelsAttr()};
}
