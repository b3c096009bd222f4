//===- FoldSilentOffset.cpp - What silent inputs contribute ---------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Spike/Passes.h"
#include "snn/Dialect/Spike/SilentOffset.h"

namespace snn::spike {
#define GEN_PASS_DEF_SPIKEFOLDSILENTOFFSET
#include "snn/Dialect/Spike/Passes.h.inc"
} // namespace snn::spike

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

struct FoldSilentOffset
    : spike::impl::SpikeFoldSilentOffsetBase<FoldSilentOffset> {
  using SpikeFoldSilentOffsetBase::SpikeFoldSilentOffsetBase;

  template <typename Op> LogicalResult fold(Op op) {
    auto train = dyn_cast<TTFSType>(
        cast<RankedTensorType>(op.getX().getType()).getElementType());
    if (!train || op.getOffset() || train.getMask() == train.getZero())
      return success();
    FailureOr<rt::Tensor> weight =
        onnx::resolveConstant(op.getWeight(), op.getLoc());
    if (failed(weight))
      return failure();
    op.setOffsetAttr(onnx::makeConstantAttr(
        &getContext(), onnx::getNodeName(op.getLoc()).str() + ".offset",
        silentOffset(op, *weight), IntegerType::get(&getContext(), 32)));
    return success();
  }

  void runOnOperation() override {
    WalkResult result = getOperation().walk([&](Operation *op) {
      LogicalResult folded = success();
      if (auto linear = dyn_cast<LinearOp>(op))
        folded = fold(linear);
      else if (auto conv = dyn_cast<ConvOp>(op))
        folded = fold(conv);
      return failed(folded) ? WalkResult::interrupt() : WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
