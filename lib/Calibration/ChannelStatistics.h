//===- ChannelStatistics.h - Mean and deviation of products -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CALIBRATION_CHANNELSTATISTICS_H
#define SNN_LIB_CALIBRATION_CHANNELSTATISTICS_H

#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Interpreter/Interpreter.h"

namespace snn::calibration {

/// Statistics of many rows of channels. A deviation is 0 where there are too
/// few rows to tell, or where rounding of the sums could be all that is left.
struct ChannelStatistics {
  std::vector<double> mean, deviation;
};

/// Mean and standard deviation of `tensors` (F32 or I32) per element of `axis`,
/// over the tokens that `valid` keeps where the tensors are [batch, tokens,
/// channels].
ChannelStatistics channelStatistics(const SampleTensors &tensors,
                                    const SampleTensors *valid, int64_t axis);

/// Standard deviation of `tensors`, [..., heads, tokens, channels] or [...,
/// tokens, channels] (one head), per head: of each channel from its own mean
/// over kept tokens, as the root mean square over the channels.
std::vector<double> headDeviation(const SampleTensors &tensors,
                                  const SampleTensors *valid);

/// Records what products of the float network give, for the interpreter's hooks
/// of a calibration.
class ProductRecorder {
public:
  /// A site is about to run; `valid` may be null.
  void addSite(spike::SiteOp site, const SampleTensors *valid) {
    if (valid)
      validity[site] = *valid;
  }
  /// Sets facts of `op`, which has run, for the bias correction: mean and
  /// deviation per channel and without its bias, of a product with static
  /// weights; the deviation per head, of the product of probabilities with
  /// values.
  mlir::LogicalResult record(mlir::Operation *op, const SampleTensors &result);

private:
  llvm::DenseMap<mlir::Operation *, SampleTensors> validity; // by site
};

} // namespace snn::calibration

#endif // SNN_LIB_CALIBRATION_CHANNELSTATISTICS_H
