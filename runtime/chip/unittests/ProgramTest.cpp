//===- ProgramTest.cpp - What a program declares, and wide sums -----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PhaseUnits.h"
#include "SmallImage.h"
#include "Units.h"

#include "snn/vchip/CrossbarArray.h"
#include "snn/vchip/VirtualChip.h"

#include <gtest/gtest.h>

using namespace snn;
using namespace snn::vchip;
using snn::image::test::SmallImage;

namespace {
template <typename F> std::string errorOf(F f) {
  try {
    f();
    return "";
  } catch (const rt::Error &e) {
    return e.what();
  }
}
} // namespace

/// Digits are relative to the mask; only together with the constant does their
/// sum fit the accumulator.
TEST(Program, SumsOfDigitsMayNeedMoreThan32Bits) {
  constexpr int64_t inputs = 70000, weight = 127, digit = 255;
  CrossbarKind kind;
  kind.device = {2, 100, 10};
  ArrayGeometry geometry;
  geometry.inputs = inputs;
  geometry.outputs = 1;
  geometry.tileRows = geometry.groupRows = 512;
  geometry.tileOutputs = 1;
  for (int slice = 0; slice < 8; ++slice)
    geometry.sliceFactors.push_back(slice == 7 ? -128 : 1 << slice);
  geometry.adcBits = 12;
  geometry.drive = DriveSchedule::bitSerial(0, digit);
  CrossbarArray array(kind, geometry, 0);
  std::vector<TileContents> tiles;
  for (int64_t block = 0; block < geometry.rowBlocks(); ++block) {
    TileContents tile;
    tile.crossbar = static_cast<uint32_t>(block);
    for (int64_t row = 0; row < geometry.rowsOf(block); ++row)
      for (int slice = 0; slice < 8; ++slice)
        tile.levels.push_back(weight >> slice & 1);
    tiles.push_back(std::move(tile));
  }
  array.program(0, tiles, NoiseModel());
  std::vector<int16_t> digits(inputs, digit);
  CrossbarCounters counters;
  int64_t sum = 0;
  array.multiply(digits.data(), 1, {}, &sum, counters);
  EXPECT_EQ(sum, inputs * weight * digit);
  ASSERT_GT(sum, INT32_MAX);
  int32_t narrow = 0;
  array.multiply(digits.data(), 1, {}, &narrow, counters);
  EXPECT_EQ(narrow, INT32_MAX);
}

/// Which axis runs over keys is independent of how they are stored.
TEST(Program, KeysAreWhatTheProductSays) {
  constexpr int64_t rows = 2, channels = 6, keys = 4;
  auto run = [&](bool transposed, bool reduceKeys, bool *kept,
                 uint32_t perTile) {
    image::pb::Product product;
    product.set_engine("mttfs");
    product.set_transposed(transposed);
    product.set_reduce_keys(reduceKeys);
    product.set_keys_per_tile(perTile);
    *product.mutable_train() = SmallImage::coding();
    *product.mutable_resident() = SmallImage::coding();
    product.mutable_train()->set_mask(0);
    // Q K^T: [rows, channels] x [channels, keys]; A V: [rows, keys] x [keys,
    // channels].
    int64_t inputs = reduceKeys ? keys : channels;
    int64_t outputs = reduceKeys ? channels : keys;
    rt::Tensor a(rt::DType::U8, {1, rows, inputs});
    std::fill_n(a.data<uint8_t>(), a.size(), uint8_t(3));
    rt::Shape shape = transposed ? rt::Shape{1, outputs, inputs}
                                 : rt::Shape{1, inputs, outputs};
    rt::Tensor b(rt::DType::U8, shape);
    std::fill_n(b.data<uint8_t>(), b.size(), uint8_t(1));
    rt::Tensor valid =
        rt::Tensor::borrow(rt::DType::Bool, {1, keys}, kept, keys);
    ProductCounters counters;
    runProduct(product, a, b, &valid, counters);
    return counters;
  };
  bool kept[keys] = {true, true, true, false};
  for (bool transposed : {false, true}) {
    // Every spike is added to the keys that are kept.
    ProductCounters scores = run(transposed, false, kept, 0);
    EXPECT_EQ(scores.events, rows * channels);
    EXPECT_EQ(scores.accumulations, rows * channels * 3);
    // Turns of 3 keys: 3 and 1.
    scores = run(transposed, false, kept, 3);
    EXPECT_EQ(scores.keyTiles, 2);
    EXPECT_EQ(scores.events, 2 * rows * channels);
    EXPECT_EQ(scores.accumulations, rows * channels * 3);
    ProductCounters values = run(transposed, true, kept, 3);
    EXPECT_EQ(values.keyTiles, 2);
    EXPECT_EQ(values.events, rows * keys);
    EXPECT_EQ(values.accumulations, rows * keys * channels);
  }
}

TEST(Program, KeysThatDoNotFitTheBatchAreRefused) {
  image::pb::Product product;
  product.set_engine("mttfs");
  *product.mutable_train() = *product.mutable_resident() = SmallImage::coding();
  rt::Tensor a(rt::DType::U8, {3, 2, 2}), b(rt::DType::U8, {3, 2, 4});
  std::fill_n(a.data<uint8_t>(), a.size(), uint8_t(0));
  std::fill_n(b.data<uint8_t>(), b.size(), uint8_t(0));
  rt::Tensor valid(rt::DType::Bool, {2, 4});
  std::fill_n(valid.data<bool>(), valid.size(), true);
  ProductCounters counters;
  EXPECT_NE(errorOf([&] { runProduct(product, a, b, &valid, counters); }), "");
}

TEST(Program, TracesNeedDivisorsAndPhasesThatFit) {
  image::pb::PhaseOp op;
  op.set_factor(1);
  rt::PhaseCoding coding = {1.5, 4, 1.0f, false, rt::PhaseRelease::None};
  rt::Tensor a(rt::DType::I8, {2, 3}), b(rt::DType::I8, {3, 2});
  std::fill_n(a.data<int8_t>(), 6, int8_t(4));
  std::fill_n(b.data<int8_t>(), 6, int8_t(-4));
  EXPECT_EQ(
      errorOf([&] { runTraceProduct(op, a, b, nullptr, coding, coding); }), "");
  rt::Tensor divisor(rt::DType::F32, {1, 1});
  EXPECT_NE(
      errorOf([&] { runTraceProduct(op, a, b, &divisor, coding, coding); }),
      "");
  b.data<int8_t>()[5] = 5; // phase 4 of 0 .. 3
  EXPECT_NE(
      errorOf([&] { runTraceProduct(op, a, b, nullptr, coding, coding); }), "");
  rt::Tensor train, z, mask(rt::DType::F32, {5});
  EXPECT_NE(
      errorOf([&] { runRace(a, nullptr, &mask, coding, coding, train, z); }),
      "");
}

TEST(Program, ResultsMustBeAsDeclared) {
  SmallImage small;
  EXPECT_EQ(errorOf([&] {
              image::Image image = small.read();
              VirtualChip::rehearse(image);
            }),
            "");
  // The kernel gives F32, whatever the value says.
  small.contents.program.mutable_values(4)->set_type(image::pb::F64);
  small.contents.interface.mutable_outputs(0)->set_type(image::pb::F64);
  EXPECT_EQ(errorOf([&] {
              image::Image image = small.read();
              VirtualChip::rehearse(image);
            }),
            "small.snnimg: '/fc/y': gives F32 1x2, declares F64 -1x2");
}
