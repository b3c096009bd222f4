//===- Passes.td - From the spike dialect to EmitC -----------*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_CONVERSION_SPIKETOEMITC_PASSES_TD
#define SNN_CONVERSION_SPIKETOEMITC_PASSES_TD

include "mlir/Pass/PassBase.td"

def SpikeToEmitC : Pass<"spike-to-emitc", "::mlir::ModuleOp"> {
  let summary = "Turn a spiking network into the program of its simulator";
  let description = [{
    Replaces the network, a function with static shapes, by an EmitC module that
    prints as one readable C++ file: shapes, coding constants and the buffer plan
    are literals, every op is one call of the runtime. An op of the digital unit
    becomes a call of the kernel that it names; its parameters are printed as the
    kernel's C++ type says. Spikes are counted where they are made, synaptic
    operations at the site whose spikes cause them.

    Intermediate tensors live in one buffer; tensors whose lifetimes do not overlap
    share bytes, and reshapes share the storage of their operand.

    The module keeps its weights by name in the attribute `spike.constants`;
    `snn-write-simulator` writes them. `spike.weights` is the name of that file.

    Errors: dynamic shapes (see `spike-specialize-batch`), a spiking site that still
    holds levels (see `spike-mttfs`), control flow.
  }];
  let dependentDialects = ["::mlir::emitc::EmitCDialect"];
}

#endif // SNN_CONVERSION_SPIKETOEMITC_PASSES_TD
