//===- Convolution.cpp - Geometry of convolutions ---------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "kernels/Convolution.h"

#include "Support.h"

using namespace snn::rt;
using namespace snn::rt::detail;

ConvolutionGeometry::ConvolutionGeometry(const char *op, const Shape &x,
                                         const Shape &w, const Ints &strides,
                                         const Ints &pads,
                                         const Ints &dilations, int64_t groups)
    : group(groups) {
  size_t spatial = x.size() - 2;
  require((x.size() == 3 || x.size() == 4) && w.size() == x.size(), op,
          "expects an input with one or two spatial axes and weights of the "
          "same rank, has " +
              toString(x) + " and " + toString(w));
  require((strides.empty() || strides.size() == spatial) &&
              (dilations.empty() || dilations.size() == spatial) &&
              (pads.empty() || pads.size() == 2 * spatial),
          op, "strides, pads or dilations do not fit the rank");
  bool flat = spatial == 1;
  batch = x[0];
  inputs = x[1];
  height = flat ? 1 : x[2];
  width = x[spatial + 1];
  outputs = w[0];
  groupInputs = w[1];
  kernelHeight = flat ? 1 : w[2];
  kernelWidth = w[spatial + 1];
  if (!strides.empty()) {
    strideY = flat ? 1 : strides[0];
    strideX = strides[spatial - 1];
  }
  if (!dilations.empty()) {
    dilationY = flat ? 1 : dilations[0];
    dilationX = dilations[spatial - 1];
  }
  if (!pads.empty()) {
    padTop = flat ? 0 : pads[0];
    padLeft = pads[spatial - 1];
    padBottom = flat ? 0 : pads[2];
    padRight = pads[2 * spatial - 1];
  }
  require(group > 0 && inputs % group == 0 && inputs / group == groupInputs &&
              outputs % group == 0,
          op,
          "input " + toString(x) + " and weights " + toString(w) +
              " do not fit with " + std::to_string(group) + " groups");
  require(strideY > 0 && strideX > 0 && dilationY > 0 && dilationX > 0, op,
          "strides and dilations must be positive");
  require(kernelHeight > 0 && kernelWidth > 0, op, "the kernel is empty");
  auto spanOf = [&](int64_t size, int64_t begin, int64_t end, int64_t dilation,
                    int64_t kernel) {
    int64_t padded = checkedSum(op, checkedSum(op, size, begin), end);
    return checkedSum(op, padded,
                      -1 - checkedProduct(op, dilation, kernel - 1));
  };
  int64_t spanY = spanOf(height, padTop, padBottom, dilationY, kernelHeight);
  int64_t spanX = spanOf(width, padLeft, padRight, dilationX, kernelWidth);
  require(spanY >= 0 && spanX >= 0, op, "the kernel is larger than its input");
  outHeight = spanY / strideY + 1;
  outWidth = spanX / strideX + 1;
}
