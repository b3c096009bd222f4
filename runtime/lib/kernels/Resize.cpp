//===- Resize.cpp - Interpolation along axes --------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A resize is one pass for each axis whose size or scale changes, from the
// first axis to the last: every element of a line is a weighted sum of elements
// of the line before, added in ascending order, starting from 0.
//
//===----------------------------------------------------------------------===//

#include "Support.h"

#include "snn/runtime/Kernels.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

using namespace snn::rt;
using namespace snn::rt::detail;

namespace {
/// One axis: from `in` to `out` elements, scaled by `scale`; `first` and `last`
/// bound the region of a crop, as shares of the axis.
struct ResizedAxis {
  int64_t in, out;
  double scale, first, last;
};

/// How an element is made: `weights[i]` times element `start + i`, which is
/// taken from the border where it lies outside; or `outside`, the extrapolation
/// value.
struct Taps {
  int64_t start = 0;
  std::vector<float> weights;
  bool outside = false;
};
} // namespace

/// The position in the operand that element `i` of the result stands for.
static double positionOf(const ResizedAxis &axis, int64_t i,
                         const std::string &transform) {
  double x = static_cast<double>(i), n = static_cast<double>(axis.in);
  double length = static_cast<double>(axis.out);
  if (transform == "asymmetric")
    return x / axis.scale;
  if (transform == "align_corners")
    return axis.out == 1 ? 0.0 : x * (n - 1) / (length - 1);
  if (transform == "tf_half_pixel_for_nn")
    return (x + 0.5) / axis.scale;
  if (transform == "tf_crop_and_resize")
    return axis.out == 1 ? 0.5 * (axis.first + axis.last) * (n - 1)
                         : axis.first * (n - 1) + x * (axis.last - axis.first) *
                                                      (n - 1) / (length - 1);
  if (transform == "pytorch_half_pixel" && axis.out == 1)
    return -0.5;
  double position = (x + 0.5) / axis.scale - 0.5;
  if (transform == "half_pixel_symmetric")
    position += 0.5 * n * (1.0 - length / (axis.scale * n));
  return position;
}

/// A position that an index can stand for. Beyond its ends an axis goes on
/// with its last elements, so that no result is another.
static double bounded(double x) {
  constexpr double most = 0x1p40;
  return x > -most ? std::min(x, most) : -most; // NaN, too
}

/// The index that stands for a position.
static int64_t nearestTo(double x, const std::string &rounding) {
  if (rounding == "floor")
    return static_cast<int64_t>(std::floor(x));
  if (rounding == "ceil")
    return static_cast<int64_t>(std::ceil(x));
  if (rounding == "round_prefer_ceil")
    return static_cast<int64_t>(std::floor(x + 0.5));
  return static_cast<int64_t>(std::ceil(x - 0.5)); // round_prefer_floor
}

/// Keys' kernel of cubic convolution.
static double cubicWeight(double x, double a) {
  x = std::fabs(x);
  if (x <= 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0.0;
}

/// The taps of an interpolation at `x`. Without `antialias` the kernel spans
/// its neighbours, with it also all that a smaller result leaves out.
static Taps interpolate(const ResizedAxis &axis, double x, bool cubic, double a,
                        bool antialias, bool excludesOutside) {
  Taps taps;
  double stretch = antialias ? std::min(axis.scale, 1.0) : 1.0;
  double base = std::floor(x), reach = cubic ? 2.0 : 1.0;
  int64_t start = static_cast<int64_t>(std::floor(-reach / stretch)) + 1;
  int64_t count = 2 - 2 * start;
  taps.start = static_cast<int64_t>(base) + start;
  std::vector<double> weights;
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    double distance = (static_cast<double>(start + i) - (x - base)) * stretch;
    double weight = cubic ? cubicWeight(distance, a)
                          : std::max(0.0, 1.0 - std::fabs(distance));
    int64_t at = taps.start + i;
    if (excludesOutside && (at < 0 || at >= axis.in))
      weight = 0;
    weights.push_back(weight);
    sum += weight;
  }
  // Only these do not add up to 1.
  bool normalises = antialias || excludesOutside;
  for (double weight : weights)
    taps.weights.push_back(
        static_cast<float>(normalises && sum != 0 ? weight / sum : weight));
  return taps;
}

/// A number as an element; integers saturate.
template <typename T> static T toElement(double x) {
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    if (x >= static_cast<double>(std::numeric_limits<T>::max()))
      return std::numeric_limits<T>::max();
    if (!(x > static_cast<double>(std::numeric_limits<T>::min())))
      return std::numeric_limits<T>::min(); // NaN, too
  }
  return static_cast<T>(x);
}

/// One pass: a line of `axis.in` elements, `inner` apart, becomes `axis.out`.
template <typename T, typename Make>
static void resizeLines(const T *p, T *q, int64_t outer, int64_t inner,
                        const ResizedAxis &axis, Make make) {
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < axis.out; ++i)
      for (int64_t j = 0; j < inner; ++j)
        q[(o * axis.out + i) * inner + j] = make(
            [&](int64_t at) {
              at = std::clamp<int64_t>(at, 0, axis.in - 1);
              return p[(o * axis.in + at) * inner + j];
            },
            i);
}

void snn::rt::resize(const Tensor &x, const Tensor *scales, const Tensor *roi,
                     Tensor &y, const Ints &sizes, const std::string &mode,
                     const std::string &transform, const std::string &rounding,
                     double cubicCoefficient, int64_t excludeOutside,
                     double extrapolation, int64_t antialias) {
  const char *op = "resize";
  require(static_cast<int64_t>(sizes.size()) == x.rank(), op,
          "expects a size for each axis");
  require(mode == "nearest" || mode == "linear" || mode == "cubic", op,
          "mode must be nearest, linear or cubic, not '" + mode + "'");
  bool isNearest = mode == "nearest";
  require(isNearest || x.dtype() == DType::F32, op,
          std::string("cannot interpolate elements of type ") +
              name(x.dtype()));
  bool crops = transform == "tf_crop_and_resize";
  if (scales) {
    requireType(op, *scales, DType::F32);
    require(scales->size() == x.rank(), op, "expects a scale for each axis");
  }
  if (crops) {
    require(roi && roi->size() == 2 * x.rank(), op,
            "expects a region of two numbers for each axis");
    requireType(op, *roi, DType::F32);
  }
  Tensor in = x.clone();
  for (int64_t a = 0; a < in.rank(); ++a) {
    ResizedAxis axis{in.dim(a), sizes[a] == -1 ? in.dim(a) : sizes[a], 0, 0, 1};
    require(axis.out >= 0 && (axis.in > 0 || axis.out == 0), op,
            "cannot make " + std::to_string(axis.out) + " elements of " +
                std::to_string(axis.in));
    axis.scale = scales
                     ? scales->data<float>()[a]
                     : static_cast<double>(axis.out) /
                           static_cast<double>(std::max<int64_t>(axis.in, 1));
    require(axis.scale > 0 || axis.out == 0, op, "a scale is not positive");
    // A scale that belongs to the sizes rounds to at least half an element.
    // Under a smaller one an element would be the mean of more than there are.
    require(axis.out == 0 || axis.scale * static_cast<double>(axis.in) >= 0.25,
            op, "a scale leaves no element");
    if (crops) {
      axis.first = roi->data<float>()[a];
      axis.last = roi->data<float>()[in.rank() + a];
    }
    if (axis.in == axis.out && axis.scale == 1.0 && axis.first == 0 &&
        axis.last == 1)
      continue;
    Shape shape = in.shape();
    shape[a] = axis.out;
    Tensor next(in.dtype(), shape);
    int64_t outer = extent(shape, 0, a),
            inner = extent(shape, a + 1, in.rank());
    std::vector<Taps> taps;
    for (int64_t i = 0; i < axis.out; ++i) {
      double at = bounded(positionOf(axis, i, transform));
      Taps one;
      if (isNearest)
        one.start = nearestTo(at, rounding);
      else
        one = interpolate(axis, at, mode == "cubic", cubicCoefficient,
                          antialias != 0, excludeOutside != 0);
      one.outside = crops && (at < 0 || at > static_cast<double>(axis.in - 1));
      taps.push_back(std::move(one));
    }
    if (isNearest && !crops) {
      dispatchWidth(in.dtype(), [&](auto zero) {
        using T = decltype(zero);
        resizeLines(
            static_cast<const T *>(in.raw()), static_cast<T *>(next.raw()),
            outer, inner, axis,
            [&](auto element, int64_t i) { return element(taps[i].start); });
      });
    } else {
      dispatch(in.dtype(), [&](auto zero) {
        using T = decltype(zero);
        resizeLines(in.data<T>(), next.data<T>(), outer, inner, axis,
                    [&](auto element, int64_t i) -> T {
                      const Taps &tap = taps[i];
                      if (tap.outside)
                        return toElement<T>(extrapolation);
                      if (isNearest)
                        return element(tap.start);
                      float sum = 0;
                      for (size_t t = 0; t < tap.weights.size(); ++t)
                        sum += tap.weights[t] *
                               static_cast<float>(element(
                                   tap.start + static_cast<int64_t>(t)));
                      return static_cast<T>(sum);
                    });
      });
    }
    in = next;
  }
  y = in;
}
