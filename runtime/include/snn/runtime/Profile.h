//===- Profile.h - Where a simulator's time goes ----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An emitted program describes each of its calls by a ProfiledOp and says when
// one begins. What each took, and its share of what the machine can do, becomes
// a table and a trace for Perfetto.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_PROFILE_H
#define SNN_RUNTIME_PROFILE_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace snn::rt {

/// One call of a program, which may be several fused ops.
struct ProfiledOp {
  const char *name;  ///< of the ONNX node
  const char *kind;  ///< the op, or the ops in their order
  double products;   ///< multiply-accumulates as if every neuron fired
  double operations; ///< other operations of the digital unit
  double bytes;      ///< of operands, weights and results, each once
};

/// What one thread can do at most.
struct MachinePeak {
  double products; ///< multiply-accumulates of bytes a second, in registers
  double bytes;    ///< read and written a second, in the second-level cache
};

/// Measures it with the instruction set in use, in some hundredths of a second.
MachinePeak measurePeak();

/// The times of one thread's runs of a network.
class Profile {
public:
  explicit Profile(size_t ops) : nanoseconds(ops) {}

  /// A run begins.
  void begin();
  /// The op begins, and the one before it ends.
  void start(size_t op) {
    stop();
    current = op;
    isRunning = true;
    startTime = now();
  }
  /// The run ends.
  void end() { stop(); }

  /// Forgets all runs so far.
  void clear();
  /// Takes over the runs of another thread; the trace shows both.
  void merge(const Profile &other);

  /// The median time of an op in seconds; 0 if it never ran.
  double median(size_t op) const;
  size_t runs() const { return runCount; }

  /// A table, one op a line, the longest first, and sums by kind.
  std::string formatTable(const ProfiledOp *ops, const MachinePeak &peak) const;
  /// The last run of each thread in the JSON format of Chromium's traces, which
  /// Perfetto reads.
  std::string formatTrace(const std::string &model, const ProfiledOp *ops,
                          const MachinePeak &peak) const;

private:
  struct Event {
    uint32_t op, thread;
    uint64_t start, duration; // nanoseconds from the start of its run
  };

  static uint64_t now();
  void stop();

  std::vector<std::vector<uint32_t>> nanoseconds; // by op and run
  std::vector<Event> events;                      // of the last run
  uint64_t runStart = 0, startTime = 0;
  size_t current = 0, runCount = 0;
  uint32_t threads = 1;
  bool isRunning = false;
};

} // namespace snn::rt

#endif // SNN_RUNTIME_PROFILE_H
