//===- VirtualChip.cpp - Runs programming images --------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/vchip/VirtualChip.h"

#include "PhaseUnits.h"
#include "SpikingUnits.h"
#include "StaticLayer.h"
#include "Units.h"

#include "snn/runtime/KernelTable.h"

#include <algorithm>
#include <cstring>
#include <set>

using namespace snn::vchip;
using namespace snn;
using snn::image::pb::Instruction;
using snn::rt::Error;
using snn::rt::Tensor;

NoiseModel snn::vchip::noiseOf(const image::pb::ChipSection &chip) {
  NoiseModel noise;
  std::set<std::string> seen;
  for (const image::pb::Nonideality &entry : chip.nonidealities()) {
    bool known = false;
    for (size_t i = 0; i < effectCount; ++i) {
      if (entry.name() != effectName(static_cast<Effect>(i)))
        continue;
      noise.effects[i] = {entry.enable(), entry.model(), entry.magnitude()};
      known = true;
    }
    if (!known || !seen.insert(entry.name()).second)
      throw Error("chip '" + chip.name() + "': '" + entry.name() +
                  (known ? "' is there twice"
                         : "' is no device effect that the virtual chip "
                           "knows"));
  }
  return noise;
}

/// Refuses an image with a device effect that cannot be switched on. Whether a
/// run does so is the user's choice.
static void checkEffects(const image::Image &image) {
  try {
    NoiseModel noise = noiseOf(image.chip());
    for (EffectSetting &setting : noise.effects)
      setting.enable = true;
    checkNoise(noise);
  } catch (const Error &e) {
    throw Error(image.container().path() + ": section '" +
                image::section::chip + "' is malformed: " + e.what());
  }
}

/// The layers of an image in one state of their devices.
struct VirtualChip::Layers {
  std::vector<StaticLayer> layers;

  Layers(const image::Image &image, const NoiseModel &noise, DriveKind drive) {
    for (int i = 0; i < image.layers().layers_size(); ++i)
      layers.emplace_back(image, i, noise, drive);
  }
};

/// A port of one sample: a symbolic batch is 1.
static rt::Port portOf(const image::pb::Port &port) {
  rt::Port result = {port.name(), image::toDType(port.type()),
                     rt::Shape(port.shape().begin(), port.shape().end())};
  for (size_t axis = 0; axis < result.shape.size(); ++axis) {
    if (result.shape[axis] >= 0)
      continue;
    if (axis > 0)
      throw Error("port '" + port.name() + "' has an unknown axis " +
                  std::to_string(axis) + " that is not the batch");
    result.shape[axis] = 1;
  }
  result.constant = port.constant();
  result.lengthAxes.assign(port.length_axes().begin(),
                           port.length_axes().end());
  result.padding = port.padding();
  return result;
}

VirtualChip::VirtualChip(const image::Image &image, const NoiseModel &noise,
                         DriveKind driveKind)
    : VirtualChip(image, noise, driveKind, /*withDevices=*/true) {}

VirtualChip::VirtualChip(const image::Image &image, const NoiseModel &noise,
                         DriveKind driveKind, bool withDevices)
    : program(image), drive(driveKind), runNoise(noise) {
  checkEffects(image);
  try {
    for (const image::pb::Port &port : image.interface().inputs())
      inputPorts.push_back(portOf(port));
    for (const image::pb::Port &port : image.interface().outputs())
      outputPorts.push_back(portOf(port));
    if (withDevices)
      devices = std::make_unique<Layers>(program, noise, drive);
    for (const image::pb::Requantiser &r : image.requantisers().requantisers())
      thresholds.push_back(image.thresholds(r));
    for (const image::pb::Value &value : image.program().values())
      constants.push_back(
          value.constant() >= 0 ? image.constant(value.constant()) : Tensor());
  } catch (const std::exception &e) {
    std::string what = e.what(), path = image.container().path();
    throw Error(what.rfind(path, 0) == 0 ? what : path + ": " + what);
  }
  // A value lives until its last reader.
  std::vector<int> last(constants.size(), -1);
  int index = 0;
  for (const Instruction &instruction : image.program().instructions()) {
    for (int32_t operand : instruction.operands())
      if (operand >= 0)
        last[static_cast<size_t>(operand)] = index;
    if (instruction.has_site() && instruction.site().valid() >= 0)
      last[static_cast<size_t>(instruction.site().valid())] = index;
    ++index;
  }
  for (const image::pb::Port &port : image.interface().outputs())
    last[port.value()] = -1;
  finished.resize(static_cast<size_t>(index));
  for (size_t value = 0; value < last.size(); ++value)
    if (last[value] >= 0 && !constants[value].defined())
      finished[static_cast<size_t>(last[value])].push_back(value);
}

VirtualChip::~VirtualChip() = default;

void VirtualChip::addProbe(const NoiseModel &noise) {
  bool noisy =
      runNoise.has(Effect::ReadNoise) || runNoise.has(Effect::OutputNoise);
  if (noisy && !reference)
    reference = std::make_unique<Layers>(
        program, runNoise.withoutConversionNoise(), drive);
  probeDevices.push_back(
      std::make_unique<Layers>(program, noise.withoutConversionNoise(), drive));
}

void VirtualChip::callKernel(const Instruction &instruction, Values &values,
                             ChipStatistics &statistics) const {
  const image::pb::KernelCall &kernel = instruction.kernel();
  rt::KernelCall call;
  for (int32_t operand : instruction.operands())
    call.inputs.push_back(operand < 0 ? nullptr
                                      : &values[static_cast<size_t>(operand)]);
  std::vector<Tensor> results(static_cast<size_t>(instruction.results_size()));
  for (Tensor &result : results)
    call.outputs.push_back(&result);
  for (const image::pb::Attribute &attribute : kernel.attributes()) {
    switch (attribute.value_case()) {
    case image::pb::Attribute::kInteger:
      call.attributes.emplace_back(int64_t(attribute.integer()));
      break;
    case image::pb::Attribute::kReal:
      call.attributes.emplace_back(attribute.real());
      break;
    case image::pb::Attribute::kText:
      call.attributes.emplace_back(attribute.text());
      break;
    default:
      call.attributes.emplace_back(
          rt::Ints(attribute.integers().values().begin(),
                   attribute.integers().values().end()));
    }
  }
  rt::findKernel(kernel.name())->invoke(call);
  auto &count = statistics.kernels[kernel.name()];
  ++count.first;
  for (size_t i = 0; i < results.size(); ++i) {
    count.second += results[i].size();
    values[instruction.results(static_cast<int>(i))] = std::move(results[i]);
  }
}

void VirtualChip::runSpiking(const Instruction &instruction, Values &values,
                             uint64_t sample,
                             ChipStatistics &statistics) const {
  auto operand = [&](int i) -> const Tensor & {
    return values[static_cast<size_t>(instruction.operands(i))];
  };
  rt::SiteStatistics &counters =
      statistics.sites.sites[instruction.has_site() ? instruction.site().name()
                                                    : instruction.node()];
  DrawSource source = {sample, drawSeed};
  Tensor &result = values[instruction.results(0)];
  switch (instruction.unit_case()) {
  case Instruction::kLif:
    result = runLif(instruction.lif(), operand(0),
                    instruction.results_size() > 1
                        ? &values[static_cast<size_t>(instruction.results(1))]
                        : nullptr);
    return;
  case Instruction::kBernoulli:
    result =
        runBernoulli(instruction.bernoulli(), operand(0), source, counters);
    return;
  default:
    break;
  }
  const image::pb::SpikingAttention &attention =
      program.engines().attentions(static_cast<int>(instruction.attention()));
  const Tensor *mask = instruction.operands(3) < 0 ? nullptr : &operand(3);
  result = runAttention(attention, operand(0), operand(1), operand(2), mask,
                        source, counters);
}

/// The element type and shape that the program declares; -1 fits any size.
static void requireDeclared(const image::pb::Value &declared,
                            const Tensor &value) {
  const auto &shape = declared.shape();
  bool fits = value.defined() &&
              value.dtype() == image::toDType(declared.type()) &&
              value.rank() == shape.size();
  for (int axis = 0; fits && axis < shape.size(); ++axis)
    fits = shape.Get(axis) == -1 || shape.Get(axis) == value.dim(axis);
  if (!fits)
    throw Error(std::string("gives ") + rt::name(value.dtype()) + " " +
                rt::toString(value.shape()) + ", declares " +
                rt::name(image::toDType(declared.type())) + " " +
                rt::toString(rt::Shape(shape.begin(), shape.end())));
}

/// Zeros of the right type and shape in place of what crossbars would give.
void VirtualChip::rehearseLayer(const Instruction &instruction,
                                Values &values) const {
  const image::pb::Layer &layer =
      program.layers().layers(static_cast<int>(instruction.layer()));
  rt::Shape shape = StaticLayer::resultShape(
      layer, values[static_cast<size_t>(instruction.operands(0))].shape());
  Tensor result(layer.coding().has_phase() ? rt::DType::F32 : rt::DType::I32,
                std::move(shape));
  std::memset(result.raw(), 0, result.bytes());
  values[instruction.results(0)] = std::move(result);
}

void VirtualChip::execute(const Instruction &instruction, Values &values,
                          uint64_t sample, ChipStatistics &statistics) const {
  auto operand = [&](int i) -> const Tensor & {
    return values[static_cast<size_t>(instruction.operands(i))];
  };
  switch (instruction.unit_case()) {
  case Instruction::kLayer: {
    size_t at = instruction.layer();
    if (!devices)
      return rehearseLayer(instruction, values);
    const StaticLayer &layer = devices->layers[at];
    auto multiply = [&](int32_t slot) {
      auto sums =
          layer.multiply(operand(0), slot, sample, statistics.layers[at]);
      if (statistics.probes.empty())
        return sums;
      CrossbarCounters ignored;
      auto sumsOf = [&](const Layers &state) {
        return state.layers[at].multiply(operand(0), slot, sample, ignored);
      };
      auto expected = reference ? sumsOf(*reference) : sums;
      for (size_t p = 0; p < statistics.probes.size(); ++p) {
        auto other = sumsOf(*probeDevices[p]);
        for (size_t g = 0; g < expected.size(); ++g)
          for (size_t i = 0; i < expected[g].size(); ++i)
            statistics.probes[p][at].add(expected[g][i], other[g][i]);
      }
      return sums;
    };
    if (!program.layers().layers(static_cast<int>(at)).coding().has_phase()) {
      values[instruction.results(0)] = layer.assemble(operand(0), multiply(0));
      return;
    }
    std::vector<SlotSum> potentials = layer.startPotentials(operand(0));
    for (int32_t slot = 0; slot < layer.slots(); ++slot) {
      auto sums = multiply(slot);
      for (size_t g = 0; g < sums.size(); ++g)
        potentials[g].add(slot, sums[g]);
    }
    values[instruction.results(0)] =
        layer.assemblePotentials(operand(0), potentials);
    return;
  }
  case Instruction::kProduct: {
    const Tensor *valid = instruction.operands(2) < 0 ? nullptr : &operand(2);
    values[instruction.results(0)] = runProduct(
        program.engines().products(static_cast<int>(instruction.product())),
        operand(0), operand(1), valid,
        statistics.products[instruction.product()]);
    return;
  }
  case Instruction::kRequantiser: {
    size_t at = instruction.requantiser();
    const image::pb::Requantiser &r =
        program.requantisers().requantisers(static_cast<int>(at));
    values[instruction.results(0)] =
        runFire(operand(0), thresholds[at], image::toCoding(r.coding()),
                r.axis(), statistics.requantisers[at]);
    return;
  }
  case Instruction::kPhase: {
    std::vector<const Tensor *> operands;
    for (int32_t value : instruction.operands())
      operands.push_back(value < 0 ? nullptr
                                   : &values[static_cast<size_t>(value)]);
    std::vector<Tensor> results(
        static_cast<size_t>(instruction.results_size()));
    runPhaseOp(program.program(), instruction, operands, results);
    for (size_t i = 0; i < results.size(); ++i)
      values[instruction.results(static_cast<int>(i))] = std::move(results[i]);
    return;
  }
  case Instruction::kLif:
  case Instruction::kBernoulli:
  case Instruction::kAttention:
    runSpiking(instruction, values, sample, statistics);
    return;
  default:
    callKernel(instruction, values, statistics);
  }
}

/// Counts the spikes of a phase-coded site, and potentials at a threshold.
static void countPhaseSite(const Instruction &instruction,
                           const image::pb::ProgramSection &program,
                           const std::vector<Tensor> &values,
                           rt::Statistics &statistics) {
  const image::pb::Site &site = instruction.site();
  rt::Context context;
  context.statistics = &statistics;
  uint32_t result = instruction.results(0);
  bool fires = instruction.phase().kind() == image::pb::PhaseOp::ENCODE;
  rt::countPhases(
      context, site.name().c_str(), values[result],
      fires ? &values[static_cast<size_t>(instruction.operands(0))] : nullptr,
      nullptr,
      image::toPhaseCoding(program.values(static_cast<int>(result)).coding()),
      site.valid() < 0 ? nullptr : &values[static_cast<size_t>(site.valid())],
      rt::Ints(site.token_axes().begin(), site.token_axes().end()));
}

/// Counts the spikes of an encode site.
static void countSite(const Instruction &instruction, const Tensor &result,
                      const image::pb::Value &value,
                      const std::vector<Tensor> &values,
                      rt::Statistics &statistics) {
  const image::pb::Site &site = instruction.site();
  if (!value.has_coding() || !value.coding().train())
    return;
  rt::Context context;
  context.statistics = &statistics;
  rt::countSpikes(
      context, site.name().c_str(), result, image::toCoding(value.coding()),
      site.valid() < 0 ? nullptr : &values[static_cast<size_t>(site.valid())],
      rt::Ints(site.token_axes().begin(), site.token_axes().end()));
  if (value.coding().max_count() > 0)
    rt::markCounts(context, site.name().c_str(), value.coding().max_count());
}

void VirtualChip::run(const rt::TensorList &inputs,
                      const rt::TensorOutputs &outputs, uint64_t sample,
                      ChipStatistics &statistics,
                      const Observer &observer) const {
  Values values = constants;
  for (size_t i = 0; i < inputs.size(); ++i)
    values[program.interface().inputs(static_cast<int>(i)).value()] =
        *inputs[i];
  size_t index = 0;
  for (const Instruction &instruction : program.program().instructions()) {
    try {
      execute(instruction, values, sample, statistics);
      for (uint32_t result : instruction.results())
        requireDeclared(program.program().values(static_cast<int>(result)),
                        values[result]);
      if (instruction.has_site() && instruction.has_phase()) {
        countPhaseSite(instruction, program.program(), values,
                       statistics.sites);
      } else if (instruction.has_site() && instruction.results_size() == 1) {
        uint32_t result = instruction.results(0);
        countSite(instruction, values[result],
                  program.program().values(static_cast<int>(result)), values,
                  statistics.sites);
      }
    } catch (const std::exception &e) {
      throw Error(program.container().path() + ": '" + instruction.node() +
                  "': " + e.what());
    }
    if (observer) {
      std::vector<Tensor> results;
      for (uint32_t result : instruction.results())
        results.push_back(values[result]);
      observer(instruction, results);
    }
    for (size_t value : finished[index])
      values[value] = Tensor();
    ++index;
  }
  for (size_t i = 0; i < outputs.size(); ++i)
    *outputs[i] =
        values[program.interface().outputs(static_cast<int>(i)).value()];
}

void VirtualChip::rehearse(const image::Image &image) {
  VirtualChip chip(image, NoiseModel(), DriveKind::BitSerial,
                   /*withDevices=*/false);
  std::vector<Tensor> in, out(chip.outputPorts.size());
  for (const rt::Port &port : chip.inputPorts) {
    in.emplace_back(port.dtype, port.shape);
    std::memset(in.back().raw(), 0, in.back().bytes());
  }
  rt::TensorList inputs;
  rt::TensorOutputs outputs;
  for (const Tensor &tensor : in)
    inputs.push_back(&tensor);
  for (Tensor &tensor : out)
    outputs.push_back(&tensor);
  ChipStatistics statistics(image);
  chip.run(inputs, outputs, 0, statistics);
}
