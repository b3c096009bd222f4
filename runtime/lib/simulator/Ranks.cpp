//===- Ranks.cpp - The processes of a run ---------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/Ranks.h"
#include "snn/runtime/Tensor.h"

#include <climits>
#include <cstdlib>
#include <dlfcn.h>
#include <utility>

using namespace snn::rt;

// The build's places, each with a comma behind it.
#ifndef SNN_MPI_LIBRARIES
#define SNN_MPI_LIBRARIES
#endif

struct Ranks::Library {
  int (*version)();
  int (*start)(int *rank, int *size);
  void (*barrier)();
  int (*exchange)(const char *bytes, int count,
                  void (*take)(void *to, const char *bytes, int count),
                  void *to);
  void (*leave)();
  void (*finish)();
  void (*abort)(int status);
};

/// The ranks that a launcher says it started; 1 without one.
static int launchedRanks() {
  for (const char *variable : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"})
    if (const char *text = std::getenv(variable))
      return std::atoi(text);
  return 1;
}

/// Opens $SNN_MPI_LIBRARY, or the library where it was built or installed, or
/// where the system looks for libraries.
static void *openLibrary() {
  std::vector<std::string> paths = {SNN_MPI_LIBRARIES "libsnn_mpi.so"};
  if (const char *variable = std::getenv("SNN_MPI_LIBRARY"))
    paths = {variable};
  std::string why;
  for (const std::string &path : paths) {
    // Plug-ins of MPI look its symbols up in the program.
    if (void *handle = dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL))
      return handle;
    why += std::string(why.empty() ? "" : "; ") + dlerror();
  }
  throw Error("was started by mpirun, but the library for it cannot be loaded "
              "(SNN_MPI_LIBRARY names it): " +
              why);
}

template <typename Function>
static void find(void *handle, const char *name, Function &function) {
  function = reinterpret_cast<Function>(dlsym(handle, name));
  if (!function)
    throw Error(std::string("the library for mpirun has no '") + name + "'");
}

std::unique_ptr<Ranks> Ranks::join() {
  std::unique_ptr<Ranks> ranks(new Ranks);
  if (launchedRanks() <= 1)
    return ranks;
  void *handle = openLibrary();
  auto library = std::make_unique<Library>();
  find(handle, "snn_mpi_version", library->version);
  find(handle, "snn_mpi_start", library->start);
  find(handle, "snn_mpi_barrier", library->barrier);
  find(handle, "snn_mpi_exchange", library->exchange);
  find(handle, "snn_mpi_leave", library->leave);
  find(handle, "snn_mpi_finish", library->finish);
  find(handle, "snn_mpi_abort", library->abort);
  if (library->version() != 2)
    throw Error("the library for mpirun has version " +
                std::to_string(library->version()) + ", expected 2");
  if (library->start(&ranks->number, &ranks->count) != 0)
    throw Error("MPI cannot be started");
  ranks->library = std::move(library);
  return ranks;
}

Ranks::~Ranks() {
  if (!library)
    return;
  leave();
  library->finish();
}

void Ranks::leave() {
  if (library && !std::exchange(hasLeft, true))
    library->leave();
}

void Ranks::wait() const {
  if (library)
    library->barrier();
}

std::vector<std::string> Ranks::exchange(std::string_view bytes) const {
  if (!library)
    return {std::string(bytes)};
  if (bytes.size() > INT_MAX)
    throw Error("a message of " + std::to_string(bytes.size()) +
                " bytes is too large for MPI");
  std::vector<std::string> all;
  auto take = [](void *to, const char *from, int size) {
    static_cast<std::vector<std::string> *>(to)->emplace_back(
        from, static_cast<size_t>(size));
  };
  if (library->exchange(bytes.data(), static_cast<int>(bytes.size()), take,
                        &all) != 0)
    throw Error("MPI cannot exchange messages");
  return all;
}

void Ranks::abort() const {
  if (library && hasLeft)
    library->finish();
  else if (library)
    library->abort(1);
  std::_Exit(1);
}
