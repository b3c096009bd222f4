//===- RecoverBernoulli.cpp - The spike-recover-bernoulli pass ------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TrainPatterns.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "snn/Dialect/Spike/Passes.h"

namespace snn::spike {
#define GEN_PASS_DEF_SPIKERECOVERBERNOULLI
#include "snn/Dialect/Spike/Passes.h.inc"
} // namespace snn::spike

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

/// cast(u < p) or cast(p > u), u uniform: the spikes of Bernoulli neurons.
struct BernoulliPattern : OpRewritePattern<onnx::CastOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(onnx::CastOp op,
                                PatternRewriter &rewriter) const final {
    if (!op.getTo().isF32())
      return rewriter.notifyMatchFailure(op, "spikes are no floats");
    onnx::RandomUniformLikeOp draw;
    Value p;
    if (auto less = op.getX().getDefiningOp<onnx::LessOp>()) {
      draw = less.getA().getDefiningOp<onnx::RandomUniformLikeOp>();
      p = less.getB();
    } else if (auto more = op.getX().getDefiningOp<onnx::GreaterOp>()) {
      draw = more.getB().getDefiningOp<onnx::RandomUniformLikeOp>();
      p = more.getA();
    }
    if (!draw)
      return rewriter.notifyMatchFailure(op, "no comparison with a draw");
    if (p.getType() != draw.getType())
      return rewriter.notifyMatchFailure(op, "draws are broadcast");
    Type spike = BinaryType::get(getContext(), unsigned(draw.getSteps()));
    StringRef name = onnx::getNodeName(op.getLoc());
    auto neurons =
        BernoulliOp::create(rewriter, op.getLoc(), tensorType(p).clone(spike),
                            p, name.empty() ? "bernoulli" : name,
                            draw.getSeed(), draw.getLayerId(), draw.getStage());
    rewriter.replaceOpWithNewOp<DequantizeOp>(op, op.getType(), neurons);
    return success();
  }
};

struct RecoverBernoulli
    : spike::impl::SpikeRecoverBernoulliBase<RecoverBernoulli> {
  using SpikeRecoverBernoulliBase::SpikeRecoverBernoulliBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<BernoulliPattern>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
    eraseDeadOps(getOperation());
    getOperation().walk([&](onnx::RandomUniformLikeOp draw) {
      remark::missed(draw.getLoc(),
                     remark::RemarkOpts::name("NoBernoulli")
                         .category("spike-recover-bernoulli")
                         .function(onnx::getNodeName(draw.getLoc())))
          << remark::reason("its numbers are not compared with probabilities "
                            "of the same shape to give spikes");
    });
    if (seed == 0) // as imported
      return;
    getOperation().walk([&](BernoulliOp op) { op.setSeed(seed); });
    getOperation().walk(
        [&](onnx::RandomUniformLikeOp op) { op.setSeed(seed); });
  }
};

} // namespace
