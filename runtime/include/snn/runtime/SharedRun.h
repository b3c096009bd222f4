//===- SharedRun.h - Samples that several processes share -------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every rank runs a stretch of the samples and writes what it has finished,
// every other second, to a file of its own in the folder `OUTPUT.parts`. The
// first rank puts the parts together. Samples keep their numbers, so that the
// result is that of one process, byte for byte; and parts that are whole stay
// when a run ends too early, for the next run to take.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_SHAREDRUN_H
#define SNN_RUNTIME_SHAREDRUN_H

#include "snn/runtime/MappedArrays.h"
#include "snn/runtime/Ranks.h"
#include "snn/runtime/Samples.h"
#include "snn/runtime/Spiking.h"

#include <functional>
#include <map>
#include <optional>

namespace snn::rt {

/// Results of neighbouring samples.
struct PartResult {
  NamedArrays arrays; ///< by output
  Statistics statistics;
  /// What else was counted, by names of the run's own.
  std::map<std::string, Tensor> counters;
};

/// What is shared.
struct SharedRun {
  std::string output; ///< the path that names the folder of parts
  int64_t samples = 0;
  std::vector<Port> outputs;
  bool resume = false; ///< takes the parts of an earlier run
  /// Inputs whose checksums the ranks compare together, each a stretch.
  std::vector<UncheckedBytes> unchecked;
  /// What the results of the samples [begin, end) follow from, as a text that
  /// is equal for equal results: parts of other texts are not taken.
  std::function<std::string(int64_t begin, int64_t end)> identify;
  /// Runs the samples [begin, end).
  std::function<PartResult(int64_t begin, int64_t end)> run;
  /// Takes the counters of one part after the other, at the first rank; may be
  /// empty.
  std::function<void(const std::map<std::string, Tensor> &)> addCounters;
};

/// The rows of `arrays` that the samples [begin, end) read, copied where their
/// elements are not aligned. An array of one sample's size belongs to all.
NamedArrays rowsOf(const std::vector<Port> &inputs, const NamedArrays &arrays,
                   int64_t begin, int64_t end);
/// Their contents, in short.
std::string hashRows(const std::vector<Port> &inputs, const NamedArrays &arrays,
                     int64_t begin, int64_t end);

/// Runs all samples that no part has. The result at the first rank, nothing at
/// the others. Throws `Error`, or, where ranks would wait for this one, prints
/// it and ends them; the parts stay then.
std::optional<PartResult> runShared(const SharedRun &run, Ranks &ranks);

/// Removes the parts of a run whose results are in their files.
void removeParts(const SharedRun &run);

} // namespace snn::rt

#endif // SNN_RUNTIME_SHAREDRUN_H
