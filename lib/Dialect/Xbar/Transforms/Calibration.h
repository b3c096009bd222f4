//===- Calibration.h - Ranges of calibrated ADCs ----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_DIALECT_XBAR_TRANSFORMS_CALIBRATION_H
#define SNN_LIB_DIALECT_XBAR_TRANSFORMS_CALIBRATION_H

#include "mlir/IR/BuiltinOps.h"
#include "snn/Dialect/Xbar/Xbar.h"

namespace snn::xbar {

/// How the sums of one layer are formed; what a tiling says of it.
struct SumGeometry {
  image::Encoding encoding;
  image::Slicing slicing;
  int64_t rows, activeRows, passes;
};

/// Column sums that a layer's row blocks have seen: counts by magnitude.
using SumHistogram = std::vector<int64_t>;

/// Runs the network of `module` on `inputs` and counts the magnitudes of the
/// column sums of every layer in `geometry`, per row block: each conversion of
/// a row group with a driven row counts once. At most `samples` vectors of a
/// layer are taken, evenly spaced.
mlir::FailureOr<llvm::DenseMap<mlir::Operation *, std::vector<SumHistogram>>>
countColumnSums(mlir::ModuleOp module, llvm::StringRef inputs, unsigned samples,
                const llvm::DenseMap<mlir::Operation *, SumGeometry> &geometry);

/// The least magnitude that `fraction` of the counted sums do not exceed.
int64_t percentile(const SumHistogram &histogram, double fraction);

} // namespace snn::xbar

#endif // SNN_LIB_DIALECT_XBAR_TRANSFORMS_CALIBRATION_H
