//===- Parallel.h - Several threads for one sample --------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Kernels cut their work where its parts share no result; which thread computes
// a part, and how large parts are, changes no bit. Outside of a TeamScope, and
// inside of a part, there is one thread.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_PARALLEL_H
#define SNN_LIB_PARALLEL_H

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace snn::rt::detail {

/// The most threads of a run, however many are asked for.
constexpr unsigned mostThreads = 1024;

/// Adds `count` threads that run `work`, or as many as the system gives: those
/// that there are do what the others would have done.
template <typename Work>
void addThreads(std::vector<std::thread> &threads, unsigned count, Work work) {
  try {
    while (count-- > 0)
      threads.emplace_back(work);
  } catch (const std::system_error &) {
  }
}

/// Threads that wait for work: for some microseconds awake, then asleep.
class Team {
public:
  /// Of at most `mostThreads`.
  explicit Team(unsigned threads);
  ~Team();
  unsigned size() const { return static_cast<unsigned>(members.size()) + 1; }

  /// Calls part(data, i) for 0 <= i < count, on all threads and the caller's;
  /// rethrows the first exception.
  void run(void (*part)(void *data, int64_t i), void *data, int64_t count);

private:
  void work();
  void takeParts();

  std::vector<std::thread> members;
  std::mutex lock;
  std::condition_variable wake;
  /// The round, the number of its parts and of those taken: one word, so that a
  /// member that comes late takes no part of a later round for one of its own.
  /// 32, 16 and 16 bits.
  std::atomic<uint64_t> ticket{0};
  std::atomic<int64_t> finished{0}; ///< parts of the round
  std::atomic<bool> isDone{false};
  void (*part)(void *, int64_t) = nullptr;
  void *data = nullptr;
  std::exception_ptr failure;
};

/// The team of the kernels that this thread calls; null: one thread.
Team *&currentTeam();

/// Makes a team the thread's own for a while.
class TeamScope {
public:
  explicit TeamScope(Team *team) : before(currentTeam()) {
    currentTeam() = team;
  }
  ~TeamScope() { currentTeam() = before; }
  TeamScope(const TeamScope &) = delete;

private:
  Team *before;
};

/// Calls body(begin, end) for parts that cover [0, count), of `grain` or more
/// but for the last, and of whole multiples of it.
template <typename Body>
void parallelFor(int64_t count, int64_t grain, Body body) {
  Team *team = currentTeam();
  int64_t grains = (count + grain - 1) / grain;
  if (!team || grains < 2) {
    if (count > 0)
      body(int64_t(0), count);
    return;
  }
  // Some more parts than threads, as other programs disturb them.
  int64_t parts = std::min<int64_t>(grains, 4 * int64_t(team->size()));
  struct Call {
    Body &body;
    int64_t count, grain, grains, parts;
  } call = {body, count, grain, grains, parts};
  team->run(
      [](void *data, int64_t i) {
        const Call &c = *static_cast<Call *>(data);
        int64_t begin = c.grains * i / c.parts * c.grain;
        int64_t end = std::min(c.count, c.grains * (i + 1) / c.parts * c.grain);
        c.body(begin, end);
      },
      &call, parts);
}

} // namespace snn::rt::detail

#endif // SNN_LIB_PARALLEL_H
