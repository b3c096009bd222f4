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
  Layer layer;
  int64_t replicas = 1;
  int64_t round = 0;
  SmallVector<int64_t> crossbars;

  /// Cycles that one run takes in one copy: a pass of a row group each.
  int64_t cycles() const {
    int64_t rows = std::min(layer.inputs, layer.tiling.getRows());
    int64_t vectors = llvm::divideCeil(layer.vectors, replicas);
    return vectors * std::max<int64_t>(layer.tiling.getPasses(), 1) *
           layer.tiling.getRowGroups(rows);
  }
};

struct Place : xbar::impl::XbarPlaceBase<Place> {
  using XbarPlaceBase::XbarPlaceBase;

  chip::Chip chip;
  std::vector<Placing> placings;

  /// Places one more copy of `placings[index]`, or changes nothing.
  bool placeCopy(CoreAllocator &allocator, int64_t index, int64_t replica) {
    Placing &placing = placings[index];
    CoreAllocator trial = allocator;
    SmallVector<int64_t> ids;
    const Layer &layer = placing.layer;
    for (int64_t group = 0; group < layer.groups; ++group)
      for (int64_t block = 0; block < layer.tiling.getColumnBlocks(); ++block) {
        Strip strip{layer.tiling.getRowBlocks(),
                    digitBytes(layer),
                    partialSumBytes(layer, block),
                    {index, replica, group}};
        if (!trial.take(strip, ids))
          return false;
      }
    allocator = std::move(trial);
    placing.crossbars.append(ids);
    return true;
  }

  /// Why an empty chip has no room for a layer.
  LogicalResult refuse(const Layer &layer) {
    int64_t tiles =
        std::min<int64_t>(layer.tiling.getRowBlocks(), chip.core.crossbars);
    int64_t bytes = tiles * digitBytes(layer) + partialSumBytes(layer, 0);
    int64_t buffer = int64_t(chip.core.bufferKib) * 1024;
    if (bytes > buffer)
      return layer.op->emitError("layer '")
             << layer.name << "' needs a core buffer of " << bytes
             << " bytes for the digits of " << tiles
             << " row blocks and the partial sums of " << layer.usedOutputs(0)
             << " outputs, a core of chip '" << chip.name << "' has " << buffer
             << "; use a chip with a larger buffer_kib or fewer activation "
                "bits";
    return layer.op->emitError("layer '")
           << layer.name << "' needs " << layer.tiling.getTiles()
           << " crossbars (" << layer.groups * layer.tiling.getColumnBlocks()
           << " column blocks of " << layer.tiling.getRowBlocks()
           << " row blocks with " << layer.tiling.getSlices()
           << " slices a weight), chip '" << chip.name << "' has room for "
           << "fewer: " << chip.cores.value << " cores of "
           << chip.core.crossbars.value
           << "; use a chip with more cores or larger crossbars, or fewer "
              "weight bits";
  }

  /// Places one copy of every layer, in as many rounds as that takes.
  LogicalResult placeAll(CoreAllocator &allocator, int64_t &round) {
    for (size_t index = 0; index < placings.size(); ++index) {
      Placing &placing = placings[index];
      if (!placeCopy(allocator, index, 0)) {
        allocator = CoreAllocator(chip);
        if (!placeCopy(allocator, index, 0))
          return refuse(placing.layer);
        ++round;
        remark::missed(placing.layer.op->getLoc(),
                       remarkNamed("NewRound", placing.layer.name))
            << remark::reason("{0} crossbars find no room on chip '{1}' beside "
                              "the layers before",
                              placing.layer.tiling.getTiles(), chip.name)
            << remark::metric("round", round)
            << remark::suggest("a chip with more cores");
      }
      placing.round = round;
      if (placing.layer.tiling.getRowBlocks() >
          int64_t(chip.core.crossbars.value))
        remark::missed(placing.layer.op->getLoc(),
                       remarkNamed("SumsCrossCores", placing.layer.name))
            << remark::reason("{0} row blocks exceed the {1} crossbars of a "
                              "core; partial sums are added across cores",
                              placing.layer.tiling.getRowBlocks(),
                              chip.core.crossbars.value);
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
      CoreAllocator before = allocator;
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
      allocator = std::move(before);
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
      placings.push_back({layer, 1, 0, {}});
    }
    CoreAllocator allocator(chip);
    int64_t round = 0;
    if (failed(placeAll(allocator, round)))
      return failure();
    if (round == 0)
      replicate(allocator);
    for (Placing &placing : placings) {
      placing.layer.setPlacement(PlacementAttr::get(
          &getContext(), placing.replicas, placing.round,
          DenseI64ArrayAttr::get(&getContext(), placing.crossbars)));
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
