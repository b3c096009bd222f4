//===- Signature.cpp - What a network is called and takes -----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Onnx/Signature.h"
#include "snn/Dialect/Onnx/Values.h"

using namespace mlir;
using namespace snn;

func::FuncOp snn::getEntryPoint(ModuleOp module) {
  if (auto main = module.lookupSymbol<func::FuncOp>("main"))
    return main;
  auto functions = module.getOps<func::FuncOp>();
  if (llvm::hasSingleElement(functions))
    return *functions.begin();
  module.emitError("needs a function @main, or only one function");
  return nullptr;
}

std::string snn::getArgumentName(func::FuncOp function, unsigned index) {
  if (auto name = function.getArgAttrOfType<StringAttr>(index, "onnx.name"))
    return name.str();
  return "arg" + std::to_string(index);
}

std::string snn::getResultName(func::FuncOp function, unsigned index) {
  if (auto name = function.getResultAttrOfType<StringAttr>(index, "onnx.name"))
    return name.str();
  return "result" + std::to_string(index);
}

bool snn::isConstantResult(func::FuncOp function, unsigned index) {
  return !dependsOnInput(
      function.getBody().front().getTerminator()->getOperand(index));
}
