//===- PlainCrossbar.h - Tile arithmetic, written down plainly --*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A second implementation of slices, flip encoding, row groups and converters
// with ideal cells: one column and one conversion at a time, in integers. It
// shares no code with the virtual chip or the mapping passes.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_CHIP_UNITTESTS_PLAINCROSSBAR_H
#define SNN_CHIP_UNITTESTS_PLAINCROSSBAR_H

#include "snn/vchip/CrossbarArray.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace snn::vchip::test {

/// A layer with given weights, and everything that follows from its mapping.
struct PlainLayer {
  int64_t inputs, outputs;
  int32_t weightBits, cellLevels;
  bool single;
  std::vector<int32_t> weights; // [inputs, outputs]
  std::vector<int64_t> factors;
  int64_t bias = 0;
  int64_t tileRows, tileOutputs, groupRows;

  int64_t slices() const { return static_cast<int64_t>(factors.size()); }

  /// Chooses factors so that every weight is a sum of factor * digit - bias.
  void chooseSlices() {
    factors.clear();
    int64_t largest = 0;
    for (int32_t w : weights)
      largest = std::max<int64_t>(largest, std::abs(w));
    if (single) {
      bias = int64_t(1) << (weightBits - 1);
      for (int64_t f = 1; f < (int64_t(1) << weightBits); f *= cellLevels)
        factors.push_back(f);
    } else if (largest < cellLevels) {
      factors = {1};
    } else if (cellLevels == 2) {
      for (int b = 0; b < weightBits; ++b)
        factors.push_back(b + 1 == weightBits ? -(1 << b) : 1 << b);
    } else {
      for (int64_t f = 1; f <= largest; f *= cellLevels)
        factors.push_back(f);
    }
  }

  /// The level of one slice of one weight.
  int32_t level(int64_t i, int64_t j, int64_t s) const {
    int32_t w = weights[i * outputs + j];
    if (single)
      return static_cast<int32_t>((w + bias) / factors[s] % cellLevels);
    if (slices() == 1)
      return w;
    if (cellLevels == 2)
      return (static_cast<uint32_t>(w) >> s) & 1u;
    auto digit = static_cast<int32_t>(std::abs(w) / factors[s] % cellLevels);
    return w < 0 ? -digit : digit;
  }

  int32_t largestLevel(int64_t slice) const {
    if (single)
      return cellLevels - 1;
    int32_t largest = 1;
    for (int64_t i = 0; i < inputs; ++i)
      for (int64_t j = 0; j < outputs; ++j)
        largest = std::max(largest, std::abs(level(i, j, slice)));
    return largest;
  }
  int32_t largestLevel() const {
    int32_t largest = 1;
    for (int64_t s = 0; s < slices(); ++s)
      largest = std::max(largest, largestLevel(s));
    return largest;
  }

  /// Whether rows begin..end of a column are stored complemented.
  bool flipped(int64_t begin, int64_t end, int64_t j, int64_t s) const {
    int64_t sum = 0;
    for (int64_t i = begin; single && i < end; ++i)
      sum += level(i, j, s);
    return 2 * sum > (end - begin) * (cellLevels - 1);
  }

  ArrayGeometry geometry() const {
    ArrayGeometry g;
    g.inputs = inputs;
    g.outputs = outputs;
    g.tileRows = tileRows;
    g.tileOutputs = tileOutputs;
    g.sliceFactors = factors;
    g.bias = bias;
    g.largestLevel = largestLevel();
    for (int64_t s = 0; s < slices(); ++s)
      g.sliceLevels.push_back(largestLevel(s));
    g.groupRows = groupRows;
    return g;
  }

  CrossbarKind kind() const {
    CrossbarKind k;
    k.device = {cellLevels, 100, 1};
    k.encoding = single ? CellEncoding::Single : CellEncoding::Differential;
    k.adcsPerCrossbar = 4;
    return k;
  }

  std::vector<TileContents> tiles() const {
    std::vector<TileContents> result;
    uint32_t crossbar = 0;
    for (int64_t j0 = 0; j0 < outputs; j0 += tileOutputs)
      for (int64_t i0 = 0; i0 < inputs; i0 += tileRows) {
        int64_t i1 = std::min(inputs, i0 + tileRows);
        int64_t j1 = std::min(outputs, j0 + tileOutputs);
        TileContents tile;
        tile.crossbar = crossbar++;
        for (int64_t i = i0; i < i1; ++i)
          for (int64_t j = j0; j < j1; ++j)
            for (int64_t s = 0; s < slices(); ++s) {
              int64_t g = i0 + (i - i0) / groupRows * groupRows;
              int32_t l = level(i, j, s);
              bool flip = flipped(g, std::min(i1, g + groupRows), j, s);
              tile.levels.push_back(
                  static_cast<int8_t>(flip ? cellLevels - 1 - l : l));
            }
        if (single)
          for (int64_t g = i0; g < i1; g += groupRows)
            for (int64_t j = j0; j < j1; ++j)
              for (int64_t s = 0; s < slices(); ++s)
                tile.flips.push_back(
                    flipped(g, std::min(i1, g + groupRows), j, s));
        result.push_back(std::move(tile));
      }
    return result;
  }

  /// Sums as the weights say.
  std::vector<int32_t> exact(const std::vector<int16_t> &digits,
                             int64_t vectors) const {
    std::vector<int32_t> sums(vectors * outputs, 0);
    for (int64_t v = 0; v < vectors; ++v)
      for (int64_t i = 0; i < inputs; ++i)
        for (int64_t j = 0; j < outputs; ++j)
          sums[v * outputs + j] +=
              digits[v * inputs + i] * weights[i * outputs + j];
    return sums;
  }

  /// What pass p drives a row of digit d with.
  static int32_t amplitude(const DriveSchedule &drive, int32_t d, int64_t p) {
    if (drive.kind == DriveKind::SlotSerial)
      return d != 0 && d == drive.factors[p];
    if (drive.bits == 1)
      return (static_cast<uint32_t>(d) >> p) & 1u;
    int32_t rest = d >> (p * drive.bits);
    return p + 1 < drive.passes() ? rest & ((1 << drive.bits) - 1) : rest;
  }

  /// Sums as converters of `bits` bits see them.
  std::vector<int32_t> converted(const std::vector<int16_t> &digits,
                                 int64_t vectors, int bits,
                                 const std::vector<double> &ranges,
                                 const DriveSchedule &drive,
                                 CrossbarCounters &counters) const {
    std::vector<int32_t> result;
    for (int64_t v = 0; v < vectors; ++v)
      for (int64_t j = 0; j < outputs; ++j) {
        double scaled = 0;
        int64_t rest = 0;
        for (int64_t i0 = 0; i0 < inputs; i0 += tileRows) {
          int64_t i1 = std::min(inputs, i0 + tileRows);
          double step = 1;
          if (!ranges.empty())
            step = ranges[i0 / tileRows] * (single ? 1 : 2) / ((1 << bits) - 1);
          double top = single ? (1 << bits) - 1 : (1 << (bits - 1)) - 1;
          double bottom = single ? 0 : -top;
          int64_t codes = 0;
          for (int64_t g = i0; g < i1; g += groupRows) {
            int64_t g1 = std::min(i1, g + groupRows);
            for (int64_t p = 0; p < drive.passes(); ++p)
              for (int64_t s = 0; s < slices(); ++s) {
                bool flip = flipped(g, g1, j, s);
                int64_t sum = 0, driven = 0, active = 0;
                for (int64_t i = g; i < g1; ++i) {
                  int32_t x = amplitude(drive, digits[v * inputs + i], p);
                  int32_t l = level(i, j, s);
                  sum += x * (flip ? cellLevels - 1 - l : l);
                  driven += x;
                  active += x != 0;
                }
                if (active == 0)
                  continue;
                ++counters.conversions;
                float y = float(sum) * float(1 / step);
                counters.saturations +=
                    y > float(top) + 0.5f || y < float(bottom) - 0.5f;
                double code =
                    std::nearbyint(std::min(std::max(double(y), bottom), top));
                int64_t f = factors[s] * drive.factors[p];
                codes += f * static_cast<int64_t>(code) * (flip ? -1 : 1);
                if (flip)
                  rest += f * driven * (cellLevels - 1);
                if (s == 0)
                  rest -= bias * driven * drive.factors[p];
              }
          }
          scaled += double(codes) * step;
        }
        result.push_back(static_cast<int32_t>(std::nearbyint(scaled) + rest));
      }
    return result;
  }
};

/// A random layer: at most a few tiles, so that many can be tried.
inline PlainLayer randomLayer(std::mt19937 &random, int64_t mostInputs = 40,
                              int64_t mostOutputs = 12) {
  auto integer = [&](int64_t lo, int64_t hi) {
    return std::uniform_int_distribution<int64_t>(lo, hi)(random);
  };
  PlainLayer layer;
  layer.inputs = integer(1, mostInputs);
  layer.outputs = integer(1, mostOutputs);
  layer.single = integer(0, 1);
  const int32_t levels[] = {2, 4, 16};
  layer.cellLevels = levels[integer(0, 2)];
  layer.weightBits = static_cast<int32_t>(integer(1, 9));
  int32_t low = -(1 << (layer.weightBits - 1)), high = -low - 1;
  bool ternary = !layer.single && integer(0, 4) == 0;
  for (int64_t i = 0; i < layer.inputs * layer.outputs; ++i)
    layer.weights.push_back(
        static_cast<int32_t>(ternary ? integer(-1, 1) : integer(low, high)));
  layer.tileRows = integer(1, layer.inputs + 4);
  layer.tileOutputs = integer(1, layer.outputs + 2);
  layer.groupRows = integer(1, layer.tileRows);
  layer.chooseSlices();
  return layer;
}

/// Digits of a site, a part of them silent.
inline std::vector<int16_t> randomDigits(std::mt19937 &random, int64_t count,
                                         int32_t lowest, int32_t highest,
                                         double silent) {
  std::uniform_int_distribution<int32_t> digit(lowest, highest);
  std::bernoulli_distribution isSilent(silent);
  std::vector<int16_t> digits;
  for (int64_t i = 0; i < count; ++i)
    digits.push_back(
        static_cast<int16_t>(isSilent(random) ? 0 : digit(random)));
  return digits;
}

} // namespace snn::vchip::test

#endif // SNN_CHIP_UNITTESTS_PLAINCROSSBAR_H
