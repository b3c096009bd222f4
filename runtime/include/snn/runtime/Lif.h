//===- Lif.h - Leaky integrate-and-fire neurons -----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The neurons of networks that are trained to spike (spikingjelly's LIF; Yao et
// al., ICLR 2024, section 3; snnTorch; integer LIF of Spike-driven Transformer
// V3). Time is explicit: axis 0 of a tensor is the time
// step, or time folded with the batch, time-major, so that element e of step t
// is element t * (size / T) + e in both cases. Membranes and inputs are F32. A
// binary spike train is a U8 tensor of 0 and 1, a train of counts one of 0 to
// the number of levels.
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
#include <limits>
#include <vector>

namespace snn::rt {

/// How a membrane v takes up the input x: every operation is rounded, in the
/// order written.
enum class ChargeOrder : int32_t {
  Tau = 0,         ///< v + (x - v) / tau; without `decayInput` v * leak() + x
  DecayFactor = 1, ///< v + (x - v) * factor
  LeakTau = 2,     ///< (v - v / tau) + x
  LeakFactor = 3,  ///< (v - v * factor) + x
  Affine = 4,      ///< factor * v + gain * x
};

/// What spikes take off a membrane.
enum class ResetRule : int32_t {
  AtOnce = 0,       ///< to `reset`; with `softReset` by the threshold
  Subtract = 1,     ///< by the number of spikes times `amount`
  LateSubtract = 2, ///< the same, in the next step, which the leak passes by
  LateZero = 3,     ///< the next step's membrane is 0
  Never = 4,        ///< nothing
};

/// The numbers of a charge.
struct LifConstants {
  float tau, leak, factor;
};

/// What a layer's neurons have in common.
struct LifNeuron {
  float tau;       ///< time constant in steps, at least 1
  float threshold; ///< fires when the membrane reaches it (inclusive)
  float reset;     ///< membrane after a spike (hard reset only)
  bool decayInput; ///< the input is divided by tau as well
  bool softReset;  ///< a spike subtracts the threshold
  ChargeOrder order = ChargeOrder::Tau;
  ResetRule rule = ResetRule::AtOnce;
  float factor = 0;            ///< of the orders that have one
  float gain = 1;              ///< of the input, order Affine
  float amount = 0;            ///< of the rules that subtract
  std::vector<float> levels{}; ///< of the second and every further spike of a
                               ///< step, ascending, above the threshold
  float floor = -std::numeric_limits<float>::infinity(); ///< of membranes
  std::vector<float> constants{}; ///< of each channel, in place of tau (orders
                                  ///< Tau and LeakTau) or factor
  int64_t inner = 1;              ///< neighbouring neurons of one channel

  /// 1 - 1/tau, computed in F64 and rounded once.
  float leak() const { return leakOf(tau); }
  static float leakOf(float tau) {
    return static_cast<float>(1.0 - 1.0 / static_cast<double>(tau));
  }
  bool hasTau() const {
    return order == ChargeOrder::Tau || order == ChargeOrder::LeakTau;
  }
  /// What neuron `i` of a step has.
  LifConstants constantsAt(int64_t i) const {
    if (constants.empty())
      return {tau, leak(), factor};
    float own = constants[static_cast<size_t>(
        i / inner % static_cast<int64_t>(constants.size()))];
    return hasTau() ? LifConstants{own, leakOf(own), factor}
                    : LifConstants{tau, leak(), own};
  }
  /// Whether membranes go no lower than `floor`.
  bool hasFloor() const {
    return floor > -std::numeric_limits<float>::infinity();
  }
  /// One spike a step, a reset at once, tau for the charge.
  bool isClassic() const {
    return order == ChargeOrder::Tau && rule == ResetRule::AtOnce &&
           levels.empty() && !hasFloor() && constants.empty();
  }
  /// The most spikes of a step.
  int64_t maxCount() const { return 1 + static_cast<int64_t>(levels.size()); }
};

/// The number of levels that a membrane reaches.
inline int32_t lifCount(float h, const LifNeuron &neuron) {
  int32_t count = h >= neuron.threshold;
  for (float level : neuron.levels)
    count += h >= level;
  return count;
}

/// The membrane that is compared with the levels: `membrane`, as the former
/// step left it, has taken up `input`; `own` are the constants of its neuron.
inline float lifCharge(float membrane, float input, const LifNeuron &neuron,
                       const LifConstants &own) {
  float h = 0;
  switch (neuron.order) {
  case ChargeOrder::Tau:
    h = neuron.decayInput ? membrane + (input - membrane) / own.tau
                          : membrane * own.leak + input;
    break;
  case ChargeOrder::DecayFactor:
    h = membrane + (input - membrane) * own.factor;
    break;
  case ChargeOrder::LeakTau:
    h = (membrane - membrane / own.tau) + input;
    break;
  case ChargeOrder::LeakFactor:
    h = (membrane - membrane * own.factor) + input;
    break;
  case ChargeOrder::Affine:
    h = own.factor * membrane + neuron.gain * input;
    break;
  }
  // A late reset follows from the former membrane, which it has left alone.
  if (neuron.rule == ResetRule::LateSubtract)
    return h - static_cast<float>(lifCount(membrane, neuron)) * neuron.amount;
  if (neuron.rule == ResetRule::LateZero && lifCount(membrane, neuron) > 0)
    return 0;
  return h;
}

/// A membrane that goes no lower than the floor.
inline float lifFloor(float v, const LifNeuron &neuron) {
  if (!neuron.hasFloor())
    return v;
  float above = v - neuron.floor;
  return (above > 0 ? above : 0) + neuron.floor;
}

/// The membrane that spikes leave, without its floor.
inline float lifSpent(float h, int32_t count, const LifNeuron &neuron) {
  switch (neuron.rule) {
  case ResetRule::AtOnce:
    if (neuron.softReset)
      return count ? h - neuron.threshold : h;
    return count ? neuron.reset : h;
  case ResetRule::Subtract:
    return h - static_cast<float>(count) * neuron.amount;
  case ResetRule::LateSubtract:
  case ResetRule::LateZero:
  case ResetRule::Never:
    break;
  }
  return h;
}

/// The membrane that the next step finds.
inline float lifReset(float h, int32_t count, const LifNeuron &neuron) {
  return lifFloor(lifSpent(h, count, neuron), neuron);
}

/// One step of one neuron: takes up `input`, returns how often it fires, and
/// leaves the membrane as the next step finds it. Every operation is F32 and
/// rounded, in the order written; `own` are neuron.constantsAt(i). `compared`,
/// if it is not null, gets the membrane that was compared with the levels.
inline int32_t lifUpdate(float &membrane, float input, const LifNeuron &neuron,
                         const LifConstants &own, float *compared = nullptr) {
  float h = lifCharge(membrane, input, neuron, own);
  int32_t count = lifCount(h, neuron);
  if (compared)
    *compared = h;
  membrane = lifReset(h, count, neuron);
  return count;
}

/// train = spikes of neurons that start from membrane 0. x is F32
/// [steps * ..., ...]; the train has the same shape. `membranes`, if it is not
/// null, gets the membranes that were compared with the levels, F32 of the same
/// shape. Throws `Error` when axis 0 is not a multiple of `steps`, tau is less
/// than 1, there are more than 255 levels, or constants of channels that do not
/// divide the neurons.
void lif(Context &context, const Tensor &x, Tensor &train, int64_t steps,
         const LifNeuron &neuron, Tensor *membranes = nullptr);

namespace reference {
/// The same, written as the recurrence; for the interpreter and for tests.
void lif(const Tensor &x, Tensor &train, int64_t steps, const LifNeuron &neuron,
         Tensor *membranes = nullptr);
} // namespace reference

} // namespace snn::rt

#endif // SNN_RUNTIME_LIF_H
