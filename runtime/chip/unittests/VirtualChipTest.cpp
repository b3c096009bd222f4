//===- VirtualChipTest.cpp - Programs of images ---------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SmallImage.h"
#include "Units.h"

#include "snn/vchip/VirtualChip.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace snn;
using namespace snn::vchip;
using snn::image::test::SmallImage;

namespace {

/// The network of SmallImage, computed from what its levels mean.
std::vector<float> expectedRow(const float *x) {
  const int32_t weights[3][2] = {{1, -1}, {0, 0}, {-1, 1}};
  const int32_t theta[2][3] = {{-1, 0, 2}, {-2, 1, INT32_MAX}};
  std::vector<float> result;
  for (int j = 0; j < 2; ++j) {
    int32_t sum = 0;
    for (int i = 0; i < 3; ++i) {
      int32_t level = static_cast<int32_t>(std::nearbyint(x[i] / 0.5f)) + 2;
      level = std::min(3, std::max(0, level));
      sum += (level - 2) * weights[i][j];
    }
    int32_t level = 0;
    for (int v = 1; v <= 3; ++v)
      if (theta[j][v - 1] != INT32_MAX && sum >= theta[j][v - 1])
        level = v;
    result.push_back(0.5f * static_cast<float>(level - 2));
  }
  return result;
}

std::vector<float> randomRow(std::mt19937 &random) {
  std::uniform_real_distribution<float> d(-1.4f, 1.0f);
  return {d(random), d(random), d(random)};
}

std::vector<float> runRow(const VirtualChip &chip, const std::vector<float> &x,
                          ChipStatistics &statistics, uint64_t sample = 0) {
  rt::Tensor in = rt::Tensor::fromVector<float>({1, 3}, x), out;
  chip.run({&in}, {&out}, sample, statistics);
  return out.toVector<float>();
}

} // namespace

TEST(VirtualChip, RunsTheProgramOfAnImage) {
  SmallImage small;
  image::Image image = small.read();
  for (DriveKind drive : {DriveKind::BitSerial, DriveKind::SlotSerial}) {
    small.contents.layers.mutable_layers(0)->mutable_drive()->set_lowest_digit(
        -2);
    small.contents.layers.mutable_layers(0)->mutable_drive()->set_highest_digit(
        1);
    image::Image driven = small.read();
    VirtualChip chip(driven, NoiseModel(), drive);
    ASSERT_EQ(chip.inputs().size(), 1u);
    EXPECT_EQ(chip.inputs()[0].shape, (rt::Shape{1, 3}));
    std::mt19937 random(1);
    ChipStatistics statistics(driven);
    for (int i = 0; i < 500; ++i) {
      std::vector<float> x = randomRow(random);
      EXPECT_EQ(runRow(chip, x, statistics), expectedRow(x.data()));
    }
    EXPECT_EQ(statistics.layers[0].vectors, 500);
    EXPECT_GT(statistics.layers[0].conversions, 0);
    EXPECT_EQ(statistics.requantisers[0].neurons, 1000);
    EXPECT_EQ(statistics.kernels["encode"].first, 500);
    EXPECT_EQ(statistics.sites.sites["e1"].neurons, 1500);
  }
}

TEST(VirtualChip, WrongCellsAndThresholdsShow) {
  std::mt19937 random(2);
  std::vector<std::vector<float>> rows;
  for (int i = 0; i < 200; ++i)
    rows.push_back(randomRow(random));
  auto wrong = [&](const SmallImage &small) {
    image::Image image = small.read();
    VirtualChip chip(image, NoiseModel());
    ChipStatistics statistics(image);
    int64_t differences = 0;
    for (const auto &x : rows)
      differences += runRow(chip, x, statistics) != expectedRow(x.data());
    return differences;
  };
  EXPECT_EQ(wrong(SmallImage()), 0);
  // One cell: the first code was 2, level 1.
  SmallImage cell;
  cell.conductances[0] = static_cast<char>(cell.conductances[0] ^ 3);
  EXPECT_GT(wrong(cell), 0);
  // One threshold.
  SmallImage threshold;
  threshold.data[4] = 1;
  EXPECT_GT(wrong(threshold), 0);
}

TEST(VirtualChip, CompensationAndProbes) {
  SmallImage small;
  image::Image image = small.read();
  NoiseModel noise = parseNoise("drift=1.6", {});
  VirtualChip chip(image, noise);
  noise.seconds = 1e6;
  chip.addProbe(noise);
  noise.compensate = true;
  chip.addProbe(noise);
  ChipStatistics statistics(image, chip.probes());
  std::mt19937 random(3);
  for (int i = 0; i < 100; ++i)
    runRow(chip, randomRow(random), statistics, i);
  ASSERT_EQ(statistics.probes.size(), 2u);
  EXPECT_EQ(statistics.probes[0][0].sums, 200);
  const ProbeCounters &plain = statistics.probes[0][0];
  EXPECT_LT(plain.magnitude, plain.referenceMagnitude);
  EXPECT_GT(statistics.probes[1][0].magnitude, plain.magnitude);
  EXPECT_LT(statistics.probes[1][0].error, plain.error);
}

TEST(VirtualChip, ProbesShowCellsNotConversions) {
  // Read noise in every conversion; cells as they were: the probe agrees with
  // the noiseless sums, which the run does not show.
  SmallImage small;
  image::Image image = small.read();
  NoiseModel noise = parseNoise("read=0.5,output=0.5", {});
  VirtualChip chip(image, noise), ideal(image, {});
  chip.addProbe(noise);
  ChipStatistics statistics(image, 1), ignored(image);
  std::mt19937 random(3);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    auto x = randomRow(random);
    differs |= runRow(chip, x, statistics, i) != runRow(ideal, x, ignored, i);
  }
  EXPECT_TRUE(differs);
  EXPECT_EQ(statistics.probes[0][0].sums, 200);
  EXPECT_EQ(statistics.probes[0][0].error, 0);
  EXPECT_GT(statistics.probes[0][0].referenceMagnitude, 0);
}

TEST(VirtualChip, RefusesUnknownEffects) {
  SmallImage small;
  auto *entry = small.contents.chip.add_nonidealities();
  entry->set_name("rust");
  image::Image image = small.read();
  EXPECT_THROW(noiseOf(image.chip()), rt::Error);
  small.contents.chip.mutable_nonidealities(0)->set_name("drift");
  small.contents.chip.mutable_nonidealities(0)->set_model("pcm");
  small.contents.chip.mutable_nonidealities(0)->set_enable(true);
  small.contents.chip.mutable_nonidealities(0)->set_magnitude(2);
  image::Image other = small.read();
  NoiseModel noise = noiseOf(other.chip());
  EXPECT_TRUE(noise.has(Effect::Drift));
  EXPECT_EQ(noise[Effect::Drift].magnitude, 2);
}

/// Events, key tiles and the digital unit give the plain product.
TEST(VirtualChip, ProductsEqualPlainForm) {
  std::mt19937 random(4);
  auto integer = [&](int64_t lo, int64_t hi) {
    return std::uniform_int_distribution<int64_t>(lo, hi)(random);
  };
  for (int round = 0; round < 200; ++round) {
    int64_t batch = integer(1, 2), heads = integer(1, 3), rows = integer(1, 6);
    int64_t inputs = integer(1, 9), outputs = integer(1, 9);
    image::pb::Product product;
    product.set_node("/qk");
    product.set_transposed(integer(0, 1));
    product.set_engine(integer(0, 3) ? "mttfs" : "digital");
    product.set_keys_per_tile(static_cast<uint32_t>(integer(0, 4)));
    auto *train = product.mutable_train(), *stored = product.mutable_resident();
    train->set_bits(static_cast<uint32_t>(integer(1, 8)));
    int64_t top = (1 << train->bits()) - 1;
    train->set_zero(static_cast<uint32_t>(integer(0, top)));
    train->set_mask(static_cast<uint32_t>(integer(0, top)));
    train->set_radius(static_cast<uint32_t>(integer(0, 1)));
    stored->set_bits(static_cast<uint32_t>(integer(1, 4)));
    int64_t most = (1 << stored->bits()) - 1;
    stored->set_zero(static_cast<uint32_t>(integer(0, most)));
    rt::Tensor a(rt::DType::U8, {batch, heads, rows, inputs});
    rt::Shape shape = {batch, heads, inputs, outputs};
    if (product.transposed())
      std::swap(shape[2], shape[3]);
    rt::Tensor b(rt::DType::U8, shape);
    for (int64_t i = 0; i < a.size(); ++i)
      a.data<uint8_t>()[i] =
          static_cast<uint8_t>(image::toCoding(*train).deadZone(
              static_cast<int32_t>(integer(0, top))));
    for (int64_t i = 0; i < b.size(); ++i)
      b.data<uint8_t>()[i] = static_cast<uint8_t>(integer(0, most));
    ProductCounters counters;
    rt::Tensor out = runProduct(product, a, b, nullptr, counters);
    ASSERT_EQ(out.shape(), (rt::Shape{batch, heads, rows, outputs}));
    for (int64_t m = 0; m < batch * heads; ++m)
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t j = 0; j < outputs; ++j) {
          int64_t sum = 0;
          for (int64_t c = 0; c < inputs; ++c) {
            int64_t q = a.data<uint8_t>()[(m * rows + r) * inputs + c];
            int64_t k =
                b.data<uint8_t>()[m * inputs * outputs +
                                  (product.transposed() ? j * inputs + c
                                                        : c * outputs + j)];
            sum += (q - train->zero()) *
                   (stored->bits() == 1 ? 2 * k - 1 : k - stored->zero());
          }
          ASSERT_EQ(out.data<int32_t>()[(m * rows + r) * outputs + j], sum);
        }
    bool digital = product.engine() == "digital";
    EXPECT_EQ(counters.macs,
              digital ? batch * heads * rows * inputs * outputs : 0);
    EXPECT_EQ(counters.writtenLevels,
              digital ? 0 : batch * heads * inputs * outputs);
  }
}

TEST(VirtualChip, FiresOnTheStaircase) {
  std::mt19937 random(5);
  for (int round = 0; round < 100; ++round) {
    rt::Coding coding = {2, 1, static_cast<int32_t>(random() % 4),
                         static_cast<int32_t>(random() % 2), 1.0f};
    std::vector<int32_t> theta;
    for (int c = 0; c < 3; ++c) {
      std::vector<int32_t> row = {static_cast<int32_t>(random() % 20) - 10,
                                  static_cast<int32_t>(random() % 20) - 10,
                                  static_cast<int32_t>(random() % 20) - 10};
      std::sort(row.begin(), row.end());
      if (random() % 2)
        row[2] = INT32_MAX;
      theta.insert(theta.end(), row.begin(), row.end());
    }
    std::vector<int32_t> v;
    for (int i = 0; i < 2 * 3 * 4; ++i)
      v.push_back(static_cast<int32_t>(random() % 30) - 15);
    v[0] = INT32_MAX;
    FireCounters counters;
    rt::Tensor train = runFire(rt::Tensor::fromVector<int32_t>({2, 3, 4}, v),
                               rt::Tensor::fromVector<int32_t>({3, 3}, theta),
                               coding, 1, counters);
    int64_t spikes = 0;
    for (int i = 0; i < 24; ++i) {
      int32_t level = 0;
      for (int l = 1; l <= 3; ++l) {
        int32_t threshold = theta[i / 4 % 3 * 3 + l - 1];
        if (threshold != INT32_MAX && v[i] >= threshold)
          level = l;
      }
      int32_t expected =
          std::abs(level - coding.mask) <= coding.radius ? coding.mask : level;
      EXPECT_EQ(train.data<uint8_t>()[i], expected);
      spikes += std::abs(level - coding.mask) > coding.radius;
    }
    EXPECT_EQ(counters.spikes, spikes);
    EXPECT_EQ(counters.neurons, 24);
  }
}
