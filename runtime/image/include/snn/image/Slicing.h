//===- Slicing.h - From integer weights to cell levels ----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// How a crossbar stores an integer weight: as digits ("slices") that stand in
// adjacent logical columns, each with a factor that the digital unit applies
// behind the ADC. The same functions serve the mapping passes, the programming
// image and the virtual chip.
//
//   w = sum over slices s of factor(s) * digit(w, s)  -  bias
//
// A digit is what one logical column holds in one row: the signed level of a
// differential pair of cells (-(L-1) .. L-1 for cells of L levels), or the
// level of a single cell (0 .. L-1).
//
//===----------------------------------------------------------------------===//

#ifndef SNN_IMAGE_SLICING_H
#define SNN_IMAGE_SLICING_H

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>

namespace snn::image {

/// How signed weights become conductances.
enum class Encoding : int32_t {
  Differential, ///< two cells a weight: level = positive - negative
  Flip          ///< one cell; biased weights, a column may be complemented
};

/// How a weight is cut into digits.
enum class SliceKind : int32_t {
  Direct,          ///< one digit, the weight itself
  TwosComplement,  ///< bits; the top one weighs -2^(b-1)
  SignedMagnitude, ///< digits of |w| to the base L, each with the sign of w
  Biased           ///< digits of w + 2^(b-1) to the base L
};

/// The slicing of one layer.
struct Slicing {
  SliceKind kind = SliceKind::Direct;
  int32_t slices = 1;
  int32_t weightBits = 1; ///< least two's complement width of the weights
  int32_t cellLevels = 2; ///< L: levels of one cell, the lowest included
};

/// The least b with -2^(b-1) <= low and high <= 2^(b-1) - 1.
inline int32_t weightBits(int32_t low, int32_t high) {
  int32_t bits = 1;
  while (-(int64_t(1) << (bits - 1)) > low ||
         (int64_t(1) << (bits - 1)) - 1 < high)
    ++bits;
  return bits;
}

/// The slicing of weights in low..high for cells of `cellLevels` levels:
/// differential pairs take a weight directly where it fits their signed levels,
/// else its bits (two levels) or the digits of its magnitude.
inline Slicing chooseSlicing(Encoding encoding, int32_t cellLevels, int32_t low,
                             int32_t high) {
  Slicing slicing;
  slicing.cellLevels = cellLevels;
  slicing.weightBits = weightBits(low, high);
  int64_t largest = std::max(-int64_t(low), int64_t(high));
  if (encoding == Encoding::Flip) {
    slicing.kind = SliceKind::Biased;
    largest = (int64_t(1) << slicing.weightBits) - 1;
  } else if (largest <= cellLevels - 1) {
    return slicing;
  } else if (cellLevels == 2) {
    slicing.kind = SliceKind::TwosComplement;
    slicing.slices = slicing.weightBits;
    return slicing;
  } else {
    slicing.kind = SliceKind::SignedMagnitude;
  }
  slicing.slices = 0;
  for (; largest > 0; largest /= cellLevels)
    ++slicing.slices;
  return slicing;
}

/// The weight of slice `slice`: what its column's sum is multiplied with.
inline int64_t sliceFactor(const Slicing &slicing, int32_t slice) {
  if (slicing.kind == SliceKind::TwosComplement)
    return slice == slicing.slices - 1 ? -(int64_t(1) << slice)
                                       : int64_t(1) << slice;
  int64_t factor = 1;
  for (int32_t s = 0; s < slice; ++s)
    factor *= slicing.cellLevels;
  return factor;
}

/// What every weight was raised by before it was cut; its sum over the driven
/// digits is subtracted digitally.
inline int64_t sliceBias(const Slicing &slicing) {
  return slicing.kind == SliceKind::Biased
             ? int64_t(1) << (slicing.weightBits - 1)
             : 0;
}

/// The digit of `weight` in slice `slice`.
inline int32_t sliceDigit(const Slicing &slicing, int32_t weight,
                          int32_t slice) {
  if (slicing.kind == SliceKind::Direct)
    return weight;
  if (slicing.kind == SliceKind::TwosComplement)
    return (weight >> slice) & 1;
  bool biased = slicing.kind == SliceKind::Biased;
  int64_t rest = biased ? weight + sliceBias(slicing) : std::abs(weight);
  for (int32_t s = 0; s < slice; ++s)
    rest /= slicing.cellLevels;
  auto digit = int32_t(rest % slicing.cellLevels);
  return !biased && weight < 0 ? -digit : digit;
}

/// Flip encoding: whether a column whose cells of one row group sum to
/// `cellSum` is stored complemented (each cell L - 1 - level), so that no
/// conversion exceeds half of the range. The sum of the complemented column is
/// subtracted from (L - 1) * (driven digits) digitally.
inline bool isFlipped(int64_t cellSum, int64_t rows, int32_t cellLevels) {
  return 2 * cellSum > rows * (cellLevels - 1);
}

/// The largest magnitude of a column sum of `rows` rows whose digits are at
/// most `largestDigit`, driven with `driveBits` bits a pass.
inline int64_t largestSum(Encoding encoding, int64_t rows, int32_t largestDigit,
                          int32_t driveBits) {
  int64_t sum = rows * largestDigit;
  if (encoding == Encoding::Flip)
    sum /= 2;
  return sum * ((int64_t(1) << driveBits) - 1);
}

/// How many codes an ADC needs to tell all column sums up to `largest` apart:
/// signed ones for differential columns.
inline int64_t codesNeeded(Encoding encoding, int64_t largest) {
  return encoding == Encoding::Differential ? 2 * largest + 1 : largest + 1;
}

/// The most rows, at most `limit`, that one conversion may read together so
/// that an ADC of `adcBits` bits tells all sums apart (mapping.md:
/// 2^b >= 2n(2^c-1)(2^d-1)+1, single-ended n(2^c-1)(2^d-1)+1); 0 when not even
/// one row can be read.
inline int64_t losslessRows(Encoding encoding, int32_t largestDigit,
                            int32_t driveBits, int32_t adcBits, int64_t limit) {
  auto isLossless = [&](int64_t rows) {
    int64_t largest = largestSum(encoding, rows, largestDigit, driveBits);
    return codesNeeded(encoding, largest) <= int64_t(1) << adcBits;
  };
  int64_t rows = limit;
  while (rows > 0 && !isLossless(rows))
    --rows;
  return rows;
}

/// The levels that the columns of one layer take: minimum, minimum + step, ...,
/// `count` of them; what an image packs into ceil(log2 count) bits.
struct DigitRange {
  int32_t minimum = 0;
  int32_t step = 1;
  int32_t count = 1;

  int32_t maximum() const { return minimum + step * (count - 1); }
  /// The largest magnitude.
  int32_t largest() const {
    return std::max(std::abs(minimum), std::abs(maximum()));
  }
  /// Bits of one packed level.
  int32_t bits() const {
    int32_t bits = 0;
    while ((int64_t(1) << bits) < count)
      ++bits;
    return bits;
  }
};

} // namespace snn::image

#endif // SNN_IMAGE_SLICING_H
