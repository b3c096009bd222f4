//===- FoldBatchNorm.cpp - Fold batch normalisations into products --------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"
#include "mlir/IR/Builders.h"
#include "snn/Dialect/Onnx/Passes.h"
#include "snn/Dialect/Onnx/RewriteErrors.h"

#include <cmath>

using namespace mlir;
using namespace snn::onnx;
namespace rt = snn::rt;

namespace snn::onnx {
#define GEN_PASS_DEF_ONNXFOLDBATCHNORM
#include "snn/Dialect/Onnx/Passes.h.inc"
} // namespace snn::onnx

namespace {

/// y = x * factor + offset for each channel.
struct Affine {
  std::vector<double> factor, offset;
};

/// A constant operand's floats and the name to keep for what replaces it.
struct Constant {
  rt::Tensor tensor;
  std::string name;
};

/// Nothing when `value` is no constant of f32 elements; an error when the
/// constant cannot be read.
llvm::Expected<std::optional<Constant>> read(Value value) {
  TypedAttr attribute = getConstantAttr(value);
  if (!attribute || !getTensorType(value).getElementType().isF32())
    return std::optional<Constant>();
  llvm::Expected<rt::Tensor> tensor = readConstant(attribute, value.getLoc());
  if (!tensor)
    return tensor.takeError();
  std::string name = "weight";
  if (auto param = dyn_cast<ParamAttr>(attribute))
    name = param.getKey().str();
  else if (StringRef node = getNodeName(value.getLoc()); !node.empty())
    name = node.str();
  return std::optional<Constant>(Constant{std::move(*tensor), name});
}

Value makeConstant(PatternRewriter &rewriter, Location location, StringRef name,
                   const rt::Tensor &tensor) {
  TypedAttr value = makeConstantAttr(rewriter.getContext(), name, tensor,
                                     rewriter.getF32Type());
  return ConstantOp::create(rewriter, location, value.getType(), value);
}

/// `tensor` with every element multiplied by the factor of its index on `axis`.
rt::Tensor scaled(const rt::Tensor &tensor, const std::vector<double> &factor,
                  int64_t axis) {
  rt::Tensor result(tensor.dtype(), tensor.shape());
  int64_t inner = 1, channels = tensor.dim(axis);
  for (int64_t i = axis + 1; i < tensor.rank(); ++i)
    inner *= tensor.dim(i);
  const float *in = tensor.data<float>();
  float *out = result.data<float>();
  for (int64_t i = 0, n = tensor.size(); i < n; ++i)
    out[i] = static_cast<float>(in[i] * factor[i / inner % channels]);
  return result;
}

/// bias * beta * factor + offset; a bias of one element stands for all
/// channels.
rt::Tensor foldBias(const std::optional<Constant> &bias, double beta,
                    const Affine &affine) {
  int64_t channels = affine.factor.size();
  rt::Tensor result(rt::DType::F32, {channels});
  const float *in = bias ? bias->tensor.data<float>() : nullptr;
  float *out = result.data<float>();
  for (int64_t i = 0; i < channels; ++i) {
    double b = in ? beta * in[bias->tensor.size() == 1 ? 0 : i] : 0;
    out[i] = static_cast<float>(b * affine.factor[i] + affine.offset[i]);
  }
  return result;
}

struct FoldPattern : OpRewritePattern<BatchNormalizationOp> {
  FoldPattern(MLIRContext *context, RewriteErrors &errors)
      : OpRewritePattern(context), errors(errors) {}

  LogicalResult matchAndRewrite(BatchNormalizationOp op,
                                PatternRewriter &rewriter) const final {
    Value x = op.getX();
    if (!errors.empty() || !x.hasOneUse())
      return rewriter.notifyMatchFailure(op, "its operand has another use");
    std::optional<Affine> affine = readAffine(op);
    if (!affine)
      return rewriter.notifyMatchFailure(op, "a parameter is no constant");
    if (auto conv = x.getDefiningOp<ConvOp>())
      return foldConv(op, conv, *affine, rewriter);
    if (auto gemm = x.getDefiningOp<GemmOp>())
      return foldGemm(op, gemm, *affine, rewriter);
    // Of a linear the channel is the last axis, perhaps moved to the front.
    auto transpose = x.getDefiningOp<TransposeOp>();
    int64_t channel = 1;
    if (transpose) {
      channel = transpose.getPermutation()[1];
      x = transpose.getX();
      if (!x.hasOneUse())
        return rewriter.notifyMatchFailure(op, "its operand has another use");
    }
    if (channel != getTensorType(x).getRank() - 1)
      return rewriter.notifyMatchFailure(op, "is not over a linear's outputs");
    return foldMatMul(op, x, transpose, *affine, rewriter);
  }

private:
  /// Reads a constant for `op`; what is wrong with it is noted.
  std::optional<Constant> readOrFail(Operation *op, Value value) const {
    std::optional<std::optional<Constant>> constant =
        errors.takeNamed(op, read(value));
    return constant ? *constant : std::nullopt;
  }

  std::optional<Affine> readAffine(BatchNormalizationOp op) const {
    const Value values[] = {op.getScale(), op.getBias(), op.getMean(),
                            op.getVariance()};
    std::optional<Constant> parts[4];
    for (auto [part, value] : llvm::zip(parts, values)) {
      part = readOrFail(op, value);
      if (!part)
        return std::nullopt;
    }
    const float *scale = parts[0]->tensor.data<float>();
    const float *bias = parts[1]->tensor.data<float>();
    const float *mean = parts[2]->tensor.data<float>();
    const float *variance = parts[3]->tensor.data<float>();
    Affine affine;
    for (int64_t i = 0, n = parts[0]->tensor.size(); i < n; ++i) {
      double factor = scale[i] / std::sqrt(variance[i] + op.getEpsilon());
      affine.factor.push_back(factor);
      affine.offset.push_back(bias[i] - mean[i] * factor);
    }
    return affine;
  }

  LogicalResult foldConv(BatchNormalizationOp op, ConvOp conv,
                         const Affine &affine,
                         PatternRewriter &rewriter) const {
    std::optional<Constant> weight = readOrFail(op, conv.getW()), bias;
    if (!weight || (conv.getBias() && !(bias = readOrFail(op, conv.getBias()))))
      return rewriter.notifyMatchFailure(op, "the weight is no constant");
    Value w = makeConstant(rewriter, conv.getW().getLoc(), weight->name,
                           scaled(weight->tensor, affine.factor, 0));
    Value b = makeConstant(rewriter, op.getLoc(),
                           bias ? bias->name : weight->name + ".bias",
                           foldBias(bias, 1, affine));
    rewriter.replaceOpWithNewOp<ConvOp>(op, op.getType(), conv.getX(), w, b,
                                        conv.getStrides(), conv.getPads(),
                                        conv.getDilations(), conv.getGroup());
    return success();
  }

  LogicalResult foldGemm(BatchNormalizationOp op, GemmOp gemm,
                         const Affine &affine,
                         PatternRewriter &rewriter) const {
    std::optional<Constant> weight = readOrFail(op, gemm.getB()), bias;
    if (!weight || (gemm.getC() && !(bias = readOrFail(op, gemm.getC()))))
      return rewriter.notifyMatchFailure(op, "the weight is no constant");
    const int64_t channels = affine.factor.size();
    if (bias && bias->tensor.size() != 1 &&
        (bias->tensor.size() != channels || bias->tensor.dim(-1) != channels))
      return rewriter.notifyMatchFailure(op, "the bias differs between rows");
    Value b = makeConstant(
        rewriter, gemm.getB().getLoc(), weight->name,
        scaled(weight->tensor, affine.factor, gemm.getTransB() ? 0 : 1));
    Value c = makeConstant(rewriter, op.getLoc(),
                           bias ? bias->name : weight->name + ".bias",
                           foldBias(bias, gemm.getBeta(), affine));
    rewriter.replaceOpWithNewOp<GemmOp>(op, op.getType(), gemm.getA(), b, c,
                                        gemm.getAlpha(), 1.0, gemm.getTransA(),
                                        gemm.getTransB());
    return success();
  }

  /// `x` is a product, or a product plus a constant bias.
  LogicalResult foldMatMul(BatchNormalizationOp op, Value x,
                           TransposeOp transpose, const Affine &affine,
                           PatternRewriter &rewriter) const {
    const int64_t channels = affine.factor.size();
    std::optional<Constant> bias;
    RankedTensorType type = getTensorType(x);
    if (auto add = x.getDefiningOp<AddOp>()) {
      for (auto [product, addend] : {std::pair(add.getA(), add.getB()),
                                     std::pair(add.getB(), add.getA())}) {
        if (!product.getDefiningOp<MatMulOp>() || !product.hasOneUse() ||
            product.getType() != type)
          continue;
        bias = readOrFail(op, addend);
        x = product;
        break;
      }
      if (!bias ||
          (bias->tensor.size() != 1 && (bias->tensor.size() != channels ||
                                        bias->tensor.dim(-1) != channels)))
        return rewriter.notifyMatchFailure(op, "the bias is not a channel's");
    }
    auto matmul = x.getDefiningOp<MatMulOp>();
    if (!matmul || getTensorType(matmul.getB()).getRank() != 2)
      return rewriter.notifyMatchFailure(op, "operand is no linear");
    std::optional<Constant> weight = readOrFail(op, matmul.getB());
    if (!weight)
      return rewriter.notifyMatchFailure(op, "the weight is no constant");
    Value b = makeConstant(rewriter, matmul.getB().getLoc(), weight->name,
                           scaled(weight->tensor, affine.factor, 1));
    Value c = makeConstant(rewriter, op.getLoc(),
                           bias ? bias->name : weight->name + ".bias",
                           foldBias(bias, 1, affine));
    Value product =
        MatMulOp::create(rewriter, matmul.getLoc(), type, matmul.getA(), b);
    Value sum = AddOp::create(rewriter, op.getLoc(), type, product, c);
    if (transpose)
      rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getType(), sum,
                                               transpose.getPermutation());
    else
      rewriter.replaceOp(op, sum);
    return success();
  }

  RewriteErrors &errors;
};

struct FoldBatchNorm : snn::onnx::impl::OnnxFoldBatchNormBase<FoldBatchNorm> {
  void runOnOperation() override {
    RewriteErrors errors;
    RewritePatternSet patterns(&getContext());
    patterns.add<FoldPattern>(&getContext(), errors);
    LogicalResult applied =
        applyRecognition(getOperation(), std::move(patterns));
    if (failed(errors.report()) || failed(applied))
      signalPassFailure();
  }
};

} // namespace
