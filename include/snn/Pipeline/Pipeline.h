//===- Pipeline.h - From import to target, phase by phase -------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The phases of a compilation and the passes of each. `snnc` and
// `snn-opt --snn-pipeline=...` build the same pipeline from the same options.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_PIPELINE_PIPELINE_H
#define SNN_PIPELINE_PIPELINE_H

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/PassManager.h"
#include "snn/Pipeline/Options.h"

namespace snn {

/// The phases of a compilation that ends with `last`, in order: the simulator
/// and the programming image are two ends of one path.
llvm::SmallVector<Phase> getPhases(Phase last);

/// A text of all options that decide the network, with the contents of the
/// files that they name in the place of the paths.
std::string describeDecisions(const PipelineOptions &options);
/// The same of those that decide where on a chip the network goes.
std::string describeMapping(const PipelineOptions &options);

/// Adds the passes of one phase; each phase ends with the IR that is dumped
/// under its name. The options have passed checkOptions.
void addPhase(mlir::OpPassManager &pm, Phase phase,
              const PipelineOptions &options);

/// Adds the part of the quantise phase that finds layers and quantisers in the
/// float graph and changes no value, but for a spike or a level that a rounding
/// flips; false, adding nothing, where the options choose other random numbers
/// than the graph's.
bool addRewrites(mlir::OpPassManager &pm, const PipelineOptions &options);

/// Adds all phases up to `options.to`; fails where checkOptions does.
llvm::Error buildPipeline(mlir::OpPassManager &pm,
                          const PipelineOptions &options);

/// The dialects and the passes of the project, and upstream's general ones.
void registerDialects(mlir::DialectRegistry &registry);
void registerPasses();

} // namespace snn

#endif // SNN_PIPELINE_PIPELINE_H
