//===- SpikeDialect.td - The spike dialect and its types -----*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_SPIKEDIALECT_TD
#define SNN_DIALECT_SPIKE_SPIKEDIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/DialectBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/OpBase.td"

def Spike_Dialect : Dialect {
  let name = "spike";
  let cppNamespace = "::snn::spike";
  let summary = "Quantised and spiking networks";
  let description = [{
    The network at its quantised level (levels, integer accumulators) and at its
    spiking level (spike trains, membrane potentials). Both levels use the same
    ops for integration; the coding is in the element type, so that a consumer
    whose site disagrees with its producer does not verify.

    A level q in 0..T, T = 2^bits - 1, stands for the value scale * (q - zero).
    The dead zone maps levels within `radius` of `mask` to `mask`.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::snn::onnx::OnnxDialect"];
}

class F64Parameter<string desc = "">
    : AttrOrTypeParameter<"::snn::spike::F64", desc> {
  let printer = "$_printer << ::snn::spike::toShortest($_self)";
}

class Spike_Type<string name, string typeMnemonic, list<Trait> traits = []>
    : TypeDef<Spike_Dialect, name, traits> {
  let mnemonic = typeMnemonic;
}

class Spike_CodedType<string name, string typeMnemonic>
    : Spike_Type<name, typeMnemonic, [OpAsmTypeInterface]> {
  let parameters = (ins
    "unsigned":$bits, "unsigned":$zero, "unsigned":$mask,
    DefaultValuedParameter<"unsigned", "0">:$radius, F64Parameter<>:$scale);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let genMnemonicAlias = 1;
  let extraClassDeclaration = [{
    /// T: the largest level, 2^bits - 1.
    unsigned getMaxLevel() const { return (1u << getBits()) - 1; }
    /// The runtime's form of this coding.
    ::snn::rt::Coding getCoding() const {
      return {int32_t(getBits()), int32_t(getZero()), int32_t(getMask()),
              int32_t(getRadius()), float(double(getScale()))};
    }
  }];
}

def Spike_LevelType : Spike_CodedType<"Level", "level"> {
  let summary = "A quantised level";
  let description = [{
    An element of a quantised tensor: `bits` wide levels 0..2^bits - 1 with zero
    point `zero` and step `scale`; levels within `radius` of `mask` have been
    mapped to `mask` (mttfs.md section 1: D). With radius 0 the mask only says
    which level a coding will make silent.

    Example: `tensor<64x128x!spike.level<bits = 4, zero = 8, mask = 8, scale = 0.031>>`
  }];
}

def Spike_TTFSType : Spike_CodedType<"TTFS", "ttfs"> {
  let summary = "A spike of a masked time-to-first-spike train";
  let description = [{
    A neuron's window of 2^bits slots in M-TTFS coding: level q fires once, in slot
    T - q, except that levels within `radius` of `mask` stay silent and are read as
    `mask`. Plain TTFS is mask 0, radius 0.

    Example: `tensor<64x128x!spike.ttfs<bits = 4, zero = 8, mask = 8, radius = 1, scale = 0.031>>`
  }];
}

#endif // SNN_DIALECT_SPIKE_SPIKEDIALECT_TD
