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
#include "snn/Dialect/Spike/WeightScales.h"

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
    // Two blocks of channels are a cache line where channels are neighbours.
    constexpr int64_t taskChannels = 2 * channelLanes;
    auto quantiseTask = [&](size_t task) {
      int64_t first = int64_t(task) * taskChannels;
      int64_t count = std::min(taskChannels, channels - first);
      // Lanes beyond the channels hold zeros.
      std::vector<float> blocks(perChannel * taskChannels, 0.0f);
      std::vector<int8_t> quantised(perChannel * taskChannels);
      // The place of element n of a channel in the tensor, and in the blocks.
      auto forEach = [&](auto visit) {
        for (int64_t n = 0; n < perChannel; ++n) {
          int64_t at = (n / inner * channels + first) * inner + n % inner;
          for (int64_t c = 0; c < count; ++c)
            visit(at + c * inner,
                  (c / channelLanes * perChannel + n) * channelLanes +
                      c % channelLanes);
        }
      };
      bool finite = true;
      forEach([&](int64_t at, int64_t place) {
        blocks[place] = source[at];
        finite &= std::isfinite(source[at]);
      });
      if (!finite) {
        isFinite = false;
        return;
      }
      for (int64_t block = 0; block * channelLanes < count; ++block) {
        int64_t size = perChannel * channelLanes;
        float found[channelLanes];
        quantizeChannels(ArrayRef(blocks).slice(block * size, size), weightBits,
                         MutableArrayRef(quantised).slice(block * size, size),
                         found);
        int64_t channel = first + block * channelLanes;
        std::copy_n(found, std::min(channelLanes, channels - channel),
                    scales.data<float>() + channel);
      }
      forEach([&](int64_t at, int64_t place) {
        integers.data<int8_t>()[at] = quantised[place];
      });
    };
    mlir::parallelFor(op->getContext(), 0,
                      llvm::divideCeil(channels, taskChannels), quantiseTask);
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
                         isStepSpikes(op->getOperand(0));
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
        level = LevelType::get(
            b.getContext(), *site.getBits(), *site.getZero(), *site.getZero(),
            0, F64(site.getScale()->convertToDouble()), site.getTableAttr());
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
