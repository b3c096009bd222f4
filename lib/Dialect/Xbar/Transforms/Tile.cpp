//===- Tile.cpp - Cut layers into tiles and products into turns -----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MappingUtils.h"
#include "mlir/IR/Remarks.h"
#include "snn/Dialect/Xbar/ConverterCalibration.h"
#include "snn/Dialect/Xbar/ModuleChip.h"
#include "snn/Dialect/Xbar/Passes.h"

#include <cmath>

namespace snn::xbar {
#define GEN_PASS_DEF_XBARTILE
#include "snn/Dialect/Xbar/Passes.h.inc"
} // namespace snn::xbar

using namespace mlir;
using namespace snn;
using namespace snn::xbar;

namespace {

remark::RemarkOpts remarkNamed(StringRef name, StringRef layer) {
  return remark::RemarkOpts::name(name).category("xbar-tile").function(layer);
}

/// What is decided about a layer before its ADC's range is known.
struct Draft {
  Layer layer;
  image::DigitRange digits;
  SumGeometry geometry;
};

struct Tile : xbar::impl::XbarTileBase<Tile> {
  using XbarTileBase::XbarTileBase;

  chip::Chip chip;
  bool lossless = true;

  /// The rows that a lossless conversion may read, with a remark where that is
  /// fewer than the chip's.
  FailureOr<int64_t> activeRows(const Layer &layer, image::Encoding encoding,
                                const image::DigitRange &digits) {
    int64_t limit =
        std::min(chip.crossbar.activeRows.value, chip.crossbar.rows.value);
    if (!lossless)
      return limit;
    int32_t largest = digits.largest();
    auto bits = int32_t(bitsOfPass(layer, chip.crossbar));
    int64_t rows = image::losslessRows(encoding, largest, bits,
                                       chip.crossbar.adcBits.value, limit);
    if (rows == 0) {
      int64_t codes = image::codesNeeded(
          encoding, image::largestSum(encoding, 1, largest, bits));
      return layer.op->emitError("layer '")
             << layer.name << "' needs an ADC of " << llvm::Log2_64_Ceil(codes)
             << " bits to convert even one row of levels up to " << largest
             << " exactly, chip '" << chip.name << "' has "
             << chip.crossbar.adcBits.value
             << "; choose --adc-policy calibrated or cells of fewer levels";
    }
    if (rows < limit)
      remark::missed(layer.op->getLoc(),
                     remarkNamed("ActiveRowsCut", layer.name))
          << remark::reason("{0} active rows with levels up to {1} exceed {2} "
                            "ADC bits",
                            limit, largest, chip.crossbar.adcBits.value)
          << remark::metric("active_rows", rows)
          << remark::suggest("an ADC of more bits, or adc-policy=calibrated");
    return rows;
  }

  FailureOr<Draft> draft(const Layer &layer) {
    FailureOr<WeightValues> values = readWeightValues(layer);
    if (failed(values))
      return failure();
    auto encoding =
        chip.crossbar.encoding.value == chip::WeightEncoding::Differential
            ? image::Encoding::Differential
            : image::Encoding::Flip;
    Draft draft{layer, {}, {}};
    draft.geometry.encoding = encoding;
    draft.geometry.slicing =
        image::chooseSlicing(encoding, int32_t(chip.device.cellLevels.value),
                             values->front(), values->back());
    draft.digits = findDigits(*values, encoding, draft.geometry.slicing);
    draft.geometry.rows = chip.crossbar.rows;
    draft.geometry.passes = countPasses(layer, chip.crossbar);
    if (draft.geometry.slicing.slices > int64_t(chip.crossbar.logicalColumns()))
      return layer.op->emitError("layer '")
             << layer.name << "' needs " << draft.geometry.slicing.slices
             << " adjacent columns for a weight of "
             << draft.geometry.slicing.weightBits
             << " bits, a crossbar of chip '" << chip.name << "' has "
             << chip.crossbar.logicalColumns()
             << "; use fewer weight bits or cells of more levels";
    FailureOr<int64_t> rows = activeRows(layer, encoding, draft.digits);
    if (failed(rows))
      return failure();
    draft.geometry.activeRows = *rows;
    return draft;
  }

  /// The ranges of a calibrated ADC. A range of fewer units than codes is
  /// widened to one unit a code: finer steps than integers tell nothing.
  DenseF64ArrayAttr ranges(const Draft &draft,
                           ArrayRef<SumHistogram> histograms) {
    bool isSigned = draft.geometry.encoding == image::Encoding::Differential;
    double least = double((int64_t(1) << chip.crossbar.adcBits.value) - 1) /
                   (isSigned ? 2 : 1);
    SmallVector<double> values;
    for (const SumHistogram &histogram : histograms)
      values.push_back(std::max(least, double(percentile(histogram, 0.999))));
    return DenseF64ArrayAttr::get(&getContext(), values);
  }

  void setTiling(Draft &draft, DenseF64ArrayAttr range) {
    Layer &layer = draft.layer;
    const image::Slicing &slicing = draft.geometry.slicing;
    int64_t rows = chip.crossbar.rows, columns = chip.crossbar.logicalColumns();
    int64_t perTile = columns / slicing.slices;
    auto tiling = TilingAttr::get(
        &getContext(), SliceKind(slicing.kind), slicing.slices,
        slicing.weightBits, slicing.cellLevels, draft.digits.minimum,
        draft.digits.step, draft.digits.count, rows, columns,
        llvm::divideCeil(layer.inputs, rows),
        llvm::divideCeil(layer.outputs, perTile), layer.groups,
        draft.geometry.activeRows, draft.geometry.passes,
        chip.crossbar.adcBits.value,
        lossless ? AdcPolicy::Lossless : AdcPolicy::Calibrated, lossless,
        range);
    layer.setTiling(tiling);
    remark::passed(layer.op->getLoc(), remarkNamed("Tiled", layer.name))
        << remark::metric("layer", layer.name)
        << remark::metric("inputs", layer.inputs)
        << remark::metric("outputs", layer.outputs)
        << remark::metric("groups", layer.groups)
        << remark::metric("slicing", stringifySliceKind(tiling.getSlicing()))
        << remark::metric("slices", tiling.getSlices())
        << remark::metric("row_blocks", tiling.getRowBlocks())
        << remark::metric("column_blocks", tiling.getColumnBlocks())
        << remark::metric("tiles", tiling.getTiles())
        << remark::metric("active_rows", tiling.getActiveRows())
        << remark::metric("passes", tiling.getPasses())
        << remark::metric("exact", lossless ? "true" : "false")
        << remark::metric("utilisation",
                          percentText(layer.usedCells(),
                                      tiling.getTiles() * rows * columns));
  }

  /// Tiles a product over keys where its engine's memory asks for it.
  LogicalResult tileProduct(ProductOp op) {
    if (op.getEngine() == digitalEngine)
      return success();
    std::optional<int64_t> held = keysHeld(op, chip);
    std::string name = onnx::getNodeName(op.getLoc()).str();
    if (!held)
      return op.emitOpError("needs engine '")
             << op.getEngine() << "', which chip '" << chip.name
             << "' does not have";
    if (*held == 0)
      return op.emitOpError("product '")
             << name << "' needs engine memory for one key of " << keyBits(op)
             << " bits, half of the memory of engine '" << op.getEngine()
             << "' of chip '" << chip.name
             << "' is smaller; use fewer --kv-bits or elements with more "
                "memory";
    auto type = cast<RankedTensorType>(op.getRhs().getType());
    int64_t keys = type.getDimSize(op.getKeyAxis());
    int64_t turns = llvm::divideCeil(keys, *held);
    Builder builder(op);
    op.setKeysPerTileAttr(builder.getI64IntegerAttr(std::min(*held, keys)));
    op.setKeyTilesAttr(builder.getI64IntegerAttr(turns));
    if (turns == 1)
      remark::passed(op.getLoc(), remarkNamed("KeysResident", name))
          << remark::metric("keys", keys) << remark::metric("room", *held);
    else
      remark::missed(op.getLoc(), remarkNamed("KeysTiled", name))
          << remark::reason("{0} keys of {1} bits exceed the {2} keys that the "
                            "engine holds",
                            keys, keyBits(op), *held)
          << remark::metric("turns", turns)
          << remark::suggest("fewer --kv-bits or a shorter sequence");
    return success();
  }

  LogicalResult choosePolicy() {
    if (adcPolicy.empty()) {
      lossless = chip.crossbar.adcPolicy.value == chip::AdcPolicy::Lossless;
      return success();
    }
    std::optional<AdcPolicy> policy = symbolizeAdcPolicy(adcPolicy);
    if (!policy)
      return getOperation().emitError("needs ADC policy lossless or "
                                      "calibrated, has '")
             << adcPolicy << "'";
    lossless = *policy == AdcPolicy::Lossless;
    return success();
  }

  LogicalResult run() {
    FailureOr<chip::Chip> found = getChip(getOperation());
    if (failed(found))
      return failure();
    chip = std::move(*found);
    if (failed(choosePolicy()))
      return failure();
    std::vector<Draft> drafts;
    DenseMap<Operation *, SumGeometry> geometry;
    for (const Layer &layer : getLayers(getOperation())) {
      FailureOr<Draft> made = draft(layer);
      if (failed(made))
        return failure();
      geometry[layer.op] = made->geometry;
      drafts.push_back(std::move(*made));
    }
    ColumnSums histograms;
    if (!lossless && !drafts.empty()) {
      if (inputs.empty())
        return getOperation().emitError(
            "needs calibration inputs for the range of calibrated ADCs; give "
            "--calibrate, or --adc-policy lossless");
      const auto *calibration =
          getContext()
              .getLoadedDialect<XbarDialect>()
              ->getRegisteredInterface<ConverterCalibrationInterface>();
      if (!calibration)
        return getOperation().emitError(
            "needs a program that runs networks for the range of calibrated "
            "ADCs; register snn::calibration::registerConverterCalibration");
      FailureOr<ColumnSums> counted = calibration->countColumnSums(
          getOperation(), inputs, samples, geometry);
      if (failed(counted))
        return failure();
      histograms = std::move(*counted);
    }
    for (Draft &draft : drafts)
      setTiling(draft, lossless ? DenseF64ArrayAttr()
                                : ranges(draft, histograms[draft.layer.op]));
    WalkResult products = getOperation().walk([&](ProductOp op) {
      return failed(tileProduct(op)) ? WalkResult::interrupt()
                                     : WalkResult::advance();
    });
    return failure(products.wasInterrupted());
  }

  void runOnOperation() override {
    if (failed(run()))
      signalPassFailure();
  }
};

} // namespace

int64_t snn::xbar::percentile(const SumHistogram &histogram, double fraction) {
  int64_t total = 0, below = 0;
  for (int64_t count : histogram)
    total += count;
  auto wanted = int64_t(std::ceil(fraction * double(total)));
  for (auto [magnitude, count] : llvm::enumerate(histogram)) {
    below += count;
    if (below >= wanted)
      return int64_t(magnitude);
  }
  return 0;
}
