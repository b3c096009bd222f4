//===- Summary.cpp - What a mapping uses, in numbers ----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Xbar/Summary.h"
#include "snn/Dialect/Xbar/Xbar.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace snn;
using namespace snn::xbar;

MappingSummary snn::xbar::summarise(ModuleOp module, const chip::Chip &chip) {
  MappingSummary summary;
  for (const Layer &layer : getLayers(module)) {
    // Cells count once, however many passes they serve.
    if (!layer.hasOwnCells())
      continue;
    ++summary.layers;
    summary.tiles += layer.tiling.getTiles();
    summary.crossbars += layer.placement.getCrossbars().size();
    summary.cells += layer.placement.getReplicas() * layer.usedCells();
    summary.rounds =
        std::max(summary.rounds,
                 layer.placement.getRound() + layer.placement.getRoundCount());
  }
  module.walk([&](Operation *op) {
    auto engine = op->getAttrOfType<StringAttr>("engine");
    auto consumer = dyn_cast<spike::EventConsumerOpInterface>(op);
    if (engine && consumer && consumer.getResident())
      ++summary.products[engine.str()];
  });
  if (summary.crossbars > 0)
    summary.utilisation =
        double(summary.cells) /
        (double(summary.crossbars) * double(chip.crossbar.rows) *
         double(chip.crossbar.logicalColumns()));
  return summary;
}

std::string snn::xbar::toString(const MappingSummary &summary,
                                const chip::Chip &chip) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (chip.hasCrossbars())
    os << llvm::formatv("{0} layers of {1} tiles in {2} of {3} crossbars "
                        "({4:F1} % of their cells), {5} round{6}",
                        summary.layers, summary.tiles, summary.crossbars,
                        chip.crossbars(), 100 * summary.utilisation,
                        summary.rounds, summary.rounds == 1 ? "" : "s");
  else
    os << "static products on digital cores";
  for (const auto &[engine, count] : summary.products)
    os << "; " << count << " products on "
       << (engine == digitalEngine ? "the digital unit" : "engine " + engine);
  return text;
}
