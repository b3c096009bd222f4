//===- CorrectBias.cpp - Undo what quantisation does to means and spreads -===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelStatistics.h"
#include "snn/Calibration/Passes.h"
#include "snn/Dialect/Spike/Facts.h"
#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>

namespace snn::calibration {
#define GEN_PASS_DEF_SPIKECORRECTBIAS
#include "snn/Calibration/Passes.h.inc"
} // namespace snn::calibration

using namespace mlir;
using namespace snn;
using namespace snn::calibration;
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

struct CorrectBias : calibration::impl::SpikeCorrectBiasBase<CorrectBias> {
  using SpikeCorrectBiasBase::SpikeCorrectBiasBase;

  DenseMap<Operation *, SampleTensors> validity; // by site

  /// What a channel's step is to be multiplied by. Bounded: beyond a factor of
  /// two there is hardly a signal left to scale.
  static double gain(double wanted, double deviation) {
    if (!(wanted > 0) || !(deviation > 0))
      return 1;
    return std::clamp(wanted / deviation, 0.5, 2.0);
  }

  /// The tokens that the site behind `operand` keeps; null if it keeps all.
  const SampleTensors *findValidity(Value operand) {
    Operation *site = getProducingSite(operand);
    auto it = site ? validity.find(site) : validity.end();
    return it == validity.end() ? nullptr : &it->second;
  }

  template <typename Op>
  void setScale(Op op, Operation *product, ArrayRef<double> values) {
    std::vector<float> scale(values.begin(), values.end());
    op.setScaleAttr(onnx::makeConstantAttr(
        &getContext(),
        onnx::getNodeName(product->getLoc()).str() + ".corrected",
        rt::Tensor::fromVector({int64_t(scale.size())}, scale),
        Float32Type::get(&getContext())));
  }

  /// The values of `attribute`, `size` of them.
  static FailureOr<std::vector<double>> expand(TypedAttr attribute, size_t size,
                                               Location loc) {
    FailureOr<rt::Tensor> tensor = onnx::resolveConstant(attribute, loc);
    if (failed(tensor))
      return failure();
    std::vector<double> values(size);
    for (size_t i = 0; i < size; ++i)
      values[i] = tensor->data<float>()[tensor->size() == 1 ? 0 : i];
    return values;
  }

  /// Probabilities that fall silent take a share of every head's result.
  template <typename Op>
  LogicalResult correctHeads(Op op, MatMulOp product,
                             const SampleTensors &acc) {
    TypedAttr reference =
        facts(product).getDeviationAttrHelper().getAttr(product);
    if (!reference || !correctScale)
      return success();
    std::vector<double> has =
        headDeviation(acc, findValidity(product.getLhs()));
    FailureOr<std::vector<double>> wanted =
        expand(reference, has.size(), op.getLoc());
    FailureOr<std::vector<double>> scale =
        expand(op.getScale(), 1, op.getLoc());
    if (failed(wanted) || failed(scale))
      return failure();
    double step = scale->front();
    scale->resize(has.size(), step);
    for (size_t h = 0; h < has.size(); ++h)
      (*scale)[h] *= gain((*wanted)[h], has[h] * step);
    setScale(op, product, *scale);
    if (has.size() > 1)
      op.setAxis(cast<RankedTensorType>(op.getX().getType()).getRank() - 3);
    return success();
  }

  template <typename Op>
  LogicalResult correct(Op op, const SampleTensors &acc) {
    if (auto product = op.getX().template getDefiningOp<MatMulOp>())
      return correctHeads(op, product, acc);
    Source source = findSource(op.getX(), op.getAxis());
    if (!source.product)
      return success();
    auto reference =
        facts(source.product).getMeanAttrHelper().getAttr(source.product);
    if (!reference)
      return success();
    ChannelStatistics has = channelStatistics(
        acc, findValidity(source.product->getOperand(0)), op.getAxis());
    size_t channels = has.mean.size();
    FailureOr<rt::Tensor> wanted =
        onnx::resolveConstant(reference, op.getLoc());
    FailureOr<std::vector<double>> scale =
        expand(op.getScale(), channels, op.getLoc());
    if (failed(wanted) || failed(scale))
      return failure();
    auto spread =
        facts(source.product).getDeviationAttrHelper().getAttr(source.product);
    if (spread && correctScale) {
      FailureOr<rt::Tensor> deviation =
          onnx::resolveConstant(spread, op.getLoc());
      if (failed(deviation))
        return failure();
      for (size_t c = 0; c < channels; ++c)
        (*scale)[c] = float(
            (*scale)[c] *
            gain(deviation->template data<float>()[source.first + int64_t(c)],
                 has.deviation[c] * (*scale)[c]));
      setScale(op, source.product, *scale);
    }
    std::vector<double> bias(channels, 0.0);
    if (op.getBias()) {
      FailureOr<std::vector<double>> old =
          expand(*op.getBias(), channels, op.getLoc());
      if (failed(old))
        return failure();
      bias = *old;
    }
    std::vector<float> corrected;
    for (size_t c = 0; c < channels; ++c)
      corrected.push_back(float(
          bias[c] +
          float(wanted->template data<float>()[source.first + int64_t(c)] -
                has.mean[c] * (*scale)[c])));
    op.setBiasAttr(onnx::makeConstantAttr(
        &getContext(),
        onnx::getNodeName(source.product->getLoc()).str() + ".bias",
        rt::Tensor::fromVector({int64_t(channels)}, corrected),
        Float32Type::get(&getContext())));
    return success();
  }

  /// The same for a product of phase codes, which adds its bias itself.
  template <typename Op>
  LogicalResult correctPhase(Op op, const SampleTensors &x, int64_t axis) {
    TypedAttr reference = facts(op).getMeanAttrHelper().getAttr(op);
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
    std::vector<double> mean =
        channelStatistics(y, findValidity(op.getX()), axis).mean;
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
    getOperation().walk([&](Operation *op) {
      any |= facts(op).getMeanAttrHelper().isAttrPresent(op) ||
             facts(op).getDeviationAttrHelper().isAttrPresent(op);
    });
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
    interpreter.setFast(true);
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
    getOperation().walk([&](Operation *op) {
      dropFact(facts(op).getMeanAttrHelper(), op);
      dropFact(facts(op).getDeviationAttrHelper(), op);
    });
  }
};

} // namespace
