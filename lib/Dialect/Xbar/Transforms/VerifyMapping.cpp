//===- VerifyMapping.cpp - Prove that a mapping is right ------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads only what the other passes left in attributes, and the weights. What it
// proves is listed in the pass's description.
//
//===----------------------------------------------------------------------===//

#include "MappingUtils.h"
#include "mlir/IR/Remarks.h"
#include "snn/Dialect/Xbar/ModuleChip.h"
#include "snn/Dialect/Xbar/Passes.h"

#include <set>

namespace snn::xbar {
#define GEN_PASS_DEF_XBARVERIFYMAPPING
#include "snn/Dialect/Xbar/Passes.h.inc"
} // namespace snn::xbar

using namespace mlir;
using namespace snn;
using namespace snn::xbar;

namespace {

struct VerifyMapping : xbar::impl::XbarVerifyMappingBase<VerifyMapping> {
  using XbarVerifyMappingBase::XbarVerifyMappingBase;

  /// What a core's buffer holds in one round.
  struct Buffer {
    /// Layer, replica, group and row block of the digits.
    std::set<std::tuple<Operation *, int64_t, int64_t, int64_t>> inputs;
    int64_t bytes = 0;
  };

  chip::Chip chip;
  /// The layer in each crossbar, by round and crossbar.
  std::map<std::pair<int64_t, int64_t>, StringRef> occupants;
  std::map<std::pair<int64_t, int64_t>, Buffer> buffers;
  int64_t weights = 0, tiles = 0;

  InFlightDiagnostic violated(const Layer &layer) {
    return layer.op->emitError("layer '") << layer.name << "' ";
  }

  /// Tiles are crossbars of this chip.
  LogicalResult verifyGeometry(const Layer &layer) {
    TilingAttr tiling = layer.tiling;
    int64_t rows = chip.crossbar.rows, columns = chip.crossbar.logicalColumns();
    if (tiling.getRows() > rows || tiling.getColumns() > columns)
      return violated(layer)
             << "has tiles of " << tiling.getRows() << " rows and "
             << tiling.getColumns() << " logical columns, a crossbar of chip '"
             << chip.name << "' has " << rows << " and " << columns;
    if (tiling.getActiveRows() > int64_t(chip.crossbar.activeRows))
      return violated(layer)
             << "reads " << tiling.getActiveRows() << " rows together, chip '"
             << chip.name << "' at most " << chip.crossbar.activeRows.value;
    if (tiling.getAdcBits() != int64_t(chip.crossbar.adcBits) ||
        tiling.getCellLevels() != int64_t(chip.device.cellLevels))
      return violated(layer)
             << "is cut for " << tiling.getAdcBits() << " ADC bits and "
             << tiling.getCellLevels() << " cell levels, chip '" << chip.name
             << "' has " << chip.crossbar.adcBits.value << " and "
             << chip.device.cellLevels.value;
    bool differential =
        chip.crossbar.encoding.value == chip::WeightEncoding::Differential;
    if (differential == (tiling.getSlicing() == SliceKind::Biased))
      return violated(layer)
             << "is sliced as " << stringifySliceKind(tiling.getSlicing())
             << ", which chip '" << chip.name << "' cannot encode";
    int64_t passes = countPasses(layer, chip.crossbar);
    if (tiling.getPasses() != passes)
      return violated(layer) << "is driven in " << tiling.getPasses()
                             << " passes, its digits need " << passes;
    return success();
  }

  /// The slices give every weight back, and their digits fit the cells.
  LogicalResult verifyWeights(const Layer &layer) {
    FailureOr<WeightValues> values = readWeightValues(layer);
    if (failed(values))
      return failure();
    image::Slicing slicing = layer.tiling.getSlicingSpec();
    image::DigitRange range = layer.tiling.getDigitRange();
    for (int32_t value : *values) {
      int64_t sum = -image::sliceBias(slicing);
      for (int32_t slice = 0; slice < slicing.slices; ++slice) {
        int32_t digit = image::sliceDigit(slicing, value, slice);
        if (digit < range.minimum || digit > range.maximum() ||
            (digit - range.minimum) % range.step != 0)
          return violated(layer)
                 << "stores weight " << value << " with level " << digit
                 << ", which is not among the tiling's levels " << range.minimum
                 << " to " << range.maximum() << " by " << range.step;
        sum += image::sliceFactor(slicing, slice) * digit;
      }
      if (sum != value)
        return violated(layer) << "stores weight " << value
                               << " as slices that stand for " << sum;
    }
    if (!layer.tiling.getExact())
      return success();
    auto encoding = layer.tiling.getSlicing() == SliceKind::Biased
                        ? image::Encoding::Flip
                        : image::Encoding::Differential;
    int64_t codes = image::codesNeeded(
        encoding, image::largestSum(encoding, layer.tiling.getActiveRows(),
                                    range.largest(),
                                    int32_t(bitsOfPass(layer, chip.crossbar))));
    if (codes > int64_t(1) << layer.tiling.getAdcBits())
      return violated(layer)
             << "is said to be exact, but " << layer.tiling.getActiveRows()
             << " rows of levels up to " << range.largest() << " make " << codes
             << " different sums and " << layer.tiling.getAdcBits()
             << " ADC bits tell " << (int64_t(1) << layer.tiling.getAdcBits())
             << " apart";
    return success();
  }

  /// One tile: its crossbar is on the chip and free in its round.
  LogicalResult verifyTile(const Layer &layer, int64_t id, int64_t round) {
    if (id >= int64_t(chip.crossbars()))
      return violated(layer) << "is placed in crossbar " << id << ", chip '"
                             << chip.name << "' has " << chip.crossbars();
    auto [entry, isFree] = occupants.try_emplace({round, id}, layer.name);
    if (!isFree)
      return violated(layer)
             << "is placed in crossbar " << id << " of round " << round
             << ", which holds layer '" << entry->second << "'";
    ++tiles;
    return success();
  }

  /// One column block of one copy: its row blocks, one after another.
  LogicalResult verifyStrip(const Layer &layer, int64_t replica, int64_t group,
                            int64_t block, ArrayRef<int64_t> ids,
                            ArrayRef<int64_t> rounds) {
    // Row blocks by round and core.
    std::map<int64_t, std::map<int64_t, SmallVector<int64_t>>> places;
    int64_t covered = 0; // rows below this are in one tile each
    for (auto [rowBlock, id, round] : llvm::enumerate(ids, rounds)) {
      if (failed(verifyTile(layer, id, round)))
        return failure();
      places[round][id / int64_t(chip.core.crossbars)].push_back(
          int64_t(rowBlock));
      covered += layer.usedRows(rowBlock);
    }
    if (covered != layer.inputs)
      return violated(layer) << "holds " << covered << " of " << layer.inputs
                             << " rows in column block " << block;
    weights += covered * layer.usedOutputs(block);
    int64_t room = int64_t(chip.core.bufferKib) * 1024;
    int64_t most = std::max<int64_t>(
        1, tilesPerCore(chip.core.crossbars, room, digitBytes(layer),
                        partialSumBytes(layer, block)));
    if (places.size() > 1 &&
        int64_t(ids.size()) <= most * int64_t(chip.cores.value))
      return violated(layer)
             << "keeps the partial sums of column block " << block << " over "
             << places.size() << " rounds, 1 would do";
    for (const auto &[round, cores] : places) {
      int64_t tilesHere = 0;
      for (const auto &[core, rowBlocks] : cores)
        tilesHere += rowBlocks.size();
      int64_t least = llvm::divideCeil(tilesHere, most);
      if (int64_t(cores.size()) > least)
        return violated(layer) << "spreads the partial sums of column block "
                               << block << " over " << cores.size()
                               << " cores, " << least << " would hold them";
      for (const auto &[core, rowBlocks] : cores) {
        Buffer &buffer = buffers[{round, core}];
        for (int64_t rowBlock : rowBlocks)
          if (buffer.inputs.insert({layer.op, replica, group, rowBlock}).second)
            buffer.bytes += digitBytes(layer);
        buffer.bytes += partialSumBytes(layer, block);
        if (buffer.bytes > room)
          return violated(layer)
                 << "needs " << buffer.bytes << " bytes of the buffer of core "
                 << core << ", which has " << room;
      }
    }
    return success();
  }

  LogicalResult verifyPlacement(const Layer &layer) {
    ArrayRef<int64_t> ids = layer.placement.getCrossbars().asArrayRef();
    SmallVector<int64_t> roundOf = layer.placement.getRoundOfCrossbars();
    ArrayRef<int64_t> rounds = roundOf;
    int64_t rowBlocks = layer.tiling.getRowBlocks();
    int64_t replicas = layer.placement.getReplicas();
    int64_t before = weights;
    for (int64_t replica = 0; replica < replicas; ++replica)
      for (int64_t group = 0; group < layer.groups; ++group)
        for (int64_t block = 0; block < layer.tiling.getColumnBlocks();
             ++block) {
          if (failed(verifyStrip(layer, replica, group, block,
                                 ids.take_front(rowBlocks),
                                 rounds.take_front(rowBlocks))))
            return failure();
          ids = ids.drop_front(rowBlocks);
          rounds = rounds.drop_front(rowBlocks);
        }
    int64_t wanted = replicas * layer.groups * layer.inputs * layer.outputs;
    if (weights - before != wanted)
      return violated(layer) << "places " << weights - before << " weights in "
                             << replicas << " replicas, needs " << wanted;
    return success();
  }

  LogicalResult verifyProduct(ProductOp op) {
    if (op.getEngine() == digitalEngine)
      return success();
    std::optional<int64_t> held = keysHeld(op, chip);
    if (!held)
      return op.emitOpError("runs on engine '")
             << op.getEngine() << "', which chip '" << chip.name
             << "' does not have";
    if (!op.getKeysPerTile())
      return op.emitOpError("does not say how many keys it holds; run "
                            "xbar-tile first");
    if (int64_t(*op.getKeysPerTile()) > *held)
      return op.emitOpError("holds ")
             << *op.getKeysPerTile() << " keys of " << keyBits(op)
             << " bits, engine '" << op.getEngine() << "' has room for "
             << *held;
    return success();
  }

  LogicalResult run() {
    FailureOr<chip::Chip> found = getChip(getOperation());
    if (failed(found))
      return failure();
    chip = std::move(*found);
    occupants.clear();
    buffers.clear();
    weights = tiles = 0;
    for (const Layer &layer : getLayers(getOperation())) {
      if (!layer.placement)
        return layer.op->emitOpError("needs a placement; run xbar-place first");
      if (failed(verifyGeometry(layer)) || failed(verifyWeights(layer)))
        return failure();
      // The op's verifier has compared a layer without cells of its own with
      // their owner, whose place is the only one that it may share.
      if (layer.hasOwnCells() && failed(verifyPlacement(layer)))
        return failure();
    }
    WalkResult products = getOperation().walk([&](ProductOp op) {
      return failed(verifyProduct(op)) ? WalkResult::interrupt()
                                       : WalkResult::advance();
    });
    if (products.wasInterrupted())
      return failure();
    getOperation()->setAttr(verifiedAttrName, UnitAttr::get(&getContext()));
    remark::analysis(getOperation().getLoc(),
                     remark::RemarkOpts::name("Verified")
                         .category("xbar-verify-mapping")
                         .function(chip.name))
        << remark::metric("weights", weights) << remark::metric("tiles", tiles)
        << remark::metric("buffers", int64_t(buffers.size()));
    return success();
  }

  void runOnOperation() override {
    if (failed(run()))
      signalPassFailure();
  }
};

} // namespace
