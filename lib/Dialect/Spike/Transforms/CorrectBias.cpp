//===- CorrectBias.cpp - Undo the mean shift of quantisation --------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelMean.h"
#include "snn/Dialect/Spike/Passes.h"
#include "llvm/ADT/TypeSwitch.h"

namespace snn::spike {
#define GEN_PASS_DEF_SPIKECORRECTBIAS
#include "snn/Dialect/Spike/Passes.h.inc"
} // namespace snn::spike

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

/// The integer product behind an accumulator, and which of its channels the
/// accumulator holds.
struct Source {
  Operation *product = nullptr;
  int64_t first = 0;
};

Source findSource(Value acc, int64_t axis) {
  Operation *op = acc.getDefiningOp();
  int64_t rank = cast<RankedTensorType>(acc.getType()).getRank();
  axis = axis < 0 ? axis + rank : axis;
  if (auto slice = dyn_cast_or_null<onnx::SliceOp>(op)) {
    int64_t sliced = slice.getAxes()[0];
    if (slice.getAxes().size() != 1 ||
        (sliced < 0 ? sliced + rank : sliced) != axis)
      return {};
    int64_t size =
        cast<RankedTensorType>(slice.getX().getType()).getDimSize(axis);
    int64_t start = slice.getStarts()[0];
    Source source = findSource(slice.getX(), axis);
    source.first += start < 0 ? start + size : start;
    return source;
  }
  if (auto split = dyn_cast_or_null<onnx::SplitOp>(op)) {
    Source source = findSource(split.getX(), axis);
    for (Value result : split.getResults()) {
      if (result == acc)
        return source;
      source.first += cast<RankedTensorType>(result.getType()).getDimSize(axis);
    }
  }
  if (isa_and_nonnull<LinearOp, ConvOp>(op))
    return {op, 0};
  return {};
}

struct CorrectBias : spike::impl::SpikeCorrectBiasBase<CorrectBias> {
  using SpikeCorrectBiasBase::SpikeCorrectBiasBase;

  DenseMap<Operation *, SampleTensors> validity; // by site

  template <typename Op>
  LogicalResult correct(Op op, const SampleTensors &acc) {
    Source source = findSource(op.getX(), op.getAxis());
    if (!source.product)
      return success();
    auto reference =
        source.product->template getAttrOfType<TypedAttr>(channelMeanAttrName);
    if (!reference)
      return success();
    FailureOr<rt::Tensor> wanted =
        onnx::resolveConstant(reference, op.getLoc());
    FailureOr<rt::Tensor> scale =
        onnx::resolveConstant(op.getScale(), op.getLoc());
    if (failed(wanted) || failed(scale))
      return failure();
    const SampleTensors *valid = nullptr;
    if (Operation *site = getProducingSite(source.product->getOperand(0)))
      if (auto it = validity.find(site); it != validity.end())
        valid = &it->second;
    std::vector<double> mean = channelMean(acc, valid, op.getAxis());
    std::vector<float> bias(mean.size(), 0.0f);
    if (op.getBias()) {
      FailureOr<rt::Tensor> old =
          onnx::resolveConstant(*op.getBias(), op.getLoc());
      if (failed(old))
        return failure();
      for (size_t c = 0; c < bias.size(); ++c)
        bias[c] = old->template data<float>()[old->size() == 1 ? 0 : c];
    }
    for (size_t c = 0; c < bias.size(); ++c) {
      double step = scale->template data<float>()[scale->size() == 1 ? 0 : c];
      bias[c] += float(
          double(wanted->template data<float>()[source.first + int64_t(c)]) -
          mean[c] * step);
    }
    op.setBiasAttr(onnx::makeConstantAttr(
        &getContext(),
        onnx::getNodeName(source.product->getLoc()).str() + ".bias",
        rt::Tensor::fromVector({int64_t(bias.size())}, bias),
        Float32Type::get(&getContext())));
    return success();
  }

  /// The same for a product of phase codes, which adds its bias itself.
  template <typename Op>
  LogicalResult correctPhase(Op op, const SampleTensors &x, int64_t axis) {
    auto reference = op->template getAttrOfType<TypedAttr>(channelMeanAttrName);
    if (!reference)
      return success();
    FailureOr<rt::Tensor> wanted =
        onnx::resolveConstant(reference, op.getLoc());
    if (failed(wanted))
      return failure();
    SampleTensors y;
    for (const rt::Tensor &tensor : x) {
      FailureOr<SmallVector<rt::Tensor>> result = executeOp(op, {tensor});
      if (failed(result))
        return failure();
      y.push_back((*result)[0]);
    }
    const SampleTensors *valid = nullptr;
    if (Operation *site = getProducingSite(op.getX()))
      if (auto it = validity.find(site); it != validity.end())
        valid = &it->second;
    std::vector<double> mean = channelMean(y, valid, axis);
    std::vector<float> bias(mean.size(), 0.0f);
    if (op.getBias()) {
      FailureOr<rt::Tensor> old =
          onnx::resolveConstant(*op.getBias(), op.getLoc());
      if (failed(old))
        return failure();
      bias = old->template toVector<float>();
    }
    for (size_t c = 0; c < bias.size(); ++c)
      bias[c] += float(double(wanted->template data<float>()[c]) -
                       (mean[c] - double(bias[c])));
    op.setBiasAttr(onnx::makeConstantAttr(
        &getContext(), onnx::getNodeName(op.getLoc()).str() + ".bias",
        rt::Tensor::fromVector({int64_t(bias.size())}, bias),
        Float32Type::get(&getContext())));
    return success();
  }

  void runOnOperation() override {
    bool any = false;
    getOperation().walk(
        [&](Operation *op) { any |= op->hasAttr(channelMeanAttrName); });
    if (!any || inputs.empty())
      return;
    func::FuncOp function = getEntryPoint(getOperation());
    if (!function)
      return signalPassFailure();
    FailureOr<std::vector<SampleTensors>> samples =
        loadSamples(function, inputs);
    if (failed(samples))
      return signalPassFailure();
    Interpreter interpreter(function);
    interpreter.setBefore([&](Operation *op,
                              ArrayRef<const SampleTensors *> operands) {
      if (std::optional<Site> site = getSite(op); site && site->valid)
        validity[op] = *operands[llvm::find(op->getOperands(), site->valid) -
                                 op->operand_begin()];
      return TypeSwitch<Operation *, LogicalResult>(op)
          .Case<RescaleOp, RequantizeOp>(
              [&](auto o) { return correct(o, *operands[0]); })
          .Case([&](PhaseLinearOp o) {
            return correctPhase(o, *operands[0], -1);
          })
          .Case([&](PhaseConvOp o) { return correctPhase(o, *operands[0], 1); })
          .Default([](Operation *) { return success(); });
    });
    if (failed(interpreter.run(*samples)))
      return signalPassFailure();
    getOperation().walk(
        [&](Operation *op) { op->removeAttr(channelMeanAttrName); });
  }
};

} // namespace
