//===- Derived.cpp - What follows from other sections -----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The compiler writes these parts, and verification compares with them.
//
//===----------------------------------------------------------------------===//

#include "snn/image/Verify.h"

#include <set>

using namespace snn;
using namespace snn::image;

//===----------------------------------------------------------------------===//
// Drive
//===----------------------------------------------------------------------===//

pb::Drive snn::image::makeDrive(const pb::Coding &coding, uint32_t bits,
                                bool countSlots) {
  pb::Drive drive;
  drive.set_bits(bits);
  if (coding.has_phase()) {
    drive.add_pass_factors(1);
    if (!coding.phase().positive())
      drive.add_pass_factors(-1);
    drive.set_lowest_digit(coding.phase().positive() ? 0 : -1);
    drive.set_highest_digit(1);
    return drive;
  }
  if (countSlots && coding.max_count() > 1) {
    drive.set_bits(1);
    drive.set_highest_digit(int32_t(coding.max_count()));
    for (uint32_t slot = 0; slot < coding.max_count(); ++slot)
      drive.add_pass_factors(1);
    return drive;
  }
  rt::Coding levels = toCoding(coding);
  if (!coding.train()) {
    levels.mask = levels.zero;
    levels.radius = 0;
  }
  int32_t low = 0, high = 0; // a silent row has the digit 0
  for (int32_t level = 0; level <= levels.maxLevel(); ++level) {
    int32_t digit = levels.digit(levels.deadZone(level));
    low = std::min(low, digit);
    high = std::max(high, digit);
  }
  drive.set_lowest_digit(low);
  drive.set_highest_digit(high);
  int32_t width = rt::bitSerialPasses(levels);
  for (int32_t bit = 0; bit < width; bit += int32_t(bits)) {
    bool isSign = low < 0 && bits == 1 && bit == width - 1;
    drive.add_pass_factors((isSign ? -1 : 1) * (int64_t(1) << bit));
  }
  return drive;
}

//===----------------------------------------------------------------------===//
// Routing
//===----------------------------------------------------------------------===//

namespace {

/// The units of a program's instructions.
class Units {
public:
  explicit Units(const Contents &contents) : contents(contents) {
    const pb::ProgramSection &program = contents.program;
    producers.assign(size_t(program.values_size()), -1);
    int32_t index = 0;
    for (const pb::Instruction &instruction : program.instructions()) {
      ends.push_back(getEnd(instruction, index));
      for (uint32_t result : instruction.results())
        producers[result] = index;
      ++index;
    }
  }

  pb::Endpoint getProducer(uint32_t value) const {
    return producers[value] < 0 ? getHost() : ends[size_t(producers[value])];
  }
  const pb::Endpoint &getConsumer(size_t instruction) const {
    return ends[instruction];
  }
  static pb::Endpoint getHost() {
    pb::Endpoint host;
    host.set_unit(pb::Endpoint::HOST);
    host.set_instruction(-1);
    return host;
  }

private:
  pb::Endpoint getEnd(const pb::Instruction &instruction, int32_t index) const {
    pb::Endpoint end;
    end.set_unit(pb::Endpoint::DIGITAL_UNIT);
    auto runsOn = [&](const std::string &engine) {
      if (!engine.empty() && engine != "digital")
        end.set_unit(pb::Endpoint::ENGINE);
    };
    // Neurons fire where their accumulators are.
    auto stayWithOperand = [&] {
      int32_t producer = producers[size_t(instruction.operands(0))];
      if (producer >= 0)
        end = ends[size_t(producer)];
      return producer >= 0;
    };
    switch (instruction.unit_case()) {
    case pb::Instruction::kRequantiser:
      stayWithOperand();
      break;
    case pb::Instruction::kPhase:
      if (instruction.phase().kind() != pb::PhaseOp::ENCODE ||
          !stayWithOperand())
        runsOn(instruction.phase().engine());
      break;
    case pb::Instruction::kProduct:
      runsOn(contents.engines.products(int(instruction.product())).engine());
      break;
    case pb::Instruction::kAttention:
      runsOn(
          contents.engines.attentions(int(instruction.attention())).engine());
      break;
    case pb::Instruction::kLayer: {
      end.set_unit(pb::Endpoint::CROSSBARS);
      std::set<uint32_t> cores;
      const pb::Layer &layer = contents.layers.layers(int(instruction.layer()));
      for (const pb::Tile &tile : ownerOfCells(contents.layers, layer).tiles())
        for (uint32_t crossbar : tile.crossbars())
          cores.insert(crossbar / contents.chip.crossbars_per_core());
      end.mutable_cores()->Add(cores.begin(), cores.end());
      break;
    }
    default:
      break;
    }
    end.set_instruction(index);
    return end;
  }

  const Contents &contents;
  std::vector<int32_t> producers; // of a value; -1: none
  std::vector<pb::Endpoint> ends;
};

} // namespace

pb::RoutingSection snn::image::makeRouting(const Contents &contents) {
  pb::RoutingSection routing;
  Units units(contents);
  auto add = [&](uint32_t value, const pb::Endpoint &to, uint32_t fanOut) {
    if (contents.program.values(int(value)).constant() >= 0)
      return;
    pb::Route *route = routing.add_routes();
    route->set_value(value);
    *route->mutable_from() = units.getProducer(value);
    *route->mutable_to() = to;
    route->set_fan_out(fanOut);
  };
  size_t index = 0;
  for (const pb::Instruction &instruction : contents.program.instructions()) {
    const pb::Endpoint &consumer = units.getConsumer(index++);
    // Accumulators do not travel to the neurons that fire.
    if (instruction.unit_case() == pb::Instruction::kRequantiser ||
        (instruction.has_phase() &&
         instruction.phase().kind() == pb::PhaseOp::ENCODE))
      continue;
    uint32_t fanOut = 1;
    if (instruction.unit_case() == pb::Instruction::kLayer)
      fanOut = contents.layers.layers(int(instruction.layer()))
                   .tiling()
                   .column_blocks();
    for (int32_t operand : instruction.operands())
      if (operand >= 0)
        add(uint32_t(operand), consumer, fanOut);
  }
  for (const pb::Port &port : contents.interface.outputs())
    add(port.value(), Units::getHost(), 1);
  return routing;
}

//===----------------------------------------------------------------------===//
// Statistics
//===----------------------------------------------------------------------===//

pb::StatisticsSection snn::image::makeStatistics(const Contents &contents) {
  pb::StatisticsSection statistics;
  uint64_t crossbars = 0, cells = 0, replicated = 0, weights = 0, capacity = 0;
  for (const pb::Layer &layer : contents.layers.layers()) {
    // Cells count once, however many passes they serve.
    if (layer.has_cells_of())
      continue;
    uint64_t used = 0;
    for (const pb::Tile &tile : layer.tiles())
      used += uint64_t(tile.rows()) * tile.columns();
    uint64_t count = uint64_t(layer.tiles_size()) * layer.replicas();
    cells += used;
    replicated += used * layer.replicas();
    crossbars += count;
    weights += uint64_t(layer.inputs()) * layer.outputs() * layer.groups();
    capacity += count * layer.tiling().rows() * layer.tiling().columns();
  }
  statistics.set_crossbars(crossbars);
  statistics.set_crossbars_available(uint64_t(contents.chip.cores()) *
                                     contents.chip.crossbars_per_core());
  statistics.set_cells(cells);
  statistics.set_cells_replicated(replicated);
  statistics.set_weights(weights);
  statistics.set_utilisation(capacity ? double(replicated) / double(capacity)
                                      : 0);
  statistics.set_rounds(contents.layers.rounds());
  return statistics;
}
