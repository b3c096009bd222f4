//===- EventProduct.h - Products that skip silent neurons -------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The fast mode's product reads all weights; where most neurons are silent, it
// is faster to read the weights of those that are not. The sums are the same.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_TTFS_EVENTPRODUCT_H
#define SNN_LIB_TTFS_EVENTPRODUCT_H

#include "ttfs/Modes.h"

namespace snn::rt::detail {

enum class ProductKernel { Chosen, Dense, Events };

/// What `linear` uses in the fast mode, of those that give the same sums.
/// `Chosen`, unless a test or a benchmark asks for one; not while kernels run.
void setProductKernel(ProductKernel kernel);

/// Whether events are expected to be faster: `events` of rows * inputs levels
/// are not silent.
bool prefersEvents(int64_t rows, int64_t inputs, int64_t outputs,
                   int64_t events);

/// Whether `linear` computes `a` by events; counts them.
bool usesEvents(const LinearArguments &a);

/// The events of every row, listed in the calling thread's scratch space.
class EventLists {
public:
  explicit EventLists(const LinearArguments &a);

  /// out[r * ldo + c] = offset + sum over the events, of rows [row, row + rows)
  /// and columns [column, column + columns), at most a panel.
  void multiply(const LinearArguments &a, int64_t row, int64_t rows,
                int64_t column, int64_t columns, int32_t *out,
                int64_t ldo) const;

private:
  int64_t pitch; ///< room of a row's list
  int32_t *inputs;
  int8_t *differences;
  int64_t *counts;
};

} // namespace snn::rt::detail

#endif // SNN_LIB_TTFS_EVENTPRODUCT_H
