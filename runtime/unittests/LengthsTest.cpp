//===- LengthsTest.cpp - Samples of fewer tokens ----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/Samples.h"

#include <gtest/gtest.h>

using namespace snn::rt;

namespace {
/// A port of 4 tokens along `axes`.
Port tokens(const char *name, DType type, Shape shape,
            std::vector<int64_t> axes, double padding = 0) {
  return {name, type, std::move(shape), false, std::move(axes), padding};
}

/// The first output of a network that copies its inputs.
Tensor copyThrough(const std::vector<Port> &ports, const NamedArrays &arrays) {
  SampleArrays samples(ports, ports, arrays);
  for (int64_t sample = 0; sample < samples.count(); ++sample)
    samples.run(sample, [](const TensorList &in, const TensorOutputs &out) {
      for (size_t i = 0; i < in.size(); ++i)
        *out[i] = in[i]->clone();
    });
  return samples.results().front().second;
}

TEST(Lengths, FillsUpAndCuts) {
  Tensor square = Tensor::fromVector<int64_t>({1, 2, 2}, {1, 2, 3, 4});
  Tensor wide = withLength(square, {1, 2}, 3, 7);
  EXPECT_EQ(wide.shape(), (Shape{1, 3, 3}));
  EXPECT_EQ(wide.toVector<int64_t>(),
            (std::vector<int64_t>{1, 2, 7, 3, 4, 7, 7, 7, 7}));
  EXPECT_EQ(withLength(wide, {2}, 1).toVector<int64_t>(),
            (std::vector<int64_t>{1, 3, 7}));
  EXPECT_EQ(withLength(wide, {1, 2}, 2).toVector<int64_t>(),
            square.toVector<int64_t>());
  Tensor flags = Tensor::fromVector<bool>({2, 1}, {false, false});
  EXPECT_EQ(withLength(flags, {1}, 2, 1).toVector<bool>(),
            (std::vector<bool>{false, true, false, true}));
}

TEST(Lengths, AShorterSampleIsFilledUpAndItsOutputCut) {
  std::vector<Port> ports = {tokens("ids", DType::I64, {1, 4}, {1}, 9)};
  Tensor ids = Tensor::fromVector<int64_t>({2, 3}, {1, 2, 3, 4, 5, 6});
  SampleArrays samples(ports, ports, {{"ids", ids}});
  ASSERT_EQ(samples.count(), 2);
  samples.run(1, [](const TensorList &in, const TensorOutputs &) {
    EXPECT_EQ(in[0]->toVector<int64_t>(), (std::vector<int64_t>{4, 5, 6, 9}));
  });
  Tensor out = copyThrough(ports, {{"ids", ids}});
  EXPECT_EQ(out.shape(), (Shape{2, 3}));
  EXPECT_EQ(out.toVector<int64_t>(), ids.toVector<int64_t>());
  EXPECT_EQ(copyThrough(ports, {{"ids", Tensor(DType::I64, {2, 4})}}).shape(),
            (Shape{2, 4}));
}

TEST(Lengths, WhatDoesNotFitIsRefused) {
  std::vector<Port> ports = {
      tokens("ids", DType::I64, {1, 4}, {1}),
      tokens("mask", DType::F32, {1, 1, 4, 4}, {2, 3}, -10000)};
  auto errorOf = [&](Shape ids, Shape mask) -> std::string {
    try {
      SampleArrays(ports, ports,
                   {{"ids", Tensor(DType::I64, std::move(ids))},
                    {"mask", Tensor(DType::F32, std::move(mask))}});
      return "";
    } catch (const Error &e) {
      return e.what();
    }
  };
  EXPECT_EQ(errorOf({1, 3}, {1, 1, 3, 3}), "");
  EXPECT_EQ(errorOf({1, 3}, {1, 1, 4, 4}),
            "input 'mask' has the length 4, input 'ids' 3");
  EXPECT_EQ(errorOf({1, 5}, {1, 1, 4, 4}),
            "input 'ids' has shape 1x5, expected N*1x4, or fewer tokens");
  EXPECT_EQ(errorOf({1, 3}, {1, 1, 3, 4}),
            "input 'mask' has shape 1x1x3x4, expected N*1x1x4x4, or fewer "
            "tokens");
  EXPECT_EQ(errorOf({1, 0}, {1, 1, 4, 4}),
            "input 'ids' has shape 1x0, expected N*1x4, or fewer tokens");
}
} // namespace
