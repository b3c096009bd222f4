//===- kill_at_rename.cpp - Ends a process at one of its renames ----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Loaded by LD_PRELOAD. With SNN_KILL_AT_RENAME=N the process kills itself
// before its rename N/2 + 1 (N even) or after it (N odd): an exchange of files
// lasts less than a millisecond, which no kill from outside meets. Children do
// not load it.
//
//===----------------------------------------------------------------------===//

#include <csignal>
#include <cstdlib>
#include <dlfcn.h>
#include <unistd.h>

static long killAt = -1;
static long calls = 0;

__attribute__((constructor)) static void readEnvironment() {
  if (const char *text = getenv("SNN_KILL_AT_RENAME"))
    killAt = atol(text);
  unsetenv("SNN_KILL_AT_RENAME");
  unsetenv("LD_PRELOAD");
}

extern "C" int rename(const char *from, const char *to) {
  using Rename = int (*)(const char *, const char *);
  static auto next = reinterpret_cast<Rename>(dlsym(RTLD_NEXT, "rename"));
  if (calls++ == killAt)
    kill(getpid(), SIGKILL);
  int result = next(from, to);
  if (calls++ == killAt)
    kill(getpid(), SIGKILL);
  return result;
}
