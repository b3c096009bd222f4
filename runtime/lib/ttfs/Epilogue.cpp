//===- Epilogue.cpp - What follows a product in the same call ---*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/Epilogue.h"

#include "Support.h"
#include "ttfs/BlockEpilogue.h"
#include "ttfs/Modes.h"

#include <algorithm>

using namespace snn::rt;
using namespace snn::rt::detail;

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

Epilogue &Epilogue::fire(const Tensor &theta, const Tensor &s, const Tensor *b,
                         const Coding &coding, int64_t rectify,
                         int64_t radius) {
  thresholds = &theta;
  requantize(s, b, coding, rectify);
  deadZone = radius;
  return *this;
}

Epilogue &Epilogue::requantize(const Tensor &s, const Tensor *b,
                               const Coding &coding, int64_t rectify) {
  rescale(s, b);
  relu = rectify != 0;
  levels = coding;
  return *this;
}

Epilogue &Epilogue::rescale(const Tensor &s, const Tensor *b) {
  scale = &s;
  bias = b;
  return *this;
}

Epilogue &Epilogue::activate(Activation function) {
  activation = function;
  return *this;
}

Epilogue &Epilogue::multiply(const Tensor &other) {
  factors = &other;
  return *this;
}

Epilogue &Epilogue::add(const Tensor &other) {
  addend = &other;
  return *this;
}

Epilogue &Epilogue::encode(const Coding &coding, int64_t radius) {
  levels = coding;
  deadZone = radius;
  return *this;
}

void Epilogue::run(Context &context, const Tensor &membrane, Tensor &y,
                   int64_t axis) const {
  if (thresholds)
    return snn::rt::fire(context, membrane, *thresholds, *scale, bias, y,
                         *levels, relu, deadZone, axis);
  // The digital unit's steps are the same in every mode.
  const Shape &shape = membrane.shape();
  axis = normaliseAxis("epilogue", axis, membrane.rank());
  requireType("epilogue", membrane, DType::I32);
  BlockEpilogue block("epilogue", *this, shape, axis, y);
  const auto *sums = membrane.data<int32_t>();
  int64_t channels = shape[axis], outer = extent(shape, 0, axis),
          inner = extent(shape, axis + 1, membrane.rank());
  if (inner == 1)
    return block.apply(sums, channels, 0, outer, 0, channels);
  for (int64_t i = 0; i < outer * channels; ++i)
    block.applyChannel(sums + i * inner, i % channels, i * inner, inner);
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

/// The loop of an activation; null for none.
static void (*findLoop(Activation activation))(const float *, float *,
                                               int64_t) {
  switch (activation) {
  case Activation::None:
    return nullptr;
  case Activation::Relu:
    return loops().unary[UnaryRelu];
  case Activation::Silu:
    return loops().unary[UnarySilu];
  case Activation::Gelu:
    return loops().unary[UnaryGelu];
  case Activation::GeluTanh:
    return loops().unary[UnaryGeluTanh];
  }
  return nullptr;
}

BlockEpilogue::BlockEpilogue(const char *op, const Epilogue &epilogue,
                             const Shape &shape, int64_t axis, Tensor &y)
    : outputs(shape[axis]), activate(findLoop(epilogue.activation)),
      relu(epilogue.relu) {
  require(epilogue.scale != nullptr, op, "an epilogue starts with a scale");
  auto channelwise = [&](const Tensor *t, const char *what,
                         int64_t &step) -> const float * {
    if (!t)
      return nullptr;
    requireType(op, *t, DType::F32);
    require(t->size() == 1 || t->size() == outputs, op,
            std::string(what) + " of shape " + toString(t->shape()) +
                ", expected " + std::to_string(outputs));
    step = t->size() > 1;
    return t->data<float>();
  };
  scale = channelwise(epilogue.scale, "scale", scaleStep);
  bias = channelwise(epilogue.bias, "bias", biasStep);
  if (epilogue.thresholds)
    checkThresholds(*epilogue.thresholds, outputs, *epilogue.levels);
  if (epilogue.factors) {
    requireType(op, *epilogue.factors, DType::F32);
    require(axis + 1 == static_cast<int64_t>(shape.size()) &&
                epilogue.factors->size() == outputs,
            op,
            "factors of shape " + toString(epilogue.factors->shape()) +
                ", expected one for each of " + std::to_string(outputs) +
                " channels on the last axis");
    factors = epilogue.factors->data<float>();
  }
  if (epilogue.addend) {
    requireType(op, *epilogue.addend, DType::F32);
    require(epilogue.addend->shape() == shape, op,
            "addend of shape " + toString(epilogue.addend->shape()) +
                ", expected " + toString(shape));
    addend = epilogue.addend->data<float>();
  }
  if (!epilogue.levels) {
    y.allocate(DType::F32, shape);
    values = y.data<float>();
    return;
  }
  const Coding &c = *epilogue.levels;
  require(!c.hasTable(), op, "an epilogue cannot end in levels of a table");
  rule = {c.scale,      c.zero,
          c.maxLevel(), static_cast<int32_t>(epilogue.deadZone),
          c.mask,       c.radius};
  y.allocate(DType::U8, shape);
  levels = y.data<uint8_t>();
}

void BlockEpilogue::run(const int32_t *acc, const float *s, int64_t ss,
                        const float *b, int64_t sb, int64_t at,
                        int64_t n) const {
  const LoopTable &table = loops();
  if (levels && !activate && !factors && !addend)
    return table.requantize(acc, s, ss, b, sb, relu, levels + at, n, rule);
  // Factors are by channel: those of `linear`, whose channels lie in a row.
  const float *f = factors ? factors + at % outputs : nullptr;
  if (levels && activate == table.unary[UnaryGelu] && !addend)
    return table.geluLevels(acc, s, ss, b, sb, f, levels + at, n, rule);
  constexpr int64_t block = 256;
  float line[block];
  for (int64_t i = 0; i < n; i += block) {
    int64_t count = std::min(block, n - i);
    float *x = levels ? line : values + at + i;
    table.rescale(acc + i, s + i * ss, ss, b ? b + i * sb : nullptr, sb, x,
                  count);
    if (activate)
      activate(x, x, count);
    if (f)
      table.binary[BinaryMul](x, 1, f + i, 1, x, count);
    if (addend)
      table.binary[BinaryAdd](x, 1, addend + at + i, 1, x, count);
    if (levels)
      table.encode(x, levels + at + i, count, rule);
  }
}

void BlockEpilogue::apply(const int32_t *block, int64_t ldb, int64_t row,
                          int64_t rows, int64_t column, int64_t columns) const {
  for (int64_t r = 0; r < rows; ++r)
    run(block + r * ldb, scale + column * scaleStep, scaleStep,
        bias ? bias + column * biasStep : nullptr, biasStep,
        (row + r) * outputs + column, columns);
}

void BlockEpilogue::applyChannel(const int32_t *sums, int64_t channel,
                                 int64_t at, int64_t count) const {
  run(sums, scale + channel * scaleStep, 0,
      bias ? bias + channel * biasStep : nullptr, 0, at, count);
}

void snn::rt::linear(Context &context, const Tensor &train,
                     const LinearWeights &weights, const Tensor *offset,
                     Tensor &y, const Coding &coding,
                     const Epilogue &epilogue) {
  if (context.mode != Mode::Fast || !weights.packed()) {
    thread_local Tensor membrane;
    linear(context, train, weights, offset, membrane, coding);
    return epilogue.run(context, membrane, y, membrane.rank() - 1);
  }
  checkLinear(train, weights, offset, coding);
  Shape shape = train.shape();
  shape.back() = weights.outputs();
  BlockEpilogue block("linear", epilogue, shape, train.rank() - 1, y);
  UniformTrain uniform(train, coding);
  fast::linear({uniform.train().data<uint8_t>(),
                extent(shape, 0, train.rank() - 1), weights,
                offset ? offset->data<int32_t>() : nullptr, nullptr,
                uniform.coding()},
               block);
}

void snn::rt::convolution(Context &context, const Tensor &train,
                          const ConvolutionWeights &weights,
                          const Tensor *offset, Tensor &y, const Coding &coding,
                          const Ints &strides, const Ints &pads,
                          const Ints &dilations, const Epilogue &epilogue) {
  if (context.mode != Mode::Fast) {
    thread_local Tensor membrane;
    convolution(context, train, weights, offset, membrane, coding, strides,
                pads, dilations);
    return epilogue.run(context, membrane, y, 1);
  }
  ConvolutionGeometry g = checkConvolution(train, weights, offset, coding,
                                           strides, pads, dilations);
  BlockEpilogue block("convolution", epilogue, g.resultShape(train.rank()), 1,
                      y);
  UniformTrain uniform(train, coding);
  fast::convolution({uniform.train().data<uint8_t>(), g, weights,
                     offset ? offset->data<int32_t>() : nullptr, nullptr,
                     uniform.coding()},
                    block);
}
