//===- Place.cpp - Give every tile a crossbar -----------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CoreAllocator.h"
#include "MappingUtils.h"
#include "mlir/IR/Remarks.h"
#include "snn/Dialect/Xbar/ModuleChip.h"
#include "snn/Dialect/Xbar/Passes.h"

namespace snn::xbar {
#define GEN_PASS_DEF_XBARPLACE
#include "snn/Dialect/Xbar/Passes.h.inc"
} // namespace snn::xbar

using namespace mlir;
using namespace snn;
using namespace snn::xbar;

namespace {

remark::RemarkOpts remarkNamed(StringRef name, StringRef layer) {
  return remark::RemarkOpts::name(name).category("xbar-place").function(layer);
}

/// A layer on its way to its placement.
struct Placing {
  explicit Placing(const Layer &layer)
      : layer(layer), second(layer.getSecondPass()) {}

  Layer layer;
  std::optional<Layer> second; ///< the layer that uses its cells, too
  int64_t replicas = 1;
  int64_t round = 0;
  SmallVector<int64_t> crossbars;
  SmallVector<int64_t> roundTiles; ///< empty: all in `round`

  /// Cycles that one run takes in one copy: a pass of a row group each.
  int64_t cycles() const {
    int64_t rows = std::min(layer.inputs, layer.tiling.getRows());
    int64_t vectors = llvm::divideCeil(layer.vectors, replicas);
    int64_t passes = std::max<int64_t>(layer.tiling.getPasses(), 1);
    if (second)
      passes += std::max<int64_t>(second->tiling.getPasses(), 1);
    return vectors * passes * layer.tiling.getRowGroups(rows);
  }
};

struct Place : xbar::impl::XbarPlaceBase<Place> {
  using XbarPlaceBase::XbarPlaceBase;

  chip::Chip chip;
  std::vector<Placing> placings;

  /// Places one more copy of `placings[index]`, or changes nothing.
  bool placeCopy(CoreAllocator &allocator, int64_t index, int64_t replica) {
    Placing &placing = placings[index];
    return allocator.takeCopy(placing.layer, index, replica, placing.crossbars);
  }

  /// Why no core holds a single tile of a layer.
  LogicalResult refuse(const Layer &layer, int64_t block) {
    int64_t sums = partialSumBytes(layer, block);
    int64_t bytes = digitBytes(layer) + sums;
    int64_t room = int64_t(chip.core.bufferKib) * 1024;
    int64_t rows = std::min(layer.inputs, layer.tiling.getRows());
    InFlightDiagnostic error = layer.op->emitError("layer '");
    error << layer.name << "' needs a core buffer of " << bytes
          << " bytes for the digits of a row block of " << rows
          << " inputs and the partial sums of " << layer.usedOutputs(block)
          << " outputs, a core of chip '" << chip.name << "' has " << room
          << "; use a chip with a buffer_kib of at least "
          << llvm::divideCeil(bytes, 1024);
    // One bit is the least that an input can have.
    if (sums + int64_t(llvm::divideCeil(rows, 8)) <= room)
      error << ", or fewer activation bits";
    return error;
  }

  /// Opens a round for `layer`, whose `tiles` tiles find no room.
  void openRound(CoreAllocator &allocator, int64_t &round, const Layer &layer,
                 int64_t tiles) {
    allocator = CoreAllocator(chip);
    ++round;
    remark::missed(layer.op->getLoc(), remarkNamed("NewRound", layer.name))
        << remark::reason("{0} crossbars find no room on chip '{1}' beside "
                          "what is there",
                          tiles, chip.name)
        << remark::metric("round", round)
        << remark::suggest("a chip with more cores");
  }

  /// Places a layer that exceeds an empty chip, column block by column block,
  /// in as many rounds as that takes. A column block that exceeds the chip is
  /// cut.
  LogicalResult placeInRounds(CoreAllocator &allocator, int64_t &round,
                              int64_t index) {
    Placing &placing = placings[index];
    const Layer &layer = placing.layer;
    bool isCut = false;
    auto take = [&](const Strip &strip) {
      if (!allocator.take(strip, placing.crossbars))
        return false;
      if (placing.roundTiles.empty())
        placing.round = round;
      placing.roundTiles.resize(round - placing.round + 1);
      placing.roundTiles.back() += strip.tiles;
      return true;
    };
    for (int64_t group = 0; group < layer.groups; ++group)
      for (int64_t block = 0; block < layer.tiling.getColumnBlocks(); ++block)
        for (int64_t row = 0; row < layer.tiling.getRowBlocks();) {
          Strip strip = makeStrip(layer, block, row, {index, 0, group});
          if (take(strip))
            break;
          int64_t most = allocator.tilesOfChip(strip);
          if (most < 1)
            return refuse(layer, block);
          if (allocator.coresInUse() > 0)
            openRound(allocator, round, layer, strip.tiles);
          isCut |= most < strip.tiles;
          strip.tiles = std::min(most, strip.tiles);
          take(strip);
          row += strip.tiles;
        }
    remark::missed(layer.op->getLoc(),
                   remarkNamed("SplitOverRounds", layer.name))
        << remark::reason("{0} tiles exceed the {1} crossbars of chip '{2}'",
                          layer.tiling.getTiles(), chip.crossbars(), chip.name)
        << remark::metric("rounds", placing.roundTiles.size());
    if (isCut)
      remark::missed(layer.op->getLoc(), remarkNamed("SumsKept", layer.name))
          << remark::reason(
                 "{0} row blocks exceed the chip; the partial sums of {1} "
                 "vectors are kept from round to round",
                 layer.tiling.getRowBlocks(), layer.vectors);
    return success();
  }

  /// Places one copy of every layer, in as many rounds as that takes.
  LogicalResult placeAll(CoreAllocator &allocator, int64_t &round) {
    for (size_t index = 0; index < placings.size(); ++index) {
      Placing &placing = placings[index];
      const Layer &layer = placing.layer;
      if (placeCopy(allocator, index, 0)) {
        placing.round = round;
      } else if (CoreAllocator empty(chip); placeCopy(empty, index, 0)) {
        openRound(allocator, round, layer, layer.tiling.getTiles());
        allocator = std::move(empty);
        placing.round = round;
      } else if (failed(placeInRounds(allocator, round, index))) {
        return failure();
      }
      int64_t most =
          tilesPerCore(chip.core.crossbars, int64_t(chip.core.bufferKib) * 1024,
                       digitBytes(layer), partialSumBytes(layer, 0));
      if (layer.tiling.getRowBlocks() > most)
        remark::missed(layer.op->getLoc(),
                       remarkNamed("SumsCrossCores", layer.name))
            << remark::reason("{0} row blocks exceed the {1} crossbars of a "
                              "core; partial sums are added across cores",
                              layer.tiling.getRowBlocks(), most);
    }
    return success();
  }

  /// Copies shorten the longest stage of the pipeline: all slowest layers get
  /// one more, or none of them does and it ends.
  void replicate(CoreAllocator &allocator) {
    while (true) {
      int64_t slowest = 0;
      for (const Placing &placing : placings)
        slowest = std::max(slowest, placing.cycles());
      size_t before = allocator.mark();
      SmallVector<int64_t> grown;
      bool fits = slowest > 0;
      for (size_t index = 0; fits && index < placings.size(); ++index) {
        Placing &placing = placings[index];
        if (placing.cycles() != slowest)
          continue;
        fits = placing.replicas < int64_t(maxReplicas) &&
               placing.replicas < placing.layer.vectors &&
               placeCopy(allocator, index, placing.replicas);
        if (fits)
          grown.push_back(index);
      }
      if (fits) {
        for (int64_t index : grown)
          ++placings[index].replicas;
        continue;
      }
      // Give back what this turn took.
      allocator.rollBack(before);
      for (int64_t index : grown) {
        Placing &placing = placings[index];
        placing.crossbars.truncate(placing.replicas *
                                   placing.layer.tiling.getTiles());
      }
      return;
    }
  }

  void report(const Placing &placing) {
    const Layer &layer = placing.layer;
    std::set<int64_t> cores;
    for (int64_t id : placing.crossbars)
      cores.insert(id / int64_t(chip.core.crossbars));
    remark::passed(layer.op->getLoc(), remarkNamed("Placed", layer.name))
        << remark::metric("layer", layer.name)
        << remark::metric("replicas", placing.replicas)
        << remark::metric("round", placing.round)
        << remark::metric("crossbars", placing.crossbars.size())
        << remark::metric("cores", cores.size());
    if (placing.second)
      remark::passed(placing.second->op->getLoc(),
                     remarkNamed("Placed", placing.second->name))
          << remark::metric("layer", placing.second->name)
          << remark::metric("cells_of", layer.name);
  }

  LogicalResult run() {
    FailureOr<chip::Chip> found = getChip(getOperation());
    if (failed(found))
      return failure();
    chip = std::move(*found);
    placings.clear();
    for (const Layer &layer : getLayers(getOperation())) {
      if (!layer.tiling)
        return layer.op->emitOpError("needs a tiling; run xbar-tile first");
      if (layer.hasOwnCells())
        placings.emplace_back(layer);
    }
    CoreAllocator allocator(chip);
    int64_t round = 0;
    if (failed(placeAll(allocator, round)))
      return failure();
    if (round == 0)
      replicate(allocator);
    for (Placing &placing : placings) {
      auto array = [&](ArrayRef<int64_t> values) {
        return DenseI64ArrayAttr::get(&getContext(), values);
      };
      placing.layer.setPlacement(PlacementAttr::get(
          &getContext(), placing.replicas, placing.round,
          array(placing.crossbars),
          placing.roundTiles.size() > 1 ? array(placing.roundTiles)
                                        : DenseI64ArrayAttr()));
      if (placing.second)
        placing.second->setPlacement(placing.layer.placement);
      report(placing);
    }
    return success();
  }

  void runOnOperation() override {
    if (failed(run()))
      signalPassFailure();
  }
};

} // namespace
