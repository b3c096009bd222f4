//===- MarkTokens.cpp - Tell sites which tokens are removed ---------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Analysis/TopologicalSortUtils.h"
#include "snn/Dialect/Spike/Passes.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "llvm/ADT/TypeSwitch.h"

namespace snn::spike {
#define GEN_PASS_DEF_SPIKEMARKTOKENS
#include "snn/Dialect/Spike/Passes.h.inc"
} // namespace snn::spike

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Whether `value` depends on an argument of the function.
bool dependsOnInput(Value value) {
  if (isa<BlockArgument>(value))
    return true;
  return llvm::any_of(value.getDefiningOp()->getOperands(), dependsOnInput);
}

/// A mask that is the same for every query: [batch, 1, 1, tokens].
bool isTokenMask(Value value) {
  auto type = tensorType(value);
  return type.getRank() == 4 && type.getElementType().isF32() &&
         type.getDimSize(1) == 1 && type.getDimSize(2) == 1 &&
         type.getDimSize(3) > 1 && dependsOnInput(value);
}

/// The axes of a site that run over `tokens` tokens.
SmallVector<int64_t> findTokenAxes(const Site &site, int64_t tokens) {
  auto type = tensorType(site.input);
  ArrayRef<int64_t> shape = type.getShape();
  if (type.getRank() == 3 && shape[1] == tokens)
    return {1};
  if (type.getRank() != 4)
    return {};
  if (site.kind == SiteKind::Probability || site.kind == SiteKind::Score)
    return shape[2] == tokens && shape[3] == tokens ? SmallVector<int64_t>{2, 3}
                                                    : SmallVector<int64_t>{};
  for (int64_t axis : {2, 1, 3})
    if (shape[axis] == tokens)
      return {axis};
  return {};
}

struct MarkTokens : spike::impl::SpikeMarkTokensBase<MarkTokens> {
  using SpikeMarkTokensBase::SpikeMarkTokensBase;

  /// Moves `value` and all that it is computed from to the block's start.
  static void hoist(Value value, Block *block) {
    if (isa<BlockArgument>(value))
      return; // its slice would be the function
    BackwardSliceOptions options;
    options.inclusive = true;
    SetVector<Operation *> slice;
    (void)getBackwardSlice(value, &slice, options);
    slice = topologicalSort(slice);
    for (Operation *op : llvm::reverse(slice))
      op->moveBefore(block, block->begin());
  }

  void runOnOperation() override {
    // One token mask per attention mask; there may already be some.
    llvm::MapVector<Value, Value> masks;
    getOperation().walk(
        [&](TokenMaskOp op) { masks[op.getMask()] = op.getResult(); });
    SmallVector<Value> found;
    getOperation().walk([&](onnx::AddOp op) {
      if (!llvm::any_of(op.getResult().getUsers(), [](Operation *user) {
            return isa<onnx::SoftmaxOp>(user);
          }))
        return;
      for (Value operand : {op.getA(), op.getB()})
        if (isTokenMask(operand))
          found.push_back(operand);
    });
    getOperation().walk([&](onnx::AttentionOp op) {
      if (op.getMask() && isTokenMask(op.getMask()))
        found.push_back(op.getMask());
    });
    for (Value mask : found) {
      if (masks.count(mask))
        continue;
      Operation *parent = mask.getParentBlock()->getParentOp();
      Block *block = &cast<func::FuncOp>(parent).getBody().front();
      hoist(mask, block);
      OpBuilder b(&getContext());
      if (Operation *def = mask.getDefiningOp())
        b.setInsertionPointAfter(def);
      else
        b.setInsertionPointToStart(block);
      auto type = tensorType(mask);
      masks[mask] = TokenMaskOp::create(
          b, mask.getLoc(),
          RankedTensorType::get({type.getDimSize(0), type.getDimSize(3)},
                                b.getI1Type()),
          mask);
    }
    for (auto [mask, valid] : masks) {
      int64_t tokens = tensorType(valid).getDimSize(1);
      for (const Site &site : getSites(getOperation())) {
        if (site.valid)
          continue;
        SmallVector<int64_t> axes = findTokenAxes(site, tokens);
        int64_t batch = tensorType(valid).getDimSize(0);
        if (axes.empty() ||
            (batch != 1 && batch != tensorType(site.input).getDimSize(0)))
          continue;
        cast<SiteOpInterface>(site.op).setTokens(valid, axes);
      }
      // Keys of the scores: columns that run over tokens.
      auto markKeys = [&](auto op) {
        bool context = false;
        if (Operation *site = getProducingSite(op.getLhs()))
          context = getSite(site)->kind == SiteKind::Probability;
        if (!context && !op.getValid() &&
            tensorType(op.getResult()).getShape().back() == tokens)
          op.getValidMutable().assign(valid);
      };
      getOperation().walk([&](Operation *op) {
        TypeSwitch<Operation *>(op).Case<spike::MatMulOp, PhaseMatMulOp>(
            markKeys);
      });
    }
  }
};

} // namespace
