//===- Chip.h - Descriptions of chips ---------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A chip is data: architecture, energies, times, areas and device physics, read
// from YAML (docs/chips.md). Every number says where it comes from and whether
// it was published or is this project's reconstruction. No pass holds a number
// of a particular chip.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_CHIP_CHIP_H
#define SNN_CHIP_CHIP_H

#include "snn/Chip/EngineKinds.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace snn::chip {

/// The version of the YAML form that this compiler reads.
constexpr unsigned schemaVersion = 1;

/// Whether its source states a value, or this project chose or derived it.
enum class Status { Published, Reconstructed };

/// A value of a chip with its origin; reads as the value.
template <typename T> struct Sourced {
  T value{};
  std::string source;
  Status status = Status::Reconstructed;
  std::string from; ///< the description that a read one takes it from, or
                    ///< "default"; empty: the read one itself
  operator const T &() const { return value; }
};

/// A physical quantity; its unit is in its YAML key. Never negative.
using Constant = Sourced<double>;
/// A count of the architecture.
using Count = Sourced<unsigned>;

enum class DeviceKind { ReRam, Pcm, Sram };
enum class WeightEncoding { Differential, Flip };
enum class AdcPolicy { Lossless, Calibrated };
enum class CoreKind { Crossbar, Digital };

/// What the paper-compatible total counts.
enum class Accounting {
  Events,    ///< every event, conversion and access: Matterhorn, Xpikeformer
  FiringRate ///< mean firing rate times operations, as Meta-SpikeFormer's
             ///< authors do: no movement, no memory
};

/// One memory cell.
struct Device {
  Sourced<DeviceKind> kind;
  Count cellLevels; ///< conductance levels of one cell, the lowest included
  Constant gOnUs;   ///< conductance of the highest level
  Constant gOffUs;  ///< conductance of level 0
};

/// One array of cells with its converters.
struct Crossbar {
  Count rows;    ///< physical rows
  Count columns; ///< physical columns; a differential pair takes two
  Sourced<WeightEncoding> encoding;
  Count activeRows;      ///< most rows that one conversion reads together
  Count driveBits;       ///< bits of a digit that one pass drives
  Count countSlots;      ///< 1: a count drives a pass for each of its spikes;
                         ///< 0: its digits like those of levels
  Count adcBits;         ///< signed codes for differential columns
  Count adcsPerCrossbar; ///< columns share them in turn
  Sourced<AdcPolicy> adcPolicy;

  /// Columns that carry weights: pairs, or single columns.
  unsigned logicalColumns() const {
    return encoding.value == WeightEncoding::Differential ? columns / 2
                                                          : columns.value;
  }
};

/// One core: crossbars, or (a digital chip) weight memory and accumulators.
struct Core {
  Sourced<CoreKind> kind;
  Count crossbars;          ///< of a core of kind `crossbar`, otherwise 0
  Count bufferKib;          ///< digits in, partial sums out
  Count weightKib;          ///< weight memory of a digital core, otherwise 0
  Count processingElements; ///< accumulators that work in the same cycle
  Count minimumFetchBits;   ///< least bits that a weight fetch reads
};

/// An attention engine: processing elements that hold keys or values, and a
/// broadcast of spike events to them.
struct Engine {
  Sourced<EngineKind> kind;
  Count count; ///< engines of this kind on the chip
  Count processingElements;
  Count kvBitsPerElement; ///< key/value memory of one element
  Count broadcastWidth;   ///< elements that one event reaches in a cycle
  Count minimumFetchBits; ///< least bits that an element reads for an event
};

/// Floating point and everything that is neither crossbar nor engine.
struct DigitalUnit {
  Count lanes; ///< operations in a cycle
  Constant clockMhz;
  Constant macsPerExponential; ///< cost of exp, erf, tanh, division, root
};

/// Energies; every use is explained in docs/energy.md.
struct Energy {
  Constant movementPjPerBitHop;
  Constant hops;              ///< mean hops of a spike
  Constant weightPjPerBit;    ///< digital core: weight fetch
  Constant accumulatePj;      ///< one integer addition into an accumulator
  Constant comparePj;         ///< one comparison with a threshold
  Constant adcPj;             ///< one conversion
  Constant controlPj;         ///< control and multiplexer, a conversion
  Constant cellPj;            ///< one active cell in a conversion
  Constant wordLinePj;        ///< one driven row of a crossbar, a pass
  Constant partialSumPj;      ///< one addition of a row block's partial sum
  Constant neuronPj;          ///< LIF update of one neuron
  Constant spikePj;           ///< emission of a spike by a LIF neuron
  Constant rngPj;             ///< one random number
  Constant membranePjPerBit;  ///< membrane memory, a bit read or written
  Constant attentionPjPerBit; ///< key and value memory, a bit
  Constant andPj;             ///< stochastic attention: one AND
  Constant counterPj;         ///< stochastic attention: one count
  Constant smallAddPj;        ///< stochastic attention: adder of a row
  Constant floatMacPj;        ///< digital unit: one fp32 multiply-add
  Constant integerMacPj;      ///< digital unit: one 8-bit multiply-add
  Constant digitalPjPerBit;   ///< digital unit: operand memory, a bit
  Constant programPjPerCell;  ///< writing one cell, verification included
};

/// Operations that all units of a chip are composed of. A chip that has them
/// charges its engines, neurons and random numbers by them (docs/energy.md), so
/// that equal operations cost the same in every unit.
struct Primitives {
  Constant addPj;       ///< one integer addition
  Constant comparePj;   ///< one comparison
  Constant shiftPj;     ///< one shift
  Constant multiplyPj;  ///< one 8-bit multiplication
  Constant randomBitPj; ///< one random bit
  Constant sramPjPerBit;
  Constant movementPjPerBitHop;
};

/// Times.
struct Timing {
  Constant adcNs;           ///< one conversion of one converter
  Constant settleNs;        ///< driving a row group until columns are stable
  Constant coreClockMhz;    ///< digital cores and neuron units
  Constant engineClockMhz;  ///< one event broadcast a cycle
  Constant hopNs;           ///< a spike over one hop
  Constant programNsPerRow; ///< writing one row of a crossbar
};

/// Areas.
struct Area {
  Constant cellUm2;
  Constant adcUm2;
  Constant crossbarPeripheryUm2; ///< drivers, multiplexers, shift-add
  Constant corePeripheryUm2;     ///< router and control
  Constant memoryUm2PerBit;
  Constant elementUm2; ///< logic of a processing element
  Constant laneUm2;    ///< a lane of the digital unit
};

/// Power that flows whether there is work or not.
struct Leakage {
  Constant crossbarUw;
  Constant coreUw;
  Constant elementUw;
  Constant laneUw;
};

/// One imperfection of devices or converters. `model` is a name that the
/// virtual chip knows; the meaning of `magnitude` depends on it.
struct Nonideality {
  bool enable = false;
  std::string model;
  double magnitude = 0;
  std::string source;
  Status status = Status::Reconstructed;
  std::string from; ///< as of other values
};

/// Device physics, apart from architecture (docs/chips.md).
struct Nonidealities {
  Nonideality programmingNoise;
  Nonideality readNoise;
  Nonideality outputNoise;
  Nonideality flickerNoise;
  Nonideality drift;
  Nonideality variation;
  Nonideality stuckOn;
  Nonideality stuckOff;
  Nonideality irDrop;
  Nonideality adcOffset;
  bool globalDriftCompensation = false;
};

/// A figure that others printed, shown beside ours.
struct Published {
  std::string quantity;   ///< a name of docs/energy.md, such as block_energy_mj
  std::string conditions; ///< what it was printed for
  double value = 0;
  std::string source;
};

/// A chip: tiers chip > core > crossbar > device, and its other units.
struct Chip {
  std::string name;
  std::string description;
  Constant technologyNm;
  Count cores;
  Core core;
  Crossbar crossbar; ///< of a chip with crossbars
  Device device;     ///< of a chip with crossbars
  std::vector<Engine> engines;
  DigitalUnit digital;
  std::optional<Sourced<Accounting>> accounting; ///< absent: events
  Energy energy;
  std::optional<Primitives> primitives;
  Timing timing;
  Area area;
  Leakage leakage;
  Nonidealities nonidealities; ///< of a chip with crossbars
  std::vector<Published> published;

  bool hasCrossbars() const { return core.kind.value == CoreKind::Crossbar; }
  /// The engine of a kind; null where the chip has none.
  const Engine *findEngine(EngineKind kind) const;
  bool countsFiringRates() const {
    return accounting && accounting->value == Accounting::FiringRate;
  }
  /// Crossbars on the whole chip.
  uint64_t crossbars() const {
    return uint64_t(cores.value) * core.crossbars.value;
  }
};

llvm::StringRef toString(EngineKind kind);
llvm::StringRef toString(Status status);

/// The most descriptions that stand in one line, each extending the next.
constexpr unsigned maximumExtensions = 8;

/// Reads YAML; errors say file, line and column. A file that it extends is
/// sought in the folder of `file`.
llvm::Expected<Chip> parseChip(llvm::StringRef text, llvm::StringRef file);

/// Reads a chip by NAME (a description that SNNC ships) or from a file, whose
/// name has a slash or ends with .yaml or .yml.
llvm::Expected<Chip> loadChip(llvm::StringRef nameOrFile);

/// The names of the chips that SNNC ships, sorted.
std::vector<std::string> shippedChips();

/// The default: matterhorn-22nm, as it was when SNNC was built.
const Chip &builtinChip();

/// YAML that reads back as the same chip, origins included. It extends nothing.
std::string toYAML(const Chip &chip);

/// A value of a chip, for lists.
struct ListedConstant {
  std::string section; ///< "", "core", "energy"; "engine.mttfs" of an engine
  std::string key;
  std::optional<double> value; ///< none of an enumeration
  Status status;
  std::string source;
};

/// All values that have an origin, nonidealities aside, in the order of the
/// keys. Section and key name a value once.
std::vector<ListedConstant> listConstants(const Chip &chip);

/// One line a key: its path, the values that it takes, and its default.
std::string describeKeys();

/// A hash of what a programming image depends on: cores, crossbars, devices and
/// engines; not of energies, times, areas, noise or prose.
uint64_t fingerprint(const Chip &chip);

} // namespace snn::chip

#endif // SNN_CHIP_CHIP_H
