//===- LostRanks.cpp - Which rank of a run died ---------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "simulator/LostRanks.h"

#include "snn/runtime/Compilation.h"
#include "snn/runtime/Tensor.h"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace snn::rt;
using namespace snn::rt::detail;

namespace {
enum State : int32_t { Absent, Running, Ended };

/// What a rank says of itself.
struct Slot {
  std::atomic<int32_t> state, process;
  std::atomic<uint64_t> machine;
  std::atomic<int64_t> done;
  char text[256];
};

/// The page of a run; the first slot is for what all write.
struct Table {
  Slot *slots = nullptr; ///< by rank + 1
  int rank = 0, size = 0;
  size_t bytes = 0;
  struct sigaction previous = {};
  std::chrono::steady_clock::time_point spoke;
};
Table table;
} // namespace

/// A machine's name, in short.
static uint64_t machineNumber() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return contentHash(name) | 1;
}

/// Only functions that are safe in a handler.
static void findLost(int signal) {
  int error = errno;
  Slot &mine = table.slots[table.rank + 1];
  mine.state = Ended;
  for (int rank = 0; rank < table.size; ++rank) {
    Slot &slot = table.slots[rank + 1];
    if (slot.machine != mine.machine || slot.state != Running ||
        kill(slot.process, 0) == 0 || errno != ESRCH)
      continue;
    // One of the ranks says it.
    int32_t running = Running;
    if (slot.state.compare_exchange_strong(running, Ended))
      (void)!write(STDERR_FILENO, slot.text, strnlen(slot.text, 255));
  }
  sigaction(SIGTERM, &table.previous, nullptr);
  raise(signal);
  errno = error;
}

LostRanks::LostRanks(const Ranks &ranks, const std::string &share,
                     const std::string &folder)
    : isShared(ranks.isShared()) {
  if (!isShared)
    return;
  std::string path = folder + "/ranks.tmp";
  table.rank = ranks.rank();
  table.size = ranks.size();
  table.bytes = sizeof(Slot) * (static_cast<size_t>(table.size) + 1);
  int flags = O_RDWR | O_CLOEXEC | (table.rank == 0 ? O_CREAT | O_TRUNC : 0);
  auto makeTable = [&] {
    int file = open(path.c_str(), flags, 0666);
    if (file < 0 || (table.rank == 0 &&
                     ftruncate(file, static_cast<off_t>(table.bytes)) != 0))
      throw Error("cannot write '" + path + "': " + std::strerror(errno));
    void *p =
        mmap(nullptr, table.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (p == MAP_FAILED)
      throw Error("cannot map '" + path + "': " + std::strerror(errno));
    table.slots = static_cast<Slot *>(p);
  };
  if (table.rank == 0)
    makeTable();
  ranks.wait();
  if (table.rank != 0)
    makeTable();
  Slot &mine = table.slots[table.rank + 1];
  std::snprintf(mine.text, sizeof mine.text,
                "rank %d (%.80s) died; what is finished stays in '%.100s', "
                "where --resume goes on\n",
                table.rank, share.c_str(), folder.c_str());
  mine.machine = machineNumber();
  mine.process = getpid();
  mine.state = Running;
  struct sigaction action = {};
  action.sa_handler = findLost;
  sigemptyset(&action.sa_mask);
  sigaction(SIGTERM, &action, &table.previous);
  table.spoke = std::chrono::steady_clock::now();
  ranks.wait();
  if (table.rank == 0)
    unlink(path.c_str());
}

LostRanks::~LostRanks() {
  if (!isShared)
    return;
  table.slots[table.rank + 1].state = Ended;
  sigaction(SIGTERM, &table.previous, nullptr);
  munmap(table.slots, table.bytes);
  table.slots = nullptr;
}

void LostRanks::report(int64_t samples) {
  if (!isShared)
    return;
  table.slots[table.rank + 1].done += samples;
  auto now = std::chrono::steady_clock::now();
  if (table.rank != 0 || now - table.spoke < std::chrono::seconds(5))
    return;
  table.spoke = now;
  int64_t done = 0;
  for (int rank = 0; rank < table.size; ++rank)
    done += table.slots[rank + 1].done;
  std::fprintf(stderr, "%lld samples are finished\n",
               static_cast<long long>(done));
}
