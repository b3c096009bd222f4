//===- MatchAttention.cpp - The spike-match-attention pass ----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TrainPatterns.h"
#include "mlir/IR/Remarks.h"
#include "snn/Dialect/Spike/Passes.h"
#include "snn/Dialect/Spike/SiteUtils.h"

namespace snn::spike {
#define GEN_PASS_DEF_SPIKEMATCHATTENTION
#include "snn/Dialect/Spike/Passes.h.inc"
} // namespace snn::spike

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

/// The threshold of SDSA-3 as published; another one was learned (SDSA-4).
constexpr double publishedThreshold = 0.5;

/// What a product of three trains was found to be.
struct Match {
  Spikes query, key, value; // the key is [..., d, N]
  Factors factors;
  std::optional<rt::Tensor> scales; // f32 of rank 3, or none
  TypedAttr mask;
  SmallVector<Operation *> movement; // from the product to the neurons
};

/// The constant that `value` is multiplied by, if it has factors of their own
/// for the last three axes: heads, tokens and channels.
std::optional<rt::Tensor> stripScales(Value &value) {
  auto product = value.getDefiningOp<onnx::MulOp>();
  if (!product)
    return std::nullopt;
  for (unsigned side : {1u, 0u}) {
    Value constant = product->getOperand(side),
          rest = product->getOperand(1 - side);
    TypedAttr attribute = onnx::getConstantAttr(constant);
    if (!attribute || rest.getType() != value.getType() ||
        !tensorType(constant).getElementType().isF32())
      continue;
    ArrayRef<int64_t> shape = tensorType(constant).getShape();
    rt::Shape last(3, 1);
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      size_t behind = shape.size() - axis; // axes from here on
      if (behind <= 3)
        last[3 - behind] = shape[axis];
      else if (shape[axis] != 1)
        return std::nullopt;
    }
    FailureOr<rt::Tensor> values =
        onnx::resolveConstant(attribute, constant.getLoc());
    if (failed(values))
      return std::nullopt;
    rt::Tensor scales(rt::DType::F32, last);
    std::copy_n(values->data<float>(), values->size(), scales.data<float>());
    value = rest;
    return scales;
  }
  return std::nullopt;
}

struct MatchAttention : spike::impl::SpikeMatchAttentionBase<MatchAttention> {
  using SpikeMatchAttentionBase::SpikeMatchAttentionBase;

  void missed(Operation *op, StringRef reason) {
    StringRef name = onnx::getNodeName(op->getLoc());
    remark::missed(op->getLoc(), remark::RemarkOpts::name("NoAttention")
                                     .category("spike-match-attention")
                                     .function(name))
        << remark::reason("{0}", reason.str());
  }

  /// Q (K^T V) or ((Q K^T) o mask) V, with factors, in front of movement.
  std::optional<Match> matchProduct(Value x, int64_t steps) {
    Match match;
    x = match.factors.strip(x);
    while (Operation *op = x.getDefiningOp()) {
      if (!keepsTime(op, steps))
        break;
      match.movement.push_back(op);
      x = match.factors.strip(op->getOperand(0));
    }
    std::reverse(match.movement.begin(), match.movement.end());
    if ((match.scales = stripScales(x)))
      x = match.factors.strip(x);
    auto outer = x.getDefiningOp<onnx::MatMulOp>();
    if (!outer || tensorType(x).getRank() < 4)
      return std::nullopt;
    Factors inner;
    Value left = outer.getA(), right = inner.strip(outer.getB());
    if (auto kv = right.getDefiningOp<onnx::MatMulOp>()) {
      match.query = Spikes::match(left, steps, inner);
      match.key = Spikes::match(kv.getA(), steps, inner);
      match.value = Spikes::match(kv.getB(), steps, inner);
    } else {
      Value scores = inner.strip(left);
      if (auto masked = scores.getDefiningOp<onnx::MulOp>()) {
        for (unsigned constant : {1u, 0u})
          if (!match.mask)
            if ((match.mask =
                     matchTokenMask(masked->getOperand(constant),
                                    tensorType(scores), masked.getLoc())))
              scores = inner.strip(masked->getOperand(1 - constant));
        if (!match.mask)
          return std::nullopt;
      }
      auto qk = scores.getDefiningOp<onnx::MatMulOp>();
      if (!qk)
        return std::nullopt;
      match.query = Spikes::match(qk.getA(), steps, inner);
      match.key = Spikes::match(qk.getB(), steps, inner);
      match.value = Spikes::match(right, steps, inner);
    }
    if (!match.query || !match.key || !match.value)
      return std::nullopt;
    if (!inner.areExact()) {
      missed(outer, "a factor that is no power of two stands between its "
                    "products");
      return std::nullopt;
    }
    match.factors.product *= inner.product;
    return match;
  }

  SdsaOp createSdsa(OpBuilder &b, LifOp lif, Value q, Value k, Value v,
                    int64_t variant, double scale, TypedAttr scales,
                    TypedAttr mask) {
    Type type =
        tensorType(v).clone(tensorType(lif.getResult()).getElementType());
    return SdsaOp::create(
        b, lif.getLoc(), type, q, k, v, lif.getSiteAttr(),
        b.getI64IntegerAttr(variant), b.getF64FloatAttr(scale),
        lif.getTauAttr(), lif.getThresholdAttr(), lif.getResetValueAttr(),
        lif.getDecayInputAttr(), lif.getSoftResetAttr(), lif.getOrderAttr(),
        lif.getRuleAttr(), lif.getFactorAttr(), lif.getGainAttr(),
        lif.getAmountAttr(), lif.getFloorAttr(), lif.getLevelsAttr(), scales,
        mask, StringAttr());
  }

  /// What keeps trains of [..., N, d] from an exact attention; empty for
  /// nothing.
  static std::string findMisfit(Value q, Value k, Value v) {
    RankedTensorType query = tensorType(q), value = tensorType(v);
    if (query.getShape() != tensorType(k).getShape() ||
        query.getShape().drop_back() != value.getShape().drop_back())
      return "its query, key and value differ in shape";
    double sum = 1;
    bool isBinary = true;
    for (Value train : {q, k, v}) {
      sum *= double(getMaxCount(train.getType()));
      isBinary &= getMaxCount(train.getType()) == 1;
    }
    for (int64_t size : query.getShape().take_back(2))
      sum *= double(size);
    if (!isBinary && sum >= (1 << 24))
      return "its sums of counts may reach " + std::to_string(int64_t(sum)) +
             ", which is 2^24 or more";
    return {};
  }

  /// SDSA-3 and 4: the neurons of a product of three trains.
  bool matchMatrix(LifOp lif) {
    // Attention passes trains on, and no membranes.
    if (lif.getMembranes() || lif.getConstants())
      return false;
    std::optional<Match> match = matchProduct(lif.getX(), lif.getSteps());
    if (!match)
      return false;
    // Integer neurons have the thresholds of their rounding.
    bool isPublished =
        lif.getLevels() ||
        lif.getThreshold().convertToDouble() == publishedThreshold;
    int64_t variant = isPublished ? 3 : 4;
    if (variant == 4 && !experimental) {
      missed(lif, "a threshold other than 0.5 is SDSA-4, which needs "
                  "--experimental");
      return false;
    }
    OpBuilder b(lif);
    Value q = match->query.build(b), k = match->key.build(b),
          v = match->value.build(b);
    k = transposeLast(b, lif.getLoc(), k);
    if (std::string misfit = findMisfit(q, k, v); !misfit.empty()) {
      missed(lif, misfit);
      return false;
    }
    double scale = match->factors.product;
    TypedAttr scales;
    if (match->scales) {
      for (int64_t i = 0; i < match->scales->size(); ++i)
        match->scales->data<float>()[i] =
            float(match->scales->data<float>()[i] * scale);
      scale = 1;
      scales = onnx::makeConstantAttr(
          lif.getContext(), onnx::getNodeName(lif.getLoc()).str() + ".scales",
          *match->scales, b.getF32Type());
    }
    auto sdsa =
        createSdsa(b, lif, q, k, v, variant, scale, scales, match->mask);
    lif.getResult().replaceAllUsesWith(
        Spikes::move(b, sdsa.getResult(), match->movement));
    return true;
  }

  /// SDSA-1 and 2: a train masked by the neurons of a sum over tokens.
  bool matchColumns(onnx::MulOp product) {
    for (unsigned side : {0u, 1u}) {
      auto decode = product->getOperand(side).getDefiningOp<DequantizeOp>();
      auto lif = decode ? decode.getX().getDefiningOp<LifOp>() : LifOp();
      if (!lif || lif.getLevels() || lif.getMembranes() || lif.getConstants())
        continue;
      int64_t steps = lif.getSteps();
      Factors factors;
      Value x = factors.strip(lif.getX());
      auto sum = x.getDefiningOp<onnx::ReduceSumOp>();
      Value train = product->getOperand(1 - side);
      int64_t rank = tensorType(train).getRank();
      if (!sum || rank < 4 || !sum.getKeepdims() || sum.getAxes().size() != 1 ||
          (sum.getAxes()[0] != -2 && sum.getAxes()[0] != rank - 2))
        continue;
      Spikes masked = Spikes::match(train, steps);
      Value summed = factors.strip(sum.getX());
      Spikes q, k, v;
      int64_t variant = 2;
      if (auto kv = summed.getDefiningOp<onnx::MulOp>()) {
        variant = 1;
        q = masked;
        k = Spikes::match(kv.getA(), steps);
        v = Spikes::match(kv.getB(), steps);
      } else {
        q = k = Spikes::match(summed, steps);
        v = masked;
      }
      if (!q || !k || !v)
        continue;
      if (variant == 2 && !experimental) {
        missed(product, "values masked by summed queries are SDSA-2, which "
                        "needs --experimental");
        continue;
      }
      OpBuilder b(product);
      Value query = q.build(b), key = k.build(b), value = v.build(b);
      if (query.getType() != key.getType() ||
          query.getType() != value.getType())
        continue;
      auto sdsa = createSdsa(b, lif, query, key, value, variant,
                             factors.product, TypedAttr(), TypedAttr());
      product.getResult().replaceAllUsesWith(DequantizeOp::create(
          b, product.getLoc(), product.getY().getType(), sdsa.getResult()));
      return true;
    }
    return false;
  }

  void runOnOperation() override {
    SmallVector<Operation *> candidates;
    getOperation().walk([&](Operation *op) {
      if (isa<LifOp, onnx::MulOp>(op))
        candidates.push_back(op);
    });
    for (Operation *op : candidates) {
      if (auto lif = dyn_cast<LifOp>(op))
        matchMatrix(lif);
      else
        matchColumns(cast<onnx::MulOp>(op));
    }
    eraseDeadOps(getOperation());
  }
};

} // namespace
