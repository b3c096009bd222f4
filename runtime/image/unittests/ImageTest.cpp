//===- ImageTest.cpp - Reading programming images ---------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SmallImage.h"
#include "TestSupport.h"

#include "snn/image/Attention.h"
#include "snn/runtime/Thresholds.h"

#include <cmath>

using namespace snn;
using namespace snn::image;
using namespace snn::image::test;

/// What reading the image throws; empty when it succeeds.
static std::string errorOf(const SmallImage &image) {
  try {
    image.read();
    return "";
  } catch (const rt::Error &e) {
    return e.what();
  }
}

static ::testing::AssertionResult refuses(const SmallImage &image,
                                          const std::string &part) {
  std::string error = errorOf(image);
  if (error.find("small.snnimg: section '") == 0 &&
      error.find(part) != std::string::npos)
    return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << "'" << error << "' lacks '" << part << "'";
}

TEST(Image, readsWhatWasWritten) {
  Image image = SmallImage().read();
  EXPECT_EQ(image.chip().name(), "test-chip");
  const pb::Layer &layer = image.layers().layers(0);
  EXPECT_EQ(layer.node(), "/fc/MatMul");
  EXPECT_TRUE(rt::test::sameBits(
      image.levels(layer, layer.tiles(0)),
      rt::Tensor::fromVector<int8_t>({3, 2}, {1, -1, 0, 0, -1, 1})));
  EXPECT_TRUE(rt::test::sameBits(
      image.constant(1), rt::Tensor::fromVector<float>({2}, {0.5f, 0.25f})));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(image.constant(1).raw()) % 4, 0u);
  EXPECT_THROW(image.constant(4), rt::Error);
  EXPECT_THROW(image.constant(-1), rt::Error);
}

TEST(Image, equalContentsGiveEqualBytes) {
  EXPECT_EQ(SmallImage().bytes(), SmallImage().bytes());
}

TEST(Image, packsBitsWithoutGaps) {
  for (unsigned bits = 1; bits <= 8; ++bits) {
    BitPacker packer;
    rt::test::Random random(bits);
    std::vector<uint32_t> codes(1000);
    for (uint32_t &code : codes)
      packer.add(code = uint32_t(random.integer(0, (1 << bits) - 1)), bits);
    EXPECT_EQ(packer.size(), 1000u * bits);
    std::string bytes = packer.take();
    ASSERT_EQ(bytes.size(), (1000u * bits + 7) / 8);
    for (size_t n = 0; n < codes.size(); ++n)
      for (unsigned bit = 0; bit < bits; ++bit) {
        size_t at = n * bits + bit;
        EXPECT_EQ(bytes[at / 8] >> at % 8 & 1, int(codes[n] >> bit & 1));
      }
  }
}

/// Tiles that begin inside a byte, and codes that cross bytes.
TEST(Image, unpacksTilesAnywhere) {
  for (unsigned bits = 1; bits <= 5; ++bits) {
    SmallImage small;
    pb::Layer *layer = small.contents.layers.mutable_layers(0);
    layer->set_code_bits(bits);
    layer->clear_code_levels();
    for (int32_t level = 0; level < 1 << bits; ++level)
      layer->add_code_levels(level - 1);
    BitPacker packer;
    packer.add(0, 3);
    layer->mutable_tiles(0)->set_first_bit(3);
    rt::test::Random random(bits);
    std::vector<int8_t> expected;
    for (int i = 0; i < 6; ++i) {
      auto code = uint32_t(random.integer(0, (1 << bits) - 1));
      packer.add(code, bits);
      expected.push_back(int8_t(int(code) - 1));
    }
    small.conductances = packer.take();
    Image image = small.read();
    const pb::Layer &read = image.layers().layers(0);
    EXPECT_EQ(image.levels(read, read.tiles(0)).toVector<int8_t>(), expected);
  }
}

TEST(Image, codesWithoutALevelAreRefused) {
  SmallImage small;
  small.conductances[0] = char(0xff);
  Image image = small.read();
  const pb::Layer &layer = image.layers().layers(0);
  EXPECT_THROW(image.levels(layer, layer.tiles(0)), rt::Error);
}

TEST(Image, flipsAreBitsByRowGroupAndColumn) {
  pb::Tile tile;
  tile.set_columns(3);
  tile.set_flips(std::string("\x12\x01", 2)); // bits 1, 4, 8
  for (int64_t group = 0; group < 3; ++group)
    for (int64_t column = 0; column < 3; ++column) {
      int64_t bit = group * 3 + column;
      EXPECT_EQ(Image::isFlipped(tile, group, column),
                bit == 1 || bit == 4 || bit == 8);
    }
  EXPECT_FALSE(Image::isFlipped(pb::Tile(), 0, 0));
}

TEST(Image, explicitThresholdsAreReadAsTheyStand) {
  Image image = SmallImage().read();
  rt::Tensor theta = image.thresholds(image.requantisers().requantisers(0));
  EXPECT_EQ(theta.toVector<int32_t>(),
            (std::vector<int32_t>{-1, 0, 2, -2, 1, INT32_MAX}));
}

TEST(Image, scaleAndBiasAreExpandedByTheSharedRoutine) {
  SmallImage small;
  pb::Requantiser *fire = small.contents.requantisers.mutable_requantisers(0);
  fire->set_thresholds(-1);
  fire->set_scale(1);
  fire->set_lowest(2);
  fire->set_highest(3);
  Image image = small.read();
  rt::Tensor theta = image.thresholds(image.requantisers().requantisers(0));
  // Level v of acc * s / 0.5 + 2, half to even: channel 0 has a step of one
  // accumulator, channel 1 of two, with ties at odd accumulators.
  EXPECT_EQ(theta.toVector<int32_t>(),
            (std::vector<int32_t>{-1, 0, 1, -2, -1, 2}));
  fire->set_relu(true);
  Image relu = small.read();
  EXPECT_EQ(
      relu.thresholds(relu.requantisers().requantisers(0)).toVector<int32_t>(),
      (std::vector<int32_t>{-6, -6, 1, -4, -4, 2}));
  // Beyond the range nothing is reached.
  fire->set_relu(false);
  fire->set_highest(2);
  Image low = small.read();
  EXPECT_EQ(
      low.thresholds(low.requantisers().requantisers(0)).toVector<int32_t>(),
      (std::vector<int32_t>(6, INT32_MAX)));
}

TEST(Image, anotherChipIsRefusedByName) {
  Image image = SmallImage().read();
  EXPECT_NO_THROW(image.requireChip("test-chip", 0x1234));
  try {
    image.requireChip("other", 0x99);
    FAIL() << "the chip was accepted";
  } catch (const rt::Error &e) {
    EXPECT_EQ(std::string(e.what()),
              "small.snnimg: section 'chip': the image was made for "
              "'test-chip' (fingerprint 0000000000001234), not for 'other' "
              "(0000000000000099); compile the model for that chip");
  }
}

TEST(Image, everyFlippedBitIsFound) {
  const std::string bytes = SmallImage().bytes();
  rt::test::Random random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = bytes;
    int64_t bit = random.integer(0, int64_t(bytes.size()) * 8 - 1);
    damaged[bit / 8] = char(damaged[bit / 8] ^ 1 << bit % 8);
    EXPECT_THROW(Image(Container("x", damaged)), rt::Error) << "bit " << bit;
  }
}

TEST(Image, missingSectionsAreNamed) {
  ContainerWriter writer;
  writer.add("chip", "");
  try {
    Image image(Container("x", writer.finish()));
    FAIL() << "the image was accepted";
  } catch (const rt::Error &e) {
    EXPECT_EQ(std::string(e.what()), "x: has no section 'interface'");
  }
}

//===----------------------------------------------------------------------===//
// Kinds of attention
//===----------------------------------------------------------------------===//

TEST(Attention, spikeDrivenKindIsChecked) {
  pb::SpikingAttention attention;
  pb::Sdsa &sdsa = *attention.mutable_sdsa();
  sdsa.mutable_neuron()->set_tau(2);
  sdsa.set_scale(0.125f);
  EXPECT_EQ(getEngineKind(attention), "sdsa");
  EXPECT_EQ(findFault(attention), "needs variant 1 to 4");
  sdsa.set_variant(2);
  EXPECT_EQ(findFault(attention), "");
  EXPECT_EQ(findFault(attention, {3, 8, false}), "");
  EXPECT_EQ(findFault(attention, {3, 8, true}),
            "has a mask that it cannot apply");
  sdsa.set_variant(3);
  EXPECT_EQ(findFault(attention, {3, 8, true}), "");
  sdsa.set_scale(INFINITY);
  EXPECT_EQ(findFault(attention), "has a scale that is not finite");
}

TEST(Attention, countsAreChecked) {
  pb::SpikingAttention attention;
  pb::Sdsa &sdsa = *attention.mutable_sdsa();
  sdsa.mutable_neuron()->set_tau(1);
  sdsa.set_scale(1);
  sdsa.set_variant(3);
  // 3 tokens, 8 channels, 2 heads; values of 16 channels; counts up to 4.
  AttentionTrains trains{3, 8, false, 2, 16, 64};
  EXPECT_EQ(findFault(attention, trains), "");
  trains.largestProduct = 1 << 20;
  EXPECT_EQ(findFault(attention, trains), "has sums of counts of 2^24 or more");
  trains.largestProduct = 64;
  sdsa.set_variant(1);
  EXPECT_EQ(
      findFault(attention, trains),
      "has trains of counts or of two widths, which variants 3 and 4 take "
      "alone");
  sdsa.set_variant(3);
  for (uint32_t size : {1, 3, 1})
    sdsa.add_scale_shape(size);
  EXPECT_EQ(findFault(attention), "has 0 scales for 3 places");
  for (int i = 0; i < 3; ++i)
    sdsa.add_scales(0.5f);
  EXPECT_EQ(findFault(attention), "");
  EXPECT_EQ(findFault(attention, trains), "");
  trains.tokens = 4;
  EXPECT_EQ(findFault(attention, trains), "has 3 scales along an axis of 4");
  sdsa.set_scales(1, INFINITY);
  EXPECT_EQ(findFault(attention), "has a scale that is not finite");
  sdsa.set_scales(1, 1);
  sdsa.set_variant(1);
  EXPECT_EQ(findFault(attention),
            "has scales or levels, which variants 3 and 4 have alone");
  sdsa.set_variant(3);
  sdsa.mutable_scale_shape()->RemoveLast();
  EXPECT_EQ(findFault(attention), "has scales of 2 axes");
}

TEST(Attention, stochasticKindIsChecked) {
  pb::SpikingAttention attention;
  pb::Ssa &ssa = *attention.mutable_ssa();
  ssa.set_norm_d(8);
  EXPECT_EQ(getEngineKind(attention), "ssa");
  EXPECT_EQ(findFault(attention), "divides by nothing");
  ssa.set_norm_n(3);
  EXPECT_EQ(findFault(attention), "");
  EXPECT_EQ(findFault(attention, {3, 8, true}), "");
  EXPECT_EQ(findFault(attention, {3, 9, false}),
            "has norms below its 9 channels or 3 tokens");
  EXPECT_EQ(findFault(attention, {4, 8, false}),
            "has norms below its 8 channels or 4 tokens");
  ssa.set_norm_n(1u << 31);
  EXPECT_EQ(findFault(attention), "");
  ssa.set_norm_n((1u << 31) + 1);
  EXPECT_EQ(findFault(attention), "has norms above 2^31");
  ssa.set_norm_n(3);
  for (uint32_t norm : {1, 2, 3})
    ssa.add_norms(norm);
  EXPECT_EQ(findFault(attention), "");
  EXPECT_EQ(findFault(attention, {3, 8, true}), "");
  EXPECT_EQ(describe(attention),
            "ssa, norms 8 and 3, seed 0, layer 0, 3 norms of queries");
  ssa.set_norm_n(4);
  EXPECT_EQ(findFault(attention, {4, 8, true}), "has 3 norms for 4 queries");
  ssa.set_norms(1, 0);
  EXPECT_EQ(findFault(attention),
            "has norms of queries that are 0 or above 2^31");
}

TEST(Attention, floorsStandWithResetsAtOnce) {
  pb::LifNeuron neuron;
  neuron.set_tau(2);
  neuron.set_threshold(1);
  neuron.set_floor(-1);
  EXPECT_EQ(findFault(neuron), "");
  EXPECT_EQ(describe(neuron), "tau 2, threshold 1, not below -1");
  neuron.set_rule(pb::LifNeuron::LATE_SUBTRACT);
  EXPECT_EQ(findFault(neuron), "has neurons of a floor and a late reset");
  neuron.set_rule(pb::LifNeuron::SUBTRACT);
  neuron.set_floor(INFINITY);
  EXPECT_EQ(findFault(neuron), "has neurons without finite parameters");
}

TEST(Attention, channelsHaveConstants) {
  pb::LifNeuron neuron;
  neuron.set_tau(2);
  neuron.set_threshold(1);
  neuron.add_constants(1);
  neuron.add_constants(3);
  EXPECT_EQ(findFault(neuron), "has channels of no neurons");
  neuron.set_inner(4);
  EXPECT_EQ(findFault(neuron), "");
  EXPECT_EQ(describe(neuron),
            "tau 2, threshold 1, 2 channels with constants of their own");
  neuron.set_constants(1, .5f);
  EXPECT_EQ(findFault(neuron),
            "has a channel whose neurons have no time constant or factor");
  neuron.set_order(pb::LifNeuron::DECAY_FACTOR);
  EXPECT_EQ(findFault(neuron), "");
  pb::SpikingAttention attention;
  attention.mutable_sdsa()->set_variant(3);
  *attention.mutable_sdsa()->mutable_neuron() = neuron;
  EXPECT_EQ(findFault(attention), "has neurons with constants of channels");
}

TEST(Attention, aKindIsNeeded) {
  pb::SpikingAttention attention;
  EXPECT_EQ(getEngineKind(attention), "");
  EXPECT_EQ(findFault(attention), "is of no kind");
  EXPECT_EQ(findFault(attention, {1, 1, false}), "is of no kind");
  EXPECT_EQ(describe(attention), "no kind");
}

//===----------------------------------------------------------------------===//
// Contents that contradict each other
//===----------------------------------------------------------------------===//

TEST(Image, contradictionsAreRefusedByTheirSection) {
  ASSERT_EQ(errorOf(SmallImage()), "");
  using Change = void (*)(SmallImage &);
  struct Case {
    const char *section, *part;
    Change change;
  };
  const Case cases[] = {
      {"chip", "has no crossbars",
       [](SmallImage &i) { i.contents.chip.set_cores(0); }},
      {"constants", "does not lie in the section 'data'",
       [](SmallImage &i) { i.data.pop_back(); }},
      {"constants", "does not lie in the section 'data'",
       [](SmallImage &i) {
         i.contents.constants.mutable_constants(0)->set_offset(4);
       }},
      {"layers", "does not lie in the section 'conductances'",
       [](SmallImage &i) { i.conductances.pop_back(); }},
      {"layers", "lies on crossbar 2, the chip has 2",
       [](SmallImage &i) {
         i.contents.layers.mutable_layers(0)->mutable_tiles(0)->set_crossbars(
             0, 2);
       }},
      {"layers", "needs 1 tiles, has 2",
       [](SmallImage &i) {
         auto *layer = i.contents.layers.mutable_layers(0);
         *layer->add_tiles() = layer->tiles(0);
       }},
      {"layers", "has rounds of 2 of its 1 tiles",
       [](SmallImage &i) {
         auto *layer = i.contents.layers.mutable_layers(0);
         layer->add_round_tiles(1);
         layer->add_round_tiles(1);
       }},
      {"layers", "runs in round 1 of 1",
       [](SmallImage &i) {
         i.contents.layers.mutable_layers(0)->set_round(1);
       }},
      {"layers", "other rows or columns",
       [](SmallImage &i) {
         i.contents.layers.mutable_layers(0)->mutable_tiles(0)->set_rows(2);
       }},
      {"layers", "names constant 9",
       [](SmallImage &i) {
         i.contents.layers.mutable_layers(0)->set_offset(9);
       }},
      {"requantisers", "needs I32 elements, has F32",
       [](SmallImage &i) {
         i.contents.requantisers.mutable_requantisers(0)->set_thresholds(1);
       }},
      {"engines", "needs the engine 'ssa'",
       [](SmallImage &i) {
         auto *product = i.contents.engines.add_products();
         product->set_engine("ssa");
         *product->mutable_train() = SmallImage::coding();
         *product->mutable_resident() = SmallImage::coding();
       }},
      {"program", "reads value 4 before",
       [](SmallImage &i) {
         i.contents.program.mutable_instructions(1)->set_operands(0, 4);
       }},
      {"program", "the kernel 'frobnicate'",
       [](SmallImage &i) {
         i.contents.program.mutable_instructions(0)->mutable_kernel()->set_name(
             "frobnicate");
       }},
      {"program", "names layer 3 of 1",
       [](SmallImage &i) {
         i.contents.program.mutable_instructions(1)->set_layer(3);
       }},
      {"program", "output 'y' is never computed",
       [](SmallImage &i) {
         i.contents.program.mutable_instructions()->RemoveLast();
       }},
      {"routing", "core 5",
       [](SmallImage &i) {
         i.contents.routing.add_routes()->mutable_to()->add_cores(5);
       }},
  };
  for (const Case &c : cases) {
    SmallImage image;
    c.change(image);
    EXPECT_TRUE(refuses(image, c.part));
    EXPECT_TRUE(refuses(image, std::string("section '") + c.section + "'"));
  }
}
