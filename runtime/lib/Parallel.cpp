//===- Parallel.cpp - Several threads for one sample ----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parallel.h"

using namespace snn::rt::detail;

Team *&snn::rt::detail::currentTeam() {
  static thread_local Team *team = nullptr;
  return team;
}

/// Tells the processor that a thread waits for a word to change.
static void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// How often a thread looks before it sleeps or yields: some ten microseconds,
/// longer than between most ops of a network.
static constexpr int lookCount = 2000;

/// The parts of a ticket's round, and the first that nobody has taken.
static int64_t partsOf(uint64_t ticket) { return ticket >> 16 & 0xffff; }
static int64_t nextOf(uint64_t ticket) { return ticket & 0xffff; }
static uint64_t roundOf(uint64_t ticket) { return ticket >> 32; }

Team::Team(unsigned threads) {
  addThreads(members, std::clamp(threads, 1u, mostThreads) - 1,
             [this] { work(); });
}

Team::~Team() {
  {
    std::lock_guard<std::mutex> guard(lock);
    isDone = true;
  }
  wake.notify_all();
  for (std::thread &member : members)
    member.join();
}

void Team::takeParts() {
  // A part's own kernels run on its thread.
  TeamScope scope(nullptr);
  for (;;) {
    uint64_t taken = ticket.fetch_add(1, std::memory_order_acq_rel);
    if (nextOf(taken) >= partsOf(taken))
      return;
    // The round lasts until this part is finished: its function stays.
    try {
      part(data, nextOf(taken));
    } catch (...) {
      std::lock_guard<std::mutex> guard(lock);
      if (!failure)
        failure = std::current_exception();
    }
    finished.fetch_add(1, std::memory_order_release);
  }
}

void Team::work() {
  uint64_t seen = 0;
  auto isWaiting = [&] {
    return roundOf(ticket.load(std::memory_order_acquire)) == seen && !isDone;
  };
  for (;;) {
    for (int i = 0; i < lookCount && isWaiting(); ++i)
      relax();
    if (isWaiting()) {
      std::unique_lock<std::mutex> guard(lock);
      wake.wait(guard, [&] { return !isWaiting(); });
    }
    if (isDone)
      return;
    seen = roundOf(ticket.load(std::memory_order_acquire));
    takeParts();
  }
}

void Team::run(void (*function)(void *, int64_t), void *argument,
               int64_t parts) {
  part = function;
  data = argument;
  finished.store(0, std::memory_order_relaxed);
  {
    // With the lock, so that no member falls asleep in between.
    std::lock_guard<std::mutex> guard(lock);
    uint64_t round =
        (roundOf(ticket.load(std::memory_order_relaxed)) + 1) & 0xffffffff;
    ticket.store(round << 32 | static_cast<uint64_t>(parts) << 16,
                 std::memory_order_release);
  }
  wake.notify_all();
  takeParts();
  for (int i = 0; finished.load(std::memory_order_acquire) != parts; ++i)
    i < lookCount ? relax() : std::this_thread::yield();
  if (failure)
    std::rethrow_exception(std::exchange(failure, nullptr));
}
