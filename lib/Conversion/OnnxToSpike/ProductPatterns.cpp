//===- ProductPatterns.cpp - Float products to integer products -----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"
#include "mlir/IR/IRMapping.h"
#include "snn/Dialect/Spike/Facts.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Dialect/Spike/StaticWeight.h"
#include "snn/runtime/Kernels.h"
#include "llvm/Support/FormatVariadic.h"

#include <climits>
#include <cmath>

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// The largest magnitude of the integers that levels are.
int64_t largestNumber(const rt::Coding &coding) {
  int64_t zero = coding.value(coding.zero);
  return std::max<int64_t>(zero - coding.value(0),
                           coding.value(coding.maxLevel()) - zero);
}

/// Integer weights, output channels along `axis`, ready for an op.
struct IntegerWeight {
  TypedAttr values;
  TypedAttr scale;       // activation scale times weight scale
  TypedAttr weightScale; // of the weights alone
};

/// Checks the accumulator's range and narrows the integers. `scale` is the
/// activation's; `coding` its levels.
llvm::Expected<IntegerWeight> makeIntegerWeight(Operation *op,
                                                StaticWeight weight,
                                                const rt::Coding &coding,
                                                int64_t axis) {
  rt::Tensor &w = weight.values;
  int64_t channels = w.dim(axis), inner = 1;
  for (int64_t a = axis + 1; a < w.rank(); ++a)
    inner *= w.dim(a);
  if (weight.scale.size() > 1 && weight.axis != axis)
    return llvm::createStringError(llvm::formatv(
        "needs weights quantised per output channel (axis {0}), has scales "
        "along axis {1}",
        axis, weight.axis));
  std::vector<float> scale(channels);
  std::vector<int64_t> magnitude(channels, 0);
  for (int64_t c = 0; c < channels; ++c)
    scale[c] = weight.scale.size() == 1 ? weight.scale[0] : weight.scale[c];
  int32_t *data = w.data<int32_t>();
  for (int64_t n = 0, size = w.size(); n < size; ++n) {
    int64_t c = n / inner % channels;
    if (scale[c] < 0) // a re-quantiser must rise with its accumulator
      data[n] = -data[n];
    if (std::abs(int64_t(data[n])) > INT16_MAX)
      return llvm::createStringError(llvm::formatv(
          "needs weights of at most 16 bits, has the integer {0}", data[n]));
    magnitude[c] += std::abs(data[n]);
  }
  int64_t reach = largestNumber(coding);
  std::vector<float> weightScale(scale);
  for (float &s : weightScale)
    s = std::fabs(s);
  for (int64_t c = 0; c < channels; ++c) {
    if (magnitude[c] * reach > INT32_MAX)
      return llvm::createStringError(llvm::formatv(
          "needs accumulators of at most 32 bits; channel {0} can reach {1} "
          "(use fewer bits for its weights or activations)",
          c, magnitude[c] * reach));
    scale[c] = coding.scale * std::fabs(scale[c]);
  }
  bool uniform = llvm::all_of(scale, [&](float s) { return s == scale[0]; });
  if (uniform) {
    scale.resize(1);
    weightScale.resize(1);
  }
  MLIRContext *context = op->getContext();
  std::string name = weight.name.empty()
                         ? onnx::getNodeName(op->getLoc()).str() + ".weight"
                         : weight.name;
  IntegerWeight result;
  result.values = makeNarrowWeight(context, name, w);
  result.scale = onnx::makeConstantAttr(
      context, name + ".rescale",
      rt::Tensor::fromVector({int64_t(scale.size())}, scale),
      Float32Type::get(context));
  result.weightScale = onnx::makeConstantAttr(
      context, name + ".scale",
      rt::Tensor::fromVector({int64_t(weightScale.size())}, weightScale),
      Float32Type::get(context));
  return result;
}

/// Keeps what spike-correct-bias wants to know of the float product.
void keepStatistics(Operation *from, Value acc) {
  Operation *product = acc.getDefiningOp();
  copyFact(facts(from).getMeanAttrHelper(), from, product);
  copyFact(facts(from).getDeviationAttrHelper(), from, product);
}

/// The same, and the scales of the weights, for reports.
void annotate(Operation *from, Value acc, TypedAttr weightScale) {
  Operation *product = acc.getDefiningOp();
  facts(product).getWeightScaleAttrHelper().setAttr(product, weightScale);
  keepStatistics(from, acc);
}

/// Data movement below a dequantiser moves above it.
struct SinkDequantize : OpRewritePattern<DequantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(DequantizeOp op,
                                PatternRewriter &rewriter) const override {
    for (Operation *user : op.getResult().getUsers()) {
      if (!isa<onnx::ReshapeOp, onnx::TransposeOp>(user))
        continue;
      rewriter.setInsertionPoint(user);
      Type element = tensorType(op.getX()).getElementType();
      IRMapping mapping;
      mapping.map(op.getResult(), op.getX());
      Operation *moved = rewriter.clone(*user, mapping);
      moved->getResult(0).setType(
          tensorType(user->getResult(0)).clone(element));
      rewriter.replaceOpWithNewOp<DequantizeOp>(
          user, user->getResult(0).getType(), moved->getResult(0),
          op.getUnitAttr());
      return success();
    }
    return failure();
  }
};

/// matmul(dequantize(q), weight) and gemm to spike.linear.
template <typename Product> struct LinearPattern : CheckedPattern<Product> {
  using CheckedPattern<Product>::CheckedPattern;
  LogicalResult matchAndRewrite(Product op,
                                PatternRewriter &rewriter) const override {
    auto dequantize = op.getA().template getDefiningOp<DequantizeOp>();
    ArrayRef<int64_t> shape = tensorType(op.getB()).getShape();
    // One matrix, perhaps with axes of size 1 before it.
    if (!dequantize || !isStaticWeight(op.getB()) || shape.size() < 2 ||
        shape.size() > size_t(tensorType(op.getA()).getRank()) ||
        llvm::any_of(shape.drop_back(2), [](int64_t d) { return d != 1; }))
      return failure();
    bool transposed = false;
    Value bias;
    if constexpr (std::is_same_v<Product, onnx::GemmOp>) {
      if (op.getTransA() || op.getAlpha() != 1.0 ||
          (op.getC() && op.getBeta() != 1.0))
        return failure();
      transposed = op.getTransB();
      bias = op.getC();
    }
    std::optional<StaticWeight> weight =
        this->errors.take(op, readStaticWeight(op.getB(), op.getLoc()));
    if (!weight || !weight->quantised)
      return rewriter.notifyMatchFailure(op, "its weight is not quantised");
    weight->values = weight->values.reshaped(
        {shape[shape.size() - 2], shape[shape.size() - 1]});
    weight->axis -= int64_t(shape.size()) - 2;
    if (transposed) {
      rt::Tensor moved;
      rt::transpose(weight->values, moved, {1, 0});
      weight->values = moved;
      weight->axis = 1 - weight->axis;
    }
    auto type = tensorType(op->getResult(0));
    if (isPhaseCoded(dequantize.getX())) {
      Value y = makePhaseLinear(rewriter, op, dequantize.getX(), *weight);
      if (bias)
        y = onnx::AddOp::create(rewriter, op.getLoc(), type, y, bias);
      rewriter.replaceOp(op, y);
      return success();
    }
    rt::Coding coding = dequantize.getNumberCoding();
    std::optional<IntegerWeight> integers = this->errors.take(
        op, makeIntegerWeight(op, std::move(*weight), coding, 1));
    if (!integers)
      return rewriter.notifyMatchFailure(op, "its accumulators are too wide");
    Value acc = LinearOp::create(
        rewriter, op.getLoc(), type.clone(rewriter.getI32Type()),
        dequantize.getX(), integers->values, TypedAttr());
    annotate(op, acc, integers->weightScale);
    Value y =
        RescaleOp::create(rewriter, op.getLoc(), type, acc, integers->scale,
                          TypedAttr(), rewriter.getI64IntegerAttr(-1));
    if (bias)
      y = onnx::AddOp::create(rewriter, op.getLoc(), type, y, bias);
    rewriter.replaceOp(op, y);
    return success();
  }
};

struct ConvPattern : CheckedPattern<onnx::ConvOp> {
  using CheckedPattern::CheckedPattern;
  LogicalResult matchAndRewrite(onnx::ConvOp op,
                                PatternRewriter &rewriter) const override {
    auto dequantize = op.getX().getDefiningOp<DequantizeOp>();
    if (!dequantize || !isStaticWeight(op.getW()))
      return failure();
    TypedAttr bias;
    if (op.getBias()) {
      bias = onnx::getConstantAttr(op.getBias());
      if (!bias)
        return failure();
    }
    std::optional<StaticWeight> weight =
        errors.take(op, readStaticWeight(op.getW(), op.getLoc()));
    if (!weight || !weight->quantised)
      return rewriter.notifyMatchFailure(op, "its weight is not quantised");
    if (isPhaseCoded(dequantize.getX())) {
      std::optional<rt::Tensor> values;
      if (bias &&
          !(values = errors.take(op, onnx::readConstant(bias, op.getLoc()))))
        return rewriter.notifyMatchFailure(op, "its bias cannot be read");
      rewriter.replaceOp(op,
                         makePhaseConv(rewriter, op, dequantize.getX(), *weight,
                                       values ? &*values : nullptr));
      return success();
    }
    rt::Coding coding = dequantize.getNumberCoding();
    std::optional<IntegerWeight> integers =
        errors.take(op, makeIntegerWeight(op, std::move(*weight), coding, 0));
    if (!integers)
      return rewriter.notifyMatchFailure(op, "its accumulators are too wide");
    auto type = tensorType(op->getResult(0));
    Value acc =
        ConvOp::create(rewriter, op.getLoc(), type.clone(rewriter.getI32Type()),
                       dequantize.getX(), integers->values, TypedAttr(),
                       rewriter.getDenseI64ArrayAttr(op.getStrides()),
                       rewriter.getDenseI64ArrayAttr(op.getPads()),
                       rewriter.getDenseI64ArrayAttr(op.getDilations()),
                       rewriter.getI64IntegerAttr(op.getGroup()));
    annotate(op, acc, integers->weightScale);
    rewriter.replaceOpWithNewOp<RescaleOp>(op, type, acc, integers->scale, bias,
                                           rewriter.getI64IntegerAttr(1));
    return success();
  }
};

/// The product of two dequantised operands: attention's.
struct DynamicPattern : CheckedPattern<onnx::MatMulOp> {
  using CheckedPattern::CheckedPattern;
  LogicalResult matchAndRewrite(onnx::MatMulOp op,
                                PatternRewriter &rewriter) const override {
    if (Value product = makePhaseProduct(rewriter, op)) {
      rewriter.replaceOp(op, product);
      return success();
    }
    auto lhs = op.getA().getDefiningOp<DequantizeOp>();
    auto rhs = op.getB().getDefiningOp<DequantizeOp>();
    if (!lhs || !rhs || isPhaseCoded(lhs.getX()) || isPhaseCoded(rhs.getX()))
      return failure();
    // Products of two binary trains are an attention of their own kind.
    if (isStepTrain(rhs.getX().getType()))
      return failure();
    auto a = tensorType(op.getA()), b = tensorType(op.getB());
    if (a.getRank() != b.getRank() || a.getRank() < 2 ||
        a.getShape().drop_back(2) != b.getShape().drop_back(2))
      return failure();
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
    rt::Coding left = lhs.getNumberCoding();
    rt::Coding right = *getCoding(resident.getType());
    int64_t inner = a.getShape().back();
    int64_t reach =
        largestNumber(left) * std::max<int64_t>(largestNumber(right), 1);
    if (inner * reach > INT32_MAX)
      return errors.fail(rewriter, op,
                         "needs accumulators of at most 32 bits, can reach " +
                             Twine(inner * reach));
    auto type = tensorType(op.getResult());
    Value acc = spike::MatMulOp::create(
        rewriter, op.getLoc(), type.clone(rewriter.getI32Type()), lhs.getX(),
        resident, Value(), transposed ? rewriter.getUnitAttr() : UnitAttr(),
        StringAttr());
    keepStatistics(op, acc);
    float product = left.scale * right.scale;
    auto scale = DenseElementsAttr::get(
        RankedTensorType::get({1}, rewriter.getF32Type()), product);
    rewriter.replaceOpWithNewOp<RescaleOp>(op, type, acc, scale, TypedAttr(),
                                           rewriter.getI64IntegerAttr(-1));
    return success();
  }
};

} // namespace

void snn::populateSinkPatterns(RewritePatternSet &patterns,
                               onnx::RewriteErrors &) {
  patterns.add<SinkDequantize>(patterns.getContext());
}

void snn::populateProductPatterns(RewritePatternSet &patterns,
                                  onnx::RewriteErrors &errors) {
  patterns.add<SinkDequantize>(patterns.getContext());
  patterns.add<LinearPattern<onnx::MatMulOp>, LinearPattern<onnx::GemmOp>,
               ConvPattern, DynamicPattern>(patterns.getContext(), errors);
}
