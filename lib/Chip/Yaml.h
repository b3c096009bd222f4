//===- Yaml.h - Reading one chip description --------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CHIP_YAML_H
#define SNN_LIB_CHIP_YAML_H

#include "snn/Chip/Chip.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace snn::chip {

/// Gives the chip that a description names with `extends`. What that chip has
/// of its own already says `from` where; name, description and published
/// figures are empty, as they are never inherited.
using BaseLoader =
    llvm::function_ref<llvm::Expected<Chip>(llvm::StringRef name)>;

/// Reads `text`, the contents of `file`.
llvm::Expected<Chip> readChip(llvm::StringRef text, llvm::StringRef file,
                              BaseLoader loadBase);

} // namespace snn::chip

#endif // SNN_LIB_CHIP_YAML_H
