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

/// Operations of one op; the energies are these times constants. Counts.def
/// says what each is.
struct Counts {
#define COUNT(Field, Key, Meaning) double Field = 0;
#include "snn/Report/Counts.def"
  Counts &operator+=(const Counts &other);
};

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
