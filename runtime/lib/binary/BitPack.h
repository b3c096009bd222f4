//===- BitPack.h - Binary trains as words of 64 bits ------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_BITPACK_H
#define SNN_LIB_BITPACK_H

#include <cstdint>

namespace snn::rt::detail {

/// Words that hold `count` bits.
inline int64_t wordsFor(int64_t count) { return (count + 63) / 64; }

/// Packs `count` bytes of 0 or 1, `step` apart; bits behind the last are 0.
inline void packBits(const uint8_t *bytes, int64_t step, int64_t count,
                     uint64_t *words) {
  for (int64_t begin = 0; begin < count; begin += 64) {
    int64_t n = count - begin < 64 ? count - begin : 64;
    uint64_t word = 0;
    for (int64_t i = 0; i < n; ++i)
      word |= static_cast<uint64_t>(bytes[(begin + i) * step]) << i;
    *words++ = word;
  }
}

/// Bits that two rows have in common.
inline int32_t coincidences(const uint64_t *a, const uint64_t *b,
                            int64_t words) {
  int32_t n = 0;
  for (int64_t w = 0; w < words; ++w)
    n += __builtin_popcountll(a[w] & b[w]);
  return n;
}

/// Calls f(index) for every bit that is set, in ascending order.
template <typename F>
void forEachBit(const uint64_t *bits, int64_t words, F f) {
  for (int64_t w = 0; w < words; ++w)
    for (uint64_t rest = bits[w]; rest; rest &= rest - 1)
      f(w * 64 + __builtin_ctzll(rest));
}

} // namespace snn::rt::detail

#endif // SNN_LIB_BITPACK_H
