//===- Firing.cpp - Neurons behind the crossbars --------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support.h"
#include "Units.h"

using namespace snn::vchip;
using namespace snn::rt;
using namespace snn::rt::detail;

Tensor snn::vchip::runFire(const Tensor &membrane, const Tensor &thresholds,
                           const Coding &coding, int64_t axis,
                           FireCounters &counters) {
  requireType("fire", membrane, DType::I32);
  requireType("fire", thresholds, DType::I32);
  axis = normaliseAxis("fire", axis, membrane.rank());
  int64_t channels = membrane.dim(axis);
  int32_t top = coding.maxLevel();
  require(thresholds.rank() == 2 && thresholds.dim(1) == top &&
              (thresholds.dim(0) == 1 || thresholds.dim(0) == channels),
          "fire",
          "thresholds of shape " + toString(thresholds.shape()) +
              ", expected " + toString({channels, top}));
  int64_t outer = extent(membrane.shape(), 0, axis);
  int64_t inner = extent(membrane.shape(), axis + 1, membrane.rank());
  Tensor train(DType::U8, membrane.shape());
  const int32_t *v = membrane.data<int32_t>();
  uint8_t *out = train.data<uint8_t>();
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t c = 0; c < channels; ++c) {
      const int32_t *theta =
          thresholds.data<int32_t>() + (thresholds.dim(0) == 1 ? 0 : c) * top;
      for (int64_t i = 0; i < inner; ++i, ++v, ++out) {
        // Level 0 is what is left when no slot's threshold is reached.
        int32_t level = 0;
        for (int32_t slot = 0; slot < top; ++slot) {
          int32_t threshold = theta[top - slot - 1];
          ++counters.comparisons;
          // INT32_MAX is no threshold: the level cannot be reached.
          if (threshold != INT32_MAX && *v >= threshold) {
            level = top - slot; // latched
            break;
          }
        }
        int32_t emitted = coding.deadZone(level);
        counters.spikes += emitted != coding.mask;
        *out = static_cast<uint8_t>(emitted);
      }
    }
  counters.neurons += membrane.size();
  return train;
}
