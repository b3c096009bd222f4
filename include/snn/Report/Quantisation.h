//===- Quantisation.h - quantisation.json -----------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_REPORT_QUANTISATION_H
#define SNN_REPORT_QUANTISATION_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

namespace snn {

/// What a network of the quantise phase is quantised with: every site (name,
/// kind, bits, zero point, scale, mask level, radius, histogram where there is
/// one), every integer product (node, weight scales, what rescales its
/// accumulators and their biases), and the products that stay in float. Schema
/// version 1.
mlir::FailureOr<llvm::json::Object> describeQuantisation(mlir::ModuleOp module);

/// Writes a JSON object atomically.
llvm::Error writeJson(llvm::StringRef path, llvm::json::Object object);

} // namespace snn

#endif // SNN_REPORT_QUANTISATION_H
