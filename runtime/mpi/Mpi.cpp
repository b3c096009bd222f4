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

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mpi.h>
#include <vector>

extern "C" {

/// The version of this interface.
int snn_mpi_version() { return 1; }

/// Joins the run; 0 where that succeeds.
int snn_mpi_start(int *rank, int *size) {
  int provided = 0;
  // Threads of a simulator never call MPI.
  if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided) !=
      MPI_SUCCESS)
    return 1;
  MPI_Comm_rank(MPI_COMM_WORLD, rank);
  MPI_Comm_size(MPI_COMM_WORLD, size);
  return 0;
}

/// Waits until every rank is here.
void snn_mpi_barrier() { MPI_Barrier(MPI_COMM_WORLD); }

/// Every rank's bytes, at every rank: `take` gets them in the order of the
/// ranks. 0 where that succeeds.
int snn_mpi_exchange(const char *bytes, int count,
                     void (*take)(void *to, const char *bytes, int count),
                     void *to) {
  int size = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  std::vector<int> counts(size), starts(size);
  if (MPI_Allgather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT,
                    MPI_COMM_WORLD) != MPI_SUCCESS)
    return 1;
  int64_t total = 0;
  for (int i = 0; i < size; ++i) {
    starts[i] = static_cast<int>(total);
    total += counts[i];
    if (total > INT32_MAX)
      return 1;
  }
  std::vector<char> all(static_cast<size_t>(total) + 1);
  if (MPI_Allgatherv(bytes, count, MPI_BYTE, all.data(), counts.data(),
                     starts.data(), MPI_BYTE, MPI_COMM_WORLD) != MPI_SUCCESS)
    return 1;
  for (int i = 0; i < size; ++i)
    take(to, all.data() + starts[i], counts[i]);
  return 0;
}

/// Leaves the run when all ranks do.
void snn_mpi_finish() { MPI_Finalize(); }

/// Ends all ranks.
void snn_mpi_abort(int status) { MPI_Abort(MPI_COMM_WORLD, status); }
}
