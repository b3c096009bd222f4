//===- EventProduct.cpp - Products that skip silent neurons ---------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ttfs/EventProduct.h"

#include "Parallel.h"
#include "Support.h"

using namespace snn::rt;
using namespace snn::rt::detail;

namespace {
struct InputTag;
struct DifferenceTag;
struct CountTag;
} // namespace

static ProductKernel &chosenKernel() {
  static ProductKernel kernel = ProductKernel::Chosen;
  return kernel;
}

void snn::rt::detail::setProductKernel(ProductKernel kernel) {
  chosenKernel() = kernel;
}

//===----------------------------------------------------------------------===//
// Cost
//===----------------------------------------------------------------------===//

// Times in units of one weight's product in the dense kernel on many rows,
// measured by runtime/benchmarks (linearSilence) with AVX-512; only their
// ratios matter.
namespace {
/// A weight of the dense kernel, by how many rows share its load.
constexpr double denseOfOneRow = 2.2;
constexpr double denseOfManyRows = 1.0;
constexpr int64_t manyRows = 6;
/// An event's weight, and what each list and each of its panels costs.
constexpr double eventWeight = 2.4;
constexpr double listInput = 16;
constexpr double listPanel = 1500;
} // namespace

bool snn::rt::detail::prefersEvents(int64_t rows, int64_t inputs,
                                    int64_t outputs, int64_t events) {
  auto product = [](int64_t a, int64_t b) {
    return static_cast<double>(a) * static_cast<double>(b);
  };
  double shared = static_cast<double>(std::min(rows, manyRows) - 1) /
                  static_cast<double>(manyRows - 1);
  double weight = denseOfOneRow + (denseOfManyRows - denseOfOneRow) * shared;
  double dense = weight * product(rows, inputs) * static_cast<double>(outputs);
  int64_t panels = (outputs + panelColumns - 1) / panelColumns;
  double byEvents = eventWeight * product(events, outputs) +
                    listInput * product(rows, inputs) +
                    listPanel * product(rows, panels);
  return byEvents < dense;
}

bool snn::rt::detail::usesEvents(const LinearArguments &a) {
  // The AVX-512 kernel is the one that the costs are of.
  if (chosenKernel() != ProductKernel::Chosen)
    return chosenKernel() == ProductKernel::Events;
  if (currentIsa() < Isa::Avx512)
    return false;
  int64_t inputs = a.weights.inputs(), outputs = a.weights.outputs();
  if (!prefersEvents(a.rows, inputs, outputs, 0))
    return false;
  int64_t events = loops().countEvents(a.train, a.rows * inputs,
                                       static_cast<uint8_t>(a.coding.mask));
  return prefersEvents(a.rows, inputs, outputs, events);
}

//===----------------------------------------------------------------------===//
// Lists
//===----------------------------------------------------------------------===//

EventLists::EventLists(const LinearArguments &a)
    : pitch(2 * a.weights.inputs() + 16),
      inputs(scratch<int32_t, InputTag>(a.rows * pitch)),
      differences(scratch<int8_t, DifferenceTag>(a.rows * pitch)),
      counts(scratch<int64_t, CountTag>(a.rows)) {
  int64_t n = a.weights.inputs();
  parallelFor(a.rows, 16, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r)
      counts[r] = loops().listEvents(a.train + r * n, n, a.coding.mask,
                                     a.coding.maxLevel(), inputs + r * pitch,
                                     differences + r * pitch);
  });
}

void EventLists::multiply(const LinearArguments &a, int64_t row, int64_t rows,
                          int64_t column, int64_t columns, int32_t *out,
                          int64_t ldo) const {
  int64_t outputs = a.weights.outputs();
  const int8_t *w = a.weights.matrix().data<int8_t>() + column;
  const int32_t *offset = a.offset ? a.offset + column : nullptr;
  for (int64_t r = row; r < row + rows; ++r)
    loops().eventProduct(w, outputs, inputs + r * pitch,
                         differences + r * pitch, counts[r], columns, offset,
                         out + (r - row) * ldo);
}
