//===- PhaseUnitsTest.cpp - Phase coding on the virtual chip --------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PhaseUnits.h"
#include "PhaseSupport.h"
#include "SlotSum.h"
#include "SmallImage.h"

#include "snn/vchip/VirtualChip.h"

#include <cmath>

using namespace snn;
using namespace snn::vchip;
using namespace snn::rt::test;
using snn::rt::DType;
using snn::rt::PhaseCoding;
using snn::rt::PhaseRelease;
using snn::rt::Shape;
using snn::rt::Tensor;

static const PhaseCoding chipCodings[] = {
    {1.15, 40, 1.0f, false, PhaseRelease::None},
    {1.4, 16, 2.5f, false, PhaseRelease::None},
    {2.0, 8, 0.75f, true, PhaseRelease::None}};

TEST(SlotSum, IsTheWeightedSumOfItsSlots) {
  Random random(1);
  for (const PhaseCoding &c : chipCodings) {
    constexpr size_t outputs = 200;
    SlotSum sum(c, outputs);
    std::vector<long double> expected(outputs), magnitude(outputs);
    for (int32_t t = 0; t < c.phases; ++t) {
      std::vector<int32_t> codes(outputs);
      for (size_t i = 0; i < outputs; ++i) {
        // Large sums of both signs cancel.
        codes[i] = static_cast<int32_t>(random.integer(-400000000, 400000000));
        long double part = codes[i] * static_cast<long double>(levelOf(c, t));
        expected[i] += part;
        magnitude[i] += std::fabs(part);
      }
      sum.add(t, codes);
    }
    for (size_t i = 0; i < outputs; ++i) {
      double wanted = static_cast<double>(expected[i]) * 0.5 + 3.0;
      EXPECT_NEAR(sum.potential(i, 0.5, 3.0), wanted,
                  6e-8 * std::fabs(wanted) +
                      1e-12 * static_cast<double>(magnitude[i]));
    }
  }
}

TEST(TraceEngine, EqualsTheProductOfDecodedTrains) {
  Random random(2);
  for (const PhaseCoding &c : chipCodings)
    for (bool transposed : {false, true}) {
      Tensor a = randomCodes(random, c, {2, 3, 5, 9});
      Tensor b = randomCodes(
          random, c, transposed ? Shape{2, 3, 7, 9} : Shape{2, 3, 9, 7});
      Tensor z = random.floats({2, 3, 5, 1}, 1.0f, 2.0f);
      z.data<float>()[4] = 0;
      image::pb::PhaseOp op;
      op.set_transposed(transposed);
      op.set_factor(0.125);
      Tensor y = runTraceProduct(op, a, b, &z, c, c);
      ASSERT_EQ(y.shape(), (Shape{2, 3, 5, 7}));
      double factor = double(c.scale) * double(c.scale) * 0.125;
      for (int64_t n = 0; n < y.size(); ++n) {
        int64_t row = n / 7, j = n % 7, batch = row / 5;
        double sum = 0;
        for (int64_t k = 0; k < 9; ++k)
          sum += referenceUnit(a.data<int8_t>()[row * 9 + k], c) *
                 referenceUnit(
                     b.data<int8_t>()[batch * 63 +
                                      (transposed ? j * 9 + k : k * 7 + j)],
                     c);
        double divisor = double(z.data<float>()[row]);
        double wanted = divisor == 0 ? 0 : sum * factor / divisor;
        EXPECT_NEAR(y.data<float>()[n], wanted,
                    1e-7 * std::fabs(wanted) + 1e-12)
            << n;
      }
    }
}

TEST(Race, FiresAsTheSimulatorDoes) {
  Random random(3);
  rt::Context context;
  for (const PhaseCoding &c : chipCodings) {
    PhaseCoding out = {c.base, c.phases, 1.0f, true, PhaseRelease::None};
    Tensor scores = randomCodes(random, c, {2, 3, 4, 6});
    // The mask hides keys of one sample, and a whole row of the other.
    Tensor mask = Tensor::fromVector<float>(
        {2, 1, 1, 6},
        {0, 0, -1e4f, 0, -100, 0, -1e4f, -1e4f, -1e4f, -1e4f, -1e4f, -1e4f});
    Tensor factor = random.floats({1, 3, 1, 6}, 0.5f, 1.5f);
    for (bool masks : {false, true}) {
      const Tensor *m = masks ? &factor : nullptr, *a = masks ? &mask : nullptr;
      Tensor train, z, wantedTrain, wantedZ;
      runRace(scores, m, a, c, out, train, z);
      rt::phaseWoss(context, scores, m, a, wantedTrain, wantedZ, c, out);
      EXPECT_TRUE(sameBits(train, wantedTrain));
      EXPECT_TRUE(sameBits(z, wantedZ));
      if (masks) {
        EXPECT_EQ(z.data<float>()[z.size() - 1], 0.0f);
      }
    }
  }
}

namespace {
/// x [batch, 3] -> neurons -> linear 3 x 2 on one crossbar -> neurons ->
/// decode.
struct PhaseImage : image::test::SmallImage {
  PhaseImage() {
    image::pb::Coding code;
    code.set_scale(1.5);
    code.mutable_phase()->set_base(1.4);
    code.mutable_phase()->set_phases(16);
    image::pb::Layer *layer = contents.layers.mutable_layers(0);
    *layer->mutable_coding() = code;
    layer->set_weight_scale(1); // the constant (0.5, 0.25)
    layer->set_bias(-1);
    layer->mutable_drive()->clear_pass_factors();
    layer->mutable_drive()->add_pass_factors(1);
    layer->mutable_drive()->add_pass_factors(-1);
    contents.requantisers.Clear();
    auto &program = contents.program;
    program.mutable_values(2)->set_type(image::pb::F32);
    for (int value : {1, 3}) {
      program.mutable_values(value)->set_type(image::pb::I8);
      *program.mutable_values(value)->mutable_coding() = code;
    }
    for (int i : {0, 2, 3})
      program.mutable_instructions(i)->mutable_phase()->set_kind(
          i == 3 ? image::pb::PhaseOp::DECODE : image::pb::PhaseOp::ENCODE);
  }
};
} // namespace

TEST(PhaseImage, RunsSlotBySlot) {
  PhaseImage small;
  image::Image image = small.read();
  VirtualChip chip(image, NoiseModel(), DriveKind::BitSerial);
  ChipStatistics statistics(image);
  PhaseCoding c = {1.4, 16, 1.5f, false, PhaseRelease::None};
  const double weights[3][2] = {{1, -1}, {0, 0}, {-1, 1}};
  Random random(4);
  constexpr int runs = 200;
  int64_t spikes = 0;
  for (int run = 0; run < runs; ++run) {
    Tensor x = random.floats({1, 3}), y;
    chip.run({&x}, {&y}, uint64_t(run), statistics);
    for (int j = 0; j < 2; ++j) {
      double sum = 0;
      for (int i = 0; i < 3; ++i) {
        int8_t code = referenceCode(x.data<float>()[i], c.scale, c);
        sum += referenceUnit(code, c) * weights[i][j];
        spikes += j == 0 && code != 0;
      }
      auto potential = static_cast<float>(sum * 1.5 * (j ? 0.25 : 0.5));
      double wanted =
          1.5 * referenceUnit(referenceCode(potential, c.scale, c), c);
      EXPECT_FLOAT_EQ(y.data<float>()[j], static_cast<float>(wanted));
    }
  }
  // A row group is read in the slots and signs in which a spike arrives.
  const CrossbarCounters &counters = statistics.layers[0];
  EXPECT_EQ(counters.vectors, runs);
  EXPECT_EQ(counters.drivenRows, spikes);
  EXPECT_EQ(counters.drivenGroups + counters.skippedGroups, runs * 32);
  EXPECT_LE(counters.drivenGroups, spikes);
  EXPECT_EQ(statistics.sites.sites.at("e1").spikes, spikes);
}

TEST(PhaseImage, RefusesMalformedOps) {
  auto message = [](PhaseImage image) -> std::string {
    try {
      image.read();
    } catch (const rt::Error &e) {
      return e.what();
    }
    return "";
  };
  PhaseImage noCoding;
  noCoding.contents.program.mutable_values(1)->clear_coding();
  EXPECT_NE(message(noCoding).find("needs a train in phase coding"),
            std::string::npos);
  PhaseImage base;
  base.contents.layers.mutable_layers(0)
      ->mutable_coding()
      ->mutable_phase()
      ->set_base(2.5);
  EXPECT_NE(message(base).find("no valid phase coding"), std::string::npos);
  PhaseImage engine;
  auto *op = engine.contents.program.mutable_instructions(3);
  op->mutable_phase()->set_kind(image::pb::PhaseOp::PRODUCT);
  op->mutable_phase()->set_engine("trace_woss");
  op->add_operands(3);
  op->add_operands(-1);
  EXPECT_NE(message(engine).find("needs the engine 'trace_woss'"),
            std::string::npos);
  PhaseImage scale;
  scale.contents.layers.mutable_layers(0)->set_bias(0); // I32
  EXPECT_NE(message(scale).find("needs F32 elements"), std::string::npos);
}
