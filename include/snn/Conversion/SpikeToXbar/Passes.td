//===- Passes.td - From the spike to the xbar dialect --------*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_CONVERSION_SPIKETOXBAR_PASSES_TD
#define SNN_CONVERSION_SPIKETOXBAR_PASSES_TD

include "mlir/Pass/PassBase.td"

def SpikeToXbar : Pass<"spike-to-xbar", "::mlir::ModuleOp"> {
  let summary = "Bind every product to a unit of a chip";
  let description = [{
    Reads the chip `chip` (a name of a shipped description, or a YAML file; by
    default the module's `xbar.chip`, then matterhorn-22nm), records it in
    `xbar.chip`, and decides for each op which unit runs it:

    - `spike.linear` and `spike.conv` become `xbar.linear` and `xbar.conv`, on
      crossbars; their silent inputs' constant is made explicit. Of two neighbours with
      the same weights whose results are added up as digits of one number (high * 2^c +
      low), the second names the first in `cells_of`: one set of cells serves both. On a
      chip without crossbars they stay as they are and run on its digital cores.
    - `spike.matmul` becomes `xbar.product` on the attention engine that
      `spike-map-attention` chose, if the chip has that engine, otherwise on the
      digital unit as an integer product.
    - `spike.phase_linear` and `spike.phase_conv` become `xbar.phase_linear` and
      `xbar.phase_conv`, whose results are potentials; without crossbars they stay.
    - `spike.phase_matmul` and `spike.woss` keep their form; `engine` becomes "digital"
      where the chip lacks the engine.
    - Everything else stays and runs on the digital unit.

    Every decision is a remark of category `spike-to-xbar`. `xbar-tile` then cuts
    the layers into tiles.

    Errors: an unknown chip or a wrong description; shapes that are not static
    (run `spike-specialize-batch`); ops of another coding than M-TTFS and phase
    coding; float weights or a released form of phase coding on crossbars.

    ```mlir
    %1 = spike.linear %0 {weight = dense<1> : tensor<8x4xi8>}
        : tensor<1x8x!spike.ttfs<bits = 4, zero = 0, mask = 0, scale = 0.5>> -> tensor<1x4xi32>
    // becomes
    %1 = xbar.linear %0 layer "/ffn/MatMul" {weight = dense<1> : tensor<8x4xi8>}
        : tensor<1x8x!spike.ttfs<bits = 4, zero = 0, mask = 0, scale = 0.5>> -> tensor<1x4xi32>
    ```
  }];
  let options = [Option<"chip", "chip", "std::string", "\"\"",
                        "name of a shipped chip, or a YAML file">];
  let dependentDialects = ["::snn::xbar::XbarDialect"];
}

#endif // SNN_CONVERSION_SPIKETOXBAR_PASSES_TD
