//===- FuseEpilogues.cpp - Consume sums where they are made ---------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Spike/Epilogue.h"
#include "snn/Dialect/Spike/Facts.h"
#include "snn/Dialect/Spike/Passes.h"
#include "snn/Dialect/Spike/SiteUtils.h"

namespace snn::spike {
#define GEN_PASS_DEF_SPIKEFUSEEPILOGUES
#include "snn/Dialect/Spike/Passes.h.inc"
} // namespace snn::spike

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

/// Whether the parameters of `op` are those of the channels of `product`, whose
/// accumulators it consumes.
template <typename Op> bool isByChannel(Op op, Operation *product) {
  int64_t rank = cast<RankedTensorType>(op.getX().getType()).getRank();
  int64_t axis = op.getAxis() < 0 ? op.getAxis() + rank : op.getAxis();
  return axis == (isa<ConvOp>(product) ? 1 : rank - 1);
}

/// The one op that uses the result of `op`; null if there are several uses, or
/// it stands elsewhere.
Operation *getOnlyUser(Operation *op) {
  Value result = op->getResult(0);
  if (!result.hasOneUse())
    return nullptr;
  Operation *user = *result.user_begin();
  return user->getBlock() == op->getBlock() ? user : nullptr;
}

/// Whether an epilogue may end in `levels`: they are uniform.
bool isUniform(Value levels) {
  return !getCoding(levels.getType())->hasTable();
}

/// Whether `op` makes levels of floats, and so ends a chain.
bool makesLevels(Operation *op) {
  if (isa<QuantizeOp, EncodeOp>(op) && !isUniform(op->getResult(0)))
    return false;
  if (auto quantize = dyn_cast<QuantizeOp>(op))
    return isa<LevelType>(getElementTypeOrSelf(quantize.getResult().getType()));
  return isa<EncodeOp>(op);
}

/// Whether `add` may end or continue a chain through `value`: it adds a tensor
/// of the same type that no other chain makes.
bool mayAdd(onnx::AddOp add, Value value) {
  Value other = add.getA() == value ? add.getB() : add.getA();
  Operation *definition = other.getDefiningOp();
  return other != value && other.getType() == value.getType() &&
         add.getResult().getType() == value.getType() &&
         !(definition && isFused(definition));
}

/// Whether `multiply` multiplies the channels of `product`, its last axis, with
/// constants.
bool isByChannel(onnx::MulOp multiply, Value value, Operation *product) {
  Value other = multiply.getA() == value ? multiply.getB() : multiply.getA();
  auto type = cast<RankedTensorType>(multiply.getResult().getType());
  auto factors = dyn_cast<RankedTensorType>(other.getType());
  return isa<LinearOp>(product) && other != value && value.getType() == type &&
         factors && factors.getElementType().isF32() && factors.getRank() > 0 &&
         factors.getNumElements() == factors.getShape().back() &&
         factors.getShape().back() == type.getShape().back() &&
         other.getDefiningOp<onnx::ConstantOp>();
}

struct FuseEpilogues : spike::impl::SpikeFuseEpiloguesBase<FuseEpilogues> {
  using SpikeFuseEpiloguesBase::SpikeFuseEpiloguesBase;

  static void mark(Operation *op) {
    facts(op).getFusedAttrHelper().setAttr(op, UnitAttr::get(op->getContext()));
  }

  static void fuse(Operation *product) {
    if (!isa<LinearOp, ConvOp>(product) ||
        !isTrain(product->getOperand(0).getType()))
      return;
    Operation *user = getOnlyUser(product);
    if (!user)
      return;
    if (auto fire = dyn_cast<FireOp>(user)) {
      if (fire.getScale() && isByChannel(fire, product) &&
          isUniform(fire.getResult()))
        mark(product);
      return;
    }
    if (auto requantize = dyn_cast<RequantizeOp>(user)) {
      if (isByChannel(requantize, product) && isUniform(requantize.getResult()))
        mark(product);
      return;
    }
    auto rescale = dyn_cast<RescaleOp>(user);
    if (!rescale || !isByChannel(rescale, product))
      return;
    mark(product);
    // Activation, factors, addition and encoding, each where it follows.
    Operation *last = rescale;
    bool isActivated = false, isMultiplied = false, isAdded = false;
    while (Operation *next = getOnlyUser(last)) {
      if (isa<onnx::ReluOp, onnx::SiluOp, onnx::GeluOp>(next) && !isActivated &&
          !isMultiplied && !isAdded) {
        isActivated = true;
      } else if (auto multiply = dyn_cast<onnx::MulOp>(next);
                 multiply && !isMultiplied && !isAdded &&
                 isByChannel(multiply, last->getResult(0), product)) {
        isMultiplied = true;
      } else if (auto add = dyn_cast<onnx::AddOp>(next);
                 add && !isAdded && mayAdd(add, last->getResult(0))) {
        isAdded = true;
      } else if (makesLevels(next)) {
        mark(last);
        return;
      } else {
        return;
      }
      mark(last);
      last = next;
    }
  }

  void runOnOperation() override { getOperation().walk(fuse); }
};

} // namespace
