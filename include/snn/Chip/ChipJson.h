//===- ChipJson.h - A chip for other programs -------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_CHIP_CHIPJSON_H
#define SNN_CHIP_CHIPJSON_H

#include "snn/Chip/Chip.h"
#include "llvm/Support/raw_ostream.h"

namespace snn::chip {

/// Writes the whole description as a JSON object with the keys of the YAML; a
/// value with its origin is an object of "value", "status" and "source".
void printJSON(const Chip &chip, llvm::raw_ostream &os);

} // namespace snn::chip

#endif // SNN_CHIP_CHIPJSON_H
