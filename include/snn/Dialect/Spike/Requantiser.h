//===- Requantiser.h - What thresholds follow from --------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The compiler's side of snn/runtime/Thresholds.h: the ranges of accumulators
// in IR, and the re-quantisers that `spike.requantize` and `spike.fire` carry.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_REQUANTISER_H
#define SNN_DIALECT_SPIKE_REQUANTISER_H

#include "snn/Dialect/Spike/Spike.h"
#include "snn/runtime/Thresholds.h"

namespace snn::spike {

/// Ranges of the accumulators of `acc` along `axis` (from the front): one per
/// element where that is the channel axis of a product with a static weight, or
/// a single one that covers all. Reports an accumulator of more than 32 bits at
/// the product.
mlir::FailureOr<std::vector<rt::AccumulatorRange>>
findAccumulatorRanges(mlir::Value acc, int64_t axis);

/// The re-quantiser of `op`.
mlir::FailureOr<rt::Requantiser> getRequantiser(RequantizeOp op);

/// The re-quantiser that the thresholds of `op` were made from; nullopt where
/// the op has none.
mlir::FailureOr<std::optional<rt::Requantiser>> getRequantiser(FireOp op);

} // namespace snn::spike

#endif // SNN_DIALECT_SPIKE_REQUANTISER_H
