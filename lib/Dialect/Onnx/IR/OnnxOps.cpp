//===- OnnxOps.cpp - Ops of the onnx dialect ------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The generated definitions, constants, and the types of elementwise ops.
//
//===----------------------------------------------------------------------===//

#include "OnnxDetail.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpImplementation.h"

#include <cmath>

using namespace mlir;
using namespace snn::onnx;
using namespace snn::onnx::detail;

#define GET_OP_CLASSES
#include "snn/Dialect/Onnx/OnnxOps.cpp.inc"

//===----------------------------------------------------------------------===//
// ConstantOp
//===----------------------------------------------------------------------===//

LogicalResult ConstantOp::inferReturnTypes(MLIRContext *,
                                           std::optional<Location> location,
                                           Adaptor adaptor,
                                           SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  Attribute value = adaptor.getProperties().value;
  if (!isa_and_nonnull<DenseElementsAttr, ParamAttr>(value))
    return inference.fail("needs dense elements or #onnx.param, has ", value);
  auto type = dyn_cast<RankedTensorType>(cast<TypedAttr>(value).getType());
  if (!type || !type.hasStaticShape())
    return inference.fail("needs a value of static tensor type, has ",
                          cast<TypedAttr>(value).getType());
  types.push_back(type);
  return checkCountable(inference, type.getShape(), "value");
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValueAttr(); }

//===----------------------------------------------------------------------===//
// Elementwise, one operand
//===----------------------------------------------------------------------===//

LogicalResult snn::onnx::detail::inferUnary(const Inference &inference, Value x,
                                            SmallVectorImpl<Type> &types) {
  FailureOr<RankedTensorType> type = getTensor(inference, x, "x");
  if (failed(type))
    return failure();
  types.push_back(*type);
  return success();
}

LogicalResult GeluOp::inferReturnTypes(MLIRContext *context,
                                       std::optional<Location> location,
                                       Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  auto properties = withDefaults<GeluOp>(context, adaptor.getProperties());
  StringRef approximate = properties.getApproximate().getValue();
  if (approximate != "none" && approximate != "tanh")
    return inference.fail("needs 'approximate' to be \"none\" or \"tanh\", "
                          "has \"",
                          approximate, "\"");
  return inferUnary(inference, adaptor.getX(), types);
}

LogicalResult ClipOp::inferReturnTypes(MLIRContext *context,
                                       std::optional<Location> location,
                                       Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  auto properties = withDefaults<ClipOp>(context, adaptor.getProperties());
  double lo = properties.getLo().getValueAsDouble();
  double hi = properties.getHi().getValueAsDouble();
  if (!(lo <= hi))
    return inference.fail("needs bounds with lo <= hi, has ", lo, " and ", hi);
  return inferUnary(inference, adaptor.getX(), types);
}

LogicalResult CastOp::inferReturnTypes(MLIRContext *,
                                       std::optional<Location> location,
                                       Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  TypeAttr to = adaptor.getProperties().to;
  if (!to || !to.getValue().isIntOrFloat())
    return inference.fail("needs a number type in 'to', has ",
                          to ? Attribute(to) : Attribute());
  FailureOr<RankedTensorType> type = getTensor(inference, adaptor.getX(), "x");
  if (failed(type))
    return failure();
  types.push_back(type->clone(to.getValue()));
  return success();
}

//===----------------------------------------------------------------------===//
// Random numbers
//===----------------------------------------------------------------------===//

LogicalResult RandomUniformLikeOp::inferReturnTypes(
    MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
    SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  auto properties =
      withDefaults<RandomUniformLikeOp>(context, adaptor.getProperties());
  if (int64_t steps = properties.getSteps().getInt(); steps < 1)
    return inference.fail("needs one time step or more, has ", steps);
  if (int64_t stage = properties.getStage().getInt(); stage < 0 || stage > 2)
    return inference.fail("needs stage 0, 1 or 2, has ", stage);
  if (int64_t layer = properties.getLayerId().getInt(); layer < 0)
    return inference.fail("needs a layer number that is not negative, has ",
                          layer);
  FailureOr<RankedTensorType> type =
      getTensor(inference, adaptor.getLike(), "like");
  if (failed(type))
    return failure();
  types.push_back(type->clone(Float32Type::get(context)));
  return success();
}

//===----------------------------------------------------------------------===//
// Elementwise, several operands
//===----------------------------------------------------------------------===//

LogicalResult snn::onnx::detail::inferBinary(const Inference &inference,
                                             Value a, Value b,
                                             bool sameElements, Type element,
                                             SmallVectorImpl<Type> &types) {
  FailureOr<RankedTensorType> l = getTensor(inference, a, "a");
  FailureOr<RankedTensorType> r = getTensor(inference, b, "b");
  if (failed(l) || failed(r) ||
      (sameElements && failed(checkSameElements(inference, *l, *r))))
    return failure();
  FailureOr<Dims> dims = broadcast(inference, l->getShape(), r->getShape());
  if (failed(dims))
    return failure();
  types.push_back(
      RankedTensorType::get(*dims, element ? element : l->getElementType()));
  return success();
}

LogicalResult WhereOp::inferReturnTypes(MLIRContext *,
                                        std::optional<Location> location,
                                        Adaptor adaptor,
                                        SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  FailureOr<RankedTensorType> condition =
      getTensor(inference, adaptor.getCondition(), "condition");
  SmallVector<Type> chosen;
  if (failed(condition) ||
      failed(inferBinary(inference, adaptor.getA(), adaptor.getB(), true,
                         Type(), chosen)))
    return failure();
  auto type = cast<RankedTensorType>(chosen[0]);
  FailureOr<Dims> dims =
      broadcast(inference, condition->getShape(), type.getShape());
  if (failed(dims))
    return failure();
  types.push_back(RankedTensorType::get(*dims, type.getElementType()));
  return success();
}
