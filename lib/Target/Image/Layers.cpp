//===- Layers.cpp - Weights to conductance levels -------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Builder.h"
#include "snn/image/Verify.h"

#include <cmath>

using namespace mlir;
using namespace snn;
using namespace snn::detail;
using namespace snn::image;

static pb::Tiling::Slicing toMessage(xbar::SliceKind kind) {
  switch (kind) {
  case xbar::SliceKind::Direct:
    return pb::Tiling::DIRECT;
  case xbar::SliceKind::TwosComplement:
    return pb::Tiling::TWOS_COMPLEMENT;
  case xbar::SliceKind::SignedMagnitude:
    return pb::Tiling::SIGNED_MAGNITUDE;
  case xbar::SliceKind::Biased:
    return pb::Tiling::BIASED;
  }
  llvm_unreachable("unknown slicing");
}

static void fillTiling(xbar::TilingAttr tiling, pb::Tiling &message) {
  Slicing slicing = tiling.getSlicingSpec();
  message.set_slicing(toMessage(tiling.getSlicing()));
  message.set_weight_bits(tiling.getWeightBits());
  for (int32_t slice = 0; slice < slicing.slices; ++slice) {
    message.add_slice_factors(sliceFactor(slicing, slice));
    // A slice of zeros has a highest level all the same.
    message.add_slice_levels(1);
  }
  message.set_rows(tiling.getRows());
  message.set_columns(tiling.getColumns());
  message.set_outputs_per_tile(tiling.getOutputsPerTile());
  message.set_row_blocks(tiling.getRowBlocks());
  message.set_column_blocks(tiling.getColumnBlocks());
  message.set_active_rows(tiling.getActiveRows());
  message.set_adc_bits(tiling.getAdcBits());
  message.set_adc_policy(tiling.getAdcPolicy() == xbar::AdcPolicy::Lossless
                             ? pb::Crossbar::LOSSLESS
                             : pb::Crossbar::CALIBRATED);
  if (DenseF64ArrayAttr ranges = tiling.getAdcRange())
    for (double range : ranges.asArrayRef())
      message.add_adc_ranges(range);
  message.set_exact(tiling.getExact());
  message.set_largest_level(tiling.getDigitRange().largest());
  message.set_bias(sliceBias(slicing));
}

static void fillConvolution(const xbar::Layer &layer,
                            pb::Convolution &message) {
  auto weight = cast<RankedTensorType>(layer.weight.getType());
  for (int64_t size : weight.getShape().drop_front(2))
    message.add_kernel(size);
  for (int64_t stride : layer.window->strides)
    message.add_strides(stride);
  for (int64_t pad : layer.window->pads)
    message.add_pads(pad);
  for (int64_t dilation : layer.window->dilations)
    message.add_dilations(dilation);
}

FailureOr<uint32_t> ImageBuilder::addLayer(const xbar::Layer &layer) {
  if (!layer.tiling || !layer.placement)
    return layer.op->emitOpError("needs a ")
           << (layer.tiling ? "placement; run xbar-place first"
                            : "tiling; run xbar-tile first");
  if (layer.tiling.getCellLevels() != int64_t(chip.device.cellLevels))
    return layer.op->emitOpError("needs a tiling for cells of ")
           << unsigned(chip.device.cellLevels) << " levels, has one for "
           << layer.tiling.getCellLevels();
  pb::Layer &message = *contents.layers.add_layers();
  message.set_node(layer.name.str());
  message.set_inputs(layer.inputs);
  message.set_outputs(layer.outputs);
  message.set_groups(layer.groups);
  if (layer.window)
    fillConvolution(layer, *message.mutable_convolution());
  fillTiling(layer.tiling, *message.mutable_tiling());
  *message.mutable_coding() = toMessage(layer.input.getType());
  *message.mutable_drive() =
      makeDrive(message.coding(), chip.crossbar.driveBits,
                chip.crossbar.countSlots.value != 0);
  DigitRange digits = layer.tiling.getDigitRange();
  message.set_code_bits(std::max(digits.bits(), 1));
  for (int32_t code = 0; code < digits.count; ++code)
    message.add_code_levels(digits.minimum + digits.step * code);
  message.set_round(layer.placement.getRound());
  message.set_replicas(layer.placement.getReplicas());
  if (layer.placement.getRoundCount() > 1)
    for (int64_t tiles : layer.placement.getTilesPerRound())
      message.add_round_tiles(tiles);
  // A constant of the layer, or -1.
  auto addParameter = [&](StringRef name, Role role) -> FailureOr<int32_t> {
    auto value = layer.op->getAttrOfType<TypedAttr>(name);
    if (!value)
      return -1;
    return addConstant(value, layer.op, ("." + name).str(), role);
  };
  FailureOr<int32_t> offset = addParameter("offset", pb::Constant::OFFSET);
  FailureOr<int32_t> scale =
      addParameter("weight_scale", pb::Constant::REQUANTISER);
  FailureOr<int32_t> bias = addParameter("bias", pb::Constant::REQUANTISER);
  if (failed(offset) || failed(scale) || failed(bias))
    return failure();
  message.set_offset(*offset);
  message.set_weight_scale(*scale);
  message.set_bias(*bias);
  auto index = uint32_t(contents.layers.layers_size() - 1);
  if (layer.hasOwnCells()) {
    if (failed(addTiles(layer, message)))
      return failure();
    return index;
  }
  // The owner is the op in front, and so its message.
  message.set_cells_of(index - 1);
  *message.mutable_tiling()->mutable_slice_levels() =
      contents.layers.layers(int(index) - 1).tiling().slice_levels();
  return index;
}

/// The weight of row `row` and output `output` of a group. A linear's matrix is
/// [inputs, outputs]; a convolution's rows are contiguous per output.
static int32_t readWeight(const xbar::Layer &layer, const rt::Tensor &weight,
                          int64_t group, int64_t row, int64_t output) {
  int64_t at = layer.window
                   ? (group * layer.outputs + output) * layer.inputs + row
                   : row * layer.outputs + output;
  return weight.dtype() == rt::DType::I8 ? weight.data<int8_t>()[at]
                                         : weight.data<int16_t>()[at];
}

LogicalResult ImageBuilder::addTiles(const xbar::Layer &layer,
                                     pb::Layer &message) {
  FailureOr<rt::Tensor> weight =
      onnx::resolveConstant(layer.weight, layer.op->getLoc());
  if (failed(weight))
    return failure();
  xbar::TilingAttr tiling = layer.tiling;
  ArrayRef<int64_t> crossbars = layer.placement.getCrossbars().asArrayRef();
  SmallVector<int32_t> weights;
  for (int64_t group = 0; group < layer.groups; ++group)
    for (int64_t column = 0; column < tiling.getColumnBlocks(); ++column)
      for (int64_t row = 0; row < tiling.getRowBlocks(); ++row) {
        int64_t rows = layer.usedRows(row);
        int64_t outputs = layer.usedOutputs(column);
        weights.clear();
        for (int64_t r = 0; r < rows; ++r)
          for (int64_t o = 0; o < outputs; ++o)
            weights.push_back(
                readWeight(layer, *weight, group, row * tiling.getRows() + r,
                           column * tiling.getOutputsPerTile() + o));
        int64_t index = message.tiles_size();
        pb::Tile &tile = *message.add_tiles();
        tile.set_group(group);
        tile.set_row_block(row);
        tile.set_column_block(column);
        tile.set_rows(rows);
        tile.set_columns(outputs * tiling.getSlices());
        for (int64_t replica = 0; replica < layer.placement.getReplicas();
             ++replica)
          tile.add_crossbars(crossbars[replica * tiling.getTiles() + index]);
        if (failed(packTile(layer, weights, tile, message)))
          return failure();
      }
  return success();
}

/// Decides per row group and column whether it is stored complemented, and does
/// so; sets the tile's flags.
static void flipColumns(SmallVectorImpl<int32_t> &levels, int64_t activeRows,
                        int32_t cellLevels, pb::Tile &tile) {
  int64_t rows = tile.rows(), columns = tile.columns();
  int64_t groups = llvm::divideCeil(rows, activeRows);
  std::string flips(llvm::divideCeil(groups * columns, 8), '\0');
  for (int64_t group = 0; group < groups; ++group)
    for (int64_t column = 0; column < columns; ++column) {
      int64_t first = group * activeRows;
      int64_t end = std::min(rows, first + activeRows), sum = 0;
      for (int64_t row = first; row < end; ++row)
        sum += levels[row * columns + column];
      if (!isFlipped(sum, end - first, cellLevels))
        continue;
      int64_t bit = group * columns + column;
      flips[bit / 8] = char(flips[bit / 8] | 1 << bit % 8);
      for (int64_t row = first; row < end; ++row) {
        int32_t &level = levels[row * columns + column];
        level = cellLevels - 1 - level;
      }
    }
  tile.set_flips(std::move(flips));
}

LogicalResult ImageBuilder::packTile(const xbar::Layer &layer,
                                     ArrayRef<int32_t> weights, pb::Tile &tile,
                                     pb::Layer &message) {
  Slicing slicing = layer.tiling.getSlicingSpec();
  SmallVector<int32_t> levels;
  levels.reserve(weights.size() * slicing.slices);
  for (int32_t weight : weights)
    for (int32_t slice = 0; slice < slicing.slices; ++slice) {
      int32_t level = sliceDigit(slicing, weight, slice);
      levels.push_back(level);
      pb::Tiling &tiling = *message.mutable_tiling();
      if (uint32_t(std::abs(level)) > tiling.slice_levels(slice))
        tiling.set_slice_levels(slice, uint32_t(std::abs(level)));
    }
  if (chip.crossbar.encoding.value == chip::WeightEncoding::Flip)
    flipColumns(levels, layer.tiling.getActiveRows(), slicing.cellLevels, tile);
  DigitRange digits = layer.tiling.getDigitRange();
  tile.set_first_bit(conductances.size());
  for (int32_t level : levels) {
    int32_t code = (level - digits.minimum) / digits.step;
    if (code < 0 || code >= digits.count ||
        digits.minimum + code * digits.step != level)
      return layer.op->emitOpError("needs the level ")
             << level << ", which its tiling does not have";
    conductances.add(uint32_t(code), message.code_bits());
  }
  return success();
}
