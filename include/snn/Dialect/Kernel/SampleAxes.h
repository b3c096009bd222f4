//===- SampleAxes.h - Which axis of a value is the batch --------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What an op is asked when a network for a batch is specialised to one sample.
//
// The only dynamic dimension of a network is its batch, so the dynamic axis of
// a type is the batch axis, or one that a reshape made of the batch and further
// axes: of axes inside of it, and of axes outside of it, as time in [T*B, ...],
// whose product is the number of groups of samples.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_KERNEL_SAMPLEAXES_H
#define SNN_DIALECT_KERNEL_SAMPLEAXES_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"

namespace snn {

/// Where the samples are in the values of one function.
class SampleAxes {
public:
  virtual ~SampleAxes();

  /// The type of `value` for a batch: the batch axis is dynamic.
  virtual mlir::RankedTensorType getType(mlir::Value value) const = 0;
  /// How often all samples follow each other on the batch axis of `value`.
  virtual int64_t getGroups(mlir::Value value) const = 0;

  /// The dynamic axis of a type.
  static std::optional<int64_t> findAxis(mlir::RankedTensorType type);
  /// The batch axis of `value`, which may be null; none if it holds no samples.
  std::optional<int64_t> getAxis(mlir::Value value) const;

  /// Reports at `op` that it mixes samples, and how; fails.
  mlir::LogicalResult fail(mlir::Operation *op, const llvm::Twine &how) const;
  /// Fails when `axis` (which may be negative) of `value` is the batch axis.
  mlir::LogicalResult checkAxis(mlir::Operation *op, mlir::Value value,
                                int64_t axis, const llvm::Twine &how) const;
  /// Fails when one of `axes`, or of all axes when there are none, is the batch
  /// axis.
  mlir::LogicalResult checkAxes(mlir::Operation *op, mlir::Value value,
                                llvm::ArrayRef<int64_t> axes,
                                const llvm::Twine &how) const;
  /// Fails unless the batch axis of `value`, if any, is below `end`, which may
  /// be negative; `how` is the whole reason.
  mlir::LogicalResult checkAxisBelow(mlir::Operation *op, mlir::Value value,
                                     int64_t end, const llvm::Twine &how) const;
  /// The groups of samples that the operands of `op` agree on.
  mlir::FailureOr<int64_t> countOperandGroups(mlir::Operation *op) const;
};

} // namespace snn

#include "snn/Dialect/Kernel/SampleAxesInterface.h.inc"

#endif // SNN_DIALECT_KERNEL_SAMPLEAXES_H
