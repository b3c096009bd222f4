//===- Report.h - Energy, latency and area of a network ---------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One report of a mapped network, in four forms: energy.json, a table, a trace
// of the schedule, and a page. All are written from the same numbers.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_REPORT_REPORT_H
#define SNN_REPORT_REPORT_H

#include "snn/Report/Rates.h"
#include "snn/Report/Schedule.h"

namespace snn::chip {

/// The version of energy.json.
constexpr unsigned reportSchemaVersion = 1;

/// What the sections of a programming image take.
struct ImageSizes {
  struct Section {
    std::string name;
    uint64_t bytes;
  };
  uint64_t bytes = 0; ///< of the file: header, table and padding included
  std::vector<Section> sections; ///< in file order
};

/// Reads the table of the programming image `path` and checks the file.
llvm::Expected<ImageSizes> readImageSizes(llvm::StringRef path);

struct Report {
  /// Of the compilation; empty where the module has none.
  std::string digest;
  Chip chip;
  Workload workload;
  EnergyResult energy;
  AreaResult area;
  Schedule schedule;
  std::optional<ImageSizes> image;
};

/// Sums over some ops.
struct Sums {
  Counts counts;
  Breakdown paper;
  Breakdown perTile;
  Breakdown perSynapse;
  /// The same ops of a network without spikes: those of the paper-compatible
  /// accounting, and all.
  double annPaperPj = 0, annPj = 0;
  void add(const OpEnergy &op);
};

/// Where a report takes its rates from, in this order.
struct RateOptions {
  AssumedRates assumed;
  std::string statistics;     ///< a file that a simulator wrote; may be empty
  std::string inputs;         ///< calibration inputs; may be empty
  unsigned samples = 0;       ///< calibration inputs that are run; 0: a few
  bool countsAsSlots = false; ///< counts are sent as spikes, not as bit planes
};

/// Computes the report of a module that has a chip (`xbar.chip`). Fails with a
/// diagnostic.
mlir::FailureOr<Report> buildReport(mlir::ModuleOp module,
                                    const RateOptions &rates);

/// Sums over the ops that `keep` accepts.
Sums sumOps(const Report &report, llvm::function_ref<bool(const Load &)> keep);

/// Mean paper-compatible energy of a block, in mJ: the median over blocks, so
/// that what stands behind the last one does not count. 0 without blocks.
double blockEnergyMj(const Report &report);

/// Our value of a published quantity; none if the report does not compute it.
std::optional<double> getQuantity(const Report &report,
                                  llvm::StringRef quantity);

/// What an op of the digital unit is for: "softmax", "layer_normalization",
/// "residual", "encode", "rescale", "float_product", "integer_product",
/// "other".
llvm::StringRef getPurpose(const Load &load);

/// The shortest decimal of a number.
std::string toText(double value);

/// energy.json (docs/energy.md describes every field).
llvm::json::Object toJson(const Report &report);

/// The table for a terminal.
void printTable(const Report &report, llvm::raw_ostream &os);

/// One page without references to other files.
std::string toHtml(const Report &report);

} // namespace snn::chip

#endif // SNN_REPORT_REPORT_H
