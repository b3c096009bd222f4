//===- StaticLayer.h - A linear or convolution on crossbars -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_VCHIP_LIB_STATICLAYER_H
#define SNN_VCHIP_LIB_STATICLAYER_H

#include "SlotSum.h"

#include "snn/image/Image.h"
#include "snn/vchip/CrossbarArray.h"

#include <optional>

namespace snn::vchip {

/// One layer of an image with its programmed crossbars.
class StaticLayer {
public:
  StaticLayer(const image::Image &image, int index, const NoiseModel &noise,
              DriveKind drive);

  /// Slots that a train is read in one by one: the phases of a phase code, 1 of
  /// any other.
  int32_t slots() const { return phase ? phase->phases : 1; }
  /// The sums of all input vectors of a train, without the layer's constant:
  /// [groups][vectors, N]. Of a phase code those of the spikes in slot `slot`.
  std::vector<std::vector<int64_t>> multiply(const rt::Tensor &train,
                                             int32_t slot, uint64_t sample,
                                             CrossbarCounters &counters) const;
  /// Sums and constant in the layout of the accumulator.
  rt::Tensor assemble(const rt::Tensor &train,
                      const std::vector<std::vector<int64_t>> &sums) const;
  /// Of a phase code: one sum over slots for all outputs of each group.
  std::vector<SlotSum> startPotentials(const rt::Tensor &train) const;
  /// Scaled sums and biases in the layout of the potentials.
  rt::Tensor assemblePotentials(const rt::Tensor &train,
                                const std::vector<SlotSum> &sums) const;

  /// The shape that a layer makes of a train's.
  static rt::Shape resultShape(const image::pb::Layer &layer,
                               const rt::Shape &train);

private:
  /// Digits of group `group`, [vectors, K].
  std::vector<int16_t> digitsOf(const rt::Tensor &train, int32_t slot,
                                int64_t group) const;
  /// Calls put(where, group, index, channel, point) for every element of the
  /// result: element `index` of the group's [vectors, N] is the result's
  /// `where`. Returns the result's shape.
  template <typename Put>
  rt::Shape forEachOutput(const rt::Tensor &train, Put put) const;

  const image::pb::Layer &layer;
  rt::Coding coding;
  std::optional<rt::PhaseCoding> phase;
  rt::Tensor weightScale, bias;      ///< of a phase code; undefined: 1, and 0
  rt::Tensor offset;                 ///< undefined: none
  std::vector<CrossbarArray> arrays; ///< per group
};

} // namespace snn::vchip

#endif // SNN_VCHIP_LIB_STATICLAYER_H
