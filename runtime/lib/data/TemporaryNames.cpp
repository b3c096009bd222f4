//===- TemporaryNames.cpp - Names of unfinished files -----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "data/TemporaryNames.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <mutex>
#include <set>
#include <unistd.h>
#include <vector>

using namespace snn::rt::detail;

static const char marker[] = ".snn-tmp-";

//===----------------------------------------------------------------------===//
// Signals
//===----------------------------------------------------------------------===//

/// Names that a signal removes. Whoever takes a name out of its place owns it:
/// a handler on another thread, or the writer.
static std::atomic<char *> unfinished[64];

static const int handled[] = {SIGTERM, SIGINT, SIGHUP};
static struct sigaction previous[sizeof handled / sizeof *handled];

/// Only functions that are safe in a handler.
static void removeUnfinished(int signal) {
  int error = errno;
  for (std::atomic<char *> &place : unfinished)
    if (char *name = place.exchange(nullptr))
      unlink(name);
  // Whoever was asked before, or the end of the program, comes next: the signal
  // is delivered again when this returns.
  for (size_t i = 0; i < sizeof handled / sizeof *handled; ++i)
    if (handled[i] == signal)
      sigaction(signal, &previous[i], nullptr);
  raise(signal);
  errno = error;
}

static void handleSignals() {
  for (size_t i = 0; i < sizeof handled / sizeof *handled; ++i) {
    sigaction(handled[i], nullptr, &previous[i]);
    // Who ignores a signal goes on writing.
    if (!(previous[i].sa_flags & SA_SIGINFO) &&
        previous[i].sa_handler == SIG_IGN)
      continue;
    struct sigaction action = {};
    action.sa_handler = removeUnfinished;
    sigemptyset(&action.sa_mask);
    sigaction(handled[i], &action, nullptr);
  }
}

std::string snn::rt::detail::registerTemporary(const std::string &path) {
  static std::once_flag once;
  std::call_once(once, handleSignals);
  static std::atomic<unsigned> number{0};
  std::string name =
      path + marker + std::to_string(getpid()) + "-" + std::to_string(number++);
  char *copy = strdup(name.c_str());
  for (std::atomic<char *> &place : unfinished) {
    char *empty = nullptr;
    if (copy && place.compare_exchange_strong(empty, copy))
      return name;
  }
  std::free(copy); // more files at once than there are places
  return name;
}

void snn::rt::detail::releaseTemporary(const std::string &name) {
  // Only this process makes the name: no other thread releases it.
  for (std::atomic<char *> &place : unfinished) {
    char *held = place.load();
    if (held && name == held && place.compare_exchange_strong(held, nullptr)) {
      std::free(held);
      return;
    }
  }
}

//===----------------------------------------------------------------------===//
// Leftovers
//===----------------------------------------------------------------------===//

/// The process that a file's name says; 0 for other files.
static pid_t writerOf(const std::string &name) {
  size_t at = name.rfind(marker);
  if (at == std::string::npos)
    return 0;
  std::string rest = name.substr(at + sizeof marker - 1);
  size_t dash = rest.find('-');
  if (dash == std::string::npos || dash == 0 || dash > 9 ||
      dash + 1 == rest.size() ||
      rest.find_first_not_of("0123456789-") != std::string::npos ||
      rest.find('-', dash + 1) != std::string::npos)
    return 0;
  return static_cast<pid_t>(std::atol(rest.c_str()));
}

void snn::rt::detail::removeLeftovers(const std::string &folder) {
  static std::mutex lock;
  static std::set<std::string> seen;
  {
    std::lock_guard<std::mutex> guard(lock);
    if (!seen.insert(folder).second)
      return;
  }
  DIR *directory = opendir(folder.c_str());
  if (!directory)
    return;
  std::vector<std::string> dead;
  while (dirent *entry = readdir(directory))
    if (pid_t writer = writerOf(entry->d_name);
        writer > 0 && kill(writer, 0) != 0 && errno == ESRCH)
      dead.push_back(entry->d_name);
  closedir(directory);
  for (const std::string &name : dead)
    unlink((folder + "/" + name).c_str());
}
