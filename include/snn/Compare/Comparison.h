//===- Comparison.h - Systems side by side ----------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiles, runs and reports the model of every system of a task. Two energies
// stand in a row: `own`, by the system's published model, in its technology,
// which is not comparable across rows; and `common`, all systems on one chip.
// Only `common` is ranked.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_COMPARE_COMPARISON_H
#define SNN_COMPARE_COMPARISON_H

#include "snn/Compare/Task.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <map>
#include <optional>

namespace snn::compare {

/// The version of comparison.json.
constexpr unsigned comparisonSchemaVersion = 1;

/// The problem of a system whose networks are trained to spike, given a softmax
/// model, and the other way round.
constexpr llvm::StringLiteral needsRetraining = "needs retraining";

/// The energy of one inference on one chip.
struct Figure {
  std::string chip;
  double technologyNm = 0;
  double energyPj = 0;
  std::map<std::string, double> components; ///< pJ; their sum is `energyPj`
  std::optional<double> latencyNs;          ///< none: the model has no timing
};

/// One system; `problem` says why there are no figures.
struct Row {
  Entry entry;
  std::string problem;
  double errorRate = 0;
  double spikes = 0;             ///< of one inference
  double synapticOperations = 0; ///< accumulations on spikes
  double multiplyAdds = 0;       ///< dense or multi-bit
  double denseOperations = 0;    ///< were every input to fire
  std::optional<Figure> own, common;
  std::optional<unsigned> rank; ///< by common energy, from 1
};

struct Comparison {
  Task task;
  int64_t samples = 0;
  std::optional<double> referenceErrorRate;
  std::vector<Row> rows;
};

/// Decisions of one network, or of a reference, against the labels.
llvm::Expected<double> scoreOutputs(const Scoring &scoring,
                                    llvm::StringRef outputs);
/// None where the task names no reference.
llvm::Expected<std::optional<double>> scoreReference(const Scoring &scoring);

/// Runs `compiler` (snnc) and the simulators that it builds; artefacts of a
/// system are left in `directory`/NAME. A system that fails has a problem, the
/// others go on; the error is one of the task itself.
llvm::Expected<Comparison> compareSystems(Task task, llvm::StringRef compiler,
                                          llvm::StringRef directory);

/// comparison.json.
llvm::json::Object toJson(const Comparison &comparison);

/// The tables in Markdown, which is what the terminal shows, too.
void printTables(const Comparison &comparison, llvm::raw_ostream &os);

} // namespace snn::compare

#endif // SNN_COMPARE_COMPARISON_H
