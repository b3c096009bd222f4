//===- Image.h - Programming images -----------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The contents of a programming image: the messages of image.proto, checked for
// consistency, and access to the raw sections. Conductances are unpacked tile
// by tile; constants are tensors over the mapped file.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_IMAGE_IMAGE_H
#define SNN_IMAGE_IMAGE_H

#include "snn/image/Container.h"
#include "snn/image/image.pb.h"
#include "snn/runtime/Coding.h"
#include "snn/runtime/Phase.h"
#include "snn/runtime/Tensor.h"

namespace snn::image {

/// The names of the sections.
namespace section {
inline constexpr const char *chip = "chip";
inline constexpr const char *interface = "interface";
inline constexpr const char *layers = "layers";
inline constexpr const char *conductances = "conductances";
inline constexpr const char *requantisers = "requantisers";
inline constexpr const char *engines = "engines";
inline constexpr const char *program = "program";
inline constexpr const char *constants = "constants";
inline constexpr const char *data = "data";
inline constexpr const char *routing = "routing";
inline constexpr const char *statistics = "statistics";
} // namespace section

/// The messages and raw sections of an image before it is written, or after it
/// has been read.
struct Contents {
  pb::ChipSection chip;
  pb::InterfaceSection interface;
  pb::LayersSection layers;
  pb::RequantisersSection requantisers;
  pb::EnginesSection engines;
  pb::ProgramSection program;
  pb::ConstantsSection constants;
  pb::RoutingSection routing;
  pb::StatisticsSection statistics;
};

/// A programming image that has been read and checked. Throws `rt::Error`
/// naming the file and the section when a byte is damaged, the file is
/// truncated, its schema is another one, or its contents contradict each other.
class Image {
public:
  explicit Image(const std::string &path);
  explicit Image(Container container);

  const Container &container() const { return file; }
  const pb::ChipSection &chip() const { return contents.chip; }
  const pb::InterfaceSection &interface() const { return contents.interface; }
  const pb::LayersSection &layers() const { return contents.layers; }
  const pb::RequantisersSection &requantisers() const {
    return contents.requantisers;
  }
  const pb::EnginesSection &engines() const { return contents.engines; }
  const pb::ProgramSection &program() const { return contents.program; }
  const pb::ConstantsSection &constants() const { return contents.constants; }
  const pb::RoutingSection &routing() const { return contents.routing; }
  const pb::StatisticsSection &statistics() const {
    return contents.statistics;
  }
  const Contents &all() const { return contents; }

  /// Constant `index` as a tensor over the file's bytes. The image must outlive
  /// it.
  rt::Tensor constant(int32_t index) const;

  /// The levels of a tile's cells (pairs), I8 [rows, columns]; columns are
  /// logical ones. `tile` belongs to `layer`. Levels are as they are stored:
  /// complemented where the tile's flips say so.
  rt::Tensor levels(const pb::Layer &layer, const pb::Tile &tile) const;

  /// The conductances of the tile's physical cells in microsiemens, F32 [rows,
  /// physical columns]. The positive and the negative cell of a differential
  /// pair are the columns 2j and 2j + 1.
  rt::Tensor conductances(const pb::Layer &layer, const pb::Tile &tile) const;

  /// Whether a flip-encoded column is stored complemented.
  static bool isFlipped(const pb::Tile &tile, int64_t rowGroup, int64_t column);

  /// The thresholds of a firing site, I32 [channels or 1, T]: the explicit
  /// ones, or expanded by `rt::buildThresholds`.
  rt::Tensor thresholds(const pb::Requantiser &requantiser) const;

  /// Throws when the image was made for another chip.
  void requireChip(const std::string &name, uint64_t fingerprint) const;

private:
  void validate() const;

  Container file;
  Contents contents;
};

/// The layer whose tiles are the cells of `layer`: itself, or the one whose
/// cells it uses.
const pb::Layer &ownerOfCells(const pb::LayersSection &layers,
                              const pb::Layer &layer);

/// The programming round of tile `tile` of a layer.
uint32_t roundOfTile(const pb::Layer &layer, uint64_t tile);

/// A chip's fingerprint as 16 hexadecimal digits.
std::string formatFingerprint(uint64_t fingerprint);

/// The runtime's forms of the messages' parts.
rt::Coding toCoding(const pb::Coding &coding);
rt::PhaseCoding toPhaseCoding(const pb::Coding &coding);
rt::DType toDType(pb::ElementType type);
pb::ElementType fromDType(rt::DType type);

/// The level of a slice that takes a cell's highest conductance. Differential
/// pairs use the whole range of their cells for the slice's largest level
/// (xpikeformer.md 3.4: g = |w| g_max / max|w|, w being what is written);
/// single-ended cells have the device's levels, because columns may be
/// complemented.
int32_t topLevel(const pb::ChipSection &chip, const pb::Layer &layer,
                 int slice);

/// The conductance in microsiemens of a cell at `level`, 0 .. `top`: levels are
/// equidistant from g_off to g_on.
inline double cellConductance(const pb::Device &device, int32_t level,
                              int32_t top) {
  return device.g_off_us() +
         (device.g_on_us() - device.g_off_us()) * level / top;
}

/// Packs cells of `bits` bits each, least significant bit first, without gaps.
class BitPacker {
public:
  /// Appends the low `bits` bits of `code`.
  void add(uint32_t code, unsigned bits);
  uint64_t size() const { return bitCount; } ///< bits so far
  std::string take() { return std::move(bytes); }

private:
  std::string bytes;
  uint64_t bitCount = 0;
};

/// `InterfaceSection.network_checksum` of the sections that an image has.
uint32_t makeNetworkChecksum(const Image &image);

/// The sections of an image in file order: serialised messages with the
/// checksum of the network, `conductances` and `data`. Equal contents give
/// equal bytes.
ContainerWriter makeContainer(const Contents &contents,
                              std::string conductances, std::string data);

} // namespace snn::image

#endif // SNN_IMAGE_IMAGE_H
