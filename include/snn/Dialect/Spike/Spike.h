//===- Spike.h - The spike dialect ------------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_SPIKE_H
#define SNN_DIALECT_SPIKE_SPIKE_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Dialect/Spike/F64.h"
#include "snn/Dialect/Spike/SpikeInterfaces.h"
#include "snn/runtime/Coding.h"

namespace snn::rt {
struct PhaseCoding;
struct SsaParameters;
} // namespace snn::rt

namespace snn::spike {
/// The shapes of results follow by the op's `inferShapes` (SpikeOps.td).
template <typename ConcreteType>
class InfersShapes
    : public mlir::OpTrait::TraitBase<ConcreteType, InfersShapes> {};
} // namespace snn::spike

namespace snn::spike {
/// Whether the elements of a tensor, or an element type, are the spikes of
/// explicit time steps: binary ones or counts.
bool isStepTrain(mlir::Type type);
} // namespace snn::spike

#include "snn/Dialect/Spike/SpikeOpsDialect.h.inc"

#define GET_TYPEDEF_CLASSES
#include "snn/Dialect/Spike/SpikeOpsTypes.h.inc"

#define GET_ATTRDEF_CLASSES
#include "snn/Dialect/Spike/SpikeAttrs.h.inc"

#define GET_OP_CLASSES
#include "snn/Dialect/Spike/SpikeOps.h.inc"

namespace snn::spike {

/// The coding of a tensor of levels or spikes, or of an element type.
std::optional<rt::Coding> getCoding(mlir::Type type);

/// Reports a table that is none of levels of `bits` bits: 2^bits ascending
/// integers, of 2 to 6 bits, that span at most 255.
llvm::LogicalResult
verifyLevelTable(llvm::function_ref<mlir::InFlightDiagnostic()> emitError,
                 llvm::ArrayRef<int32_t> table, unsigned bits);

/// Whether the elements of a tensor, or an element type, are spikes that a
/// product integrates as events: masked TTFS, binary or counts.
bool isTrain(mlir::Type type);

/// The time steps of a binary train or a train of counts; 0 for other types.
int64_t getTimeSteps(mlir::Type type);

/// The most spikes that a neuron of such a train has in a step.
int64_t getMaxCount(mlir::Type type);

/// The element type of such trains: binary where that is enough.
mlir::Type getStepType(mlir::MLIRContext *context, int64_t max, int64_t steps);

/// The phase coding of a tensor or an element type, if it is one.
std::optional<rt::PhaseCoding> getPhaseCoding(mlir::Type type);

/// Whether a site of this kind holds spikes in M-TTFS (the others are
/// resident). In phase coding every site does.
inline bool isSpiking(SiteKind kind) {
  return kind != SiteKind::Key && kind != SiteKind::Value;
}

} // namespace snn::spike

#endif // SNN_DIALECT_SPIKE_SPIKE_H
