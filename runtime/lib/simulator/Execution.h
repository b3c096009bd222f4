//===- Execution.h - Running a compiled network -----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the program (Simulator.cpp) and the C interface (Api.cpp) share.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_SIMULATOR_EXECUTION_H
#define SNN_LIB_SIMULATOR_EXECUTION_H

#include "snn/runtime/Samples.h"
#include "snn/runtime/Simulator.h"

#include <optional>

namespace snn::rt::detail {

/// "fast", "event" or "stepped".
const char *modeName(Mode mode);

/// How samples run.
struct ExecutionOptions {
  Mode mode = Mode::Fast;
  unsigned threads = 0;         ///< 0: one a core
  std::optional<uint64_t> seed; ///< replaces the compiled one
  int64_t firstSample = 0;      ///< number of the first sample in the run
  bool count = false;           ///< spikes and operations
  Recorder *recorder = nullptr;
  /// Holds every thread's runs but its first, which prepares weights, unless it
  /// has no other.
  Profile *profile = nullptr;
  RunMonitor *monitor = nullptr;
};

/// Samples of one call of `forward`: axis 0 of its inputs.
int64_t batchOf(const Model &model);

/// Refuses weights of another compilation than that of `program`. Those that
/// the user names may have been changed since.
void checkWeights(const std::string &program, const Compilation &compilation,
                  const std::string &path, const Weights &weights,
                  bool isNamed);

/// One run of the network, in the profile if there is one.
void runNetwork(const Model &model, Run &run, const TensorList &in,
                const TensorOutputs &out);

/// Runs all samples. Counts are sums of integers, so that the number of threads
/// changes nothing.
Statistics runSamples(const Model &model, const Weights &weights,
                      const ExecutionOptions &options,
                      const SampleArrays &samples);

/// The text of a statistics file.
std::string formatStatistics(const Model &model, Mode mode, int64_t samples,
                             const Statistics &statistics,
                             const std::string &digest);

} // namespace snn::rt::detail

#endif // SNN_LIB_SIMULATOR_EXECUTION_H
