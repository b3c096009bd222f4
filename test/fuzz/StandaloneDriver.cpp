//===- StandaloneDriver.cpp - A fuzzing loop without libFuzzer ------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// fuzz-X [-seconds=N] [-runs=N] [-seed=N] [-crashes=DIR] FILE|DIR...
//
// Runs a target on mutants of seeds: no coverage, but the same on every
// compiler, and the same mutants for the same seed. An input that crashes,
// takes more than 10 seconds or 2 GiB ends the program and stays in DIR; with
// -seconds=0 -runs=0 the files themselves are run, once.
//
//===----------------------------------------------------------------------===//

#include "FuzzSupport.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

using Bytes = std::vector<uint8_t>;

static constexpr unsigned mostSeconds = 10;
static constexpr long mostKib = 2L << 20;
static constexpr size_t largestInput = 1 << 20;
static std::mt19937 generator;

//===----------------------------------------------------------------------===//
// Mutants of bytes
//===----------------------------------------------------------------------===//

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize) {
  std::mt19937 &random = generator;
  auto at = [&] { return size ? random() % size : 0; };
  switch (random() % 7) {
  case 0: // a bit
    if (size)
      data[at()] ^= static_cast<uint8_t>(1 << random() % 8);
    return size;
  case 1: // a byte
    if (size)
      data[at()] = static_cast<uint8_t>(random());
    return size;
  case 2: { // a number
    static const uint64_t special[] = {0,          1,          ~0ull,
                                       0x7fffffff, 0x80000000, 0xffffffff,
                                       1ull << 40, 1ull << 63, 255};
    uint64_t value = special[random() % std::size(special)];
    size_t width = size_t(1) << random() % 4;
    if (size >= width)
      std::memcpy(data + random() % (size - width + 1), &value, width);
    return size;
  }
  case 3: { // cut out
    size_t from = at(), length = std::min(size - from, 1 + random() % 64u);
    if (size == 0)
      return 0;
    std::memmove(data + from, data + from + length, size - from - length);
    return size - length;
  }
  case 4: { // repeat
    size_t from = at(), length = std::min(size - from, 1 + random() % 64u);
    if (size + length > maxSize)
      return size;
    std::memmove(data + from + length, data + from, size - from);
    return size + length;
  }
  case 5: { // copy over
    size_t from = at(), to = at();
    size_t length =
        std::min({size - from, size - to, size_t(1 + random() % 64)});
    if (size)
      std::memmove(data + to, data + from, length);
    return size;
  }
  default: // the end
    return random() % 4 || !size ? size : at();
  }
}

static void mutateInput(Bytes &input) {
  size_t size = input.size();
  input.resize(largestInput);
  if (LLVMFuzzerCustomMutator && generator() % 4)
    size = LLVMFuzzerCustomMutator(input.data(), size, input.size(),
                                   static_cast<unsigned>(generator()));
  else
    for (unsigned i = 0, n = 1 + generator() % 4; i < n; ++i)
      size = LLVMFuzzerMutate(input.data(), size, input.size());
  input.resize(size);
}

//===----------------------------------------------------------------------===//
// The loop
//===----------------------------------------------------------------------===//

static std::string current = "/dev/shm/snn-fuzz-current";

static void tooLong(int) {
  static const char text[] = "an input takes more than 10 s\n";
  (void)!write(STDERR_FILENO, text, sizeof text - 1);
  std::abort();
}

static void runInput(const Bytes &input) {
  std::ofstream(current, std::ios::binary)
      .write(reinterpret_cast<const char *>(input.data()),
             static_cast<std::streamsize>(input.size()));
  alarm(mostSeconds);
  LLVMFuzzerTestOneInput(input.data(), input.size());
  alarm(0);
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  if (usage.ru_maxrss > mostKib) {
    std::fprintf(stderr, "an input takes more than 2 GiB: %ld KiB\n",
                 usage.ru_maxrss);
    std::abort();
  }
}

static void readSeeds(const std::filesystem::path &path,
                      std::vector<Bytes> &seeds) {
  if (std::filesystem::is_directory(path)) {
    std::vector<std::filesystem::path> files(
        std::filesystem::directory_iterator(path), {});
    std::sort(files.begin(), files.end());
    for (const auto &file : files)
      readSeeds(file, seeds);
    return;
  }
  std::ifstream file(path, std::ios::binary);
  Bytes bytes(std::istreambuf_iterator<char>(file), {});
  if (bytes.size() <= largestInput)
    seeds.push_back(std::move(bytes));
}

int main(int argc, char **argv) {
  long seconds = 0, runs = 0;
  unsigned seed = 1;
  std::string crashes = ".";
  std::vector<Bytes> seeds;
  for (int i = 1; i < argc; ++i) {
    if (std::sscanf(argv[i], "-seconds=%ld", &seconds) == 1 ||
        std::sscanf(argv[i], "-runs=%ld", &runs) == 1 ||
        std::sscanf(argv[i], "-seed=%u", &seed) == 1)
      continue;
    if (std::strncmp(argv[i], "-crashes=", 9) == 0)
      crashes = argv[i] + 9;
    else
      readSeeds(argv[i], seeds);
  }
  if (seeds.empty())
    seeds.push_back({});
  std::string name = std::filesystem::path(argv[0]).filename();
  current = crashes + "/" + name + "-" + std::to_string(getpid());
  signal(SIGALRM, tooLong);
  generator.seed(seed);
  long done = 0;
  for (const Bytes &input : seeds)
    runInput(input), ++done;
  std::time_t end = std::time(nullptr) + seconds;
  for (long i = 0; i < runs || (runs == 0 && std::time(nullptr) < end); ++i) {
    Bytes input = seeds[generator() % seeds.size()];
    mutateInput(input);
    runInput(input);
    ++done;
  }
  std::remove(current.c_str());
  std::printf("%s: %ld inputs of %zu seeds\n", name.c_str(), done,
              seeds.size());
  return 0;
}
