//===- NarrowWeights.cpp - Weights of few bits for one token --------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ttfs/NarrowWeights.h"

#include "ResidentStorage.h"
#include "ttfs/Packing.h"

#include <algorithm>
#include <cstring>

using namespace snn::rt;
using namespace snn::rt::detail;

/// The least width that holds all weights.
static int widthOf(const int8_t *w, int64_t n) {
  int8_t low = 0, high = 0;
  bool hasZero = false;
  for (int64_t i = 0; i < n; ++i) {
    low = std::min(low, w[i]);
    high = std::max(high, w[i]);
    hasZero |= w[i] == 0;
  }
  if (low >= -1 && high <= 1 && !hasZero)
    return 1;
  if (low >= -2 && high <= 1)
    return 2;
  return low >= -8 && high <= 7 ? 4 : 0;
}

int64_t NarrowWeights::panelBytes(int64_t inputs, int bits) {
  return packedGroups(inputs) * panelColumns * groupLevels * bits / 8;
}

void NarrowWeights::build() const {
  int64_t inputs = matrix.dim(0), outputs = matrix.dim(1);
  const int8_t *w = matrix.data<int8_t>();
  width = widthOf(w, matrix.size());
  if (width == 0)
    return;
  // A code c stands for c - 2^(width - 1), of one bit for 2c - 1. Sixteen
  // columns at a time, of which a byte of a vector holds one weight; the sets
  // of columns that share a vector lie in its bits from the lowest on. What is
  // beyond the matrix is never looked at: rows have zeros there.
  int64_t panel = panelBytes(inputs, width);
  int64_t panels = packedColumns(outputs) / panelColumns;
  storage = residentStorage(DType::U8, Shape{panels * panel});
  auto *bytes = static_cast<uint8_t *>(storage.get());
  std::memset(bytes, 0, static_cast<size_t>(panels * panel));
  int64_t perVector = 8 / width; // sets of 16 columns
  for (int64_t i = 0; i < inputs; ++i)
    for (int64_t j = 0; j < outputs; ++j) {
      int32_t value = w[i * outputs + j];
      auto code = static_cast<uint8_t>(width == 1 ? (value + 1) / 2
                                                  : value + (1 << (width - 1)));
      int64_t column = j % panelColumns, set = column / 16;
      int64_t inVector = column % 16 * groupLevels + i % groupLevels;
      uint8_t *group =
          bytes + j / panelColumns * panel +
          i / groupLevels * (panelColumns * groupLevels) * width / 8;
      if (width == 1) // words of bits, one for each set
        group[set * 8 + inVector / 8] |=
            static_cast<uint8_t>(code << (inVector % 8));
      else
        group[set / perVector * 64 + inVector] |=
            static_cast<uint8_t>(code << (set % perVector * width));
    }
}

int NarrowWeights::bits() const {
  std::call_once(once, [this] { build(); });
  return width;
}

const uint8_t *NarrowWeights::packed() const {
  return bits() ? static_cast<const uint8_t *>(storage.get()) : nullptr;
}
