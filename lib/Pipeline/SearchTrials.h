//===- SearchTrials.h - Networks that a search tries ------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_PIPELINE_SEARCHTRIALS_H
#define SNN_LIB_PIPELINE_SEARCHTRIALS_H

#include "snn/Interpreter/Interpreter.h"
#include "snn/Pipeline/SearchSites.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileUtilities.h"

namespace snn {

/// A site whose option is searched.
struct SearchedSite {
  std::string name;
  unsigned bits = 0;
};

/// Rows that networks run on.
struct TrialData {
  std::vector<SampleTensors> inputs;
  std::vector<SampleTensors> reference; ///< outputs of the imported network
  std::vector<int64_t> labels;
  int64_t rows = 0;
};

/// What a network did on some rows.
struct TrialRun {
  std::vector<SampleTensors> outputs;
  double spikes = 0; ///< of a row
  double cost = 0;   ///< of a row, in the unit of the search
};

/// Compiles an imported network with values of the searched option, and runs
/// it.
class SearchTrials {
public:
  SearchTrials(mlir::ModuleOp imported, const PipelineOptions &options,
               const SearchRequest &request)
      : imported(imported), request(request) {
    this->options.copyOptionValuesFrom(options);
  }

  /// Reads and splits the data, and finds the sites.
  mlir::LogicalResult prepare();

  mlir::ModuleOp module() { return imported; }
  llvm::ArrayRef<SearchedSite> sites() const { return found; }
  const TrialData &searched() const { return searchedRows; }
  const TrialData &unseen() const { return unseenRows; }
  bool hasUnseen() const { return unseenRows.rows > 0; }
  unsigned count() const { return tried; }

  /// The network whose searched option is `flags`, on `data`.
  mlir::FailureOr<TrialRun> run(llvm::StringRef flags, const TrialData &data);

  /// The same on a few of the searched rows, calibrated on few, for
  /// differences.
  mlir::FailureOr<TrialRun> probe(llvm::StringRef flags);

  /// The squared difference of two runs over the squares of `base`.
  double distance(const TrialRun &run, const TrialRun &base) const;

  calibration::OutputScore score(const TrialRun &run,
                                 const TrialData &data) const;

private:
  mlir::LogicalResult readData();
  mlir::LogicalResult load(const rt::NamedArrays &arrays,
                           const rt::Tensor *labels, TrialData &data,
                           int64_t limit = 0);
  mlir::LogicalResult limitCalibration();
  mlir::LogicalResult findSites();
  mlir::LogicalResult priceSpikes();
  mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>>
  compile(llvm::StringRef flags, const PipelineOptions &with, Phase last);
  mlir::FailureOr<TrialRun> run(llvm::StringRef flags, const TrialData &data,
                                const PipelineOptions &with);

  mlir::ModuleOp imported;
  PipelineOptions options, few; ///< `few`: of probes
  SearchRequest request;
  std::vector<SearchedSite> found;
  TrialData searchedRows, unseenRows, probeRows;
  llvm::StringMap<double> pricesPj; ///< of one spike, by site
  int64_t block = 1;                ///< rows that a network takes at once
  std::unique_ptr<llvm::FileRemover> limited;
  unsigned tried = 0;
};

} // namespace snn

#endif // SNN_LIB_PIPELINE_SEARCHTRIALS_H
