//===- Simulator.cpp - The frame of an emitted simulator --------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/Simulator.h"

#include "Parallel.h"

#include "snn/runtime/Json.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <mutex>
#include <optional>
#include <unistd.h>

using namespace snn::rt;
using namespace snn::rt::detail;

//===----------------------------------------------------------------------===//
// Run
//===----------------------------------------------------------------------===//

Run::Run(const Weights &weights, size_t bufferBytes, Mode mode, bool count)
    : weights(weights), bytes(bufferBytes) {
  context.mode = mode;
  context.statistics = count ? &statistics : nullptr;
  auto plan = std::make_shared<Tensor>(
      DType::U8, Shape{static_cast<int64_t>(bufferBytes)});
  storage = std::shared_ptr<void>(plan, plan->raw());
}

Tensor Run::buffer(DType type, Shape shape, size_t offset) {
  auto size = static_cast<size_t>(byteCount(type, shape));
  if (offset > bytes || size > bytes - offset)
    throw Error("tensor of shape " + toString(shape) + " at byte " +
                std::to_string(offset) + " lies outside of the buffer of " +
                std::to_string(bytes) + " bytes");
  return Tensor::borrow(type, std::move(shape),
                        static_cast<char *>(storage.get()) + offset, size);
}

Tensor Run::buffer(DType type, std::initializer_list<int64_t> shape,
                   size_t offset) {
  return buffer(type, Shape(shape), offset);
}

//===----------------------------------------------------------------------===//
// Command line
//===----------------------------------------------------------------------===//

namespace {
struct Options {
  std::vector<std::string> inputs;
  std::string output, stats, weights;
  Mode mode = Mode::Fast;
  unsigned threads = 0;         ///< 0: one a core
  unsigned benchmark = 0;       ///< timed repetitions of the first sample
  std::optional<uint64_t> seed; ///< replaces the compiled one
  std::string profile;          ///< where the trace goes
  int64_t firstSample = 0;      ///< number of the first sample in the run
  bool help = false;
};
} // namespace

static const char *const usage =
    " --input X.npz --output Y.npz [--mode fast|event|stepped] "
    "[--stats S.json] [--threads N] [--weights FILE] [--benchmark RUNS] "
    "[--seed N] [--first-sample N] [--memory-limit BYTES[K|M|G|T]] "
    "[--profile TRACE.json]";

static const char *modeName(Mode mode) {
  switch (mode) {
  case Mode::Fast:
    return "fast";
  case Mode::Event:
    return "event";
  case Mode::Stepped:
    return "stepped";
  }
  return "?";
}

static Mode parseMode(const std::string &text) {
  for (Mode mode : {Mode::Fast, Mode::Event, Mode::Stepped})
    if (text == modeName(mode))
      return mode;
  throw Error("--mode expects fast, event or stepped, not '" + text + "'");
}

static unsigned parseCount(const char *flag, const std::string &text) {
  bool digits = !text.empty() && text.size() <= 6 &&
                text.find_first_not_of("0123456789") == std::string::npos;
  int value = digits ? std::atoi(text.c_str()) : 0;
  if (value < 1)
    throw Error(std::string(flag) + " expects a positive number, not '" + text +
                "'");
  return static_cast<unsigned>(value);
}

/// A number from 0 to `largest`.
static uint64_t parseNumber(const char *flag, const std::string &text,
                            uint64_t largest) {
  errno = 0;
  char *end = nullptr;
  uint64_t value = std::strtoull(text.c_str(), &end, 10);
  bool digits = !text.empty() &&
                text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || *end || errno || value > largest)
    throw Error(std::string(flag) + " expects a number from 0 to " +
                std::to_string(largest) + ", not '" + text + "'");
  return value;
}

static Options parseOptions(int argc, char **argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string flag = argv[i];
    if (flag == "--help" || flag == "-h") {
      options.help = true;
      return options;
    }
    // --flag=value and --flag value.
    std::optional<std::string> value;
    size_t equals = flag.find('=');
    if (flag.rfind("--", 0) == 0 && equals != std::string::npos) {
      value = flag.substr(equals + 1);
      flag.resize(equals);
    }
    static const char *const known[] = {
        "--input",        "--output",       "--mode",      "--stats",
        "--threads",      "--weights",      "--benchmark", "--seed",
        "--first-sample", "--memory-limit", "--profile"};
    if (std::none_of(std::begin(known), std::end(known),
                     [&](const char *k) { return flag == k; }))
      throw Error("unknown argument '" + flag + "'");
    if (!value) {
      if (i + 1 >= argc)
        throw Error(flag + " expects a value");
      value = argv[++i];
    }
    if (flag == "--input")
      options.inputs.push_back(*value);
    else if (flag == "--output")
      options.output = *value;
    else if (flag == "--mode")
      options.mode = parseMode(*value);
    else if (flag == "--stats")
      options.stats = *value;
    else if (flag == "--threads")
      options.threads = parseCount("--threads", *value);
    else if (flag == "--benchmark")
      options.benchmark = parseCount("--benchmark", *value);
    else if (flag == "--seed")
      options.seed = parseNumber("--seed", *value, UINT64_MAX);
    else if (flag == "--first-sample")
      options.firstSample = static_cast<int64_t>(
          parseNumber("--first-sample", *value, (uint64_t(1) << 44) - 1));
    else if (flag == "--profile")
      options.profile = *value;
    else if (flag == "--memory-limit")
      setMemoryLimit(parseMemorySize(*value));
    else
      options.weights = *value;
  }
  if (options.inputs.empty())
    throw Error("--input is missing");
  if (options.output.empty())
    throw Error("--output is missing");
  return options;
}

/// The file of the running binary.
static std::string findProgram(const char *program) {
  char buffer[4096];
  ssize_t n = readlink("/proc/self/exe", buffer, sizeof buffer);
  return n > 0 && n < static_cast<ssize_t>(sizeof buffer)
             ? std::string(buffer, static_cast<size_t>(n))
             : std::string(program);
}

/// weights.safetensors beside the program.
static std::string defaultWeights(const std::string &program) {
  size_t slash = program.rfind('/');
  std::string folder =
      slash == std::string::npos ? "" : program.substr(0, slash + 1);
  return folder + "weights.safetensors";
}

/// Refuses weights of another compilation. Those that the user names may have
/// been changed since.
static void checkWeights(const std::string &program,
                         const Compilation &compilation,
                         const std::string &path, const Weights &weights,
                         bool isNamed) {
  const auto &metadata = weights.file().metadata();
  auto found = metadata.find(digestKey);
  std::string digest = found == metadata.end() ? "" : found->second;
  if (!compilation.digest.empty() && compilation.digest != digest)
    throw Error("'" + program + "' is of compilation " + compilation.digest +
                ", '" + path + "' of " +
                (digest.empty() ? "an unknown one" : digest) +
                ": they do not belong together");
  if (!isNamed && !compilation.weightsHash.empty() &&
      toHex(contentHash(weights.file().bytes())) != compilation.weightsHash)
    throw Error("'" + path + "' is not the file that '" + program +
                "' was compiled with");
}

/// Samples of one call of `forward`: axis 0 of its inputs.
static int64_t batchOf(const Model &model) {
  for (const Port &port : model.inputs)
    if (!port.shape.empty())
      return std::max<int64_t>(port.shape[0], 1);
  return 1;
}

/// One run of the network, in the profile if there is one.
static void runNetwork(const Model &model, Run &run, const TensorList &in,
                       const TensorOutputs &out) {
  if (run.profile)
    run.profile->begin();
  model.forward(run, in, out);
  if (run.profile)
    run.profile->end();
}

/// Runs all samples. Counts are sums of integers, so that the number of threads
/// changes nothing. `profile`, if any, holds every thread's runs but its first,
/// which prepares weights, unless it has no other.
static Statistics runSamples(const Model &model, const Weights &weights,
                             const Options &options,
                             const SampleArrays &samples, Profile *profile) {
  Statistics total;
  std::mutex lock;
  std::vector<std::unique_ptr<Profile>> profiles; // by thread
  // Threads beyond the samples share the work of one.
  unsigned threads =
      options.threads ? options.threads : std::thread::hardware_concurrency();
  auto teamSize = static_cast<unsigned>(
      std::max<int64_t>(threads / std::max<int64_t>(samples.count(), 1), 1));
  forEachSample(samples.count(), options.threads, [&] {
    auto run =
        std::shared_ptr<Run>(new Run(weights, model.bufferBytes, options.mode,
                                     !options.stats.empty()),
                             [&](Run *finished) {
                               std::lock_guard<std::mutex> guard(lock);
                               total.merge(finished->statistics);
                               delete finished;
                             });
    run->context.seed = options.seed;
    run->context.batch = batchOf(model);
    if (profile) {
      std::lock_guard<std::mutex> guard(lock);
      profiles.push_back(std::make_unique<Profile>(model.opCount));
      run->profile = profiles.back().get();
    }
    std::shared_ptr<Team> team;
    if (teamSize > 1)
      team = std::make_shared<Team>(teamSize);
    return [&, run, team, runs = 0](int64_t sample) mutable {
      TeamScope scope(team.get());
      if (run->profile && ++runs == 2)
        run->profile->clear();
      run->context.sample = options.firstSample + sample * run->context.batch;
      samples.run(sample, [&](const TensorList &in, const TensorOutputs &out) {
        runNetwork(model, *run, in, out);
      });
    };
  });
  for (const std::unique_ptr<Profile> &one : profiles)
    profile->merge(*one);
  return total;
}

/// Seconds of a clock.
static double readClock(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// Runs the first sample `runs` times on `threads` threads (0: one), after
/// three runs that are not timed, and prints the median times as one line of
/// JSON. With `count` the runs count spikes as well.
static void runBenchmark(const Model &model, const Weights &weights, Mode mode,
                         unsigned runs, unsigned threads, bool count,
                         const SampleArrays &samples, Profile *profile) {
  Team team(std::max(threads, 1u));
  TeamScope scope(threads > 1 ? &team : nullptr);
  Run run(weights, model.bufferBytes, mode, count);
  run.profile = profile;
  if (profile)
    profile->clear();
  std::vector<double> wall, cpu;
  for (unsigned i = 0; i < runs + 3; ++i) {
    double w = readClock(CLOCK_MONOTONIC);
    double c = readClock(CLOCK_THREAD_CPUTIME_ID);
    samples.run(0, [&](const TensorList &in, const TensorOutputs &out) {
      runNetwork(model, run, in, out);
    });
    if (i < 3) {
      if (profile)
        profile->clear();
      continue;
    }
    wall.push_back((readClock(CLOCK_MONOTONIC) - w) * 1e3);
    cpu.push_back((readClock(CLOCK_THREAD_CPUTIME_ID) - c) * 1e3);
  }
  std::sort(wall.begin(), wall.end());
  std::sort(cpu.begin(), cpu.end());
  JsonWriter json;
  json.beginObject(JsonWriter::Layout::Inline).member("runs", runs);
  json.key("median_ms").fixed(wall[runs / 2], 4);
  json.key("cpu_median_ms").fixed(cpu[runs / 2], 4);
  json.key("min_ms").fixed(wall[0], 4).endObject();
  std::printf("%s\n", json.str().c_str());
}

static std::string formatStatistics(const Model &model, Mode mode,
                                    int64_t samples,
                                    const Statistics &statistics,
                                    const std::string &digest) {
  JsonWriter json;
  json.beginObject(JsonWriter::Layout::Lines)
      .member("schema_version", 1)
      .member("model", model.name)
      .member("coding", model.coding)
      .member("mode", modeName(mode))
      .member("samples", samples);
  if (!digest.empty())
    json.member("digest", digest);
  writeSites(json, statistics, samples);
  return json.endObject().str() + "\n";
}

//===----------------------------------------------------------------------===//
// Program
//===----------------------------------------------------------------------===//

int snn::rt::runSimulator(int argc, char **argv, const Model &model,
                          const Compilation &compilation) {
  const char *program = argc > 0 && argv[0] ? argv[0] : "sim";
  try {
    Options options = parseOptions(argc, argv);
    if (options.help) {
      std::printf("%s%s\nSimulates %s (%s).\n", program, usage,
                  model.name.c_str(), model.coding.c_str());
      return 0;
    }
    checkOutputName(options.output, model.outputs.size());
    std::string self = findProgram(program);
    checkArtefact(self, compilation.digest);
    std::string path =
        options.weights.empty() ? defaultWeights(self) : options.weights;
    Weights weights(path);
    checkWeights(self, compilation, path, weights, !options.weights.empty());
    SampleArrays samples(model.inputs, model.outputs,
                         readAllArrays(options.inputs));
    std::optional<Profile> profile;
    if (!options.profile.empty())
      profile.emplace(model.opCount);
    Profile *profiled = profile ? &*profile : nullptr;
    Statistics statistics =
        runSamples(model, weights, options, samples, profiled);
    if (options.benchmark)
      runBenchmark(model, weights, options.mode, options.benchmark,
                   options.threads, !options.stats.empty(), samples, profiled);
    if (profile) {
      MachinePeak peak = measurePeak();
      std::printf("%s", profile->formatTable(model.ops, peak).c_str());
      writeTextFile(options.profile,
                    profile->formatTrace(model.name, model.ops, peak));
    }
    // Both or neither take their names.
    PendingFile output(options.output,
                       formatArrays(options.output, samples.results()));
    if (!options.stats.empty())
      writeTextFile(options.stats,
                    formatStatistics(model, options.mode, samples.count(),
                                     statistics, compilation.digest));
    output.commit();
    return 0;
  } catch (const std::exception &e) {
    std::string line = e.what();
    std::replace(line.begin(), line.end(), '\n', ' ');
    std::fprintf(stderr, "%s: error: %s\n", program, line.c_str());
    return 1;
  }
}
