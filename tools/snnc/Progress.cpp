//===- Progress.cpp - What a compilation is doing -------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Progress.h"
#include "mlir/Pass/Pass.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

using namespace mlir;
using namespace snn;

/// The line, kept by a thread of its own that sleeps between seconds.
class Progress::Line {
public:
  Line() : writer([this] { write(); }) {}
  ~Line() {
    {
      std::lock_guard<std::mutex> guard(lock);
      isDone = true;
    }
    changed.notify_all();
    writer.join();
  }

  /// An empty name ends the phase.
  void setPhase(StringRef name) {
    std::lock_guard<std::mutex> guard(lock);
    clear();
    phase = name.str();
    pass.clear();
    start = std::chrono::steady_clock::now();
  }

  void setPass(StringRef name) {
    std::lock_guard<std::mutex> guard(lock);
    pass = name.str();
  }

private:
  void clear() {
    if (isVisible)
      llvm::errs() << "\r\033[K";
    isVisible = false;
  }

  void write() {
    std::unique_lock<std::mutex> guard(lock);
    while (!isDone) {
      changed.wait_for(guard, std::chrono::milliseconds(500));
      auto seconds = std::chrono::duration_cast<std::chrono::seconds>(
                         std::chrono::steady_clock::now() - start)
                         .count();
      if (isDone || phase.empty() || seconds < 1)
        continue;
      llvm::errs() << "\r\033[K" << phase << (pass.empty() ? "" : ": ") << pass
                   << ", " << int64_t(seconds) << " s";
      isVisible = true;
    }
    clear();
  }

  std::mutex lock;
  std::condition_variable changed;
  std::string phase, pass;
  std::chrono::steady_clock::time_point start;
  bool isVisible = false, isDone = false;
  std::thread writer; // last: it uses the others
};

Progress::Progress() {
  applyDefaultTimingManagerCLOptions(timing);
  root = timing.getRootScope();
  if (llvm::errs().is_displayed())
    line = std::make_unique<Line>();
}

Progress::~Progress() = default;

Progress::Phase::Phase(Progress &progress, StringRef name)
    : progress(progress), scope(progress.root.nest(name)) {
  if (progress.line)
    progress.line->setPhase(name);
}

Progress::Phase::~Phase() {
  if (progress.line)
    progress.line->setPhase("");
}

std::unique_ptr<PassInstrumentation> Progress::createInstrumentation() {
  struct Reporter : PassInstrumentation {
    explicit Reporter(Line *line) : line(line) {}
    void runBeforePass(Pass *pass, Operation *) override {
      if (line && !pass->getArgument().empty())
        line->setPass(pass->getArgument());
    }
    Line *line;
  };
  return std::make_unique<Reporter>(line.get());
}
