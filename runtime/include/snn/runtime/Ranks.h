//===- Ranks.h - The processes of a run -------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `mpirun -np N PROGRAM ...` starts a program N times. A program that finds
// itself started like that loads a library (runtime/mpi) which knows MPI; all
// others never look for it.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_RANKS_H
#define SNN_RUNTIME_RANKS_H

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace snn::rt {

/// The processes that share a run, and the number of this one.
class Ranks {
public:
  /// Joins the run that mpirun (Open MPI, MPICH and what derives from it)
  /// started this process for; a run of one process otherwise. Throws `Error`
  /// where the library, $SNN_MPI_LIBRARY or the one that the runtime was built
  /// with, cannot be loaded.
  static std::unique_ptr<Ranks> join();
  /// Leaves it: waits for the others.
  ~Ranks();
  Ranks(const Ranks &) = delete;
  Ranks &operator=(const Ranks &) = delete;

  int rank() const { return number; }
  int size() const { return count; }
  bool isShared() const { return count > 1; }

  /// Waits for all ranks.
  void wait() const;
  /// The bytes that each rank gives, in the order of the ranks.
  std::vector<std::string> exchange(std::string_view bytes) const;
  /// Begins to leave the run, beside what this rank still has to do alone: it
  /// neither waits for others nor exchanges anything after this.
  void leave();
  /// Ends all ranks with status 1: this one failed, and the others would wait.
  /// After `leave` only this one.
  [[noreturn]] void abort() const;

private:
  Ranks() = default;
  struct Library;
  std::unique_ptr<Library> library;
  int number = 0, count = 1;
  bool hasLeft = false;
};

} // namespace snn::rt

#endif // SNN_RUNTIME_RANKS_H
