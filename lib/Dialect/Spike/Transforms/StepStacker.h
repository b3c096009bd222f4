//===- StepStacker.h - One tensor of the values of all steps ----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An exporter that was given a loop over time writes one copy of every layer
// for each step. The copies of a layer, which have its weights in common, are
// one layer on a tensor of all steps.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_DIALECT_SPIKE_TRANSFORMS_STEPSTACKER_H
#define SNN_LIB_DIALECT_SPIKE_TRANSFORMS_STEPSTACKER_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"

#include <optional>

namespace snn::spike {

/// A value that is one step of a tensor with time on axis 0.
struct StepOf {
  mlir::Value source;
  int64_t step = 0;

  /// The step of axis 0 that `value` is, seen through reshapes that drop it.
  static std::optional<StepOf> match(mlir::Value value);
};

/// The tensor whose steps on axis 0 the values are, all of them and in their
/// order; null if they are not.
mlir::Value findStepSource(llvm::ArrayRef<mlir::Value> values);

/// Makes tensors of all steps. New ops stand at the end of the function; who
/// uses them sorts its ops.
class StepStacker {
public:
  explicit StepStacker(mlir::func::FuncOp function) : function(function) {}

  /// [steps, ...] of values of one type [...]. Layers that all steps have in
  /// common are moved behind the joining.
  mlir::Value stack(llvm::ArrayRef<mlir::Value> values);
  /// The same, but null where values would be joined.
  mlir::Value stackWithoutJoining(llvm::ArrayRef<mlir::Value> values);

  /// Merges products with one weight that run on all steps of one tensor.
  void mergeProducts();

  /// Whether anything was made.
  bool hasChanged() const { return changed; }

private:
  mlir::Value merge(llvm::ArrayRef<mlir::Value> values, unsigned depth);
  mlir::Value mergeFolded(llvm::ArrayRef<mlir::Operation *> ops, mlir::Value x);
  mlir::Value join(llvm::ArrayRef<mlir::Value> values);
  mlir::Value reshape(mlir::Value value, llvm::ArrayRef<int64_t> shape);

  mlir::OpBuilder atEnd();
  mlir::func::FuncOp function;
  bool mayJoin = false;
  bool changed = false;
};

} // namespace snn::spike

#endif // SNN_LIB_DIALECT_SPIKE_TRANSFORMS_STEPSTACKER_H
