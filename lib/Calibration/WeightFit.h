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

#include <algorithm>
#include <memory>

namespace snn::calibration {

/// Rows and columns of numbers, row by row.
class Matrix {
public:
  int64_t rows = 0, columns = 0;

  Matrix() = default;
  Matrix(int64_t rows, int64_t columns) { reshape(rows, columns); }
  /// Another shape; the numbers are undefined. Memory is kept for the largest:
  /// fresh pages cost more than what is computed in a large matrix.
  void reshape(int64_t newRows, int64_t newColumns) {
    rows = newRows;
    columns = newColumns;
    if (auto count = size_t(rows * columns); count > capacity) {
      values.reset(new double[count]);
      capacity = count;
    }
  }
  void clear() { std::fill_n(values.get(), rows * columns, 0.0); }
  double *row(int64_t r) { return values.get() + r * columns; }
  const double *row(int64_t r) const { return values.get() + r * columns; }

private:
  std::unique_ptr<double[]> values;
  size_t capacity = 0;
};

/// What one `InputMoment` after another is computed in.
struct MomentSpace {
  Matrix moment;      ///< H
  Matrix factor;      ///< L with L L' = H + l I, or XX' + l I
  Matrix turned;      ///< of the inverse
  Matrix propagation; ///< U with U'U = (H + 0.01 mean I)^-1
  Matrix fitted, residual;
};

/// What the quantised inputs of a linear say of its weights. One linear after
/// another that reads the same site is fitted with it.
class InputMoment {
public:
  /// `rows` [n, K] of inputs as the network will see them. `damping` is how far
  /// the float weights count: 1 for few rows, less for many.
  /// No other one uses `space` as long as this one lives.
  InputMoment(mlir::MLIRContext *context, MomentSpace &space,
              std::vector<float> rows, int64_t inputs, double damping);

  int64_t rowCount() const { return n; }

  /// Integers [K, M] and M scales for the weights `w` [K, M] whose float
  /// network has the outputs `y` [n, M]:
  ///
  ///   W* = (H + l I)^-1 (X'Y + l W),  H = X'X,
  ///   l = damping * mean(diag H) * max(1, 8 K / n)
  ///
  /// of centred X and Y; with less rows than inputs by the same in n
  /// dimensions, W* = W + X' (XX' + l I)^-1 (Y - XW). A scale per output is
  /// that of least squared error of W*; then row after row is rounded, of
  /// falling diag H, and what it loses is made up for by the rows that are left
  /// (the rows of the Cholesky factor of (H + 0.01 mean(diag H) I)^-1).
  void fit(const std::vector<float> &w, const std::vector<float> &y,
           int64_t outputs, unsigned bits, std::vector<int8_t> &integers,
           std::vector<float> &scales) const;

private:
  /// W*, its rows in `order`, to `space.fitted`.
  void regress(const std::vector<float> &w, std::vector<float> y,
               int64_t outputs) const;

  mlir::MLIRContext *context;
  MomentSpace &space;
  int64_t n, inputs;
  double lambda = 0;
  std::vector<rt::Tensor> x; ///< centred, [n, K] in chunks of rows, columns
                             ///< in `order`
  std::vector<rt::Tensor> turned; ///< X' in chunks, if n < K
  std::vector<int64_t> order;     ///< inputs of falling diag H
};

} // namespace snn::calibration

#endif // SNN_LIB_CALIBRATION_WEIGHTFIT_H
