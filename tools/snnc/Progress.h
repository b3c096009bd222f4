//===- Progress.h - What a compilation is doing -----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_TOOLS_SNNC_PROGRESS_H
#define SNN_TOOLS_SNNC_PROGRESS_H

#include "mlir/Pass/PassInstrumentation.h"
#include "mlir/Support/Timing.h"

#include <memory>

namespace snn {

/// A line on a terminal with the phase that runs, and its pass, as soon as the
/// phase takes more than a second; nothing where stderr is no terminal. The
/// phases are scopes of --mlir-timing as well.
class Progress {
public:
  Progress();
  ~Progress();

  /// From the construction of a Phase to its end.
  class Phase {
  public:
    Phase(Progress &progress, llvm::StringRef name);
    ~Phase();
    mlir::TimingScope &timing() { return scope; }

  private:
    Progress &progress;
    mlir::TimingScope scope;
  };

  /// Reports the passes of a pass manager that runs in the present phase.
  std::unique_ptr<mlir::PassInstrumentation> createInstrumentation();

private:
  class Line;
  mlir::DefaultTimingManager timing;
  mlir::TimingScope root;
  std::unique_ptr<Line> line; // null where there is no terminal
};

} // namespace snn

#endif // SNN_TOOLS_SNNC_PROGRESS_H
