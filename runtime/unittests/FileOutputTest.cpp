//===- FileOutputTest.cpp - Files that are whole ----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/FileOutput.h"

#include "snn/runtime/Tensor.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace snn::rt;
namespace fs = std::filesystem;

namespace {

class FileOutput : public ::testing::Test {
protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "snn-file-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { fs::remove_all(folder); }

  std::string at(const std::string &name) const { return folder / name; }
  std::string read(const std::string &name) const {
    std::ifstream in(folder / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// Names in the folder.
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto &entry : fs::directory_iterator(folder))
      result.push_back(entry.path().filename());
    std::sort(result.begin(), result.end());
    return result;
  }

  fs::path folder;
};

std::string errorOf(const std::string &path, std::string_view bytes) {
  try {
    writeFile(path, bytes);
    return "";
  } catch (const Error &e) {
    return e.what();
  }
}

/// Runs `f` in a process of its own; its status.
template <typename F> int inChild(F f) {
  pid_t child = fork();
  if (child == 0) {
    f();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

} // namespace

TEST_F(FileOutput, WritesAndReplaces) {
  writeFile(at("a"), "old");
  writeFile(at("a"), "new");
  EXPECT_EQ(read("a"), "new");
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
}

TEST_F(FileOutput, SaysFileAndReason) {
  EXPECT_EQ(errorOf(at("none/a"), "x"),
            "cannot write '" + at("none/a") + "': No such file or directory");
  fs::create_directory(folder / "d");
  EXPECT_EQ(errorOf(at("d"), "x"),
            "cannot write '" + at("d") + "': Is a directory");
  EXPECT_EQ(errorOf("/dev/full", "x"),
            "cannot write '/dev/full': No space left on device");
}

TEST_F(FileOutput, AFileSizeLimitLeavesTheOldFile) {
  writeFile(at("a"), "old");
  int status = inChild([&] {
    rlimit limit = {4096, 4096};
    setrlimit(RLIMIT_FSIZE, &limit);
    std::string error = errorOf(at("a"), std::string(100000, 'x'));
    _exit(error == "cannot write '" + at("a") + "': File too large" ? 7 : 1);
  });
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 7);
  EXPECT_EQ(read("a"), "old");
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
}

TEST_F(FileOutput, SignalsRemoveWhatIsUnfinished) {
  writeFile(at("a"), "old");
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) {
    // Whoever started the tests may ignore it, and then it stays ignored.
    struct sigaction action = {};
    sigaction(signal, nullptr, &action);
    if (action.sa_handler == SIG_IGN)
      continue;
    int status = inChild([&] {
      PendingFile file(at("a"), "new");
      if (names().size() != 2)
        _exit(1);
      raise(signal);
    });
    ASSERT_TRUE(WIFSIGNALED(status)) << status;
    EXPECT_EQ(WTERMSIG(status), signal);
    EXPECT_EQ(read("a"), "old");
    EXPECT_EQ(names(), std::vector<std::string>{"a"});
  }
}

TEST_F(FileOutput, IgnoredSignalsStayIgnored) {
  int status = inChild([&] {
    signal(SIGHUP, SIG_IGN);
    PendingFile file(at("a"), "new");
    raise(SIGHUP);
    file.commit();
  });
  EXPECT_EQ(status, 0);
  EXPECT_EQ(read("a"), "new");
}

TEST_F(FileOutput, TheNextRunRemovesWhatAKilledOneLeft) {
  int status = inChild([&] {
    PendingFile file(at("a"), "half");
    raise(SIGKILL);
  });
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_EQ(names().size(), 1u);
  // What only looks alike, and what a living process writes, stays.
  std::ofstream(folder / "mine.snn-tmp-abc-1") << "x";
  std::ofstream(folder / ("b.snn-tmp-" + std::to_string(getpid()) + "-99"))
      << "x";
  writeFile(at("c"), "c");
  std::vector<std::string> expected = {"b.snn-tmp-" + std::to_string(getpid()) +
                                           "-99",
                                       "c", "mine.snn-tmp-abc-1"};
  EXPECT_EQ(names(), expected);
}

TEST_F(FileOutput, PendingFilesAreTakenBack) {
  writeFile(at("a"), "old");
  {
    PendingFile file(at("a"), "new");
    EXPECT_EQ(read("a"), "old");
  }
  EXPECT_EQ(read("a"), "old");
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
}

TEST_F(FileOutput, LinksStay) {
  writeFile(at("real"), "old");
  fs::create_symlink("real", folder / "link");
  writeFile(at("link"), "new");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(read("real"), "new");
}
