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

    Passes leave facts for later ones as discardable attributes, which the dialect
    verifies (Facts.h reads and writes them). Of an op:

    | attribute | value | left by, for |
    | --- | --- | --- |
    | `spike.mean` | vector of f32: mean output of a float product per channel, without its bias | calibration, for the bias correction |
    | `spike.deviation` | vector of f32: the standard deviation per channel; of a product of probabilities, per head | calibration, for the bias correction |
    | `spike.histogram` | how often a site has had each level | `spike-choose-mask`, for reports |
    | `spike.weight_scale` | vector of f32: the scales of integer weights | `onnx-to-spike`, for reports |

    Of the module:

    | attribute | value | left by, for |
    | --- | --- | --- |
    | `spike.mask` | how mask levels were chosen | `spike-choose-mask`, for `spike-mttfs` |
    | `spike.coding` | the coding by name | `spike-mttfs`, `spike-phase`, for the image |
    | `spike.random_calibration` | present where no data was given | calibration, for reports |
    | `spike.digital_ops` | values per sample of float ops that a published system does not cover | `spike-phase-sites`, for reports |
    | `spike.phase_search` | the candidates of a search | `spike-search-phase`, for reports |
    | `spike.site_calibration` | what was found of every calibrated site, by name: its class, its squared error, how its channels were equalised | calibration, for reports |
    | `spike.fitted_products` | what was found of every product whose weights were fitted, by name | `spike-fit-weights`, for reports |
    | `spike.float_products` | names of products that stay in float | `onnx-to-spike`, for reports |
    | `spike.float_reasons` | why, by name | `onnx-to-spike`, for reports |
    | `spike.dynamic_sites` | names of sites that stand for quantisers whose scale the model computes | `spike-import-qdq`, for reports |
    | `spike.missed_neurons` | what was found instead of neurons, one string each | `spike-recover-lif`, for the error of `--coding lif` |
    | `spike.constants` | the tensors of a simulator by key | `spike-to-emitc`, for `snn-write-simulator` |
    | `spike.weights` | the file that holds them | `spike-to-emitc`, `snn-write-simulator` |

    Example: `%1 = spike.linear %0 {weight = #w, spike.mean = dense<[1.0, 0.0]> : tensor<2xf32>} : ...`
  }];
  let discardableAttrs = (ins
    "::mlir::TypedAttr":$mean,
    "::mlir::TypedAttr":$deviation,
    "::mlir::DenseI64ArrayAttr":$histogram,
    "::mlir::TypedAttr":$weight_scale,
    "::mlir::StringAttr":$mask,
    "::mlir::StringAttr":$coding,
    "::mlir::UnitAttr":$random_calibration,
    "::mlir::DictionaryAttr":$digital_ops,
    "::mlir::ArrayAttr":$phase_search,
    "::mlir::DictionaryAttr":$site_calibration,
    "::mlir::DictionaryAttr":$fitted_products,
    "::mlir::ArrayAttr":$float_products,
    "::mlir::DictionaryAttr":$float_reasons,
    "::mlir::ArrayAttr":$dynamic_sites,
    "::mlir::ArrayAttr":$missed_neurons,
    "::mlir::DictionaryAttr":$constants,
    "::mlir::StringAttr":$weights,
    "::mlir::UnitAttr":$fused);
  let hasOperationAttrVerify = 1;
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
    DefaultValuedParameter<"unsigned", "0">:$radius, F64Parameter<>:$scale,
    OptionalParameter<"::mlir::DenseI32ArrayAttr">:$table);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let genMnemonicAlias = 1;
  let extraClassDeclaration = [{
    /// T: the largest level, 2^bits - 1.
    unsigned getMaxLevel() const { return (1u << getBits()) - 1; }
    /// The runtime's form of this coding.
    ::snn::rt::Coding getCoding() const {
      ::snn::rt::Coding coding = {int32_t(getBits()), int32_t(getZero()),
                                  int32_t(getMask()), int32_t(getRadius()),
                                  float(double(getScale()))};
      if (getTable())
        for (size_t q = 0; q < size_t(getTable().size()); ++q)
          coding.table[q] = uint8_t(getTable()[q] - getTable()[0]);
      return coding;
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

    With `table`, 2^bits ascending integers a, level q stands for
    scale * (a[q] - a[zero]); `zero`, `mask` and `radius` are then indices. A table is for
    2 to 6 bits and spans at most 255.

    Example: `tensor<64x128x!spike.level<bits = 4, zero = 8, mask = 8, scale = 0.031>>`,
    `tensor<64x!spike.level<bits = 2, zero = 1, mask = 1, scale = 0.5, table = [-1, 0, 1, 4]>>`
  }];
}

def Spike_TTFSType : Spike_CodedType<"TTFS", "ttfs"> {
  let summary = "A spike of a masked time-to-first-spike train";
  let description = [{
    A neuron's window of 2^bits slots in M-TTFS coding: level q fires once, in slot
    T - q, except that levels within `radius` of `mask` stay silent and are read as
    `mask`. Plain TTFS is mask 0, radius 0. With `table` the window stays as it is, and the
    spike of level q carries a[q].

    Example: `tensor<64x128x!spike.ttfs<bits = 4, zero = 8, mask = 8, radius = 1, scale = 0.031>>`
  }];
}

#endif // SNN_DIALECT_SPIKE_SPIKEDIALECT_TD
