//===- LifUnit.h - What spiking units share ---------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_VCHIP_LIB_LIFUNIT_H
#define SNN_VCHIP_LIB_LIFUNIT_H

#include "snn/image/Image.h"
#include "snn/runtime/Lif.h"
#include "snn/runtime/Philox.h"

namespace snn::vchip {

inline rt::LifNeuron toNeuron(const image::pb::LifNeuron &message) {
  rt::LifNeuron neuron = {message.tau(), message.threshold(), message.reset(),
                          message.decay_input(), message.soft_reset()};
  neuron.order = rt::ChargeOrder(message.order());
  neuron.rule = rt::ResetRule(message.rule());
  neuron.factor = message.factor();
  if (neuron.order == rt::ChargeOrder::Affine)
    neuron.gain = message.gain();
  neuron.amount = message.amount();
  neuron.levels.assign(message.levels().begin(), message.levels().end());
  if (message.has_floor())
    neuron.floor = message.floor();
  neuron.constants.assign(message.constants().begin(),
                          message.constants().end());
  if (!neuron.constants.empty())
    neuron.inner = message.inner();
  return neuron;
}

/// The counter of a draw (snn/runtime/Stochastic.h).
inline rt::PhiloxWords drawCounter(int64_t index, uint64_t sample, int64_t step,
                                   int64_t head, uint32_t stage) {
  return {{static_cast<uint32_t>(index), static_cast<uint32_t>(sample >> 12),
           static_cast<uint32_t>(step),
           static_cast<uint32_t>((sample & 4095) << 20) |
               static_cast<uint32_t>(head) << 4 | stage}};
}

} // namespace snn::vchip

#endif // SNN_VCHIP_LIB_LIFUNIT_H
