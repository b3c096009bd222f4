//===- Passes.td - Passes on the xbar dialect ----------------*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_XBAR_PASSES_TD
#define SNN_DIALECT_XBAR_PASSES_TD

include "mlir/Pass/PassBase.td"

def XbarTile : Pass<"xbar-tile", "::mlir::ModuleOp"> {
  let summary = "Cut layers into crossbar tiles and products into turns";
  let description = [{
    Gives every crossbar layer its `#xbar.tiling`: slices of its weights for the
    chip's cells, blocks of rows and columns, and row groups, after the chip's
    `adc_policy` (mapping.md; `adc-policy` overrides it):

    - `lossless` cuts the rows that one conversion reads until the ADC tells all
      column sums apart: 2^b >= 2nD(2^d-1)+1 for differential columns, n rows and
      largest digit D of the layer, 2^b >= floor(nD/2)(2^d-1)+1 for flipped ones.
    - `calibrated` never cuts. It runs the network on `inputs` and takes the 99.9
      percentile of the magnitudes of column sums, per row block, as the range;
      at most `samples` vectors of a layer are looked at, evenly spaced.

    Products on an engine whose memory does not hold all keys of a head are tiled
    over keys: an element of `kv_bits_per_element` bits holds whole keys, or a key
    is spread over several elements.

    Remarks: category `xbar-tile`.

    Errors: an ADC that cannot tell the sums of a single row apart, an output with
    more slices than a crossbar has columns, a key that exceeds an engine's memory,
    `calibrated` without inputs. Each names the layer, limit, need and a cure.
  }];
  let options = [
    Option<"adcPolicy", "adc-policy", "std::string", "\"\"",
           "lossless or calibrated (default: the chip's)">,
    Option<"inputs", "inputs", "std::string", "\"\"",
           "calibration inputs: a file, or random:N">,
    Option<"samples", "samples", "unsigned", "64",
           "most vectors of a layer that calibration looks at">];
  let dependentDialects = ["::snn::xbar::XbarDialect"];
}

def XbarPlace : Pass<"xbar-place", "::mlir::ModuleOp"> {
  let summary = "Give every tile a crossbar";
  let description = [{
    Places layers in execution order. The row blocks of one column block form a
    strip, whose partial sums are added locally: a strip lies in one core, the
    fullest that has room for it in crossbars and buffer. A strip of more tiles than
    a core takes, because of its crossbars or its buffer, takes empty cores, with a
    remark.

    A core's buffer holds the digits of one vector for the row blocks that it
    computes (`passes` bits an input) and a 32-bit partial sum for each output.

    Where all layers fit, crossbars that are left hold copies: the layer with the
    most vectors per copy gets the next one, if it fits, up to `max-replicas`
    copies. Where they do not fit, a layer that finds no room opens a new
    programming round (see `xbar-schedule`). A layer that exceeds the whole chip
    runs in several rounds, column block by column block; a column block that exceeds
    the chip alone is cut between row blocks, and its partial sums are kept.

    A layer with `cells_of` has the placement of that layer, whose cycles its passes
    lengthen; a buffer holds the digits of one of the two at a time.

    Remarks: category `xbar-place`.

    Errors: a core's buffer that does not hold the digits and partial sums of one
    tile; the message names the layer, limit, need and a cure.
  }];
  let options = [Option<"maxReplicas", "max-replicas", "unsigned", "8",
                        "most copies of a layer">];
  let dependentDialects = ["::snn::xbar::XbarDialect"];
}

def XbarSchedule : Pass<"xbar-schedule", "::mlir::ModuleOp"> {
  let summary = "Order and count the rounds that program crossbars";
  let description = [{
    Sets `xbar.rounds`, and `xbar.program`: per round the layers that run in it, one
    after the other where they use the same cells, the
    crossbars in use and the cells that are programmed, copies included. One round
    is programmed once and stays; with more, each is programmed anew for every run
    of the network (a batch of samples shares it), which is a remark that says how
    many cores would hold all layers.

    Rounds must not decrease in execution order: an error at the layer.

    Remarks: category `xbar-schedule`.
  }];
  let dependentDialects = ["::snn::xbar::XbarDialect"];
}

def XbarVerifyMapping : Pass<"xbar-verify-mapping", "::mlir::ModuleOp"> {
  let summary = "Prove that the mapping holds every weight and overuses nothing";
  let description = [{
    For every replica of every layer, from the attributes and the weights alone:

    - each weight lies in exactly one tile and its slices in exactly one column
      each, and the slices' digits with their factors give the weight back;
    - tiles are within the rows and logical columns of the chip's crossbars, no two
      tiles of a round share a crossbar, and crossbars are on the chip (a layer with
      `cells_of` has no tiles but those of that layer, as its verifier says);
    - the tiles of a column block are in one core and one round, or in as few as can
      be;
    - levels fit the cells, row groups fit the ADC where the conversion is exact;
    - no core's buffer is exceeded, and no engine holds more keys than its memory.

    Sets `xbar.verified`. The first violation of a layer is an error at it.
  }];
  let dependentDialects = ["::snn::xbar::XbarDialect"];
}

#endif // SNN_DIALECT_XBAR_PASSES_TD
