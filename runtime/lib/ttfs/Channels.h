//===- Channels.h - Scale and bias of an accumulator's channels -*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_TTFS_CHANNELS_H
#define SNN_LIB_TTFS_CHANNELS_H

#include "Parallel.h"
#include "Support.h"

namespace snn::rt::detail {

/// Scale and bias of the channels of an accumulator: one value each, or one per
/// element of an axis.
struct Channels {
  int64_t outer, count, inner;
  const float *scale, *bias; ///< no bias: null
  int64_t scaleStep, biasStep;

  Channels(const char *op, const Tensor &membrane, const Tensor &scales,
           const Tensor *biases, int64_t axis) {
    requireType(op, membrane, DType::I32);
    requireType(op, scales, DType::F32);
    if (membrane.rank() == 0) {
      outer = count = inner = 1;
    } else {
      axis = normaliseAxis(op, axis, membrane.rank());
      outer = extent(membrane.shape(), 0, axis);
      count = membrane.dim(axis);
      inner = extent(membrane.shape(), axis + 1, membrane.rank());
    }
    require(scales.size() == 1 || scales.size() == count, op,
            "scale of shape " + toString(scales.shape()) + ", expected " +
                std::to_string(count));
    scale = scales.data<float>();
    scaleStep = scales.size() > 1;
    bias = nullptr;
    biasStep = 0;
    if (!biases)
      return;
    requireType(op, *biases, DType::F32);
    require(biases->size() == 1 || biases->size() == count, op,
            "bias of shape " + toString(biases->shape()) + ", expected " +
                std::to_string(count));
    bias = biases->data<float>();
    biasStep = biases->size() > 1;
  }

  /// Calls row(offset, n, scale, scaleStep, bias, biasStep) for runs of
  /// neighbouring elements, on the threads of the team.
  template <typename Row> void forEachRow(Row row) const {
    constexpr int64_t grain = 8192; // elements
    if (!scaleStep && !biasStep)
      return parallelFor(outer * count * inner, grain,
                         [&](int64_t begin, int64_t end) {
                           row(begin, end - begin, scale, 0, bias, 0);
                         });
    int64_t length = inner == 1 ? count : inner;
    int64_t rowGrain =
        std::max<int64_t>(1, grain / std::max<int64_t>(length, 1));
    if (inner == 1)
      return parallelFor(outer, rowGrain, [&](int64_t begin, int64_t end) {
        for (int64_t o = begin; o < end; ++o)
          row(o * count, count, scale, scaleStep, bias, biasStep);
      });
    parallelFor(outer * count, rowGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        int64_t c = i % count;
        row(i * inner, inner, scale + c * scaleStep, 0,
            bias ? bias + c * biasStep : nullptr, 0);
      }
    });
  }
};

} // namespace snn::rt::detail

#endif // SNN_LIB_TTFS_CHANNELS_H
