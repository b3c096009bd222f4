//===- PhasePatterns.cpp - Products and attention in phase coding ---------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"
#include "snn/Dialect/Spike/Facts.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/runtime/Masks.h"

#include <climits>
#include <cmath>

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Weights and their scales as the ops of phase coding have them.
struct PhaseWeight {
  TypedAttr values, scale;
};

PhaseWeight makePhaseWeight(Operation *op, const StaticWeight &weight) {
  std::string name = weight.name.empty()
                         ? onnx::getNodeName(op->getLoc()).str() + ".weight"
                         : weight.name;
  MLIRContext *context = op->getContext();
  std::vector<float> scale = weight.scale;
  if (llvm::all_equal(scale))
    scale.resize(1);
  return {makeNarrowWeight(context, name, weight.values),
          onnx::makeConstantAttr(
              context, name + ".scale",
              rt::Tensor::fromVector({int64_t(scale.size())}, scale),
              Float32Type::get(context))};
}

/// What spike-correct-bias wants to know of the float product.
void keepMean(Operation *from, Value product) {
  copyFact(facts(from).getMeanAttrHelper(), from, product.getDefiningOp());
}

/// One value per channel of a bias that has one, or one per channel.
TypedAttr makeBias(Operation *op, const rt::Tensor &bias, int64_t channels) {
  std::vector<float> values = bias.toVector<float>();
  if (values.size() == 1)
    values.resize(channels, values[0]);
  return onnx::makeConstantAttr(op->getContext(),
                                onnx::getNodeName(op->getLoc()).str() + ".bias",
                                rt::Tensor::fromVector({channels}, values),
                                Float32Type::get(op->getContext()));
}

/// The number that all elements of a small constant are.
std::optional<double> getUniform(Operation *op, Value value,
                                 onnx::RewriteErrors &errors) {
  TypedAttr attribute = onnx::getConstantAttr(value);
  if (!attribute || tensorType(value).getNumElements() > 64)
    return std::nullopt;
  std::optional<rt::Tensor> tensor =
      errors.take(op, onnx::readConstant(attribute, value.getLoc()));
  if (!tensor || tensor->dtype() != rt::DType::F32 || tensor->size() == 0 ||
      !llvm::all_equal(tensor->toVector<float>()))
    return std::nullopt;
  return double(tensor->data<float>()[0]);
}

/// The Z of a `spike.woss`, seen through a reshape.
bool isWossSum(Value value) {
  if (auto reshape = value.getDefiningOp<onnx::ReshapeOp>())
    value = reshape.getX();
  auto woss = value.getDefiningOp<WossOp>();
  return woss && value == woss.getZ();
}

/// The same elements with another last axis.
Value reshapeLike(PatternRewriter &rewriter, onnx::ReshapeOp like, Value value,
                  std::optional<int64_t> last) {
  SmallVector<int64_t> shape(tensorType(like).getShape());
  SmallVector<int64_t> entries(like.getShape());
  if (last)
    shape.back() = entries.back() = *last;
  return onnx::ReshapeOp::create(
      rewriter, like.getLoc(), tensorType(value).clone(shape), value, entries);
}

/// quantize(softmax(masks(dequantize(scores)))) of probabilities: the train of
/// a `spike.woss`. What the probabilities were is the decoded train over Z.
struct WossPattern : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;

  struct Logits {
    DequantizeOp scores;
    Value multiplicative, additive;
  };

  /// The phase-coded scores that `value` decodes, behind terms and factors.
  static DequantizeOp findScores(Value value) {
    Operation *op = value.getDefiningOp();
    if (auto decode = dyn_cast_or_null<DequantizeOp>(op)) {
      Operation *site = getProducingSite(decode.getX());
      return site && getSite(site)->kind == SiteKind::Score ? decode
                                                            : DequantizeOp();
    }
    if (!isa_and_nonnull<onnx::AddOp, onnx::MulOp>(op))
      return {};
    DequantizeOp scores = findScores(op->getOperand(0));
    return scores ? scores : findScores(op->getOperand(1));
  }

  /// Splits `value` = decoded scores * multiplicative + additive.
  static std::optional<Logits> matchLogits(PatternRewriter &rewriter,
                                           Value value) {
    Logits logits;
    while (true) {
      if (auto decode = value.getDefiningOp<DequantizeOp>()) {
        logits.scores = findScores(value);
        return logits.scores ? std::optional(logits) : std::nullopt;
      }
      Operation *op = value.getDefiningOp();
      if (!isa_and_nonnull<onnx::AddOp, onnx::MulOp>(op))
        return std::nullopt;
      Value scores = op->getOperand(0), mask = op->getOperand(1);
      if (!findScores(scores))
        std::swap(scores, mask);
      if (!findScores(scores) || scores.getType() != op->getResult(0).getType())
        return std::nullopt;
      bool isFactor = isa<onnx::MulOp>(op);
      if (!isFactor && logits.multiplicative)
        return std::nullopt; // a term inside a factor
      Value &sum = isFactor ? logits.multiplicative : logits.additive;
      if (!sum)
        sum = mask;
      else if (isFactor)
        sum = onnx::MulOp::create(rewriter, op->getLoc(), mask, sum);
      else
        sum = onnx::AddOp::create(rewriter, op->getLoc(), mask, sum);
      value = scores;
    }
  }

  /// Whether a number that absorbs scores is chosen somewhere in `value`, which
  /// is how recognition hides replaced scores.
  static bool mayAbsorb(Value mask) {
    SmallVector<Value> open = {mask};
    DenseSet<Value> seen;
    while (!open.empty()) {
      Value value = open.pop_back_val();
      Operation *op = value.getDefiningOp();
      if (!op || !seen.insert(value).second)
        continue;
      if (auto dense = dyn_cast_or_null<DenseElementsAttr>(
              onnx::getConstantAttr(value))) {
        if (dense.getElementType().isF32() && dense.isSplat() &&
            dense.getSplatValue<float>() <= rt::absorbsFrom &&
            std::isfinite(dense.getSplatValue<float>()))
          return true;
      } else if (isa<onnx::AddOp, onnx::WhereOp>(op)) {
        llvm::append_range(open, op->getOperands());
      }
    }
    return false;
  }

  /// Scores of a row that is hidden as a whole have all been replaced: its
  /// masks count from the largest, and its scores do not count, so that no key
  /// of it is hidden from another. Other rows stay as they are.
  static void keepHiddenRows(PatternRewriter &rewriter, Location loc,
                             Logits &logits) {
    auto type = tensorType(logits.additive);
    auto scalar = RankedTensorType::get({}, type.getElementType());
    auto constant = [&](double number) -> Value {
      return onnx::ConstantOp::create(
          rewriter, loc, scalar,
          DenseElementsAttr::get(
              scalar, rewriter.getFloatAttr(type.getElementType(), number)));
    };
    SmallVector<int64_t> shape(type.getShape());
    shape.back() = 1;
    auto rowType = type.clone(shape);
    Value zero = constant(0), one = constant(1),
          bound = constant(rt::absorbsFrom);
    Value largest = onnx::ReduceMaxOp::create(
        rewriter, loc, rowType, logits.additive, ArrayRef<int64_t>{-1}, true);
    Value hidden = onnx::LessOrEqualOp::create(
        rewriter, loc, rowType.clone(rewriter.getI1Type()), largest, bound);
    Value base =
        onnx::WhereOp::create(rewriter, loc, rowType, hidden, largest, zero);
    logits.additive =
        onnx::SubOp::create(rewriter, loc, type, logits.additive, base);
    Value factor =
        onnx::WhereOp::create(rewriter, loc, rowType, hidden, zero, one);
    logits.multiplicative =
        logits.multiplicative
            ? onnx::MulOp::create(rewriter, loc, factor, logits.multiplicative)
                  .getResult()
            : factor;
  }

  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto coding = dyn_cast<PhaseType>(tensorType(op).getElementType());
    auto softmax =
        onnx::skipNanGuard(op.getX()).getDefiningOp<onnx::SoftmaxOp>();
    if (!coding || !softmax || op.getKind() != SiteKind::Probability)
      return failure();
    int64_t rank = tensorType(softmax).getRank();
    if (softmax.getAxis() != -1 && softmax.getAxis() != rank - 1)
      return failure();
    if (!llvm::all_of(op->getUsers(), llvm::IsaPred<DequantizeOp>))
      return failure();
    Value value = softmax.getX();
    auto back = value.getDefiningOp<onnx::ReshapeOp>();
    if (back) { // masks of another shape than the product
      value = back.getX();
      if (tensorType(value).getShape().back() !=
          tensorType(back).getShape().back())
        return failure();
    }
    rewriter.setInsertionPoint(op);
    std::optional<Logits> logits = matchLogits(rewriter, value);
    if (!logits)
      return failure();
    if (logits->additive && mayAbsorb(logits->additive))
      keepHiddenRows(rewriter, op.getLoc(), *logits);
    Value scores = logits->scores.getX();
    auto trainType = tensorType(scores).clone(coding);
    SmallVector<int64_t> sumShape(trainType.getShape());
    sumShape.back() = 1;
    auto woss = WossOp::create(
        rewriter, op.getLoc(), trainType,
        RankedTensorType::get(sumShape, rewriter.getF32Type()), scores,
        logits->multiplicative, logits->additive,
        back ? Value() : op.getValid(), op.getSiteAttr(), op.getKindAttr(),
        back ? DenseI64ArrayAttr() : op.getTokenAxesAttr(), StringAttr());
    Value train = woss.getTrain(), z = woss.getZ();
    if (back) {
      train = reshapeLike(rewriter, back, train, std::nullopt);
      z = reshapeLike(rewriter, back, z, 1);
    }
    for (Operation *user : llvm::make_early_inc_range(op->getUsers())) {
      rewriter.setInsertionPoint(user);
      Type type = user->getResult(0).getType();
      Value weights =
          DequantizeOp::create(rewriter, user->getLoc(), type, train);
      rewriter.replaceOpWithNewOp<onnx::DivOp>(user, type, weights, z);
    }
    rewriter.eraseOp(op);
    return success();
  }
};

/// quantize(relu(x)) to a positive code: such neurons rectify.
struct FuseRelu : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto coding = dyn_cast<PhaseType>(tensorType(op).getElementType());
    auto relu = op.getX().getDefiningOp<onnx::ReluOp>();
    if (!coding || !relu || coding.getSign() != PhaseSign::Positive)
      return failure();
    rewriter.modifyOpInPlace(op, [&] { op.getXMutable().assign(relu.getX()); });
    return success();
  }
};

/// add(product, constant along the channel axis): the bias.
template <typename Product> struct FoldPhaseBias : CheckedPattern<onnx::AddOp> {
  using CheckedPattern<onnx::AddOp>::CheckedPattern;
  LogicalResult matchAndRewrite(onnx::AddOp op,
                                PatternRewriter &rewriter) const override {
    for (auto [value, other] :
         {std::pair(op.getA(), op.getB()), std::pair(op.getB(), op.getA())}) {
      auto product = value.template getDefiningOp<Product>();
      if (!product || product.getBias() || !product->hasOneUse() ||
          op.getType() != product.getType())
        continue;
      RankedTensorType type = tensorType(op);
      int64_t axis =
          std::is_same_v<Product, PhaseConvOp> ? 1 : type.getRank() - 1;
      std::optional<rt::Tensor> bias =
          readChannelConstant(op, other, type, axis, this->errors);
      if (!bias)
        continue;
      product.setBiasAttr(makeBias(product, *bias, type.getDimSize(axis)));
      rewriter.replaceOp(op, product.getResult());
      return success();
    }
    return failure();
  }
};

/// product * constant, product / constant: the factor of a trace product.
template <typename Scaling> struct FoldFactor : CheckedPattern<Scaling> {
  using CheckedPattern<Scaling>::CheckedPattern;
  LogicalResult matchAndRewrite(Scaling op,
                                PatternRewriter &rewriter) const override {
    constexpr bool divides = std::is_same_v<Scaling, onnx::DivOp>;
    auto product = op.getA().template getDefiningOp<PhaseMatMulOp>();
    Value other = op.getB();
    if (!product && !divides) {
      product = op.getB().template getDefiningOp<PhaseMatMulOp>();
      other = op.getA();
    }
    if (!product || !product->hasOneUse() || product.getType() != op.getType())
      return failure();
    std::optional<double> factor = getUniform(op, other, this->errors);
    if (!factor || *factor == 0)
      return failure();
    double scale = product.getFactor().convertToDouble();
    product.setFactorAttr(
        rewriter.getF64FloatAttr(divides ? scale / *factor : scale * *factor));
    rewriter.replaceOp(op, product.getResult());
    return success();
  }
};

} // namespace

bool snn::isPhaseCoded(Value value) {
  return isa<PhaseType>(getElementTypeOrSelf(value.getType()));
}

TypedAttr snn::makeNarrowWeight(MLIRContext *context, StringRef name,
                                const rt::Tensor &integers) {
  const int32_t *data = integers.data<int32_t>();
  int64_t size = integers.size();
  bool narrow = std::all_of(data, data + size, [](int32_t w) {
    return w >= -INT8_MAX && w <= INT8_MAX;
  });
  rt::Tensor weight(narrow ? rt::DType::I8 : rt::DType::I16, integers.shape());
  for (int64_t n = 0; n < size; ++n) {
    if (narrow)
      weight.data<int8_t>()[n] = int8_t(data[n]);
    else
      weight.data<int16_t>()[n] = int16_t(data[n]);
  }
  return onnx::makeConstantAttr(context, name, weight,
                                IntegerType::get(context, narrow ? 8 : 16));
}

Value snn::makePhaseLinear(PatternRewriter &rewriter, Operation *op, Value x,
                           const StaticWeight &weight) {
  PhaseWeight parts = makePhaseWeight(op, weight);
  Value y =
      PhaseLinearOp::create(rewriter, op->getLoc(), op->getResult(0).getType(),
                            x, parts.values, parts.scale, TypedAttr());
  keepMean(op, y);
  return y;
}

Value snn::makePhaseConv(PatternRewriter &rewriter, onnx::ConvOp op, Value x,
                         const StaticWeight &weight, const rt::Tensor *values) {
  PhaseWeight parts = makePhaseWeight(op, weight);
  TypedAttr bias;
  if (values)
    bias = makeBias(op, *values, tensorType(op).getDimSize(1));
  Value y = PhaseConvOp::create(
      rewriter, op.getLoc(), op.getType(), x, parts.values, parts.scale, bias,
      rewriter.getDenseI64ArrayAttr(op.getStrides()),
      rewriter.getDenseI64ArrayAttr(op.getPads()),
      rewriter.getDenseI64ArrayAttr(op.getDilations()),
      rewriter.getI64IntegerAttr(op.getGroup()));
  keepMean(op, y);
  return y;
}

Value snn::makePhaseProduct(PatternRewriter &rewriter, onnx::MatMulOp op) {
  Value left = op.getA(), divisor;
  if (auto div = left.getDefiningOp<onnx::DivOp>();
      div && isWossSum(div.getB())) {
    left = div.getA();
    divisor = div.getB();
  }
  auto lhs = left.getDefiningOp<DequantizeOp>();
  auto rhs = op.getB().getDefiningOp<DequantizeOp>();
  if (!lhs || !rhs || !isPhaseCoded(lhs.getX()) || !isPhaseCoded(rhs.getX()))
    return nullptr;
  RankedTensorType a = tensorType(op.getA()), b = tensorType(op.getB());
  if (a.getRank() != b.getRank() || a.getRank() < 2 ||
      a.getShape().drop_back(2) != b.getShape().drop_back(2))
    return nullptr;
  Value resident = rhs.getX();
  bool transposed = false;
  if (auto transpose = resident.getDefiningOp<onnx::TransposeOp>()) {
    SmallVector<int64_t> swap =
        llvm::to_vector(llvm::seq<int64_t>(0, a.getRank()));
    std::swap(swap[a.getRank() - 1], swap[a.getRank() - 2]);
    if (ArrayRef<int64_t>(swap) == transpose.getPermutation()) {
      resident = transpose.getX();
      transposed = true;
    }
  }
  return PhaseMatMulOp::create(rewriter, op.getLoc(), op.getType(), lhs.getX(),
                               resident, divisor, Value(),
                               rewriter.getF64FloatAttr(1.0),
                               transposed ? rewriter.getUnitAttr() : UnitAttr(),
                               UnitAttr(), StringAttr());
}

void snn::populatePhaseAttentionPatterns(RewritePatternSet &patterns,
                                         onnx::RewriteErrors &) {
  patterns.add<WossPattern>(patterns.getContext());
}

void snn::populatePhasePatterns(RewritePatternSet &patterns,
                                onnx::RewriteErrors &errors) {
  patterns.add<FuseRelu>(patterns.getContext());
  patterns.add<FoldPhaseBias<PhaseLinearOp>, FoldPhaseBias<PhaseConvOp>,
               FoldFactor<onnx::MulOp>, FoldFactor<onnx::DivOp>>(
      patterns.getContext(), errors);
}
