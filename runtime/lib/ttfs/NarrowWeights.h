//===- NarrowWeights.h - Weights of few bits for one token ------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A product of one row reads every weight once, so that its time is that of
// reading them. Where all weights of a matrix fit 4, 2 or 1 bits, that is what
// is read. Built when a product of one row first asks: networks whose products
// have more rows do without.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_TTFS_NARROWWEIGHTS_H
#define SNN_LIB_TTFS_NARROWWEIGHTS_H

#include "snn/runtime/Tensor.h"

#include <mutex>

namespace snn::rt::detail {

class NarrowWeights {
public:
  /// Of weights I8 [inputs, outputs].
  explicit NarrowWeights(Tensor weights) : matrix(std::move(weights)) {}

  /// 4 for weights -8..7, 2 for -2..1, 1 for -1 and 1; 0 for others.
  int bits() const;
  /// The layout of LoopTable::narrowProduct; null where `bits` is 0.
  const uint8_t *packed() const;

  static int64_t panelBytes(int64_t inputs, int bits);

private:
  void build() const;

  Tensor matrix;
  mutable std::once_flag once;
  mutable int width = 0;
  mutable std::shared_ptr<void> storage;
};

} // namespace snn::rt::detail

#endif // SNN_LIB_TTFS_NARROWWEIGHTS_H
