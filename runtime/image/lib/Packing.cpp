//===- Packing.cpp - Cells in bits ------------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/image/Image.h"

#include <algorithm>

using namespace snn;
using namespace snn::image;

void BitPacker::add(uint32_t code, unsigned bits) {
  for (unsigned i = 0; i < bits; ++i, ++bitCount) {
    if (bitCount % 8 == 0)
      bytes.push_back('\0');
    bytes.back() = char(bytes.back() | (code >> i & 1) << bitCount % 8);
  }
}

rt::Tensor Image::levels(const pb::Layer &layer, const pb::Tile &tile) const {
  std::string_view bytes = file.bytes(section::conductances);
  rt::Tensor levels(rt::DType::I8, {tile.rows(), tile.columns()});
  auto *out = levels.data<int8_t>();
  unsigned bits = layer.code_bits();
  uint32_t mask = (1u << bits) - 1;
  uint64_t at = tile.first_bit();
  for (int64_t n = 0, size = levels.size(); n < size; ++n, at += bits) {
    // A code has at most 8 bits, so it lies in two bytes.
    uint64_t byte = at / 8;
    uint32_t window = static_cast<unsigned char>(bytes[byte]);
    if (byte + 1 < bytes.size())
      window |= uint32_t(static_cast<unsigned char>(bytes[byte + 1])) << 8;
    uint32_t code = window >> at % 8 & mask;
    if (code >= uint32_t(layer.code_levels_size()))
      throw rt::Error(file.path() + ": section 'conductances': a cell of '" +
                      layer.node() + "' holds code " + std::to_string(code) +
                      ", the layer has " +
                      std::to_string(layer.code_levels_size()) + " levels");
    out[n] = int8_t(layer.code_levels(int(code)));
  }
  return levels;
}

int32_t snn::image::topLevel(const pb::ChipSection &chip,
                             const pb::Layer &layer, int slice) {
  if (chip.crossbar().encoding() != pb::Crossbar::DIFFERENTIAL)
    return int32_t(chip.device().cell_levels()) - 1;
  return int32_t(layer.tiling().slice_levels(slice));
}

rt::Tensor Image::conductances(const pb::Layer &layer,
                               const pb::Tile &tile) const {
  rt::Tensor pairs = levels(layer, tile);
  const auto *in = pairs.data<int8_t>();
  const pb::Device &device = chip().device();
  bool isPair = chip().crossbar().encoding() == pb::Crossbar::DIFFERENTIAL;
  rt::Tensor cells(rt::DType::F32,
                   {pairs.dim(0), pairs.dim(1) * (isPair ? 2 : 1)});
  auto *out = cells.data<float>();
  int slices = layer.tiling().slice_factors_size();
  for (int64_t n = 0; n < pairs.size(); ++n) {
    int32_t level = in[n];
    // Columns, and so pairs, are a multiple of the slices.
    int32_t top = topLevel(chip(), layer, int(n % slices));
    *out++ = float(cellConductance(device, std::max(level, 0), top));
    if (isPair)
      *out++ = float(cellConductance(device, std::max(-level, 0), top));
    else if (level < 0)
      throw rt::Error(file.path() + ": section 'layers': '" + layer.node() +
                      "' has a negative level in a single-ended cell");
  }
  return cells;
}

bool Image::isFlipped(const pb::Tile &tile, int64_t rowGroup, int64_t column) {
  auto bit = uint64_t(rowGroup) * tile.columns() + uint64_t(column);
  return bit / 8 < tile.flips().size() &&
         (tile.flips()[bit / 8] >> bit % 8 & 1);
}
