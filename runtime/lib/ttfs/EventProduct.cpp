//===- EventProduct.cpp - Products that skip silent neurons ---------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ttfs/EventProduct.h"

#include "Parallel.h"
#include "Support.h"
#include "ttfs/NarrowWeights.h"
#include "ttfs/Packing.h"

using namespace snn::rt;
using namespace snn::rt::detail;

namespace {
struct IndexTag;
struct DifferenceTag;
struct ListTag;
} // namespace

static ProductKernel &requestedKernel() {
  static ProductKernel kernel = ProductKernel::Chosen;
  return kernel;
}

void snn::rt::detail::setProductKernel(ProductKernel kernel) {
  requestedKernel() = kernel;
}

/// Inputs whose weights of a panel, 24 KiB, stay in the first-level cache while
/// rows follow each other.
static constexpr int64_t cachedInputs = 384;

//===----------------------------------------------------------------------===//
// Cost
//===----------------------------------------------------------------------===//

// Nanoseconds on a Zen 5 core with AVX-512, fitted to runtime/benchmarks
// (linearSilence); only their ratios matter. A visit is one group of inputs (or
// one input) of one row times a panel of weights.
namespace {
constexpr double denseVisit = 0.66;
/// Weights that come from beyond the second-level cache, once for all rows.
constexpr double denseLoad = 3.4;
/// Of one row, with weights of 4 bits, and of less.
constexpr double narrowVisit4 = 1.7;
constexpr double narrowVisit = 1.45;
constexpr double groupVisit = 1.4;
constexpr double groupLoad = 2.6;
constexpr double eventVisit = 1.15;
/// Of a list with each panel.
constexpr double listPanel = 14;
} // namespace

ProductKernel snn::rt::detail::chooseKernel(int64_t rows, int64_t inputs,
                                            int64_t outputs, int64_t groups,
                                            int64_t events, int narrowBits) {
  auto panels =
      static_cast<double>((outputs + panelColumns - 1) / panelColumns);
  int64_t allGroups = (inputs + groupLevels - 1) / groupLevels;
  auto visits = static_cast<double>(groups);
  double rowCount = static_cast<double>(rows);
  double dense = panels * static_cast<double>(allGroups) *
                 std::max(denseVisit * rowCount, denseLoad);
  ProductKernel all = ProductKernel::Dense;
  if (rows == 1 && narrowBits) {
    double narrow = panels * static_cast<double>(allGroups) *
                    (narrowBits == 4 ? narrowVisit4 : narrowVisit);
    if (narrow < dense) {
      dense = narrow;
      all = ProductKernel::Narrow;
    }
  }
  double loads = static_cast<double>(std::min(groups, allGroups));
  auto lists = static_cast<double>((inputs + cachedInputs - 1) / cachedInputs);
  double byGroups = panels * (groupVisit * visits + groupLoad * loads +
                              listPanel * lists * rowCount);
  double byEvents = panels * (eventVisit * static_cast<double>(events) +
                              listPanel * rowCount);
  if (dense <= std::min(byGroups, byEvents))
    return all;
  return byGroups < byEvents ? ProductKernel::Groups : ProductKernel::Events;
}

ProductKernel snn::rt::detail::chooseKernel(const LinearArguments &a) {
  if (requestedKernel() != ProductKernel::Chosen)
    return requestedKernel();
  // The costs are those of the AVX-512 kernels, which few rows use on tiles'
  // machines as well.
  constexpr int64_t tileRows = 32;
  if (currentIsa() < Isa::Avx512 ||
      (currentIsa() == Isa::Amx && a.rows >= tileRows))
    return ProductKernel::Dense;
  int64_t inputs = a.weights.inputs(), outputs = a.weights.outputs();
  int narrowBits = a.rows == 1 ? a.weights.narrow()->bits() : 0;
  ProductKernel silent =
      chooseKernel(a.rows, inputs, outputs, 0, 0, narrowBits);
  if (silent == ProductKernel::Dense || silent == ProductKernel::Narrow)
    return silent;
  // Groups that a row's end cuts are counted as they lie.
  int64_t events, groups;
  loops().countEvents(a.train, a.rows * inputs,
                      static_cast<uint8_t>(a.coding.mask), &events, &groups);
  return chooseKernel(a.rows, inputs, outputs, groups, events, narrowBits);
}

void snn::rt::detail::multiplyNarrow(const LinearArguments &a,
                                     const uint8_t *row, const int32_t *init,
                                     int64_t begin, int64_t end, int32_t *out) {
  const NarrowWeights &narrow = *a.weights.narrow();
  int64_t inputs = a.weights.inputs();
  int64_t panel = NarrowWeights::panelBytes(inputs, narrow.bits());
  for (int64_t j = begin; j < end; j += panelColumns)
    loops().narrowProduct(row, narrow.packed() + j / panelColumns * panel,
                          narrow.bits(), packedGroups(inputs),
                          std::min(panelColumns, end - j), init + j,
                          out + (j - begin));
}

//===----------------------------------------------------------------------===//
// Lists
//===----------------------------------------------------------------------===//

EventLists::EventLists(const LinearArguments &a, ProductKernel kernel)
    : isGroups(kernel == ProductKernel::Groups) {
  int64_t n = a.weights.inputs();
  bool isCut = isGroups && a.rows > 2;
  chunkInputs = isCut ? cachedInputs : std::max<int64_t>(n, 1);
  chunks = std::max<int64_t>(1, (n + chunkInputs - 1) / chunkInputs);
  // Differences may need two bytes; lists are filled up, and stored by whole
  // vectors.
  chunkRoom =
      2 * (isGroups ? packedGroups(chunkInputs) : chunkInputs) + 16 + eventStep;
  pitch = chunks * chunkRoom;
  indices = scratch<int32_t, IndexTag>(a.rows * pitch);
  differences = scratch<int32_t, DifferenceTag>(a.rows * pitch);
  lists = scratch<List, ListTag>(a.rows * chunks);
  int32_t mask = a.coding.mask, top = a.coding.maxLevel();
  const LoopTable &table = loops();
  parallelFor(a.rows, 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin * chunks; i < end * chunks; ++i) {
      int64_t first = i % chunks * chunkInputs;
      const uint8_t *levels = a.train + i / chunks * n + first;
      int64_t count = std::min(chunkInputs, n - first);
      int64_t at = i * chunkRoom;
      if (isGroups)
        lists[i].count = table.listGroups(
            levels, count, mask, top, indices + at,
            static_cast<int32_t *>(differences) + at, &lists[i].sum);
      else
        lists[i].count =
            table.listEvents(levels, count, mask, top, indices + at,
                             static_cast<int8_t *>(differences) + at);
    }
  });
}

void EventLists::multiplyGroups(const LinearArguments &a, int64_t row,
                                int64_t rows, int64_t column, int64_t columns,
                                int32_t *out, int64_t ldo) const {
  const int8_t *panel = static_cast<const int8_t *>(a.weights.packed().get()) +
                        column * packedGroups(a.weights.inputs()) * groupLevels;
  const int32_t *offset = a.offset ? a.offset + column : nullptr;
  const LoopTable &table = loops();
  for (int64_t chunk = 0; chunk < chunks; ++chunk)
    for (int64_t r = row; r < row + rows; ++r) {
      int64_t i = r * chunks + chunk;
      int32_t *sums = out + (r - row) * ldo;
      table.groupProduct(
          panel + chunk * chunkInputs * panelColumns, indices + i * chunkRoom,
          static_cast<int32_t *>(differences) + i * chunkRoom, lists[i].count,
          lists[i].sum, columns, chunk == 0 ? offset : sums, sums);
    }
}

void EventLists::multiply(const LinearArguments &a, int64_t row, int64_t rows,
                          int64_t column, int64_t columns, int32_t *out,
                          int64_t ldo) const {
  if (isGroups)
    return multiplyGroups(a, row, rows, column, columns, out, ldo);
  int64_t outputs = a.weights.outputs();
  const int8_t *w = a.weights.matrix().data<int8_t>() + column;
  const int32_t *offset = a.offset ? a.offset + column : nullptr;
  const LoopTable &table = loops();
  for (int64_t r = row; r < row + rows; ++r)
    table.eventProduct(w, outputs, indices + r * pitch,
                       static_cast<int8_t *>(differences) + r * pitch,
                       lists[r].count, columns, offset, out + (r - row) * ldo);
}
