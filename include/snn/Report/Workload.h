//===- Workload.h - What a mapped network asks of a chip --------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The counts that energy, latency and area are computed from: one entry an op
// of the network, with its unit and its sizes, and one entry a spiking site,
// with how often it fires. All counts are those of one inference, that is one
// run of the network's function.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_REPORT_WORKLOAD_H
#define SNN_REPORT_WORKLOAD_H

#include "mlir/IR/BuiltinOps.h"
#include "snn/Chip/Chip.h"
#include "snn/runtime/Coding.h"
#include "snn/runtime/Phase.h"

#include <memory>
#include <optional>

namespace snn::chip {

/// Where a rate comes from; `UpperBound`: nothing is known, and every neuron is
/// taken to fire.
enum class RateSource { UpperBound, Calibration, Measured, Assumed };

llvm::StringRef toString(RateSource source);

/// A spiking site and its activity.
struct SiteLoad {
  std::string name;
  rt::Coding coding{};                  ///< of M-TTFS
  std::optional<rt::PhaseCoding> phase; ///< of one-spike phase coding
  double neurons = 0;
  unsigned steps = 0;    ///< time steps of a binary train; 0: another coding
  unsigned maxCount = 0; ///< of a train of counts; 0: another train
  /// Whether a count is sent as so many spikes, not as bit planes.
  bool asSlots = false;
  /// Counts of the stored bytes (levels, or codes of phases) on calibration
  /// inputs; may be empty.
  std::vector<int64_t> histogram;
  /// The op whose results fire here, to which the model of SpikedAttention
  /// charges the neurons; -1: none.
  int owner = -1;

  // Filled in by setRates (Rates.h).
  RateSource source = RateSource::UpperBound;
  double rate = 0; ///< spikes per neuron; of counts the neurons that fire
  /// The mean count, and the mean number of bits that are set in it.
  double unitEvents = 0, setBits = 0;
  /// Bits of a digit that a pass drives.
  unsigned driveBits = 1;
  /// Share of neurons that drive their row, for each pass p: whose digit has
  /// one of the pass's bits set, that count more than p (slots), or (phase
  /// coding) that fire in slot p / 2 with sign p % 2.
  std::vector<double> bitDensity;
  /// Whether every row group has an active row in every pass (assumed rates).
  bool groupsAlwaysActive = true;
  /// Comparisons that a neuron makes until it fires or its window ends.
  double comparisons = 0;
  /// Phases that a neuron of a phase code spends un-fired in its fire window.
  double unfired = 0;
  /// Attention of binary trains: what was counted in an inference.
  std::optional<double> accumulations, coincidences;

  /// Passes that drive these spikes into a crossbar.
  int passes() const;
  /// What one spike carries: its level or count, or (phase coding) its sign.
  unsigned spikeBits() const {
    return phase || asSlots ? 1 : unsigned(coding.bits);
  }
  /// What a neuron sends: a word of its level or count, or each of its spikes.
  double sent() const { return asSlots ? unitEvents : rate; }
  /// What a target adds up: every plane of a count, or every spike.
  double added() const {
    return maxCount == 0 ? rate : asSlots ? unitEvents : setBits;
  }
  /// Comparisons of a window.
  double window() const {
    return phase ? phase->phases : double(coding.maxLevel());
  }
};

/// What executes an op.
enum class Unit { Crossbar, DigitalCore, Engine, DigitalUnit };

llvm::StringRef toString(Unit unit);

/// How a static layer lies on crossbars.
struct Mapping {
  double slices = 1;
  double rowBlocks = 1;    ///< of one group
  double columnBlocks = 1; ///< of one group
  double rowGroups = 1;    ///< of one column block, all its row blocks
  double rowGroupsPerTile = 1;
  double activeRows = 1;
  double columnsPerTile = 1; ///< used logical columns of a full tile
  double replicas = 1;
  unsigned round = 0;
  unsigned passes = 1;
  bool exact = true;              ///< every code is the integer sum
  std::vector<int64_t> crossbars; ///< placed tiles; may be empty
  /// How many of them run in each round from `round` on; empty: all in `round`.
  std::vector<int64_t> roundTiles;
  /// Partial sums that are kept from a round to the next, of one vector.
  double keptSums = 0;
};

class SpikingModel;

/// Neurons and attention of networks that are trained to spike. Heads and
/// neurons are counted in every time step.
struct SpikingLoad {
  std::shared_ptr<const SpikingModel> model; ///< what it is charged
  int site = -1;                             ///< of the train that it makes
  double neurons = 0;                        ///< that are updated, or draw
  // The membranes that neurons keep, if they do.
  double tau = 1;
  bool softReset = false;
  // Attention.
  double heads = 0, tokens = 0, channels = 0;
  double width = 0;                     ///< channels of the values
  int query = -1, key = -1, value = -1; ///< sites
};

/// One op of the network.
struct Load {
  std::string name;  ///< the ONNX node
  std::string op;    ///< "xbar.linear", "onnx.softmax", ...
  std::string layer; ///< the layer that it belongs to
  int block = -1;    ///< the transformer block; -1 in front of the first
  Unit unit = Unit::DigitalUnit;
  std::vector<unsigned> producers; ///< entries that it reads, token by token
  std::vector<unsigned> wholeProducers; ///< entries that it needs completely
  bool isTokenwise =
      false; ///< one result a token, so that tokens are pipelined

  // Static layers and products on engines.
  bool isSynaptic = false;
  int site = -1; ///< the spiking operand
  /// Vectors and their length: tokens and inputs of a linear, positions and
  /// taps of a convolution (of all groups), queries and channels of a product.
  double vectors = 0, inputs = 0;
  double neurons = 0;  ///< of the spiking operand
  double outputs = 0;  ///< results of a vector
  double synapses = 0; ///< pairs of an input and a result: dense operations
  double groups = 1;
  unsigned weightBits = 0; ///< of a static weight, or of the resident operand
  int residentSite = -1;   ///< of a product of two trains
  /// A batch normalisation of the residual stream of a phase-coded network,
  /// which SpikedAttention counts as a layer of fan-in 1.
  bool isNormalisation = false;
  /// The MLP's second linear, which its released totals leave out.
  bool isSecondLinear = false;
  EngineKind engine = EngineKind::Mttfs; ///< of an op on an engine
  double weights = 0;                    ///< stored weights, or resident levels
  double batches = 1;                    ///< of a product: heads
  double keyTiles = 1;                   ///< of a product: turns of the engine
  std::optional<Mapping> mapping;
  /// The entry in front of it whose cells it uses in passes of its own; -1: it
  /// has cells of its own.
  int cellsOf = -1;
  /// The share of row groups, over vectors and passes, that are read because a
  /// row is active, where it was counted.
  std::optional<double> activeGroups;

  // The digital unit.
  double floatMacs = 0, exponentials = 0, integerMacs = 0;
  double memoryBits = 0;
  bool isFloatProduct = false; ///< its multiply-adds count as synaptic
  /// Comparisons with thresholds; `fireSite` fires.
  int fireSite = -1;
  std::optional<SpikingLoad> spiking;
  /// The firing rate that published totals give a layer whose input is not
  /// binary: that of the nearest trains before it. Absent: real inputs.
  std::optional<int> rateSite;
  /// How often published totals count a layer on real inputs whose result the
  /// network repeats over its time steps.
  double repeats = 1;
  int source = -1;      ///< of firing: the entry that made the potentials
  double movedBits = 0; ///< accumulators that travel to the digital unit
};

/// A network on a chip.
struct Workload {
  std::vector<SiteLoad> sites;
  std::vector<Load> loads;
  double tokens = 1;
  double rounds = 1;
  int blocks = 0;
  bool randomCalibration = false;

  int findSite(llvm::StringRef name) const;
};

/// Reads a network after xbar-schedule (or, for a chip without crossbars, a
/// spiking network). Fails with a diagnostic where a shape is not static or a
/// layer has no tiling.
mlir::FailureOr<Workload> buildWorkload(mlir::ModuleOp module,
                                        const Chip &chip);

} // namespace snn::chip

#endif // SNN_REPORT_WORKLOAD_H
