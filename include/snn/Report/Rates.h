//===- Rates.h - How often the sites of a network fire ----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_REPORT_RATES_H
#define SNN_REPORT_RATES_H

#include "snn/Report/Workload.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"

namespace snn::chip {

/// Rates that a user assumes: one for all sites, and some of single ones. Each
/// bit of a digit is set in half of the spikes, and no row group is skipped.
/// The neurons of a phase code fire in all phases alike, with either sign, and
/// spend `unfired` phases un-fired (default: all of them).
struct AssumedRates {
  std::optional<double> all, unfired;
  llvm::StringMap<double> sites, unfiredSites;
  bool empty() const { return !all && sites.empty(); }
};

/// Reads "rate=R", "rate.SITE=R", "unfired=P" and "unfired.SITE=P" in order.
llvm::Expected<AssumedRates>
parseAssumedRates(llvm::ArrayRef<std::string> assumptions);

/// Runs the network on `inputs` (a file, or random:N; at most `samples`
/// samples) and fills in the level histograms of its sites and the share of row
/// groups that its layers read. Fails with a diagnostic.
mlir::LogicalResult calibrateRates(Workload &workload, mlir::ModuleOp module,
                                   llvm::StringRef inputs, unsigned samples);

/// Fills in the rates of all sites: from `statistics` (the JSON that a
/// simulator writes with --stats), if it is not empty, otherwise from the
/// calibration histograms; assumed rates go before both. Fails where a site has
/// no rate, statistics or assumptions name a site that the network does not
/// have, or statistics are of another compilation than `digest` (empty: not
/// known, which fits all).
llvm::Error setRates(Workload &workload, const AssumedRates &assumed,
                     llvm::StringRef statistics, llvm::StringRef digest);

} // namespace snn::chip

#endif // SNN_REPORT_RATES_H
