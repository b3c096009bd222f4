//===- TrainPatterns.h - What exporters write around trains -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The parts of an attention on binary trains that every kind has: spikes as
// numbers, constant factors, movements of data, masks.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_DIALECT_SPIKE_TRAINPATTERNS_H
#define SNN_LIB_DIALECT_SPIKE_TRAINPATTERNS_H

#include "mlir/IR/BuiltinOps.h"
#include "snn/Dialect/Spike/Spike.h"
#include "llvm/ADT/StringSet.h"

namespace snn::spike {

inline mlir::RankedTensorType tensorType(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType());
}

/// Whether a reshape or transpose leaves `steps` time steps in front.
bool keepsTime(mlir::Operation *op, int64_t steps);

/// The constant factors in front of a value.
struct Factors {
  double product = 1;
  unsigned inexact = 0; // that are no powers of two

  /// Whether sums of integers stay exact behind the factors.
  bool areExact() const { return inexact == 0; }
  void add(double factor);
  /// Removes the factors that end in `value`.
  mlir::Value strip(mlir::Value value);
};

/// A tensor of spikes as numbers: a dequantised train behind reshapes and
/// transposes.
struct Spikes {
  mlir::Value train;
  llvm::SmallVector<mlir::Operation *> movement; // from the train on
  explicit operator bool() const { return bool(train); }

  /// Numbers 0.0 and 1.0.
  static Spikes match(mlir::Value value, int64_t steps);
  /// Counts, too, behind factors that are added to `factors`.
  static Spikes match(mlir::Value value, int64_t steps, Factors &factors);
  /// The train, moved.
  mlir::Value build(mlir::OpBuilder &b) const {
    return move(b, train, movement);
  }
  /// Repeats `movement` on `value`.
  static mlir::Value move(mlir::OpBuilder &b, mlir::Value value,
                          llvm::ArrayRef<mlir::Operation *> movement);
};

mlir::Value transposeLast(mlir::OpBuilder &b, mlir::Location loc,
                          mlir::Value value);

/// A constant of zeros and ones (floats or booleans) that is one [N, N] for all
/// products `scores`, as ui8; null if `value` is none.
mlir::TypedAttr matchTokenMask(mlir::Value value, mlir::RankedTensorType scores,
                               mlir::Location loc);

/// Names of trains that passes make, unlike those of any site.
class TrainNames {
public:
  explicit TrainNames(mlir::ModuleOp module);
  /// The name of the train that `op` makes.
  mlir::StringAttr make(mlir::Operation *op);

private:
  llvm::StringSet<> names;
};

/// `shape` as a reshape takes it, an axis of unknown size among others of known
/// ones.
llvm::SmallVector<int64_t> asTarget(llvm::ArrayRef<int64_t> shape);

/// Erases, from the last on, the ops of `module` that nothing uses.
void eraseDeadOps(mlir::Operation *module);

} // namespace snn::spike

#endif // SNN_LIB_DIALECT_SPIKE_TRAINPATTERNS_H
