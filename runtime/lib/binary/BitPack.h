//===- BitPack.h - Binary trains as words of 64 bits ------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_BITPACK_H
#define SNN_LIB_BITPACK_H

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace snn::rt::detail {

/// Words that hold `count` bits.
inline int64_t wordsFor(int64_t count) { return (count + 63) / 64; }

/// Packs up to 64 neighbouring bytes of 0 or 1; the rest of the word is 0.
inline uint64_t packWord(const uint8_t *bytes, int64_t count) {
  uint64_t word = 0;
  int64_t i = 0;
  // Eight bytes by a product that moves byte j's bit to bit 56 + j.
  for (; i + 8 <= count; i += 8) {
    uint64_t eight;
    std::memcpy(&eight, bytes + i, sizeof eight);
    word |= (eight * 0x0102040810204080ull >> 56) << i;
  }
  for (; i < count; ++i)
    word |= static_cast<uint64_t>(bytes[i]) << i;
  return word;
}

/// Packs `count` neighbouring bytes of 0 or 1; bits behind the last are 0.
inline void packBits(const uint8_t *bytes, int64_t count, uint64_t *words) {
  for (int64_t begin = 0; begin < count; begin += 64)
    *words++ = packWord(bytes + begin, std::min<int64_t>(64, count - begin));
}

/// Turns 64 words of 64 bits: bit j of word i becomes bit i of word j.
/// Hacker's Delight, section 7-3.
inline void turnBits(uint64_t (&words)[64]) {
  uint64_t mask = 0x00000000ffffffffull;
  for (int width = 32; width; width >>= 1, mask ^= mask << width)
    for (int i = 0; i < 64; i = (i + width + 1) & ~width) {
      uint64_t t = (words[i] >> width ^ words[i + width]) & mask;
      words[i] ^= t << width;
      words[i + width] ^= t;
    }
}

/// Packs the columns of a matrix [rows, columns] of bytes of 0 or 1: column c
/// to the wordsFor(rows) words from packed[c * wordsFor(rows)] on.
inline void packColumns(const uint8_t *bytes, int64_t rows, int64_t columns,
                        uint64_t *packed) {
  int64_t words = wordsFor(rows);
  for (int64_t w = 0; w < words; ++w)
    for (int64_t first = 0; first < columns; first += 64) {
      int64_t height = std::min<int64_t>(64, rows - w * 64);
      int64_t width = std::min<int64_t>(64, columns - first);
      uint64_t block[64] = {};
      for (int64_t r = 0; r < height; ++r)
        block[r] = packWord(bytes + (w * 64 + r) * columns + first, width);
      turnBits(block);
      for (int64_t c = 0; c < width; ++c)
        packed[(first + c) * words + w] = block[c];
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
