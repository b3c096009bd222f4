//===- LevelTables.cpp - Levels that are not uniform ----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LevelTables.h"

using namespace mlir;
using namespace snn;
using namespace snn::calibration;
using namespace snn::spike;

/// With more bits, 64 levels of a table would not do.
static constexpr unsigned mostTableBits = 6;

LevelTable snn::calibration::makeLevelTable(unsigned bits, bool isUnsigned) {
  // Magnitudes: `octave` of them 1 apart from 0 on, as many 1 apart from there,
  // then 2 and 4 apart.
  int32_t half = 1 << (isUnsigned ? bits : bits - 1);
  int32_t octave = std::max(half / 4, 1);
  std::vector<int32_t> magnitudes;
  int32_t level = 0;
  for (int32_t i = 0; i <= half; ++i) {
    magnitudes.push_back(level);
    level += i < 2 * octave ? 1 : (i < 3 * octave ? 2 : 4);
  }
  LevelTable table;
  if (!isUnsigned)
    for (int32_t i = half; i > 0; --i)
      table.levels.push_back(-magnitudes[i]);
  table.zero = int32_t(table.levels.size());
  table.levels.insert(table.levels.end(), magnitudes.begin(),
                      magnitudes.begin() + half);
  return table;
}

/// The table of `levels`, or of none the usual one.
static LevelTable makeTable(ArrayRef<int32_t> levels, unsigned bits,
                            bool isUnsigned) {
  if (levels.empty())
    return makeLevelTable(bits, isUnsigned);
  return {std::vector<int32_t>(levels),
          int32_t(llvm::find(levels, 0) - levels.begin())};
}

/// Whether sites of `bits` bits can have the table of `levels`.
static bool suits(ArrayRef<int32_t> levels, unsigned bits) {
  return bits >= 2 && bits <= mostTableBits &&
         (levels.empty() || levels.size() == size_t(1) << bits);
}

std::optional<LevelTable> LevelTables::at(SiteOp site, unsigned bits,
                                          bool isUnsigned) const {
  if (!isSpiking(site.getKind()))
    return std::nullopt;
  auto it = named.find(site.getSite());
  if (it == named.end())
    it = named.find(getSiteClass(site));
  if (it == named.end() || !suits(it->second, bits))
    return std::nullopt;
  return makeTable(it->second, bits, isUnsigned);
}

/// Reads the levels of an entry, which may be none.
static LogicalResult readLevels(ModuleOp module, StringRef entry,
                                StringRef list, std::vector<int32_t> &levels) {
  SmallVector<StringRef> texts;
  list.split(texts, ':');
  for (StringRef text : texts) {
    int32_t level;
    if (text.getAsInteger(10, level))
      return module.emitError("needs SITE or SITE=L:L:... for a table of "
                              "levels, has '")
             << entry << "'";
    levels.push_back(level);
  }
  if (!llvm::is_contained(levels, 0))
    return module.emitError("needs a table of levels with a 0, has '")
           << entry << "'";
  unsigned bits = llvm::Log2_64_Ceil(levels.size());
  return verifyLevelTable([&] { return module.emitError(); }, levels, bits);
}

FailureOr<LevelTables>
snn::calibration::readLevelTables(ModuleOp module, const SiteBits &bits,
                                  ArrayRef<std::string> entries) {
  LevelTables tables;
  for (StringRef entry : entries) {
    StringRef name = entry, list;
    if (entry.contains('='))
      std::tie(name, list) = entry.rsplit('=');
    std::vector<int32_t> &levels = tables.named[name];
    levels.clear();
    if (name.size() < entry.size() &&
        failed(readLevels(module, entry, list, levels)))
      return failure();
    bool isKnown = false, isUsed = false;
    WalkResult result = module.walk([&](SiteOp site) {
      bool isNamed = site.getSite() == name;
      if (!isSpiking(site.getKind()) ||
          (!isNamed && getSiteClass(site) != name))
        return WalkResult::advance();
      isKnown = true;
      unsigned width = bits.at(site);
      isUsed |= suits(levels, width);
      if (!isNamed || suits(levels, width))
        return WalkResult::advance();
      if (levels.empty())
        site.emitOpError("needs 2 to ")
            << mostTableBits << " bits for a table of levels, has " << width;
      else
        site.emitOpError("needs a table of ")
            << (1u << width) << " levels, has " << levels.size();
      return WalkResult::interrupt();
    });
    if (result.wasInterrupted())
      return failure();
    if (!isKnown)
      return module.emitError("has no site that spikes, and no class of them, "
                              "'")
             << name << "' to give a table of levels";
    if (!isUsed)
      return module.emitError("has no site in the class '")
             << name << "' of as many bits as its table is for";
  }
  return tables;
}
