//===- KernelTableTest.cpp - Kernels by name --------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "snn/runtime/KernelTable.h"
#include "snn/runtime/Kernels.h"

#include <algorithm>

using namespace snn::rt;

TEST(KernelTable, IsSortedAndFindsItsEntries) {
  const std::vector<Kernel> &table = kernelTable();
  EXPECT_TRUE(std::is_sorted(
      table.begin(), table.end(),
      [](const Kernel &a, const Kernel &b) { return a.name < b.name; }));
  for (const Kernel &k : table)
    EXPECT_EQ(findKernel(k.name), &k);
  EXPECT_EQ(findKernel("no_such_kernel"), nullptr);
}

TEST(KernelTable, EveryKernelHasATest) {
  const auto *unit = ::testing::UnitTest::GetInstance();
  std::vector<std::string> tested;
  for (int i = 0; i < unit->total_test_suite_count(); ++i) {
    const auto *suite = unit->GetTestSuite(i);
    if (std::string(suite->name()) == "Kernel")
      for (int j = 0; j < suite->total_test_count(); ++j)
        tested.push_back(suite->GetTestInfo(j)->name());
  }
  for (const Kernel &k : kernelTable())
    EXPECT_NE(std::find(tested.begin(), tested.end(), k.name), tested.end())
        << "no TEST(Kernel, " << k.name << ")";
}

TEST(KernelTable, PassesOperandsAndAttributes) {
  Tensor x = test::Random(1).floats({3, 5}), direct, called;
  softmax(x, direct, -1);
  findKernel("softmax")->invoke({{&x}, {&called}, {int64_t(-1)}});
  EXPECT_TRUE(test::sameBits(direct, called));

  Tensor a = test::Random(2).floats({4, 3}), b = test::Random(3).floats({3, 2});
  gemm(a, b, nullptr, direct, 1.5, 1.0, 0, 0);
  findKernel("gemm")->invoke(
      {{&a, &b, nullptr}, {&called}, {1.5, 1.0, int64_t(0), int64_t(0)}});
  EXPECT_TRUE(test::sameBits(direct, called));
  findKernel("concat")->invoke({{&a, &a, &a}, {&called}, {int64_t(0)}});
  EXPECT_EQ(called.shape(), (Shape{12, 3}));
  Tensor p, q;
  findKernel("split")->invoke({{&a}, {&p, &q}, {int64_t(0), Ints{1, 3}}});
  EXPECT_EQ(q.shape(), (Shape{3, 3}));
}

TEST(KernelTable, RefusesCallsThatDoNotFit) {
  Tensor x = test::Random(1).floats({3, 5}), y;
  const Kernel *k = findKernel("softmax");
  EXPECT_THROW(k->invoke({{}, {&y}, {int64_t(0)}}), Error);
  EXPECT_THROW(k->invoke({{nullptr}, {&y}, {int64_t(0)}}), Error);
  EXPECT_THROW(k->invoke({{&x, &x}, {&y}, {int64_t(0)}}), Error);
  EXPECT_THROW(k->invoke({{&x}, {}, {int64_t(0)}}), Error);
  EXPECT_THROW(k->invoke({{&x}, {&y, &y}, {int64_t(0)}}), Error);
  EXPECT_THROW(k->invoke({{&x}, {&y}, {}}), Error);
  EXPECT_THROW(k->invoke({{&x}, {&y}, {1.0}}), Error);
  EXPECT_THROW(k->invoke({{&x}, {&y}, {int64_t(0), int64_t(0)}}), Error);
  try {
    k->invoke({{&x}, {&y}, {1.0}});
  } catch (const Error &e) {
    EXPECT_NE(std::string(e.what()).find("softmax"), std::string::npos);
  }
}

TEST(KernelTable, TellsTheKindsOfParameters) {
  // Set for every kernel, and read off its type.
  for (const Kernel &k : kernelTable())
    EXPECT_FALSE(k.parameters.empty()) << k.name;
  EXPECT_EQ(findKernel("softmax")->parameters.size(), 3u);
  EXPECT_EQ(findKernel("gemm")->parameters.size(), 8u);
}
