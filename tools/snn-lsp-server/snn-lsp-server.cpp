//===- snn-lsp-server.cpp - The dialects in editors -----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// MLIR's language server, which knows SNNC's dialects: definitions, uses,
// hovers and diagnostics of .mlir files.
//
//===----------------------------------------------------------------------===//

#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "snn/Pipeline/Pipeline.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  snn::registerDialects(registry);
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
