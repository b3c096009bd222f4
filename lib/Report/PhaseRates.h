//===- PhaseRates.h - Activity of phase-coded sites -------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_REPORT_PHASERATES_H
#define SNN_LIB_REPORT_PHASERATES_H

#include "snn/Report/Workload.h"
#include "llvm/Support/JSON.h"

namespace snn::chip {

/// A rate that is assumed: spikes are alike in all phases and of both signs,
/// and a neuron counts as un-fired in all phases.
void assumePhases(SiteLoad &site, double rate);

/// From the codes on calibration inputs.
void calibratePhases(SiteLoad &site);

/// The site's counts from a simulator, whose signs are not known: half of the
/// spikes each.
llvm::Error measurePhases(SiteLoad &site, const llvm::json::Object &counts);

} // namespace snn::chip

#endif // SNN_LIB_REPORT_PHASERATES_H
