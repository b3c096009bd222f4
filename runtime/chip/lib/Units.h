//===- Units.h - Attention engines and firing -------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_VCHIP_LIB_UNITS_H
#define SNN_VCHIP_LIB_UNITS_H

#include "snn/image/Image.h"
#include "snn/vchip/ChipStatistics.h"

namespace snn::vchip {

/// A product of a train [..., M, K] with resident levels [..., K, N] (or their
/// transpose). An engine writes a part of the resident operand into the
/// memories of its elements, computes its kappa, and broadcasts the spikes one
/// by one in the order of their slots. `valid` (Bool [batch, tokens], may be
/// null) marks the keys that events go to; it is for counting, the mask of the
/// softmax does the rest. Returns I32 [..., M, N].
rt::Tensor runProduct(const image::pb::Product &product,
                      const rt::Tensor &train, const rt::Tensor &resident,
                      const rt::Tensor *valid, ProductCounters &counters);

/// Fires on a descending staircase: in slot t a neuron that is not latched and
/// whose potential reaches Theta[T - t] takes level T - t and is latched;
/// levels in the coding's window emit no spike and are the mask level.
rt::Tensor runFire(const rt::Tensor &membrane, const rt::Tensor &thresholds,
                   const rt::Coding &coding, int64_t axis,
                   FireCounters &counters);

} // namespace snn::vchip

#endif // SNN_VCHIP_LIB_UNITS_H
