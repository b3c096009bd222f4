//===- RunSimulator.cpp - Run an emitted simulator ------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Support/LockedFolder.h"
#include "snn/Support/Process.h"
#include "snn/Target/Cpp/Simulator.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace snn;

llvm::Error snn::runSimulator(StringRef directory, const RunOptions &options) {
  SmallString<128> binary(directory);
  llvm::sys::path::append(binary, "sim");
  std::vector<std::string> command = {
      binary.str().str(), "--input", options.input, "--output", options.output};
  if (!options.mode.empty())
    command.insert(command.end(), {"--mode", options.mode});
  if (!options.statistics.empty())
    command.insert(command.end(), {"--stats", options.statistics});
  if (options.seed)
    command.insert(command.end(), {"--seed", std::to_string(*options.seed)});
  if (options.firstSample)
    command.insert(command.end(),
                   {"--first-sample", std::to_string(options.firstSample)});
  if (options.threads)
    command.insert(command.end(),
                   {"--threads", std::to_string(options.threads)});
  return runProcess(command);
}

LogicalResult snn::runSimulatorModule(ModuleOp module,
                                      const RunOptions &options,
                                      const BuildOptions &build) {
  llvm::Expected<std::unique_ptr<TemporaryFolder>> folder =
      TemporaryFolder::createInTemp("snn-sim-");
  if (!folder)
    return module.emitError(llvm::toString(folder.takeError()));
  StringRef directory = (*folder)->path();
  // The module keeps naming its own weights, not the temporary ones.
  OwningOpRef<ModuleOp> copy(module.clone());
  if (failed(writeSimulator(*copy, directory)))
    return failure();
  BuildOptions here = build;
  here.temporary = directory.str();
  llvm::Error error = buildSimulator(directory, here);
  if (!error)
    error = runSimulator(directory, options);
  if (error)
    return module.emitError() << llvm::toString(std::move(error));
  return success();
}
