//===- FuzzStatistics.cpp - Statistics are read -------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FuzzSupport.h"
#include "snn/Report/Rates.h"
#include "snn/Report/Workload.h"

using namespace snn;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // The sites of the seeds: seven bits, and phases.
  chip::Workload workload;
  chip::SiteLoad levels;
  levels.name = "s";
  levels.coding.bits = 4;
  workload.sites.push_back(levels);
  if (llvm::Error error = chip::setRates(
          workload, {}, fuzz::writeInput(data, size, ".json"), ""))
    llvm::consumeError(std::move(error));
  return 0;
}
