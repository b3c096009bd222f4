//===- Simulator.h - Writing, building and running simulators ---*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What follows `spike-to-emitc`. All functions take the EmitC module of that
// pass, report errors at it, and leave no half-written file under its final
// name.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_TARGET_CPP_SIMULATOR_H
#define SNN_TARGET_CPP_SIMULATOR_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

#include <optional>
#include <string>
#include <vector>

namespace snn {

/// Whether `spike-to-emitc` made this module.
bool isSimulatorModule(mlir::ModuleOp module);

/// The text of sim.cpp.
mlir::FailureOr<std::string> printSimulator(mlir::ModuleOp module);

/// Writes `directory`/weights.safetensors and `directory`/sim.cpp, makes the
/// directory when it does not exist, and lets the module's constants name the
/// file of weights. Equal modules give equal bytes.
mlir::LogicalResult writeSimulator(mlir::ModuleOp module,
                                   llvm::StringRef directory);

/// Where programs find the runtime.
struct RuntimeLocation {
  std::string includeDirectory;
  std::string library; ///< libsnn_runtime.a
};

/// The runtime that belongs to the running program: beside it (bin/../include,
/// bin/../lib), or in the build tree that made it. The error names what is
/// missing.
llvm::Expected<RuntimeLocation> findRuntime();

struct BuildOptions {
  /// Compiler and leading flags; empty: $CXX, or else c++.
  std::string compiler;
  /// Further flags, after all others.
  std::vector<std::string> flags;
  /// Whether to link sim.so as well: the same program behind the C interface of
  /// snn/runtime/Api.h.
  bool library = false;
  /// Folder for the compiler's temporary files; empty: where they usually lie.
  std::string temporary;
};

/// Compiles `directory`/sim.cpp to `directory`/sim, and to `directory`/sim.so
/// if asked to, with the system's C++ compiler, for the weights beside it and
/// no others. The error holds the command and what the compiler printed.
llvm::Error buildSimulator(llvm::StringRef directory,
                           const BuildOptions &options = {});

struct RunOptions {
  std::string input, output;    ///< array files
  std::string mode;             ///< fast, event or stepped; empty: the default
  std::string statistics;       ///< file for spike counts; empty: none
  unsigned threads = 0;         ///< 0: the default
  std::optional<uint64_t> seed; ///< of random numbers; none: as compiled
  int64_t firstSample = 0;      ///< number of the first sample in the run
};

/// Runs `directory`/sim. The error holds what it printed on stderr.
llvm::Error runSimulator(llvm::StringRef directory, const RunOptions &options);

/// Writes, builds and runs a simulator in a temporary directory.
mlir::LogicalResult runSimulatorModule(mlir::ModuleOp module,
                                       const RunOptions &options,
                                       const BuildOptions &build = {});

} // namespace snn

#endif // SNN_TARGET_CPP_SIMULATOR_H
