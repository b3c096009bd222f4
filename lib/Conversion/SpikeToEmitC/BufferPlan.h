//===- BufferPlan.h - Where a simulator keeps its tensors -------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Linear scan over the ops of a function: each tensor gets the lowest bytes of
// one buffer that no tensor with an overlapping lifetime has. A result's bytes
// never overlap an operand's, as kernels do not work in place.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CONVERSION_SPIKETOEMITC_BUFFERPLAN_H
#define SNN_LIB_CONVERSION_SPIKETOEMITC_BUFFERPLAN_H

#include "mlir/IR/Block.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"

#include <optional>

namespace snn {

class BufferPlan {
public:
  /// Plans the body of a function with static shapes.
  explicit BufferPlan(mlir::Block &block);

  /// Bytes of the whole buffer.
  int64_t bytes() const { return total; }
  /// The byte at which `value` begins; nullopt if it is not in the buffer.
  std::optional<int64_t> offset(mlir::Value value) const;
  /// The result of the function that `value` is written to directly.
  std::optional<unsigned> output(mlir::Value value) const;
  /// Whether `value` shares the storage of its defining op's operand.
  static bool isView(mlir::Value value);

  static constexpr int64_t alignment = 64;

private:
  llvm::DenseMap<mlir::Value, int64_t> offsets;
  llvm::DenseMap<mlir::Value, unsigned> outputs;
  int64_t total = 0;
};

} // namespace snn

#endif // SNN_LIB_CONVERSION_SPIKETOEMITC_BUFFERPLAN_H
