//===- Routing.cpp - What follows from the program ------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Builder.h"

#include <set>

using namespace mlir;
using namespace snn;
using namespace snn::detail;
using namespace snn::image;

namespace {

/// The units of a program's instructions.
class Units {
public:
  explicit Units(const Contents &contents) : contents(contents) {
    const pb::ProgramSection &program = contents.program;
    producers.assign(program.values_size(), -1);
    for (auto [index, instruction] : llvm::enumerate(program.instructions())) {
      ends.push_back(getEnd(instruction, int32_t(index)));
      for (uint32_t result : instruction.results())
        producers[result] = int32_t(index);
    }
  }

  pb::Endpoint getProducer(uint32_t value) const {
    return producers[value] < 0 ? getHost() : ends[producers[value]];
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
    if (instruction.unit_case() == pb::Instruction::kRequantiser) {
      // Neurons fire where their accumulators are.
      int32_t producer = producers[instruction.operands(0)];
      if (producer >= 0)
        end = ends[producer];
    } else if (instruction.unit_case() == pb::Instruction::kPhase) {
      const pb::PhaseOp &op = instruction.phase();
      int32_t producer = producers[instruction.operands(0)];
      if (op.kind() == pb::PhaseOp::ENCODE && producer >= 0)
        end = ends[producer];
      else if (!op.engine().empty() && op.engine() != xbar::digitalEngine)
        end.set_unit(pb::Endpoint::ENGINE);
    } else if (instruction.unit_case() == pb::Instruction::kProduct) {
      const pb::Product &product =
          contents.engines.products(int(instruction.product()));
      if (product.engine() != xbar::digitalEngine)
        end.set_unit(pb::Endpoint::ENGINE);
    } else if (instruction.unit_case() == pb::Instruction::kAttention) {
      const pb::SpikingAttention &attention =
          contents.engines.attentions(int(instruction.attention()));
      if (attention.engine() != xbar::digitalEngine)
        end.set_unit(pb::Endpoint::ENGINE);
    } else if (instruction.unit_case() == pb::Instruction::kLayer) {
      end.set_unit(pb::Endpoint::CROSSBARS);
      std::set<uint32_t> cores;
      for (const pb::Tile &tile :
           contents.layers.layers(int(instruction.layer())).tiles())
        for (uint32_t crossbar : tile.crossbars())
          cores.insert(crossbar / contents.chip.crossbars_per_core());
      end.mutable_cores()->Add(cores.begin(), cores.end());
    }
    end.set_instruction(index);
    return end;
  }

  const Contents &contents;
  std::vector<int32_t> producers; // of a value; -1: none
  std::vector<pb::Endpoint> ends;
};

} // namespace

void ImageBuilder::addRoutes() {
  Units units(contents);
  auto add = [&](uint32_t value, const pb::Endpoint &to, uint32_t fanOut) {
    if (contents.program.values(int(value)).constant() >= 0)
      return;
    pb::Route *route = contents.routing.add_routes();
    route->set_value(value);
    *route->mutable_from() = units.getProducer(value);
    *route->mutable_to() = to;
    route->set_fan_out(fanOut);
  };
  for (auto [index, instruction] :
       llvm::enumerate(contents.program.instructions())) {
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
        add(uint32_t(operand), units.getConsumer(index), fanOut);
  }
  for (const pb::Port &port : contents.interface.outputs())
    add(port.value(), Units::getHost(), 1);
}

void ImageBuilder::addStatistics() {
  pb::StatisticsSection &statistics = contents.statistics;
  uint64_t crossbars = 0, cells = 0, replicated = 0, weights = 0, capacity = 0;
  for (const pb::Layer &layer : contents.layers.layers()) {
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
  auto rounds = module->getAttrOfType<IntegerAttr>(xbar::roundsAttrName);
  contents.layers.set_rounds(rounds ? uint32_t(rounds.getInt()) : 1);
  statistics.set_crossbars(crossbars);
  statistics.set_crossbars_available(chip.crossbars());
  statistics.set_cells(cells);
  statistics.set_cells_replicated(replicated);
  statistics.set_weights(weights);
  statistics.set_utilisation(capacity ? double(replicated) / double(capacity)
                                      : 0);
  statistics.set_rounds(contents.layers.rounds());
}
