//===- Nir.h - Networks of neurons as NIR graphs ----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_TARGET_NIR_NIR_H
#define SNN_TARGET_NIR_NIR_H

#include "mlir/IR/BuiltinOps.h"

namespace snn::nir {

/// Writes a network whose neurons are `spike.lif` and whose weights are floats
/// (that of the import phase, with its neurons recovered) to a .nir file, with
/// a time step of `dt` seconds. An error names all ops that have no NIR node;
/// warnings say what a reader has to be told.
llvm::LogicalResult writeNir(mlir::ModuleOp module, llvm::StringRef path,
                             double dt);

} // namespace snn::nir

#endif // SNN_TARGET_NIR_NIR_H
