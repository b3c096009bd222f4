//===- Validate.cpp - Whether an image's sections agree ---------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Checksums find damage; these checks find a writer that was wrong, so that
// whoever executes an image may follow its indices without further tests.
// Whether the fields also mean what they say is in Verify*.cpp.
//
//===----------------------------------------------------------------------===//

#include "SectionChecker.h"
#include "snn/image/Attention.h"

#include "snn/runtime/KernelTable.h"

#include <algorithm>
#include <cmath>

using namespace snn;
using namespace snn::image;

namespace {

/// The largest magnitude of a digit, of levels of up to 8 bits.
constexpr int32_t largestDigit = 255;

/// Checks one section at a time; every failure names file and section.
class Validator : SectionChecker {
public:
  Validator(const Container &file, const Contents &contents)
      : SectionChecker(file, contents) {}

  void run() {
    checkChip();
    checkConstants();
    checkLayers();
    checkRequantisers();
    checkEngines();
    checkProgram();
    checkRouting();
  }

private:
  /// The scale is a float where it is used.
  static bool isScale(double scale) {
    return float(scale) > 0 && std::isfinite(float(scale));
  }
  /// Whether the levels of a coding are uniform, or a table that it may have.
  static bool isTable(const pb::Coding &coding, uint32_t top) {
    if (coding.table_size() == 0)
      return true;
    if (coding.table_size() != int(top) + 1 || top < 3 ||
        coding.table_size() > rt::maxTableLevels || coding.table(0) != 0 ||
        coding.steps() > 0)
      return false;
    for (int q = 1; q < coding.table_size(); ++q)
      if (coding.table(q) <= coding.table(q - 1) || coding.table(q) > 255)
        return false;
    return true;
  }
  void requireCoding(const pb::Coding &coding, const std::string &owner) const {
    if (coding.has_phase()) {
      const pb::PhaseCode &phase = coding.phase();
      require(phase.base() > 1 && phase.base() <= 2 && phase.phases() >= 1 &&
                  phase.phases() <= 127 && isScale(coding.scale()),
              owner + " has no valid phase coding");
      return;
    }
    uint32_t top =
        coding.bits() < 1 || coding.bits() > 8 ? 0 : (1u << coding.bits()) - 1;
    require(top && coding.zero() <= top && coding.mask() <= top &&
                coding.radius() <= top && isScale(coding.scale()) &&
                isTable(coding, top),
            owner + " has no valid coding");
  }
  /// The coding of levels, not of phases.
  void requireLevels(const pb::Coding &coding, const std::string &owner) const {
    requireCoding(coding, owner);
    require(!coding.has_phase(), owner + " needs levels, has a phase code");
  }
  /// A constant of element type `type`, of any shape; -1 only if `optional`.
  void requireConstant(int32_t index, pb::ElementType type, bool optional,
                       const std::string &owner) const {
    if (index == -1 && optional)
      return;
    require(index >= 0 && index < contents.constants.constants_size(),
            owner + " names constant " + std::to_string(index) +
                ", which is not there");
    require(
        contents.constants.constants(index).type() == type,
        owner + " needs " + pb::ElementType_Name(type) + " elements, has " +
            pb::ElementType_Name(contents.constants.constants(index).type()));
  }

  void checkChip() {
    enter(section::chip);
    const pb::ChipSection &chip = contents.chip;
    require(chip.crossbar().rows() && chip.crossbar().columns() &&
                chip.cores() && chip.crossbars_per_core(),
            "the chip has no crossbars");
    require(chip.crossbars_per_core() <= UINT32_MAX / chip.cores(),
            "the chip has more crossbars than can be numbered");
    require(chip.device().cell_levels() >= 2 &&
                chip.device().cell_levels() <= 128,
            "cells need 2 to 128 levels, have " +
                std::to_string(chip.device().cell_levels()));
    crossbars = uint64_t(chip.cores()) * chip.crossbars_per_core();
  }

  void checkConstants() {
    enter(section::constants);
    uint64_t length = file.bytes(section::data).size();
    for (const pb::Constant &constant : contents.constants.constants()) {
      std::string owner = "constant '" + constant.name() + "'";
      require(pb::ElementType_IsValid(constant.type()),
              owner + " has an unknown element type");
      uint64_t count = 1, width = rt::byteWidth(toDType(constant.type()));
      require(pb::Constant::Role_IsValid(constant.role()),
              owner + " has an unknown role");
      for (int64_t size : constant.shape()) {
        require(size >= 0 && (!size || count <= length / uint64_t(size)),
                owner + " has a shape that its bytes cannot fill");
        count *= uint64_t(size);
      }
      require(constant.offset() % sectionAlignment == 0 &&
                  constant.bytes() == count * width &&
                  constant.offset() <= length &&
                  constant.bytes() <= length - constant.offset(),
              owner + " does not lie in the section 'data'");
      if (constant.type() != pb::BOOL)
        continue;
      std::string_view bytes =
          file.bytes(section::data).substr(constant.offset(), constant.bytes());
      require(std::all_of(bytes.begin(), bytes.end(),
                          [](char c) { return c == 0 || c == 1; }),
              owner + " has elements other than 0 and 1");
    }
  }

  void checkLayers() {
    enter(section::layers);
    for (int i = 0; i < contents.layers.layers_size(); ++i)
      checkLayer(contents.layers.layers(i), i);
  }

  void checkLayer(const pb::Layer &layer, int index) {
    std::string owner = "layer '" + layer.node() + "'";
    const pb::Tiling &tiling = layer.tiling();
    requireCoding(layer.coding(), owner);
    require(layer.inputs() && layer.outputs() && layer.groups() &&
                layer.replicas(),
            owner + " has no inputs, outputs, groups or replicas");
    require(tiling.slice_factors_size() > 0 && tiling.active_rows() &&
                tiling.rows() && tiling.outputs_per_tile() &&
                uint64_t(tiling.outputs_per_tile()) *
                        uint64_t(tiling.slice_factors_size()) <=
                    tiling.columns(),
            owner + " has a tiling without rows, columns or slices");
    auto blocks = [](uint64_t size, uint64_t block) {
      return (size + block - 1) / block;
    };
    require(tiling.row_blocks() == blocks(layer.inputs(), tiling.rows()) &&
                tiling.column_blocks() ==
                    blocks(layer.outputs(), tiling.outputs_per_tile()),
            owner + " has fewer or more blocks than its weights need");
    require(tiling.slice_levels_size() == tiling.slice_factors_size(),
            owner + " needs a largest level per slice");
    for (uint32_t level : tiling.slice_levels())
      require(level >= 1 && level < contents.chip.device().cell_levels(),
              owner + " has levels up to " + std::to_string(level));
    require(tiling.adc_ranges_size() == 0 ||
                tiling.adc_ranges_size() == int(tiling.row_blocks()),
            owner + " needs one range per row block");
    require(layer.code_bits() >= 1 && layer.code_bits() <= 8 &&
                layer.code_levels_size() >= 1 &&
                layer.code_levels_size() <= 1 << layer.code_bits(),
            owner + " has a wrong code of levels");
    for (int32_t level : layer.code_levels())
      require(level >= -127 && level <= 127,
              owner + " has the level " + std::to_string(level));
    checkDrive(layer.drive(), owner);
    if (layer.has_convolution())
      checkWindow(layer, owner);
    requireConstant(layer.offset(), pb::I32, /*optional=*/true, owner);
    if (layer.coding().has_phase()) {
      requireOutputs(layer, layer.weight_scale(), owner);
      requireOutputs(layer, layer.bias(), owner);
    }
    if (layer.has_cells_of())
      return checkSharing(layer, index, owner);
    // As many as fit the message, so that the product cannot wrap.
    uint64_t grid = uint64_t(tiling.column_blocks()) * tiling.row_blocks();
    uint64_t tiles = grid > INT32_MAX ? UINT64_MAX : grid * layer.groups();
    require(uint64_t(layer.tiles_size()) == tiles,
            owner + " needs " + std::to_string(tiles) + " tiles, has " +
                std::to_string(layer.tiles_size()));
    for (int i = 0; i < layer.tiles_size(); ++i)
      checkTile(layer, layer.tiles(i), uint32_t(i));
    checkRounds(layer, owner);
  }

  template <typename Message>
  static bool isSame(const Message &a, const Message &b) {
    return a.SerializeAsString() == b.SerializeAsString();
  }

  /// A layer that uses another's cells says of them what that one says, and
  /// has none beside them.
  void checkSharing(const pb::Layer &layer, int index,
                    const std::string &owner) const {
    require(int64_t(layer.cells_of()) == int64_t(index) - 1,
            owner + " uses the cells of layer " +
                std::to_string(layer.cells_of()) +
                ", which is not the one in front of it");
    const pb::Layer &cells = contents.layers.layers(int(layer.cells_of()));
    std::string other = "layer '" + cells.node() + "', whose cells it uses";
    require(!cells.has_cells_of(),
            owner + " needs cells of " + other + ", which has none of its own");
    require(layer.tiles_size() == 0,
            owner + " has tiles beside those of " + other);
    require(layer.inputs() == cells.inputs() &&
                layer.outputs() == cells.outputs() &&
                layer.groups() == cells.groups() &&
                layer.has_convolution() == cells.has_convolution() &&
                isSame(layer.convolution(), cells.convolution()),
            owner + " has another shape or window than " + other);
    // What its passes convert may need other ranges.
    pb::Tiling mine = layer.tiling(), its = cells.tiling();
    mine.clear_adc_ranges();
    its.clear_adc_ranges();
    require(isSame(mine, its), owner + " has another tiling than " + other);
    require(
        layer.code_bits() == cells.code_bits() &&
            std::equal(layer.code_levels().begin(), layer.code_levels().end(),
                       cells.code_levels().begin(), cells.code_levels().end()),
        owner + " has another code of levels than " + other);
    require(
        layer.replicas() == cells.replicas() &&
            layer.round() == cells.round() &&
            std::equal(layer.round_tiles().begin(), layer.round_tiles().end(),
                       cells.round_tiles().begin(), cells.round_tiles().end()),
        owner + " has other replicas or rounds than " + other);
  }

  void checkDrive(const pb::Drive &drive, const std::string &owner) const {
    require(drive.bits() <= 8 && drive.pass_factors_size() <= 2 * largestDigit,
            owner + " drives " + std::to_string(drive.bits()) + " bits in " +
                std::to_string(drive.pass_factors_size()) + " passes");
    for (int32_t digit : {drive.lowest_digit(), drive.highest_digit()})
      require(digit >= -largestDigit && digit <= largestDigit,
              owner + " has the digit " + std::to_string(digit));
    for (int64_t factor : drive.pass_factors())
      require(factor >= -256 && factor <= 256,
              owner + " has a pass that counts " + std::to_string(factor));
  }

  /// The window's axes, and that its taps make up the inputs of a group.
  void checkWindow(const pb::Layer &layer, const std::string &owner) const {
    const pb::Convolution &window = layer.convolution();
    int axes = window.kernel_size();
    require((axes == 1 || axes == 2) && window.strides_size() == axes &&
                window.dilations_size() == axes &&
                window.pads_size() == 2 * axes,
            owner + " needs a kernel, strides, dilations and pads for one or "
                    "two spatial axes");
    // Far more than any input has, and small enough for every product below.
    constexpr uint32_t most = 1u << 24;
    uint64_t taps = 1;
    for (int i = 0; i < axes; ++i) {
      taps *= window.kernel(i);
      require(window.kernel(i) >= 1 && window.kernel(i) <= most &&
                  window.strides(i) >= 1 && window.strides(i) <= most &&
                  window.dilations(i) >= 1 && window.dilations(i) <= most,
              owner + " has a window of kernel " +
                  std::to_string(window.kernel(i)) + ", stride " +
                  std::to_string(window.strides(i)) + ", dilation " +
                  std::to_string(window.dilations(i)));
    }
    for (int32_t pad : window.pads())
      require(pad >= -int32_t(most) && pad <= int32_t(most),
              owner + " has a pad of " + std::to_string(pad));
    require(layer.inputs() % taps == 0,
            owner + " needs inputs that are multiples of its " +
                std::to_string(taps) + " taps, has " +
                std::to_string(layer.inputs()));
  }

  void checkRounds(const pb::Layer &layer, const std::string &owner) const {
    uint64_t tiles = 0;
    bool isEmpty = false;
    for (uint32_t here : layer.round_tiles()) {
      tiles += here;
      isEmpty |= here == 0;
    }
    require(layer.round_tiles_size() == 0 ||
                (!isEmpty && tiles == uint64_t(layer.tiles_size()) &&
                 layer.replicas() == 1),
            owner + " has rounds of " + std::to_string(tiles) + " of its " +
                std::to_string(layer.tiles_size()) + " tiles");
    uint64_t end =
        uint64_t(layer.round()) + std::max(1, layer.round_tiles_size());
    require(end <= contents.layers.rounds(),
            owner + " runs in round " + std::to_string(end - 1) + " of " +
                std::to_string(contents.layers.rounds()));
  }

  /// An optional constant with one value, or one per output.
  void requireOutputs(const pb::Layer &layer, int32_t index,
                      const std::string &owner) const {
    requireConstant(index, pb::F32, /*optional=*/true, owner);
    if (index < 0)
      return;
    const pb::Constant &constant = contents.constants.constants(index);
    int64_t outputs = int64_t(layer.outputs()) * layer.groups();
    require(constant.shape_size() == 1 &&
                (constant.shape(0) == 1 || constant.shape(0) == outputs),
            owner + " needs one scale and bias per output");
  }

  void checkTile(const pb::Layer &layer, const pb::Tile &tile, uint32_t index) {
    const pb::Tiling &tiling = layer.tiling();
    std::string owner =
        "tile " + std::to_string(index) + " of layer '" + layer.node() + "'";
    uint32_t rowBlock = index % tiling.row_blocks();
    uint32_t rest = index / tiling.row_blocks();
    uint32_t columnBlock = rest % tiling.column_blocks();
    require(tile.row_block() == rowBlock &&
                tile.column_block() == columnBlock &&
                tile.group() == rest / tiling.column_blocks(),
            owner + " is out of order");
    uint32_t rows =
        std::min(tiling.rows(), layer.inputs() - rowBlock * tiling.rows());
    uint32_t outputs =
        std::min(tiling.outputs_per_tile(),
                 layer.outputs() - columnBlock * tiling.outputs_per_tile());
    require(tile.rows() == rows &&
                tile.columns() ==
                    uint64_t(outputs) * uint64_t(tiling.slice_factors_size()),
            owner + " has other rows or columns than its block");
    // Not more cells than bits, so that the product below cannot wrap.
    uint64_t cells = uint64_t(tile.rows()) * tile.columns();
    uint64_t bits = cells > UINT64_MAX / 8 ? cells : cells * layer.code_bits();
    uint64_t available = file.bytes(section::conductances).size() * 8;
    require(tile.first_bit() <= available &&
                bits <= available - tile.first_bit(),
            owner + " does not lie in the section 'conductances'");
    require(tile.crossbars_size() == int(layer.replicas()),
            owner + " needs one crossbar per replica");
    for (uint32_t crossbar : tile.crossbars())
      require(crossbar < crossbars,
              owner + " lies on crossbar " + std::to_string(crossbar) +
                  ", the chip has " + std::to_string(crossbars));
  }

  void checkRequantisers() {
    enter(section::requantisers);
    for (const pb::Requantiser &fire : contents.requantisers.requantisers()) {
      std::string owner = "site '" + fire.site() + "'";
      requireLevels(fire.coding(), owner);
      require(fire.dead_zone() <= largestDigit,
              owner + " has a dead zone of " +
                  std::to_string(fire.dead_zone()) + " levels");
      if (fire.thresholds() >= 0) {
        requireConstant(fire.thresholds(), pb::I32, false, owner);
        const pb::Constant &theta =
            contents.constants.constants(fire.thresholds());
        require(theta.shape_size() == 2 &&
                    theta.shape(1) == (1 << fire.coding().bits()) - 1,
                owner + " needs one threshold per level");
        continue;
      }
      requireConstant(fire.scale(), pb::F32, false, owner);
      requireConstant(fire.bias(), pb::F32, true, owner);
      requireConstant(fire.lowest(), pb::I32, false, owner);
      requireConstant(fire.highest(), pb::I32, false, owner);
      checkChannels(fire, owner);
    }
  }

  /// Parameters have one value, or all the same number.
  void checkChannels(const pb::Requantiser &fire, const std::string &owner) {
    int64_t channels = 1;
    for (int32_t index :
         {fire.scale(), fire.bias(), fire.lowest(), fire.highest()}) {
      if (index < 0)
        continue;
      const pb::Constant &constant = contents.constants.constants(index);
      require(constant.shape_size() == 1 && constant.shape(0) >= 1,
              owner + " needs vectors of parameters");
      int64_t size = constant.shape(0);
      require(size == 1 || channels == 1 || size == channels,
              owner + " has parameters for " + std::to_string(channels) +
                  " and for " + std::to_string(size) + " channels");
      channels = std::max(channels, size);
    }
    require(contents.constants.constants(fire.lowest()).shape(0) ==
                contents.constants.constants(fire.highest()).shape(0),
            owner + " has ranges of two lengths");
  }

  void checkEngines() {
    enter(section::engines);
    for (const pb::Product &product : contents.engines.products()) {
      std::string owner = "product '" + product.node() + "'";
      requireLevels(product.train(), owner);
      requireLevels(product.resident(), owner);
      requireEngine(product.engine(), owner);
    }
    for (const pb::SpikingAttention &attention :
         contents.engines.attentions()) {
      std::string owner = "attention '" + attention.node() + "'";
      requireEngine(attention.engine(), owner);
      require(attention.steps() > 0, owner + " has no time steps");
      requireFaultless(attention, owner);
    }
  }

  void requireEngine(const std::string &name, const std::string &owner) const {
    bool known = name == "digital";
    for (const pb::Engine &engine : contents.chip.engines())
      known |= engine.kind() == name;
    require(known, owner + " needs the engine '" + name +
                       "', which the chip does not have");
  }

  template <typename Message>
  void requireFaultless(const Message &message,
                        const std::string &owner) const {
    std::string fault = findFault(message);
    require(fault.empty(), owner + " " + fault);
  }

  void checkProgram() {
    enter(section::program);
    const pb::ProgramSection &program = contents.program;
    values = uint32_t(program.values_size());
    std::vector<bool> defined(values);
    for (uint32_t i = 0; i < values; ++i) {
      const pb::Value &value = program.values(int(i));
      require(value.constant() >= -1 &&
                  value.constant() < contents.constants.constants_size(),
              "value " + std::to_string(i) + " names no constant");
      defined[i] = value.constant() >= 0;
      if (value.has_coding())
        requireCoding(value.coding(), "value " + std::to_string(i));
    }
    for (const pb::Port &port : contents.interface.inputs()) {
      require(port.value() < values,
              "input '" + port.name() + "' has no value");
      defined[port.value()] = true;
    }
    for (const pb::Instruction &instruction : program.instructions())
      checkInstruction(instruction, defined);
    for (const pb::Port &port : contents.interface.outputs())
      require(port.value() < values && defined[port.value()],
              "output '" + port.name() + "' is never computed");
  }

  void checkInstruction(const pb::Instruction &instruction,
                        std::vector<bool> &defined) {
    std::string owner = "instruction '" + instruction.node() + "'";
    auto index = [&](uint32_t at, int size, const char *what) {
      require(at < uint32_t(size), owner + " names " + what + " " +
                                       std::to_string(at) + " of " +
                                       std::to_string(size));
    };
    int operands = -1;
    std::vector<int> optional; // operands that may be -1
    switch (instruction.unit_case()) {
    case pb::Instruction::kLayer:
      index(instruction.layer(), contents.layers.layers_size(), "layer");
      operands = 1;
      break;
    case pb::Instruction::kProduct:
      index(instruction.product(), contents.engines.products_size(), "product");
      operands = 3;
      optional = {2};
      break;
    case pb::Instruction::kRequantiser:
      index(instruction.requantiser(),
            contents.requantisers.requantisers_size(), "requantiser");
      operands = 1;
      break;
    case pb::Instruction::kKernel:
      require(rt::findKernel(instruction.kernel().name()),
              owner + " names the kernel '" + instruction.kernel().name() +
                  "', which the runtime does not have");
      checkCall(instruction, owner);
      break;
    case pb::Instruction::kPhase:
      optional = checkPhaseOp(instruction, owner);
      break;
    case pb::Instruction::kLif:
      require(instruction.lif().steps() > 0, owner + " has no time steps");
      requireFaultless(instruction.lif().neuron(), owner);
      operands = 1;
      break;
    case pb::Instruction::kBernoulli:
      require(instruction.bernoulli().steps() > 0 &&
                  instruction.bernoulli().stage() <= 2,
              owner + " has no time steps, or no stage of draws");
      operands = 1;
      break;
    case pb::Instruction::kAttention:
      index(instruction.attention(), contents.engines.attentions_size(),
            "attention");
      operands = 4;
      optional = {3};
      break;
    default:
      require(false, owner + " names no unit");
    }
    // The membranes of neurons are a result where they are asked for.
    int most = instruction.has_lif() ? 2 : 1;
    require(operands < 0 || (instruction.operands_size() == operands &&
                             instruction.results_size() >= 1 &&
                             instruction.results_size() <= most),
            owner + " has a wrong number of operands or results");
    // Which operands a kernel can do without is checked with its call.
    if (!instruction.has_kernel())
      for (int i = 0; i < instruction.operands_size(); ++i)
        require(instruction.operands(i) != -1 ||
                    std::find(optional.begin(), optional.end(), i) !=
                        optional.end(),
                owner + " needs its operand " + std::to_string(i));
    auto use = [&](int32_t value) {
      require(value == -1 || (value >= 0 && uint32_t(value) < values &&
                              defined[uint32_t(value)]),
              owner + " reads value " + std::to_string(value) +
                  " before it is computed");
    };
    for (int32_t operand : instruction.operands())
      use(operand);
    if (instruction.has_site())
      use(instruction.site().valid());
    for (uint32_t result : instruction.results()) {
      require(result < values && !defined[result],
              owner + " computes a value that is there already");
      defined[result] = true;
    }
  }

  /// Operands, results and attributes of a kernel by its parameters.
  void checkCall(const pb::Instruction &instruction,
                 const std::string &owner) const {
    const pb::KernelCall &call = instruction.kernel();
    int operand = 0, result = 0, attribute = 0;
    auto take = [&](pb::Attribute::ValueCase kind) {
      require(attribute < call.attributes_size() &&
                  call.attributes(attribute).value_case() == kind,
              owner + " has a wrong attribute " + std::to_string(attribute));
      ++attribute;
    };
    auto takeInput = [&] {
      require(operand < instruction.operands_size() &&
                  instruction.operands(operand) >= 0,
              owner + " needs its operand " + std::to_string(operand));
      ++operand;
    };
    for (rt::ParameterKind kind : rt::findKernel(call.name())->parameters)
      switch (kind) {
      case rt::ParameterKind::Context:
        break;
      case rt::ParameterKind::Input:
        takeInput();
        break;
      case rt::ParameterKind::OptionalInput:
        operand += operand < instruction.operands_size();
        break;
      case rt::ParameterKind::InputList:
        while (operand < instruction.operands_size())
          takeInput();
        break;
      case rt::ParameterKind::Output:
        ++result;
        break;
      case rt::ParameterKind::OutputList:
        result = std::max(1, instruction.results_size());
        break;
      case rt::ParameterKind::Integer:
        take(pb::Attribute::kInteger);
        break;
      case rt::ParameterKind::Real:
        take(pb::Attribute::kReal);
        break;
      case rt::ParameterKind::Integers:
        take(pb::Attribute::kIntegers);
        break;
      case rt::ParameterKind::Text:
        take(pb::Attribute::kText);
        break;
      case rt::ParameterKind::Coding:
        for (int i = 0; i < 4; ++i)
          take(pb::Attribute::kInteger);
        take(pb::Attribute::kReal);
        // A table of levels.
        attribute += attribute < call.attributes_size() &&
                     call.attributes(attribute).has_integers();
        break;
      }
    require(operand == instruction.operands_size() &&
                result == instruction.results_size() &&
                attribute == call.attributes_size(),
            owner + " has a wrong number of operands, results or attributes");
  }

  /// Operands and results of phase coding, and the codings of its trains.
  /// Returns the operands that may be absent.
  std::vector<int> checkPhaseOp(const pb::Instruction &instruction,
                                const std::string &owner) const {
    const pb::PhaseOp &op = instruction.phase();
    struct Form {
      int operands, results;
      std::vector<int> trainOperands;
      bool trainResult;
      std::vector<int> optional;
    };
    const Form forms[] = {{1, 1, {}, true, {}},
                          {1, 1, {0}, false, {}},
                          {2, 1, {1}, false, {}},
                          {3, 2, {0}, true, {1, 2}},
                          {3, 1, {0, 1}, false, {2}}};
    require(pb::PhaseOp::Kind_IsValid(op.kind()),
            owner + " is no known op of phase coding");
    const Form &form = forms[op.kind()];
    require(instruction.operands_size() == form.operands &&
                instruction.results_size() == form.results,
            owner + " has a wrong number of operands or results");
    auto requireTrain = [&](int64_t value) {
      require(value >= 0 && value < values &&
                  contents.program.values(int(value)).coding().has_phase(),
              owner + " needs a train in phase coding");
    };
    for (int at : form.trainOperands)
      requireTrain(instruction.operands(at));
    if (form.trainResult)
      requireTrain(instruction.results(0));
    if (op.kind() != pb::PhaseOp::WOSS && op.kind() != pb::PhaseOp::PRODUCT)
      return form.optional;
    bool known = op.engine() == "digital";
    for (const pb::Engine &engine : contents.chip.engines())
      known |= engine.kind() == op.engine();
    require(known, owner + " needs the engine '" + op.engine() +
                       "', which the chip does not have");
    return form.optional;
  }

  void checkRouting() {
    enter(section::routing);
    auto check = [&](const pb::Endpoint &end) {
      require(end.instruction() >= -1 &&
                  end.instruction() < contents.program.instructions_size(),
              "a route ends at no instruction");
      for (uint32_t core : end.cores())
        require(core < contents.chip.cores(),
                "a route ends at core " + std::to_string(core) +
                    ", the chip has " + std::to_string(contents.chip.cores()));
    };
    for (const pb::Route &route : contents.routing.routes()) {
      require(route.value() < values, "a route carries no value");
      check(route.from());
      check(route.to());
    }
  }

  uint64_t crossbars = 0;
  uint32_t values = 0;
};

} // namespace

void Image::validate() const { Validator(file, contents).run(); }
