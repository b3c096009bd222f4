//===- BlockEpilogue.h - An epilogue on a block of sums ---------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_TTFS_BLOCKEPILOGUE_H
#define SNN_LIB_TTFS_BLOCKEPILOGUE_H

#include "isa/Isa.h"

#include "snn/runtime/Epilogue.h"

namespace snn::rt::detail {

/// The steps of an Epilogue over parts of a result.
class BlockEpilogue {
public:
  /// Checks the operands and gives `y` its type and shape, whose axis `axis`
  /// runs over channels. `op` names the kernel in messages.
  BlockEpilogue(const char *op, const Epilogue &epilogue, const Shape &shape,
                int64_t axis, Tensor &y);

  /// Consumes the accumulators of `rows` rows from `row` and of `columns`
  /// columns, which are channels, from `column`; their rows are `ldb` apart.
  void apply(const int32_t *block, int64_t ldb, int64_t row, int64_t rows,
             int64_t column, int64_t columns) const;

  /// Consumes `count` accumulators of one channel, whose results begin at
  /// element `at`.
  void applyChannel(const int32_t *sums, int64_t channel, int64_t at,
                    int64_t count) const;

private:
  /// Scale and bias step by ss and sb.
  void run(const int32_t *acc, const float *s, int64_t ss, const float *b,
           int64_t sb, int64_t at, int64_t n) const;

  int64_t outputs; ///< channels
  const float *scale = nullptr, *bias = nullptr;
  const float *factors = nullptr; ///< one a channel, which are the last axis
  const float *addend = nullptr;
  int64_t scaleStep = 0, biasStep = 0;
  void (*activate)(const float *x, float *y, int64_t n);
  bool relu;
  float *values = nullptr;   ///< the result where it is floats,
  uint8_t *levels = nullptr; ///< or levels
  LevelRule rule{};
};

} // namespace snn::rt::detail

#endif // SNN_LIB_TTFS_BLOCKEPILOGUE_H
