//===- DeadZone.cpp - Set the dead zone of every site ---------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DeadZoneRadii.h"
#include "snn/Calibration/Passes.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "llvm/ADT/StringSet.h"

namespace snn::calibration {
#define GEN_PASS_DEF_SPIKEDEADZONE
#include "snn/Calibration/Passes.h.inc"
} // namespace snn::calibration

using namespace mlir;
using namespace snn;
using namespace snn::calibration;
using namespace snn::spike;

namespace {

struct DeadZone : calibration::impl::SpikeDeadZoneBase<DeadZone> {
  using SpikeDeadZoneBase::SpikeDeadZoneBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<DeadZoneRadii> radii =
        readDeadZoneRadii(module, radius, llvm::to_vector(sites));
    if (failed(radii))
      return signalPassFailure();
    llvm::StringSet<> seen;
    for (const Site &site : getSites(module)) {
      auto level = dyn_cast<LevelType>(
          cast<RankedTensorType>(site.result.getType()).getElementType());
      if (!level)
        continue;
      seen.insert(site.name);
      unsigned k = radii->at(site.name, site.kind);
      if (k > level.getMaxLevel()) {
        site.op->emitOpError("needs a dead zone of at most ")
            << level.getMaxLevel() << " levels, has " << k;
        return signalPassFailure();
      }
      setElementType(site.result,
                     LevelType::get(&getContext(), level.getBits(),
                                    level.getZero(), level.getMask(), k,
                                    level.getScale(), level.getTable()));
    }
    for (const auto &entry : radii->named)
      if (!seen.contains(entry.getKey())) {
        module.emitError("has no site '")
            << entry.getKey() << "', which snnc.dead_zone_sites names";
        return signalPassFailure();
      }
    for (const auto &entry : radii->single)
      if (!seen.contains(entry.getKey())) {
        module.emitError("has no site '")
            << entry.getKey() << "' to give a dead zone of "
            << entry.getValue();
        return signalPassFailure();
      }
  }
};

} // namespace
