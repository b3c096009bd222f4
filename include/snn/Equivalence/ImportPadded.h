//===- ImportPadded.h - One network for several lengths ---------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A compiled network has one length. It serves shorter samples where the model
// masks what they are filled up with. Whether it does is not read off the
// graph: the model is imported at a shorter length, too, and both must agree on
// the tokens that are there.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_EQUIVALENCE_IMPORTPADDED_H
#define SNN_EQUIVALENCE_IMPORTPADDED_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "snn/Import/Import.h"

namespace snn {

/// Imports an .onnx model at the length `options.lengths->bound`, for samples
/// of up to that length (LengthAxes.h). What every input is filled up with is
/// found by trial: numbers that the graph compares it with, then those that
/// masks usually have. A trial runs a sample of `inputs` (a data file, or
/// random:N; drawn ones if it is empty), cut to a shorter length, through the
/// model at that length and, filled up, at the bound one; the results must be
/// equal to 1e-3 of their range. Reports an error and returns null where no
/// trial succeeds, or where a length lies along the first axis.
mlir::OwningOpRef<mlir::ModuleOp> importPadded(llvm::StringRef path,
                                               mlir::MLIRContext &context,
                                               const ImportOptions &options,
                                               llvm::StringRef inputs);

} // namespace snn

#endif // SNN_EQUIVALENCE_IMPORTPADDED_H
