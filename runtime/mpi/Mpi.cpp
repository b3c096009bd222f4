//===- Mpi.cpp - The library that simulators load under mpirun ------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A library of its own, so that a simulator runs on machines without MPI and
// does not depend on which one the machine has. The functions are those that
// runtime/lib/simulator/Ranks.cpp looks up.
//
//===----------------------------------------------------------------------===//

#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mpi.h>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace {
/// The thread that calls MPI, which wants all calls from one: so that the last
/// of them can run beside what the caller still has to do.
class Caller {
public:
  Caller() : thread([this] { work(); }) {}

  /// Waits for the call before, then starts this one.
  void start(std::function<void()> next) {
    std::unique_lock<std::mutex> guard(lock);
    changed.wait(guard, [&] { return !call; });
    call = std::move(next);
    changed.notify_all();
  }
  /// Waits until the last call has ended.
  void wait() {
    std::unique_lock<std::mutex> guard(lock);
    changed.wait(guard, [&] { return !call; });
  }
  void run(std::function<void()> next) {
    start(std::move(next));
    wait();
  }
  /// No call follows.
  void end() {
    start([this] { isDone = true; });
    thread.join();
  }

private:
  void work() {
    std::unique_lock<std::mutex> guard(lock);
    while (!isDone) {
      changed.wait(guard, [&] { return static_cast<bool>(call); });
      guard.unlock();
      call();
      guard.lock();
      call = nullptr;
      changed.notify_all();
    }
  }

  std::mutex lock;
  std::condition_variable changed;
  std::function<void()> call;
  bool isDone = false;
  std::thread thread; // last: it uses the others
};
} // namespace

static Caller *caller = nullptr;

/// Settings of Open MPI that make a run's start shorter, where nobody set them.
/// The ranks exchange a few small messages: shared memory and TCP carry them as
/// well as the fast fabrics, whose search takes longer than all of them, and
/// the server's answers need no shared store of their own. Other
/// implementations do not read these names.
static void shortenStart() {
  constexpr std::pair<const char *, const char *> settings[] = {
      {"OMPI_MCA_pml", "ob1"},
      {"OMPI_MCA_mtl", "^ofi,psm,psm2"},
      {"OMPI_MCA_btl", "^openib,ofi,uct,usnic"},
      {"PMIX_MCA_gds", "hash"}};
  for (const auto &[name, value] : settings)
    setenv(name, value, /*overwrite=*/0);
}

/// Every rank's bytes, at every rank; whether that succeeds.
static bool gather(const char *bytes, int count,
                   void (*take)(void *to, const char *bytes, int count),
                   void *to) {
  int size = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  std::vector<int> counts(size), starts(size);
  if (MPI_Allgather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT,
                    MPI_COMM_WORLD) != MPI_SUCCESS)
    return false;
  int64_t total = 0;
  for (int i = 0; i < size; ++i) {
    starts[i] = static_cast<int>(total);
    total += counts[i];
    if (total > INT32_MAX)
      return false;
  }
  std::vector<char> all(static_cast<size_t>(total) + 1);
  if (MPI_Allgatherv(bytes, count, MPI_BYTE, all.data(), counts.data(),
                     starts.data(), MPI_BYTE, MPI_COMM_WORLD) != MPI_SUCCESS)
    return false;
  for (int i = 0; i < size; ++i)
    take(to, all.data() + starts[i], counts[i]);
  return true;
}

extern "C" {

/// The version of this interface.
int snn_mpi_version() { return 2; }

/// Joins the run; 0 where that succeeds.
int snn_mpi_start(int *rank, int *size) {
  shortenStart();
  caller = new Caller;
  bool isGood = false;
  caller->run([&] {
    int provided = 0;
    // Threads of a simulator never call MPI.
    isGood = MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED,
                             &provided) == MPI_SUCCESS;
    if (!isGood)
      return;
    MPI_Comm_rank(MPI_COMM_WORLD, rank);
    MPI_Comm_size(MPI_COMM_WORLD, size);
  });
  return isGood ? 0 : 1;
}

/// Waits until every rank is here.
void snn_mpi_barrier() {
  caller->run([] { MPI_Barrier(MPI_COMM_WORLD); });
}

/// Every rank's bytes, at every rank: `take` gets them in the order of the
/// ranks. 0 where that succeeds.
int snn_mpi_exchange(const char *bytes, int count,
                     void (*take)(void *to, const char *bytes, int count),
                     void *to) {
  bool isGood = false;
  caller->run([&] { isGood = gather(bytes, count, take, to); });
  return isGood ? 0 : 1;
}

/// Begins to leave the run, which ends when all ranks do. No call of the above
/// follows.
void snn_mpi_leave() {
  caller->start([] { MPI_Finalize(); });
}

/// Waits until the run has been left.
void snn_mpi_finish() {
  caller->end();
  delete std::exchange(caller, nullptr);
}

/// Ends all ranks.
void snn_mpi_abort(int status) {
  caller->run([=] { MPI_Abort(MPI_COMM_WORLD, status); });
}
}
