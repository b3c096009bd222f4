//===- KernelCalls.cpp - Ops that are kernels of the digital unit ---------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Which kernel each op is, and what it takes. Quantisers of phase codes have no
// kernel: `spike-phase` makes neurons of them.
//
//===----------------------------------------------------------------------===//

#include "Verify.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;
using namespace snn::spike::detail;

using Attributes = SmallVector<Attribute>;
using Constants = SmallVector<KernelConstant>;

/// The five attributes that a coding is, or six with a table; none for another
/// type.
static Attributes getCodingAttributes(Type type) {
  Builder builder(type.getContext());
  Attributes attributes;
  TypeSwitch<Type>(getElementTypeOrSelf(type))
      .Case<LevelType, TTFSType>([&](auto coded) {
        for (unsigned value : {coded.getBits(), coded.getZero(),
                               coded.getMask(), coded.getRadius()})
          attributes.push_back(builder.getI64IntegerAttr(value));
        attributes.push_back(builder.getF64FloatAttr(coded.getScale()));
        if (!coded.getTable())
          return;
        SmallVector<int64_t> table;
        for (int32_t q : coded.getTable().asArrayRef())
          table.push_back(q - coded.getTable()[0]);
        attributes.push_back(builder.getDenseI64ArrayAttr(table));
      });
  return attributes;
}

/// `axis`, which may be negative, of `x` from the front.
static Attribute getFrontAxis(Value x, int64_t axis) {
  return Builder(x.getContext())
      .getI64IntegerAttr(axis < 0 ? axis + tensorType(x).getRank() : axis);
}

/// The parameters that `spike.rescale` and `spike.requantize` have.
template <typename Op> static Constants getScaleAndBias(Op op) {
  return {{"scale", op.getScale()},
          {"bias", op.getBias().value_or(TypedAttr())}};
}

static bool isPhase(Value value) {
  return isa<PhaseType>(getElementTypeOrSelf(value.getType()));
}

StringRef QuantizeOp::getKernelName() {
  return isPhase(getResult()) ? "" : "quantize";
}
Attributes QuantizeOp::getKernelAttributes() {
  return getCodingAttributes(getType());
}
SmallVector<Value> QuantizeOp::getKernelOperands() { return {getX()}; }
Constants QuantizeOp::getKernelConstants() { return {}; }
Value QuantizeOp::getKernelCoded() { return getResult(); }

StringRef EncodeOp::getKernelName() { return "encode"; }
Attributes EncodeOp::getKernelAttributes() {
  Attributes attributes = getCodingAttributes(getType());
  attributes.push_back(Builder(*this).getI64IntegerAttr(getDeadZone()));
  return attributes;
}
SmallVector<Value> EncodeOp::getKernelOperands() { return {getX()}; }
Constants EncodeOp::getKernelConstants() { return {}; }
Value EncodeOp::getKernelCoded() { return getResult(); }

// Spikes of time steps are numbers, or have a unit.
static bool isNumber(DequantizeOp op) {
  return isStepTrain(op.getX().getType());
}
StringRef DequantizeOp::getKernelName() {
  if (getUnit())
    return "train_numbers";
  return isPhase(getX()) ? "" : isNumber(*this) ? "cast" : "dequantize";
}
Attributes DequantizeOp::getKernelAttributes() {
  if (std::optional<APFloat> unit = getUnit())
    return {Builder(*this).getF64FloatAttr(double(unit->convertToFloat()))};
  if (isNumber(*this))
    return {StringAttr::get(getContext(), "F32")};
  return getCodingAttributes(getX().getType());
}
SmallVector<Value> DequantizeOp::getKernelOperands() { return {getX()}; }
Constants DequantizeOp::getKernelConstants() { return {}; }
Value DequantizeOp::getKernelCoded() {
  return isNumber(*this) ? Value() : getX();
}

StringRef TokenMaskOp::getKernelName() { return "token_mask"; }
Attributes TokenMaskOp::getKernelAttributes() {
  // The kernel writes -1 for the batch, and for tokens that are not known.
  SmallVector<int64_t> shape =
      llvm::map_to_vector(getType().getShape(), [](int64_t size) {
        return ShapedType::isDynamic(size) ? -1 : size;
      });
  return {DenseI64ArrayAttr::get(getContext(), shape)};
}
SmallVector<Value> TokenMaskOp::getKernelOperands() { return {getMask()}; }
Constants TokenMaskOp::getKernelConstants() { return {}; }
Value TokenMaskOp::getKernelCoded() { return {}; }

StringRef RescaleOp::getKernelName() { return "rescale"; }
Attributes RescaleOp::getKernelAttributes() {
  return {getFrontAxis(getX(), getAxis())};
}
SmallVector<Value> RescaleOp::getKernelOperands() { return {getX()}; }
Constants RescaleOp::getKernelConstants() { return getScaleAndBias(*this); }
Value RescaleOp::getKernelCoded() { return {}; }

StringRef RequantizeOp::getKernelName() { return "requantize"; }
Attributes RequantizeOp::getKernelAttributes() {
  Attributes attributes = getCodingAttributes(getType());
  attributes.push_back(Builder(*this).getI64IntegerAttr(getRelu()));
  attributes.push_back(getFrontAxis(getX(), getAxis()));
  return attributes;
}
SmallVector<Value> RequantizeOp::getKernelOperands() { return {getX()}; }
Constants RequantizeOp::getKernelConstants() { return getScaleAndBias(*this); }
Value RequantizeOp::getKernelCoded() { return getResult(); }
