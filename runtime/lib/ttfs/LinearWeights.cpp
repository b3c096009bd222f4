//===- LinearWeights.cpp - Static weight matrices ---------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parallel.h"
#include "ResidentStorage.h"
#include "Support.h"
#include "ttfs/NarrowWeights.h"
#include "ttfs/Packing.h"

#include "snn/runtime/Spiking.h"

using namespace snn::rt;
using namespace snn::rt::detail;

LinearWeights::LinearWeights(Tensor matrix) : integers(std::move(matrix)) {
  require(integers.rank() == 2 &&
              (integers.dtype() == DType::I8 || integers.dtype() == DType::I16),
          "linear",
          std::string("weights must be a matrix of I8 or I16, not ") +
              toString(integers.shape()) + " of " + name(integers.dtype()));
  int64_t rows = inputs(), columns = outputs();
  if (integers.dtype() == DType::I16) {
    sums.assign(columns, 0);
    const int16_t *w = integers.data<int16_t>();
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j)
        sums[j] += w[i * columns + j];
    return;
  }
  std::shared_ptr<void> storage =
      residentStorage(DType::I8, Shape{packedBytes(rows, columns)});
  auto *packed = static_cast<int8_t *>(storage.get());
  sums.resize(packedColumns(columns));
  // By threads at the start, when little else is there to do.
  const auto *from = static_cast<const uint8_t *>(integers.raw());
  int64_t panelBytes = packedGroups(rows) * groupLevels;
  parallelFor(columns, 4 * panelColumns, [&](int64_t begin, int64_t end) {
    loops().packByInput(from + begin, columns, rows, end - begin, 1, 0, 128,
                        packed + begin * panelBytes, sums.data() + begin);
  });
  sums.resize(columns);
  packedStorage = std::move(storage);
  narrowForm = std::make_shared<NarrowWeights>(integers);
}
