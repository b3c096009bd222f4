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

/// How `linear` computes sums in the fast mode, of ways that give the same:
/// all weights, those of groups of inputs that are not all silent, those of
/// single inputs that are not, or all weights of one row in few bits.
enum class ProductKernel { Chosen, Dense, Groups, Events, Narrow };

/// Asks for one in place of the chosen one; for tests and benchmarks, not while
/// kernels run.
void setProductKernel(ProductKernel kernel);

/// The one that is expected to be the fastest: `groups` groups and `events`
/// single levels, of all rows, are not silent; the weights of one row fit
/// `narrowBits`, or 0 for none.
ProductKernel chooseKernel(int64_t rows, int64_t inputs, int64_t outputs,
                           int64_t groups, int64_t events, int narrowBits = 0);

/// Columns [begin, end), from the start of a panel on, of the product of one
/// row by Narrow. `row` is zero behind its inputs.
void multiplyNarrow(const LinearArguments &a, const uint8_t *row,
                    const int32_t *init, int64_t begin, int64_t end,
                    int32_t *out);

/// The one for `a`, whose levels are counted.
ProductKernel chooseKernel(const LinearArguments &a);

/// The groups or events of every row, listed in the calling thread's scratch
/// space.
class EventLists {
public:
  /// `kernel` is Groups or Events.
  EventLists(const LinearArguments &a, ProductKernel kernel);

  /// out[r * ldo + c] = offset + sum over the list, of rows [row, row + rows)
  /// and columns [column, column + columns), in one panel.
  void multiply(const LinearArguments &a, int64_t row, int64_t rows,
                int64_t column, int64_t columns, int32_t *out,
                int64_t ldo) const;

private:
  void multiplyGroups(const LinearArguments &a, int64_t row, int64_t rows,
                      int64_t column, int64_t columns, int32_t *out,
                      int64_t ldo) const;

  struct List {
    int64_t count;
    int32_t sum; ///< of differences; groups only
  };
  bool isGroups;
  int64_t pitch;  ///< room of a row's lists
  int64_t chunks; ///< lists of a row, each of `chunkInputs` inputs
  int64_t chunkInputs;
  int64_t chunkRoom; ///< of one list
  int32_t *indices;  ///< of groups in the chunk, or of inputs
  void *differences;
  List *lists;
};

} // namespace snn::rt::detail

#endif // SNN_LIB_TTFS_EVENTPRODUCT_H
