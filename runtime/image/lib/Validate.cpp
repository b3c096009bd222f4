//===- Validate.cpp - Whether an image's sections agree ---------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Checksums find damage; these checks find a writer that was wrong, so that
// whoever executes an image may follow its indices without further tests.
//
//===----------------------------------------------------------------------===//

#include "snn/image/Attention.h"
#include "snn/image/Image.h"

#include "snn/runtime/KernelTable.h"

using namespace snn;
using namespace snn::image;

namespace {

/// Checks one section at a time; every failure names file and section.
class Validator {
public:
  Validator(const Container &file, const Contents &contents)
      : file(file), contents(contents) {}

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
  /// Begins a section.
  void enter(const char *name) { section = name; }
  void require(bool condition, const std::string &what) const {
    if (!condition)
      throw rt::Error(file.path() + ": section '" + section +
                      "' is malformed: " + what);
  }
  void requireCoding(const pb::Coding &coding, const std::string &owner) const {
    if (coding.has_phase()) {
      const pb::PhaseCode &phase = coding.phase();
      require(phase.base() > 1 && phase.base() <= 2 && phase.phases() >= 1 &&
                  phase.phases() <= 127 && coding.scale() > 0,
              owner + " has no valid phase coding");
      return;
    }
    uint32_t top =
        coding.bits() < 1 || coding.bits() > 8 ? 0 : (1u << coding.bits()) - 1;
    require(top && coding.zero() <= top && coding.mask() <= top &&
                coding.radius() <= top && coding.scale() > 0,
            owner + " has no valid coding");
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
    }
  }

  void checkLayers() {
    enter(section::layers);
    for (const pb::Layer &layer : contents.layers.layers())
      checkLayer(layer);
  }

  void checkLayer(const pb::Layer &layer) {
    std::string owner = "layer '" + layer.node() + "'";
    const pb::Tiling &tiling = layer.tiling();
    requireCoding(layer.coding(), owner);
    require(layer.inputs() && layer.outputs() && layer.groups() &&
                layer.replicas(),
            owner + " has no inputs, outputs, groups or replicas");
    require(tiling.slice_factors_size() > 0 && tiling.active_rows() &&
                tiling.rows() && tiling.outputs_per_tile() &&
                tiling.outputs_per_tile() * tiling.slice_factors_size() <=
                    tiling.columns(),
            owner + " has a tiling without rows, columns or slices");
    require(uint64_t(tiling.row_blocks()) * tiling.rows() >= layer.inputs() &&
                uint64_t(tiling.column_blocks()) * tiling.outputs_per_tile() >=
                    layer.outputs(),
            owner + " has fewer blocks than its weights need");
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
    requireConstant(layer.offset(), pb::I32, /*optional=*/true, owner);
    if (layer.coding().has_phase()) {
      requireOutputs(layer, layer.weight_scale(), owner);
      requireOutputs(layer, layer.bias(), owner);
    }
    uint64_t blocks =
        uint64_t(layer.groups()) * tiling.column_blocks() * tiling.row_blocks();
    require(uint64_t(layer.tiles_size()) == blocks,
            owner + " needs " + std::to_string(blocks) + " tiles, has " +
                std::to_string(layer.tiles_size()));
    for (int i = 0; i < layer.tiles_size(); ++i)
      checkTile(layer, layer.tiles(i), uint32_t(i));
    checkRounds(layer, owner);
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
                tile.columns() == outputs * tiling.slice_factors_size(),
            owner + " has other rows or columns than its block");
    uint64_t bits = uint64_t(tile.rows()) * tile.columns() * layer.code_bits();
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
      requireCoding(fire.coding(), owner);
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
      requireCoding(product.train(), owner);
      requireCoding(product.resident(), owner);
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
    switch (instruction.unit_case()) {
    case pb::Instruction::kLayer:
      index(instruction.layer(), contents.layers.layers_size(), "layer");
      operands = 1;
      break;
    case pb::Instruction::kProduct:
      index(instruction.product(), contents.engines.products_size(), "product");
      operands = 3;
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
      break;
    case pb::Instruction::kPhase:
      checkPhaseOp(instruction, owner);
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
      break;
    default:
      require(false, owner + " names no unit");
    }
    require(operands < 0 || (instruction.operands_size() == operands &&
                             instruction.results_size() == 1),
            owner + " has a wrong number of operands or results");
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

  /// Operands and results of phase coding, and the codings of its trains.
  void checkPhaseOp(const pb::Instruction &instruction,
                    const std::string &owner) const {
    const pb::PhaseOp &op = instruction.phase();
    struct Form {
      int operands, results;
      std::vector<int> trainOperands;
      bool trainResult;
    };
    const Form forms[] = {{1, 1, {}, true},
                          {1, 1, {0}, false},
                          {2, 1, {1}, false},
                          {3, 2, {0}, true},
                          {3, 1, {0, 1}, false}};
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
      return;
    bool known = op.engine() == "digital";
    for (const pb::Engine &engine : contents.chip.engines())
      known |= engine.kind() == op.engine();
    require(known, owner + " needs the engine '" + op.engine() +
                       "', which the chip does not have");
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

  const Container &file;
  const Contents &contents;
  const char *section = "";
  uint64_t crossbars = 0;
  uint32_t values = 0;
};

} // namespace

void Image::validate() const { Validator(file, contents).run(); }
