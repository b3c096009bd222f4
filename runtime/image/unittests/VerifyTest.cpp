//===- VerifyTest.cpp - Images that contradict themselves -------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SmallImage.h"

#include <gtest/gtest.h>

using namespace snn;
using namespace snn::image;
using namespace snn::image::test;

namespace {

pb::Layer *layerOf(SmallImage &i) {
  return i.contents.layers.mutable_layers(0);
}
pb::Instruction *instructionOf(SmallImage &i, int at) {
  return i.contents.program.mutable_instructions(at);
}

/// What reading and verifying throws; empty where both succeed.
std::string errorOf(const SmallImage &image) {
  try {
    verify(image.read());
    return "";
  } catch (const rt::Error &e) {
    return e.what();
  }
}

/// A change of an image that `read` refuses, and a part of the message.
template <typename Image> struct CaseOf {
  const char *section, *part;
  void (*change)(Image &);
};
using Case = CaseOf<SmallImage>;

template <typename Image = SmallImage>
void refuseAll(const std::vector<CaseOf<Image>> &cases) {
  for (const CaseOf<Image> &c : cases) {
    Image image;
    c.change(image);
    std::string error = errorOf(image);
    EXPECT_NE(error.find(std::string("small.snnimg: section '") + c.section +
                         "' is malformed: "),
              std::string::npos)
        << c.part << ": '" << error << "'";
    EXPECT_NE(error.find(c.part), std::string::npos) << "'" << error << "'";
  }
}

} // namespace

TEST(Verify, CountsWhatItChecked) {
  Verified verified = verify(SmallImage().read());
  EXPECT_EQ(verified.tiles, 1u);
  EXPECT_EQ(verified.cells, 6u);
}

/// No operand that a unit reads may be absent.
TEST(Verify, AbsentOperandsAreRefused) {
  refuseAll({
      {"program", "needs its operand 0",
       [](SmallImage &i) { instructionOf(i, 0)->set_operands(0, -1); }},
      {"program", "needs its operand 0",
       [](SmallImage &i) { instructionOf(i, 1)->set_operands(0, -1); }},
      {"program", "needs its operand 0",
       [](SmallImage &i) { instructionOf(i, 2)->set_operands(0, -1); }},
      {"program", "wrong attribute 5",
       [](SmallImage &i) {
         instructionOf(i, 0)
             ->mutable_kernel()
             ->mutable_attributes()
             ->RemoveLast();
       }},
      {"program", "wrong number of operands, results or attributes",
       [](SmallImage &i) { instructionOf(i, 3)->add_operands(0); }},
  });
}

TEST(Verify, DriveFollowsFromTheCoding) {
  refuseAll({
      {"layers", "drives 32 bits",
       [](SmallImage &i) { layerOf(i)->mutable_drive()->set_bits(32); }},
      {"layers", "drives 2 bits a pass, the chip 1",
       [](SmallImage &i) { layerOf(i)->mutable_drive()->set_bits(2); }},
      {"layers", "passes that do not drive its digits",
       [](SmallImage &i) {
         layerOf(i)->mutable_drive()->clear_pass_factors();
       }},
      {"layers", "passes that do not drive its digits",
       [](SmallImage &i) {
         layerOf(i)->mutable_drive()->set_pass_factors(1, 2);
       }},
      {"layers", "digits from -2 to 0",
       [](SmallImage &i) {
         layerOf(i)->mutable_drive()->set_highest_digit(0);
       }},
      {"layers", "has the digit 70000",
       [](SmallImage &i) {
         layerOf(i)->mutable_drive()->set_highest_digit(70000);
       }},
  });
}

TEST(Verify, CellsLieOneBehindTheOther) {
  refuseAll({
      {"layers", "begins at bit 1",
       [](SmallImage &i) {
         i.conductances.push_back('\0');
         layerOf(i)->mutable_tiles(0)->set_first_bit(1);
       }},
      {"conductances", "the cells end at bit 12, the section has 3 bytes",
       [](SmallImage &i) { i.conductances.push_back('\0'); }},
      {"conductances", "the cells end at bit 12",
       [](SmallImage &i) {
         i.conductances.back() =
             static_cast<char>(i.conductances.back() | 0x40);
       }},
      {"layers", "crossbar 1 holds tiles of '/fc/MatMul' and of '/fc/MatMul'",
       [](SmallImage &i) {
         layerOf(i)->set_replicas(2);
         layerOf(i)->mutable_tiles(0)->add_crossbars(1);
       }},
  });
}

TEST(Verify, LevelsAndSlicesAreThoseOfTheCells) {
  refuseAll({
      {"layers", "has the level 2 in cells of 2 levels",
       [](SmallImage &i) { layerOf(i)->set_code_levels(2, 2); }},
      {"layers", "not equidistant",
       [](SmallImage &i) { layerOf(i)->set_code_levels(1, -1); }},
      {"layers", "needs 2 bits for 3 levels, has 3",
       [](SmallImage &i) {
         layerOf(i)->set_code_bits(3);
         i.conductances.push_back('\0');
       }},
      {"layers", "has levels up to 1, says 0",
       [](SmallImage &i) {
         layerOf(i)->mutable_tiling()->set_largest_level(0);
       }},
      {"layers", "slice 0 that counts 2, expected 1",
       [](SmallImage &i) {
         layerOf(i)->mutable_tiling()->set_slice_factors(0, 2);
       }},
      {"layers", "weights raised by 1",
       [](SmallImage &i) { layerOf(i)->mutable_tiling()->set_bias(1); }},
      {"layers", "sliced for another encoding",
       [](SmallImage &i) {
         layerOf(i)->mutable_tiling()->set_slicing(pb::Tiling::BIASED);
       }},
      {"layers", "sliced for another encoding",
       [](SmallImage &i) {
         i.contents.chip.mutable_crossbar()->set_encoding(pb::Crossbar::FLIP);
       }},
      {"conductances", "holds the weight 1",
       [](SmallImage &i) { layerOf(i)->mutable_tiling()->set_weight_bits(1); }},
  });
}

TEST(Verify, ConvertersHoldWhatTheyPromise) {
  refuseAll({
      {"layers", "needs the 4 converter bits of the chip",
       [](SmallImage &i) { layerOf(i)->mutable_tiling()->set_adc_bits(3); }},
      {"layers", "needs 9 codes of its converters, has 8",
       [](SmallImage &i) {
         layerOf(i)->mutable_tiling()->set_adc_bits(3);
         i.contents.chip.mutable_crossbar()->set_adc_bits(3);
       }},
      {"layers", "something else of its exactness",
       [](SmallImage &i) { layerOf(i)->mutable_tiling()->set_exact(false); }},
      {"layers", "drives 5 rows together",
       [](SmallImage &i) { layerOf(i)->mutable_tiling()->set_active_rows(5); }},
      {"layers", "no phase-coded input",
       [](SmallImage &i) { layerOf(i)->set_weight_scale(1); }},
      {"chip", "conductances that rise",
       [](SmallImage &i) {
         i.contents.chip.mutable_device()->set_g_off_us(100);
       }},
      {"chip", "more crossbars than can be numbered",
       [](SmallImage &i) {
         i.contents.chip.set_cores(1u << 31);
         i.contents.chip.set_crossbars_per_core(2);
       }},
  });
}

TEST(Verify, ValuesHaveTheTypesThatUnitsGive) {
  refuseAll({
      {"program", "has levels or spikes of type I32",
       [](SmallImage &i) {
         i.contents.program.mutable_values(1)->set_type(pb::I32);
       }},
      {"program", "gives I32 elements, its result has F32",
       [](SmallImage &i) {
         i.contents.program.mutable_values(2)->set_type(pb::F32);
       }},
      {"program", "needs 3 columns",
       [](SmallImage &i) {
         i.contents.program.mutable_values(1)->set_shape(1, 4);
       }},
      {"program", "gives the shape -1x2, its result has -1x5",
       [](SmallImage &i) {
         i.contents.program.mutable_values(2)->set_shape(1, 5);
       }},
      {"program", "another coding than its operand",
       [](SmallImage &i) {
         i.contents.program.mutable_values(1)->mutable_coding()->set_mask(1);
         for (int at : {0})
           instructionOf(i, at)
               ->mutable_kernel()
               ->mutable_attributes(2)
               ->set_integer(1);
       }},
      {"program", "names another coding than its value 1",
       [](SmallImage &i) {
         instructionOf(i, 0)
             ->mutable_kernel()
             ->mutable_attributes(0)
             ->set_integer(8);
       }},
      {"program", "channels along axis 7 of 2",
       [](SmallImage &i) {
         i.contents.requantisers.mutable_requantisers(0)->set_axis(7);
       }},
      {"program", "thresholds for 2 channels of 7",
       [](SmallImage &i) {
         i.contents.program.mutable_values(2)->set_shape(0, 7);
         i.contents.requantisers.mutable_requantisers(0)->set_axis(0);
       }},
      {"interface", "another type or shape than its value 0",
       [](SmallImage &i) {
         i.contents.interface.mutable_inputs(0)->set_shape(1, 2);
       }},
      {"requantisers", "thresholds that fall in channel 0",
       [](SmallImage &i) { i.data[1 * 4] = 5; }},
      {"constants", "does not follow the one before it",
       [](SmallImage &i) {
         i.contents.constants.mutable_constants(1)->set_offset(128);
       }},
  });
}

TEST(Verify, RoutesAndSumsFollowFromTheProgram) {
  refuseAll({
      {"routing", "needs 4 routes, has 3",
       [](SmallImage &i) {
         i.contents.routing.mutable_routes()->RemoveLast();
       }},
      {"routing", "route 0 is not what the program sends",
       [](SmallImage &i) {
         i.contents.routing.mutable_routes(0)->set_fan_out(7);
       }},
      {"statistics", "not those of the layers",
       [](SmallImage &i) { i.contents.statistics.set_cells(7); }},
      {"program", "layer 1 serves 0 instructions",
       [](SmallImage &i) {
         *i.contents.layers.add_layers() = i.contents.layers.layers(0);
         pb::Layer *second = i.contents.layers.mutable_layers(1);
         second->mutable_tiles(0)->set_crossbars(0, 0);
         BitPacker packer;
         for (int copy = 0; copy < 2; ++copy)
           for (uint32_t code : {2, 0, 1, 1, 0, 2})
             packer.add(code, 2);
         second->mutable_tiles(0)->set_first_bit(12);
         i.conductances = packer.take();
       }},
  });
}

namespace {

/// The small image with a second digit: a layer behind the first that drives
/// the cells of that one.
struct TwoDigits : SmallImage {
  TwoDigits() {
    pb::Layer *low = contents.layers.add_layers();
    *low = contents.layers.layers(0);
    low->set_node("/fc/MatMul/low");
    low->clear_tiles();
    low->set_cells_of(0);
    *contents.program.add_values() = contents.program.values(2);
    pb::ProgramSection &program = contents.program;
    *program.add_instructions() = program.instructions(1);
    pb::Instruction *second = program.mutable_instructions(4);
    second->set_node(low->node());
    second->set_layer(1);
    second->set_results(0, 5);
    for (int at : {3, 2})
      program.mutable_instructions()->SwapElements(at, at + 1);
    derive();
  }
};

pb::Layer *secondOf(TwoDigits &i) {
  return i.contents.layers.mutable_layers(1);
}

} // namespace

TEST(Verify, CellsOfTwoDigitsCountOnce) {
  TwoDigits image;
  Verified verified = verify(image.read());
  EXPECT_EQ(verified.tiles, 1u);
  EXPECT_EQ(verified.cells, 6u);
  EXPECT_EQ(image.contents.statistics.crossbars(), 1u);
  EXPECT_EQ(image.contents.statistics.cells(), 6u);
  EXPECT_EQ(image.contents.statistics.weights(), 6u);
  // What is driven and how it is converted is each digit's own.
  secondOf(image)->mutable_coding()->set_bits(1);
  secondOf(image)->mutable_coding()->set_zero(0);
  secondOf(image)->mutable_coding()->set_mask(0);
  *secondOf(image)->mutable_drive() = makeDrive(secondOf(image)->coding(), 1);
  EXPECT_NE(errorOf(image).find("another coding than its operand"),
            std::string::npos)
      << errorOf(image);
}

TEST(Verify, DigitsAgreeOnTheirCells) {
  refuseAll<TwoDigits>({
      {"layers", "uses the cells of layer 1, which is not the one in front",
       [](TwoDigits &i) { secondOf(i)->set_cells_of(1); }},
      {"layers", "uses the cells of layer 4294967295, which is not the one",
       [](TwoDigits &i) { secondOf(i)->set_cells_of(UINT32_MAX); }},
      {"layers", "uses the cells of layer 0, which is not the one in front",
       [](TwoDigits &i) { layerOf(i)->set_cells_of(0); }},
      {"layers", "'/fc/MatMul/low', whose cells it uses, which has none",
       [](TwoDigits &i) {
         *i.contents.layers.add_layers() = *secondOf(i);
         i.contents.layers.mutable_layers(2)->set_cells_of(1);
       }},
      {"layers", "has tiles beside those of layer '/fc/MatMul'",
       [](TwoDigits &i) {
         *secondOf(i)->add_tiles() = i.contents.layers.layers(0).tiles(0);
       }},
      {"layers", "another shape or window than layer '/fc/MatMul'",
       [](TwoDigits &i) { secondOf(i)->set_inputs(4); }},
      {"layers", "another shape or window than layer '/fc/MatMul'",
       [](TwoDigits &i) { secondOf(i)->set_outputs(1); }},
      {"layers", "another shape or window than layer '/fc/MatMul'",
       [](TwoDigits &i) { secondOf(i)->set_groups(2); }},
      {"layers", "another shape or window than layer '/fc/MatMul'",
       [](TwoDigits &i) {
         pb::Convolution *window = secondOf(i)->mutable_convolution();
         window->add_kernel(1);
         window->add_strides(1);
         window->add_dilations(1);
         window->add_pads(0);
         window->add_pads(0);
       }},
      {"layers", "another tiling than layer '/fc/MatMul'",
       [](TwoDigits &i) { secondOf(i)->mutable_tiling()->set_active_rows(2); }},
      {"layers", "another tiling than layer '/fc/MatMul'",
       [](TwoDigits &i) {
         secondOf(i)->mutable_tiling()->set_slice_factors(0, 2);
       }},
      {"layers", "another code of levels than layer '/fc/MatMul'",
       [](TwoDigits &i) { secondOf(i)->set_code_levels(2, 2); }},
      {"layers", "another code of levels than layer '/fc/MatMul'",
       [](TwoDigits &i) { secondOf(i)->set_code_bits(3); }},
      {"layers", "other replicas or rounds than layer '/fc/MatMul'",
       [](TwoDigits &i) { secondOf(i)->set_replicas(2); }},
      {"layers", "other replicas or rounds than layer '/fc/MatMul'",
       [](TwoDigits &i) {
         i.contents.layers.set_rounds(2);
         secondOf(i)->set_round(1);
       }},
      {"layers", "other replicas or rounds than layer '/fc/MatMul'",
       [](TwoDigits &i) { secondOf(i)->add_round_tiles(1); }},
      {"program", "does not follow that of the layer whose cells it uses",
       [](TwoDigits &i) {
         i.contents.program.mutable_instructions()->SwapElements(2, 3);
       }},
      {"statistics", "not those of the layers",
       [](TwoDigits &i) { i.contents.statistics.set_cells(12); }},
      // Without the field there is a layer that has lost its tiles.
      {"layers", "needs 1 tiles, has 0",
       [](TwoDigits &i) { secondOf(i)->clear_cells_of(); }},
  });
}

TEST(Verify, LevelTablesAscendFromZero) {
  auto errorWith = [](std::initializer_list<uint32_t> table,
                      void (*change)(pb::Coding &) = nullptr) {
    SmallImage image;
    pb::Coding &coding = *layerOf(image)->mutable_coding();
    coding.mutable_table()->Add(table.begin(), table.end());
    if (change)
      change(coding);
    *layerOf(image)->mutable_drive() = makeDrive(coding, 1);
    return errorOf(image);
  };
  // A table that a coding may have: only the train is another one then.
  for (auto table : {std::initializer_list<uint32_t>{0, 1, 2, 4},
                     std::initializer_list<uint32_t>{0, 100, 254, 255}})
    EXPECT_NE(errorWith(table).find("another coding than its operand"),
              std::string::npos)
        << errorWith(table);
  const std::string refused = "section 'layers' is malformed: layer "
                              "'/fc/MatMul' has no valid coding";
  for (auto table : {std::initializer_list<uint32_t>{0, 1, 2},
                     std::initializer_list<uint32_t>{0, 1, 2, 4, 5},
                     std::initializer_list<uint32_t>{1, 2, 3, 4},
                     std::initializer_list<uint32_t>{0, 1, 1, 4},
                     std::initializer_list<uint32_t>{0, 2, 1, 4},
                     std::initializer_list<uint32_t>{0, 1, 2, 256}})
    EXPECT_NE(errorWith(table).find(refused), std::string::npos)
        << errorWith(table);
  // Not of one bit, and not of time steps.
  EXPECT_NE(errorWith({0, 1},
                      [](pb::Coding &coding) {
                        coding.set_bits(1);
                        coding.set_zero(0);
                        coding.set_mask(0);
                      })
                .find(refused),
            std::string::npos);
  EXPECT_NE(
      errorWith({0, 1, 2, 4}, [](pb::Coding &coding) { coding.set_steps(2); })
          .find(refused),
      std::string::npos);
}

/// Two whole images of one chip: a section of the one in the other is found,
/// but for the numbers in raw sections, which an image is free to choose.
TEST(Verify, PartsOfTwoImagesMakeNoThird) {
  SmallImage first, second;
  auto &node = *second.contents.layers.mutable_layers(0)->mutable_node();
  std::swap(node.front(), node.back()); // as long as before
  second.contents.constants.mutable_constants(1)->set_name("other");
  second.contents.interface.set_model("other.onnx");
  second.contents.chip.set_fingerprint(0x4321);
  second.data.back() ^= 1;
  Container mine("small.snnimg", first.bytes()), other("", second.bytes());
  for (const SectionInfo &section : mine.sections()) {
    ContainerWriter writer;
    for (const SectionInfo &each : mine.sections())
      writer.add(
          each.name,
          std::string(
              (each.name == section.name ? other : mine).bytes(each.name)));
    std::string error;
    try {
      verify(Image(Container("small.snnimg", writer.finish())));
    } catch (const rt::Error &e) {
      error = e.what();
    }
    bool isSame = mine.bytes(section.name) == other.bytes(section.name);
    EXPECT_EQ(error.empty(), isSame || section.name == section::data)
        << section.name << ": " << error;
    if (section.name == section::constants || section.name == section::chip) {
      EXPECT_NE(error.find("a part of the image is another network's"),
                std::string::npos)
          << error;
    }
  }
}

/// Boolean constants are read as such.
TEST(Verify, BooleansAreZeroOrOne) {
  refuseAll({{"constants", "elements other than 0 and 1", [](SmallImage &i) {
                auto *constant = i.contents.constants.mutable_constants(1);
                constant->set_type(pb::BOOL);
                constant->set_shape(0, 8);
              }}});
}

TEST(Verify, WiderPassesDriveTheDigitsOfALevel) {
  pb::Coding coding;
  coding.set_bits(5);
  coding.set_scale(1);
  coding.set_train(true);
  pb::Drive drive = makeDrive(coding, 2);
  EXPECT_EQ(std::vector<int64_t>(drive.pass_factors().begin(),
                                 drive.pass_factors().end()),
            (std::vector<int64_t>{1, 4, 16}));
  EXPECT_EQ(drive.highest_digit(), 31);
  coding.set_mask(16);
  coding.set_zero(16);
  // Digits -16 .. 15: the last pass drives the sign as an amplitude.
  drive = makeDrive(coding, 2);
  EXPECT_EQ(std::vector<int64_t>(drive.pass_factors().begin(),
                                 drive.pass_factors().end()),
            (std::vector<int64_t>{1, 4, 16}));
  drive = makeDrive(coding, 1);
  EXPECT_EQ(drive.pass_factors(4), -16);
  EXPECT_EQ(drive.lowest_digit(), -16);
}
