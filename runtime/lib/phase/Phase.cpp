//===- Phase.cpp - Checks and choice of the execution -----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The public operations of phase coding: shapes, scales and masks; the work is
// done by the execution of the context's mode.
//
//===----------------------------------------------------------------------===//

#include "Support.h"
#include "phase/Modes.h"

#include "snn/runtime/Masks.h"
#include "snn/runtime/Math.h"

#include <algorithm>
#include <cmath>

using namespace snn::rt;
using namespace snn::rt::detail;

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

PhaseTable::PhaseTable(const PhaseCoding &coding)
    : logBase(math::logarithm(coding.base)) {
  int32_t offset = phaseOffset(coding);
  for (int32_t t = 0; t < coding.phases; ++t) {
    double level = 1.0 / power(coding.base, t + offset);
    levels.push_back(level);
    thresholds.push_back(
        static_cast<float>(level * (1.0 + 1.0 / coding.base) / 2.0));
  }
}

int32_t PhaseTable::phaseOf(float magnitude) const {
  auto reached = std::partition_point(
      thresholds.begin(), thresholds.end(),
      [=](float threshold) { return !(magnitude >= threshold); });
  return static_cast<int32_t>(reached - thresholds.begin());
}

int8_t PhaseTable::codeOf(float u, bool unipolar) const {
  int32_t t = phaseOf(u < 0 ? -u : u);
  if (t == phases() || (unipolar && u < 0))
    return 0;
  return static_cast<int8_t>(u < 0 ? -(t + 1) : t + 1);
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

static void checkCoding(const char *op, const PhaseCoding &c) {
  require(c.base > 1.0 && c.base <= 2.0, op,
          "base " + std::to_string(c.base) + ", expected above 1, up to 2");
  require(c.phases >= 1 && c.phases <= 127, op,
          std::to_string(c.phases) + " phases, expected 1 to 127");
  require(c.scale > 0.0f && std::isfinite(c.scale), op,
          "scale " + std::to_string(c.scale) + ", expected above 0");
}

static const int8_t *checkTrain(const char *op, const Tensor &train,
                                const PhaseCoding &c) {
  requireType(op, train, DType::I8);
  const int8_t *codes = train.data<int8_t>();
  bool outside = false;
  for (int64_t i = 0, n = train.size(); i < n; ++i)
    outside |= codes[i] > c.phases || codes[i] < -c.phases;
  require(!outside, op,
          "the train has spikes behind phase " + std::to_string(c.phases - 1));
  return codes;
}

static void checkScales(const char *op, const Tensor &scales,
                        const Shape &shape) {
  requireType(op, scales, DType::F32);
  require(broadcastShapes(op, scales.shape(), shape) == shape, op,
          "scales of shape " + toString(scales.shape()) + " do not fit " +
              toString(shape));
  const float *s = scales.data<float>();
  for (int64_t i = 0; i < scales.size(); ++i)
    require(s[i] > 0.0f && std::isfinite(s[i]), op,
            "scale " + std::to_string(s[i]) + ", expected above 0");
}

static Shape withoutTail(const Shape &shape, int64_t axes) {
  return Shape(shape.begin(), shape.end() - axes);
}

/// Calls body(row, n, scales, step) for runs of n elements from `row` on, whose
/// scales stand `step` (0 or more) apart.
template <typename Body>
static void forEachScaledRun(const char *op, const Shape &shape,
                             const Tensor *scales, const PhaseCoding &coding,
                             Body body) {
  if (!scales) {
    if (int64_t n = elementCount(shape))
      body(0, n, &coding.scale, 0);
    return;
  }
  checkScales(op, *scales, shape);
  std::vector<int64_t> strides[2] = {rowMajorStrides(shape),
                                     broadcastStrides(scales->shape(), shape)};
  StridedLoop<2> loop(shape, strides);
  const float *s = scales->data<float>();
  loop.forEachRow([&](const int64_t *o) {
    body(o[0], loop.innerSize(), s + o[1], loop.innerStride(1));
  });
}

/// The factors and constants of the outputs of a static layer.
static PhaseOutputs outputsOf(const char *op, int64_t outputs,
                              const Tensor *weightScale, const Tensor *bias,
                              const PhaseCoding &coding) {
  PhaseOutputs finish;
  finish.factor.assign(outputs, coding.scale);
  if (weightScale) {
    requireType(op, *weightScale, DType::F32);
    int64_t n = weightScale->size();
    require(n == 1 || n == outputs, op,
            "weight scales of shape " + toString(weightScale->shape()) +
                ", expected 1 or " + std::to_string(outputs));
    const float *s = weightScale->data<float>();
    for (int64_t j = 0; j < outputs; ++j)
      finish.factor[j] *= static_cast<double>(s[n == 1 ? 0 : j]);
  }
  if (bias) {
    requireType(op, *bias, DType::F32);
    require(bias->size() == outputs, op,
            "bias of shape " + toString(bias->shape()) + ", expected " +
                std::to_string(outputs));
    const float *b = bias->data<float>();
    finish.bias.assign(b, b + outputs);
  }
  return finish;
}

static void checkWeights(const char *op, const Tensor &weights) {
  DType type = weights.dtype();
  require(type == DType::F32 || type == DType::I8 || type == DType::I16, op,
          std::string("weights are ") + name(type) +
              ", expected F32, I8 or I16");
}

//===----------------------------------------------------------------------===//
// Firing and decoding
//===----------------------------------------------------------------------===//

void snn::rt::phaseEncode(Context &context, const Tensor &x,
                          const Tensor *scales, Tensor &train,
                          const PhaseCoding &coding) {
  const char *op = "phaseEncode";
  checkCoding(op, coding);
  requireType(op, x, DType::F32);
  Tensor in = x;
  train.allocate(DType::I8, in.shape());
  const float *p = in.data<float>();
  int8_t *codes = train.data<int8_t>();
  PhaseTable table(coding);
  constexpr int64_t block = 1024;
  float u[block];
  forEachScaledRun(op, in.shape(), scales, coding,
                   [&](int64_t at, int64_t n, const float *s, int64_t step) {
                     for (int64_t begin = 0; begin < n; begin += block) {
                       int64_t count = std::min(block, n - begin);
                       if (step == 0)
                         for (int64_t i = 0; i < count; ++i)
                           u[i] = p[at + begin + i] / s[0];
                       else
                         for (int64_t i = 0; i < count; ++i)
                           u[i] = p[at + begin + i] / s[(begin + i) * step];
                       PhaseFireArguments a = {u, count, codes + at + begin,
                                               coding, table};
                       runInMode(context.mode, a, fast::phaseFire,
                                 event::phaseFire, stepped::phaseFire);
                     }
                   });
}

void snn::rt::phaseDecode(Context &context, const Tensor &train,
                          const Tensor *scales, Tensor &y,
                          const PhaseCoding &coding) {
  const char *op = "phaseDecode";
  checkCoding(op, coding);
  Tensor in = train;
  const int8_t *codes = checkTrain(op, in, coding);
  y.allocate(DType::F32, in.shape());
  float *out = y.data<float>();
  PhaseTable table(coding);
  forEachScaledRun(op, in.shape(), scales, coding,
                   [&](int64_t at, int64_t n, const float *s, int64_t step) {
                     PhaseDecodeArguments a = {codes + at, n,      s,    step,
                                               out + at,   coding, table};
                     runInMode(context.mode, a, fast::phaseDecode,
                               event::phaseDecode, stepped::phaseDecode);
                   });
}

void snn::rt::phaseResidual(Context &context, const Tensor &value,
                            const Tensor &train, const Tensor *scales,
                            Tensor &y, const PhaseCoding &coding) {
  const char *op = "phaseResidual";
  requireType(op, value, DType::F32);
  require(value.shape() == train.shape(), op,
          "shapes " + toString(value.shape()) + " and " +
              toString(train.shape()) + " differ");
  Tensor skip, in = value;
  phaseDecode(context, train, scales, skip, coding);
  y.allocate(DType::F32, in.shape());
  const float *p = in.data<float>(), *s = skip.data<float>();
  float *q = y.data<float>();
  for (int64_t i = 0, n = y.size(); i < n; ++i)
    q[i] = p[i] + s[i];
}

//===----------------------------------------------------------------------===//
// Static layers
//===----------------------------------------------------------------------===//

void snn::rt::phaseLinear(Context &context, const Tensor &train,
                          const Tensor &weights, const Tensor *weightScale,
                          const Tensor *bias, Tensor &y,
                          const PhaseCoding &coding) {
  const char *op = "phaseLinear";
  checkCoding(op, coding);
  checkWeights(op, weights);
  require(weights.rank() == 2 && train.rank() >= 1 &&
              train.dim(-1) == weights.dim(0),
          op,
          "train of shape " + toString(train.shape()) +
              " does not fit weights " + toString(weights.shape()));
  const int8_t *codes = checkTrain(op, train, coding);
  PhaseOutputs finish =
      outputsOf(op, weights.dim(1), weightScale, bias, coding);
  PhaseTable table(coding);
  Shape shape = train.shape();
  shape.back() = weights.dim(1);
  y.allocate(DType::F32, shape);
  PhaseLinearArguments a = {codes,
                            extent(shape, 0, train.rank() - 1),
                            weights.dim(0),
                            weights.dim(1),
                            weights,
                            finish,
                            y.data<float>(),
                            coding,
                            table};
  runInMode(context.mode, a, fast::phaseLinear, event::phaseLinear,
            stepped::phaseLinear);
}

void snn::rt::phaseConvolution(Context &context, const Tensor &train,
                               const Tensor &weights, const Tensor *weightScale,
                               const Tensor *bias, Tensor &y,
                               const PhaseCoding &coding, const Ints &strides,
                               const Ints &pads, const Ints &dilations,
                               int64_t group) {
  const char *op = "phaseConvolution";
  checkCoding(op, coding);
  checkWeights(op, weights);
  const int8_t *codes = checkTrain(op, train, coding);
  ConvolutionGeometry g(op, train.shape(), weights.shape(), strides, pads,
                        dilations, group);
  PhaseOutputs finish = outputsOf(op, g.outputs, weightScale, bias, coding);
  PhaseTable table(coding);
  y.allocate(DType::F32, g.resultShape(train.rank()));
  PhaseConvolutionArguments a = {codes,           g,      weights, finish,
                                 y.data<float>(), coding, table};
  runInMode(context.mode, a, fast::phaseConvolution, event::phaseConvolution,
            stepped::phaseConvolution);
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

void snn::rt::phaseProduct(Context &context, const Tensor &a, const Tensor &b,
                           const Tensor *divisor, Tensor &y,
                           const PhaseCoding &codingA,
                           const PhaseCoding &codingB, double scale,
                           int64_t transposed, int64_t signBug) {
  const char *op = "phaseProduct";
  checkCoding(op, codingA);
  checkCoding(op, codingB);
  require(codingA.base == codingB.base && codingA.phases == codingB.phases &&
              phaseOffset(codingA) == phaseOffset(codingB),
          op, "the trains differ in base or phases");
  const int8_t *p = checkTrain(op, a, codingA);
  const int8_t *q = checkTrain(op, b, codingB);
  require(a.rank() >= 2 && b.rank() >= 2, op, "operands need two axes or more");
  int64_t rows = a.dim(-2), inputs = a.dim(-1);
  int64_t outputs = b.dim(transposed ? -2 : -1);
  require(b.dim(transposed ? -1 : -2) == inputs, op,
          "shapes " + toString(a.shape()) + " and " + toString(b.shape()) +
              " do not fit");
  Shape batchA = withoutTail(a.shape(), 2), batchB = withoutTail(b.shape(), 2);
  Shape batch = broadcastShapes(op, batchA, batchB);
  Shape shape = batch;
  shape.insert(shape.end(), {rows, outputs});
  const float *z = nullptr;
  if (divisor) {
    requireType(op, *divisor, DType::F32);
    Shape expected = batch;
    expected.insert(expected.end(), {rows, 1});
    require(divisor->shape() == expected, op,
            "divisor of shape " + toString(divisor->shape()) + ", expected " +
                toString(expected));
    z = divisor->data<float>();
  }
  PhaseTable table(codingA);
  double factor = static_cast<double>(codingA.scale) * codingB.scale * scale;
  y.allocate(DType::F32, shape);
  float *out = y.data<float>();
  std::vector<int64_t> strides[2] = {broadcastStrides(batchA, batch),
                                     broadcastStrides(batchB, batch)};
  StridedLoop<2> loop(batch, strides);
  loop.forEachRow([&](const int64_t *o) {
    for (int64_t i = 0; i < loop.innerSize(); ++i) {
      PhaseProductArguments product = {
          p + (o[0] + i * loop.innerStride(0)) * rows * inputs,
          q + (o[1] + i * loop.innerStride(1)) * inputs * outputs,
          transposed != 0,
          rows,
          inputs,
          outputs,
          factor,
          z,
          signBug != 0,
          out,
          codingA,
          table};
      runInMode(context.mode, product, fast::phaseProduct, event::phaseProduct,
                stepped::phaseProduct);
      out += rows * outputs;
      if (z)
        z += rows;
    }
  });
}

void snn::rt::phaseWoss(Context &context, const Tensor &scores,
                        const Tensor *multiplicative, const Tensor *additive,
                        Tensor &train, Tensor &z,
                        const PhaseCoding &scoreCoding,
                        const PhaseCoding &coding) {
  const char *op = "phaseWoss";
  checkCoding(op, scoreCoding);
  checkCoding(op, coding);
  require(coding.scale == 1.0f, op, "the fired train's scale must be 1");
  Tensor in = scores;
  const int8_t *codes = checkTrain(op, in, scoreCoding);
  require(in.rank() >= 1 && in.dim(-1) > 0, op, "a row has no keys");
  const Shape &shape = in.shape();
  int64_t keys = shape.back();
  Shape sums = withoutTail(shape, 1);
  std::vector<int64_t> strides[2];
  const Tensor *masks[2] = {multiplicative, additive};
  for (int i = 0; i < 2; ++i) {
    strides[i].assign(shape.size(), 0);
    if (!masks[i])
      continue;
    requireType(op, *masks[i], DType::F32);
    require(broadcastShapes(op, masks[i]->shape(), shape) == shape, op,
            "mask of shape " + toString(masks[i]->shape()) +
                " does not fit scores " + toString(shape));
    strides[i] = broadcastStrides(masks[i]->shape(), shape);
  }
  std::vector<int64_t> rowStrides[2];
  for (int i = 0; i < 2; ++i)
    rowStrides[i].assign(strides[i].begin(), strides[i].end() - 1);
  train.allocate(DType::I8, shape);
  Shape divisorShape = sums;
  divisorShape.push_back(1);
  z.allocate(DType::F32, divisorShape);
  int8_t *out = train.data<int8_t>();
  float *zs = z.data<float>();
  PhaseTable scoreTable(scoreCoding), table(coding);
  std::vector<double> factor(keys, 1.0), constant(keys, 0.0);
  std::unique_ptr<bool[]> masked(new bool[keys]());
  StridedLoop<2> loop(sums, rowStrides);
  loop.forEachRow([&](const int64_t *o) {
    for (int64_t r = 0; r < loop.innerSize(); ++r, ++zs) {
      bool plain = true;
      for (int i = 0; i < 2; ++i) {
        if (!masks[i])
          continue;
        const float *row =
            masks[i]->data<float>() + o[i] + r * loop.innerStride(i);
        for (int64_t k = 0; k < keys; ++k) {
          double m = row[k * strides[i].back()];
          if (i == 0) {
            factor[k] = m;
            plain &= m == 0.0 || m == 1.0;
          } else {
            masked[k] = !(m > softmaxMaskedFrom);
            constant[k] = masked[k] ? 0.0 : m;
            plain &= constant[k] == 0.0;
          }
        }
      }
      PhaseWossArguments a = {
          codes, keys, factor.data(), constant.data(), masked.get(), plain,
          out,   zs,   scoreCoding,   coding,          scoreTable,   table};
      runInMode(context.mode, a, fast::phaseWoss, event::phaseWoss,
                stepped::phaseWoss);
      codes += keys;
      out += keys;
    }
  });
}
