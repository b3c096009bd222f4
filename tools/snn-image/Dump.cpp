//===- Dump.cpp - Images as text and JSON ---------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"

#include "snn/image/Attention.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include <google/protobuf/util/json_util.h>

using namespace snn;
using namespace snn::image;
using llvm::StringRef;

namespace {

/// A section with the message that it holds; null for raw bytes.
struct NamedMessage {
  StringRef name;
  const google::protobuf::Message *message;
};

std::vector<NamedMessage> getMessages(const Image &image) {
  return {{section::chip, &image.chip()},
          {section::interface, &image.interface()},
          {section::layers, &image.layers()},
          {section::conductances, nullptr},
          {section::requantisers, &image.requantisers()},
          {section::engines, &image.engines()},
          {section::program, &image.program()},
          {section::constants, &image.constants()},
          {section::data, nullptr},
          {section::routing, &image.routing()},
          {section::statistics, &image.statistics()}};
}

void requireSection(const Image &image, StringRef section) {
  std::string names;
  for (const SectionInfo &info : image.container().sections()) {
    if (section.empty() || section == info.name)
      return;
    names += (names.empty() ? "" : ", ") + info.name;
  }
  throw rt::Error(image.container().path() + ": has no section '" +
                  section.str() + "'; there are " + names);
}

/// Prints the contents in words.
class TextDump {
public:
  TextDump(const Image &image, llvm::raw_ostream &os) : image(image), os(os) {}

  void printChip() {
    const pb::ChipSection &chip = image.chip();
    const pb::Crossbar &crossbar = chip.crossbar();
    const pb::Device &device = chip.device();
    os << "chip " << chip.name() << " (fingerprint "
       << formatFingerprint(chip.fingerprint()) << "): " << chip.cores()
       << " cores of " << chip.crossbars_per_core() << " crossbars, "
       << crossbar.rows() << " x " << crossbar.columns() << " cells, "
       << lower(pb::Crossbar::Encoding_Name(crossbar.encoding())) << "\n";
    os << llvm::formatv(
        "  {0} of {1} levels, {2} to {3} uS; {4} active rows, {5}-bit {6} "
        "ADC\n",
        lower(pb::Device::Kind_Name(device.kind())), device.cell_levels(),
        llvm::format("%g", device.g_off_us()),
        llvm::format("%g", device.g_on_us()), crossbar.active_rows(),
        crossbar.adc_bits(),
        lower(pb::Crossbar::AdcPolicy_Name(crossbar.adc_policy())));
    for (const pb::Engine &engine : chip.engines())
      os << "  " << engine.count() << " engines " << engine.kind() << ": "
         << engine.processing_elements() << " elements of "
         << engine.memory_bits() << " bits\n";
  }

  void printInterface() {
    const pb::InterfaceSection &interface = image.interface();
    os << "model " << interface.model() << ", coding " << interface.coding()
       << ", written by " << interface.producer()
       << (interface.random_calibration() ? ", calibrated on random inputs"
                                          : "")
       << "\n";
    for (const pb::Port &port : interface.inputs())
      printPort("input", port);
    for (const pb::Port &port : interface.outputs())
      printPort("output", port);
  }

  void printLayers() {
    for (auto [index, layer] : llvm::enumerate(image.layers().layers())) {
      const pb::Tiling &tiling = layer.tiling();
      os << "layer " << index << " '" << layer.node() << "': " << layer.inputs()
         << " x " << layer.outputs();
      if (layer.groups() > 1)
        os << ", " << layer.groups() << " groups";
      if (layer.has_convolution())
        os << ", convolution";
      os << ", " << tiling.weight_bits() << "-bit weights in "
         << tiling.slice_factors_size() << " slices ("
         << lower(pb::Tiling::Slicing_Name(tiling.slicing())) << ")\n";
      if (layer.has_cells_of())
        os << "  on the cells of layer " << layer.cells_of() << ", ";
      else
        os << "  " << layer.tiles_size() << " tiles (" << tiling.row_blocks()
           << " row x " << tiling.column_blocks() << " column blocks), ";
      os << layer.replicas() << " replicas, round " << layer.round();
      if (layer.round_tiles_size() > 1)
        os << " to " << layer.round() + layer.round_tiles_size() - 1;
      os << ", " << layer.code_bits() << " bits a cell, "
         << layer.drive().pass_factors_size() << " passes";
      if (layer.coding().has_phase())
        os << " in each of " << layer.coding().phase().phases() << " slots";
      os << ", " << tiling.active_rows() << " active rows, "
         << (tiling.exact() ? "exact" : "not exact") << "\n";
      for (auto [number, tile] : llvm::enumerate(layer.tiles())) {
        os << "  tile " << tile.group() << "/" << tile.column_block() << "/"
           << tile.row_block() << ": " << tile.rows() << " x " << tile.columns()
           << " on crossbars";
        for (uint32_t crossbar : tile.crossbars())
          os << " " << crossbar;
        if (layer.round_tiles_size() > 1)
          os << " in round " << image::roundOfTile(layer, number);
        os << "\n";
      }
    }
  }

  void printRequantisers() {
    for (auto [index, fire] :
         llvm::enumerate(image.requantisers().requantisers())) {
      rt::Tensor theta = image.thresholds(fire);
      os << "requantiser " << index << " '" << fire.site()
         << "': " << theta.dim(0) << " x " << theta.dim(1) << " thresholds, "
         << (fire.thresholds() >= 0 ? "explicit" : "from scale and bias")
         << "\n";
    }
  }

  void printEngines() {
    for (auto [index, product] : llvm::enumerate(image.engines().products())) {
      os << "product " << index << " '" << product.node() << "': engine "
         << product.engine() << (product.transposed() ? ", transposed" : "")
         << (product.reduce_keys() ? ", sums over keys" : "");
      if (product.keys_per_tile())
        os << ", tiles of " << product.keys_per_tile() << " keys";
      os << "\n";
    }
    printAttentions();
  }

  void printAttentions() {
    for (auto [index, attention] :
         llvm::enumerate(image.engines().attentions())) {
      os << "attention " << index << " '" << attention.node() << "': engine "
         << attention.engine() << ", " << attention.steps() << " steps, "
         << image::describe(attention) << "\n";
    }
  }

  void printProgram() {
    for (const pb::Instruction &instruction : image.program().instructions())
      printInstruction(instruction);
  }

  void printConstants() {
    for (auto [index, constant] :
         llvm::enumerate(image.constants().constants()))
      os << "constant " << index << " '" << constant.name()
         << "': " << pb::ElementType_Name(constant.type()) << " "
         << shapeText(constant.shape()) << ", "
         << lower(pb::Constant::Role_Name(constant.role())) << ", "
         << constant.bytes() << " bytes at " << constant.offset() << "\n";
  }

  void printRouting() {
    for (const pb::Route &route : image.routing().routes()) {
      os << "route %" << route.value() << ": ";
      printEndpoint(route.from());
      os << " -> ";
      printEndpoint(route.to());
      os << ", fan-out " << route.fan_out() << "\n";
    }
  }

  void printStatistics() {
    const pb::StatisticsSection &s = image.statistics();
    os << llvm::formatv("statistics: {0} of {1} crossbars, {2} weights in {3} "
                        "cells ({4} with replicas), utilisation {5:f1} %, {6} "
                        "rounds\n",
                        s.crossbars(), s.crossbars_available(), s.weights(),
                        s.cells(), s.cells_replicated(), 100 * s.utilisation(),
                        s.rounds());
  }

private:
  static std::string lower(const std::string &name) {
    std::string text = StringRef(name).lower();
    std::replace(text.begin(), text.end(), '_', ' ');
    return text;
  }
  template <typename Shape> static std::string shapeText(const Shape &shape) {
    std::string text;
    for (int64_t size : shape)
      text += (text.empty() ? "" : "x") +
              (size < 0 ? std::string("?") : std::to_string(size));
    return text.empty() ? "scalar" : text;
  }
  void printPort(StringRef what, const pb::Port &port) {
    os << "  " << what << " '" << port.name()
       << "': " << pb::ElementType_Name(port.type()) << " "
       << shapeText(port.shape()) << " = %" << port.value();
    for (auto [index, axis] : llvm::enumerate(port.length_axes()))
      os << (index == 0 ? ", up to its size along " : ", ") << axis;
    if (port.length_axes_size() > 0 && what == "input")
      os << ", filled up with " << port.padding();
    os << "\n";
  }
  void printEndpoint(const pb::Endpoint &end) {
    os << lower(pb::Endpoint::Unit_Name(end.unit()));
    if (end.cores_size() == 0)
      return;
    os << (end.cores_size() == 1 ? " of core" : " of cores");
    for (uint32_t core : end.cores())
      os << " " << core;
  }

  void printAttribute(const pb::Attribute &attribute) {
    switch (attribute.value_case()) {
    case pb::Attribute::kInteger:
      os << attribute.integer();
      break;
    case pb::Attribute::kReal:
      os << llvm::format("%g", attribute.real());
      break;
    case pb::Attribute::kText:
      os << '"' << attribute.text() << '"';
      break;
    case pb::Attribute::kIntegers:
      os << "[";
      llvm::interleaveComma(attribute.integers().values(), os);
      os << "]";
      break;
    default:
      os << "?";
    }
  }

  void printInstruction(const pb::Instruction &instruction) {
    llvm::interleaveComma(instruction.results(), os,
                          [&](uint32_t value) { os << "%" << value; });
    os << " = ";
    switch (instruction.unit_case()) {
    case pb::Instruction::kLayer:
      os << "layer " << instruction.layer();
      break;
    case pb::Instruction::kProduct:
      os << "product " << instruction.product();
      break;
    case pb::Instruction::kRequantiser:
      os << "fire " << instruction.requantiser();
      break;
    case pb::Instruction::kKernel:
      os << instruction.kernel().name();
      break;
    case pb::Instruction::kPhase:
      os << "phase "
         << lower(pb::PhaseOp::Kind_Name(instruction.phase().kind()));
      if (!instruction.phase().engine().empty())
        os << " on " << instruction.phase().engine();
      break;
    case pb::Instruction::kLif:
      os << "lif<" << instruction.lif().steps() << " steps, ";
      os << image::describe(instruction.lif().neuron()) << ">";
      break;
    case pb::Instruction::kBernoulli:
      os << "bernoulli<" << instruction.bernoulli().steps() << " steps, seed "
         << instruction.bernoulli().stream().seed() << ", layer "
         << instruction.bernoulli().stream().layer() << ", stage "
         << instruction.bernoulli().stage() << ">";
      break;
    case pb::Instruction::kAttention:
      os << "attention " << instruction.attention();
      break;
    default:
      os << "?";
    }
    os << "(";
    llvm::interleaveComma(instruction.operands(), os, [&](int32_t value) {
      if (value < 0)
        os << "-";
      else
        os << "%" << value;
    });
    os << ")";
    if (instruction.has_kernel() && instruction.kernel().attributes_size()) {
      os << " {";
      llvm::interleaveComma(instruction.kernel().attributes(), os,
                            [&](const auto &a) { printAttribute(a); });
      os << "}";
    }
    if (instruction.has_site())
      os << " site '" << instruction.site().name() << "'";
    os << "  # " << instruction.node() << "\n";
  }

  const Image &image;
  llvm::raw_ostream &os;
};

} // namespace

void snn::image::dumpText(const Image &image, StringRef section,
                          llvm::raw_ostream &os) {
  requireSection(image, section);
  TextDump dump(image, os);
  if (section.empty()) {
    os << image.container().path() << ": programming image, schema version "
       << schemaVersion << "\n";
    os << formatSizes(image.container());
  }
  using Print = void (TextDump::*)();
  const std::pair<StringRef, Print> printers[] = {
      {section::chip, &TextDump::printChip},
      {section::interface, &TextDump::printInterface},
      {section::layers, &TextDump::printLayers},
      {section::requantisers, &TextDump::printRequantisers},
      {section::engines, &TextDump::printEngines},
      {section::program, &TextDump::printProgram},
      {section::constants, &TextDump::printConstants},
      {section::routing, &TextDump::printRouting},
      {section::statistics, &TextDump::printStatistics}};
  for (auto [name, print] : printers)
    if (section.empty() || section == name)
      (dump.*print)();
}

void snn::image::dumpJson(const Image &image, StringRef section,
                          llvm::raw_ostream &os) {
  requireSection(image, section);
  llvm::json::Object root;
  root["schema_version"] = int64_t(schemaVersion);
  root["bytes"] = int64_t(image.container().size());
  llvm::json::Array sections;
  for (const SectionInfo &info : image.container().sections())
    sections.push_back(llvm::json::Object{{"name", info.name},
                                          {"offset", int64_t(info.offset)},
                                          {"bytes", int64_t(info.length)},
                                          {"crc32", int64_t(info.checksum)}});
  root["sections"] = std::move(sections);
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  for (auto [name, message] : getMessages(image)) {
    if (!message || (!section.empty() && section != name))
      continue;
    std::string text;
    auto status =
        google::protobuf::util::MessageToJsonString(*message, &text, options);
    if (!status.ok())
      throw rt::Error(image.container().path() + ": section '" + name.str() +
                      "' cannot be printed: " + status.ToString());
    root[name] = llvm::cantFail(llvm::json::parse(text));
  }
  os << llvm::formatv("{0:2}\n", llvm::json::Value(std::move(root)));
}
