//===- SpikeInterfaces.h - Facts about spiking ops --------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_SPIKEINTERFACES_H
#define SNN_DIALECT_SPIKE_SPIKEINTERFACES_H

#include "mlir/IR/BuiltinAttributeInterfaces.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "snn/Chip/EngineKinds.h"
#include "snn/runtime/Lif.h"

#include "snn/Dialect/Spike/SpikeEnums.h.inc"

namespace snn::spike {

/// The window of a convolution.
struct Window {
  llvm::ArrayRef<int64_t> strides, pads, dilations;
  int64_t group;
};

/// How many neurons one event of a train reaches.
struct EventTargets {
  int64_t count = 0;
  /// Set when the targets are the true elements of this tensor.
  mlir::Value valid;
  /// Events differ, as those of a convolution near the border.
  bool uneven = false;
};

/// What makes neurons fire.
enum class NeuronModel {
  Threshold, ///< a potential that is integrated before its window begins
  Membrane,  ///< a membrane that leaks and is reset from step to step
  Random     ///< a probability
};

} // namespace snn::spike

#include "snn/Dialect/Spike/SpikeInterfaces.h.inc"

namespace snn::spike {

// Targets of ops of any dialect that integrate the trains of this one.

/// Of a product with static weights [inputs, outputs]: all outputs.
EventTargets getLinearTargets(mlir::TypedAttr weight);

/// Of a convolution with weights [O, I/group, kernel...]: as many neurons as
/// read the event's position.
EventTargets getConvolutionTargets(mlir::Value x, mlir::Value result,
                                   mlir::TypedAttr weight,
                                   const Window &window);

/// The same with the mean over all positions, for codings that count so.
EventTargets getMeanConvolutionTargets(mlir::Value x, mlir::Value result,
                                       mlir::TypedAttr weight,
                                       const Window &window);

/// Of a product of activations, for an event of `operand`: one of the left
/// operand goes to a row of results (a query's only to the keys that `valid`
/// keeps), one of the right operand to a column.
EventTargets getProductTargets(mlir::OpOperand &operand, mlir::Value resident,
                               mlir::Value result, bool transposed,
                               mlir::Value valid);

} // namespace snn::spike

#endif // SNN_DIALECT_SPIKE_SPIKEINTERFACES_H
