//===- DeadZoneRadii.cpp - Which dead zone a site is to have --------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DeadZoneRadii.h"
#include "snn/Dialect/Spike/Metadata.h"

using namespace mlir;
using namespace snn;
using namespace snn::calibration;
using namespace snn::spike;

unsigned DeadZoneRadii::at(StringRef site, SiteKind kind) const {
  if (auto it = single.find(site); it != single.end())
    return it->second;
  bool asked =
      all || named.contains(site) || (named.empty() && isSpiking(kind));
  return asked ? common : 0;
}

FailureOr<DeadZoneRadii>
snn::calibration::readDeadZoneRadii(ModuleOp module, int radius,
                                    ArrayRef<std::string> sites) {
  DeadZoneRadii radii;
  StringRef text = getMetadata(module, "snnc.dead_zone");
  SmallVector<StringRef> entries;
  text.split(entries, ',', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (StringRef entry : entries) {
    entry = entry.trim();
    auto [name, value] = entry.rsplit('=');
    bool isSingle = entry.contains('=');
    if (isSingle ? value.getAsInteger(10, radii.single[name])
                 : entry.getAsInteger(10, radii.common))
      return module.emitError("needs ")
             << (isSingle ? "SITE=K entries" : "an integer")
             << " in the metadata snnc.dead_zone, has '" << entry << "'";
  }
  StringRef list = getMetadata(module, "snnc.dead_zone_sites");
  radii.all = list == "all";
  if (!radii.all && !list.empty()) {
    SmallVector<StringRef> names;
    list.split(names, ',');
    for (StringRef name : names)
      radii.named.insert(name.trim());
  }
  // A flag for all sites replaces what the model says of single ones.
  if (radius >= 0) {
    radii.common = radius;
    radii.single.clear();
  }
  for (const std::string &entry : sites) {
    auto [name, value] = StringRef(entry).rsplit('=');
    unsigned k;
    if (value.empty() || value.getAsInteger(10, k))
      return module.emitError(
                 "needs SITE=K for a single site's dead zone, has '")
             << entry << "'";
    radii.single[name] = k;
  }
  return radii;
}
