//===- AvxVnni.cpp - Integer product of AVX-VNNI machines -----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Processors with 256-bit vectors and their product of bytes: one instruction
// where AVX2 alone takes three, or six for levels of eight bits. Compiled with
// this instruction set's flags; see CMakeLists.txt. Includes nothing that could
// emit a shared inline function.
//
//===----------------------------------------------------------------------===//

#include "Isa.h"

#include <immintrin.h>

using namespace snn::rt::detail;

// Six rows at most, each with variables of its own: compilers keep no array in
// registers that they unroll late.
#define SNN_EACH_ROW(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5)

/// Columns of a tile: two vectors.
static constexpr int64_t tileColumns = 16;

static void storeRow(__m256i first, __m256i second, int32_t *out,
                     int64_t columns) {
  if (columns >= tileColumns) {
    _mm256_storeu_si256(reinterpret_cast<__m256i *>(out), first);
    _mm256_storeu_si256(reinterpret_cast<__m256i *>(out + 8), second);
    return;
  }
  alignas(32) int32_t row[tileColumns];
  _mm256_store_si256(reinterpret_cast<__m256i *>(row), first);
  _mm256_store_si256(reinterpret_cast<__m256i *>(row + 8), second);
  for (int64_t j = 0; j < columns; ++j)
    out[j] = row[j];
}

/// R rows by 16 columns of a panel.
template <int R>
static void levelTile(const uint8_t *a, int64_t lda, const int8_t *panel,
                      int64_t groups, const int32_t *init,
                      const int32_t *rowInit, int32_t *out, int64_t ldo,
                      int64_t columns) {
  __m256i init0 = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(init));
  __m256i init1 =
      _mm256_loadu_si256(reinterpret_cast<const __m256i *>(init + 8));
#define SNN_START(r)                                                           \
  __m256i first##r = _mm256_set1_epi32(rowInit && r < R ? rowInit[r] : 0);     \
  __m256i sum##r##0 = _mm256_add_epi32(init0, first##r);                       \
  __m256i sum##r##1 = _mm256_add_epi32(init1, first##r);
  SNN_EACH_ROW(SNN_START)
#undef SNN_START
  for (int64_t g = 0; g < groups; ++g) {
    auto *w = reinterpret_cast<const __m256i *>(panel +
                                                g * panelColumns * groupLevels);
    __m256i w0 = _mm256_loadu_si256(w), w1 = _mm256_loadu_si256(w + 1);
#define SNN_STEP(r)                                                            \
  if (r < R) {                                                                 \
    int32_t four;                                                              \
    __builtin_memcpy(&four, a + r * lda + groupLevels * g, 4);                 \
    __m256i q = _mm256_set1_epi32(four);                                       \
    sum##r##0 = _mm256_dpbusd_avx_epi32(sum##r##0, q, w0);                     \
    sum##r##1 = _mm256_dpbusd_avx_epi32(sum##r##1, q, w1);                     \
  }
    SNN_EACH_ROW(SNN_STEP)
#undef SNN_STEP
  }
#define SNN_STORE(r)                                                           \
  if (r < R)                                                                   \
    storeRow(sum##r##0, sum##r##1, out + r * ldo, columns);
  SNN_EACH_ROW(SNN_STORE)
#undef SNN_STORE
}

void snn::rt::detail::avxVnniProductU8S8(const uint8_t *a, int64_t lda,
                                         int64_t rows, const int8_t *packed,
                                         int64_t groups, int64_t columns,
                                         const int32_t *init,
                                         const int32_t *rowInit, int32_t *out,
                                         int64_t ldo, int) {
  for (int64_t j = 0; j < columns; j += tileColumns) {
    const int8_t *panel =
        packed + j / panelColumns * panelColumns * groups * groupLevels +
        j % panelColumns * groupLevels;
    int64_t r = 0;
    for (; r + 6 <= rows; r += 6)
      levelTile<6>(a + r * lda, lda, panel, groups, init + j,
                   rowInit ? rowInit + r : nullptr, out + r * ldo + j, ldo,
                   columns - j);
    for (; r + 2 <= rows; r += 2)
      levelTile<2>(a + r * lda, lda, panel, groups, init + j,
                   rowInit ? rowInit + r : nullptr, out + r * ldo + j, ldo,
                   columns - j);
    for (; r < rows; ++r)
      levelTile<1>(a + r * lda, lda, panel, groups, init + j,
                   rowInit ? rowInit + r : nullptr, out + r * ldo + j, ldo,
                   columns - j);
  }
}

/// Twelve sums: enough for the instruction's latency.
int64_t snn::rt::detail::avxVnniPeakProducts(int64_t steps) {
  __m256i q = _mm256_set1_epi8(3), w = _mm256_set1_epi8(1);
#define SNN_EACH_SUM(DO)                                                       \
  DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)
#define SNN_START(i) __m256i sum##i = _mm256_setzero_si256();
  SNN_EACH_SUM(SNN_START)
#undef SNN_START
  for (int64_t step = 0; step < steps; ++step) {
#define SNN_STEP(i)                                                            \
  sum##i = _mm256_dpbusd_avx_epi32(sum##i, q, w);                              \
  asm volatile("" : "+x"(sum##i));
    SNN_EACH_SUM(SNN_STEP)
#undef SNN_STEP
  }
#undef SNN_EACH_SUM
  return steps * 12 * 32;
}
#undef SNN_EACH_ROW
