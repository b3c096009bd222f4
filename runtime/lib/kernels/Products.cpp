//===- Products.cpp - Float matrix products and convolution -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Everything here ends in one loop, LoopTable::matmul, which adds products in
// ascending order of the reduction index whatever its blocking.
//
//===----------------------------------------------------------------------===//

#include "kernels/Convolution.h"
#include "Support.h"
#include "isa/Isa.h"

#include "snn/runtime/Kernels.h"

#include <cstring>

using namespace snn::rt;
using namespace snn::rt::detail;

namespace {
struct PanelTag;
struct TransposeTag;
struct TransposeTag2;
struct ColumnTag;
struct ScoreTag;
} // namespace

/// c[m, n] = a[m, k] b[k, n], dense.
static void product(const float *a, const float *b, float *c, int64_t m,
                    int64_t n, int64_t k) {
  float *panel = scratch<float, PanelTag>(floatPanel * (k ? k : 1));
  loops().matmul(a, k, b, n, c, n, m, n, k, panel);
}

/// out[columns, rows] = in[rows, columns].
static void transposeMatrix(const float *in, float *out, int64_t rows,
                            int64_t columns) {
  constexpr int64_t block = 16;
  for (int64_t r = 0; r < rows; r += block)
    for (int64_t c = 0; c < columns; c += block)
      for (int64_t i = r; i < rows && i < r + block; ++i)
        for (int64_t j = c; j < columns && j < c + block; ++j)
          out[j * rows + i] = in[i * columns + j];
}

/// All axes but the last two.
static Shape batchShape(const Shape &shape) {
  return Shape(shape.begin(), shape.end() - 2);
}

void snn::rt::matmul(const Tensor &a, const Tensor &b, Tensor &y) {
  requireType("matmul", a, DType::F32);
  requireType("matmul", b, DType::F32);
  require(a.rank() >= 1 && b.rank() >= 1, "matmul", "operand is a scalar");
  Tensor x0 = a, x1 = b;
  bool vectorA = a.rank() == 1, vectorB = b.rank() == 1;
  if (vectorA)
    x0 = x0.reshaped({1, a.dim(0)});
  if (vectorB)
    x1 = x1.reshaped({b.dim(0), 1});
  int64_t m = x0.dim(-2), k = x0.dim(-1), n = x1.dim(-1);
  require(x1.dim(-2) == k, "matmul",
          "shapes " + toString(a.shape()) + " and " + toString(b.shape()) +
              " do not fit");
  Shape batchA = batchShape(x0.shape()), batchB = batchShape(x1.shape());
  Shape batch = broadcastShapes("matmul", batchA, batchB);
  Shape result = batch;
  if (!vectorA)
    result.push_back(m);
  if (!vectorB)
    result.push_back(n);
  y.allocate(DType::F32, result);
  const float *p = x0.data<float>(), *q = x1.data<float>();
  float *r = y.data<float>();
  if (elementCount(batchB) == 1) {
    product(p, q, r, elementCount(batch) * m, n, k);
    return;
  }
  std::vector<int64_t> strides[2] = {broadcastStrides(batchA, batch),
                                     broadcastStrides(batchB, batch)};
  StridedLoop<2> loop(batch, strides);
  loop.forEachRow([&](const int64_t *o) {
    for (int64_t i = 0; i < loop.innerSize(); ++i, r += m * n)
      product(p + (o[0] + i * loop.innerStride(0)) * m * k,
              q + (o[1] + i * loop.innerStride(1)) * k * n, r, m, n, k);
  });
}

void snn::rt::gemm(const Tensor &a, const Tensor &b, const Tensor *c, Tensor &y,
                   double alpha, double beta, int64_t transA, int64_t transB) {
  requireType("gemm", a, DType::F32);
  requireType("gemm", b, DType::F32);
  require(a.rank() == 2 && b.rank() == 2, "gemm", "operands must be matrices");
  int64_t m = a.dim(transA ? 1 : 0), k = a.dim(transA ? 0 : 1);
  int64_t n = b.dim(transB ? 0 : 1);
  require(b.dim(transB ? 1 : 0) == k, "gemm",
          "shapes " + toString(a.shape()) + " and " + toString(b.shape()) +
              " do not fit");
  Tensor x0 = a, x1 = b, x2;
  if (c) {
    requireType("gemm", *c, DType::F32);
    require(broadcastShapes("gemm", c->shape(), {m, n}) == Shape{m, n}, "gemm",
            "bias of shape " + toString(c->shape()) + " does not fit " +
                toString({m, n}));
    x2 = *c;
  }
  const float *p = x0.data<float>(), *q = x1.data<float>();
  if (transA) {
    float *t = scratch<float, TransposeTag>(m * k);
    transposeMatrix(p, t, k, m);
    p = t;
  }
  if (transB) {
    float *t = scratch<float, TransposeTag2>(n * k);
    transposeMatrix(q, t, n, k);
    q = t;
  }
  y.allocate(DType::F32, {m, n});
  float *r = y.data<float>();
  product(p, q, r, m, n, k);
  float scale = static_cast<float>(alpha), biasScale = static_cast<float>(beta);
  if (scale != 1.0f)
    loops().binary[BinaryMul](r, 1, &scale, 0, r, m * n);
  if (!c)
    return;
  std::vector<int64_t> strides = broadcastStrides(x2.shape(), {m, n});
  const float *bias = x2.data<float>();
  std::vector<float> row(n);
  for (int64_t i = 0; i < m; ++i) {
    const float *line = bias + i * strides[0];
    int64_t step = strides[1];
    if (biasScale != 1.0f) {
      loops().binary[BinaryMul](line, step, &biasScale, 0, row.data(),
                                step ? n : 1);
      line = row.data();
    }
    loops().binary[BinaryAdd](r + i * n, 1, line, step, r + i * n, n);
  }
}

void snn::rt::conv(const Tensor &x, const Tensor &w, const Tensor *bias,
                   Tensor &y, const Ints &strides, const Ints &pads,
                   const Ints &dilations, int64_t group) {
  requireType("conv", x, DType::F32);
  requireType("conv", w, DType::F32);
  ConvolutionGeometry g("conv", x.shape(), w.shape(), strides, pads, dilations,
                        group);
  if (bias) {
    requireType("conv", *bias, DType::F32);
    require(bias->size() == g.outputs, "conv",
            "bias of shape " + toString(bias->shape()) + ", expected " +
                std::to_string(g.outputs));
  }
  Tensor in = x;
  y.allocate(DType::F32, g.resultShape(x.rank()));
  const float *p = in.data<float>(), *q = w.data<float>();
  float *r = y.data<float>();
  int64_t points = g.outHeight * g.outWidth, taps = g.taps();
  int64_t outputs = g.outputs / g.group;
  bool pointwise = g.isPointwise();
  float *columns =
      pointwise ? nullptr : scratch<float, ColumnTag>(taps * points);
  for (int64_t b = 0; b < g.batch; ++b)
    for (int64_t s = 0; s < g.group; ++s) {
      const float *image =
          p + (b * g.inputs + s * g.groupInputs) * g.height * g.width;
      if (!pointwise)
        g.unfold(image, columns, 0.0f);
      product(q + s * outputs * taps, pointwise ? image : columns,
              r + (b * g.outputs + s * outputs) * points, outputs, points,
              taps);
    }
  if (bias) {
    const float *c = bias->data<float>();
    for (int64_t i = 0; i < g.batch * g.outputs; ++i)
      loops().binary[BinaryAdd](r + i * points, 1, c + i % g.outputs, 0,
                                r + i * points, points);
  }
}

void snn::rt::attention(const Tensor &q, const Tensor &k, const Tensor &v,
                        const Tensor *mask, Tensor &y, double scale) {
  for (const Tensor *t : {&q, &k, &v}) {
    requireType("attention", *t, DType::F32);
    require(t->rank() >= 2, "attention", "operands need two axes or more");
  }
  int64_t m = q.dim(-2), d = q.dim(-1), n = k.dim(-2), e = v.dim(-1);
  require(k.dim(-1) == d && v.dim(-2) == n, "attention",
          "shapes " + toString(q.shape()) + ", " + toString(k.shape()) +
              " and " + toString(v.shape()) + " do not fit");
  Shape batch =
      broadcastShapes("attention", batchShape(q.shape()),
                      broadcastShapes("attention", batchShape(k.shape()),
                                      batchShape(v.shape())));
  Shape scoreShape = batch, result = batch;
  scoreShape.insert(scoreShape.end(), {m, n});
  result.insert(result.end(), {m, e});
  std::vector<int64_t> maskStrides(scoreShape.size(), 0);
  const float *additive = nullptr;
  Tensor x0 = q, x1 = k, x2 = v, x3;
  if (mask) {
    requireType("attention", *mask, DType::F32);
    require(broadcastShapes("attention", mask->shape(), scoreShape) ==
                scoreShape,
            "attention",
            "mask of shape " + toString(mask->shape()) + " does not fit " +
                toString(scoreShape));
    x3 = *mask;
    maskStrides = broadcastStrides(mask->shape(), scoreShape);
    additive = x3.data<float>();
  }
  int64_t maskColumn = maskStrides.back();
  int64_t maskRow = maskStrides[maskStrides.size() - 2];
  maskStrides.resize(batch.size());
  y.allocate(DType::F32, result);
  std::vector<int64_t> strides[4] = {
      broadcastStrides(batchShape(q.shape()), batch),
      broadcastStrides(batchShape(k.shape()), batch),
      broadcastStrides(batchShape(v.shape()), batch), maskStrides};
  StridedLoop<4> loop(batch, strides);
  float factor = static_cast<float>(scale);
  float *keys = scratch<float, TransposeTag>(d * n);
  float *scores = scratch<float, ScoreTag>(m * n);
  float *r = y.data<float>();
  const LoopTable &table = loops();
  loop.forEachRow([&](const int64_t *o) {
    for (int64_t i = 0; i < loop.innerSize(); ++i, r += m * e) {
      const float *pq =
          x0.data<float>() + (o[0] + i * loop.innerStride(0)) * m * d;
      const float *pk =
          x1.data<float>() + (o[1] + i * loop.innerStride(1)) * n * d;
      const float *pv =
          x2.data<float>() + (o[2] + i * loop.innerStride(2)) * n * e;
      const float *pm =
          additive ? additive + o[3] + i * loop.innerStride(3) : nullptr;
      transposeMatrix(pk, keys, n, d);
      product(pq, keys, scores, m, n, d);
      table.binary[BinaryMul](scores, 1, &factor, 0, scores, m * n);
      for (int64_t row = 0; row < m; ++row) {
        float *s = scores + row * n;
        if (pm)
          table.binary[BinaryAdd](s, 1, pm + row * maskRow, maskColumn, s, n);
        table.softmax(s, s, n);
      }
      product(scores, pv, r, m, e, n);
    }
  });
}
