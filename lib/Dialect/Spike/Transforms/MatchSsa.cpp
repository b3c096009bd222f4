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

/// Removes a product with a constant, or a quotient by one, that has a factor
/// for each query: [N, 1] in front of the channels. Returns those factors.
SmallVector<double> stripQueryFactors(Value &value) {
  Operation *op = value.getDefiningOp();
  if (!isa_and_nonnull<onnx::MulOp, onnx::DivOp>(op))
    return {};
  for (unsigned side : {1u, 0u}) {
    if (side == 0 && isa<onnx::DivOp>(op))
      break;
    Value constant = op->getOperand(side), rest = op->getOperand(1 - side);
    TypedAttr attribute = onnx::getConstantAttr(constant);
    if (!attribute || rest.getType() != value.getType() ||
        !tensorType(constant).getElementType().isF32())
      continue;
    ArrayRef<int64_t> shape = tensorType(constant).getShape();
    int64_t tokens = tensorType(value).getShape().drop_back().back();
    if (shape.size() < 2 || shape.back() != 1 ||
        shape.drop_back().back() != tokens ||
        llvm::any_of(shape.drop_back(2), [](int64_t d) { return d != 1; }))
      continue;
    FailureOr<rt::Tensor> numbers =
        onnx::resolveConstant(attribute, constant.getLoc());
    if (failed(numbers))
      return {};
    SmallVector<double> factors(numbers->data<float>(),
                                numbers->data<float>() + tokens);
    if (isa<onnx::DivOp>(op))
      for (double &factor : factors)
        factor = 1 / factor;
    value = rest;
    return factors;
  }
  return {};
}

/// The whole numbers that the products of `factors` by `factor` divide by,
/// within 1e-6; empty if some are none.
SmallVector<int64_t> toNorms(ArrayRef<double> factors, double factor) {
  SmallVector<int64_t> norms;
  for (double own : factors) {
    double norm = std::round(1 / (own * factor));
    if (!(norm >= 1) || norm > double(int64_t(1) << 31) ||
        !normalises(own * factor, int64_t(norm)))
      return {};
    norms.push_back(int64_t(norm));
  }
  return norms;
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
  SmallVector<int64_t> norms; // of each query, if they have their own
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

  /// BERN(mask(BERN(Q K^T / d)) V / N), N one number or one for each query.
  std::optional<Match> match(BernoulliOp output) {
    int64_t steps = output.getSteps();
    Match match;
    Factors outer, inner;
    Value mean = outer.strip(output.getP());
    if (tensorType(mean).getRank() < 4)
      return std::nullopt;
    SmallVector<double> factors = stripQueryFactors(mean);
    auto context = outer.strip(mean).getDefiningOp<onnx::MatMulOp>();
    if (!context)
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
    match.norms = toNorms(factors, outer.product);
    if (match.norms.empty() && !factors.empty())
      return missed(output, "its output is not divided by a whole number for "
                            "each query");
    if (factors.empty() && !normalises(outer.product, match.tokens))
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
        match.norms.empty() ? DenseI64ArrayAttr()
                            : b.getDenseI64ArrayAttr(match.norms),
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
