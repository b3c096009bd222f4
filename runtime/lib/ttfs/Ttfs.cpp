//===- Ttfs.cpp - Checks and choice of the execution ------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parallel.h"
#include "Support.h"
#include "ttfs/Modes.h"

using namespace snn::rt;
using namespace snn::rt::detail;

static void checkCoding(const char *op, const Coding &c) {
  require(c.bits >= 1 && c.bits <= 8, op,
          "levels of " + std::to_string(c.bits) + " bits, expected 1 to 8");
  require(c.zero >= 0 && c.zero <= c.maxLevel() && c.mask >= 0 &&
              c.mask <= c.maxLevel() && c.radius >= 0,
          op, "zero point, mask level or radius out of range");
  if (!c.hasTable())
    return;
  require(c.maxLevel() < maxTableLevels, op,
          "a table of " + std::to_string(c.maxLevel() + 1) +
              " levels, expected at most " + std::to_string(maxTableLevels));
  for (int32_t q = 1; q <= c.maxLevel(); ++q)
    require(c.table[q] > c.table[q - 1], op, "a table that does not ascend");
}

UniformTrain::UniformTrain(const Tensor &train, const Coding &coding)
    : levels(train), code(uniformCoding(coding)) {
  if (!coding.hasTable()) {
    code = coding;
    return;
  }
  uint8_t integers[256];
  for (int32_t q = 0; q < 256; ++q)
    integers[q] = static_cast<uint8_t>(coding.value(coding.deadZone(q)));
  levels = Tensor(DType::U8, train.shape());
  const uint8_t *from = train.data<uint8_t>();
  uint8_t *to = levels.data<uint8_t>();
  parallelFor(train.size(), 65536, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      to[i] = integers[from[i]];
  });
}

/// Whether the mode's products are of integers on one scale.
static bool needsUniform(Mode mode, const Coding &coding) {
  return mode == Mode::Fast && coding.hasTable();
}

void snn::rt::detail::checkLinear(const Tensor &train,
                                  const LinearWeights &weights,
                                  const Tensor *offset, const Coding &coding) {
  checkCoding("linear", coding);
  requireType("linear", train, DType::U8);
  require(train.rank() >= 1 && train.dim(-1) == weights.inputs(), "linear",
          "train of shape " + toString(train.shape()) +
              " does not fit weights " + toString(weights.matrix().shape()));
  if (offset)
    require(offset->size() == weights.outputs(), "linear",
            "offset of shape " + toString(offset->shape()) + ", expected " +
                std::to_string(weights.outputs()));
}

void snn::rt::linear(Context &context, const Tensor &train,
                     const LinearWeights &weights, const Tensor *offset,
                     Tensor &membrane, const Coding &coding) {
  checkLinear(train, weights, offset, coding);
  if (needsUniform(context.mode, coding)) {
    UniformTrain uniform(train, coding);
    return linear(context, uniform.train(), weights, offset, membrane,
                  uniform.coding());
  }
  Shape shape = train.shape();
  shape.back() = weights.outputs();
  membrane.allocate(DType::I32, shape);
  const uint8_t *p = train.data<uint8_t>();
  int32_t *r = membrane.data<int32_t>();
  auto run = [&](int64_t begin, int64_t end) {
    LinearArguments a = {p + begin * weights.inputs(),
                         end - begin,
                         weights,
                         offset ? offset->data<int32_t>() : nullptr,
                         r + begin * weights.outputs(),
                         coding};
    runInMode<LinearArguments>(context.mode, a, fast::linear, event::linear,
                               stepped::linear);
  };
  int64_t rows = extent(shape, 0, train.rank() - 1);
  // The fast product shares out its columns.
  if (context.mode == Mode::Fast)
    run(0, rows);
  else
    parallelFor(rows, 1, run);
}

void snn::rt::convolution(Context &context, const Tensor &train,
                          const Tensor &weights, const Tensor *offset,
                          Tensor &membrane, const Coding &coding,
                          const Ints &strides, const Ints &pads,
                          const Ints &dilations, int64_t group) {
  convolution(context, train, ConvolutionWeights(weights, group), offset,
              membrane, coding, strides, pads, dilations);
}

ConvolutionGeometry snn::rt::detail::checkConvolution(
    const Tensor &train, const ConvolutionWeights &weights,
    const Tensor *offset, const Coding &coding, const Ints &strides,
    const Ints &pads, const Ints &dilations) {
  checkCoding("convolution", coding);
  requireType("convolution", train, DType::U8);
  ConvolutionGeometry g("convolution", train.shape(),
                        weights.integers().shape(), strides, pads, dilations,
                        weights.group());
  if (offset)
    require(offset->size() == g.outputs * g.outHeight * g.outWidth,
            "convolution",
            "offset of shape " + toString(offset->shape()) + ", expected " +
                toString({g.outputs, g.outHeight, g.outWidth}));
  return g;
}

void snn::rt::convolution(Context &context, const Tensor &train,
                          const ConvolutionWeights &weights,
                          const Tensor *offset, Tensor &membrane,
                          const Coding &coding, const Ints &strides,
                          const Ints &pads, const Ints &dilations) {
  ConvolutionGeometry g = checkConvolution(train, weights, offset, coding,
                                           strides, pads, dilations);
  if (needsUniform(context.mode, coding)) {
    UniformTrain uniform(train, coding);
    return convolution(context, uniform.train(), weights, offset, membrane,
                       uniform.coding(), strides, pads, dilations);
  }
  membrane.allocate(DType::I32, g.resultShape(train.rank()));
  ConvolutionArguments a = {train.data<uint8_t>(),
                            g,
                            weights,
                            offset ? offset->data<int32_t>() : nullptr,
                            membrane.data<int32_t>(),
                            coding};
  runInMode<ConvolutionArguments>(context.mode, a, fast::convolution,
                                  event::convolution, stepped::convolution);
}

void snn::rt::dynamicProduct(Context &context, const Tensor &train,
                             const Tensor &resident, Tensor &membrane,
                             const Coding &coding, int64_t residentBits,
                             int64_t residentZero, int64_t transposed) {
  const char *op = "dynamicProduct";
  checkCoding(op, coding);
  requireType(op, train, DType::U8);
  requireType(op, resident, DType::U8);
  require(residentBits >= 1 && residentBits <= 8 && residentZero >= 0 &&
              residentZero < 256,
          op, "resident levels need 1 to 8 bits and a zero point among them");
  require(train.rank() >= 2 && resident.rank() >= 2, op,
          "operands need two axes or more");
  if (needsUniform(context.mode, coding)) {
    UniformTrain uniform(train, coding);
    return dynamicProduct(context, uniform.train(), resident, membrane,
                          uniform.coding(), residentBits, residentZero,
                          transposed);
  }
  int64_t rows = train.dim(-2), inputs = train.dim(-1);
  int64_t outputs = resident.dim(transposed ? -2 : -1);
  require(resident.dim(transposed ? -1 : -2) == inputs, op,
          "shapes " + toString(train.shape()) + " and " +
              toString(resident.shape()) + " do not fit");
  Shape batchA(train.shape().begin(), train.shape().end() - 2);
  Shape batchB(resident.shape().begin(), resident.shape().end() - 2);
  Shape batch = broadcastShapes(op, batchA, batchB);
  Shape shape = batch;
  shape.insert(shape.end(), {rows, outputs});
  membrane.allocate(DType::I32, shape);
  const uint8_t *p = train.data<uint8_t>(), *q = resident.data<uint8_t>();
  int32_t *r = membrane.data<int32_t>();
  std::vector<int64_t> strides[2] = {broadcastStrides(batchA, batch),
                                     broadcastStrides(batchB, batch)};
  StridedLoop<2> loop(batch, strides);
  // Matrices [begin, end) of inner loop `row`, whose operands begin at `o`.
  auto run = [&](const int64_t *o, int64_t row, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      ProductArguments a = {
          p + (o[0] + i * loop.innerStride(0)) * rows * inputs,
          rows,
          inputs,
          outputs,
          q + (o[1] + i * loop.innerStride(1)) * inputs * outputs,
          transposed != 0,
          static_cast<int32_t>(residentBits),
          static_cast<int32_t>(residentZero),
          r + (row * loop.innerSize() + i) * rows * outputs,
          coding};
      runInMode(context.mode, a, fast::dynamicProduct, event::dynamicProduct,
                stepped::dynamicProduct);
    }
  };
  int64_t row = 0;
  loop.forEachRow([&](const int64_t *o) {
    parallelFor(loop.innerSize(), 1,
                [&](int64_t begin, int64_t end) { run(o, row, begin, end); });
    ++row;
  });
}

void snn::rt::detail::checkThresholds(const Tensor &thresholds,
                                      int64_t channels, const Coding &coding) {
  checkCoding("fire", coding);
  requireType("fire", thresholds, DType::I32);
  require(thresholds.rank() == 2 &&
              (thresholds.dim(0) == channels || thresholds.dim(0) == 1) &&
              thresholds.dim(1) == coding.maxLevel(),
          "fire",
          "thresholds of shape " + toString(thresholds.shape()) +
              ", expected " + toString({channels, coding.maxLevel()}));
}

/// `requantiser` is null where the thresholds alone are known.
static void fireInMode(Mode mode, const Tensor &membrane,
                       const Tensor &thresholds, Tensor &train,
                       const Coding &coding, int64_t channelAxis,
                       const FireRequantiser *requantiser) {
  requireType("fire", membrane, DType::I32);
  channelAxis = normaliseAxis("fire", channelAxis, membrane.rank());
  int64_t channels = membrane.dim(channelAxis);
  checkThresholds(thresholds, channels, coding);
  Tensor potentials = &membrane == &train ? membrane.clone() : membrane;
  const Shape &shape = potentials.shape();
  FireArguments a = {potentials.data<int32_t>(),
                     extent(shape, 0, channelAxis),
                     channels,
                     extent(shape, channelAxis + 1, potentials.rank()),
                     thresholds.data<int32_t>(),
                     thresholds.dim(0) == 1,
                     nullptr,
                     coding,
                     requantiser};
  train.allocate(DType::U8, shape);
  a.train = train.data<uint8_t>();
  runInMode(mode, a, fast::fire, event::fire, stepped::fire);
}

void snn::rt::fire(Context &context, const Tensor &membrane,
                   const Tensor &thresholds, Tensor &train,
                   const Coding &coding, int64_t channelAxis) {
  fireInMode(context.mode, membrane, thresholds, train, coding, channelAxis,
             nullptr);
}

void snn::rt::fire(Context &context, const Tensor &membrane,
                   const Tensor &thresholds, const Tensor &scale,
                   const Tensor *bias, Tensor &train, const Coding &coding,
                   int64_t relu, int64_t deadZone, int64_t channelAxis) {
  FireRequantiser requantiser = {
      Channels("fire", membrane, scale, bias, channelAxis), relu != 0,
      static_cast<int32_t>(deadZone)};
  fireInMode(context.mode, membrane, thresholds, train, coding, channelAxis,
             &requantiser);
}
