//===- ResizeTest.cpp - Interpolation along axes -------------- -*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "snn/runtime/Kernels.h"

#include <limits>

using namespace snn::rt;
using test::isNear;

static Tensor resized(const Tensor &x, const Ints &sizes,
                      const std::string &mode,
                      const std::string &transform = "half_pixel",
                      const std::string &rounding = "round_prefer_floor",
                      int64_t antialias = 0, int64_t excludeOutside = 0) {
  Tensor y;
  resize(x, nullptr, nullptr, y, sizes, mode, transform, rounding, -0.75,
         excludeOutside, 0, antialias);
  return y;
}

TEST(Kernel, resize) {
  Tensor line = Tensor::fromVector<float>({4}, {1, 2, 3, 4});
  EXPECT_EQ(resized(line, {8}, "nearest").toVector<float>(),
            (std::vector<float>{1, 1, 2, 2, 3, 3, 4, 4}));
  EXPECT_EQ(
      resized(line, {6}, "nearest", "asymmetric", "floor").toVector<float>(),
      (std::vector<float>{1, 1, 2, 3, 3, 4}));
  EXPECT_EQ(
      resized(line, {6}, "nearest", "asymmetric", "ceil").toVector<float>(),
      (std::vector<float>{1, 2, 3, 3, 4, 4}));
  EXPECT_TRUE(isNear(resized(line, {8}, "linear"), {8},
                     {1, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4}, 1e-6));
  EXPECT_TRUE(isNear(resized(line, {7}, "linear", "align_corners"), {7},
                     {1, 1.5, 2, 2.5, 3, 3.5, 4}, 1e-6));
  EXPECT_TRUE(isNear(resized(line, {2}, "linear"), {2}, {1.5, 3.5}, 1e-6));
  // Antialiasing weighs all elements that a result stands for, borders
  // repeated: a quarter, three quarters twice, a quarter, over 2.
  EXPECT_TRUE(isNear(resized(line, {2}, "linear", "half_pixel", "floor", 1),
                     {2}, {1.625, 3.375}, 1e-6));
  // Keys' weights at a quarter: -0.10546875, 0.87890625, 0.26171875,
  // -0.03515625, borders repeated.
  double a = -0.10546875, b = 0.87890625, c = 0.26171875, d = -0.03515625;
  Tensor cubic = resized(line, {8}, "cubic");
  EXPECT_NEAR(cubic.data<float>()[3], a * 1 + b * 2 + c * 3 + d * 4, 1e-6);
  EXPECT_NEAR(cubic.data<float>()[1], a * 1 + b * 1 + c * 2 + d * 3, 1e-6);
  Tensor inside = resized(line, {8}, "cubic", "half_pixel", "floor", 0, 1);
  EXPECT_NEAR(inside.data<float>()[1], (b * 1 + c * 2 + d * 3) / (b + c + d),
              1e-6);
  // Two axes are two passes; other axes stay.
  Tensor plane = Tensor::fromVector<float>({1, 2, 2}, {1, 2, 3, 4});
  EXPECT_TRUE(isNear(resized(plane, {1, 2, 3}, "linear", "align_corners"),
                     {1, 2, 3}, {1, 1.5, 2, 3, 3.5, 4}, 1e-6));
  // Scales that do not follow from the sizes, and a crop.
  Tensor scale = Tensor::fromVector<float>({1}, {0.6f}), y;
  resize(line, &scale, nullptr, y, {2}, "linear", "half_pixel", "floor", -0.75,
         0, 0, 0);
  EXPECT_TRUE(isNear(y, {2}, {1 + 0.5 / 0.6 - 0.5, 1 + 1.5 / 0.6 - 0.5}, 1e-6));
  Tensor roi = Tensor::fromVector<float>({2}, {0.5f, 1.5f});
  resize(line, nullptr, &roi, y, {3}, "linear", "tf_crop_and_resize", "floor",
         -0.75, 0, 9, 0);
  EXPECT_TRUE(isNear(y, {3}, {2.5, 4, 9}, 1e-6));
  // Nearest takes any elements.
  Tensor bytes = Tensor::fromVector<uint8_t>({2}, {7, 9});
  EXPECT_EQ(resized(bytes, {4}, "nearest").toVector<uint8_t>(),
            (std::vector<uint8_t>{7, 7, 9, 9}));
  EXPECT_THROW(resized(bytes, {4}, "linear"), Error);
  EXPECT_THROW(resized(line, {4, 4}, "linear"), Error);
  EXPECT_THROW(resized(line, {4}, "quadratic"), Error);
}

TEST(Resize, ScalesAndRegionsWithoutSense) {
  Tensor line = Tensor::fromVector<float>({4}, {1, 2, 3, 4}), y;
  // A result of one element would be the mean of 10^30.
  for (float small : {1e-30f, 0.01f}) {
    Tensor scale = Tensor::fromVector<float>({1}, {small});
    for (const char *mode : {"nearest", "linear", "cubic"})
      EXPECT_THROW(resize(line, &scale, nullptr, y, {2}, mode, "half_pixel",
                          "floor", -0.75, 0, 0, /*antialias=*/1),
                   Error);
  }
  // Positions that no index has are beyond the line.
  for (float far : {1e30f, -1e30f, std::numeric_limits<float>::infinity(),
                    std::numeric_limits<float>::quiet_NaN()}) {
    Tensor roi = Tensor::fromVector<float>({2}, {far, far});
    for (const char *mode : {"nearest", "linear", "cubic"}) {
      resize(line, nullptr, &roi, y, {3}, mode, "tf_crop_and_resize", "floor",
             -0.75, 0, 9, 0);
      EXPECT_TRUE(isNear(y, {3}, {9, 9, 9}, 0)) << mode << ' ' << far;
    }
  }
  Tensor bytes = Tensor::fromVector<int8_t>({2}, {7, 9});
  Tensor roi = Tensor::fromVector<float>({2}, {5, 6});
  resize(bytes, nullptr, &roi, y, {2}, "nearest", "tf_crop_and_resize", "floor",
         -0.75, 0, 1e9, 0);
  EXPECT_EQ(y.toVector<int8_t>(), (std::vector<int8_t>{127, 127}));
}
