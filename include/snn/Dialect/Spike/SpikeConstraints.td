//===- SpikeConstraints.td - Tensors and attributes of ops ---*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the ops of the spike dialect, and of dialects that work on its types, ask
// of their operands.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_SPIKECONSTRAINTS_TD
#define SNN_DIALECT_SPIKE_SPIKECONSTRAINTS_TD

include "mlir/IR/BuiltinAttributes.td"
include "snn/Dialect/Spike/SpikeDialect.td"

def Spike_IntAttr
    : TypedSignlessIntegerAttrBase<I64, "int64_t", "64-bit integer attribute"> {
  let convertFromStorage = "$_self.getInt()";
}

def FloatTensor : RankedTensorOf<[F32]>;
def LevelTensor : RankedTensorOf<[Type<CPred<"::llvm::isa<::snn::spike::LevelType>($_self)">, "level">]>;
def TrainTensor : RankedTensorOf<[Type<CPred<"::llvm::isa<::snn::spike::TTFSType>($_self)">, "spike train">]>;
def BinaryTensor : RankedTensorOf<[Type<CPred<"::llvm::isa<::snn::spike::BinaryType>($_self)">, "binary spike train">]>;
def CodedTensor : RankedTensorOf<[Type<CPred<"::llvm::isa<::snn::spike::LevelType, ::snn::spike::TTFSType, ::snn::spike::BinaryType, ::snn::spike::CountType>($_self)">, "level or spike train">]>;
def PhaseCode : Type<CPred<"::llvm::isa<::snn::spike::PhaseType>($_self)">, "phase code", "::snn::spike::PhaseType">;
def PhaseTensor : RankedTensorOf<[Type<CPred<"::llvm::isa<::snn::spike::PhaseType>($_self)">, "phase code">]>;
def QuantisedTensor : RankedTensorOf<[Type<CPred<"::llvm::isa<::snn::spike::LevelType, ::snn::spike::PhaseType>($_self)">, "level or phase code">]>;
def DecodableTensor : RankedTensorOf<[Type<CPred<"::llvm::isa<::snn::spike::LevelType, ::snn::spike::TTFSType, ::snn::spike::BinaryType, ::snn::spike::CountType, ::snn::spike::PhaseType>($_self)">, "level, spike train or phase code">]>;
def MembraneTensor : RankedTensorOf<[I32]>;
def ValidTensor : RankedTensorOf<[I1]>;

#endif // SNN_DIALECT_SPIKE_SPIKECONSTRAINTS_TD
