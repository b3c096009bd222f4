//===- Samples.h - The samples of a run -------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Inputs are named arrays whose first axis is a list of samples (a multiple of
// the port's axis 0). Simulators and the virtual chip iterate over them. A
// network may take samples of fewer tokens than it was compiled for: inputs are
// filled up with what its attention mask hides, and outputs are cut.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_SAMPLES_H
#define SNN_RUNTIME_SAMPLES_H

#include "snn/runtime/DataFile.h"
#include "snn/runtime/Port.h"

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace snn::rt {

/// `tensor` with `length` elements along every one of `axes`: cut, or filled up
/// with `padding`.
Tensor withLength(const Tensor &tensor, const std::vector<int64_t> &axes,
                  int64_t length, double padding = 0);

/// The number of tokens in `array`, which goes to `port`; none where it does
/// not fit the port, or the port's size does not vary.
std::optional<int64_t> findLength(const Port &port, const Tensor &array);

/// The arrays of all samples.
class SampleArrays {
public:
  /// Finds the array of every input and makes room for the outputs. Throws when
  /// one is missing or has another type or shape. Only the first `limit`
  /// samples count unless it is 0.
  SampleArrays(std::vector<Port> inputs, std::vector<Port> outputs,
               const NamedArrays &arrays, int64_t limit = 0);
  /// Writes to the arrays that `places` holds, in the order of the outputs,
  /// rather than to new ones. Throws when one has another type or size.
  SampleArrays(std::vector<Port> inputs, std::vector<Port> outputs,
               const NamedArrays &arrays, std::vector<Tensor> places);

  /// The shape of an output's array.
  static Shape shapeOf(const Port &output, int64_t samples);

  int64_t count() const { return samples; }

  using Forward =
      std::function<void(const TensorList &, const TensorOutputs &)>;
  /// Runs one sample; `forward` gets inputs and outputs in the order of the
  /// ports. Samples write to places of their own.
  void run(int64_t sample, const Forward &forward) const;

  NamedArrays results() const;

private:
  void takeInputs(const NamedArrays &arrays);
  void findSampleLength();
  void countSamples();

  std::vector<Port> inputPorts, outputPorts;
  std::vector<Tensor> inputs, outputs;
  int64_t samples = 0;
  std::optional<int64_t> length; ///< of the samples, where they are shorter
};

/// Reads the arrays of all files.
NamedArrays readAllArrays(const std::vector<std::string> &paths);

/// Refuses an output name before the work rather than after it.
void checkOutputName(const std::string &path, size_t outputs);

/// How far a run is, for another thread that looks or wants it to end.
struct RunMonitor {
  std::atomic<int64_t> done{0};
  std::atomic<bool> isCancelled{false};
};

/// Runs the samples 0..count-1 on `threads` threads (0: one a core), with a
/// line of progress on a terminal unless there is a `monitor`. `start` is
/// called once in every thread and returns what runs a sample there. Throws
/// what the first failing sample said. A run that is cancelled ends after the
/// samples that were begun.
void forEachSample(
    int64_t count, unsigned threads,
    const std::function<std::function<void(int64_t sample)>()> &start,
    RunMonitor *monitor = nullptr);

} // namespace snn::rt

#endif // SNN_RUNTIME_SAMPLES_H
