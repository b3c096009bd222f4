//===- Lif.h - Leaky integrate-and-fire neurons -----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The neuron of networks that are trained to spike (spikingjelly's LIF; Yao et
// al., ICLR 2024, section 3). Time is explicit: axis 0 of a tensor is the time
// step, or time folded with the batch, time-major, so that element e of step t
// is element t * (size / T) + e in both cases. Membranes and inputs are F32. A
// binary spike train is a U8 tensor of 0 and 1.
//
// Each operation exists three times, and no two share the integration or the
// firing but for `lifUpdate`, whose order of float operations is the contract:
//
//   fast     blocks of neurons, all steps of a block at once, vectorised;
//   event    neuron by neuron, writing the list of its spikes;
//   stepped  one time step after another, membranes kept between steps.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_LIF_H
#define SNN_RUNTIME_LIF_H

#include "snn/runtime/Spiking.h"

#include <cstdint>

namespace snn::rt {

/// What a layer's neurons have in common.
struct LifNeuron {
  float tau;       ///< time constant in steps, at least 1
  float threshold; ///< fires when the membrane reaches it (inclusive)
  float reset;     ///< membrane after a spike (hard reset only)
  bool decayInput; ///< the input is divided by tau as well
  bool softReset;  ///< a spike subtracts the threshold

  /// 1 - 1/tau, computed in F64 and rounded once.
  float leak() const {
    return static_cast<float>(1.0 - 1.0 / static_cast<double>(tau));
  }
};

/// One step of one neuron: takes up `input`, returns whether it fires, and
/// leaves the membrane as the next step finds it. Every operation is F32 and
/// rounded, in the order written; `leak` is neuron.leak().
inline bool lifUpdate(float &membrane, float input, const LifNeuron &neuron,
                      float leak) {
  float h = neuron.decayInput ? membrane + (input - membrane) / neuron.tau
                              : membrane * leak + input;
  bool fires = h >= neuron.threshold;
  if (neuron.softReset)
    membrane = fires ? h - neuron.threshold : h;
  else
    membrane = fires ? neuron.reset : h;
  return fires;
}

/// train = spikes of neurons that start from membrane 0. x is F32
/// [steps * ..., ...]; the train has the same shape. Throws `Error` when axis 0
/// is not a multiple of `steps`, or tau is less than 1.
void lif(Context &context, const Tensor &x, Tensor &train, int64_t steps,
         const LifNeuron &neuron);

namespace reference {
/// The same, written as the recurrence; for the interpreter and for tests.
void lif(const Tensor &x, Tensor &train, int64_t steps,
         const LifNeuron &neuron);
} // namespace reference

} // namespace snn::rt

#endif // SNN_RUNTIME_LIF_H
