//===- ChannelStatistics.cpp - Mean and deviation of products -------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelStatistics.h"
#include "snn/Dialect/Spike/Facts.h"
#include "snn/Dialect/Spike/StaticWeight.h"

#include <cmath>

using namespace mlir;
using namespace snn;
using namespace snn::calibration;
using namespace snn::spike;

namespace {

double valueAt(const rt::Tensor &t, int64_t n) {
  return t.dtype() == rt::DType::F32 ? double(t.data<float>()[n])
                                     : double(t.data<int32_t>()[n]);
}

/// Sums of values and squares of one channel.
struct Sums {
  double sum = 0, squares = 0, count = 0;

  void add(double value) {
    sum += value;
    squares += value * value;
    ++count;
  }
  double mean() const { return sum / std::max(count, 1.0); }
  double variance() const {
    // A spread over a handful of rows says more about the rows than about the
    // quantiser.
    constexpr double fewestRows = 16;
    if (count < fewestRows)
      return 0;
    double square = squares / count, variance = square - mean() * mean();
    return variance > 1e-9 * square ? variance : 0;
  }
};

/// Sets a fact that is a vector of floats.
template <typename Helper>
void setVector(Operation *op, Helper fact, ArrayRef<double> numbers) {
  std::vector<float> values(numbers.begin(), numbers.end());
  std::string suffix = fact.getName().getValue().split('.').second.str();
  fact.setAttr(op, onnx::makeConstantAttr(
                       op->getContext(),
                       onnx::getNodeName(op->getLoc()).str() + "." + suffix,
                       rt::Tensor::fromVector({int64_t(values.size())}, values),
                       Float32Type::get(op->getContext())));
}

/// Takes a constant bias out of the mean output of a product.
LogicalResult subtractBias(Operation *op, Value bias,
                           std::vector<double> &mean) {
  TypedAttr attribute = onnx::getConstantAttr(bias);
  if (!attribute)
    return success();
  FailureOr<rt::Tensor> values = onnx::resolveConstant(attribute, op->getLoc());
  if (failed(values))
    return failure();
  for (size_t c = 0; c < mean.size(); ++c)
    mean[c] -= values->data<float>()[values->size() == 1 ? 0 : c];
  return success();
}

} // namespace

ChannelStatistics
snn::calibration::channelStatistics(const SampleTensors &tensors,
                                    const SampleTensors *valid, int64_t axis) {
  std::vector<Sums> sums;
  for (size_t s = 0; s < tensors.size(); ++s) {
    const rt::Tensor &t = tensors[s];
    int64_t a = axis < 0 ? axis + t.rank() : axis;
    int64_t channels = t.dim(a), inner = 1;
    for (int64_t i = a + 1; i < t.rank(); ++i)
      inner *= t.dim(i);
    sums.resize(channels);
    std::vector<bool> flags;
    if (valid && t.rank() == 3 && a == 2) {
      const rt::Tensor &keep = (*valid)[valid->size() == 1 ? 0 : s];
      if (keep.dim(1) == t.dim(1))
        flags = expandValidity({t.dim(0), t.dim(1)}, &keep, {1});
    }
    int64_t rows = t.size() / std::max<int64_t>(channels * inner, 1);
    for (int64_t r = 0; r < rows; ++r) {
      if (!flags.empty() && !flags[r])
        continue;
      for (int64_t c = 0; c < channels; ++c)
        for (int64_t i = 0; i < inner; ++i)
          sums[c].add(valueAt(t, (r * channels + c) * inner + i));
    }
  }
  ChannelStatistics result;
  for (const Sums &channel : sums) {
    result.mean.push_back(channel.mean());
    result.deviation.push_back(std::sqrt(channel.variance()));
  }
  return result;
}

std::vector<double>
snn::calibration::headDeviation(const SampleTensors &tensors,
                                const SampleTensors *valid) {
  std::vector<Sums> sums; // [heads, channels]
  int64_t heads = 1, channels = 1;
  for (size_t s = 0; s < tensors.size(); ++s) {
    const rt::Tensor &t = tensors[s];
    int64_t tokens = t.dim(t.rank() - 2);
    channels = t.dim(t.rank() - 1);
    heads = t.rank() < 4 ? 1 : t.dim(t.rank() - 3);
    sums.resize(heads * channels);
    int64_t samples =
        t.size() / std::max<int64_t>(heads * tokens * channels, 1);
    std::vector<bool> flags;
    if (valid) {
      const rt::Tensor &keep = (*valid)[valid->size() == 1 ? 0 : s];
      if (keep.dim(1) == tokens && (keep.dim(0) == 1 || keep.dim(0) == samples))
        flags = expandValidity({samples, tokens}, &keep, {1});
    }
    for (int64_t n = 0, size = t.size(); n < size; ++n) {
      int64_t row = n / channels, token = row % tokens;
      int64_t head = row / tokens % heads, sample = row / tokens / heads;
      if (flags.empty() || flags[sample * tokens + token])
        sums[head * channels + n % channels].add(valueAt(t, n));
    }
  }
  std::vector<double> result;
  for (int64_t h = 0; h < heads && !sums.empty(); ++h) {
    double total = 0;
    for (int64_t c = 0; c < channels; ++c)
      total += sums[h * channels + c].variance();
    result.push_back(std::sqrt(total / double(channels)));
  }
  return result;
}

LogicalResult ProductRecorder::record(Operation *op,
                                      const SampleTensors &result) {
  if (!isa<onnx::MatMulOp, onnx::GemmOp, onnx::ConvOp>(op))
    return success();
  auto site = op->getOperand(0).getDefiningOp<SiteOp>();
  if (!site)
    return success();
  const SampleTensors *valid = nullptr;
  if (auto it = validity.find(site); it != validity.end())
    valid = &it->second;
  if (!isStaticWeight(op->getOperand(1))) {
    if (site.getKind() == SiteKind::Probability)
      setVector(op, facts(op).getDeviationAttrHelper(),
                headDeviation(result, valid));
    return success();
  }
  ChannelStatistics statistics =
      channelStatistics(result, valid, isa<onnx::ConvOp>(op) ? 1 : -1);
  if (auto conv = dyn_cast<onnx::ConvOp>(op); conv && conv.getBias())
    if (failed(subtractBias(op, conv.getBias(), statistics.mean)))
      return failure();
  if (auto gemm = dyn_cast<onnx::GemmOp>(op); gemm && gemm.getC())
    if (failed(subtractBias(op, gemm.getC(), statistics.mean)))
      return failure();
  setVector(op, facts(op).getMeanAttrHelper(), statistics.mean);
  setVector(op, facts(op).getDeviationAttrHelper(), statistics.deviation);
  return success();
}
