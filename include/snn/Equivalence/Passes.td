//===- Passes.td - Comparing forms of one network ------------*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_EQUIVALENCE_PASSES_TD
#define SNN_EQUIVALENCE_PASSES_TD

include "mlir/Pass/PassBase.td"

def SnnCheckRecognition : Pass<"snn-check-recognition", "::mlir::ModuleOp"> {
  let summary = "Compare recognised layers with the graph as imported";
  let description = [{
    Runs the module and `reference`, another form of the same network, on the samples of
    `inputs` (a data file, or random:N) for about `seconds`. Every op that `reference`
    does not have is computed from the operands that `reference` has, and compared under
    its node's name. `snnc` does this after its import phase (`--self-check`). The module
    does not change.

    Neurons and quantisers flip a spike or a level here and there by a rounding; with
    `mean` it is the mean difference that counts.

    Errors: a reference that cannot be read; a result that differs by more than 1e-3 of
    its range (in the mean: 5e-3), at the first op that differs.

    ```
    snn-opt recognised.mlir --snn-check-recognition="reference=imported.mlir inputs=x.npz"
    ```
  }];
  let options = [
    Option<"reference", "reference", "std::string", "", "the module as imported">,
    Option<"inputs", "inputs", "std::string", "", "samples (default: drawn ones)">,
    Option<"seconds", "seconds", "double", "2", "when to stop">,
    Option<"mean", "mean", "bool", "false", "mean differences count, of up to 5e-3">];
}

#endif // SNN_EQUIVALENCE_PASSES_TD
