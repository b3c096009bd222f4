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

/// a += rows of b * factors, one row after the other.
SNN_CLONES void addRows(double *a, const double *b, int64_t stride,
                        const double *factors, int64_t rows, int64_t count) {
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4, b += 4 * stride) {
    double f0 = factors[r], f1 = factors[r + 1], f2 = factors[r + 2],
           f3 = factors[r + 3];
    for (int64_t i = 0; i < count; ++i)
      a[i] =
          (((a[i] + b[i] * f0) + b[i + stride] * f1) + b[i + 2 * stride] * f2) +
          b[i + 3 * stride] * f3;
  }
  for (; r < rows; ++r, b += stride)
    for (int64_t i = 0; i < count; ++i)
      a[i] += b[i] * factors[r];
}

/// The lower triangle of L L' = `a`, in its place; rows of the upper triangle
/// are not read. Block column after block column.
void factorize(MLIRContext *context, Matrix &a) {
  int64_t size = a.rows;
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
    Matrix panel(last - first, size - last);
    for (int64_t r = last; r < size; ++r)
      for (int64_t k = first; k < last; ++k)
        panel.row(k - first)[r - last] = a.row(r)[k];
    forBlocks(context, size - last, 16, [&](int64_t from, int64_t to) {
      double factors[blockSize];
      for (int64_t r = last + from; r < last + to; ++r) {
        for (int64_t k = first; k < last; ++k)
          factors[k - first] = -a.row(r)[k];
        addRows(a.row(r) + last, panel.row(0), panel.columns, factors,
                last - first, r - last + 1);
      }
    });
  }
}

/// `b` [size, M] becomes the solution of L L' x = b.
void solve(MLIRContext *context, const Matrix &l, Matrix &b) {
  forBlocks(context, b.columns, blockSize, [&](int64_t from, int64_t to) {
    int64_t count = to - from;
    std::vector<double> factors(l.rows);
    for (int64_t r = 0; r < l.rows; ++r) {
      double *row = b.row(r) + from;
      for (int64_t k = 0; k < r; ++k)
        factors[k] = -l.row(r)[k];
      addRows(row, b.row(0) + from, b.columns, factors.data(), r, count);
      for (int64_t c = 0; c < count; ++c)
        row[c] /= l.row(r)[r];
    }
    for (int64_t r = l.rows - 1; r >= 0; --r) {
      double *row = b.row(r) + from;
      for (int64_t c = 0; c < count; ++c)
        row[c] /= l.row(r)[r];
      for (int64_t k = 0; k < r; ++k)
        addScaled(b.row(k) + from, row, -l.row(r)[k], count);
    }
  });
}

/// The upper U with U'U = h^-1: of h turned by half, L L', the inverse of L
/// turned by half is U.
Matrix invertFactor(MLIRContext *context, const Matrix &h) {
  int64_t size = h.rows;
  Matrix turned(size, size);
  for (int64_t r = 0; r < size; ++r)
    for (int64_t c = 0; c <= r; ++c)
      turned.row(r)[c] = h.row(size - 1 - c)[size - 1 - r];
  factorize(context, turned);
  // h = V V' with V the turned factor turned back, which is upper; U = V^-1.
  Matrix v(size, size), u(size, size);
  for (int64_t r = 0; r < size; ++r)
    for (int64_t c = r; c < size; ++c)
      v.row(r)[c] = turned.row(size - 1 - r)[size - 1 - c];
  turned = Matrix();
  forBlocks(context, size, blockSize, [&](int64_t from, int64_t to) {
    std::vector<double> factors(to);
    for (int64_t r = to - 1; r >= 0; --r) {
      double *row = u.row(r) + from;
      if (r >= from)
        row[r - from] = 1;
      for (int64_t k = r + 1; k < to; ++k)
        factors[k] = -v.row(r)[k];
      addRows(row, u.row(r + 1 < to ? r + 1 : r) + from, size,
              factors.data() + r + 1, to - r - 1, to - from);
      for (int64_t c = 0; c < to - from; ++c)
        row[c] /= v.row(r)[r];
    }
  });
  return u;
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

InputMoment::InputMoment(MLIRContext *context, std::vector<float> rows,
                         int64_t inputs, double damping)
    : context(context), n(int64_t(rows.size()) / inputs), inputs(inputs) {
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

  Matrix h(inputs, inputs);
  addProducts(context, x, x, h);
  factor = h;
  for (int64_t i = 0; i < inputs; ++i) {
    factor.row(i)[i] += lambda;
    h.row(i)[i] += 0.01 * mean;
  }
  factorize(context, factor);
  propagation = invertFactor(context, h);
}

void InputMoment::fit(const std::vector<float> &w, const std::vector<float> &y,
                      int64_t outputs, unsigned bits,
                      std::vector<int8_t> &integers,
                      std::vector<float> &scales) const {
  std::vector<float> centred = y;
  centre(centred, outputs);
  Matrix fitted(inputs, outputs); // rows in `order`
  addProducts(context, x, split(centred, outputs), fitted);
  for (int64_t i = 0; i < inputs; ++i)
    for (int64_t c = 0; c < outputs; ++c)
      fitted.row(i)[c] += lambda * double(w[order[i] * outputs + c]);
  solve(context, factor, fitted);

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
      double factors[blockSize];
      for (int64_t j = last; j < inputs; ++j) {
        for (int64_t i = first; i < last; ++i)
          factors[i - first] = -propagation.row(i)[j];
        addRows(fitted.row(j) + from, loss.row(0), count, factors, last - first,
                count);
      }
    }
  });
}
