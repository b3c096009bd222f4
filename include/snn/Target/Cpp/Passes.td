//===- Passes.td - Writing simulators ------------------------*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_TARGET_CPP_PASSES_TD
#define SNN_TARGET_CPP_PASSES_TD

include "mlir/Pass/PassBase.td"

def SnnWriteSimulator : Pass<"snn-write-simulator", "::mlir::ModuleOp"> {
  let summary = "Write sim.cpp and weights.safetensors";
  let description = [{
    Writes the program of a module that `spike-to-emitc` made as `sim.cpp` and its
    weights as `weights.safetensors` to the directory `output`, which is made when it
    does not exist. The module's constants then name that file, so that the module
    can be printed and run later. Each file is written under a temporary name and
    renamed. The bytes depend only on the module. `build` compiles the program to
    `sim` with the system's C++ compiler.
  }];
  let options = [
    Option<"output", "output", "std::string", "\".\"", "directory to write to">,
    Option<"build", "build", "bool", "false", "compile sim.cpp to sim">];
  let dependentDialects = ["::snn::onnx::OnnxDialect"];
}

#endif // SNN_TARGET_CPP_PASSES_TD
