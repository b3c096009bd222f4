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
#include "mlir/Pass/PassOptions.h"

#include <functional>

namespace snn {

enum class Phase { Import, Quantise, Spike, Mapped, Sim, Image };

/// "import", "quantise", "spike", "mapped", "sim", "image".
llvm::StringRef toString(Phase phase);
std::optional<Phase> parsePhase(llvm::StringRef text);

/// Options of a compilation, as `snnc`'s flags and as pipeline options.
struct PipelineOptions : mlir::PassPipelineOptions<PipelineOptions> {
  Option<std::string> calibrate{
      *this, "calibrate",
      llvm::cl::desc("calibration inputs: FILE.npz or random:N")};
  Option<std::string> coding{*this, "coding",
                             llvm::cl::desc("auto, mttfs, phase, lif or none"),
                             llvm::cl::init("auto")};
  Option<std::string> attention{
      *this, "attention",
      llvm::cl::desc("auto, mttfs, sdsa, ssa or, in phase coding, trace-woss"),
      llvm::cl::init("auto")};
  Option<std::string> rng{
      *this, "rng",
      llvm::cl::desc("generator of stochastic attention: philox or lfsr32"),
      llvm::cl::init("philox")};
  Option<int64_t> seed{*this, "seed",
                       llvm::cl::desc("seed of random numbers, if not 0"),
                       llvm::cl::init(0)};
  Option<double> phaseBase{*this, "phase-base",
                           llvm::cl::desc("B of phase coding"),
                           llvm::cl::init(1.15)};
  Option<unsigned> phaseSteps{*this, "phase-steps",
                              llvm::cl::desc("T of phase coding"),
                              llvm::cl::init(40)};
  Option<std::string> phaseRelease{
      *this, "phase-release",
      llvm::cl::desc("released behaviour to follow: none, swin or bert"),
      llvm::cl::init("none")};
  Option<bool> phaseSignBug{
      *this, "phase-sign-bug",
      llvm::cl::desc(
          "the released trace product's error with negative queries"),
      llvm::cl::init(false)};
  Option<std::string> phaseSearch{
      *this, "phase-search",
      llvm::cl::desc("search codes per site: error:R or agreement:A")};
  Option<std::string> phaseResidual{
      *this, "phase-residual",
      llvm::cl::desc("skip connections: train or real"),
      llvm::cl::init("train")};
  Option<unsigned> weightBits{*this, "weight-bits",
                              llvm::cl::desc("bits of static weights"),
                              llvm::cl::init(8)};
  Option<unsigned> activationBits{*this, "act-bits",
                                  llvm::cl::desc("bits of activations"),
                                  llvm::cl::init(8)};
  Option<unsigned> residentBits{
      *this, "kv-bits", llvm::cl::desc("bits of keys and values: 8, 4 or 1"),
      llvm::cl::init(8)};
  Option<std::string> range{*this, "range",
                            llvm::cl::desc("mse, percentile or max"),
                            llvm::cl::init("mse")};
  Option<std::string> deadZone{
      *this, "dead-zone",
      llvm::cl::desc("K for all sites, or SITE=K,... (default: the model's)")};
  Option<std::string> mask{*this, "mask",
                           llvm::cl::desc("auto, mode, zero, plain or level:N"),
                           llvm::cl::init("auto")};
  ListOption<std::string> floatOps{
      *this, "float-op", llvm::cl::desc("ONNX nodes that stay in float")};
  Option<bool> experimental{
      *this, "experimental",
      llvm::cl::desc("recognise what is reconstructed from hearsay, too"),
      llvm::cl::init(false)};
  Option<bool> correctBias{
      *this, "correct-bias",
      llvm::cl::desc("undo the mean shift of quantisers and dead zones"),
      llvm::cl::init(true)};
  Option<bool> correctScale{
      *this, "correct-scale",
      llvm::cl::desc("with correct-bias: undo their change of spreads, too"),
      llvm::cl::init(true)};
  Option<std::string> chip{
      *this, "chip",
      llvm::cl::desc("chip to map to: a shipped one's name, or FILE.yaml")};
  Option<std::string> adcPolicy{
      *this, "adc-policy",
      llvm::cl::desc("lossless or calibrated (default: the chip's)")};
  Option<unsigned> maxReplicas{
      *this, "max-replicas", llvm::cl::desc("most copies of a layer's weights"),
      llvm::cl::init(8)};
  Option<bool> verifyMapping{
      *this, "verify-mapping",
      llvm::cl::desc("prove that the mapping holds every weight once")};
  Option<std::string> to{*this, "to", llvm::cl::desc("last phase"),
                         llvm::cl::init("sim")};
  Option<std::string> output{*this, "output",
                             llvm::cl::desc("directory to write artefacts to")};
};

/// The phases of a compilation that ends with `last`, in order: the simulator
/// and the programming image are two ends of one path.
llvm::SmallVector<Phase> getPhases(Phase last);

/// Fails with a message where the phase or the coding is unknown, or the coding
/// does not reach the phase.
mlir::LogicalResult checkOptions(const PipelineOptions &options);

/// A text of all options that decide the network, with the contents of the
/// files that they name in the place of the paths.
std::string describeOptions(const PipelineOptions &options);
/// The same of those that decide where on a chip the network goes.
std::string describeMapping(const PipelineOptions &options);

/// Adds the passes of one phase; each phase ends with the IR that is dumped
/// under its name. Fails with a message on options that contradict each other.
mlir::LogicalResult addPhase(mlir::OpPassManager &pm, Phase phase,
                             const PipelineOptions &options);

/// Adds all phases up to `options.to`.
mlir::LogicalResult buildPipeline(mlir::OpPassManager &pm,
                                  const PipelineOptions &options);

/// The dialects and the passes of the project, and upstream's general ones.
void registerDialects(mlir::DialectRegistry &registry);
void registerPasses();

} // namespace snn

#endif // SNN_PIPELINE_PIPELINE_H
