//===- Convolution.h - Geometry of convolutions -----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CONVOLUTION_H
#define SNN_LIB_CONVOLUTION_H

#include "snn/runtime/Tensor.h"

namespace snn::rt::detail {

/// The checked sizes of a convolution over NCHW (or NCW, with height 1).
struct ConvolutionGeometry {
  int64_t batch, inputs, height, width;
  int64_t outputs, groupInputs, kernelHeight, kernelWidth;
  int64_t strideY = 1, strideX = 1, dilationY = 1, dilationX = 1;
  int64_t padTop = 0, padLeft = 0, padBottom = 0, padRight = 0;
  int64_t outHeight, outWidth, group;

  /// Empty lists mean ones (strides, dilations) and zeros (pads).
  ConvolutionGeometry(const char *op, const Shape &x, const Shape &w,
                      const Ints &strides, const Ints &pads,
                      const Ints &dilations, int64_t group);

  /// Weights of one output.
  int64_t taps() const { return groupInputs * kernelHeight * kernelWidth; }
  Shape resultShape(int64_t rank) const {
    return rank == 3 ? Shape{batch, outputs, outWidth}
                     : Shape{batch, outputs, outHeight, outWidth};
  }
  bool isPointwise() const {
    return kernelHeight == 1 && kernelWidth == 1 && strideY == 1 &&
           strideX == 1 && padTop == 0 && padLeft == 0 && padBottom == 0 &&
           padRight == 0;
  }
  /// Input row of output row oy under kernel row ky; may lie outside.
  int64_t inputY(int64_t oy, int64_t ky) const {
    return oy * strideY - padTop + ky * dilationY;
  }
  int64_t inputX(int64_t ox, int64_t kx) const {
    return ox * strideX - padLeft + kx * dilationX;
  }
  /// The output row that reads input row iy through kernel row ky, or -1.
  int64_t outputY(int64_t iy, int64_t ky) const {
    return outputAt(iy + padTop - ky * dilationY, strideY, outHeight);
  }
  int64_t outputX(int64_t ix, int64_t kx) const {
    return outputAt(ix + padLeft - kx * dilationX, strideX, outWidth);
  }

  /// columns[tap, point] = the input that tap reads for the output point, or
  /// `fill` outside; `image` holds the channels of one group.
  template <typename T> void unfold(const T *image, T *columns, T fill) const {
    for (int64_t c = 0; c < groupInputs; ++c)
      for (int64_t ky = 0; ky < kernelHeight; ++ky)
        for (int64_t kx = 0; kx < kernelWidth; ++kx)
          for (int64_t oy = 0; oy < outHeight; ++oy) {
            int64_t iy = inputY(oy, ky);
            const T *row = image + (c * height + iy) * width;
            bool inside = iy >= 0 && iy < height;
            for (int64_t ox = 0; ox < outWidth; ++ox) {
              int64_t ix = inputX(ox, kx);
              *columns++ = inside && ix >= 0 && ix < width ? row[ix] : fill;
            }
          }
  }

private:
  static int64_t outputAt(int64_t scaled, int64_t stride, int64_t size) {
    if (scaled < 0 || scaled % stride)
      return -1;
    int64_t at = scaled / stride;
    return at < size ? at : -1;
  }
};

} // namespace snn::rt::detail

#endif // SNN_LIB_CONVOLUTION_H
