//===- SlotSum.h - Sums over the slots of a phase code ----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Behind the converters every output of a phase-coded layer has an accumulator:
// the integer sum of slot t is weighted with a trace that starts at 1 and
// decays by 1/B a slot, and added. Trace and accumulator are pairs of F32 whose
// unevaluated sum is the value (Dekker, 1971), because a neuron must fire in
// the phase in which it fires in the simulator: one F32 would move it where
// inputs cancel.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_VCHIP_LIB_SLOTSUM_H
#define SNN_VCHIP_LIB_SLOTSUM_H

#include "snn/runtime/Phase.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace snn::vchip {

class SlotSum {
public:
  SlotSum(const rt::PhaseCoding &coding, size_t outputs);

  /// Adds the sums of slot `slot`, 32 or 64 bits wide; slots come in ascending
  /// order.
  template <typename Integer>
  void add(int32_t slot, const std::vector<Integer> &sums);
  size_t size() const { return high.size(); }
  /// sum * factor + bias, rounded to F32 once.
  float potential(size_t output, double factor, double bias) const;

private:
  std::vector<float> traceHigh, traceLow; ///< of every slot
  std::vector<float> high, low;           ///< of every output
};

} // namespace snn::vchip

#endif // SNN_VCHIP_LIB_SLOTSUM_H
