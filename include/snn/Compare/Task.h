//===- Task.h - A task that several systems are compared on -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The file of `snnc --compare-systems TASK.yaml`: one task, one test set, and
// for each published system the model that it can carry. docs/compare.md
// describes every key.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_COMPARE_TASK_H
#define SNN_COMPARE_TASK_H

#include "snn/Pipeline/Options.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace snn::compare {

enum class System { Matterhorn, SpikedAttention, MetaSpikeFormer, Xpikeformer };

/// How the compiler carries a system.
struct SystemInfo {
  const char *name;       ///< as a user reads and writes it
  const char *chip;       ///< of the system's own energy model
  bool isPaperModel;      ///< `own` is that model's total, not the full one
  bool hasTiming;         ///< the published model says how long it takes
  bool needsSpikingModel; ///< trained to spike; else an ordinary softmax model
  CodingChoice coding;
  AttentionChoice attention;
};

const SystemInfo &getInfo(System system);

/// What tells right from wrong: the arg max over the last axis of an output,
/// against labels.
struct Scoring {
  std::string labels;           ///< file
  std::string array = "labels"; ///< in it
  std::string output;           ///< of the network; empty: its only one
  bool isLastOnly = false;      ///< judge the last position of axis 1 only
  unsigned digits = 0;          ///< count errors per digit of the class in this
                                ///< base; 0: the class as a whole
  std::string reference;        ///< array of a reference's decisions; or empty
};

/// One row of the comparison.
struct Entry {
  System system = System::Matterhorn;
  std::string model; ///< ONNX file
  std::string chip;  ///< own chip; empty: the system's
  /// Further flags of snnc. They are declared options, but none that the
  /// comparison itself sets.
  std::vector<std::string> flags;
};

struct Task {
  std::string name;
  std::string inputs, calibrate; ///< files of arrays
  std::string commonChip = "common-22nm";
  Scoring scoring;
  std::vector<Entry> entries;
};

/// Reads a task. Files are relative to its folder, unless they are absolute.
/// `model`, unless it is empty, replaces every entry's own. The error names
/// file, line and column.
llvm::Expected<Task> loadTask(llvm::StringRef path, llvm::StringRef model = "");

} // namespace snn::compare

#endif // SNN_COMPARE_TASK_H
