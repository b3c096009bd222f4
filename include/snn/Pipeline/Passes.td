//===- Passes.td - Passes that end a phase -----------------*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_PIPELINE_PASSES_TD
#define SNN_PIPELINE_PASSES_TD

include "mlir/Pass/PassBase.td"

def SnnVerifyPhase : Pass<"snn-verify-phase", "::mlir::ModuleOp"> {
  let summary = "Check that a module is what its phase promises";
  let description = [{
    Ends every phase of a compilation. `import` holds no op of the spike dialect;
    `quantise` no `spike.site`; `spike` no levels on spiking sites, and every product
    whose silent inputs contribute has its `offset`; `mapped` has an engine for every
    dynamic product; `sim` holds neither onnx nor spike ops; `image` has every product
    bound to a unit of its chip and every layer placed. The error is at the op.
  }];
  let options = [Option<"phase", "phase", "std::string", "", "import, quantise, spike, mapped, sim or image">];
}

#endif // SNN_PIPELINE_PASSES_TD
