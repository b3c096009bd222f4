//===- VerifyLayers.cpp - Chip, layers and cells ----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SectionChecker.h"
#include "Verifiers.h"

#include "snn/image/Slicing.h"

#include <algorithm>
#include <cmath>
#include <map>

using namespace snn;
using namespace snn::image;

namespace {

class LayerVerifier : SectionChecker {
public:
  explicit LayerVerifier(const Image &image)
      : SectionChecker(image.container(), image.all()), image(image),
        chip(image.chip()),
        isPair(chip.crossbar().encoding() == pb::Crossbar::DIFFERENTIAL) {}

  Verified run() {
    checkChip();
    for (const pb::Layer &layer : contents.layers.layers())
      checkLayer(layer);
    enter(section::conductances);
    std::string_view bytes = file.bytes(section::conductances);
    require(bytes.size() == (nextBit + 7) / 8 &&
                (nextBit % 8 == 0 ||
                 static_cast<unsigned char>(bytes.back()) >> nextBit % 8 == 0),
            "the cells end at bit " + std::to_string(nextBit) +
                ", the section has " + std::to_string(bytes.size()) + " bytes");
    return verified;
  }

private:
  void checkChip() {
    enter(section::chip);
    const pb::Crossbar &crossbar = chip.crossbar();
    const pb::Device &device = chip.device();
    require(pb::Device::Kind_IsValid(device.kind()) &&
                pb::Crossbar::Encoding_IsValid(crossbar.encoding()) &&
                pb::Crossbar::AdcPolicy_IsValid(crossbar.adc_policy()),
            "its device, encoding or converters are of no known kind");
    require(device.g_off_us() >= 0 && device.g_on_us() > device.g_off_us() &&
                std::isfinite(device.g_on_us()),
            "cells need conductances that rise from 0, have " +
                std::to_string(device.g_off_us()) + " to " +
                std::to_string(device.g_on_us()) + " microsiemens");
    require(crossbar.rows() <= 65536 && (!isPair || crossbar.columns() >= 2),
            "crossbars need at most 65536 rows and a pair of columns");
    require(crossbar.active_rows() >= 1 &&
                crossbar.active_rows() <= crossbar.rows(),
            "needs 1 to " + std::to_string(crossbar.rows()) +
                " active rows, has " + std::to_string(crossbar.active_rows()));
    require(crossbar.drive_bits() >= 1 && crossbar.drive_bits() <= 8,
            "needs 1 to 8 drive bits, has " +
                std::to_string(crossbar.drive_bits()));
    require(crossbar.adc_bits() >= 1, "converters need bits, have none");
    require(crossbar.adcs_per_crossbar() >= 1, "crossbars have no converters");
  }

  void checkLayer(const pb::Layer &layer) {
    enter(section::layers);
    std::string owner = "layer '" + layer.node() + "'";
    checkDrive(layer, owner);
    checkSlicing(layer, owner);
    checkLevels(layer, owner);
    checkConverters(layer, owner);
    require(layer.coding().has_phase() ||
                (layer.weight_scale() == -1 && layer.bias() == -1),
            owner + " has a scale or bias, but no phase-coded input");
    require(!layer.coding().has_phase() || layer.offset() == -1,
            owner + " has an offset beside its potentials");
    // Its cells are checked where their owner is.
    if (layer.has_cells_of())
      return;
    std::vector<uint32_t> largest(size_t(layer.tiling().slice_factors_size()),
                                  1);
    for (int i = 0; i < layer.tiles_size(); ++i) {
      checkPlace(layer, uint32_t(i));
      checkTile(layer, uint32_t(i), largest);
      enter(section::layers);
    }
    for (size_t slice = 0; slice < largest.size(); ++slice)
      require(largest[slice] == layer.tiling().slice_levels(int(slice)),
              owner + " needs the largest level " +
                  std::to_string(largest[slice]) + " of slice " +
                  std::to_string(slice) + ", has " +
                  std::to_string(layer.tiling().slice_levels(int(slice))));
  }

  /// The passes follow from the digits, and those from the coding.
  void checkDrive(const pb::Layer &layer, const std::string &owner) const {
    const pb::Drive &drive = layer.drive();
    pb::Drive expected = makeDrive(layer.coding(), chip.crossbar().drive_bits(),
                                   chip.crossbar().count_slots());
    require(drive.bits() == expected.bits(),
            owner + " drives " + std::to_string(drive.bits()) +
                " bits a pass, the chip " + std::to_string(expected.bits()));
    require(drive.lowest_digit() == expected.lowest_digit() &&
                drive.highest_digit() == expected.highest_digit(),
            owner + " has digits from " + std::to_string(drive.lowest_digit()) +
                " to " + std::to_string(drive.highest_digit()) +
                ", its coding gives digits from " +
                std::to_string(expected.lowest_digit()) + " to " +
                std::to_string(expected.highest_digit()));
    require(std::equal(drive.pass_factors().begin(), drive.pass_factors().end(),
                       expected.pass_factors().begin(),
                       expected.pass_factors().end()),
            owner + " has passes that do not drive its digits");
    // A negative amplitude would be clipped where codes have no sign.
    require(isPair || drive.bits() == 1 || drive.lowest_digit() >= 0 ||
                layer.coding().has_phase(),
            owner + " drives digits below 0 into single-ended cells, " +
                std::to_string(drive.bits()) + " bits a pass");
    require(layer.coding().has_phase() || layer.coding().train() ||
                (layer.coding().mask() == layer.coding().zero() &&
                 layer.coding().radius() == 0),
            owner + " has resident levels with a mask of their own");
  }

  void checkSlicing(const pb::Layer &layer, const std::string &owner) const {
    const pb::Tiling &tiling = layer.tiling();
    int32_t levels = int32_t(chip.device().cell_levels());
    int32_t slices = tiling.slice_factors_size();
    require(pb::Tiling::Slicing_IsValid(tiling.slicing()) &&
                pb::Crossbar::AdcPolicy_IsValid(tiling.adc_policy()),
            owner + " is sliced or converted in no known way");
    require((tiling.slicing() == pb::Tiling::BIASED) != isPair,
            owner + " is sliced for another encoding than the chip's");
    require(tiling.weight_bits() >= 1 && tiling.weight_bits() <= 16,
            owner + " needs 1 to 16 weight bits, has " +
                std::to_string(tiling.weight_bits()));
    // Digits to the base L of 0 .. `largest`.
    auto digits = [&](int64_t largest) {
      int32_t count = 0;
      for (; largest > 0; largest /= levels)
        ++count;
      return count;
    };
    int32_t bits = int32_t(tiling.weight_bits());
    int64_t half = int64_t(1) << (bits - 1);
    int32_t least = 1, most = 1;
    switch (tiling.slicing()) {
    case pb::Tiling::TWOS_COMPLEMENT:
      require(levels == 2, owner + " stores bits in cells of " +
                               std::to_string(levels) + " levels");
      least = most = bits;
      break;
    case pb::Tiling::SIGNED_MAGNITUDE:
      least = std::max(1, digits(half / 2));
      most = digits(half);
      break;
    case pb::Tiling::BIASED:
      least = most = digits(2 * half - 1);
      break;
    default:
      break;
    }
    require(slices >= least && slices <= most,
            owner + " needs " + std::to_string(most) + " slices, has " +
                std::to_string(slices));
    Slicing slicing{SliceKind(tiling.slicing()), slices, bits, levels};
    for (int32_t slice = 0; slice < slices; ++slice)
      require(tiling.slice_factors(slice) == sliceFactor(slicing, slice),
              owner + " has a slice " + std::to_string(slice) +
                  " that counts " +
                  std::to_string(tiling.slice_factors(slice)) + ", expected " +
                  std::to_string(sliceFactor(slicing, slice)));
    require(tiling.bias() == sliceBias(slicing),
            owner + " has weights raised by " + std::to_string(tiling.bias()) +
                ", expected " + std::to_string(sliceBias(slicing)));
    const pb::Crossbar &crossbar = chip.crossbar();
    uint32_t columns = crossbar.columns() / (isPair ? 2 : 1);
    require(tiling.rows() == crossbar.rows() && tiling.columns() == columns &&
                tiling.outputs_per_tile() == columns / uint32_t(slices),
            owner + " has tiles of other sizes than the chip's crossbars");
    // Fewer rows than the chip reads give the same sums where they are exact.
    require(tiling.exact() ? tiling.active_rows() <= crossbar.active_rows()
                           : tiling.active_rows() == crossbar.active_rows(),
            owner + " drives " + std::to_string(tiling.active_rows()) +
                " rows together, the chip " +
                std::to_string(crossbar.active_rows()));
  }

  /// Codes are for neighbouring levels that the cells have.
  void checkLevels(const pb::Layer &layer, const std::string &owner) const {
    int32_t top = int32_t(chip.device().cell_levels()) - 1;
    int32_t count = layer.code_levels_size(), bits = 1, largest = 0;
    while ((1 << bits) < count)
      ++bits;
    require(int32_t(layer.code_bits()) == bits,
            owner + " needs " + std::to_string(bits) + " bits for " +
                std::to_string(count) + " levels, has " +
                std::to_string(layer.code_bits()));
    for (int32_t code = 0; code < count; ++code) {
      int32_t level = layer.code_levels(code);
      largest = std::max(largest, std::abs(level));
      require(level >= (isPair ? -top : 0) && level <= top,
              owner + " has the level " + std::to_string(level) +
                  " in cells of " + std::to_string(top + 1) + " levels");
      if (code == 0)
        continue;
      int32_t step = layer.code_levels(1) - layer.code_levels(0);
      require(step > 0 && level - layer.code_levels(code - 1) == step,
              owner + " has levels that are not equidistant");
    }
    require(int32_t(layer.tiling().largest_level()) == largest,
            owner + " has levels up to " + std::to_string(largest) + ", says " +
                std::to_string(layer.tiling().largest_level()));
  }

  /// Where codes are promised to be exact, they must hold every sum; what is
  /// added up behind the converters must fit 32 bits in any case.
  void checkConverters(const pb::Layer &layer, const std::string &owner) const {
    const pb::Tiling &tiling = layer.tiling();
    bool isLossless = tiling.adc_policy() == pb::Crossbar::LOSSLESS;
    require(tiling.exact() == isLossless &&
                isLossless == (tiling.adc_ranges_size() == 0),
            owner +
                " says something else of its exactness than its converters");
    require(tiling.adc_bits() == chip.crossbar().adc_bits() &&
                tiling.adc_bits() <= 16,
            owner + " needs the " + std::to_string(chip.crossbar().adc_bits()) +
                " converter bits of the chip, at most 16, has " +
                std::to_string(tiling.adc_bits()));
    for (double range : tiling.adc_ranges())
      require(range > 0 && std::isfinite(range),
              owner + " has a converter range of " + std::to_string(range));
    int64_t rows = std::min(tiling.active_rows(), tiling.rows());
    int64_t sum = largestSum(isPair ? Encoding::Differential : Encoding::Flip,
                             rows, int32_t(tiling.largest_level()),
                             int32_t(layer.drive().bits()));
    int64_t needed =
        codesNeeded(isPair ? Encoding::Differential : Encoding::Flip, sum);
    int64_t codes = int64_t(1) << tiling.adc_bits();
    require(!tiling.exact() || needed <= codes,
            owner + " needs " + std::to_string(needed) +
                " codes of its converters, has " + std::to_string(codes));
    int64_t groups =
        (std::min(tiling.rows(), layer.inputs()) + rows - 1) / rows;
    int64_t passes = 0;
    for (int64_t factor : layer.drive().pass_factors())
      passes += std::abs(factor);
    int64_t highest = (isPair ? codes / 2 : codes) - 1;
    require(groups * passes <= INT32_MAX / std::max<int64_t>(highest, 1),
            owner + " needs more than 32 bits for the codes of " +
                std::to_string(groups) + " row groups");
  }

  /// No crossbar holds two tiles in one round.
  void checkPlace(const pb::Layer &layer, uint32_t index) {
    uint32_t round = roundOfTile(layer, index);
    for (uint32_t crossbar : layer.tiles(int(index)).crossbars()) {
      auto [it, inserted] =
          owners.try_emplace(std::pair(round, crossbar), &layer);
      require(inserted, "crossbar " + std::to_string(crossbar) +
                            " holds tiles of '" + it->second->node() +
                            "' and of '" + layer.node() + "' in round " +
                            std::to_string(round));
    }
  }

  /// Place in the section, levels, complement flags, and the weights that they
  /// make up. Raises `largest`, per slice, to the levels as they were cut.
  void checkTile(const pb::Layer &layer, uint32_t index,
                 std::vector<uint32_t> &largest) {
    const pb::Tile &tile = layer.tiles(int(index));
    std::string owner =
        "layer '" + layer.node() + "' tile " + std::to_string(index);
    require(tile.first_bit() == nextBit,
            owner + " begins at bit " + std::to_string(tile.first_bit()) +
                ", the cells before it end at " + std::to_string(nextBit));
    int64_t rows = tile.rows(), columns = tile.columns();
    nextBit += uint64_t(rows * columns) * layer.code_bits();
    int64_t active = layer.tiling().active_rows();
    int64_t groups = (rows + active - 1) / active;
    uint64_t flags = isPair ? 0 : uint64_t(groups * columns);
    require(tile.flips().size() == (flags + 7) / 8,
            owner + " needs " + std::to_string((flags + 7) / 8) +
                " bytes of complement flags, has " +
                std::to_string(tile.flips().size()));
    require(flags % 8 == 0 ||
                static_cast<unsigned char>(tile.flips().back()) >> flags % 8 ==
                    0,
            owner + " has complement flags behind its last column");
    enter(section::conductances);
    rt::Tensor levels = image.levels(layer, tile);
    auto *cells = levels.data<int8_t>();
    if (!isPair)
      uncomplement(tile, active, cells, owner);
    int slices = layer.tiling().slice_factors_size();
    int64_t low = -(int64_t(1) << (layer.tiling().weight_bits() - 1));
    for (int64_t n = 0; n < levels.size(); n += slices) {
      int64_t weight = -layer.tiling().bias();
      bool positive = false, negative = false;
      for (int slice = 0; slice < slices; ++slice) {
        int32_t level = cells[n + slice];
        weight += layer.tiling().slice_factors(slice) * level;
        positive |= level > 0;
        negative |= level < 0;
        uint32_t &most = largest[size_t(slice)];
        most = std::max(most, uint32_t(std::abs(level)));
      }
      require(weight >= low && weight < -low &&
                  (slices == 1 || !(positive && negative)),
              owner + " holds the weight " + std::to_string(weight) +
                  ", which its slicing does not have");
      require(layer.tiling().slicing() != pb::Tiling::TWOS_COMPLEMENT ||
                  !negative,
              owner + " holds a digit below 0");
    }
    verified.cells += uint64_t(levels.size());
    ++verified.tiles;
  }

  /// Undoes complements, and checks that every column was stored the way whose
  /// sums its converters hold.
  void uncomplement(const pb::Tile &tile, int64_t active, int8_t *cells,
                    const std::string &owner) const {
    int64_t rows = tile.rows(), columns = tile.columns();
    int32_t levels = int32_t(chip.device().cell_levels());
    for (int64_t first = 0, group = 0; first < rows; first += active, ++group) {
      int64_t end = std::min(rows, first + active);
      for (int64_t column = 0; column < columns; ++column) {
        int64_t sum = 0;
        for (int64_t row = first; row < end; ++row)
          sum += cells[row * columns + column];
        require(!isFlipped(sum, end - first, levels),
                owner + " has a column " + std::to_string(column) +
                    " that needs its complement in row group " +
                    std::to_string(group));
        if (Image::isFlipped(tile, group, column))
          for (int64_t row = first; row < end; ++row) {
            int8_t &cell = cells[row * columns + column];
            cell = int8_t(levels - 1 - cell);
          }
      }
    }
  }

  const Image &image;
  const pb::ChipSection &chip;
  const bool isPair;
  std::map<std::pair<uint32_t, uint32_t>, const pb::Layer *> owners;
  uint64_t nextBit = 0;
  Verified verified;
};

} // namespace

Verified snn::image::detail::verifyLayers(const Image &image) {
  return LayerVerifier(image).run();
}
