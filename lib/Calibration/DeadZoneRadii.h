//===- DeadZoneRadii.h - Which dead zone a site is to have ------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CALIBRATION_DEADZONERADII_H
#define SNN_LIB_CALIBRATION_DEADZONERADII_H

#include "snn/Dialect/Spike/Spike.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace snn::calibration {

/// The radius of every site's dead zone, from flags and the model's metadata.
struct DeadZoneRadii {
  unsigned common = 0;
  bool all = false;        ///< keys and values, too
  llvm::StringSet<> named; ///< the sites that `common` is for, or empty
  llvm::StringMap<unsigned> single; ///< sites with a radius of their own

  unsigned at(llvm::StringRef site, spike::SiteKind kind) const;
};

/// Reads `snnc.dead_zone` and `snnc.dead_zone_sites` of `module`; a `radius` of
/// at least 0 and the SITE=K entries of `sites` override. Reports what is no
/// number.
mlir::FailureOr<DeadZoneRadii>
readDeadZoneRadii(mlir::ModuleOp module, int radius,
                  llvm::ArrayRef<std::string> sites);

} // namespace snn::calibration

#endif // SNN_LIB_CALIBRATION_DEADZONERADII_H
