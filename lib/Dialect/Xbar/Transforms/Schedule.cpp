//===- Schedule.cpp - Order and count the rounds that program crossbars ---===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CoreAllocator.h"
#include "mlir/IR/Remarks.h"
#include "snn/Dialect/Xbar/ModuleChip.h"
#include "snn/Dialect/Xbar/Passes.h"
#include "snn/Dialect/Xbar/Summary.h"
#include "snn/Dialect/Xbar/Xbar.h"

namespace snn::xbar {
#define GEN_PASS_DEF_XBARSCHEDULE
#include "snn/Dialect/Xbar/Passes.h.inc"
} // namespace snn::xbar

using namespace mlir;
using namespace snn;
using namespace snn::xbar;

namespace {

/// What one round programs.
struct Round {
  SmallVector<StringRef> layers;
  int64_t crossbars = 0;
  int64_t cells = 0; ///< logical cells, copies included
};

/// The cells that are written: two a weight's digit where it is a difference.
int64_t physicalCells(int64_t logical, const chip::Chip &chip) {
  bool isPair =
      chip.crossbar.encoding.value == chip::WeightEncoding::Differential;
  return logical * (isPair ? 2 : 1);
}

struct Schedule : xbar::impl::XbarScheduleBase<Schedule> {
  using XbarScheduleBase::XbarScheduleBase;

  FailureOr<std::vector<Round>> collectRounds() {
    std::vector<Round> rounds;
    for (const Layer &layer : getLayers(getOperation())) {
      if (!layer.placement)
        return layer.op->emitOpError("needs a placement; run xbar-place first");
      PlacementAttr placement = layer.placement;
      int64_t index = placement.getRound(), tile = 0;
      // The owner of its cells is in front of it, in the same rounds.
      if (!layer.hasOwnCells()) {
        for (int64_t count = placement.getRoundCount(); count > 0; --count)
          rounds[index++].layers.push_back(layer.name);
        continue;
      }
      bool follows = rounds.empty() ? index == 0
                                    : index == int64_t(rounds.size()) - 1 ||
                                          index == int64_t(rounds.size());
      if (!follows)
        return layer.op->emitOpError("runs in round ")
               << index << " after a layer of round "
               << int64_t(rounds.size()) - 1;
      for (int64_t tiles : placement.getTilesPerRound()) {
        if (index++ == int64_t(rounds.size()))
          rounds.emplace_back();
        Round &round = rounds.back();
        round.layers.push_back(layer.name);
        round.crossbars += tiles;
        for (int64_t end = tile + tiles; tile < end; ++tile)
          round.cells += layer.usedCells(tile % layer.tiling.getTiles());
      }
    }
    return rounds;
  }

  void report(ArrayRef<Round> rounds, const chip::Chip &chip) {
    MappingSummary summary = summarise(getOperation(), chip);
    auto options = remark::RemarkOpts::name("Rounds")
                       .category("xbar-schedule")
                       .function(chip.name);
    remark::analysis(getOperation().getLoc(), options)
        << remark::metric("rounds", summary.rounds)
        << remark::metric("tiles", summary.tiles)
        << remark::metric("crossbars", summary.crossbars)
        << remark::metric("of", int64_t(chip.crossbars()))
        << remark::metric("cells", summary.cells)
        << remark::metric(
               "utilisation",
               llvm::formatv("{0:F1} %", 100 * summary.utilisation).str());
    if (rounds.size() < 2)
      return;
    int64_t cores = countCoresNeeded(getOperation(), chip);
    getOperation().emitWarning("does not fit chip '")
        << chip.name << "': " << summary.crossbars << " crossbars needed, "
        << chip.crossbars() << " there; " << rounds.size() << " rounds program "
        << physicalCells(summary.cells, chip) << " cells in every run; "
        << cores << " cores of " << chip.core.crossbars.value
        << " crossbars, fewer weight bits or a smaller model would make it "
           "fit";
  }

  LogicalResult run() {
    ModuleOp module = getOperation();
    FailureOr<chip::Chip> chip = getChip(module);
    if (failed(chip))
      return failure();
    FailureOr<std::vector<Round>> rounds = collectRounds();
    if (failed(rounds))
      return failure();
    Builder builder(&getContext());
    SmallVector<Attribute> program;
    for (const Round &round : *rounds)
      program.push_back(builder.getDictionaryAttr(
          {builder.getNamedAttr("cells",
                                builder.getI64IntegerAttr(round.cells)),
           builder.getNamedAttr("crossbars",
                                builder.getI64IntegerAttr(round.crossbars)),
           builder.getNamedAttr("layers",
                                builder.getStrArrayAttr(round.layers))}));
    module->setAttr(roundsAttrName,
                    builder.getI64IntegerAttr(int64_t(rounds->size())));
    module->setAttr(programAttrName, builder.getArrayAttr(program));
    if (chip->hasCrossbars())
      report(*rounds, *chip);
    return success();
  }

  void runOnOperation() override {
    if (failed(run()))
      signalPassFailure();
  }
};

} // namespace
