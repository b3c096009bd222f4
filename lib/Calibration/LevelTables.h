//===- LevelTables.h - Levels that are not uniform --------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CALIBRATION_LEVELTABLES_H
#define SNN_LIB_CALIBRATION_LEVELTABLES_H

#include "SiteBits.h"

namespace snn::calibration {

/// The integers of a site's levels, of which `levels[zero]` is 0.
struct LevelTable {
  std::vector<int32_t> levels;
  int32_t zero = 0;
};

/// The table that a site of `bits` bits has without a list of its own: 0 and
/// magnitudes with the distances of a float of three octaves; `isUnsigned`:
/// none below 0.
LevelTable makeLevelTable(unsigned bits, bool isUnsigned);

/// The tables of the sites that flags name.
class LevelTables {
public:
  /// nullopt where the levels are uniform.
  std::optional<LevelTable> at(spike::SiteOp site, unsigned bits,
                               bool isUnsigned) const;

private:
  friend mlir::FailureOr<LevelTables>
  readLevelTables(mlir::ModuleOp module, const SiteBits &bits,
                  llvm::ArrayRef<std::string> entries);

  /// By site or class; an empty list stands for `makeLevelTable`.
  llvm::StringMap<std::vector<int32_t>> named;
};

/// Reads entries SITE, CLASS, and either with =L:L:..., a list of levels; a
/// site's own entry goes before its class. Sites of a class with other bits
/// than the table is for stay uniform. Reports names that no site of spikes
/// has, lists that are no table, and a single site of other bits.
mlir::FailureOr<LevelTables>
readLevelTables(mlir::ModuleOp module, const SiteBits &bits,
                llvm::ArrayRef<std::string> entries);

} // namespace snn::calibration

#endif // SNN_LIB_CALIBRATION_LEVELTABLES_H
