//===- FuzzOnnx.cpp - ONNX models are imported --------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FuzzSupport.h"
#include "mlir/IR/MLIRContext.h"
#include "snn/Import/Import.h"
#include "snn/Pipeline/Pipeline.h"

// As the library of Debian is built.
#define ONNX_ML 1
#define ONNX_NAMESPACE onnx
#include <onnx/onnx_pb.h>

using namespace mlir;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string path = snn::fuzz::writeInput(data, size, ".onnx");
  DialectRegistry registry;
  snn::registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  ScopedDiagnosticHandler quiet(&context,
                                [](Diagnostic &) { return success(); });
  snn::importOnnx(path, context, {});
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maxSize,
                               unsigned seed) {
  onnx::ModelProto model;
  if (!model.ParseFromArray(data, static_cast<int>(size)))
    return LLVMFuzzerMutate(data, size, maxSize);
  std::mt19937 random(seed);
  snn::fuzz::mutate(model, random);
  std::string bytes = model.SerializeAsString();
  if (bytes.size() > maxSize)
    return size;
  std::copy(bytes.begin(), bytes.end(), data);
  return bytes.size();
}
