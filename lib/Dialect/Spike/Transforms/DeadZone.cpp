//===- DeadZone.cpp - Set the dead zone of every site ---------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Spike/Metadata.h"
#include "snn/Dialect/Spike/Passes.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "llvm/ADT/StringSet.h"

namespace snn::spike {
#define GEN_PASS_DEF_SPIKEDEADZONE
#include "snn/Dialect/Spike/Passes.h.inc"
} // namespace snn::spike

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

struct DeadZone : spike::impl::SpikeDeadZoneBase<DeadZone> {
  using SpikeDeadZoneBase::SpikeDeadZoneBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    // What the model says.
    unsigned common = 0;
    if (StringRef text = getMetadata(module, "snnc.dead_zone"); !text.empty()) {
      if (text.getAsInteger(10, common)) {
        module.emitError(
            "needs an integer in the metadata snnc.dead_zone, has '")
            << text << "'";
        return signalPassFailure();
      }
    }
    StringRef list = getMetadata(module, "snnc.dead_zone_sites");
    bool all = list == "all";
    llvm::StringSet<> named;
    if (!all && !list.empty()) {
      SmallVector<StringRef> names;
      list.split(names, ',');
      for (StringRef name : names)
        named.insert(name.trim());
    }
    // Flags override.
    if (radius >= 0)
      common = radius;
    llvm::StringMap<unsigned> single;
    for (const std::string &entry : this->sites) {
      auto [name, value] = StringRef(entry).rsplit('=');
      unsigned k;
      if (value.empty() || value.getAsInteger(10, k)) {
        module.emitError("needs SITE=K for a single site's dead zone, has '")
            << entry << "'";
        return signalPassFailure();
      }
      single[name] = k;
    }

    llvm::StringSet<> seen;
    for (const Site &site : getSites(module)) {
      auto level = dyn_cast<LevelType>(
          cast<RankedTensorType>(site.result.getType()).getElementType());
      if (!level)
        continue;
      seen.insert(site.name);
      bool asked = all || named.contains(site.name) ||
                   (named.empty() && isSpiking(site.kind));
      unsigned k = asked ? common : 0;
      if (auto it = single.find(site.name); it != single.end())
        k = it->second;
      if (k > level.getMaxLevel()) {
        site.op->emitOpError("needs a dead zone of at most ")
            << level.getMaxLevel() << " levels, has " << k;
        return signalPassFailure();
      }
      setElementType(site.result,
                     LevelType::get(&getContext(), level.getBits(),
                                    level.getZero(), level.getMask(), k,
                                    level.getScale()));
    }
    for (const auto &entry : named)
      if (!seen.contains(entry.getKey())) {
        module.emitError("has no site '")
            << entry.getKey() << "', which snnc.dead_zone_sites names";
        return signalPassFailure();
      }
    for (const auto &entry : single)
      if (!seen.contains(entry.getKey())) {
        module.emitError("has no site '")
            << entry.getKey() << "' to give a dead zone of "
            << entry.getValue();
        return signalPassFailure();
      }
  }
};

} // namespace
