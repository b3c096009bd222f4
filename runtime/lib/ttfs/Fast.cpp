//===- Fast.cpp - One integer product over the levels -----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A silent neuron's stored level is m, so sum w * (q - m) over the spiking
// inputs is sum w * q over all inputs, minus m times the column sum.
//
// A neuron's level is the number of thresholds that its potential reaches.
// Where they were made from a re-quantiser, that is the re-quantiser's level.
//
//===----------------------------------------------------------------------===//

#include "Parallel.h"
#include "Support.h"
#include "isa/Isa.h"
#include "ttfs/BlockEpilogue.h"
#include "ttfs/EventProduct.h"
#include "ttfs/Modes.h"
#include "ttfs/Packing.h"

#include <algorithm>
#include <cstring>

using namespace snn::rt;
using namespace snn::rt::detail;

namespace {
struct RowTag;
struct InitTag;
struct RowInitTag;
struct PackedTag;
struct ResultTag;
struct ThresholdTag;
} // namespace

/// a - b * c modulo 2^32.
static int32_t subtractProduct(int32_t a, int32_t b, int32_t c) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) -
                              static_cast<uint32_t>(b) *
                                  static_cast<uint32_t>(c));
}

/// Rows of levels whose length is a whole number of groups: the train itself,
/// or a copy.
static const uint8_t *groupedRows(const uint8_t *train, int64_t rows,
                                  int64_t inputs) {
  int64_t length = packedGroups(inputs) * groupLevels;
  if (length == inputs)
    return train;
  uint8_t *copy = scratch<uint8_t, RowTag>(rows * length);
  for (int64_t r = 0; r < rows; ++r) {
    std::memcpy(copy + r * length, train + r * inputs, inputs);
    std::memset(copy + r * length + inputs, 0, length - inputs);
  }
  return copy;
}

/// What the accumulators start from: the offset, less the mask level times the
/// column sum. Whole panels.
static const int32_t *startOf(const LinearArguments &a) {
  int64_t outputs = a.weights.outputs();
  int32_t *init = scratch<int32_t, InitTag>(packedColumns(outputs));
  const std::vector<int32_t> &sums = a.weights.columnSums();
  for (int64_t j = 0; j < outputs; ++j)
    init[j] =
        subtractProduct(a.offset ? a.offset[j] : 0, a.coding.mask, sums[j]);
  std::fill(init + outputs, init + packedColumns(outputs), 0);
  return init;
}

void fast::linear(const LinearArguments &a) {
  int64_t inputs = a.weights.inputs(), outputs = a.weights.outputs();
  const Tensor &matrix = a.weights.matrix();
  if (matrix.dtype() == DType::I16)
    return loops().productU8S16(a.train, inputs, a.rows, matrix.data<int16_t>(),
                                inputs, outputs, outputs, a.coding.mask,
                                a.offset, a.membrane, outputs);
  ProductKernel kernel = chooseKernel(a);
  if (kernel == ProductKernel::Narrow) {
    const uint8_t *row = groupedRows(a.train, 1, inputs);
    const int32_t *init = startOf(a);
    return parallelFor(outputs, panelColumns, [&](int64_t begin, int64_t end) {
      multiplyNarrow(a, row, init, begin, end, a.membrane + begin);
    });
  }
  if (kernel != ProductKernel::Dense) {
    EventLists lists(a, kernel);
    return parallelFor(outputs, panelColumns, [&](int64_t begin, int64_t end) {
      for (int64_t j = begin; j < end; j += panelColumns)
        lists.multiply(a, 0, a.rows, j, std::min(panelColumns, end - j),
                       a.membrane + j, outputs);
    });
  }
  int64_t groups = packedGroups(inputs), length = groups * groupLevels;
  const uint8_t *rows = groupedRows(a.train, a.rows, inputs);
  const auto *packed = static_cast<const int8_t *>(a.weights.packed().get());
  const int32_t *init = startOf(a);
  parallelFor(outputs, panelColumns, [&](int64_t begin, int64_t end) {
    loops().productU8S8(rows, length, a.rows, packed + begin * length, groups,
                        end - begin, init + begin, nullptr, a.membrane + begin,
                        outputs, a.coding.bits);
  });
}

/// Calls multiply(row, rows, column, columns, sums) for every block of a
/// panel, and hands the sums to `epilogue`.
template <typename Multiply>
static void multiplyBlocks(const LinearArguments &a,
                           const BlockEpilogue &epilogue, Multiply multiply) {
  // Sums of 96 rows of a panel are 24 KiB: they and the rows' levels stay in
  // the caches next to the core. A multiple of every kernel's row count.
  constexpr int64_t blockRows = 96;
  int64_t outputs = a.weights.outputs();
  // Block by block of a panel, which stays in the second-level cache.
  int64_t rowBlocks = (a.rows + blockRows - 1) / blockRows;
  int64_t panels = (outputs + panelColumns - 1) / panelColumns;
  parallelFor(panels * rowBlocks, 1, [&](int64_t begin, int64_t end) {
    int32_t *sums = scratch<int32_t, ResultTag>(blockRows * panelColumns);
    for (int64_t block = begin; block < end; ++block) {
      int64_t j = block / rowBlocks * panelColumns;
      int64_t r = block % rowBlocks * blockRows;
      int64_t columns = std::min(panelColumns, outputs - j);
      int64_t count = std::min(blockRows, a.rows - r);
      multiply(r, count, j, columns, sums);
      epilogue.apply(sums, panelColumns, r, count, j, columns);
    }
  });
}

void fast::linear(const LinearArguments &a, const BlockEpilogue &epilogue) {
  ProductKernel kernel = chooseKernel(a);
  if (kernel == ProductKernel::Narrow) {
    const uint8_t *row = groupedRows(a.train, 1, a.weights.inputs());
    const int32_t *init = startOf(a);
    return multiplyBlocks(
        a, epilogue,
        [&](int64_t, int64_t, int64_t column, int64_t columns, int32_t *sums) {
          multiplyNarrow(a, row, init, column, column + columns, sums);
        });
  }
  if (kernel != ProductKernel::Dense) {
    EventLists lists(a, kernel);
    return multiplyBlocks(a, epilogue,
                          [&](int64_t row, int64_t rows, int64_t column,
                              int64_t columns, int32_t *sums) {
                            lists.multiply(a, row, rows, column, columns, sums,
                                           panelColumns);
                          });
  }
  int64_t inputs = a.weights.inputs();
  int64_t groups = packedGroups(inputs), length = groups * groupLevels;
  const uint8_t *levels = groupedRows(a.train, a.rows, inputs);
  const int32_t *init = startOf(a);
  const auto *packed = static_cast<const int8_t *>(a.weights.packed().get());
  const LoopTable &table = loops();
  multiplyBlocks(a, epilogue,
                 [&](int64_t row, int64_t rows, int64_t column, int64_t columns,
                     int32_t *sums) {
                   table.productU8S8(levels + row * length, length, rows,
                                     packed + column * length, groups, columns,
                                     init + column, nullptr, sums, panelColumns,
                                     a.coding.bits);
                 });
}

void fast::dynamicProduct(const ProductArguments &a) {
  int64_t groups = packedGroups(a.inputs), length = groups * groupLevels;
  int8_t *packed = scratch<int8_t, PackedTag>(packedBytes(a.inputs, a.outputs));
  int32_t *init = scratch<int32_t, InitTag>(packedColumns(a.outputs));
  // The packed operand is `factor * q - base`; where q - zero needs more than 8
  // bits, the rest is a multiple of the sum of the row's levels.
  int32_t factor = a.residentBits == 1 ? 2 : 1;
  int32_t zero = a.residentBits == 1 ? 1 : a.residentZero;
  int32_t base = zero;
  if (a.residentBits > 1 &&
      (zero > 128 || (1 << a.residentBits) - 1 - zero > 127))
    base = 128;
  // Minus z times kappa, kappa = sum of factor * q - zero.
  if (a.transposed)
    loops().packByOutput(a.resident, a.inputs, a.outputs, factor, base, packed,
                         init);
  else
    loops().packByInput(a.resident, a.outputs, a.inputs, a.outputs, factor,
                        base, 0, packed, init);
  for (int64_t j = 0; j < a.outputs; ++j)
    init[j] = -a.coding.zero *
              (factor * init[j] - zero * static_cast<int32_t>(a.inputs));
  int32_t *rowInit = nullptr;
  if (base != zero) {
    rowInit = scratch<int32_t, RowInitTag>(a.rows);
    for (int64_t r = 0; r < a.rows; ++r) {
      int32_t total = 0;
      for (int64_t i = 0; i < a.inputs; ++i)
        total += a.train[r * a.inputs + i];
      rowInit[r] = (base - zero) * total;
    }
  }
  loops().productU8S8(groupedRows(a.train, a.rows, a.inputs), length, a.rows,
                      packed, groups, a.outputs, init, rowInit, a.membrane,
                      a.outputs, a.coding.bits);
}

void fast::fire(const FireArguments &a) {
  int32_t top = a.coding.maxLevel();
  const LoopTable &table = loops();
  const FireRequantiser *f = a.requantiser;
  if (f && !a.coding.hasTable())
    return f->channels.forEachRow([&](int64_t at, int64_t n, const float *s,
                                      int64_t ss, const float *b, int64_t sb) {
      table.requantize(a.membrane + at, s, ss, b, sb, f->relu, a.train + at, n,
                       f->rule(a.coding));
    });
  if (a.sharedThresholds)
    return table.fire(a.membrane, a.thresholds, 1, 0, a.train,
                      a.outer * a.channels * a.inner, top, a.coding.mask,
                      a.coding.radius);
  if (a.inner == 1) {
    // Neighbouring neurons are neighbouring channels. The thresholds of a block
    // of channels, level by level, serve all rows.
    constexpr int64_t block = 64;
    int32_t *byLevel = scratch<int32_t, ThresholdTag>(top * block);
    for (int64_t begin = 0; begin < a.channels; begin += block) {
      int64_t count = std::min(block, a.channels - begin);
      for (int64_t c = 0; c < count; ++c)
        for (int64_t t = 0; t < top; ++t)
          byLevel[t * block + c] = a.thresholds[(begin + c) * top + t];
      for (int64_t o = 0; o < a.outer; ++o)
        table.fire(a.membrane + o * a.channels + begin, byLevel, block, 1,
                   a.train + o * a.channels + begin, count, top, a.coding.mask,
                   a.coding.radius);
    }
    return;
  }
  for (int64_t o = 0; o < a.outer; ++o)
    for (int64_t c = 0; c < a.channels; ++c) {
      int64_t at = (o * a.channels + c) * a.inner;
      table.fire(a.membrane + at, a.thresholds + c * top, 1, 0, a.train + at,
                 a.inner, top, a.coding.mask, a.coding.radius);
    }
}
