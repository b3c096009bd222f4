//===- ChannelMean.h - Mean per channel over kept tokens --------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_DIALECT_SPIKE_TRANSFORMS_CHANNELMEAN_H
#define SNN_LIB_DIALECT_SPIKE_TRANSFORMS_CHANNELMEAN_H

#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Interpreter/Interpreter.h"

namespace snn::spike {

/// The name of the attribute that carries a product's mean float output per
/// channel from calibration to bias correction.
inline constexpr llvm::StringLiteral channelMeanAttrName = "snn.mean";

/// Mean of `tensors` (F32 or I32) per element of `axis`, over the tokens that
/// `valid` keeps where the tensors are [batch, tokens, channels].
inline std::vector<double> channelMean(const SampleTensors &tensors,
                                       const SampleTensors *valid,
                                       int64_t axis) {
  std::vector<double> sum;
  double count = 0;
  for (size_t s = 0; s < tensors.size(); ++s) {
    const rt::Tensor &t = tensors[s];
    int64_t a = axis < 0 ? axis + t.rank() : axis;
    int64_t channels = t.dim(a), inner = 1;
    for (int64_t i = a + 1; i < t.rank(); ++i)
      inner *= t.dim(i);
    sum.resize(channels, 0);
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
        for (int64_t i = 0; i < inner; ++i) {
          int64_t n = (r * channels + c) * inner + i;
          sum[c] += t.dtype() == rt::DType::F32 ? double(t.data<float>()[n])
                                                : double(t.data<int32_t>()[n]);
        }
      count += double(inner);
    }
  }
  for (double &value : sum)
    value /= std::max(count, 1.0);
  return sum;
}

/// Records the mean float output of every product with static weights, without
/// its bias, for the interpreter's hooks of a calibration.
class ChannelMeans {
public:
  /// A site is about to run; `valid` may be null.
  void addSite(SiteOp site, const SampleTensors *valid) {
    if (valid)
      validity[site] = *valid;
  }
  /// Sets the attribute `snn.mean` of `op`, which has run, if it is a product.
  mlir::LogicalResult record(mlir::Operation *op, const SampleTensors &result);

private:
  llvm::DenseMap<mlir::Operation *, SampleTensors> validity; // by site
};

} // namespace snn::spike

#endif // SNN_LIB_DIALECT_SPIKE_TRANSFORMS_CHANNELMEAN_H
