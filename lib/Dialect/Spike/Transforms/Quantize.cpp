//===- Quantize.cpp - Quantise calibrated sites and static weights --------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Threading.h"
#include "snn/Dialect/Spike/Passes.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Dialect/Spike/Spike.h"
#include "snn/Dialect/Spike/StaticWeight.h"

#include <atomic>
#include <cmath>

namespace snn::spike {
#define GEN_PASS_DEF_SPIKEQUANTIZE
#include "snn/Dialect/Spike/Passes.h.inc"
} // namespace snn::spike

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

/// Integers and one scale for one output channel's weights.
float quantizeChannel(ArrayRef<float> weights, unsigned bits,
                      MutableArrayRef<int8_t> integers) {
  if (bits == 1) { // sign(w - mean w) * mean |w| (Otters)
    double mean = 0, magnitude = 0;
    for (float w : weights)
      mean += w;
    mean /= double(weights.size());
    for (float w : weights)
      magnitude += std::fabs(w);
    for (auto [integer, w] : llvm::zip(integers, weights))
      integer = w > mean ? 1 : (w < mean ? -1 : 0);
    float scale = float(magnitude / double(weights.size()));
    return scale > 0 ? scale : 1.0f;
  }
  float bound = float((1 << (bits - 1)) - 1);
  float largest = 0;
  for (float w : weights)
    largest = std::max(largest, std::fabs(w));
  if (!(largest > 0)) {
    llvm::fill(integers, int8_t(0));
    return 1.0f;
  }
  auto level = [&](float w, float scale) {
    return std::min(bound, std::max(-bound, std::nearbyint(w / scale)));
  };
  float best = largest / bound;
  double bestError = std::numeric_limits<double>::infinity();
  constexpr int steps = 64;
  // From the largest step down, as the best one is near it; the smallest of
  // equally good steps. A sum that exceeds the best is not finished.
  for (int i = steps; i >= steps / 4; --i) {
    float scale = largest / bound * float(i) / steps;
    double error = 0;
    for (size_t n = 0; n < weights.size() && error <= bestError; ++n) {
      double difference =
          double(weights[n]) - double(level(weights[n], scale)) * scale;
      error += difference * difference;
    }
    if (error <= bestError) {
      bestError = error;
      best = scale;
    }
  }
  for (auto [integer, w] : llvm::zip(integers, weights))
    integer = int8_t(level(w, best));
  return best;
}

struct Quantize : spike::impl::SpikeQuantizeBase<Quantize> {
  using SpikeQuantizeBase::SpikeQuantizeBase;

  /// Replaces a float weight operand by integers and their dequantisation;
  /// `axis` is the output channel's.
  LogicalResult quantizeWeight(Operation *op, OpOperand &operand,
                               int64_t axis) {
    llvm::Expected<StaticWeight> weight =
        readStaticWeight(operand.get(), op->getLoc());
    if (!weight)
      return op->emitOpError(llvm::toString(weight.takeError()));
    if (weight->quantised)
      return success();
    const rt::Tensor &values = weight->values;
    if (values.dtype() != rt::DType::F32)
      return op->emitOpError("needs float32 weights, has ")
             << rt::name(values.dtype());
    int64_t channels = values.dim(axis), inner = 1;
    for (int64_t a = axis + 1; a < values.rank(); ++a)
      inner *= values.dim(a);
    int64_t perChannel = values.size() / channels;
    rt::Tensor integers(rt::DType::I8, values.shape());
    rt::Tensor scales(rt::DType::F32, {channels});
    const float *source = values.data<float>();
    std::atomic<bool> isFinite = true;
    mlir::parallelFor(op->getContext(), 0, channels, [&](size_t channel) {
      auto c = int64_t(channel);
      std::vector<float> column(perChannel);
      std::vector<int8_t> quantised(perChannel);
      auto index = [&](int64_t n) {
        return (n / inner * channels + c) * inner + n % inner;
      };
      for (int64_t n = 0; n < perChannel; ++n) {
        column[n] = source[index(n)];
        if (!std::isfinite(column[n])) {
          isFinite = false;
          return;
        }
      }
      scales.data<float>()[c] = quantizeChannel(column, weightBits, quantised);
      for (int64_t n = 0; n < perChannel; ++n)
        integers.data<int8_t>()[index(n)] = quantised[n];
    });
    if (!isFinite)
      return op->emitOpError("has weights that are not finite");
    OpBuilder b(op);
    Location loc = operand.get().getLoc();
    TypedAttr integerAttr = onnx::makeConstantAttr(
        b.getContext(), weight->name + ".q", integers, b.getI8Type());
    TypedAttr scaleAttr = onnx::makeConstantAttr(
        b.getContext(), weight->name + ".scale", scales, b.getF32Type());
    Value q =
        onnx::ConstantOp::create(b, loc, integerAttr.getType(), integerAttr);
    Value s = onnx::ConstantOp::create(b, loc, scaleAttr.getType(), scaleAttr);
    operand.set(onnx::DequantizeLinearOp::create(
        b, loc, operand.get().getType(), q, s, Value(), axis));
    return success();
  }

  void runOnOperation() override {
    if (weightBits != 8 && weightBits != 4 && weightBits != 2 &&
        weightBits != 1) {
      getOperation().emitError("needs weights of 8, 4, 2 or 1 bits, has ")
          << int64_t(weightBits);
      return signalPassFailure();
    }
    SmallVector<SiteOp> sites;
    SmallVector<Operation *> products;
    getOperation().walk([&](Operation *op) {
      if (auto site = dyn_cast<SiteOp>(op))
        sites.push_back(site);
      if (isa<onnx::MatMulOp, onnx::GemmOp, onnx::ConvOp>(op))
        products.push_back(op);
    });
    for (Operation *op : products) {
      bool isQuantised = op->getOperand(0).getDefiningOp<SiteOp>() ||
                         isBinarySpikes(op->getOperand(0));
      if (!isQuantised || !isStaticWeight(op->getOperand(1)))
        continue;
      int64_t axis =
          cast<RankedTensorType>(op->getOperand(1).getType()).getRank() - 1;
      if (isa<onnx::ConvOp>(op))
        axis = 0;
      else if (auto gemm = dyn_cast<onnx::GemmOp>(op))
        axis = gemm.getTransB() ? 0 : 1;
      if (failed(quantizeWeight(op, op->getOpOperand(1), axis)))
        return signalPassFailure();
    }
    for (SiteOp site : sites) {
      if (!site.getScale() && !site.getCoding()) {
        site.emitOpError("is not calibrated; run spike-calibrate first");
        return signalPassFailure();
      }
      OpBuilder b(site);
      Type level;
      if (site.getCoding())
        level = *site.getCoding();
      else
        level = LevelType::get(b.getContext(), *site.getBits(), *site.getZero(),
                               *site.getZero(), 0,
                               F64(site.getScale()->convertToDouble()));
      auto type = cast<RankedTensorType>(site.getX().getType());
      Value q = QuantizeOp::create(
          b, site.getLoc(), type.clone(level), site.getX(), site.getValid(),
          site.getSiteAttr(), site.getKindAttr(), site.getTokenAxesAttr());
      Value x = DequantizeOp::create(b, site.getLoc(), type, q);
      site.getResult().replaceAllUsesWith(x);
      site.erase();
    }
  }
};

} // namespace
