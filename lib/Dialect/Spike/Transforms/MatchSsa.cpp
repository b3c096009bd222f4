//===- MatchSsa.cpp - The spike-match-ssa pass ----------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TrainPatterns.h"
#include "mlir/IR/Remarks.h"
#include "snn/Dialect/Spike/Passes.h"
#include "snn/Dialect/Spike/Stochastic.h"

#include <cmath>

namespace snn::spike {
#define GEN_PASS_DEF_SPIKEMATCHSSA
#include "snn/Dialect/Spike/Passes.h.inc"
} // namespace snn::spike

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

/// Whether spikes were divided by `count`, within 1e-6.
bool normalises(double factor, int64_t count) {
  return std::fabs(factor * double(count) - 1) <= 1e-6;
}

/// Removes a constant 0/1 mask [N, N] from `value`: a product with it, or a
/// choice between `value` and 0.
Value stripMask(Value value, TypedAttr &mask) {
  Operation *op = value.getDefiningOp();
  if (auto product = dyn_cast_or_null<onnx::MulOp>(op)) {
    for (unsigned constant : {1u, 0u})
      if (TypedAttr found =
              matchTokenMask(product->getOperand(constant), tensorType(value),
                             product.getLoc())) {
        mask = found;
        return product->getOperand(1 - constant);
      }
  } else if (auto choice = dyn_cast_or_null<onnx::WhereOp>(op)) {
    auto zero = dyn_cast_or_null<DenseElementsAttr>(
        onnx::getConstantAttr(choice.getB()));
    if (zero && zero.isSplat() && zero.getElementType().isF32() &&
        zero.getSplatValue<APFloat>().isZero())
      if (TypedAttr found = matchTokenMask(
              choice.getCondition(), tensorType(value), choice.getLoc())) {
        mask = found;
        return choice.getA();
      }
  }
  return value;
}

/// One attention.
struct Match {
  BernoulliOp scores;
  Spikes query, key, value; // the key is [..., d, N]
  int64_t tokens, channels;
  TypedAttr mask;
};

struct MatchSsa : spike::impl::SpikeMatchSsaBase<MatchSsa> {
  using SpikeMatchSsaBase::SpikeMatchSsaBase;

  /// Reports why neurons that look like an attention are none.
  std::optional<Match> missed(BernoulliOp op, const Twine &reason) {
    remark::missed(op.getLoc(), remark::RemarkOpts::name("NoAttention")
                                    .category("spike-match-ssa")
                                    .function(op.getSite()))
        << remark::reason("{0}", reason.str());
    return std::nullopt;
  }

  /// BERN(mask(BERN(Q K^T / d)) V / N).
  std::optional<Match> match(BernoulliOp output) {
    int64_t steps = output.getSteps();
    Match match;
    Factors outer, inner;
    auto context = outer.strip(output.getP()).getDefiningOp<onnx::MatMulOp>();
    if (!context || tensorType(context).getRank() < 4)
      return std::nullopt;
    auto decode =
        stripMask(context.getA(), match.mask).getDefiningOp<DequantizeOp>();
    match.scores =
        decode ? decode.getX().getDefiningOp<BernoulliOp>() : BernoulliOp();
    if (!match.scores)
      return std::nullopt;
    Value rates = match.scores.getP();
    if (!match.mask) // a probability of 0 never fires
      rates = stripMask(rates, match.mask);
    auto product = inner.strip(rates).getDefiningOp<onnx::MatMulOp>();
    if (!product)
      return missed(output, "its scores are drawn from no product");
    match.query = Spikes::match(product.getA(), steps);
    match.key = Spikes::match(product.getB(), steps);
    match.value = Spikes::match(context.getB(), steps);
    if (!match.query || !match.key || !match.value)
      return missed(output, "its query, key or value is no train of its steps");
    match.channels = tensorType(product.getA()).getShape().back();
    match.tokens = tensorType(context.getA()).getShape().back();
    if (!normalises(inner.product, match.channels))
      return missed(output, "its scores are not divided by the " +
                                Twine(match.channels) + " channels");
    if (!normalises(outer.product, match.tokens))
      return missed(output, "its output is not divided by the " +
                                Twine(match.tokens) + " tokens");
    if (getStage(match.scores) != rt::DrawStage::Score ||
        getStage(output) != rt::DrawStage::Output ||
        match.scores.getLayerId() != output.getLayerId() ||
        match.scores.getSteps() != steps)
      return missed(output, "scores and output draw from other random streams "
                            "than an attention's");
    return match;
  }

  void rewrite(BernoulliOp output, const Match &match) {
    OpBuilder b(output);
    Value q = match.query.build(b), k = match.key.build(b),
          v = match.value.build(b);
    k = transposeLast(b, output.getLoc(), k);
    if (q.getType() != k.getType() || q.getType() != v.getType() ||
        q.getType() != output.getType()) {
      missed(output, "its query, key and value differ in shape");
      return;
    }
    auto ssa = SsaOp::create(
        b, output.getLoc(), q.getType(), q, k, v, output.getSite(),
        output.getSeed(), output.getLayerId(), match.channels, match.tokens,
        rng == "lfsr32" ? Generator::Lfsr32 : Generator::Philox, pow2,
        reuse == "row", /*mask_self=*/false, match.mask, StringAttr());
    output.getResult().replaceAllUsesWith(ssa.getResult());
  }

  void runOnOperation() override {
    if (rng != "philox" && rng != "lfsr32") {
      getOperation().emitError("needs the generator philox or lfsr32, has '")
          << rng << "'";
      return signalPassFailure();
    }
    if (reuse != "none" && reuse != "row") {
      getOperation().emitError("needs random numbers reused for none or row, "
                               "has '")
          << reuse << "'";
      return signalPassFailure();
    }
    SmallVector<BernoulliOp> candidates;
    getOperation().walk([&](BernoulliOp op) { candidates.push_back(op); });
    for (BernoulliOp op : candidates)
      if (std::optional<Match> found = match(op))
        rewrite(op, *found);
    eraseDeadOps(getOperation());
  }
};

} // namespace
