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
    Ends every phase of a compilation. `import` holds no op of the spike dialect but the
    neurons that a .nir file states, with the numbers of their spikes;
    `quantise` no `spike.site`; `spike` no levels on spiking sites, and every product
    whose silent inputs contribute has its `offset`; `engines` (once called
    `mapped`, which is still read) has an engine for every dynamic product; `sim` holds neither onnx nor spike ops; `image` has every product
    bound to a unit of its chip and every layer placed. The error is at the op.
  }];
  let options = [Option<"phase", "phase", "std::string", "", "import, quantise, spike, engines, sim or image">];
}

def SnnCheckNetwork : Pass<"snn-check-network", "::mlir::ModuleOp"> {
  let summary = "Check that a network has what options are for";
  let description = [{
    Runs when networks trained to spike have been recognised, and fails where an option
    would be ignored. `neurons`: the network has LIF or Bernoulli neurons (coding `lif`).
    `stochastic` and `random` are options that were given and have an effect on
    stochastic attention, or on any op that draws random numbers, only.
  }];
  let options = [
    Option<"neurons", "neurons", "bool", "false", "the network must have LIF or Bernoulli neurons">,
    ListOption<"stochastic", "stochastic", "std::string", "options of stochastic attention">,
    ListOption<"random", "random", "std::string", "options of random spikes">];
}

def SnnStampCompilation : Pass<"snn-stamp-compilation", "::mlir::ModuleOp"> {
  let summary = "Give a module the digest of its compilation";
  let description = [{
    Sets the module's attribute `onnx.digest` to 32 hexadecimal digits that are a
    function of the compiler's version, of `options` and of the module: its
    operations, the names of its nodes and the elements of its constants, wherever
    they are stored. Paths take no part. Every artefact that is made of the module
    carries the digest, so that the tools can tell apart what different compilations
    made. Fails where a constant cannot be read.

    Example:

    ```mlir
    module attributes {onnx.digest = "5d41402abc4b2a76b9719d911017c592"} { ... }
    ```
  }];
  let options = [Option<"decisions", "options", "std::string", "", "a text of what else decides the network">];
}

#endif // SNN_PIPELINE_PASSES_TD
