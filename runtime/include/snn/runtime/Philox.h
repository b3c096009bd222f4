//===- Philox.h - Counter-based random numbers ------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011): four random words as a function of a counter and a key. There is no
// state, so that results depend on what a number is for and not on the order,
// the batch or the thread in which it is drawn.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_PHILOX_H
#define SNN_RUNTIME_PHILOX_H

#include <cstdint>

namespace snn::rt {

/// Four words: a counter, or the random numbers that it gives.
struct PhiloxWords {
  uint32_t word[4];
};

/// Which random sequence: a seed, and what it is used for.
struct PhiloxKey {
  uint32_t low, high;

  /// `purpose` sets sequences of one seed apart.
  static constexpr PhiloxKey make(uint64_t seed, uint32_t purpose) {
    return {static_cast<uint32_t>(seed),
            static_cast<uint32_t>(seed >> 32) ^ purpose};
  }
};

constexpr uint32_t philoxMultipliers[2] = {0xD2511F53u, 0xCD9E8D57u};
constexpr uint32_t philoxWeyl[2] = {0x9E3779B9u, 0xBB67AE85u};

/// Ten rounds.
constexpr PhiloxWords philox(PhiloxWords counter, PhiloxKey key) {
  for (int round = 0; round < 10; ++round) {
    uint64_t a = uint64_t(philoxMultipliers[0]) * counter.word[0];
    uint64_t b = uint64_t(philoxMultipliers[1]) * counter.word[2];
    counter = {{static_cast<uint32_t>(b >> 32) ^ counter.word[1] ^ key.low,
                static_cast<uint32_t>(b),
                static_cast<uint32_t>(a >> 32) ^ counter.word[3] ^ key.high,
                static_cast<uint32_t>(a)}};
    key.low += philoxWeyl[0];
    key.high += philoxWeyl[1];
  }
  return counter;
}

} // namespace snn::rt

#endif // SNN_RUNTIME_PHILOX_H
