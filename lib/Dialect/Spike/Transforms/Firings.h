//===- Firings.h - Where exported neurons fire ------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A neuron fires where a membrane is compared with a constant, or (integer LIF)
// where it is clipped and rounded to a count.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_DIALECT_SPIKE_TRANSFORMS_FIRINGS_H
#define SNN_LIB_DIALECT_SPIKE_TRANSFORMS_FIRINGS_H

#include "mlir/IR/Operation.h"

#include <optional>
#include <vector>

namespace snn::spike {

/// Where a membrane makes spikes.
struct FiringSite {
  mlir::Operation *op = nullptr; ///< the comparison, or the rounding
  mlir::Value membrane;
  double threshold = 0;
  mlir::Value thresholds; ///< one for each channel, or null; `threshold` is 1
  bool strict = false;    ///< fires above its threshold only
  /// Counts: the first membrane of each, ascending; empty for a comparison.
  std::vector<float> levels;
  /// The spikes as numbers.
  llvm::SmallVector<mlir::Value> spikes;

  bool isCount() const { return !levels.empty(); }
  mlir::Value result() const { return op->getResult(0); }
  /// The least membrane that fires.
  float firstLevel() const;
  /// Whether both compare with the same levels.
  bool hasLevelsOf(const FiringSite &other) const;

  /// The comparison or the rounding that `op` is; nullopt for any other op.
  /// `problem` says what keeps an op that looks like one from it.
  static std::optional<FiringSite> match(mlir::Operation *op,
                                         std::string &problem);
};

} // namespace snn::spike

#endif // SNN_LIB_DIALECT_SPIKE_TRANSFORMS_FIRINGS_H
