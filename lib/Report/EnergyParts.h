//===- EnergyParts.h - Parts of the energy model ----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_REPORT_ENERGYPARTS_H
#define SNN_LIB_REPORT_ENERGYPARTS_H

#include "snn/Report/Energy.h"

namespace snn::chip {

/// Counts what neurons and attention of binary trains do, and charges it.
void addSpikingEnergy(const Load &load, const Workload &workload,
                      const Chip &chip, OpEnergy &op);

/// Replaces energies of the full accounting by those of the chip's primitives,
/// in every component that these make up. The chip must have primitives.
void composeEnergy(const Load &load, const Workload &workload, const Chip &chip,
                   OpEnergy &op);

/// Replaces the paper-compatible energies by firing rate times operations, as
/// Meta-SpikeFormer's authors publish them (Yao et al., ICLR 2024): E_MAC for
/// every operation on real inputs, E_AC times the firing rate for all others
/// and for every addition of the attention. Repeating an input over the time
/// steps repeats its operations.
void countFiringRates(const Load &load, const Workload &workload,
                      const Chip &chip, OpEnergy &op);

} // namespace snn::chip

#endif // SNN_LIB_REPORT_ENERGYPARTS_H
