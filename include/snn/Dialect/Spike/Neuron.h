//===- Neuron.h - The runtime's form of LIF neurons -------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_NEURON_H
#define SNN_DIALECT_SPIKE_NEURON_H

#include "snn/Dialect/Spike/Spike.h"
#include "snn/runtime/Sdsa.h"

namespace snn::spike {

/// The neurons of `spike.lif`.
rt::LifNeuron getNeuron(LifOp op);

/// What `spike.sdsa` computes.
rt::SdsaParameters getSdsaParameters(SdsaOp op);

} // namespace snn::spike

#endif // SNN_DIALECT_SPIKE_NEURON_H
