//===- Runner.h - A run of an image over samples ----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_VCHIP_RUNNER_H
#define SNN_VCHIP_RUNNER_H

#include "snn/vchip/VirtualChip.h"

namespace snn::vchip {

/// What `snn-run IMAGE` is asked for.
struct RunRequest {
  std::string image;  ///< file name
  std::string output; ///< .npz or .npy; empty: nothing is written
  std::string stats;  ///< JSON; empty: nothing is written
  std::string noise;  ///< see parseNoise
  double seconds = 0; ///< read-out time after programming
  /// Global drift compensation; nullopt: as the chip's description says.
  std::optional<bool> compensate;
  /// Of device effects (0 without); stochastic neurons draw with it instead of
  /// the image's seed.
  std::optional<uint64_t> seed;
  unsigned threads = 0;    ///< 0: one a core
  int64_t firstSample = 0; ///< number of the first row in the whole run
  int64_t limit = 0;       ///< run only so many samples; 0: all
  DriveKind drive = DriveKind::BitSerial;
  /// Read-out times at which the layers' sums are computed beside the run, with
  /// and without compensation, and compared in `stats`.
  std::vector<double> probeSeconds;
  bool resume = false; ///< takes parts of an earlier run (SharedRun.h)
};

/// Verifies the image, runs all samples of the files `inputs` and writes what
/// the request names. Throws rt::Error, also for what would have no effect; no
/// file is left behind then. Under mpirun the ranks share the samples, each
/// reads its own; the result is at the first.
rt::NamedArrays runImage(const RunRequest &request,
                         const std::vector<std::string> &inputs);

/// The statistics file: schema, image, devices, counters of layers, products,
/// firing sites and kernels, spikes of the encode sites, probes.
std::string formatStatistics(const RunRequest &request,
                             const image::Image &image, const NoiseModel &noise,
                             int64_t samples, const ChipStatistics &statistics);

} // namespace snn::vchip

#endif // SNN_VCHIP_RUNNER_H
