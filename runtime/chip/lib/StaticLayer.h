//===- StaticLayer.h - A linear or convolution on crossbars -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_VCHIP_LIB_STATICLAYER_H
#define SNN_VCHIP_LIB_STATICLAYER_H

#include "snn/image/Image.h"
#include "snn/vchip/CrossbarArray.h"

namespace snn::vchip {

/// One layer of an image with its programmed crossbars.
class StaticLayer {
public:
  StaticLayer(const image::Image &image, int index, const NoiseModel &noise,
              DriveKind drive);

  /// The sums of all input vectors of a train, without the layer's constant:
  /// [groups][vectors, N].
  std::vector<std::vector<int32_t>> multiply(const rt::Tensor &train,
                                             uint64_t sample,
                                             CrossbarCounters &counters) const;
  /// Sums and constant in the layout of the accumulator.
  rt::Tensor assemble(const rt::Tensor &train,
                      const std::vector<std::vector<int32_t>> &sums) const;

private:
  rt::Shape weightShape() const;
  /// Digits of group `group`, [vectors, K].
  std::vector<int16_t> digitsOf(const rt::Tensor &train, int64_t group) const;

  const image::pb::Layer &layer;
  rt::Coding coding;
  rt::Tensor offset;                 ///< undefined: none
  std::vector<CrossbarArray> arrays; ///< per group
};

} // namespace snn::vchip

#endif // SNN_VCHIP_LIB_STATICLAYER_H
