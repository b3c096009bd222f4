//===- ChipStatistics.h - What a run did on the chip ------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_VCHIP_CHIPSTATISTICS_H
#define SNN_VCHIP_CHIPSTATISTICS_H

#include "snn/image/Image.h"
#include "snn/runtime/Spiking.h"
#include "snn/vchip/CrossbarArray.h"

#include <map>
#include <string>
#include <vector>

namespace snn::vchip {

/// A product of an attention engine, or of the digital unit.
struct ProductCounters {
  int64_t events = 0;        ///< spikes that were broadcast
  int64_t accumulations = 0; ///< additions into accumulators, by kept keys only
  int64_t writtenLevels = 0; ///< levels written to the elements' memories
  int64_t keyTiles = 0;      ///< parts that the resident operand was cut into
  int64_t macs = 0;          ///< of a product on the digital unit
  void merge(const ProductCounters &other);
};

/// A firing site.
struct FireCounters {
  int64_t neurons = 0, spikes = 0;
  int64_t comparisons =
      0; ///< with a threshold, until the first that is reached
  void merge(const FireCounters &other);
};

/// How the sums of a layer under other devices differ from those of the run, on
/// the same inputs.
struct ProbeCounters {
  int64_t sums = 0;
  double referenceMagnitude = 0; ///< sum of |s0|
  double magnitude = 0;          ///< sum of |s|
  double error = 0;              ///< sum of |s - s0|
  /// How often |s - s0| had each value where s0 is not 0; the last entry holds
  /// all above.
  std::vector<int64_t> errors;

  void add(int64_t reference, int64_t sum);
  void merge(const ProbeCounters &other);
  /// The median of |s - s0| over the sums where s0 is not 0.
  double medianError() const;
};

/// All counters of a run; indices are those of the image's sections.
struct ChipStatistics {
  explicit ChipStatistics(const image::Image &image, size_t probes = 0);

  std::vector<CrossbarCounters> layers;
  std::vector<ProductCounters> products;
  std::vector<FireCounters> requantisers;
  /// Calls and result elements of the digital unit, by kernel.
  std::map<std::string, std::pair<int64_t, int64_t>> kernels;
  rt::Statistics sites;
  /// Per probe and layer.
  std::vector<std::vector<ProbeCounters>> probes;

  void merge(const ChipStatistics &other);

  /// All counters but those of `sites`, as tensors that a file can hold.
  std::map<std::string, rt::Tensor> pack() const;
  /// Adds what `pack` made of the statistics of other samples on the same
  /// image. Throws rt::Error where a tensor does not fit the image.
  void add(const std::map<std::string, rt::Tensor> &packed);
};

} // namespace snn::vchip

#endif // SNN_VCHIP_CHIPSTATISTICS_H
