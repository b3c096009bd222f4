//===- Energy.h - Energy of one inference -----------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Counts times constants (docs/energy.md). Two accountings stand side by side:
// the paper-compatible one counts what Matterhorn's group counts (the blocks'
// linears and attention products, movement per synapse, T comparisons per
// output); the full one counts everything, with movement per synapse and per
// tile.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_REPORT_ENERGY_H
#define SNN_REPORT_ENERGY_H

#include "snn/Report/Workload.h"

#include <array>
#include <iterator>
#include <map>
#include <utility>

namespace snn::chip {

enum class Component {
  Movement,
  WeightAccess,
  CrossbarAdc,
  CrossbarControl,
  CrossbarCells,
  CrossbarWordLines,
  Accumulate,
  Threshold,
  Neuron,
  Rng,
  MembraneMemory,
  AttentionMemory,
  DigitalUnit
};
constexpr unsigned numComponents = unsigned(Component::DigitalUnit) + 1;

/// "movement", "weight_access", "crossbar_adc", ...
llvm::StringRef toString(Component component);

/// Energies by component, in pJ.
struct Breakdown {
  std::array<double, numComponents> pj{};
  double &operator[](Component component) { return pj[unsigned(component)]; }
  double operator[](Component component) const {
    return pj[unsigned(component)];
  }
  Breakdown &operator+=(const Breakdown &other);
  double total() const;
};

/// Operations of one op; the energies are these times constants.
struct Counts {
  double events = 0;             ///< spikes that it reads
  double synapticOperations = 0; ///< events times targets
  double denseOperations = 0;    ///< the same if every input fired
  double tileFeeds = 0;  ///< events times tiles (or turns) that get them
  double drivenRows = 0; ///< rows driven, over passes, in one column block
  double conversions = 0;
  double activeCells = 0;
  double skippedConversions = 0; ///< of row groups without an active row
  double partialSums = 0;
  double comparisonsPaper = 0, comparisons = 0;
  /// Phases that neurons spend un-fired in their fire windows, and phases of
  /// integration, in which potentials grow.
  double neuronStepsPaper = 0, neuronSteps = 0, growthSteps = 0;
  double weightBits = 0; ///< fetched
  double attentionBits = 0;
  double floatMacs = 0, integerMacs = 0, memoryBits = 0;
  // Networks that are trained to spike.
  double neuronUpdates = 0;     ///< of a membrane, in one step
  double neuronSpikes = 0;      ///< that those neurons emit
  double membraneBits = 0;      ///< read and written
  double randomNumbers = 0;     ///< drawn
  double randomComparisons = 0; ///< of a random number with a count
  double accumulations = 0;     ///< of spike-driven attention
  double ands = 0;         ///< of stochastic attention, also the adders' bits
  double coincidences = 0; ///< ANDs of scores that are 1
  double smallAdds = 0;    ///< bits that the adders of rows sum up
  Counts &operator+=(const Counts &other);
};

/// The counts by their keys in reports.
inline constexpr std::pair<const char *, double Counts::*> countFields[] = {
    {"events", &Counts::events},
    {"synaptic_operations", &Counts::synapticOperations},
    {"dense_operations", &Counts::denseOperations},
    {"tile_feeds", &Counts::tileFeeds},
    {"driven_rows", &Counts::drivenRows},
    {"conversions", &Counts::conversions},
    {"skipped_conversions", &Counts::skippedConversions},
    {"active_cells", &Counts::activeCells},
    {"partial_sums", &Counts::partialSums},
    {"comparisons", &Counts::comparisons},
    {"comparisons_paper_compatible", &Counts::comparisonsPaper},
    {"neuron_steps", &Counts::neuronSteps},
    {"neuron_steps_paper_compatible", &Counts::neuronStepsPaper},
    {"growth_steps", &Counts::growthSteps},
    {"weight_bits", &Counts::weightBits},
    {"attention_bits", &Counts::attentionBits},
    {"float_macs", &Counts::floatMacs},
    {"integer_macs", &Counts::integerMacs},
    {"memory_bits", &Counts::memoryBits},
    {"neuron_updates", &Counts::neuronUpdates},
    {"neuron_spikes", &Counts::neuronSpikes},
    {"membrane_bits", &Counts::membraneBits},
    {"random_numbers", &Counts::randomNumbers},
    {"random_comparisons", &Counts::randomComparisons},
    {"accumulations", &Counts::accumulations},
    {"ands", &Counts::ands},
    {"coincidences", &Counts::coincidences},
    {"small_adds", &Counts::smallAdds}};
static_assert(sizeof(Counts) == std::size(countFields) * sizeof(double),
              "every count has a key");

/// How often the primitives of a chip that is composed of them are used.
struct Operations {
  double adds = 0, compares = 0, shifts = 0, multiplies = 0, randomBits = 0,
         sramBits = 0, bitHops = 0;
  Operations &operator+=(const Operations &other);
  bool empty() const;
  /// Their energy, pJ.
  double energyPj(const Primitives &primitives) const;
};

/// An operation: its key in reports, how often it happens, what it costs.
struct OperationField {
  const char *key;
  double Operations::*count;
  Constant Primitives::*pj;
};
inline constexpr OperationField operationFields[] = {
    {"add", &Operations::adds, &Primitives::addPj},
    {"compare", &Operations::compares, &Primitives::comparePj},
    {"shift", &Operations::shifts, &Primitives::shiftPj},
    {"multiply", &Operations::multiplies, &Primitives::multiplyPj},
    {"random_bit", &Operations::randomBits, &Primitives::randomBitPj},
    {"sram_bit", &Operations::sramBits, &Primitives::sramPjPerBit},
    {"bit_hop", &Operations::bitHops, &Primitives::movementPjPerBitHop}};
static_assert(sizeof(Operations) == std::size(operationFields) * sizeof(double),
              "every operation has a key");

/// One op's energy.
struct OpEnergy {
  unsigned load; ///< index in the workload
  Counts counts;
  /// Of every component that primitives make up; empty on other chips.
  std::map<Component, Operations> operations;
  double engineCycles = 0; ///< of one head on an engine that has its own rule
  bool isPaper = false;
  Breakdown paper; ///< paper-compatible; zero where it does not count
  Breakdown full;  ///< movement per tile
  double movementPerSynapse = 0; ///< movement of `full` counted per synapse
  /// The same op of a network without spikes: float multiply-adds whose two
  /// operands are read and whose results are written.
  double annPj = 0;

  Breakdown fullPerSynapse() const;
};

/// Writing the weights: once, or with several rounds in every inference.
struct Programming {
  double cells = 0; ///< or bits of weight memory
  double rows = 0;
  double energyPj = 0, timeNs = 0;
  std::vector<double> roundNs; ///< the part of `timeNs` of every round
};

struct EnergyResult {
  std::vector<OpEnergy> ops;
  Programming programming;
  double leakageUw = 0;
};

/// The energy of one inference; rates must be set.
EnergyResult computeEnergy(const Workload &workload, const Chip &chip);

/// Areas in mm2.
struct AreaResult {
  double cells = 0, converters = 0, periphery = 0, cores = 0, engines = 0,
         digitalUnit = 0;
  double total() const;
};

/// The areas by their keys in reports.
inline constexpr std::pair<const char *, double AreaResult::*> areaFields[] = {
    {"cells", &AreaResult::cells},
    {"converters", &AreaResult::converters},
    {"periphery", &AreaResult::periphery},
    {"cores", &AreaResult::cores},
    {"engines", &AreaResult::engines},
    {"digital_unit", &AreaResult::digitalUnit}};
static_assert(sizeof(AreaResult) == std::size(areaFields) * sizeof(double),
              "every area has a key");

AreaResult computeArea(const Chip &chip);

} // namespace snn::chip

#endif // SNN_REPORT_ENERGY_H
