//===- LinearWeights.cpp - Static weight matrices ---------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ttfs/Packing.h"
#include "Support.h"

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
  sums.assign(columns, 0);
  dispatch(integers.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *w = integers.data<T>();
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j)
        sums[j] += static_cast<int32_t>(w[i * columns + j]);
  });
  if (integers.dtype() != DType::I8)
    return;
  Tensor storage(DType::I8, {packedBytes(rows, columns)});
  const int8_t *w = integers.data<int8_t>();
  packLevels(rows, columns, storage.data<int8_t>(),
             [=](int64_t i, int64_t j) { return w[i * columns + j]; });
  auto keep = std::make_shared<Tensor>(std::move(storage));
  packedStorage = std::shared_ptr<const void>(keep, keep->raw());
}
