//===- Export.cpp - Conductances for the laboratory -----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"

#include "snn/runtime/DataFile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

using namespace snn;
using namespace snn::image;

/// A node's name as part of a file's name.
static std::string toFileName(const std::string &node) {
  std::string name;
  for (char c : node)
    if (llvm::isAlnum(c) || c == '.' || c == '-')
      name += c;
    else if (!name.empty() && name.back() != '_')
      name += '_';
  return name.substr(0, 80);
}

static std::string formatCsv(const rt::Tensor &cells) {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (int64_t row = 0; row < cells.dim(0); ++row) {
    const float *values = cells.data<float>() + row * cells.dim(1);
    for (int64_t column = 0; column < cells.dim(1); ++column)
      os << (column ? "," : "") << llvm::format("%.9g", values[column]);
    os << '\n';
  }
  return text;
}

/// A field of a CSV file.
static std::string quoteCsv(const std::string &field) {
  std::string text = "\"";
  for (char c : field)
    text += c == '"' ? "\"\"" : std::string(1, c);
  return text + "\"";
}

void snn::image::exportConductances(const Image &image,
                                    const ExportOptions &options,
                                    llvm::raw_ostream &os) {
  std::string index = "file,layer,node,group,column_block,row_block,rows,"
                      "columns,crossbars\n";
  size_t count = 0;
  for (auto [number, layer] : llvm::enumerate(image.layers().layers()))
    for (const pb::Tile &tile : layer.tiles()) {
      rt::Tensor cells = image.conductances(layer, tile);
      std::string name = llvm::join_items(
          "_", "layer" + std::to_string(number), toFileName(layer.node()),
          "g" + std::to_string(tile.group()),
          "c" + std::to_string(tile.column_block()),
          "r" + std::to_string(tile.row_block()));
      std::string path = options.directory + "/" + name;
      if (options.npy)
        rt::writeArrays(path + ".npy", {{"", cells}});
      if (options.csv)
        rt::writeTextFile(path + ".csv", formatCsv(cells));
      std::string crossbars;
      for (uint32_t crossbar : tile.crossbars())
        crossbars += (crossbars.empty() ? "" : " ") + std::to_string(crossbar);
      index += llvm::join_items(
          ",", name, std::to_string(number), quoteCsv(layer.node()),
          std::to_string(tile.group()), std::to_string(tile.column_block()),
          std::to_string(tile.row_block()), std::to_string(cells.dim(0)),
          std::to_string(cells.dim(1)), crossbars + "\n");
      ++count;
    }
  rt::writeTextFile(options.directory + "/index.csv", index);
  os << "wrote the conductances of " << count << " tiles to "
     << options.directory << " (microsiemens)\n";
}
