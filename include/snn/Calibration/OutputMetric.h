//===- OutputMetric.h - What a network's outputs must keep ------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_CALIBRATION_OUTPUTMETRIC_H
#define SNN_CALIBRATION_OUTPUTMETRIC_H

#include "mlir/Support/LLVM.h"
#include "snn/Interpreter/Interpreter.h"

#include <optional>
#include <vector>

namespace snn::calibration {

/// A number for the outputs of a network, its interval of 95 %, and over how
/// many samples. The interval of a share of samples is Wilson's; where samples
/// have several decisions, or an error of their own, it is by bootstrap over
/// samples.
struct OutputScore {
  double value = 0;
  double low = 0, high = 0;
  int64_t samples = 0;
};

/// "error", the root mean square of the difference to a reference over that of
/// the reference; "agreement", the share of decisions (arg max along the last
/// axis of the first output) that are the reference's; or "accuracy", the share
/// that labels say.
class OutputMetric {
public:
  enum class Kind { Error, Agreement, Accuracy };

  /// The metric of that name; nullopt if there is none.
  static std::optional<OutputMetric> find(llvm::StringRef name, double budget);

  Kind kind = Kind::Error;
  double budget = 0; ///< an error at most, a share at least

  llvm::StringRef name() const;
  bool isBetter(double value, double other) const {
    return kind == Kind::Error ? value < other : value > other;
  }
  bool isKept(double value) const {
    return kind == Kind::Error ? value <= budget : value >= budget;
  }

  /// Scores `results`. Labels, one a decision, are read for accuracy, the
  /// reference for the others. Outputs that are no floats take no part.
  OutputScore score(const std::vector<SampleTensors> &results,
                    const std::vector<SampleTensors> &reference,
                    llvm::ArrayRef<int64_t> labels = {}) const;
};

/// How many decisions `output` holds.
int64_t countDecisions(const SampleTensors &output);

} // namespace snn::calibration

#endif // SNN_CALIBRATION_OUTPUTMETRIC_H
