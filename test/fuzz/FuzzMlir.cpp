//===- FuzzMlir.cpp - MLIR text is read and verified --------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FuzzSupport.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "snn/Pipeline/Pipeline.h"
#include "snn/Support/Nesting.h"

using namespace mlir;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  DialectRegistry registry;
  snn::registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  ScopedDiagnosticHandler quiet(&context,
                                [](Diagnostic &) { return success(); });
  // As the tools do first.
  if (llvm::Error error =
          snn::checkMlirNesting({reinterpret_cast<const char *>(data), size})) {
    llvm::consumeError(std::move(error));
    return 0;
  }
  // Text with a NUL behind it, as files are read.
  std::string text(reinterpret_cast<const char *>(data), size);
  OwningOpRef<ModuleOp> module =
      parseSourceString<ModuleOp>(text, ParserConfig(&context));
  if (!module)
    return 0;
  PassManager pm(&context);
  pm.addPass(createCanonicalizerPass());
  (void)pm.run(*module);
  std::string printed;
  llvm::raw_string_ostream os(printed);
  module->print(os);
  return 0;
}
