//===- TensorTest.cpp - Storage of tensors ----------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

using namespace snn::rt;

TEST(Tensor, AllocateKeepsStorageThatIsItsOwn) {
  Tensor t(DType::F32, {4, 4});
  const void *before = t.raw();
  t.allocate(DType::F32, {2, 3});
  EXPECT_EQ(t.raw(), before);
  Tensor copy = t;
  t.allocate(DType::F32, {2, 3});
  EXPECT_NE(t.raw(), copy.raw());
  t.allocate(DType::I64, {100});
  EXPECT_EQ(t.bytes(), 800u);
}

TEST(Tensor, BorrowedStorageStaysInPlace) {
  alignas(64) float buffer[16];
  Tensor t = Tensor::borrow(DType::F32, {16}, buffer, sizeof buffer);
  t.allocate(DType::I32, {2, 8});
  EXPECT_EQ(t.raw(), buffer);
  EXPECT_THROW(Tensor::borrow(DType::F32, {17}, buffer, sizeof buffer), Error);
}

TEST(Tensor, ChecksTypesAndShapes) {
  Tensor t(DType::F32, {2, 3});
  EXPECT_THROW(t.data<int32_t>(), Error);
  EXPECT_THROW(t.reshaped({5}), Error);
  EXPECT_THROW(Tensor(DType::F32, {-1}), Error);
  EXPECT_THROW(Tensor(DType::F32, {INT64_MAX, 4}), Error);
  EXPECT_THROW(Tensor::fromVector<float>({3}, {1.0f}), Error);
  EXPECT_EQ(t.dim(-1), 3);
  EXPECT_EQ(toString({}), "scalar");
  EXPECT_EQ(toString({2, 3}), "2x3");
  EXPECT_EQ(reinterpret_cast<uintptr_t>(t.raw()) % 64, 0u);
}

TEST(Tensor, CloneCopies) {
  Tensor t = Tensor::fromVector<int32_t>({2}, {1, 2});
  Tensor c = t.clone();
  t.data<int32_t>()[0] = 7;
  EXPECT_EQ(c.data<int32_t>()[0], 1);
  EXPECT_TRUE(Tensor(DType::F32, {0, 3}).defined());
}
