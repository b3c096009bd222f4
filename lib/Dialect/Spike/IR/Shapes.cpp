//===- Shapes.cpp - Shapes of the spike dialect's results -----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One rule an op, which its verifier and the specialisation to one sample
// share. Ops whose results have the shape of the first operand say so in
// TableGen.
//
//===----------------------------------------------------------------------===//

#include "Verify.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;
using namespace snn::spike::detail;

using Shapes = SmallVectorImpl<ShapedTypeComponents>;

LogicalResult snn::spike::detail::append(const ShapeOrFailure &shape,
                                         Shapes &shapes) {
  if (failed(shape))
    return failure();
  shapes.emplace_back(ArrayRef<int64_t>(*shape));
  return success();
}

/// Static weights of the given rank.
static FailureOr<RankedTensorType> checkWeight(EmitError emitError,
                                               TypedAttr weight,
                                               WeightElements elements,
                                               int64_t rank) {
  auto type = dyn_cast<RankedTensorType>(weight.getType());
  bool isNumbers = elements == WeightElements::Numbers;
  if (type && type.getRank() == rank &&
      (type.getElementType().isSignlessInteger(8) ||
       type.getElementType().isSignlessInteger(16) ||
       (isNumbers && type.getElementType().isF32())))
    return type;
  return emitError() << "needs an "
                     << (isNumbers ? "i8, i16 or f32" : "i8 or i16")
                     << " weight of rank " << rank << ", has "
                     << weight.getType();
}

ShapeOrFailure snn::spike::detail::inferLinear(EmitError emitError,
                                               Value xValue,
                                               TypedAttr weightAttr,
                                               WeightElements elements) {
  FailureOr<RankedTensorType> weight =
      checkWeight(emitError, weightAttr, elements, 2);
  if (failed(weight))
    return failure();
  RankedTensorType x = tensorType(xValue);
  if (x.getRank() < 1 || x.getShape().back() != weight->getDimSize(0))
    return emitError() << "needs " << weight->getDimSize(0)
                       << " inputs on the last axis, has "
                       << shapeText(x.getShape());
  SmallVector<int64_t> shape(x.getShape());
  shape.back() = weight->getDimSize(1);
  return shape;
}

ShapeOrFailure snn::spike::detail::inferConvolution(EmitError emitError,
                                                    Value xValue,
                                                    TypedAttr weightAttr,
                                                    WeightElements elements,
                                                    const Window &window) {
  RankedTensorType x = tensorType(xValue);
  FailureOr<RankedTensorType> weight =
      checkWeight(emitError, weightAttr, elements, x.getRank());
  if (failed(weight))
    return failure();
  int64_t spatial = x.getRank() - 2;
  if (spatial < 1 || int64_t(window.strides.size()) != spatial ||
      int64_t(window.dilations.size()) != spatial ||
      int64_t(window.pads.size()) != 2 * spatial)
    return emitError() << "needs " << spatial << " strides and dilations and "
                       << 2 * spatial << " pads";
  int64_t group = window.group;
  if (group < 1 || x.getDimSize(1) != weight->getDimSize(1) * group ||
      weight->getDimSize(0) % group != 0)
    return emitError() << "needs " << weight->getDimSize(1)
                       << " input channels in each of " << group
                       << " groups, has " << x.getDimSize(1);
  SmallVector<int64_t> shape = {x.getDimSize(0), weight->getDimSize(0)};
  for (int64_t i = 0; i < spatial; ++i) {
    if (window.strides[i] < 1 || window.dilations[i] < 1)
      return emitError() << "needs positive strides and dilations";
    int64_t reach = window.dilations[i] * (weight->getDimSize(2 + i) - 1) + 1;
    shape.push_back((x.getDimSize(2 + i) + window.pads[i] +
                     window.pads[spatial + i] - reach) /
                        window.strides[i] +
                    1);
  }
  return shape;
}

ShapeOrFailure snn::spike::detail::inferProduct(EmitError emitError,
                                                Value lhsValue, Value rhsValue,
                                                bool transposed) {
  RankedTensorType lhs = tensorType(lhsValue), rhs = tensorType(rhsValue);
  int64_t rank = lhs.getRank();
  if (rank < 2 || rhs.getRank() != rank)
    return emitError() << "needs operands of one rank of at least 2, has "
                       << shapeText(lhs.getShape()) << " and "
                       << shapeText(rhs.getShape());
  int64_t inner = transposed ? rank - 1 : rank - 2;
  int64_t outer = transposed ? rank - 2 : rank - 1;
  if (failed(verifyCompatibleShape({lhs.getDimSize(rank - 1)},
                                   {rhs.getDimSize(inner)})) ||
      failed(verifyCompatibleShape(lhs.getShape().drop_back(2),
                                   rhs.getShape().drop_back(2))))
    return emitError() << "needs a resident operand that fits "
                       << shapeText(lhs.getShape()) << ", has "
                       << shapeText(rhs.getShape());
  SmallVector<int64_t> shape(lhs.getShape());
  shape.back() = rhs.getDimSize(outer);
  return shape;
}

LogicalResult TokenMaskOp::inferShapes(EmitError emitError, Adaptor adaptor,
                                       Shapes &shapes) {
  RankedTensorType mask = tensorType(adaptor.getMask());
  if (mask.getRank() < 2)
    return emitError() << "needs a mask of shape batch x ... x tokens, has "
                       << shapeText(mask.getShape());
  return append(
      SmallVector<int64_t>{mask.getDimSize(0), mask.getShape().back()}, shapes);
}

LogicalResult LinearOp::inferShapes(EmitError emitError, Adaptor adaptor,
                                    Shapes &shapes) {
  return append(inferLinear(emitError, adaptor.getX(), adaptor.getWeight(),
                            WeightElements::Integers),
                shapes);
}

LogicalResult ConvOp::inferShapes(EmitError emitError, Adaptor adaptor,
                                  Shapes &shapes) {
  return append(
      inferConvolution(emitError, adaptor.getX(), adaptor.getWeight(),
                       WeightElements::Integers,
                       {adaptor.getStrides(), adaptor.getPads(),
                        adaptor.getDilations(), int64_t(adaptor.getGroup())}),
      shapes);
}

LogicalResult MatMulOp::inferShapes(EmitError emitError, Adaptor adaptor,
                                    Shapes &shapes) {
  return append(inferProduct(emitError, adaptor.getLhs(), adaptor.getRhs(),
                             adaptor.getTransposed()),
                shapes);
}

LogicalResult PhaseLinearOp::inferShapes(EmitError emitError, Adaptor adaptor,
                                         Shapes &shapes) {
  return append(inferLinear(emitError, adaptor.getX(), adaptor.getWeight(),
                            WeightElements::Numbers),
                shapes);
}

LogicalResult PhaseConvOp::inferShapes(EmitError emitError, Adaptor adaptor,
                                       Shapes &shapes) {
  return append(
      inferConvolution(emitError, adaptor.getX(), adaptor.getWeight(),
                       WeightElements::Numbers,
                       {adaptor.getStrides(), adaptor.getPads(),
                        adaptor.getDilations(), int64_t(adaptor.getGroup())}),
      shapes);
}

LogicalResult PhaseMatMulOp::inferShapes(EmitError emitError, Adaptor adaptor,
                                         Shapes &shapes) {
  return append(inferProduct(emitError, adaptor.getLhs(), adaptor.getRhs(),
                             adaptor.getTransposed()),
                shapes);
}

LogicalResult WossOp::inferShapes(EmitError emitError, Adaptor adaptor,
                                  Shapes &shapes) {
  RankedTensorType scores = tensorType(adaptor.getScores());
  if (scores.getRank() < 1)
    return emitError() << "needs scores of rank 1 or more";
  SmallVector<int64_t> shape(scores.getShape());
  shapes.emplace_back(ArrayRef<int64_t>(shape));
  shape.back() = 1;
  return append(shape, shapes);
}
