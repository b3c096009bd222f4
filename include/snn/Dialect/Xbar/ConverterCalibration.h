//===- ConverterCalibration.h - What calibrated ADCs have seen --*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `xbar-tile` gives calibrated converters their range, for which a network has
// to run. Running networks stands above the dialects, so the dialect asks
// through an interface, which `snn/Calibration/Calibration.h` attaches to it.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_XBAR_CONVERTERCALIBRATION_H
#define SNN_DIALECT_XBAR_CONVERTERCALIBRATION_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectInterface.h"
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

/// The histograms of layers, per row block.
using ColumnSums = llvm::DenseMap<mlir::Operation *, std::vector<SumHistogram>>;

/// Counts the column sums that converters see on inputs.
class ConverterCalibrationInterface
    : public mlir::DialectInterface::Base<ConverterCalibrationInterface> {
public:
  ConverterCalibrationInterface(mlir::Dialect *dialect) : Base(dialect) {}

  /// Runs the network of `module` on `inputs` and counts the magnitudes of the
  /// column sums of every layer in `geometry`, per row block: each conversion
  /// of a row group with a driven row counts once. At most `samples` vectors of
  /// a layer are taken, evenly spaced.
  virtual mlir::FailureOr<ColumnSums> countColumnSums(
      mlir::ModuleOp module, llvm::StringRef inputs, unsigned samples,
      const llvm::DenseMap<mlir::Operation *, SumGeometry> &geometry) const = 0;
};

/// The least magnitude that `fraction` of the counted sums do not exceed.
int64_t percentile(const SumHistogram &histogram, double fraction);

} // namespace snn::xbar

#endif // SNN_DIALECT_XBAR_CONVERTERCALIBRATION_H
