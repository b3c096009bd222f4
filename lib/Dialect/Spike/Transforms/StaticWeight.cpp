//===- StaticWeight.cpp - Constant operands of products -------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Spike/StaticWeight.h"
#include "snn/runtime/Kernels.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;
using llvm::createStringError;
using llvm::Expected;

bool snn::spike::isStaticWeight(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (isa<onnx::ConstantOp>(op))
      return true;
    if (!isa<onnx::DequantizeLinearOp, onnx::TransposeOp, onnx::ReshapeOp>(op))
      return false;
    value = op->getOperand(0);
  }
  return false;
}

/// The integers of a quantised constant with their zero points subtracted.
static Expected<StaticWeight> readQuantised(onnx::DequantizeLinearOp op,
                                            Location location) {
  TypedAttr value = onnx::getConstantAttr(op.getX());
  TypedAttr scale = onnx::getConstantAttr(op.getScale());
  if (!value || !scale)
    return createStringError("needs constant weights and scales");
  Expected<rt::Tensor> integers = onnx::readConstant(value, location);
  if (!integers)
    return integers.takeError();
  Expected<rt::Tensor> scales = onnx::readConstant(scale, location);
  if (!scales)
    return scales.takeError();
  StaticWeight weight;
  weight.quantised = true;
  weight.axis =
      op.getAxis() < 0 ? op.getAxis() + integers->rank() : op.getAxis();
  weight.scale = scales->toVector<float>();
  std::vector<int32_t> zero(weight.scale.size(), 0);
  if (Value zeroPoint = op.getZeroPoint()) {
    TypedAttr attribute = onnx::getConstantAttr(zeroPoint);
    if (!attribute)
      return createStringError("needs a constant zero point of its weights");
    Expected<rt::Tensor> zeros = onnx::readConstant(attribute, location);
    if (!zeros)
      return zeros.takeError();
    rt::Tensor wide;
    rt::cast(*zeros, wide, "I32");
    for (size_t i = 0; i < zero.size(); ++i)
      zero[i] = wide.data<int32_t>()[wide.size() == 1 ? 0 : i];
  }
  rt::cast(*integers, weight.values, "I32");
  if (weight.scale.size() != 1 &&
      weight.scale.size() != size_t(integers->dim(weight.axis)))
    return createStringError(llvm::formatv(
        "needs one scale, or one per element of axis {0} ({1}), has {2}",
        weight.axis, integers->dim(weight.axis), weight.scale.size()));
  int64_t inner = 1;
  for (int64_t a = weight.axis + 1; a < integers->rank(); ++a)
    inner *= integers->dim(a);
  int32_t *data = weight.values.data<int32_t>();
  for (int64_t n = 0, size = weight.values.size(); n < size; ++n)
    data[n] -= zero[zero.size() == 1 ? 0 : n / inner % zero.size()];
  // The integers of a pruned channel, whose scale is 0, count as nothing.
  size_t scaleCount = weight.scale.size();
  if (llvm::is_contained(weight.scale, 0.0f))
    for (int64_t n = 0, size = weight.values.size(); n < size; ++n)
      if (weight.scale[scaleCount == 1 ? 0 : n / inner % scaleCount] == 0)
        data[n] = 0;
  llvm::replace(weight.scale, 0.0f, 1.0f);
  return weight;
}

/// The axis of a reshaped tensor that axis `axis` of `from` has become: as long
/// as that, with as many elements before it. -1 if there is none.
static int64_t findReshapedAxis(const rt::Shape &from, const rt::Shape &to,
                                int64_t axis) {
  auto before = [](const rt::Shape &shape, int64_t end) {
    int64_t count = 1;
    for (int64_t a = 0; a < end; ++a)
      count *= shape[a];
    return count;
  };
  for (int64_t a = 0, rank = to.size(); a < rank; ++a)
    if (to[a] == from[axis] && before(to, a) == before(from, axis))
      return a;
  return -1;
}

Expected<StaticWeight> snn::spike::readStaticWeight(Value value,
                                                    Location location) {
  Operation *op = value.getDefiningOp();
  if (auto constant = dyn_cast_or_null<onnx::ConstantOp>(op)) {
    Expected<rt::Tensor> values =
        onnx::readConstant(constant.getValue(), location);
    if (!values)
      return values.takeError();
    StaticWeight weight;
    weight.values = *values;
    if (auto param = dyn_cast<onnx::ParamAttr>(constant.getValue()))
      weight.name = param.getKey().str();
    else
      weight.name = onnx::getNodeName(constant.getLoc()).str();
    return weight;
  }
  if (auto dequantize = dyn_cast_or_null<onnx::DequantizeLinearOp>(op)) {
    Expected<StaticWeight> weight = readQuantised(dequantize, location);
    if (!weight)
      return weight.takeError();
    if (auto constant = dequantize.getX().getDefiningOp<onnx::ConstantOp>())
      if (auto param = dyn_cast<onnx::ParamAttr>(constant.getValue()))
        weight->name = param.getKey().str();
    if (weight->name.empty())
      weight->name = onnx::getNodeName(dequantize.getLoc()).str();
    return weight;
  }
  if (auto transpose = dyn_cast_or_null<onnx::TransposeOp>(op)) {
    Expected<StaticWeight> weight =
        readStaticWeight(transpose.getX(), location);
    if (!weight)
      return weight.takeError();
    rt::Tensor moved;
    rt::Ints permutation(transpose.getPermutation().begin(),
                         transpose.getPermutation().end());
    rt::transpose(weight->values, moved, permutation);
    weight->values = moved;
    weight->axis = llvm::find(permutation, weight->axis) - permutation.begin();
    return weight;
  }
  if (auto reshape = dyn_cast_or_null<onnx::ReshapeOp>(op)) {
    Expected<StaticWeight> weight = readStaticWeight(reshape.getX(), location);
    if (!weight)
      return weight.takeError();
    auto type = cast<RankedTensorType>(reshape.getResult().getType());
    rt::Shape shape(type.getShape().begin(), type.getShape().end());
    if (weight->scale.size() > 1) {
      weight->axis =
          findReshapedAxis(weight->values.shape(), shape, weight->axis);
      if (weight->axis < 0)
        return createStringError(
            "reshapes a weight that is quantised per axis so that no axis is "
            "left for its scales");
    }
    weight->values = weight->values.reshaped(shape);
    return weight;
  }
  return createStringError("needs a constant weight");
}
