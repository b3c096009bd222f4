//===- Verify.cpp - Checks beyond reading ---------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"

#include "llvm/ADT/STLExtras.h"
#include <map>

using namespace snn;
using namespace snn::image;

namespace {

class Verifier {
public:
  explicit Verifier(const Image &image) : image(image) {}

  void run(llvm::raw_ostream &os) {
    for (const pb::Layer &layer : image.layers().layers()) {
      checkConverters(layer);
      for (auto [index, tile] : llvm::enumerate(layer.tiles())) {
        checkCells(layer, tile, index);
        checkPlace(layer, tile, index);
      }
    }
    for (const pb::Requantiser &fire : image.requantisers().requantisers())
      checkThresholds(fire);
    os << image.container().path() << ": ok, "
       << image.container().sections().size() << " sections, "
       << image.layers().layers_size() << " layers, " << tiles << " tiles, "
       << cells << " cells, " << image.requantisers().requantisers_size()
       << " firing sites, " << image.program().instructions_size()
       << " instructions\n";
  }

private:
  [[noreturn]] void fail(const char *section, const std::string &what) const {
    throw rt::Error(image.container().path() + ": section '" + section +
                    "': " + what);
  }
  bool isDifferential() const {
    return image.chip().crossbar().encoding() == pb::Crossbar::DIFFERENTIAL;
  }

  /// Levels and complement flags of one tile.
  void checkCells(const pb::Layer &layer, const pb::Tile &tile, size_t index) {
    rt::Tensor levels = image.levels(layer, tile);
    int32_t top = int32_t(image.chip().device().cell_levels()) - 1;
    int32_t bottom = isDifferential() ? -top : 0;
    std::string owner =
        "layer '" + layer.node() + "' tile " + std::to_string(index);
    int32_t largest = int32_t(layer.tiling().largest_level());
    for (int64_t n = 0; n < levels.size(); ++n) {
      int32_t level = levels.data<int8_t>()[n];
      if (level < bottom || level > top || std::abs(level) > largest)
        fail(section::conductances, owner + " holds the level " +
                                        std::to_string(level) +
                                        ", which its cells do not have");
    }
    uint64_t active = layer.tiling().active_rows();
    uint64_t groups = (tile.rows() + active - 1) / active;
    uint64_t flips = isDifferential() ? 0 : (groups * tile.columns() + 7) / 8;
    if (tile.flips().size() != flips)
      fail(section::layers, owner + " needs " + std::to_string(flips) +
                                " bytes of complement flags, has " +
                                std::to_string(tile.flips().size()));
    ++tiles;
    cells += uint64_t(levels.size());
  }

  /// No crossbar holds two tiles in one round.
  void checkPlace(const pb::Layer &layer, const pb::Tile &tile, size_t index) {
    uint32_t round = image::roundOfTile(layer, index);
    for (uint32_t crossbar : tile.crossbars()) {
      auto [it, inserted] =
          owners.try_emplace(std::pair(round, crossbar), layer.node());
      if (!inserted)
        fail(section::layers, "crossbar " + std::to_string(crossbar) +
                                  " holds tiles of '" + it->second +
                                  "' and of '" + layer.node() + "' in round " +
                                  std::to_string(round));
    }
  }

  /// Where codes are promised to be exact, they must hold every sum.
  void checkConverters(const pb::Layer &layer) {
    const pb::Tiling &tiling = layer.tiling();
    bool isLossless = tiling.adc_policy() == pb::Crossbar::LOSSLESS;
    if (tiling.exact() != isLossless ||
        isLossless != (tiling.adc_ranges_size() == 0))
      fail(section::layers, "layer '" + layer.node() +
                                "' says something else of its exactness than "
                                "its converters");
    if (!tiling.exact())
      return;
    uint64_t rows = std::min(tiling.active_rows(), tiling.rows());
    uint64_t sum = rows * tiling.largest_level();
    if (!isDifferential())
      sum /= 2;
    sum *= (uint64_t(1) << layer.drive().bits()) - 1;
    uint64_t codes = isDifferential() ? 2 * sum + 1 : sum + 1;
    if (codes > uint64_t(1) << tiling.adc_bits())
      fail(section::layers,
           "layer '" + layer.node() + "' needs " + std::to_string(codes) +
               " codes of its converters, has " +
               std::to_string(uint64_t(1) << tiling.adc_bits()));
  }

  /// Thresholds rise with the level.
  void checkThresholds(const pb::Requantiser &fire) {
    rt::Tensor theta = image.thresholds(fire);
    const auto *values = theta.data<int32_t>();
    int64_t levels = theta.dim(1);
    for (int64_t n = 0; n < theta.size(); ++n)
      if (n % levels && values[n] < values[n - 1])
        fail(section::requantisers, "site '" + fire.site() +
                                        "' has thresholds that fall in "
                                        "channel " +
                                        std::to_string(n / levels));
  }

  const Image &image;
  std::map<std::pair<uint32_t, uint32_t>, std::string> owners;
  uint64_t tiles = 0, cells = 0;
};

} // namespace

void snn::image::verify(const Image &image, llvm::raw_ostream &os) {
  Verifier(image).run(os);
}
