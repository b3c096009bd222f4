//===- Amx.cpp - The integer product on AMX tiles ---------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The packed layout is a sequence of tiles as it stands: 16 groups of a panel
// are 16 rows that are 256 bytes apart, 16 columns are 64 bytes of each.
// Compiled with this instruction set's flags; see CMakeLists.txt.
//
//===----------------------------------------------------------------------===//

#include "Isa.h"

#include <immintrin.h>

using namespace snn::rt::detail;

namespace {

constexpr int64_t tileRows = 16;
constexpr int64_t tileGroups = 16;
constexpr int64_t tileBytes = 64;
constexpr int64_t panelBytes = panelColumns * groupLevels; // of one group

/// The operand of LDTILECFG.
struct alignas(64) TileConfiguration {
  uint8_t palette = 1, startRow = 0, reserved[14] = {};
  uint16_t bytes[16] = {};
  uint8_t rows[16] = {};
};

/// What is left of the groups after whole tiles, padded with zeros.
struct Tail {
  alignas(64) uint8_t a[2 * tileRows * tileBytes];
  alignas(64) int8_t w[tileGroups * panelBytes];
};

/// One panel's pointers.
struct Panel {
  const int8_t *weights;
  int64_t wholeTiles;
  bool hasTail;
  const int32_t *init;
};

/// Moves a tile of accumulators out; part of it where the matrix ends.
void storePart(const int32_t *tile, int32_t *out, int64_t ldo,
               int64_t columns) {
  for (int64_t r = 0; r < tileRows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      out[r * ldo + c] = tile[r * 16 + c];
}

#define SNN_STORE_TILE(TILE, OUT, COLUMNS)                                     \
  if ((COLUMNS) >= 16) {                                                       \
    _tile_stored(TILE, OUT, ldo * sizeof(int32_t));                            \
  } else if ((COLUMNS) > 0) {                                                  \
    alignas(64) int32_t part[tileRows * 16];                                   \
    _tile_stored(TILE, part, tileBytes);                                       \
    storePart(part, OUT, ldo, COLUMNS);                                        \
  }

/// 32 rows by 32 columns: tiles 0 to 3 accumulate, 4 and 5 hold levels, 6 and 7
/// weights.
inline void product32(const uint8_t *a, int64_t lda, const Panel &panel,
                      const Tail &tail, int64_t half, int32_t *out, int64_t ldo,
                      int64_t columns) {
  const int8_t *w = panel.weights + half * 2 * tileBytes;
  const int32_t *init = panel.init + half * 32;
  // A stride of zero gives every row the same start.
  _tile_loadd(0, init, 0);
  _tile_loadd(1, init + 16, 0);
  _tile_loadd(2, init, 0);
  _tile_loadd(3, init + 16, 0);
  for (int64_t t = 0; t < panel.wholeTiles; ++t) {
    const int8_t *b = w + t * tileGroups * panelBytes;
    _tile_loadd(4, a + t * tileBytes, lda);
    _tile_loadd(6, b, panelBytes);
    _tile_loadd(7, b + tileBytes, panelBytes);
    _tile_loadd(5, a + tileRows * lda + t * tileBytes, lda);
    _tile_dpbusd(0, 4, 6);
    _tile_dpbusd(1, 4, 7);
    _tile_dpbusd(2, 5, 6);
    _tile_dpbusd(3, 5, 7);
  }
  if (panel.hasTail) {
    const int8_t *b = tail.w + half * 2 * tileBytes;
    _tile_loadd(4, tail.a, tileBytes);
    _tile_loadd(5, tail.a + tileRows * tileBytes, tileBytes);
    _tile_loadd(6, b, panelBytes);
    _tile_loadd(7, b + tileBytes, panelBytes);
    _tile_dpbusd(0, 4, 6);
    _tile_dpbusd(1, 4, 7);
    _tile_dpbusd(2, 5, 6);
    _tile_dpbusd(3, 5, 7);
  }
  int32_t *lower = out + tileRows * ldo;
  SNN_STORE_TILE(0, out, columns)
  SNN_STORE_TILE(1, out + 16, columns - 16)
  SNN_STORE_TILE(2, lower, columns)
  SNN_STORE_TILE(3, lower + 16, columns - 16)
}

/// Every tile whole.
void configureTiles() {
  TileConfiguration configuration;
  for (int i = 0; i < 8; ++i) {
    configuration.bytes[i] = tileBytes;
    configuration.rows[i] = tileRows;
  }
  _tile_loadconfig(&configuration);
}

} // namespace

int64_t snn::rt::detail::amxPeakProducts(int64_t steps) {
  configureTiles();
  for (int64_t i = 0; i < steps; ++i) {
    _tile_dpbusd(0, 4, 6);
    _tile_dpbusd(1, 4, 7);
    _tile_dpbusd(2, 5, 6);
    _tile_dpbusd(3, 5, 7);
  }
  _tile_release();
  return steps * 4 * tileRows * 16 * tileBytes;
}

void snn::rt::detail::amxProductU8S8(const uint8_t *a, int64_t lda,
                                     int64_t rows, const int8_t *packed,
                                     int64_t groups, int64_t columns,
                                     const int32_t *init,
                                     const int32_t *rowInit, int32_t *out,
                                     int64_t ldo, int bits) {
  constexpr int64_t blockRows = 2 * tileRows;
  int64_t tiled = rows / blockRows * blockRows;
  // Tiles need rows to fill them.
  if (groups < tileGroups / 2)
    tiled = 0;
  if (tiled < rows)
    avx512Loops.productU8S8(a + tiled * lda, lda, rows - tiled, packed, groups,
                            columns, init, rowInit ? rowInit + tiled : nullptr,
                            out + tiled * ldo, ldo, bits);
  if (tiled == 0)
    return;

  configureTiles();
  int64_t whole = groups / tileGroups, rest = groups % tileGroups;
  Tail tail;
  if (rest) {
    __builtin_memset(tail.a, 0, sizeof tail.a);
    __builtin_memset(tail.w, 0, sizeof tail.w);
  }
  for (int64_t j = 0; j < columns; j += panelColumns) {
    const int8_t *weights = packed + j * groups * groupLevels;
    Panel panel = {weights, whole, rest != 0, init + j};
    if (rest)
      __builtin_memcpy(tail.w, weights + whole * tileGroups * panelBytes,
                       rest * panelBytes);
    int64_t count = columns - j < panelColumns ? columns - j : panelColumns;
    for (int64_t r = 0; r < tiled; r += blockRows) {
      if (rest)
        for (int64_t i = 0; i < blockRows; ++i)
          __builtin_memcpy(tail.a + i * tileBytes,
                           a + (r + i) * lda + whole * tileBytes,
                           rest * groupLevels);
      int32_t *block = out + r * ldo + j;
      product32(a + r * lda, lda, panel, tail, 0, block, ldo, count);
      if (count > 32)
        product32(a + r * lda, lda, panel, tail, 1, block + 32, ldo,
                  count - 32);
      if (rowInit)
        for (int64_t i = 0; i < blockRows; ++i)
          for (int64_t c = 0; c < count; ++c)
            block[i * ldo + c] =
                static_cast<int32_t>(static_cast<uint32_t>(block[i * ldo + c]) +
                                     static_cast<uint32_t>(rowInit[r + i]));
    }
  }
  _tile_release();
}
