//===- FuzzYaml.cpp - Descriptions of chips and tasks are read ----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FuzzSupport.h"
#include "mlir/IR/MLIRContext.h"
#include "snn/Chip/ChipAttribute.h"
#include "snn/Compare/Task.h"

using namespace snn;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  llvm::StringRef text(reinterpret_cast<const char *>(data), size);
  // The parser reads to a NUL.
  std::string copy = text.str();
  llvm::Expected<chip::Chip> chip = chip::parseChip(copy, "chip.yaml");
  if (chip) {
    mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
    chip::toAttribute(*chip, &context);
    chip::toYAML(*chip);
  } else {
    llvm::consumeError(chip.takeError());
  }
  llvm::Expected<compare::Task> task =
      compare::loadTask(fuzz::writeInput(data, size, ".yaml"), "");
  if (!task)
    llvm::consumeError(task.takeError());
  return 0;
}
