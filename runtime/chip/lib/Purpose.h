//===- Purpose.h - What random numbers are for ------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The key of a random sequence is the seed with one of these in its upper word.
// The stochastic engines use the ordinals of their layers, which are small.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_VCHIP_LIB_PURPOSE_H
#define SNN_VCHIP_LIB_PURPOSE_H

#include <cstdint>

namespace snn::vchip {

enum Purpose : uint32_t {
  /// Counter: physical column, row, crossbar. Words: programming noise, drift
  /// exponent, stuck cells, variation.
  CellPurpose = 0xC0000000u,
  /// Counter: the read-out time; gives the key of 1/f noise, whose counters are
  /// those of the cells, word 0.
  FlickerPurpose = 0xD0000000u,
  /// Counter: converter, crossbar. Word 0.
  OffsetPurpose = 0xE0000000u,
  /// The layer is in the key, and the read-out time. See CrossbarArray.
  ConversionPurpose = 0xF0000000u
};

} // namespace snn::vchip

#endif // SNN_VCHIP_LIB_PURPOSE_H
