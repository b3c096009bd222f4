//===- PhaseUnits.h - Neurons and attention of phase coding -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_VCHIP_LIB_PHASEUNITS_H
#define SNN_VCHIP_LIB_PHASEUNITS_H

#include "snn/image/Image.h"
#include "snn/vchip/ChipStatistics.h"

namespace snn::vchip {

/// One op on trains; `results` has a tensor for each result of the instruction.
/// Absent operands are null. Codings are those of the program's values.
/// Products and races for which the chip has no engine run on the digital unit,
/// with the runtime's kernels.
void runPhaseOp(const image::pb::ProgramSection &program,
                const image::pb::Instruction &instruction,
                const std::vector<const rt::Tensor *> &operands,
                std::vector<rt::Tensor> &results);

/// The trace-driven product of an engine, event by event: a pair of spikes is
/// added when the later one arrives, as the latch of the earlier times the
/// trace at that time.
rt::Tensor runTraceProduct(const image::pb::PhaseOp &op, const rt::Tensor &a,
                           const rt::Tensor &b, const rt::Tensor *divisor,
                           const rt::PhaseCoding &codingA,
                           const rt::PhaseCoding &codingB);

/// The race of an engine: a threshold falls from the winner on by ln B a phase,
/// and every neuron that it reaches fires once.
void runRace(const rt::Tensor &scores, const rt::Tensor *multiplicative,
             const rt::Tensor *additive, const rt::PhaseCoding &scoreCoding,
             const rt::PhaseCoding &coding, rt::Tensor &train, rt::Tensor &z);

} // namespace snn::vchip

#endif // SNN_VCHIP_LIB_PHASEUNITS_H
