//===- Image.cpp - Programming images ---------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/image/Image.h"
#include "snn/runtime/Compilation.h"

#include "snn/runtime/Thresholds.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <map>

using namespace snn;
using namespace snn::image;

//===----------------------------------------------------------------------===//
// Parts of messages
//===----------------------------------------------------------------------===//

rt::Coding snn::image::toCoding(const pb::Coding &coding) {
  rt::Coding levels = {int32_t(coding.bits()), int32_t(coding.zero()),
                       int32_t(coding.mask()), int32_t(coding.radius()),
                       float(coding.scale())};
  int entries = std::min(coding.table_size(), int(rt::maxTableLevels));
  for (int q = 0; q < entries; ++q)
    levels.table[q] = uint8_t(coding.table(q));
  return levels;
}

rt::PhaseCoding snn::image::toPhaseCoding(const pb::Coding &coding) {
  return {coding.phase().base(), int32_t(coding.phase().phases()),
          float(coding.scale()), coding.phase().positive(),
          rt::PhaseRelease::None};
}

rt::DType snn::image::toDType(pb::ElementType type) {
  switch (type) {
  case pb::BOOL:
    return rt::DType::Bool;
  case pb::U8:
    return rt::DType::U8;
  case pb::I8:
    return rt::DType::I8;
  case pb::I16:
    return rt::DType::I16;
  case pb::I32:
    return rt::DType::I32;
  case pb::I64:
    return rt::DType::I64;
  case pb::F32:
    return rt::DType::F32;
  case pb::F64:
    return rt::DType::F64;
  default:
    throw rt::Error("unknown element type " + std::to_string(int(type)));
  }
}

pb::ElementType snn::image::fromDType(rt::DType type) {
  switch (type) {
  case rt::DType::Bool:
    return pb::BOOL;
  case rt::DType::U8:
    return pb::U8;
  case rt::DType::I8:
    return pb::I8;
  case rt::DType::I16:
    return pb::I16;
  case rt::DType::I32:
    return pb::I32;
  case rt::DType::I64:
    return pb::I64;
  case rt::DType::F32:
    return pb::F32;
  case rt::DType::F64:
    return pb::F64;
  }
  throw rt::Error("unknown element type");
}

//===----------------------------------------------------------------------===//
// Reading and writing
//===----------------------------------------------------------------------===//

template <typename Message>
static void parse(const Container &file, const char *section,
                  Message &message) {
  std::string_view bytes = file.bytes(section);
  if (bytes.size() > size_t(INT32_MAX) ||
      !message.ParseFromArray(bytes.data(), int(bytes.size())))
    throw rt::Error(file.path() + ": section '" + section +
                    "' is malformed: its message cannot be read");
}

Image::Image(const std::string &path) : Image(Container(path)) {
  rt::checkArtefact(path, contents.interface.digest());
}

Image::Image(Container container) : file(std::move(container)) {
  parse(file, section::chip, contents.chip);
  parse(file, section::interface, contents.interface);
  parse(file, section::layers, contents.layers);
  parse(file, section::requantisers, contents.requantisers);
  parse(file, section::engines, contents.engines);
  parse(file, section::program, contents.program);
  parse(file, section::constants, contents.constants);
  parse(file, section::routing, contents.routing);
  parse(file, section::statistics, contents.statistics);
  validate();
}

static std::string serialise(const char *section,
                             const google::protobuf::Message &message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream output(&stream);
    output.SetSerializationDeterministic(true);
    if (!message.SerializeToCodedStream(&output))
      throw rt::Error(std::string("section '") + section +
                      "' cannot be serialised");
  }
  return bytes;
}

/// The checksum of a network whose sections have these `bytes` by their names.
template <typename Bytes>
static uint32_t checksumOf(pb::InterfaceSection interface, Bytes bytes) {
  interface.clear_network_checksum();
  std::string own = serialise(section::interface, interface);
  uint32_t crc = checksum(bytes(section::chip));
  crc = checksum(own, crc);
  for (const char *name :
       {section::layers, section::requantisers, section::engines,
        section::program, section::constants})
    crc = checksum(bytes(name), crc);
  return crc;
}

uint32_t snn::image::makeNetworkChecksum(const Image &image) {
  return checksumOf(image.interface(), [&](const char *name) {
    return image.container().bytes(name);
  });
}

ContainerWriter snn::image::makeContainer(const Contents &contents,
                                          std::string conductances,
                                          std::string data) {
  std::map<std::string, std::string> messages;
  auto make = [&](const char *section,
                  const google::protobuf::Message &message) {
    messages[section] = serialise(section, message);
  };
  make(section::chip, contents.chip);
  make(section::layers, contents.layers);
  make(section::requantisers, contents.requantisers);
  make(section::engines, contents.engines);
  make(section::program, contents.program);
  make(section::constants, contents.constants);
  make(section::routing, contents.routing);
  make(section::statistics, contents.statistics);
  pb::InterfaceSection interface = contents.interface;
  interface.set_network_checksum(
      checksumOf(interface, [&](const char *name) -> std::string_view {
        return messages[name];
      }));
  make(section::interface, interface);
  ContainerWriter writer;
  auto add = [&](const char *section) {
    writer.add(section, std::move(messages[section]));
  };
  add(section::chip);
  add(section::interface);
  add(section::layers);
  writer.add(section::conductances, std::move(conductances));
  add(section::requantisers);
  add(section::engines);
  add(section::program);
  add(section::constants);
  writer.add(section::data, std::move(data));
  add(section::routing);
  add(section::statistics);
  return writer;
}

//===----------------------------------------------------------------------===//
// Access
//===----------------------------------------------------------------------===//

rt::Tensor Image::constant(int32_t index) const {
  if (index < 0 || index >= contents.constants.constants_size())
    throw rt::Error(file.path() + ": section 'constants' has no constant " +
                    std::to_string(index));
  const pb::Constant &constant = contents.constants.constants(index);
  std::string_view data = file.bytes(section::data);
  return rt::Tensor::borrow(
      toDType(constant.type()),
      rt::Shape(constant.shape().begin(), constant.shape().end()),
      data.data() + constant.offset(), constant.bytes());
}

rt::Tensor Image::thresholds(const pb::Requantiser &requantiser) const {
  if (requantiser.thresholds() >= 0)
    return constant(requantiser.thresholds());
  rt::Requantiser map;
  map.scale = constant(requantiser.scale());
  if (requantiser.bias() >= 0)
    map.bias = constant(requantiser.bias());
  map.relu = requantiser.relu();
  map.coding = toCoding(requantiser.coding());
  map.deadZone = int32_t(requantiser.dead_zone());
  rt::Tensor lowest = constant(requantiser.lowest());
  rt::Tensor highest = constant(requantiser.highest());
  // One row for all channels, or one per channel.
  int64_t rows = std::max(lowest.size(), map.scale.size());
  if (map.bias.defined())
    rows = std::max(rows, map.bias.size());
  std::vector<rt::AccumulatorRange> ranges(rows);
  for (int64_t row = 0; row < rows; ++row) {
    int64_t at = lowest.size() == 1 ? 0 : row;
    ranges[row] = {lowest.data<int32_t>()[at], highest.data<int32_t>()[at]};
  }
  try {
    return rt::buildThresholds(map, ranges);
  } catch (const std::exception &e) {
    throw rt::Error(file.path() + ": section 'requantisers': site '" +
                    requantiser.site() + "' " + e.what());
  }
}

void Image::requireChip(const std::string &name, uint64_t fingerprint) const {
  if (chip().fingerprint() == fingerprint)
    return;
  throw rt::Error(file.path() + ": section 'chip': the image was made for '" +
                  chip().name() + "' (fingerprint " +
                  formatFingerprint(chip().fingerprint()) + "), not for '" +
                  name + "' (" + formatFingerprint(fingerprint) +
                  "); compile the model for that chip");
}

const pb::Layer &snn::image::ownerOfCells(const pb::LayersSection &layers,
                                          const pb::Layer &layer) {
  return layer.has_cells_of() ? layers.layers(int(layer.cells_of())) : layer;
}

uint32_t snn::image::roundOfTile(const pb::Layer &layer, uint64_t tile) {
  uint32_t round = layer.round();
  for (uint32_t tiles : layer.round_tiles()) {
    if (tile < tiles)
      break;
    tile -= tiles;
    ++round;
  }
  return round;
}

std::string snn::image::formatFingerprint(uint64_t fingerprint) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx",
                static_cast<unsigned long long>(fingerprint));
  return text;
}
