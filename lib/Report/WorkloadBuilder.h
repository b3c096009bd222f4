//===- WorkloadBuilder.h - From IR to counts --------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_REPORT_WORKLOADBUILDER_H
#define SNN_LIB_REPORT_WORKLOADBUILDER_H

#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Report/Workload.h"

namespace snn::chip {

/// Reads a network op by op.
class WorkloadBuilder {
public:
  WorkloadBuilder(mlir::ModuleOp module, const Chip &chip)
      : module(module), chip(chip) {}

  mlir::FailureOr<Workload> build();

private:
  mlir::LogicalResult addOp(mlir::Operation *op);
  /// The entry of the spiking operand's site; its own for a train that is an
  /// argument. -1 if there is none.
  int findSiteOf(mlir::Value train);
  int addSite(llvm::StringRef name, mlir::Value train,
              llvm::ArrayRef<int64_t> histogram);
  mlir::LogicalResult addStaticLayer(mlir::Operation *op, Load &load);
  mlir::LogicalResult addProduct(mlir::Operation *op, Load &load);
  /// The engine that `op` names, if the chip has it.
  const Engine *findEngineOf(mlir::Operation *op) const;
  /// Neurons and attention of binary trains; `site` is that of the result.
  mlir::LogicalResult addSpiking(mlir::Operation *op, int site, Load &load);
  /// The site of the nearest binary train that `value` depends on; none where
  /// it depends on inputs only.
  std::optional<int> findBinarySite(mlir::Value value);
  void addProducers(mlir::Operation *op, Load &load);
  /// Layers on real inputs that run once for all time steps.
  void assignRepeats();
  void assignBlocks();
  void assignLayers();
  void assignFiring();
  // PhaseWorkload.cpp: the layers of SpikedAttention's model.
  /// Makes `load` a layer of fan-in 1 if `op` normalises the residual stream.
  void addNormalisation(mlir::Operation *op, Load &load);
  /// The entry of the layer, product or normalisation whose results reach
  /// `value`; -1 if there is none.
  int findMaker(mlir::Value value) const;
  void assignOwners();
  bool isSecondLinear(unsigned index) const;

  mlir::ModuleOp module;
  const Chip &chip;
  Workload workload;
  /// Entries of ops, and of the ops that made a value which only moved.
  llvm::DenseMap<mlir::Value, unsigned> entryOf;
  llvm::DenseMap<mlir::Value, int> siteOfArgument;
  std::vector<mlir::Operation *> ops; ///< of the entries
};

/// Whether a tensor holds spikes, of any coding.
bool isTrain(mlir::Value value);
/// Whether `op` integrates through static weights.
bool isStaticLayer(mlir::Operation *op);
/// Whether `op` multiplies two activations, spiking or not.
bool isDynamicProduct(mlir::Operation *op);
/// Neurons or attention of a network that was trained to spike.
bool isSpikingUnit(mlir::Operation *op);
bool isSpikingAttention(mlir::Operation *op);
/// The mapping of a layer on crossbars; none for a layer on digital cores.
mlir::FailureOr<std::optional<Mapping>> getMapping(mlir::Operation *op,
                                                   const Chip &chip);
/// Bits that the integers of a weight need: 1 for two values -1 and 1 or 0 and
/// 1, otherwise two's complement.
mlir::FailureOr<unsigned> getWeightBits(mlir::Attribute weight,
                                        mlir::Location location);

} // namespace snn::chip

#endif // SNN_LIB_REPORT_WORKLOADBUILDER_H
