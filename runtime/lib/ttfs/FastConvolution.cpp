//===- FastConvolution.cpp - Convolutions over levels -----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A convolution is a product of patches (output points by taps) with packed
// weights. Its sums are turned into the order of the result, channels
// outermost, block by block while they are in the first-level cache. A padded
// tap reads the mask level, which adds nothing.
//
//===----------------------------------------------------------------------===//

#include "Parallel.h"
#include "ResidentStorage.h"
#include "Support.h"
#include "isa/Isa.h"
#include "ttfs/BlockEpilogue.h"
#include "ttfs/Modes.h"
#include "ttfs/Packing.h"

#include <algorithm>
#include <cstring>

using namespace snn::rt;
using namespace snn::rt::detail;

namespace {
struct PatchTag;
struct ImageTag;
struct PaddedTag;
struct InitTag;
struct SumTag;
struct TurnedTag;
struct TapTag;

/// Points of a block. Its sums, and the same turned, are 24 KiB each.
constexpr int64_t blockPoints = 96;
} // namespace

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

ConvolutionWeights::ConvolutionWeights(Tensor weights, int64_t group)
    : values(std::move(weights)), groups(group) {
  require((values.dtype() == DType::I8 || values.dtype() == DType::I16) &&
              values.rank() >= 3,
          "convolution",
          std::string("weights are ") + toString(values.shape()) + " of " +
              name(values.dtype()) +
              ", expected [O, I, kernel...] of I8 or I16");
  require(groups > 0 && values.dim(0) % groups == 0, "convolution",
          "weights " + toString(values.shape()) + " do not fit " +
              std::to_string(groups) + " groups");
  int64_t taps = values.dim(0) ? values.size() / values.dim(0) : 0;
  int64_t outputs = values.dim(0) / groups;
  sums.assign(values.dim(0), 0);
  dispatch(values.dtype(), [&](auto zero) {
    const auto *v = values.data<decltype(zero)>();
    for (int64_t i = 0; i < values.size(); ++i)
      sums[i / taps] += static_cast<int32_t>(v[i]);
  });
  if (isDepthwise())
    return;
  // Taps in the order of patches: window by window, channels innermost.
  int64_t channels = values.dim(1), windows = taps / channels;
  std::vector<int64_t> order(taps);
  for (int64_t i = 0; i < taps; ++i)
    order[i] = i % channels * windows + i / channels;
  std::shared_ptr<void> storage;
  if (values.dtype() == DType::I8) {
    int64_t bytes = packedBytes(taps, outputs);
    storage = residentStorage(DType::I8, Shape{groups * bytes});
    auto *to = static_cast<int8_t *>(storage.get());
    for (int64_t s = 0; s < groups; ++s) {
      const int8_t *v = values.data<int8_t>() + s * outputs * taps;
      packLevels(taps, outputs, to + s * bytes,
                 [&](int64_t i, int64_t j) { return v[j * taps + order[i]]; });
    }
  } else {
    storage = residentStorage(DType::I16, values.shape());
    auto *to = static_cast<int16_t *>(storage.get());
    for (int64_t s = 0; s < groups; ++s) {
      const int16_t *v = values.data<int16_t>() + s * outputs * taps;
      for (int64_t i = 0; i < taps; ++i)
        for (int64_t j = 0; j < outputs; ++j)
          *to++ = v[j * taps + order[i]];
    }
  }
  prepared = std::move(storage);
}

//===----------------------------------------------------------------------===//
// Where sums go
//===----------------------------------------------------------------------===//

namespace {
/// Takes up sums, channel by channel.
class Sink {
public:
  Sink(const ConvolutionArguments &a, const BlockEpilogue *epilogue)
      : a(a), epilogue(epilogue),
        points(a.geometry.outHeight * a.geometry.outWidth) {}

  /// `count` sums of output channel `channel` of image `batch`, from point
  /// `begin` on, without the offset; changes them.
  void take(int32_t *sums, int64_t batch, int64_t channel, int64_t begin,
            int64_t count) const {
    int64_t row = batch * a.geometry.outputs + channel;
    if (a.offset) {
      const int32_t *c = a.offset + channel * points + begin;
      for (int64_t i = 0; i < count; ++i)
        sums[i] = static_cast<int32_t>(static_cast<uint32_t>(sums[i]) +
                                       static_cast<uint32_t>(c[i]));
    }
    if (epilogue)
      epilogue->applyChannel(sums, channel, row * points + begin, count);
    else
      std::copy(sums, sums + count, a.membrane + row * points + begin);
  }

private:
  const ConvolutionArguments &a;
  const BlockEpilogue *epilogue;
  int64_t points;
};
} // namespace

//===----------------------------------------------------------------------===//
// Depthwise
//===----------------------------------------------------------------------===//

/// A channel's image with its padding; `pitch` bytes a row, and what the loop
/// over packed taps reads behind the last.
static const uint8_t *padImage(const ConvolutionGeometry &g,
                               const uint8_t *image, uint8_t mask,
                               int64_t pitch) {
  constexpr int64_t tail = 128;
  int64_t rows = g.height + g.padTop + g.padBottom;
  uint8_t *padded = scratch<uint8_t, PaddedTag>(rows * pitch + tail);
  std::memset(padded, mask, rows * pitch + tail);
  // A negative padding cuts.
  int64_t first = std::max<int64_t>(0, -g.padLeft);
  int64_t last = std::min(g.width, pitch - g.padLeft);
  for (int64_t y = 0; y < rows; ++y)
    if (int64_t from = y - g.padTop; from >= 0 && from < g.height)
      std::memcpy(padded + y * pitch + g.padLeft + first,
                  image + from * g.width + first, last - first);
  return padded;
}

/// One input channel a group: every output is a sum over one padded image.
template <typename Weight>
static void convolveDepthwise(const ConvolutionArguments &a,
                              const Weight *weights, const Sink &sink) {
  const ConvolutionGeometry &g = a.geometry;
  int64_t outputs = g.outputs / g.group, points = g.outHeight * g.outWidth;
  int64_t pitch = g.width + g.padLeft + g.padRight;
  const LoopTable &table = loops();
  int64_t quads = (g.kernelWidth + 3) / 4;
  bool isPacked = sizeof(Weight) == 1 && g.dilationX == 1 && g.strideX <= 4;
  auto convolveImages = [&](int64_t first, int64_t last) {
    int32_t *sums = scratch<int32_t, SumTag>(points);
    int8_t *packed = scratch<int8_t, TapTag>(g.kernelHeight * quads * 4);
    for (int64_t i = first; i < last; ++i) {
      int64_t b = i / g.group, s = i % g.group;
      const uint8_t *image =
          padImage(g, a.train + (b * g.inputs + s) * g.height * g.width,
                   static_cast<uint8_t>(a.coding.mask), pitch);
      for (int64_t o = s * outputs; o < (s + 1) * outputs; ++o) {
        const Weight *w = weights + o * g.taps();
        int32_t start = static_cast<int32_t>(
            0u - static_cast<uint32_t>(a.coding.mask) *
                     static_cast<uint32_t>(a.weights.tapSums()[o]));
        if (isPacked)
          for (int64_t ky = 0; ky < g.kernelHeight; ++ky)
            for (int64_t kx = 0; kx < 4 * quads; ++kx)
              packed[ky * 4 * quads + kx] =
                  kx < g.kernelWidth
                      ? static_cast<int8_t>(w[ky * g.kernelWidth + kx])
                      : static_cast<int8_t>(0);
        for (int64_t oy = 0; oy < g.outHeight; ++oy) {
          int32_t *row = sums + oy * g.outWidth;
          const uint8_t *top = image + oy * g.strideY * pitch;
          if (isPacked) {
            table.depthwiseRow(top, g.dilationY * pitch, packed, g.kernelHeight,
                               quads, g.strideX, start, row, g.outWidth);
            continue;
          }
          std::fill(row, row + g.outWidth, 0);
          for (int64_t ky = 0; ky < g.kernelHeight; ++ky)
            for (int64_t kx = 0; kx < g.kernelWidth; ++kx)
              if (int32_t weight = w[ky * g.kernelWidth + kx])
                table.accumulateTap(
                    top + ky * g.dilationY * pitch + kx * g.dilationX,
                    g.strideX, a.coding.mask, weight, row, g.outWidth);
        }
        sink.take(sums, b, o, 0, points);
      }
    }
  };
  parallelFor(g.batch * g.group, 1, convolveImages);
}

//===----------------------------------------------------------------------===//
// Patches
//===----------------------------------------------------------------------===//

/// rows[point - begin, tap]: the levels that the taps of output points
/// [begin, end) read, in the order ky, kx, channel. `image` has its channels
/// innermost.
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

static void convolvePatches(const ConvolutionArguments &a, const Sink &sink) {
  const ConvolutionGeometry &g = a.geometry;
  int64_t taps = g.taps(), outputs = g.outputs / g.group;
  int64_t points = g.outHeight * g.outWidth;
  int64_t groups = packedGroups(taps), length = groups * groupLevels;
  bool narrow = a.weights.integers().dtype() == DType::I8;
  auto mask = static_cast<uint8_t>(a.coding.mask);
  // An image with its channels innermost is its own patches.
  bool isImage = g.isPointwise() && length == taps;
  uint8_t *image =
      scratch<uint8_t, ImageTag>(g.groupInputs * g.height * g.width);
  int32_t *init = scratch<int32_t, InitTag>(packedColumns(outputs));
  const LoopTable &table = loops();
  for (int64_t s = 0; s < g.group; ++s) {
    const int32_t *tapSums = a.weights.tapSums().data() + s * outputs;
    for (int64_t j = 0; j < outputs; ++j)
      init[j] =
          static_cast<int32_t>(0u - static_cast<uint32_t>(a.coding.mask) *
                                        static_cast<uint32_t>(tapSums[j]));
    std::fill(init + outputs, init + packedColumns(outputs), 0);
    const auto *packed = static_cast<const int8_t *>(a.weights.packed()) +
                         s * packedBytes(taps, outputs);
    const auto *wide =
        static_cast<const int16_t *>(a.weights.packed()) + s * taps * outputs;
    for (int64_t b = 0; b < g.batch; ++b) {
      table.turnBytes(a.train + (b * g.inputs + s * g.groupInputs) * g.height *
                                    g.width,
                      g.height * g.width, g.groupInputs, g.height * g.width,
                      image, g.groupInputs);
      auto convolveBlock = [&](int64_t begin, int64_t count) {
        uint8_t *patches = scratch<uint8_t, PatchTag>(blockPoints * length);
        int32_t *sums = scratch<int32_t, SumTag>(blockPoints * panelColumns);
        int32_t *turned =
            scratch<int32_t, TurnedTag>(blockPoints * panelColumns);
        const uint8_t *rows = image + begin * taps;
        if (!isImage) {
          gatherPatches(g, image, begin, begin + count, patches, length, mask);
          rows = patches;
        }
        for (int64_t j = 0; j < outputs; j += panelColumns) {
          int64_t columns = std::min(panelColumns, outputs - j);
          if (narrow)
            table.productU8S8(rows, length, count, packed + j * length, groups,
                              columns, init + j, nullptr, sums, panelColumns,
                              a.coding.bits);
          else
            table.productU8S16(rows, length, count, wide + j, taps, columns,
                               outputs, a.coding.mask, nullptr, sums,
                               panelColumns);
          table.turnWords(sums, panelColumns, count, columns, turned,
                          blockPoints);
          for (int64_t c = 0; c < columns; ++c)
            sink.take(turned + c * blockPoints, b, s * outputs + j + c, begin,
                      count);
        }
      };
      parallelFor(points, blockPoints, [&](int64_t first, int64_t last) {
        for (int64_t begin = first; begin < last; begin += blockPoints)
          convolveBlock(begin, std::min(blockPoints, last - begin));
      });
    }
  }
}

static void convolve(const ConvolutionArguments &a,
                     const BlockEpilogue *epilogue) {
  Sink sink(a, epilogue);
  const Tensor &weights = a.weights.integers();
  if (!a.weights.isDepthwise())
    return convolvePatches(a, sink);
  if (weights.dtype() == DType::I8)
    convolveDepthwise(a, weights.data<int8_t>(), sink);
  else
    convolveDepthwise(a, weights.data<int16_t>(), sink);
}

void fast::convolution(const ConvolutionArguments &a) { convolve(a, nullptr); }

void fast::convolution(const ConvolutionArguments &a,
                       const BlockEpilogue &epilogue) {
  convolve(a, &epilogue);
}
