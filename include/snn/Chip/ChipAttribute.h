//===- ChipAttribute.h - A chip in the IR -----------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_CHIP_CHIPATTRIBUTE_H
#define SNN_CHIP_CHIPATTRIBUTE_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Diagnostics.h"
#include "snn/Chip/Chip.h"

namespace snn::chip {

/// The whole description as a dictionary with the keys of the YAML; a value
/// with its origin is [value, "status", "source"].
mlir::DictionaryAttr toAttribute(const Chip &chip, mlir::MLIRContext *context);

/// The chip that `toAttribute` described; reports a missing, unknown or wrong
/// entry by its path.
mlir::FailureOr<Chip>
fromAttribute(mlir::DictionaryAttr attribute,
              llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

} // namespace snn::chip

#endif // SNN_CHIP_CHIPATTRIBUTE_H
