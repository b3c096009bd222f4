//===- StaticLayer.cpp - A linear or convolution on crossbars -------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StaticLayer.h"

#include "kernels/Convolution.h"

#include <algorithm>

using namespace snn::vchip;
using namespace snn;
using snn::rt::Error;
using snn::rt::Tensor;

static CrossbarKind kindOf(const image::pb::ChipSection &chip) {
  CrossbarKind kind;
  kind.device.cellLevels = static_cast<int32_t>(chip.device().cell_levels());
  kind.device.gOnUs = chip.device().g_on_us();
  kind.device.gOffUs = chip.device().g_off_us();
  kind.encoding = chip.crossbar().encoding() == image::pb::Crossbar::FLIP
                      ? CellEncoding::Single
                      : CellEncoding::Differential;
  kind.adcsPerCrossbar =
      std::max<int64_t>(1, chip.crossbar().adcs_per_crossbar());
  return kind;
}

static ArrayGeometry geometryOf(const image::pb::ChipSection &chip,
                                const image::pb::Layer &layer,
                                DriveKind drive) {
  const image::pb::Tiling &tiling = layer.tiling();
  ArrayGeometry g;
  g.inputs = layer.inputs();
  g.outputs = layer.outputs();
  g.tileRows = tiling.rows();
  g.tileOutputs = tiling.outputs_per_tile();
  g.sliceFactors.assign(tiling.slice_factors().begin(),
                        tiling.slice_factors().end());
  g.bias = tiling.bias();
  for (int slice = 0; slice < tiling.slice_factors_size(); ++slice) {
    g.sliceLevels.push_back(image::topLevel(chip, layer, slice));
    g.largestLevel = std::max(g.largestLevel, g.sliceLevels.back());
  }
  g.groupRows = tiling.active_rows();
  g.adcBits = tiling.adc_bits();
  g.adcRanges.assign(tiling.adc_ranges().begin(), tiling.adc_ranges().end());
  if (layer.coding().has_phase()) {
    // One slot: positive spikes, then negative ones.
    g.drive = DriveSchedule::slotSerial(
        layer.coding().phase().positive() ? 0 : -1, 1);
    return g;
  }
  if (drive == DriveKind::SlotSerial) {
    g.drive = DriveSchedule::slotSerial(layer.drive().lowest_digit(),
                                        layer.drive().highest_digit());
    return g;
  }
  if (layer.drive().highest_digit() > 1 &&
      layer.drive().pass_factors_size() == layer.drive().highest_digit() &&
      layer.drive().pass_factors(layer.drive().pass_factors_size() - 1) == 1) {
    g.drive = DriveSchedule::unary(layer.drive().highest_digit());
    return g;
  }
  g.drive.factors.assign(layer.drive().pass_factors().begin(),
                         layer.drive().pass_factors().end());
  g.drive.isSigned = layer.drive().lowest_digit() < 0 ||
                     (!g.drive.factors.empty() && g.drive.factors.back() < 0);
  g.drive.bits = std::max(1, static_cast<int32_t>(layer.drive().bits()));
  return g;
}

/// The tiles of one group and replica, in the order column block, row block.
/// Layers with the same cells name the same crossbars, and so see the same
/// devices: what is drawn for a cell depends on its place alone.
static std::vector<TileContents> tilesOf(const image::Image &image,
                                         const image::pb::Layer &layer,
                                         int64_t group, int64_t replica) {
  std::vector<TileContents> tiles;
  for (const image::pb::Tile &tile :
       image::ownerOfCells(image.layers(), layer).tiles()) {
    if (tile.group() != group)
      continue;
    TileContents contents;
    contents.crossbar = tile.crossbars(static_cast<int>(replica));
    contents.levels = image.levels(layer, tile).toVector<int8_t>();
    if (!tile.flips().empty()) {
      int64_t rows = layer.tiling().active_rows();
      int64_t groups = (tile.rows() + rows - 1) / rows;
      for (int64_t g = 0; g < groups; ++g)
        for (int64_t c = 0; c < tile.columns(); ++c)
          contents.flips.push_back(image::Image::isFlipped(tile, g, c));
    }
    tiles.push_back(std::move(contents));
  }
  return tiles;
}

StaticLayer::StaticLayer(const image::Image &image, int index,
                         const NoiseModel &noise, DriveKind drive)
    : layer(image.layers().layers(index)),
      coding(image::toCoding(layer.coding())) {
  try {
    if (layer.coding().has_phase()) {
      phase = image::toPhaseCoding(layer.coding());
      if (layer.weight_scale() >= 0)
        weightScale = image.constant(layer.weight_scale());
      if (layer.bias() >= 0)
        bias = image.constant(layer.bias());
    }
    if (layer.offset() >= 0)
      offset = image.constant(layer.offset());
    int64_t channels = int64_t(layer.groups()) * layer.outputs();
    if (offset.defined() && (offset.rank() == 0 || offset.dim(0) != channels))
      throw Error("the constant has shape " + rt::toString(offset.shape()) +
                  ", expected " + std::to_string(channels) + " channels");
    // Replicas differ in their devices only.
    int64_t replicas = noise.exactCells() && !noise.has(Effect::AdcOffset)
                           ? 1
                           : layer.replicas();
    for (int64_t group = 0; group < layer.groups(); ++group) {
      arrays.emplace_back(
          kindOf(image.chip()), geometryOf(image.chip(), layer, drive),
          static_cast<uint32_t>(index) << 12 | static_cast<uint32_t>(group));
      for (int64_t replica = 0; replica < replicas; ++replica)
        arrays.back().program(replica, tilesOf(image, layer, group, replica),
                              noise);
    }
  } catch (const std::exception &e) {
    throw Error("layer '" + layer.node() + "': " + e.what());
  }
}

/// The window of a layer over one train.
static rt::detail::ConvolutionGeometry
convolutionOf(const image::pb::Layer &layer, const rt::Shape &train) {
  rt::Shape weights = {int64_t(layer.groups()) * layer.outputs(),
                       layer.inputs()};
  for (uint32_t size : layer.convolution().kernel()) {
    weights[1] /= size;
    weights.push_back(size);
  }
  const image::pb::Convolution &c = layer.convolution();
  return rt::detail::ConvolutionGeometry(
      layer.node().c_str(), train, weights,
      rt::Ints(c.strides().begin(), c.strides().end()),
      rt::Ints(c.pads().begin(), c.pads().end()),
      rt::Ints(c.dilations().begin(), c.dilations().end()), layer.groups());
}

/// A linear multiplies the last axis.
static void requireColumns(const image::pb::Layer &layer,
                           const rt::Shape &train) {
  if (train.empty() || train.back() != layer.inputs())
    throw Error("an input of shape " + rt::toString(train) + ", expected " +
                std::to_string(layer.inputs()) + " columns");
}

rt::Shape StaticLayer::resultShape(const image::pb::Layer &layer,
                                   const rt::Shape &train) {
  if (layer.has_convolution())
    return convolutionOf(layer, train)
        .resultShape(static_cast<int64_t>(train.size()));
  requireColumns(layer, train);
  rt::Shape shape = train;
  shape.back() = layer.outputs();
  return shape;
}

std::vector<int16_t> StaticLayer::digitsOf(const Tensor &train, int32_t slot,
                                           int64_t group) const {
  const uint8_t *bytes = static_cast<const uint8_t *>(train.raw());
  auto digitOf = [&](uint8_t byte) {
    if (phase) {
      auto code = static_cast<int8_t>(byte);
      return static_cast<int16_t>((code == slot + 1) - (code == -slot - 1));
    }
    // A level within the window never leaves the encoder.
    return static_cast<int16_t>(coding.digit(coding.deadZone(byte)));
  };
  std::vector<int16_t> digits;
  if (!layer.has_convolution()) {
    digits.resize(static_cast<size_t>(train.size()));
    std::transform(bytes, bytes + train.size(), digits.begin(), digitOf);
    return digits;
  }
  rt::detail::ConvolutionGeometry window = convolutionOf(layer, train.shape());
  int64_t pixels = window.groupInputs * window.height * window.width;
  int64_t points = window.outHeight * window.outWidth, taps = window.taps();
  std::vector<int16_t> image(static_cast<size_t>(pixels));
  std::vector<int16_t> columns(static_cast<size_t>(taps * points));
  digits.resize(static_cast<size_t>(window.batch * points * taps));
  for (int64_t b = 0; b < window.batch; ++b) {
    const uint8_t *from = bytes +
                          b * window.inputs * window.height * window.width +
                          group * pixels;
    std::transform(from, from + pixels, image.begin(), digitOf);
    // Padded taps drive no row.
    window.unfold<int16_t>(image.data(), columns.data(), 0);
    int16_t *to = digits.data() + b * points * taps;
    for (int64_t p = 0; p < points; ++p)
      for (int64_t k = 0; k < taps; ++k)
        *to++ = columns[static_cast<size_t>(k * points + p)];
  }
  return digits;
}

std::vector<std::vector<int64_t>>
StaticLayer::multiply(const Tensor &train, int32_t slot, uint64_t sample,
                      CrossbarCounters &counters) const {
  if (!layer.has_convolution())
    requireColumns(layer, train.shape());
  std::vector<std::vector<int64_t>> sums;
  for (size_t group = 0; group < arrays.size(); ++group) {
    std::vector<int16_t> digits =
        digitsOf(train, slot, static_cast<int64_t>(group));
    auto vectors = static_cast<int64_t>(digits.size()) / layer.inputs();
    sums.emplace_back(static_cast<size_t>(vectors * layer.outputs()));
    // Slots of a vector run on one replica, with noise of their own.
    auto first = static_cast<uint64_t>(slot * vectors) * layer.replicas();
    arrays[group].multiply(digits.data(), vectors, {sample, first},
                           sums.back().data(), counters);
    // A vector counts once.
    if (slot > 0)
      counters.vectors -= vectors;
  }
  return sums;
}

template <typename Put>
rt::Shape StaticLayer::forEachOutput(const Tensor &train, Put put) const {
  int64_t outputs = layer.outputs();
  if (!layer.has_convolution()) {
    rt::Shape shape = train.shape();
    shape.back() = outputs;
    int64_t size = train.size() / layer.inputs() * outputs;
    for (int64_t i = 0; i < size; ++i)
      put(i, 0, i, i % outputs, 0);
    return shape;
  }
  rt::detail::ConvolutionGeometry window = convolutionOf(layer, train.shape());
  int64_t points = window.outHeight * window.outWidth, where = 0;
  for (int64_t b = 0; b < window.batch; ++b)
    for (int64_t o = 0; o < window.outputs; ++o)
      for (int64_t p = 0; p < points; ++p)
        put(where++, o / outputs, (b * points + p) * outputs + o % outputs, o,
            p);
  return window.resultShape(train.rank());
}

Tensor
StaticLayer::assemble(const Tensor &train,
                      const std::vector<std::vector<int64_t>> &sums) const {
  size_t size = 0;
  for (const std::vector<int64_t> &group : sums)
    size += group.size();
  const int32_t *start = offset.defined() ? offset.data<int32_t>() : nullptr;
  int64_t channels = int64_t(layer.groups()) * layer.outputs();
  // A convolution's constant may differ from point to point.
  int64_t points =
      start && offset.size() > channels ? offset.size() / channels : 1;
  int64_t outputs = static_cast<int64_t>(size) / std::max<int64_t>(channels, 1);
  if (start && (offset.size() != channels * points ||
                (points > 1 && (outputs == 0 || outputs % points))))
    throw Error("the constant has shape " + rt::toString(offset.shape()) +
                ", which does not fit the result");
  std::vector<int32_t> values(size);
  rt::Shape shape = forEachOutput(train, [&](int64_t where, int64_t group,
                                             int64_t index, int64_t channel,
                                             int64_t point) {
    int64_t at = points > 1 ? channel * points + point : channel;
    // The digits that are driven are relative to the mask: their sum alone
    // may need more than the 32 bits of the accumulator that it makes up
    // with the constant.
    int64_t sum = sums[static_cast<size_t>(group)][static_cast<size_t>(index)] +
                  (start ? start[at] : 0);
    values[static_cast<size_t>(where)] =
        static_cast<int32_t>(std::clamp<int64_t>(sum, INT32_MIN, INT32_MAX));
  });
  return Tensor::fromVector(shape, values);
}

std::vector<SlotSum> StaticLayer::startPotentials(const Tensor &train) const {
  int64_t vectors = train.size() / layer.inputs();
  if (layer.has_convolution()) {
    rt::detail::ConvolutionGeometry window =
        convolutionOf(layer, train.shape());
    vectors = window.batch * window.outHeight * window.outWidth;
  }
  return std::vector<SlotSum>(
      arrays.size(),
      SlotSum(*phase, static_cast<size_t>(vectors * layer.outputs())));
}

Tensor StaticLayer::assemblePotentials(const Tensor &train,
                                       const std::vector<SlotSum> &sums) const {
  auto parameter = [](const Tensor &tensor, int64_t channel, float absent) {
    return !tensor.defined()
               ? absent
               : tensor.data<float>()[tensor.size() == 1 ? 0 : channel];
  };
  size_t size = 0;
  for (const SlotSum &group : sums)
    size += group.size();
  std::vector<float> values(size);
  rt::Shape shape = forEachOutput(train, [&](int64_t where, int64_t group,
                                             int64_t index, int64_t channel,
                                             int64_t) {
    double factor = static_cast<double>(phase->scale) *
                    static_cast<double>(parameter(weightScale, channel, 1.0f));
    values[static_cast<size_t>(where)] =
        sums[static_cast<size_t>(group)].potential(
            static_cast<size_t>(index), factor,
            static_cast<double>(parameter(bias, channel, 0.0f)));
  });
  return Tensor::fromVector(shape, values);
}
