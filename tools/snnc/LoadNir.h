//===- LoadNir.h - Networks that are NIR graphs -----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_TOOLS_SNNC_LOADNIR_H
#define SNN_TOOLS_SNNC_LOADNIR_H

#include "Flags.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/JSON.h"

namespace snn {

/// Whether the model is a .nir file.
bool isNir(const Flags &flags);

/// Fails where flags of .nir files were given for another, or the other way
/// round.
llvm::Error checkNirFlags(const Flags &flags);

/// Imports the .nir file, prints how its nodes fared, and sets `fidelity` to
/// what fidelity.json says. Without calibration inputs, products of numbers
/// stay in float, for which it adds to `options`. Null on failure.
mlir::OwningOpRef<mlir::ModuleOp>
loadNir(const Flags &flags, mlir::MLIRContext &context,
        PipelineOptions &options, std::optional<llvm::json::Object> &fidelity);

/// Whether --emit names the network as a .nir file.
bool emitsNir(const Flags &flags);

/// Writes a module of the import phase to the .nir file `path`, with its
/// neurons recovered.
llvm::LogicalResult emitNir(mlir::ModuleOp module, const Flags &flags,
                            const PipelineOptions &options,
                            llvm::StringRef path);

} // namespace snn

#endif // SNN_TOOLS_SNNC_LOADNIR_H
