//===- SearchSites.h - A dead zone or a width for every site ----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Chooses options by site (--dead-zone, --act-bits) so that the network keeps a
// budget at the least cost. Every candidate is the network that `snnc` compiles
// with these options, up to the quantise phase, run on rows of data; other rows
// of the same data, which nothing here was chosen by, say what it is worth.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_PIPELINE_SEARCHSITES_H
#define SNN_PIPELINE_SEARCHSITES_H

#include "mlir/IR/BuiltinOps.h"
#include "snn/Calibration/OutputMetric.h"
#include "snn/Pipeline/Options.h"

namespace snn {

/// What is searched for, as `--search` and its companions say it.
struct SearchRequest {
  enum class Knob { DeadZones, Bits };

  Knob knob = Knob::DeadZones;
  calibration::OutputMetric metric;
  std::string inputs; ///< a data file
  std::string labels; ///< a data file; for accuracy
  SearchCostChoice cost = SearchCostChoice::Auto;
};

/// Reads "dead-zones:agreement:0.98": what, the metric and its budget. A
/// negative share is what may be lost of that of the most exact choices.
llvm::Expected<SearchRequest> parseSearch(llvm::StringRef text);

/// "dead-zones" or "bits".
llvm::StringRef toString(SearchRequest::Knob knob);
/// The option that a search chooses: "dead-zone" or "act-bits".
llvm::StringRef getSearchedOption(SearchRequest::Knob knob);

/// One network that was tried.
struct SearchTrial {
  std::string name;  ///< of one with equal choices ("k = 1"), or "by site"
  std::string flags; ///< the option's value
  double cost = 0;   ///< on the searched rows
  double spikes = 0; ///< of a searched row
  /// The squared difference from the outputs of the most exact choices over
  /// their squares, on the searched rows.
  double error = 0;
  calibration::OutputScore searched;
  // On the other rows, where it was run there.
  std::optional<calibration::OutputScore> unseen;
  double unseenCost = 0, unseenSpikes = 0;
};

struct SearchResult {
  SearchRequest request;
  bool isKept = false; ///< the budget, by `found` on the searched rows
  /// The error that assignments by site may have, where the budget is a share
  /// of decisions.
  std::optional<double> errorLimit;
  unsigned tried = 0;
  SearchTrial found;
  std::vector<SearchTrial> uniform;
  /// The measured price of every choice of every site, and the one that was
  /// taken.
  struct Site {
    std::string name;
    std::vector<unsigned> values;
    std::vector<double> costs, errors;
    unsigned chosen = 0;
  };
  std::vector<Site> sites;

  /// search.json.
  llvm::json::Object toJson() const;
  void print(llvm::raw_ostream &os) const;
};

/// Searches for the sites of `module`, which is as it was imported; it is not
/// changed. `options` have passed checkOptions. Diagnostics say what fails.
mlir::FailureOr<SearchResult> searchSites(mlir::ModuleOp module,
                                          const PipelineOptions &options,
                                          const SearchRequest &request);

} // namespace snn

#endif // SNN_PIPELINE_SEARCHSITES_H
