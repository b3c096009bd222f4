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

def SnnStampCompilation : Pass<"snn-stamp-compilation", "::mlir::ModuleOp"> {
  let summary = "Give a module the digest of its compilation";
  let description = [{
    Sets the module's attribute `snn.digest` to 32 hexadecimal digits that are a
    function of the compiler's version, of `options` and of the module: its
    operations, the names of its nodes and the elements of its constants, wherever
    they are stored. Paths take no part. Every artefact that is made of the module
    carries the digest, so that the tools can tell apart what different compilations
    made. Fails where a constant cannot be read.

    Example:

    ```mlir
    module attributes {snn.digest = "5d41402abc4b2a76b9719d911017c592"} { ... }
    ```
  }];
  let options = [Option<"decisions", "options", "std::string", "", "a text of what else decides the network">];
}

#endif // SNN_PIPELINE_PASSES_TD
