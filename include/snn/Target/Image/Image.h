//===- Image.h - Writing programming images ---------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_TARGET_IMAGE_IMAGE_H
#define SNN_TARGET_IMAGE_IMAGE_H

#include "mlir/IR/BuiltinOps.h"

namespace snn {

/// Writes the programming image of a module that `xbar-schedule` has left to
/// `path`: under a temporary name, then renamed. Reports at the op that cannot
/// be written, or at the module. Equal modules give equal bytes. `sizes`, if
/// not null, gets a table of the sections.
mlir::LogicalResult writeImage(mlir::ModuleOp module, llvm::StringRef path,
                               llvm::raw_ostream *sizes = nullptr);

} // namespace snn

#endif // SNN_TARGET_IMAGE_IMAGE_H
