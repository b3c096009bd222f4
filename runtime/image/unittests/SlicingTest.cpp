//===- SlicingTest.cpp - Slices, flips and ADC ranges ---------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/image/Slicing.h"

#include "gtest/gtest.h"

#include <cmath>
#include <random>
#include <vector>

using namespace snn::image;

namespace {

using Matrix = std::vector<std::vector<int32_t>>;

TEST(Slicing, WeightBits) {
  EXPECT_EQ(weightBits(0, 0), 1);
  EXPECT_EQ(weightBits(-1, 0), 1);
  EXPECT_EQ(weightBits(-1, 1), 2);
  EXPECT_EQ(weightBits(-128, 127), 8);
  EXPECT_EQ(weightBits(-129, 0), 9);
  EXPECT_EQ(weightBits(-32768, 32767), 16);
}

TEST(Slicing, Chosen) {
  EXPECT_EQ(chooseSlicing(Encoding::Differential, 2, -1, 1).kind,
            SliceKind::Direct);
  Slicing bits = chooseSlicing(Encoding::Differential, 2, -7, 7);
  EXPECT_EQ(bits.kind, SliceKind::TwosComplement);
  EXPECT_EQ(bits.slices, 4);
  Slicing magnitude = chooseSlicing(Encoding::Differential, 16, -127, 127);
  EXPECT_EQ(magnitude.kind, SliceKind::SignedMagnitude);
  EXPECT_EQ(magnitude.slices, 2);
  Slicing biased = chooseSlicing(Encoding::Flip, 4, -128, 127);
  EXPECT_EQ(biased.kind, SliceKind::Biased);
  EXPECT_EQ(biased.slices, 4);
  EXPECT_EQ(sliceBias(biased), 128);
}

/// Every weight comes back from its digits, and digits fit the cells.
TEST(Slicing, DigitsGiveTheWeight) {
  for (Encoding encoding : {Encoding::Differential, Encoding::Flip})
    for (int32_t levels : {2, 3, 4, 8, 16})
      for (int32_t bits = 1; bits <= 16; ++bits) {
        int32_t low = -(1 << (bits - 1)), high = (1 << (bits - 1)) - 1;
        Slicing slicing = chooseSlicing(encoding, levels, low, high);
        for (int32_t weight = low; weight <= high; ++weight) {
          int64_t sum = -sliceBias(slicing);
          for (int32_t s = 0; s < slicing.slices; ++s) {
            int32_t digit = sliceDigit(slicing, weight, s);
            ASSERT_LT(digit, levels);
            ASSERT_GT(digit, encoding == Encoding::Flip ? -1 : -levels);
            sum += sliceFactor(slicing, s) * digit;
          }
          ASSERT_EQ(sum, weight) << levels << " levels, " << bits << " bits";
        }
      }
}

TEST(Slicing, LosslessRows) {
  // mapping.md: 32 rows of 1-bit pairs need 65 codes, 7 bits.
  EXPECT_EQ(losslessRows(Encoding::Differential, 1, 1, 7, 32), 32);
  EXPECT_EQ(losslessRows(Encoding::Differential, 1, 1, 6, 128), 31);
  EXPECT_EQ(losslessRows(Encoding::Differential, 15, 1, 5, 128), 1);
  EXPECT_EQ(losslessRows(Encoding::Differential, 15, 1, 4, 128), 0);
  // ISAAC: 128 rows of 2-bit cells, half of the range, 8 bits.
  EXPECT_EQ(losslessRows(Encoding::Flip, 3, 1, 8, 128), 128);
  EXPECT_EQ(losslessRows(Encoding::Flip, 3, 1, 7, 128), 85);
  EXPECT_EQ(losslessRows(Encoding::Differential, 0, 1, 1, 128), 128);
}

/// A crossbar layer computed as a chip does: slices in columns, rows in groups,
/// digits bit by bit, conversions, shifts and additions.
class Tiles {
public:
  Tiles(Encoding encoding, int32_t levels, int64_t limit, int32_t adcBits,
        Matrix weights)
      : encoding(encoding), levels(levels), weights(std::move(weights)) {
    int32_t low = INT32_MAX, high = INT32_MIN;
    for (const auto &row : this->weights)
      for (int32_t w : row) {
        low = std::min(low, w);
        high = std::max(high, w);
      }
    slicing = chooseSlicing(encoding, levels, low, high);
    int32_t largest = encoding == Encoding::Flip ? levels - 1 : 0;
    for (const auto &row : this->weights)
      for (int32_t w : row)
        for (int32_t s = 0; s < slicing.slices; ++s)
          largest = std::max(largest, std::abs(sliceDigit(slicing, w, s)));
    active = losslessRows(encoding, largest, 1, adcBits, limit);
    codeLow =
        encoding == Encoding::Flip ? 0 : -(int64_t(1) << (adcBits - 1)) + 1;
    codeHigh = encoding == Encoding::Flip ? (int64_t(1) << adcBits) - 1
                                          : (int64_t(1) << (adcBits - 1)) - 1;
  }

  int64_t activeRows() const { return active; }

  /// One output; `passes` bits a digit, the top one negative if `isSigned`.
  int64_t output(const std::vector<int32_t> &digits, int64_t column, int passes,
                 bool isSigned) const {
    int64_t sum = 0, rows = int64_t(digits.size());
    for (int64_t first = 0; first < rows; first += active)
      for (int32_t slice = 0; slice < slicing.slices; ++slice)
        for (int pass = 0; pass < passes; ++pass) {
          int64_t code = convert(digits, first, std::min(first + active, rows),
                                 column, slice, pass);
          int64_t factor = int64_t(1) << pass;
          if (isSigned && pass == passes - 1)
            factor = -factor;
          sum += factor * sliceFactor(slicing, slice) * code;
        }
    return sum;
  }

private:
  /// The column sum of one row group, with flip and bias undone.
  int64_t convert(const std::vector<int32_t> &digits, int64_t first,
                  int64_t end, int64_t column, int32_t slice, int pass) const {
    int64_t cells = 0, sum = 0, driven = 0;
    for (int64_t row = first; row < end; ++row)
      cells += sliceDigit(slicing, weights[row][column], slice);
    bool flipped =
        encoding == Encoding::Flip && isFlipped(cells, end - first, levels);
    for (int64_t row = first; row < end; ++row) {
      if (!((digits[row] >> pass) & 1))
        continue;
      int32_t level = sliceDigit(slicing, weights[row][column], slice);
      sum += flipped ? levels - 1 - level : level;
      ++driven;
    }
    EXPECT_GE(sum, codeLow);
    EXPECT_LE(sum, codeHigh);
    if (flipped)
      sum = (levels - 1) * driven - sum;
    // The bias is taken off once, with the slice of factor 1.
    return slice == 0 ? sum - sliceBias(slicing) * driven : sum;
  }

  Encoding encoding;
  int32_t levels;
  Matrix weights;
  Slicing slicing;
  int64_t active, codeLow, codeHigh;
};

/// Tile arithmetic is the integer product, for random shapes.
TEST(Slicing, TilesGiveTheProduct) {
  std::mt19937 random(20261121);
  auto pick = [&](int32_t low, int32_t high) {
    return std::uniform_int_distribution<int32_t>(low, high)(random);
  };
  for (int sample = 0; sample < 10000; ++sample) {
    auto encoding = pick(0, 1) ? Encoding::Flip : Encoding::Differential;
    int32_t levels = 1 << pick(1, 4), bits = pick(1, 10);
    int32_t low = bits == 1 ? -1 : -(1 << (bits - 1));
    int32_t high = bits == 1 ? 1 : (1 << (bits - 1)) - 1;
    int64_t rows = pick(1, 40), columns = pick(1, 4);
    Matrix weights(rows, std::vector<int32_t>(columns));
    for (auto &row : weights)
      for (int32_t &w : row)
        w = pick(low, high);
    Tiles tiles(encoding, levels, pick(1, 32), pick(5, 9), weights);
    ASSERT_GT(tiles.activeRows(), 0);
    int passes = pick(1, 8);
    bool isSigned = pick(0, 1);
    std::vector<int32_t> digits(rows);
    for (int32_t &d : digits)
      d = pick(0, 2) == 0 ? 0
          : isSigned      ? pick(-(1 << (passes - 1)), (1 << (passes - 1)) - 1)
                          : pick(0, (1 << passes) - 1);
    for (int64_t column = 0; column < columns; ++column) {
      int64_t expected = 0;
      for (int64_t row = 0; row < rows; ++row)
        expected += int64_t(weights[row][column]) * digits[row];
      ASSERT_EQ(tiles.output(digits, column, passes, isSigned), expected)
          << "case " << sample;
    }
  }
}

TEST(Slicing, DigitRange) {
  DigitRange ternary{-1, 1, 3}, signs{-1, 2, 2}, none{0, 1, 1};
  EXPECT_EQ(ternary.bits(), 2);
  EXPECT_EQ(signs.bits(), 1);
  EXPECT_EQ(signs.maximum(), 1);
  EXPECT_EQ(none.bits(), 0);
  EXPECT_EQ((DigitRange{-15, 1, 31}).bits(), 5);
  EXPECT_EQ((DigitRange{-15, 1, 31}).largest(), 15);
}

} // namespace
