//===- SizesTest.cpp - Sizes that do not fit --------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "snn/runtime/Kernels.h"
#include "snn/runtime/Samples.h"

#include <gtest/gtest.h>

using namespace snn::rt;

namespace {
/// What `f` throws; empty where it does not.
template <typename F> std::string errorOf(F f) {
  try {
    f();
    return "";
  } catch (const Error &e) {
    return e.what();
  }
}

constexpr int64_t third = 0x3333333333333334; // 5 * third wraps to 4

Tensor four() { return Tensor::fromVector<float>({4}, {1, 2, 3, 4}); }

/// A memory limit for one test.
class Limit {
public:
  explicit Limit(uint64_t bytes) : before(memoryLimit()) {
    setMemoryLimit(memoryInUse() + bytes);
  }
  ~Limit() { setMemoryLimit(before); }

private:
  uint64_t before;
};
} // namespace

TEST(Sizes, ProductsAreChecked) {
  EXPECT_EQ(elementCount({}), 1);
  EXPECT_EQ(elementCount({3, 0, 5}), 0);
  EXPECT_EQ(byteCount(DType::F64, {3, 5}), 120);
  EXPECT_NE(errorOf([] { elementCount({5, third}); }), "");
  EXPECT_NE(errorOf([] { elementCount({-1, -4}); }), "");
  // An empty axis does not hide others, whose strides would wrap.
  EXPECT_NE(errorOf([] { elementCount({0, INT64_MAX, 8}); }), "");
  EXPECT_NE(errorOf([] { byteCount(DType::F64, {INT64_MAX / 4}); }), "");
}

TEST(Sizes, ShapesThatWrapAreRefused) {
  Tensor x = four();
  EXPECT_NE(errorOf([&] { x.reshaped({5, third}); }), "");
  EXPECT_NE(errorOf([&] { x.reshaped({-1, -4}); }), "");
  EXPECT_NE(
      errorOf([&] { Tensor::borrow(DType::F32, {5, third}, x.raw(), 16); }),
      "");
  Tensor y;
  EXPECT_NE(errorOf([&] { reshape(x, y, {5, third}); }), "");
  EXPECT_NE(errorOf([&] { reshape(x, y, {-1, 5, third}); }), "");
  EXPECT_NE(errorOf([&] { y.allocate(DType::F32, {5, third}); }), "");
}

TEST(Sizes, KernelsRefuseSizesThatWrap) {
  Tensor x = four(), y, z;
  EXPECT_NE(errorOf([&] { tile(x, y, {INT64_MAX / 2}); }), "");
  EXPECT_NE(errorOf([&] { tile(x, y, {int64_t(1) << 62}); }), "");
  EXPECT_NE(errorOf([&] { pad(x, y, {INT64_MAX, 1}, "constant", 0); }), "");
  EXPECT_NE(errorOf([&] { pad(x, y, {INT64_MAX - 8, 1}, "edge", 0); }), "");
  EXPECT_NE(errorOf([&] { expand(x, nullptr, y, {third, 5, 4}); }), "");
  EXPECT_NE(errorOf([&] { split(x, {&y, &z}, 0, {INT64_MAX, INT64_MIN + 5}); }),
            "");
  EXPECT_NE(errorOf([&] { split(x, {&y, &z}, 0, {-4, 8}); }), "");
  slice(x, y, {INT64_MIN}, {INT64_MAX}, {0}, {1});
  EXPECT_EQ(y.size(), 4);
  EXPECT_NE(errorOf([&] {
              range(Tensor::scalar<int64_t>(INT64_MIN),
                    Tensor::scalar<int64_t>(INT64_MAX),
                    Tensor::scalar<int64_t>(1), y);
            }),
            "");
  EXPECT_NE(errorOf([&] {
              range(Tensor::scalar<double>(0), Tensor::scalar<double>(1e300),
                    Tensor::scalar<double>(1e-300), y);
            }),
            "");
  range(Tensor::scalar<int64_t>(INT64_MIN), Tensor::scalar<int64_t>(INT64_MAX),
        Tensor::scalar<int64_t>(INT64_MAX), y);
  EXPECT_EQ(y.toVector<int64_t>(),
            (std::vector<int64_t>{INT64_MIN, -1, INT64_MAX - 1}));
}

TEST(Sizes, WindowsThatWrapAreRefused) {
  Tensor x(DType::F32, {1, 1, 4}), w(DType::F32, {1, 1, 3}), y;
  int64_t most = INT64_MAX;
  EXPECT_NE(errorOf([&] { conv(x, w, nullptr, y, {1}, {0, 0}, {most}, 1); }),
            "");
  EXPECT_NE(errorOf([&] { conv(x, w, nullptr, y, {1}, {most, 0}, {1}, 1); }),
            "");
  EXPECT_NE(errorOf([&] { max_pool(x, y, {most}, {1}, {0, 0}, {most}, 0); }),
            "");
  EXPECT_NE(errorOf([&] { max_pool(x, y, {3}, {1}, {most, most}, {1}, 0); }),
            "");
}

TEST(Sizes, SamplesThatWrapAreRefused) {
  Tensor x(DType::F32, {8, 1});
  Port in = {"x", DType::F32, {1, 1}};
  EXPECT_NE(errorOf([&] {
              SampleArrays({in}, {{"y", DType::F32, {INT64_MAX / 4, 1}}},
                           {{"x", x}});
            }),
            "");
}

TEST(Sizes, AllocationsStayBelowTheLimit) {
  Limit limit(1 << 20);
  uint64_t before = memoryInUse();
  {
    Tensor half(DType::U8, {600 << 10});
    EXPECT_EQ(memoryInUse(), before + (600 << 10));
    std::string error = errorOf([] { Tensor(DType::U8, {600 << 10}); });
    EXPECT_NE(error.find("a tensor of U8 614400 needs 614400 bytes, has "),
              std::string::npos)
        << error;
    // Shared storage counts once.
    Tensor other = half;
    EXPECT_EQ(memoryInUse(), before + (600 << 10));
  }
  EXPECT_EQ(memoryInUse(), before);
  EXPECT_EQ(errorOf([] { Tensor(DType::U8, {600 << 10}); }), "");
  EXPECT_NE(errorOf([] { requireMemory(2 << 20, "a test"); }), "");
}

TEST(Sizes, MemorySizesAreRead) {
  EXPECT_EQ(parseMemorySize("1"), 1u);
  EXPECT_EQ(parseMemorySize("64K"), 65536u);
  EXPECT_EQ(parseMemorySize("3G"), uint64_t(3) << 30);
  for (const char *wrong : {"", "0", "K", "1KB", "-1", "1.5G", "1 G", "1e9",
                            "99999999999999999999", "99999999999T"})
    EXPECT_NE(errorOf([&] { parseMemorySize(wrong); }), "") << wrong;
  EXPECT_GT(memoryLimit(), uint64_t(1) << 20);
}
