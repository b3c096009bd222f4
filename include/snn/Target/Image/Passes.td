//===- Passes.td - Writing programming images ----------------*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_TARGET_IMAGE_PASSES_TD
#define SNN_TARGET_IMAGE_PASSES_TD

include "mlir/Pass/PassBase.td"

def SnnWriteImage : Pass<"snn-write-image", "::mlir::ModuleOp"> {
  let summary = "Write the programming image of a chip";
  let description = [{
    Writes what the chip of `xbar.chip` needs to run the module, and nothing else:
    conductance levels of every tile, integer corrections, re-quantisers, drive
    schedule, programs of attention engines and digital unit, constants and routing
    (docs/image-format.md). The module is one that `xbar-schedule` has left: every
    layer has a tiling and a placement, sites are coded.

    Used cells only are stored, in as many bits as the levels of the layer need; a
    firing site holds its scale and bias where they are smaller than its thresholds
    and give the same. Equal modules give equal bytes. The file is written under a
    temporary name and renamed.

    Errors, at the op: a module without a chip, a layer without tiling or placement,
    an op of the quantised level, an op that no unit of a chip executes.
  }];
  let options = [Option<"output", "output", "std::string", "\"image.snnimg\"",
                        "file to write">];
}

#endif // SNN_TARGET_IMAGE_PASSES_TD
