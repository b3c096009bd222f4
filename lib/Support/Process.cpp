//===- Process.cpp - Running another program ------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Between this process and the program stands a guard: a child that the kernel
// signals when this process dies, and that then kills the process group of the
// program. The program alone could be tied to this process in the same way, but
// what it starts (a compiler driver's passes) would go on.
//
//===----------------------------------------------------------------------===//

#include "snn/Support/Process.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace llvm;

/// `command` as one would type it.
static std::string toText(ArrayRef<std::string> command) {
  std::string text;
  for (const std::string &word : command) {
    bool plain = word.find_first_of(" \t'\"\\$`*?&|;<>()") == std::string::npos;
    text += text.empty() ? "" : " ";
    text += plain ? word : "'" + word + "'";
  }
  return text;
}

//===----------------------------------------------------------------------===//
// The guard
//===----------------------------------------------------------------------===//

// What follows runs between fork and exec, or in a handler: only calls that are
// safe there, and no allocation.

/// The status of a guard whose program could not be started; the shell's.
static constexpr int cannotStart = 127;

static void killGroup(int) {
  kill(0, SIGKILL); // the guard leads the group, and goes with it
}

/// Becomes the program: stdout to `out` unless it is negative, stderr to `log`.
[[noreturn]] static void startProgram(const char *program,
                                      char *const *arguments,
                                      char *const *environment, int out,
                                      int log) {
  if (out >= 0)
    dup2(out, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  for (int number : {SIGTERM, SIGINT, SIGHUP})
    signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(program, arguments, environment);
  const char *why = std::strerror(errno);
  (void)!write(STDERR_FILENO, why, std::strlen(why));
  _exit(cannotStart);
}

[[noreturn]] static void guard(pid_t parent, const char *program,
                               char *const *arguments, char *const *environment,
                               int out, int log) {
  setpgid(0, 0);
  signal(SIGTERM, killGroup);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent)
    _exit(cannotStart); // the parent died before the line above
  pid_t child = fork();
  if (child == 0)
    startProgram(program, arguments, environment, out, log);
  int status = 0;
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
    ;
  if (child < 0)
    _exit(cannotStart);
  // What the program left running is none of its result.
  if (WIFSIGNALED(status)) {
    signal(WTERMSIG(status), SIG_DFL);
    raise(WTERMSIG(status));
    _exit(128 + WTERMSIG(status));
  }
  _exit(WEXITSTATUS(status));
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

namespace {
/// Pointers to the strings of a list, with a null at the end, as exec wants.
class PointerList {
public:
  explicit PointerList(std::vector<std::string> strings)
      : strings(std::move(strings)) {
    for (std::string &text : this->strings)
      pointers.push_back(text.data());
    pointers.push_back(nullptr);
  }
  char *const *data() { return pointers.data(); }

private:
  std::vector<std::string> strings;
  std::vector<char *> pointers;
};
} // namespace

/// This process's environment, with `temporary` as the folder of temporary
/// files.
static std::vector<std::string> makeEnvironment(StringRef temporary) {
  std::vector<std::string> variables;
  for (char **variable = environ; *variable; ++variable)
    if (temporary.empty() || !StringRef(*variable).starts_with("TMPDIR="))
      variables.push_back(*variable);
  if (!temporary.empty())
    variables.push_back("TMPDIR=" + temporary.str());
  return variables;
}

Error snn::runProcess(ArrayRef<std::string> command, StringRef output,
                      StringRef temporary) {
  auto fail = [&](const Twine &reason) {
    return createStringError(inconvertibleErrorCode(),
                             reason + "\n  command: " + toText(command));
  };
  ErrorOr<std::string> program = sys::findProgramByName(command.front());
  if (!program)
    return fail("cannot find the program '" + command.front() + "'");

  // The log has no name, so that nothing is left of it, whatever happens.
  int log = memfd_create("snnc-stderr", MFD_CLOEXEC);
  if (log < 0)
    return fail(Twine("cannot make a temporary file: ") + std::strerror(errno));
  llvm::scope_exit closeLog([&] { close(log); });
  int out = -1;
  if (!output.empty()) {
    out = open(output.str().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
               0666);
    if (out < 0)
      return fail("cannot write '" + output + "': " + std::strerror(errno));
  }
  llvm::scope_exit closeOut([&] {
    if (out >= 0)
      close(out);
  });

  PointerList arguments(command.vec());
  PointerList environment(makeEnvironment(temporary));
  outs().flush();
  pid_t parent = getpid(), child = fork();
  if (child == 0)
    guard(parent, program->c_str(), arguments.data(), environment.data(), out,
          log);
  if (child < 0)
    return fail(Twine("cannot start a process: ") + std::strerror(errno));
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR)
    ;

  std::string printed;
  if (auto buffer = MemoryBuffer::getOpenFile(
          sys::fs::convertFDToNativeFile(log), "stderr", uint64_t(-1),
          /*RequiresNullTerminator=*/false))
    printed = (*buffer)->getBuffer().rtrim().str();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    errs() << printed << (printed.empty() ? "" : "\n");
    return Error::success();
  }
  std::string reason = "'" + command.front() + "' ";
  if (WIFSIGNALED(status))
    reason +=
        std::string("was ended by a signal: ") + strsignal(WTERMSIG(status));
  else if (WEXITSTATUS(status) == cannotStart)
    reason += "could not be run";
  else
    reason += "failed with exit status " + std::to_string(WEXITSTATUS(status));
  if (!printed.empty())
    reason += "\n" + printed;
  return fail(reason);
}
