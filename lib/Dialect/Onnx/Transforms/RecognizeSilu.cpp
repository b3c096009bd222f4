//===- RecognizeSilu.cpp - Find x * sigmoid(x) ----------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"
#include "snn/Dialect/Onnx/Passes.h"

using namespace mlir;
using namespace snn::onnx;

namespace snn::onnx {
#define GEN_PASS_DEF_ONNXRECOGNIZESILU
#include "snn/Dialect/Onnx/Passes.h.inc"
} // namespace snn::onnx

namespace {

struct SiluPattern : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MulOp op,
                                PatternRewriter &rewriter) const final {
    for (auto [x, s] :
         {std::pair(op.getA(), op.getB()), std::pair(op.getB(), op.getA())}) {
      auto sigmoid = s.getDefiningOp<SigmoidOp>();
      if (!sigmoid || sigmoid.getX() != x || !sigmoid->hasOneUse())
        continue;
      rewriter.replaceOpWithNewOp<SiluOp>(op, op.getType(), x);
      return success();
    }
    return rewriter.notifyMatchFailure(op, "is not x * sigmoid(x)");
  }
};

struct RecognizeSilu : snn::onnx::impl::OnnxRecognizeSiluBase<RecognizeSilu> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<SiluPattern>(&getContext());
    if (failed(applyRecognition(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
