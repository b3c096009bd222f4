//===- WeightFit.cpp - Weights given quantised inputs ---------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every number is computed by one task in one order, so that results do not
// depend on the number of threads.
//
//===----------------------------------------------------------------------===//

#include "WeightFit.h"
#include "mlir/IR/Threading.h"
#include "snn/Dialect/Spike/WeightScales.h"
#include "snn/Support/InstructionSets.h"
#include "snn/runtime/Kernels.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace mlir;
using namespace snn;
using namespace snn::calibration;

namespace {

/// Calls `f(first, last)` on blocks of [0, count).
void forBlocks(MLIRContext *context, int64_t count, int64_t size,
               llvm::function_ref<void(int64_t, int64_t)> f) {
  parallelFor(context, 0, size_t((count + size - 1) / size), [&](size_t block) {
    int64_t first = int64_t(block) * size;
    f(first, std::min(count, first + size));
  });
}

constexpr int64_t blockSize = 64;

/// a += b * factor.
SNN_CLONES void addScaled(double *a, const double *b, double factor,
                          int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    a[i] += b[i] * factor;
}

/// A factor of `subtractProduct`, [rows, depth]: distances in elements.
struct Factor {
  const double *data;
  int64_t row, depth;
};

/// c [rows, columns] -= f b with b [depth, columns]. Every element takes its
/// terms in the order of `depth`, one after the other; distances may be
/// negative. A block of 4 rows and 16 columns is kept in registers: in
/// variables of their own, as compilers leave arrays in memory.
SNN_CLONES void subtractProduct(double *c, int64_t ldc, Factor f,
                                const double *b, int64_t ldb, int64_t rows,
                                int64_t depth, int64_t columns) {
  typedef double Vector __attribute__((vector_size(64), aligned(8)));
  int64_t j = 0;
  for (; j + 16 <= columns; j += 16) {
    int64_t r = 0;
    for (; r + 4 <= rows; r += 4) {
      auto *row0 = reinterpret_cast<Vector *>(c + r * ldc + j),
           *row1 = reinterpret_cast<Vector *>(c + (r + 1) * ldc + j),
           *row2 = reinterpret_cast<Vector *>(c + (r + 2) * ldc + j),
           *row3 = reinterpret_cast<Vector *>(c + (r + 3) * ldc + j);
      Vector s00 = row0[0], s01 = row0[1], s10 = row1[0], s11 = row1[1],
             s20 = row2[0], s21 = row2[1], s30 = row3[0], s31 = row3[1];
      const double *f0 = f.data + r * f.row, *f1 = f0 + f.row, *f2 = f1 + f.row,
                   *f3 = f2 + f.row;
      for (int64_t k = 0; k < depth; ++k) {
        const auto *line = reinterpret_cast<const Vector *>(b + k * ldb + j);
        Vector b0 = line[0], b1 = line[1];
        s00 -= b0 * f0[k * f.depth];
        s01 -= b1 * f0[k * f.depth];
        s10 -= b0 * f1[k * f.depth];
        s11 -= b1 * f1[k * f.depth];
        s20 -= b0 * f2[k * f.depth];
        s21 -= b1 * f2[k * f.depth];
        s30 -= b0 * f3[k * f.depth];
        s31 -= b1 * f3[k * f.depth];
      }
      row0[0] = s00, row0[1] = s01, row1[0] = s10, row1[1] = s11;
      row2[0] = s20, row2[1] = s21, row3[0] = s30, row3[1] = s31;
    }
    for (; r < rows; ++r)
      for (int64_t k = 0; k < depth; ++k)
        for (int64_t i = j; i < j + 16; ++i)
          c[r * ldc + i] -= b[k * ldb + i] * f.data[r * f.row + k * f.depth];
  }
  for (int64_t r = 0; j < columns && r < rows; ++r)
    for (int64_t k = 0; k < depth; ++k)
      for (int64_t i = j; i < columns; ++i)
        c[r * ldc + i] -= b[k * ldb + i] * f.data[r * f.row + k * f.depth];
}

/// The lower triangle of L L' = `a`, in its place; rows of the upper triangle
/// are not read. Block column after block column.
void factorize(MLIRContext *context, Matrix &a) {
  int64_t size = a.rows;
  std::vector<double> panel(blockSize * size);
  for (int64_t first = 0; first < size; first += blockSize) {
    int64_t last = std::min(size, first + blockSize);
    for (int64_t c = first; c < last; ++c) {
      double pivot = a.row(c)[c];
      for (int64_t k = first; k < c; ++k)
        pivot -= a.row(c)[k] * a.row(c)[k];
      pivot = std::sqrt(std::max(pivot, 1e-300));
      a.row(c)[c] = pivot;
      for (int64_t r = c + 1; r < last; ++r) {
        double sum = a.row(r)[c];
        for (int64_t k = first; k < c; ++k)
          sum -= a.row(r)[k] * a.row(c)[k];
        a.row(r)[c] = sum / pivot;
      }
    }
    // The panel below the block, and what it leaves of the rest.
    forBlocks(context, size - last, 16, [&](int64_t from, int64_t to) {
      for (int64_t r = last + from; r < last + to; ++r)
        for (int64_t c = first; c < last; ++c) {
          double sum = a.row(r)[c];
          for (int64_t k = first; k < c; ++k)
            sum -= a.row(r)[k] * a.row(c)[k];
          a.row(r)[c] = sum / a.row(c)[c];
        }
    });
    // Columns of the panel side by side, so that the updates run along rows.
    int64_t rest = size - last;
    for (int64_t r = last; r < size; ++r)
      for (int64_t k = first; k < last; ++k)
        panel[(k - first) * rest + r - last] = a.row(r)[k];
    forBlocks(context, size - last, blockSize, [&](int64_t from, int64_t to) {
      subtractProduct(a.row(last + from) + last, size,
                      {a.row(last + from) + first, size, 1}, panel.data(), rest,
                      to - from, last - first, to);
    });
  }
}

/// `b` [size, M] becomes the solution of L L' x = b.
void solve(MLIRContext *context, const Matrix &l, Matrix &b) {
  forBlocks(context, b.columns, blockSize, [&](int64_t from, int64_t to) {
    int64_t count = to - from, size = l.rows;
    // The columns by themselves: rows of `b` lie pages apart.
    Matrix x(size, count);
    for (int64_t r = 0; r < size; ++r)
      std::copy_n(b.row(r) + from, count, x.row(r));
    // A block of rows takes what stands above it in one go.
    for (int64_t first = 0; first < size; first += blockSize) {
      int64_t last = std::min(size, first + blockSize);
      subtractProduct(x.row(first), count, {l.row(first), size, 1}, x.row(0),
                      count, last - first, first, count);
      for (int64_t r = first; r < last; ++r) {
        subtractProduct(x.row(r), count, {l.row(r) + first, size, 1},
                        x.row(first), count, 1, r - first, count);
        for (int64_t c = 0; c < count; ++c)
          x.row(r)[c] /= l.row(r)[r];
      }
    }
    // From below: the last row first.
    for (int64_t last = size; last > 0;) {
      int64_t first = (last - 1) / blockSize * blockSize;
      subtractProduct(x.row(first), count, {l.row(size - 1) + first, 1, -size},
                      x.row(size - 1), -count, last - first, size - last,
                      count);
      for (int64_t r = last - 1; r >= first; --r) {
        for (int64_t c = 0; c < count; ++c)
          x.row(r)[c] /= l.row(r)[r];
        for (int64_t k = first; k < r; ++k)
          addScaled(x.row(k), x.row(r), -l.row(r)[k], count);
      }
      last = first;
    }
    for (int64_t r = 0; r < size; ++r)
      std::copy_n(x.row(r), count, b.row(r) + from);
  });
}

/// The upper U with U'U = h^-1: of h turned by half, L L', the inverse of L
/// turned by half is U.
/// Below its diagonal U is undefined.
void invertFactor(MLIRContext *context, const Matrix &h, Matrix &turned,
                  Matrix &u) {
  int64_t size = h.rows;
  turned.reshape(size, size);
  for (int64_t r = 0; r < size; ++r) {
    const double *from = h.row(size - 1 - r) + size - 1;
    for (int64_t c = 0; c <= r; ++c)
      turned.row(r)[c] = from[-c];
  }
  factorize(context, turned);
  // h = V V' with V the turned factor turned back, which is upper; U = V^-1.
  auto v = [&](int64_t r, int64_t c) -> const double & {
    return turned.row(size - 1 - r)[size - 1 - c];
  };
  u.reshape(size, size);
  forBlocks(context, size, blockSize, [&](int64_t from, int64_t to) {
    int64_t count = to - from;
    Matrix x(to, count);
    x.clear();
    for (int64_t last = to; last > 0;) {
      int64_t first = (last - 1) / blockSize * blockSize;
      for (int64_t r = std::max(first, from); r < last; ++r)
        x.row(r)[r - from] = 1;
      if (last < to)
        subtractProduct(x.row(first), count, {&v(first, last), -size, -1},
                        x.row(last), count, last - first, to - last, count);
      for (int64_t r = last - 1; r >= first; --r) {
        if (r + 1 < last)
          subtractProduct(x.row(r), count, {&v(r, r + 1), -size, -1},
                          x.row(r + 1), count, 1, last - r - 1, count);
        for (int64_t c = 0; c < count; ++c)
          x.row(r)[c] /= v(r, r);
      }
      last = first;
    }
    for (int64_t r = 0; r < to; ++r)
      std::copy_n(x.row(r), count, u.row(r) + from);
  });
}

/// Rows are added up in floats in chunks of so many, chunks in doubles.
constexpr int64_t chunkRows = 512;

/// `values` [n, columns] as tensors of at most `chunkRows` rows.
std::vector<rt::Tensor> split(const std::vector<float> &values,
                              int64_t columns) {
  std::vector<rt::Tensor> chunks;
  int64_t n = int64_t(values.size()) / columns;
  for (int64_t first = 0; first < n; first += chunkRows) {
    int64_t rows = std::min(chunkRows, n - first);
    const float *from = values.data() + first * columns;
    chunks.push_back(rt::Tensor::fromVector(
        {rows, columns}, std::vector<float>(from, from + rows * columns)));
  }
  return chunks;
}

/// result += a' b.
void addProducts(MLIRContext *context, const std::vector<rt::Tensor> &a,
                 const std::vector<rt::Tensor> &b, Matrix &result) {
  forBlocks(context, result.rows, blockSize, [&](int64_t from, int64_t to) {
    for (size_t chunk = 0; chunk < a.size(); ++chunk) {
      int64_t rows = a[chunk].dim(0), columns = a[chunk].dim(1);
      const float *values = a[chunk].data<float>();
      rt::Tensor turned(rt::DType::F32, {to - from, rows}), product;
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t i = from; i < to; ++i)
          turned.data<float>()[(i - from) * rows + r] = values[r * columns + i];
      rt::matmul(turned, b[chunk], product);
      for (int64_t i = from; i < to; ++i)
        for (int64_t c = 0; c < result.columns; ++c)
          result.row(i)[c] +=
              double(product.data<float>()[(i - from) * result.columns + c]);
    }
  });
}

/// Takes the mean of every column out of `values`.
void centre(std::vector<float> &values, int64_t columns) {
  int64_t n = int64_t(values.size()) / columns;
  std::vector<double> mean(columns, 0.0);
  for (int64_t r = 0; r < n; ++r)
    for (int64_t c = 0; c < columns; ++c)
      mean[c] += double(values[r * columns + c]);
  for (double &m : mean)
    m /= double(n);
  for (int64_t r = 0; r < n; ++r)
    for (int64_t c = 0; c < columns; ++c) {
      float &v = values[r * columns + c];
      v = float(double(v) - mean[c]);
    }
}

} // namespace

InputMoment::InputMoment(MLIRContext *context, MomentSpace &space,
                         std::vector<float> rows, int64_t inputs,
                         double damping)
    : context(context), space(space), n(int64_t(rows.size()) / inputs),
      inputs(inputs) {
  centre(rows, inputs);
  // Falling diag H; equal ones in their order.
  std::vector<double> diagonal(inputs, 0.0);
  for (int64_t r = 0; r < n; ++r)
    for (int64_t i = 0; i < inputs; ++i) {
      double v = rows[r * inputs + i];
      diagonal[i] += v * v;
    }
  order.resize(inputs);
  std::iota(order.begin(), order.end(), int64_t(0));
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return diagonal[a] != diagonal[b] ? diagonal[a] > diagonal[b] : a < b;
  });
  std::vector<float> ordered(rows.size());
  for (int64_t r = 0; r < n; ++r)
    for (int64_t i = 0; i < inputs; ++i)
      ordered[r * inputs + i] = rows[r * inputs + order[i]];
  x = split(ordered, inputs);
  double mean =
      std::accumulate(diagonal.begin(), diagonal.end(), 0.0) / double(inputs);
  // Inputs that never change say nothing.
  mean = std::max(mean, 1e-12);
  lambda = damping * mean *
           std::max(1.0, 8.0 * double(inputs) / std::max(double(n), 1.0));

  Matrix &h = space.moment, &factor = space.factor;
  h.reshape(inputs, inputs);
  h.clear();
  addProducts(context, x, x, h);
  if (n < inputs) {
    std::vector<float> columns(ordered.size());
    for (int64_t r = 0; r < n; ++r)
      for (int64_t i = 0; i < inputs; ++i)
        columns[i * n + r] = ordered[r * inputs + i];
    turned = split(columns, n);
    factor.reshape(n, n);
    factor.clear();
    addProducts(context, turned, turned, factor);
  } else {
    factor.reshape(inputs, inputs);
    for (int64_t i = 0; i < inputs; ++i)
      std::copy_n(h.row(i), i + 1, factor.row(i)); // what `factorize` reads
  }
  for (int64_t i = 0; i < factor.rows; ++i)
    factor.row(i)[i] += lambda;
  for (int64_t i = 0; i < inputs; ++i)
    h.row(i)[i] += 0.01 * mean;
  factorize(context, factor);
  invertFactor(context, h, space.turned, space.propagation);
}

void InputMoment::regress(const std::vector<float> &w, std::vector<float> y,
                          int64_t outputs) const {
  centre(y, outputs);
  Matrix &fitted = space.fitted;
  fitted.reshape(inputs, outputs);
  if (n >= inputs) {
    fitted.clear();
    addProducts(context, x, split(y, outputs), fitted);
    for (int64_t i = 0; i < inputs; ++i)
      for (int64_t c = 0; c < outputs; ++c)
        fitted.row(i)[c] += lambda * double(w[order[i] * outputs + c]);
    solve(context, space.factor, fitted);
    return;
  }
  std::vector<float> ordered(w.size());
  for (int64_t i = 0; i < inputs; ++i)
    std::copy_n(w.data() + order[i] * outputs, outputs,
                ordered.data() + i * outputs);
  Matrix &residual = space.residual;
  residual.reshape(n, outputs);
  residual.clear();
  addProducts(context, turned, split(ordered, outputs), residual);
  for (int64_t r = 0; r < n; ++r)
    for (int64_t c = 0; c < outputs; ++c)
      residual.row(r)[c] = double(y[r * outputs + c]) - residual.row(r)[c];
  solve(context, space.factor, residual);
  for (int64_t i = 0; i < n * outputs; ++i)
    y[i] = float(residual.row(0)[i]);
  for (int64_t i = 0; i < inputs; ++i)
    for (int64_t c = 0; c < outputs; ++c)
      fitted.row(i)[c] = double(ordered[i * outputs + c]);
  addProducts(context, x, split(y, outputs), fitted);
}

void InputMoment::fit(const std::vector<float> &w, const std::vector<float> &y,
                      int64_t outputs, unsigned bits,
                      std::vector<int8_t> &integers,
                      std::vector<float> &scales) const {
  regress(w, y, outputs);
  Matrix &fitted = space.fitted;
  const Matrix &propagation = space.propagation;

  integers.assign(size_t(inputs * outputs), 0);
  scales.assign(size_t(outputs), 1.0f);
  // Scales of a few outputs at a time, then the rounding of more.
  constexpr int64_t lanes = spike::channelLanes;
  forBlocks(context, outputs, lanes, [&](int64_t from, int64_t to) {
    std::vector<float> block(size_t(inputs * lanes), 0.0f);
    std::vector<int8_t> unused(block.size());
    for (int64_t i = 0; i < inputs; ++i)
      for (int64_t c = from; c < to; ++c)
        block[i * lanes + c - from] = float(fitted.row(i)[c]);
    float found[lanes];
    spike::quantizeChannels(block, bits, unused, found);
    std::copy_n(found, to - from, scales.data() + from);
  });
  forBlocks(context, outputs, blockSize, [&](int64_t from, int64_t to) {
    int64_t count = to - from;
    std::vector<double> middle(count, 0.0);
    if (bits == 1)
      for (int64_t i = 0; i < inputs; ++i)
        for (int64_t c = 0; c < count; ++c)
          middle[c] += fitted.row(i)[from + c] / double(inputs);
    double bound = double((1 << (bits - 1)) - 1);
    // A block of rows at a time: within it a row's loss is passed on at once,
    // to the rows behind it in one go.
    Matrix loss(std::min(blockSize, inputs), count);
    for (int64_t first = 0; first < inputs; first += blockSize) {
      int64_t last = std::min(inputs, first + blockSize);
      for (int64_t i = first; i < last; ++i) {
        const double *row = propagation.row(i);
        for (int64_t c = 0; c < count; ++c) {
          double v = fitted.row(i)[from + c], scale = double(scales[from + c]);
          double level =
              bits == 1 ? (v > middle[c] ? 1.0 : -1.0)
                        : std::clamp(std::nearbyint(v / scale), -bound, bound);
          integers[order[i] * outputs + from + c] = int8_t(level);
          loss.row(i - first)[c] = (v - level * scale) / row[i];
        }
        for (int64_t j = i + 1; j < last; ++j)
          addScaled(fitted.row(j) + from, loss.row(i - first), -row[j], count);
      }
      subtractProduct(fitted.row(last) + from, fitted.columns,
                      {propagation.row(first) + last, 1, propagation.columns},
                      loss.row(0), count, inputs - last, last - first, count);
    }
  });
}
