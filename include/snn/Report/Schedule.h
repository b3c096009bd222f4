//===- Schedule.h - Latency of one inference --------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One inference as tasks on the chip's resources: the crossbars of a layer, the
// cores that add and compare behind them, the attention engines, the digital
// unit. Tokens follow each other through the layers in slices (a pipeline); a
// task starts when what it reads is there and its resource is free, in order of
// readiness (docs/energy.md).
//
//===----------------------------------------------------------------------===//

#ifndef SNN_REPORT_SCHEDULE_H
#define SNN_REPORT_SCHEDULE_H

#include "snn/Report/Energy.h"
#include "llvm/Support/JSON.h"

namespace snn::chip {

/// Something that does one task at a time.
struct Resource {
  std::string name;
  Unit unit;
  double busyNs = 0;
  double crossbars = 0; ///< that work together; 0 for other units
};

/// One piece of work of one op.
struct Task {
  unsigned load = 0; ///< index in the workload
  unsigned resource = 0;
  unsigned slice = 0; ///< of tokens
  double startNs = 0, endNs = 0;
};

struct Schedule {
  std::vector<Resource> resources;
  std::vector<Task> tasks; ///< by start
  double latencyNs = 0;  ///< of one inference, its programming rounds included
  double intervalNs = 0; ///< between inferences that follow each other
  unsigned slices = 1;

  /// Busy time of a resource as a share of the latency, in 0..1.
  double utilisation(unsigned resource) const;
};

/// Schedules one inference; `slices` is the most pieces that tokens are cut in.
Schedule computeSchedule(const Workload &workload, const Chip &chip,
                         const EnergyResult &energy, unsigned slices = 32);

/// The schedule as a Chrome or Perfetto trace.
llvm::json::Object toTrace(const Schedule &schedule, const Workload &workload);

} // namespace snn::chip

#endif // SNN_REPORT_SCHEDULE_H
