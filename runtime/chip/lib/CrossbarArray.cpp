//===- CrossbarArray.cpp - Programming the crossbars of a layer -----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ArrayState.h"
#include "Purpose.h"
#include "isa/CrossbarLoops.h"
#include "ttfs/Packing.h"

#include "snn/runtime/Tensor.h"

#include <algorithm>
#include <cmath>

using namespace snn::vchip;
using snn::rt::Error;

int64_t ArrayGeometry::rowsOf(int64_t rowBlock) const {
  return std::min(tileRows, inputs - rowBlock * tileRows);
}

int64_t ArrayGeometry::outputsOf(int64_t columnBlock) const {
  return std::min(tileOutputs, outputs - columnBlock * tileOutputs);
}

void CrossbarCounters::merge(const CrossbarCounters &other) {
  vectors += other.vectors;
  conversions += other.conversions;
  drivenRows += other.drivenRows;
  activeCells += other.activeCells;
  drivenGroups += other.drivenGroups;
  skippedGroups += other.skippedGroups;
  saturations += other.saturations;
}

static void require(bool condition, const std::string &what) {
  if (!condition)
    throw Error("crossbar array: " + what);
}

CrossbarArray::CrossbarArray(const CrossbarKind &crossbarKind,
                             const ArrayGeometry &geometry, uint32_t layerIndex)
    : kind(crossbarKind), shape(geometry), layer(layerIndex) {
  const CellDevice &device = kind.device;
  require(device.cellLevels >= 2 && device.cellLevels <= 128,
          "cells of " + std::to_string(device.cellLevels) +
              " levels, expected 2 to 128");
  require(device.gOnUs > device.gOffUs && device.gOffUs >= 0,
          "the highest level needs more conductance than level 0");
  require(shape.inputs > 0 && shape.outputs > 0 && shape.tileRows > 0 &&
              shape.tileOutputs > 0 && !shape.sliceFactors.empty(),
          "an empty layer");
  require(shape.tileRows <= 65536, "tiles of more than 65536 rows");
  require(shape.groupRows > 0, "row groups without rows");
  require(shape.adcBits >= 1 && shape.adcBits <= 16,
          "converters of " + std::to_string(shape.adcBits) +
              " bits, expected 1 to 16");
  require(shape.largestLevel >= 1 &&
              shape.largestLevel < kind.device.cellLevels,
          "levels up to " + std::to_string(shape.largestLevel) +
              " in cells of " + std::to_string(kind.device.cellLevels));
  require(shape.adcRanges.empty() ||
              static_cast<int64_t>(shape.adcRanges.size()) == shape.rowBlocks(),
          std::to_string(shape.adcRanges.size()) + " converter ranges for " +
              std::to_string(shape.rowBlocks()) + " row blocks");
  for (double range : shape.adcRanges)
    require(range > 0 && std::isfinite(range),
            "a converter range of " + std::to_string(range));
  require(shape.sliceLevels.empty() ||
              static_cast<int64_t>(shape.sliceLevels.size()) == shape.slices(),
          "a highest level for " + std::to_string(shape.sliceLevels.size()) +
              " of " + std::to_string(shape.slices()) + " slices");
  for (int32_t level : shape.sliceLevels)
    require(level >= 1 && level <= shape.largestLevel,
            "a slice of levels up to " + std::to_string(level) +
                " in a layer of levels up to " +
                std::to_string(shape.largestLevel));
  if (kind.encoding == CellEncoding::Single) {
    shape.largestLevel = kind.device.cellLevels - 1;
    shape.sliceLevels.clear();
  }
}

int64_t CrossbarArray::stride() const {
  constexpr int64_t block = detail::columnBlock;
  return (shape.columns() + block - 1) / block * block;
}

int64_t CrossbarArray::groupsOf(int64_t rowBlock) const {
  return (shape.rowsOf(rowBlock) + shape.groupRows - 1) / shape.groupRows;
}

double CrossbarArray::highestCode() const {
  return kind.encoding == CellEncoding::Differential
             ? static_cast<double>((int64_t(1) << (shape.adcBits - 1)) - 1)
             : static_cast<double>((int64_t(1) << shape.adcBits) - 1);
}

double CrossbarArray::codeStep(int64_t rowBlock) const {
  if (shape.adcRanges.empty())
    return 1;
  // Signed codes span both signs of the range.
  double span = shape.adcRanges[static_cast<size_t>(rowBlock)] *
                (kind.encoding == CellEncoding::Differential ? 2 : 1);
  return span / static_cast<double>((int64_t(1) << shape.adcBits) - 1);
}

double CrossbarArray::compensation(int64_t replica, int64_t rowBlock,
                                   int64_t column) const {
  const State &state = *states.at(static_cast<size_t>(replica));
  return state.gains.empty()
             ? 1.0
             : state.gains[static_cast<size_t>(rowBlock * stride() + column)];
}

float CrossbarArray::level(int64_t replica, int64_t row, int64_t column) const {
  return states.at(static_cast<size_t>(replica))
      ->levels[static_cast<size_t>(row * stride() + column)];
}

void CrossbarArray::program(int64_t replica,
                            const std::vector<TileContents> &tiles,
                            const NoiseModel &noise, bool analog) {
  int64_t rowBlocks = shape.rowBlocks();
  require(static_cast<int64_t>(tiles.size()) ==
              rowBlocks * shape.columnBlocks(),
          std::to_string(tiles.size()) + " tiles, expected " +
              std::to_string(rowBlocks * shape.columnBlocks()));
  auto state = std::make_shared<State>();
  state->noise = noise;
  checkNoise(state->noise);
  size_t cells = static_cast<size_t>(shape.inputs * stride());
  snn::rt::requireMemory(cells * sizeof(float), "a replica of the cells");
  state->levels.assign(cells, 0.0f);
  if (noise.has(Effect::ReadNoise) &&
      state->noise[Effect::ReadNoise].model == "proportional")
    state->squares.assign(cells, 0.0f);
  if (noise.has(Effect::IrDrop)) {
    state->positive.assign(cells, 0.0f);
    if (kind.encoding == CellEncoding::Differential)
      state->negative.assign(cells, 0.0f);
  }
  if (noise.has(Effect::AdcOffset))
    state->offsets.assign(static_cast<size_t>(rowBlocks * stride()), 0.0f);
  if (noise.compensate)
    state->gains.assign(static_cast<size_t>(rowBlocks * stride()), 1.0f);
  bool uniform =
      std::all_of(shape.sliceLevels.begin(), shape.sliceLevels.end(),
                  [&](int32_t level) { return level == shape.largestLevel; });
  if (!uniform)
    for (int64_t c = 0; c < stride(); ++c) {
      auto top = static_cast<float>(shape.topLevel(c));
      state->topSquares.push_back(top * top);
    }
  bool anyFlip = std::any_of(tiles.begin(), tiles.end(),
                             [](const auto &t) { return !t.flips.empty(); });
  if (anyFlip) {
    require(kind.encoding == CellEncoding::Single,
            "complemented columns of differential cells");
    int64_t groups = 0;
    for (int64_t block = 0; block < rowBlocks; ++block)
      groups += groupsOf(block);
    state->signs.assign(static_cast<size_t>(groups * stride()), 1);
  }
  for (size_t i = 0; i < tiles.size(); ++i)
    programTile(*state, tiles[i], static_cast<int64_t>(i) / rowBlocks,
                static_cast<int64_t>(i) % rowBlocks);
  if (!analog)
    packIdeal(*state);
  if (static_cast<int64_t>(states.size()) <= replica)
    states.resize(static_cast<size_t>(replica) + 1);
  states[static_cast<size_t>(replica)] = std::move(state);
}

void CrossbarArray::packIdeal(State &state) const {
  const NoiseModel &noise = state.noise;
  if (!noise.exactCells() || noise.has(Effect::ReadNoise) ||
      noise.has(Effect::OutputNoise) || noise.has(Effect::IrDrop) ||
      noise.has(Effect::AdcOffset) || !state.gains.empty() ||
      shape.drive.bits > 8 || (shape.drive.bits > 1 && shape.drive.isSigned))
    return;
  for (int64_t block = 0; block < shape.rowBlocks(); ++block)
    for (int64_t g = 0; g < groupsOf(block); ++g) {
      int64_t first = block * shape.tileRows + g * shape.groupRows;
      int64_t rows =
          std::min(shape.groupRows, shape.rowsOf(block) - g * shape.groupRows);
      state.packedBegins.push_back(state.packed.size());
      state.packed.resize(
          state.packed.size() +
          static_cast<size_t>(rt::detail::packedBytes(rows, stride())));
      rt::detail::packLevels(
          rows, stride(), state.packed.data() + state.packedBegins.back(),
          [&](int64_t r, int64_t c) {
            return static_cast<int8_t>(
                state.levels[static_cast<size_t>((first + r) * stride() + c)]);
          });
    }
}

void CrossbarArray::programTile(State &state, const TileContents &tile,
                                int64_t columnBlock, int64_t rowBlock) const {
  int64_t rows = shape.rowsOf(rowBlock), slices = shape.slices();
  int64_t columns = shape.outputsOf(columnBlock) * slices;
  require(static_cast<int64_t>(tile.levels.size()) == rows * columns,
          "a tile of " + std::to_string(tile.levels.size()) +
              " levels, expected " + std::to_string(rows) + "x" +
              std::to_string(columns));
  const CellDevice &device = kind.device;
  bool pair = kind.encoding == CellEncoding::Differential;
  bool exact = state.noise.exactCells();
  bool conductances =
      !exact || !state.squares.empty() || !state.positive.empty();
  Cells cells(device, state.noise);
  auto gOff = static_cast<float>(device.gOffUs);
  int64_t firstRow = rowBlock * shape.tileRows;
  int64_t firstColumn = columnBlock * shape.tileOutputs * slices;
  double before = 0, after = 0;
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c) {
      int32_t level = tile.levels[static_cast<size_t>(r * columns + c)];
      int32_t largest = shape.topLevel(c);
      double step = device.stepUs(largest);
      auto inverse = static_cast<float>(1 / step);
      require(level >= (pair ? -largest : 0) && level <= largest,
              "level " + std::to_string(level) + " in cells of " +
                  std::to_string(device.cellLevels) + " levels");
      auto at =
          static_cast<size_t>((firstRow + r) * stride() + firstColumn + c);
      if (!conductances) {
        state.levels[at] = static_cast<float>(level);
        continue;
      }
      auto make = [&](int32_t magnitude, int64_t column) {
        auto target = static_cast<float>(device.gOffUs + magnitude * step);
        if (exact)
          return CellState{target, target, target};
        return cells.state(target, {tile.crossbar, static_cast<uint32_t>(r),
                                    static_cast<uint32_t>(column)});
      };
      CellState positive =
          make(pair ? std::max(level, 0) : level, pair ? 2 * c : c);
      CellState negative = {gOff, gOff, gOff};
      if (pair)
        negative = make(std::max(-level, 0), 2 * c + 1);
      state.levels[at] = exact ? static_cast<float>(level)
                               : (positive.now - negative.now) * inverse;
      before += std::fabs(positive.fresh - negative.fresh);
      after += std::fabs(positive.now - negative.now);
      if (!state.squares.empty())
        state.squares[at] = (positive.now * positive.now +
                             (pair ? negative.now * negative.now : 0.0f)) *
                            inverse * inverse;
      if (!state.positive.empty())
        state.positive[at] = positive.now;
      if (!state.negative.empty())
        state.negative[at] = negative.now;
    }
  if (!state.gains.empty() && after > 0)
    std::fill_n(state.gains.begin() + rowBlock * stride() + firstColumn,
                columns, static_cast<float>(before / after));
  if (!state.offsets.empty()) {
    auto deviation =
        static_cast<float>(state.noise[Effect::AdcOffset].magnitude);
    for (int64_t c = 0; c < columns; ++c) {
      // Neighbouring columns share a converter.
      auto converter = static_cast<uint32_t>(c * kind.adcsPerCrossbar /
                                             (shape.tileOutputs * slices));
      rt::PhiloxWords words =
          rt::philox({{converter, tile.crossbar, 0, 0}},
                     rt::PhiloxKey::make(state.noise.seed, OffsetPurpose));
      state
          .offsets[static_cast<size_t>(rowBlock * stride() + firstColumn + c)] =
          deviation * normalOf(words.word[0]);
    }
  }
  if (tile.flips.empty())
    return;
  int64_t groups = groupsOf(rowBlock), firstGroup = 0;
  require(static_cast<int64_t>(tile.flips.size()) == groups * columns,
          std::to_string(tile.flips.size()) + " flip flags, expected " +
              std::to_string(groups * columns));
  for (int64_t block = 0; block < rowBlock; ++block)
    firstGroup += groupsOf(block);
  for (int64_t g = 0; g < groups; ++g)
    for (int64_t c = 0; c < columns; ++c)
      if (tile.flips[static_cast<size_t>(g * columns + c)])
        state.signs[static_cast<size_t>((firstGroup + g) * stride() +
                                        firstColumn + c)] = -1;
}
