//===- Histogram512.cpp - The histogram of levels by bit planes -----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A table in memory takes a load, an addition and a store for every byte. Here
// a block of bytes becomes eight planes of bits, those make a set of bytes for
// each value of the upper and of the lower half, and intersections are counted.
// Upper halves that do not occur, most of them where levels lie around the zero
// point, cost nothing. Compiled with this instruction set's flags; see
// CMakeLists.txt.
//
//===----------------------------------------------------------------------===//

#include "Isa.h"

#include <immintrin.h>

namespace snn::rt::detail {
namespace {

constexpr int64_t lanes = 64;                 // bytes of a vector
constexpr int64_t sets = 16;                  // vectors of bits of a block
constexpr int64_t blockBytes = sets * 64 * 8; // 8,192
constexpr int halves = 16;                    // values of half a byte
/// Members of an upper half up to which one at a time is faster, as each may be
/// a branch that nothing foretells.
constexpr int64_t fewMembers = 8;

struct Block {
  /// Bit i of word w of a plane belongs to byte 64 w + i.
  alignas(64) uint64_t planes[8][blockBytes / lanes];
  /// The bytes of each lower half.
  __m512i lower[halves][sets];
};

/// The bytes of which four planes hold the value `half`.
__m512i membersOf(const Block &b, int firstPlane, int half, int64_t set) {
  auto plane = [&](int bit) {
    __m512i v = _mm512_load_si512(b.planes[firstPlane + bit] + set * 8);
    return half >> bit & 1 ? v : _mm512_xor_si512(v, _mm512_set1_epi64(-1));
  };
  return _mm512_and_si512(_mm512_and_si512(plane(0), plane(1)),
                          _mm512_and_si512(plane(2), plane(3)));
}

/// Lane i of the result is the sum of the lanes of v[i].
__m512i addAcross(const __m512i *v) {
  __m512i pairs[4], quads[2];
  for (int i = 0; i < 4; ++i)
    pairs[i] = _mm512_add_epi64(_mm512_unpacklo_epi64(v[2 * i], v[2 * i + 1]),
                                _mm512_unpackhi_epi64(v[2 * i], v[2 * i + 1]));
  for (int i = 0; i < 2; ++i)
    quads[i] = _mm512_add_epi64(
        _mm512_shuffle_i64x2(pairs[2 * i], pairs[2 * i + 1], 0x88),
        _mm512_shuffle_i64x2(pairs[2 * i], pairs[2 * i + 1], 0xdd));
  // Lanes 0 and 1, 4 and 5 of quads: parts of v[0], v[1], ...
  __m512i low = _mm512_shuffle_i64x2(quads[0], quads[1], 0x88);
  __m512i high = _mm512_shuffle_i64x2(quads[0], quads[1], 0xdd);
  return _mm512_add_epi64(low, high);
}

/// Counts of one block; `used` vectors of bits of the block are in use, all of
/// them where that is known to the compiler.
template <int64_t Known>
void countBlock(Block &b, const uint8_t *levels, int64_t words,
                int64_t *counts) {
  const int64_t used = Known ? Known : (words + 7) / 8;
  for (int64_t w = 0; w < used * 8; ++w) {
    __m512i v = w < words ? _mm512_loadu_si512(levels + w * lanes)
                          : _mm512_setzero_si512();
    for (int bit = 7; bit >= 0; --bit) {
      b.planes[bit][w] = _mm512_movepi8_mask(v);
      v = _mm512_add_epi8(v, v);
    }
  }
  for (int half = 0; half < halves; ++half)
    for (int64_t s = 0; s < used; ++s)
      b.lower[half][s] = membersOf(b, 0, half, s);
  for (int upper = 0; upper < halves; ++upper) {
    __m512i members[sets], sum = _mm512_setzero_si512();
    for (int64_t s = 0; s < used; ++s) {
      members[s] = membersOf(b, 4, upper, s);
      sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(members[s]));
    }
    int64_t count = _mm512_reduce_add_epi64(sum);
    int64_t *out = counts + upper * halves;
    if (count == 0)
      continue;
    if (count <= fewMembers && upper > 0) {
      for (int64_t s = 0; s < used; ++s) {
        alignas(64) uint64_t bits[8];
        _mm512_store_si512(bits, members[s]);
        for (int64_t w = 0; w < 8; ++w)
          for (uint64_t left = bits[w]; left; left &= left - 1)
            ++counts[levels[(s * 8 + w) * lanes + __builtin_ctzll(left)]];
      }
      continue;
    }
    // Eight sums at a time, turned into one vector of totals.
    for (int first = 0; first < halves; first += 8) {
      __m512i both[8];
      for (int i = 0; i < 8; ++i) {
        __m512i even = _mm512_setzero_si512(), odd = even;
        for (int64_t s = 0; s < used; ++s) {
          __m512i here = _mm512_popcnt_epi64(
              _mm512_and_si512(members[s], b.lower[first + i][s]));
          if (s % 2)
            odd = _mm512_add_epi64(odd, here);
          else
            even = _mm512_add_epi64(even, here);
        }
        both[i] = _mm512_add_epi64(even, odd);
      }
      __m512i total =
          _mm512_add_epi64(_mm512_loadu_si512(out + first), addAcross(both));
      _mm512_storeu_si512(out + first, total);
    }
  }
  counts[0] -= (used * 8 - words) * lanes; // zeros that filled up
}

} // namespace

void avx512Histogram(const uint8_t *levels, int64_t n, int64_t *counts) {
  Block block;
  int64_t i = 0;
  while (n - i >= lanes) {
    int64_t words = (n - i) / lanes;
    if (words > blockBytes / lanes)
      words = blockBytes / lanes;
    if (words == blockBytes / lanes)
      countBlock<sets>(block, levels + i, words, counts);
    else
      countBlock<0>(block, levels + i, words, counts);
    i += words * lanes;
  }
  for (; i < n; ++i)
    ++counts[levels[i]];
}

} // namespace snn::rt::detail
