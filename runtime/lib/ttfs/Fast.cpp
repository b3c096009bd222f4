//===- Fast.cpp - One integer product over the levels -----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A silent neuron's stored level is m, so sum w * (q - m) over the spiking
// inputs is sum w * q over all inputs, minus m times the column sum.
//
//===----------------------------------------------------------------------===//

#include "ttfs/Packing.h"
#include "ttfs/Modes.h"
#include "Support.h"
#include "isa/Isa.h"

#include <algorithm>
#include <cstring>

using namespace snn::rt;
using namespace snn::rt::detail;

namespace {
struct RowTag;
struct ImageTag;
struct InitTag;
struct RowInitTag;
struct PackedTag;
struct WideTag;
struct ResultTag;
struct ThresholdTag;
} // namespace

/// a - b * c modulo 2^32.
static int32_t subtractProduct(int32_t a, int32_t b, int32_t c) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) -
                              static_cast<uint32_t>(b) *
                                  static_cast<uint32_t>(c));
}

/// Rows of levels whose length is a whole number of groups: the train itself,
/// or a copy.
static const uint8_t *groupedRows(const uint8_t *train, int64_t rows,
                                  int64_t inputs) {
  int64_t length = packedGroups(inputs) * groupLevels;
  if (length == inputs)
    return train;
  uint8_t *copy = scratch<uint8_t, RowTag>(rows * length);
  for (int64_t r = 0; r < rows; ++r) {
    std::memcpy(copy + r * length, train + r * inputs, inputs);
    std::memset(copy + r * length + inputs, 0, length - inputs);
  }
  return copy;
}

void fast::linear(const LinearArguments &a) {
  int64_t inputs = a.weights.inputs(), outputs = a.weights.outputs();
  const Tensor &matrix = a.weights.matrix();
  if (matrix.dtype() == DType::I16)
    return loops().productU8S16(a.train, inputs, a.rows, matrix.data<int16_t>(),
                                inputs, outputs, a.coding.mask, a.offset,
                                a.membrane, outputs);
  int64_t groups = packedGroups(inputs);
  int32_t *init = scratch<int32_t, InitTag>(packedColumns(outputs));
  const std::vector<int32_t> &sums = a.weights.columnSums();
  for (int64_t j = 0; j < outputs; ++j)
    init[j] =
        subtractProduct(a.offset ? a.offset[j] : 0, a.coding.mask, sums[j]);
  std::fill(init + outputs, init + packedColumns(outputs), 0);
  loops().productU8S8(
      groupedRows(a.train, a.rows, inputs), groups * groupLevels, a.rows,
      static_cast<const int8_t *>(a.weights.packed().get()), groups, outputs,
      init, nullptr, a.membrane, outputs, a.coding.bits);
}

/// The geometry's image with channels innermost: out[y, x, c] = image[c, y, x].
static void channelsLast(const ConvolutionGeometry &g, const uint8_t *image,
                         uint8_t *out) {
  int64_t pixels = g.height * g.width, channels = g.groupInputs;
  constexpr int64_t block = 32;
  for (int64_t p = 0; p < pixels; p += block)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t i = p; i < pixels && i < p + block; ++i)
        out[i * channels + c] = image[c * pixels + i];
}

/// rows[point - begin, tap]: the levels that the taps of output points
/// [begin, end) read, in the order ky, kx, channel; a padded tap reads the mask
/// level, which adds nothing. `image` has its channels innermost.
static void gatherPatches(const ConvolutionGeometry &g, const uint8_t *image,
                          int64_t begin, int64_t end, uint8_t *rows,
                          int64_t length, uint8_t mask) {
  int64_t channels = g.groupInputs, run = g.kernelWidth * channels;
  for (int64_t point = begin; point < end; ++point, rows += length) {
    int64_t oy = point / g.outWidth, ox = point % g.outWidth;
    int64_t left = g.inputX(ox, 0), right = g.inputX(ox, g.kernelWidth - 1);
    bool whole = g.dilationX == 1 && left >= 0 && right < g.width;
    uint8_t *to = rows;
    for (int64_t ky = 0; ky < g.kernelHeight; ++ky, to += run) {
      int64_t iy = g.inputY(oy, ky);
      const uint8_t *from = image + iy * g.width * channels;
      if (iy < 0 || iy >= g.height) {
        std::memset(to, mask, run);
      } else if (whole) {
        std::memcpy(to, from + left * channels, run);
      } else {
        for (int64_t kx = 0; kx < g.kernelWidth; ++kx) {
          int64_t ix = g.inputX(ox, kx);
          if (ix >= 0 && ix < g.width)
            std::memcpy(to + kx * channels, from + ix * channels, channels);
          else
            std::memset(to + kx * channels, mask, channels);
        }
      }
    }
    while (to < rows + length)
      *to++ = 0;
  }
}

/// The weight of tap `tap` (in the order of gatherPatches) in a row of weights
/// in the order channel, ky, kx.
static int64_t tapPosition(const ConvolutionGeometry &g, int64_t tap) {
  int64_t channel = tap % g.groupInputs, window = tap / g.groupInputs;
  return channel * g.kernelHeight * g.kernelWidth + window;
}

/// Groups of few outputs (depthwise convolutions): tap by tap over the rows of
/// the image, without patches.
template <typename Weight>
static void convolveDirectly(const ConvolutionArguments &a,
                             const Weight *weights) {
  const ConvolutionGeometry &g = a.geometry;
  int64_t outputs = g.outputs / g.group, points = g.outHeight * g.outWidth;
  const LoopTable &table = loops();
  for (int64_t b = 0; b < g.batch; ++b)
    for (int64_t o = 0; o < g.outputs; ++o) {
      const uint8_t *image =
          a.train +
          (b * g.inputs + o / outputs * g.groupInputs) * g.height * g.width;
      int32_t *membrane = a.membrane + (b * g.outputs + o) * points;
      if (a.offset)
        std::copy(a.offset + o * points, a.offset + (o + 1) * points, membrane);
      else
        std::fill(membrane, membrane + points, 0);
      const Weight *w = weights + o * g.taps();
      for (int64_t c = 0; c < g.groupInputs; ++c)
        for (int64_t ky = 0; ky < g.kernelHeight; ++ky)
          for (int64_t kx = 0; kx < g.kernelWidth; ++kx) {
            int32_t weight = *w++;
            if (weight == 0)
              continue;
            // The output columns whose input lies inside.
            int64_t shift = g.inputX(0, kx), first = 0, last = g.outWidth;
            if (shift < 0)
              first = (-shift + g.strideX - 1) / g.strideX;
            if (shift + (last - 1) * g.strideX >= g.width)
              last =
                  shift >= g.width ? 0 : (g.width - 1 - shift) / g.strideX + 1;
            if (first >= last)
              continue;
            for (int64_t oy = 0; oy < g.outHeight; ++oy) {
              int64_t iy = g.inputY(oy, ky);
              if (iy < 0 || iy >= g.height)
                continue;
              table.accumulateTap(image + (c * g.height + iy) * g.width +
                                      shift + first * g.strideX,
                                  g.strideX, a.coding.mask, weight,
                                  membrane + oy * g.outWidth + first,
                                  last - first);
            }
          }
    }
}

void fast::convolution(const ConvolutionArguments &a) {
  const ConvolutionGeometry &g = a.geometry;
  constexpr int64_t block = 192; // points at a time
  int64_t taps = g.taps(), outputs = g.outputs / g.group;
  int64_t points = g.outHeight * g.outWidth;
  int64_t groups = packedGroups(taps), length = groups * groupLevels;
  bool narrow = a.weights.dtype() == DType::I8;
  uint8_t mask = static_cast<uint8_t>(a.coding.mask);
  if (outputs <= 4)
    return narrow ? convolveDirectly(a, a.weights.data<int8_t>())
                  : convolveDirectly(a, a.weights.data<int16_t>());

  uint8_t *rows = scratch<uint8_t, RowTag>(block * length);
  uint8_t *turned =
      scratch<uint8_t, ImageTag>(g.groupInputs * g.height * g.width);
  int32_t *result = scratch<int32_t, ResultTag>(block * outputs);
  int32_t *init = scratch<int32_t, InitTag>(packedColumns(outputs));
  int8_t *packed =
      narrow ? scratch<int8_t, PackedTag>(packedBytes(taps, outputs)) : nullptr;
  int16_t *wide = narrow ? nullptr : scratch<int16_t, WideTag>(taps * outputs);
  std::vector<int64_t> order(taps);
  for (int64_t i = 0; i < taps; ++i)
    order[i] = tapPosition(g, i);

  for (int64_t s = 0; s < g.group; ++s) {
    if (narrow) {
      const int8_t *w = a.weights.data<int8_t>() + s * outputs * taps;
      packLevels(taps, outputs, packed,
                 [&](int64_t i, int64_t j) { return w[j * taps + order[i]]; });
      for (int64_t j = 0; j < outputs; ++j) {
        int32_t total = 0;
        for (int64_t i = 0; i < taps; ++i)
          total += w[j * taps + i];
        init[j] = subtractProduct(0, a.coding.mask, total);
      }
      std::fill(init + outputs, init + packedColumns(outputs), 0);
    } else {
      const int16_t *w = a.weights.data<int16_t>() + s * outputs * taps;
      for (int64_t i = 0; i < taps; ++i)
        for (int64_t j = 0; j < outputs; ++j)
          wide[i * outputs + j] = w[j * taps + order[i]];
    }
    for (int64_t b = 0; b < g.batch; ++b) {
      channelsLast(
          g, a.train + (b * g.inputs + s * g.groupInputs) * g.height * g.width,
          turned);
      int32_t *membrane = a.membrane + (b * g.outputs + s * outputs) * points;
      const int32_t *offset =
          a.offset ? a.offset + s * outputs * points : nullptr;
      for (int64_t begin = 0; begin < points; begin += block) {
        int64_t count = std::min(block, points - begin);
        gatherPatches(g, turned, begin, begin + count, rows, length, mask);
        if (narrow)
          loops().productU8S8(rows, length, count, packed, groups, outputs,
                              init, nullptr, result, outputs, a.coding.bits);
        else
          loops().productU8S16(rows, length, count, wide, taps, outputs,
                               a.coding.mask, nullptr, result, outputs);
        for (int64_t j = 0; j < outputs; ++j) {
          int32_t *to = membrane + j * points + begin;
          const int32_t *c = offset ? offset + j * points + begin : nullptr;
          for (int64_t p = 0; p < count; ++p)
            to[p] = result[p * outputs + j] + (c ? c[p] : 0);
        }
      }
    }
  }
}

void fast::dynamicProduct(const ProductArguments &a) {
  int64_t groups = packedGroups(a.inputs), length = groups * groupLevels;
  int8_t *packed = scratch<int8_t, PackedTag>(packedBytes(a.inputs, a.outputs));
  int32_t *init = scratch<int32_t, InitTag>(packedColumns(a.outputs));
  // The packed operand is `factor * q - base`; where q - zero needs more than 8
  // bits, the rest is a multiple of the sum of the row's levels.
  int32_t factor = a.residentBits == 1 ? 2 : 1;
  int32_t zero = a.residentBits == 1 ? 1 : a.residentZero;
  int32_t base = zero;
  if (a.residentBits > 1 &&
      (zero > 128 || (1 << a.residentBits) - 1 - zero > 127))
    base = 128;
  const uint8_t *resident = a.resident;
  int64_t stepIn = a.transposed ? 1 : a.outputs;
  int64_t stepOut = a.transposed ? a.inputs : 1;
  packLevels(a.inputs, a.outputs, packed, [=](int64_t i, int64_t j) {
    return static_cast<int8_t>(factor * resident[i * stepIn + j * stepOut] -
                               base);
  });
  // Minus z times kappa, kappa = sum of factor * q - zero.
  std::fill(init, init + packedColumns(a.outputs), 0);
  if (a.transposed) {
    for (int64_t j = 0; j < a.outputs; ++j) {
      int32_t total = 0;
      for (int64_t i = 0; i < a.inputs; ++i)
        total += resident[j * a.inputs + i];
      init[j] = total;
    }
  } else {
    for (int64_t i = 0; i < a.inputs; ++i)
      for (int64_t j = 0; j < a.outputs; ++j)
        init[j] += resident[i * a.outputs + j];
  }
  for (int64_t j = 0; j < a.outputs; ++j)
    init[j] = -a.coding.zero *
              (factor * init[j] - zero * static_cast<int32_t>(a.inputs));
  int32_t *rowInit = nullptr;
  if (base != zero) {
    rowInit = scratch<int32_t, RowInitTag>(a.rows);
    for (int64_t r = 0; r < a.rows; ++r) {
      int32_t total = 0;
      for (int64_t i = 0; i < a.inputs; ++i)
        total += a.train[r * a.inputs + i];
      rowInit[r] = (base - zero) * total;
    }
  }
  loops().productU8S8(groupedRows(a.train, a.rows, a.inputs), length, a.rows,
                      packed, groups, a.outputs, init, rowInit, a.membrane,
                      a.outputs, a.coding.bits);
}

void fast::fire(const FireArguments &a) {
  int32_t top = a.coding.maxLevel();
  const LoopTable &table = loops();
  if (a.sharedThresholds)
    return table.fire(a.membrane, a.thresholds, 1, 0, a.train,
                      a.outer * a.channels * a.inner, top, a.coding.mask,
                      a.coding.radius);
  if (a.inner == 1) {
    // Neighbouring neurons are neighbouring channels. The thresholds of a block
    // of channels, level by level, serve all rows.
    constexpr int64_t block = 64;
    int32_t *byLevel = scratch<int32_t, ThresholdTag>(top * block);
    for (int64_t begin = 0; begin < a.channels; begin += block) {
      int64_t count = std::min(block, a.channels - begin);
      for (int64_t c = 0; c < count; ++c)
        for (int64_t t = 0; t < top; ++t)
          byLevel[t * block + c] = a.thresholds[(begin + c) * top + t];
      for (int64_t o = 0; o < a.outer; ++o)
        table.fire(a.membrane + o * a.channels + begin, byLevel, block, 1,
                   a.train + o * a.channels + begin, count, top, a.coding.mask,
                   a.coding.radius);
    }
    return;
  }
  for (int64_t o = 0; o < a.outer; ++o)
    for (int64_t c = 0; c < a.channels; ++c) {
      int64_t at = (o * a.channels + c) * a.inner;
      table.fire(a.membrane + at, a.thresholds + c * top, 1, 0, a.train + at,
                 a.inner, top, a.coding.mask, a.coding.radius);
    }
}
