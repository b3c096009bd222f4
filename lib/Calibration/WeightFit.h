//===- WeightFit.h - Weights given quantised inputs -------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CALIBRATION_WEIGHTFIT_H
#define SNN_LIB_CALIBRATION_WEIGHTFIT_H

#include "mlir/IR/MLIRContext.h"
#include "snn/runtime/Tensor.h"

namespace snn::calibration {

/// Rows and columns of numbers, row by row.
struct Matrix {
  int64_t rows = 0, columns = 0;
  std::vector<double> values;

  Matrix() = default;
  Matrix(int64_t rows, int64_t columns)
      : rows(rows), columns(columns), values(size_t(rows * columns), 0.0) {}
  double *row(int64_t r) { return values.data() + r * columns; }
  const double *row(int64_t r) const { return values.data() + r * columns; }
};

/// What the quantised inputs of a linear say of its weights. One linear after
/// another that reads the same site is fitted with it.
class InputMoment {
public:
  /// `rows` [n, K] of inputs as the network will see them. `damping` is how far
  /// the float weights count: 1 for few rows, less for many.
  InputMoment(mlir::MLIRContext *context, std::vector<float> rows,
              int64_t inputs, double damping);

  int64_t rowCount() const { return n; }

  /// Integers [K, M] and M scales for the weights `w` [K, M] whose float
  /// network has the outputs `y` [n, M]:
  ///
  ///   W* = (H + l I)^-1 (X'Y + l W),  H = X'X,
  ///   l = damping * mean(diag H) * max(1, 8 K / n)
  ///
  /// of centred X and Y. A scale per output is that of least squared error of
  /// W*; then row after row is rounded, of falling diag H, and what it loses is
  /// made up for by the rows that are left (the rows of the Cholesky factor of
  /// (H + 0.01 mean(diag H) I)^-1).
  void fit(const std::vector<float> &w, const std::vector<float> &y,
           int64_t outputs, unsigned bits, std::vector<int8_t> &integers,
           std::vector<float> &scales) const;

private:
  mlir::MLIRContext *context;
  int64_t n, inputs;
  double lambda = 0;
  std::vector<rt::Tensor> x;  ///< centred, [n, K] in chunks of rows, columns
                              ///< in `order`
  std::vector<int64_t> order; ///< inputs of falling diag H
  Matrix factor;              ///< L with L L' = H + lambda I
  Matrix propagation;         ///< U with U'U = (H + 0.01 mean I)^-1
};

} // namespace snn::calibration

#endif // SNN_LIB_CALIBRATION_WEIGHTFIT_H
