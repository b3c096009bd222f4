//===- XbarDialect.td - The xbar dialect and its attributes --*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_XBAR_XBARDIALECT_TD
#define SNN_DIALECT_XBAR_XBARDIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/DialectBase.td"
include "mlir/IR/EnumAttr.td"

def Xbar_Dialect : Dialect {
  let name = "xbar";
  let cppNamespace = "::snn::xbar";
  let summary = "Networks on crossbar chips";
  let description = [{
    A spiking network whose products are bound to the units of a chip: static
    weights to crossbars, dynamic products to attention engines or the digital
    unit. Ops of other dialects that remain run on the digital unit.

    The mapping is in attributes, so that the values that flow are those of the
    spike dialect: `#xbar.tiling` says how a layer's weights are cut into cells and
    how its sums are converted, `#xbar.placement` which crossbars hold them.

    Attributes of the module: `xbar.chip` is the chip, `xbar.rounds` the number of
    times that crossbars are programmed in one inference (1: the model fits),
    `xbar.program` what each round programs, `xbar.verified` that
    `xbar-verify-mapping` has passed.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let dependentDialects = ["::snn::spike::SpikeDialect"];
}

//===----------------------------------------------------------------------===//
// Enumerations
//===----------------------------------------------------------------------===//

def Xbar_SliceKind : I32EnumAttr<"SliceKind", "how a weight is cut into digits", [
    I32EnumAttrCase<"Direct", 0, "direct">,
    I32EnumAttrCase<"TwosComplement", 1, "twos_complement">,
    I32EnumAttrCase<"SignedMagnitude", 2, "signed_magnitude">,
    I32EnumAttrCase<"Biased", 3, "biased">]> {
  let cppNamespace = "::snn::xbar";
  let genSpecializedAttr = 0;
  let description = [{
    For cells of L levels. `direct`: one slice holds w, |w| < L, in a differential
    pair. `twos_complement` (L = 2): slice s holds bit s of w, factor 2^s, the top
    one -2^s. `signed_magnitude` (L > 2): slice s holds digit s of |w| to the base L
    with the sign of w, factor L^s. `biased`: a single cell holds digit s of
    w + 2^(weight_bits - 1) to the base L, factor L^s; the bias is undone digitally
    (flip encoding, Shafiee et al., ISCA 2016, section III).
  }];
}

def Xbar_AdcPolicy : I32EnumAttr<"AdcPolicy", "how column sums are converted", [
    I32EnumAttrCase<"Lossless", 0, "lossless">,
    I32EnumAttrCase<"Calibrated", 1, "calibrated">]> {
  let cppNamespace = "::snn::xbar";
  let genSpecializedAttr = 0;
  let description = [{
    `lossless`: so few rows are converted together that the code is the sum.
    `calibrated`: the range is the 99.9 percentile of the magnitude of column sums
    on calibration inputs, symmetric, per row block; sums are rounded to codes and
    may saturate (mapping.md).
  }];
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

class Xbar_Attr<string name, string attrMnemonic> : AttrDef<Xbar_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def Xbar_ChipAttr : Xbar_Attr<"Chip", "chip"> {
  let summary = "The chip that a module is mapped to";
  let description = [{
    The whole description of a chip, as its YAML file has it (docs/chips.md). Only
    a module has it, as `xbar.chip`.

    Example: `#xbar.chip<{name = "matterhorn-22nm", ...}>`
  }];
  let parameters = (ins "::mlir::DictionaryAttr":$description);
  let assemblyFormat = "`<` $description `>`";
}

def Xbar_TilingAttr : Xbar_Attr<"Tiling", "tiling"> {
  let summary = "How the weights of one layer are cut into crossbar tiles";
  let description = [{
    A layer of K inputs and N outputs (a convolution per group: K = input channels
    per group times taps, N = output channels per group) is cut into `groups` x
    `column_blocks` x `row_blocks` tiles. A tile is the part of one crossbar of
    `rows` rows and `columns` logical columns (differential pairs, or single
    columns); it holds `columns / slices` outputs, whose slices are adjacent:
    column = output * slices + slice. Outputs and inputs fill tiles in order, so
    that only the last block is partly used.

    `active_rows` consecutive rows of a tile form a row group and are converted
    together; inputs are driven in `passes` passes of the chip's `drive_bits`.
    `adc_bits` is the width of the codes. `exact`: every code is the integer sum. For a calibrated
    ADC `adc_range` holds the range per row block, in units of level x digit. A
    differential column has the signed codes -C..C, C = 2^(adc_bits-1) - 1, which
    span both signs: step 2 range / (2^adc_bits - 1); a single-ended one has
    0..2^adc_bits - 1 and the step range / (2^adc_bits - 1).

    Logical columns take the levels digit_min, digit_min + digit_step, ...:
    `pair_levels` of them.

    Constraints: K <= row_blocks * rows and K > (row_blocks - 1) * rows, likewise
    for outputs; slices <= columns; active_rows <= rows; `exact` exactly when the
    policy is lossless.

    Example: int8 weights on 1-bit cells, 64 pairs of columns:
    ```mlir
    #xbar.tiling<slicing = twos_complement, slices = 8, weight_bits = 8,
        cell_levels = 2, digit_min = 0, digit_step = 1, pair_levels = 2, rows = 128,
        columns = 64, row_blocks = 6, column_blocks = 96, groups = 1,
        active_rows = 32, passes = 4, adc_bits = 7, adc_policy = lossless,
        exact = true>
    ```
  }];
  let parameters = (ins
    EnumParameter<Xbar_SliceKind>:$slicing, "int64_t":$slices,
    "int64_t":$weight_bits, "int64_t":$cell_levels, "int64_t":$digit_min,
    "int64_t":$digit_step, "int64_t":$pair_levels, "int64_t":$rows,
    "int64_t":$columns, "int64_t":$row_blocks, "int64_t":$column_blocks,
    "int64_t":$groups, "int64_t":$active_rows, "int64_t":$passes,
    "int64_t":$adc_bits, EnumParameter<Xbar_AdcPolicy>:$adc_policy, "bool":$exact,
    OptionalParameter<"::mlir::DenseF64ArrayAttr">:$adc_range);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Crossbars of one copy of the layer.
    int64_t getTiles() const {
      return getGroups() * getColumnBlocks() * getRowBlocks();
    }
    /// Whether cells that are cut in the other way may be driven in this one:
    /// all is equal but the passes and the ADC's range.
    bool isCutAs(TilingAttr other) const;
    /// Outputs of a whole tile.
    int64_t getOutputsPerTile() const { return getColumns() / getSlices(); }
    /// Row groups of a tile with `usedRows` used rows.
    int64_t getRowGroups(int64_t usedRows) const {
      return (usedRows + getActiveRows() - 1) / getActiveRows();
    }
    /// The runtime's form of the slicing.
    ::snn::image::Slicing getSlicingSpec() const;
    /// The levels that logical columns take.
    ::snn::image::DigitRange getDigitRange() const;
  }];
}

def Xbar_PlacementAttr : Xbar_Attr<"Placement", "placement"> {
  let summary = "The crossbars that hold a layer";
  let description = [{
    `crossbars` names the crossbar of every tile, core * crossbars-per-core + slot,
    in the order replica, group, column block, row block. `replicas` copies share
    the layer's vectors: vector v goes to copy v mod replicas. `round` is the
    programming round in which the layer runs, from 0.

    A layer of more tiles than the chip has crossbars runs in several rounds, one
    after another: the first `round_tiles[0]` tiles in round `round`, the next
    `round_tiles[1]` in the round after it, and so on. Its column blocks stay whole
    unless one alone exceeds the chip; then the partial sums of its outputs are kept
    from round to round.

    Constraints: every crossbar once in a round; replicas times the tiling's tiles of
    them. `round_tiles`, where given, has two or more positive numbers that add up to
    the tiles of the only replica.

    Examples:
    ```mlir
    #xbar.placement<replicas = 1, round = 0, crossbars = [4, 5, 6]>
    #xbar.placement<replicas = 1, round = 2, crossbars = [0, 1, 0, 1, 0],
        round_tiles = [2, 2, 1]>
    ```
  }];
  let parameters = (ins "int64_t":$replicas, "int64_t":$round,
                        "::mlir::DenseI64ArrayAttr":$crossbars,
                        OptionalParameter<"::mlir::DenseI64ArrayAttr">:$round_tiles);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Rounds that the layer runs in, from `round` on.
    int64_t getRoundCount() const {
      return getRoundTiles() ? getRoundTiles().size() : 1;
    }
    /// How many of the crossbars, in their order, belong to each of them.
    ::llvm::SmallVector<int64_t> getTilesPerRound() const;
    /// The round of each entry of `crossbars`.
    ::llvm::SmallVector<int64_t> getRoundOfCrossbars() const;
  }];
}

#endif // SNN_DIALECT_XBAR_XBARDIALECT_TD
