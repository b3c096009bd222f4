//===- Compare.h - The first op at which two levels differ ------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_EQUIVALENCE_EQUIVALENCE_H
#define SNN_EQUIVALENCE_EQUIVALENCE_H

#include "snn/Import/Import.h"
#include "snn/runtime/DataFile.h"

namespace snn {

/// Runs both modules on the same inputs and compares, in execution order, the
/// values that both compute under one name: sites by site name (levels and
/// spike trains exactly), other ops by ONNX node, and the results. Networks of
/// one quantisation must agree bit for bit, float networks within `tolerance`
/// of each value's range; a float and a quantised network in the predictions
/// (the place of the largest element of each result row) of at least
/// `leastAgreement` of the rows. `seed` replaces those of random spikes.
/// A module of the sim phase runs as a whole: only its results are compared.
/// Prints the first difference or the worst error; returns the exit status, 1
/// on a mismatch.
int compareModules(llvm::StringRef a, llvm::StringRef b,
                   mlir::MLIRContext &context, const ImportOptions &options,
                   const rt::NamedArrays &inputs, double tolerance,
                   double leastAgreement, int64_t limit,
                   std::optional<uint64_t> seed);

} // namespace snn

#endif // SNN_EQUIVALENCE_EQUIVALENCE_H
