//===- Simulator.h - The frame of an emitted simulator ----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An emitted sim.cpp holds one function `forward` for one sample, with every
// shape, coding constant and buffer offset as a literal, and a `Model` that
// describes it. Everything else a simulator binary does is here: the command
// line, reading and writing arrays, iterating over samples, threads, counters.
//
// Compilers read this file once for every network: it includes no more than the
// emitted code needs.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_SIMULATOR_H
#define SNN_RUNTIME_SIMULATOR_H

#include "snn/runtime/Compilation.h"
#include "snn/runtime/Kernels.h"
#include "snn/runtime/Port.h"
#include "snn/runtime/Profile.h"
#include "snn/runtime/Spiking.h"
#include "snn/runtime/Weights.h"

#include <initializer_list>

namespace snn::rt {

/// One thread's run: mode and counters, the weights, and the planned buffer
/// that all intermediate tensors of a sample live in.
class Run {
public:
  Run(const Weights &weights, size_t bufferBytes, Mode mode, bool count);
  /// The tensor at byte `offset` of the planned buffer.
  Tensor buffer(DType type, Shape shape, size_t offset);
  /// The same of a literal shape, for the emitted program.
  Tensor buffer(DType type, std::initializer_list<int64_t> shape,
                size_t offset);

  /// The program's call of that number begins.
  void op(size_t index) {
    if (profile)
      profile->start(index);
  }

  Context context;
  const Weights &weights;
  Statistics statistics;
  Profile *profile = nullptr; ///< null: measure nothing

private:
  std::shared_ptr<void> storage;
  size_t bytes;
};

struct Model {
  std::string name;   ///< the compiled file
  std::string coding; ///< "mttfs", "plain ttfs", ...
  std::vector<Port> inputs;
  std::vector<Port> outputs;
  size_t bufferBytes; ///< of the buffer plan
  /// Runs one sample: `inputs` and `outputs` in the order above.
  void (*forward)(Run &run, const TensorList &inputs,
                  const TensorOutputs &outputs);
  const ProfiledOp *ops = nullptr; ///< the calls of `forward`
  size_t opCount = 0;
};

/// The program: --input X.npz --output Y.npz [--mode fast|event|stepped]
/// [--stats S.json] [--threads N] [--weights FILE] [--benchmark RUNS] (times
/// the first sample and prints the medians) [--seed N] (of random numbers, in
/// place of the compiled one) [--first-sample N] (its number in the whole run,
/// which random numbers depend on) [--profile TRACE.json] (what each op takes:
/// a table on stdout, and a trace; with --benchmark, of its runs). Inputs are
/// named arrays whose first axis is a list of samples (a multiple of the port's
/// axis 0). Weights default to weights.safetensors beside the binary; those of
/// another compilation are refused. --record R.npz keeps the trains of the
/// sites of --record-sites (all) while the samples of --record-samples (the
/// first) run. Returns the exit status; errors are one line on stderr, and no
/// output file is left behind.
int runSimulator(int argc, char **argv, const Model &model,
                 const Compilation &compilation);

/// Numbers without a literal.
constexpr float infinity = __builtin_inff(), notANumber = __builtin_nanf("");

// What snnc defines where it builds a simulator; one that is built by hand runs
// whatever weights fit it.
#ifndef SNN_COMPILATION_DIGEST
#define SNN_COMPILATION_DIGEST ""
#endif
#ifndef SNN_WEIGHTS_HASH
#define SNN_WEIGHTS_HASH ""
#endif
#ifndef SNN_RELEASE
#define SNN_RELEASE ""
#endif

/// What an emitted file is, for the C interface (Api.h).
struct Program {
  const Model &model;
  Compilation compilation;
};
/// Every emitted file defines it.
Program getProgram();

/// `runSimulator` with the identity that this file is compiled with.
[[maybe_unused]] static int simulatorMain(int argc, char **argv,
                                          const Model &model) {
  return runSimulator(argc, argv, model,
                      {SNN_COMPILATION_DIGEST, SNN_WEIGHTS_HASH});
}

} // namespace snn::rt

#endif // SNN_RUNTIME_SIMULATOR_H
