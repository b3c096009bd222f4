//===- Simulator.cpp - The frame of an emitted simulator --------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/Simulator.h"

#include "Parallel.h"
#include "simulator/Execution.h"

#include "snn/runtime/Json.h"
#include "snn/runtime/ProcessMemory.h"
#include "snn/runtime/Recorder.h"
#include "snn/runtime/SharedRun.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>
#include <unistd.h>

using namespace snn::rt;
using namespace snn::rt::detail;

//===----------------------------------------------------------------------===//
// Command line
//===----------------------------------------------------------------------===//

namespace {
struct Options {
  std::vector<std::string> inputs;
  std::string output, stats, weights;
  ExecutionOptions run;
  unsigned benchmark = 0; ///< timed repetitions of the first sample
  std::string profile;    ///< where the trace goes
  std::string record;     ///< where trains go
  bool resume = false;    ///< takes parts of an earlier run
  std::vector<std::string> recordSites, recordSamples; ///< given
  bool help = false;
};
} // namespace

static const char *const usage =
    " --input X.npz --output Y.npz [--mode fast|event|stepped] "
    "[--stats S.json] [--threads N] [--weights FILE] [--benchmark RUNS] "
    "[--seed N] [--first-sample N] [--memory-limit BYTES[K|M|G|T]] "
    "[--profile TRACE.json] [--record R.npz] [--record-sites A,B] "
    "[--record-samples 0,7] [--resume]";

static bool endsWith(const std::string &text, const std::string &end) {
  return text.size() >= end.size() &&
         text.compare(text.size() - end.size(), end.size(), end) == 0;
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

/// Adds what stands between commas.
static void addParts(std::vector<std::string> &parts, const std::string &text) {
  for (size_t begin = 0;;) {
    size_t end = text.find(',', begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos)
      return;
    begin = end + 1;
  }
}

static constexpr uint64_t mostSamples = uint64_t(1) << 44;

static Options parseOptions(int argc, char **argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string flag = argv[i];
    if (flag == "--help" || flag == "-h") {
      options.help = true;
      return options;
    }
    if (flag == "--resume") {
      options.resume = true;
      continue;
    }
    // --flag=value and --flag value.
    std::optional<std::string> value;
    size_t equals = flag.find('=');
    if (flag.rfind("--", 0) == 0 && equals != std::string::npos) {
      value = flag.substr(equals + 1);
      flag.resize(equals);
    }
    static const char *const known[] = {
        "--input",        "--output",        "--mode",      "--stats",
        "--threads",      "--weights",       "--benchmark", "--seed",
        "--first-sample", "--memory-limit",  "--profile",   "--record",
        "--record-sites", "--record-samples"};
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
      options.run.mode = parseMode(*value);
    else if (flag == "--stats")
      options.stats = *value;
    else if (flag == "--threads")
      options.run.threads = parseCount("--threads", *value);
    else if (flag == "--benchmark")
      options.benchmark = parseCount("--benchmark", *value);
    else if (flag == "--seed")
      options.run.seed = parseNumber("--seed", *value, UINT64_MAX);
    else if (flag == "--first-sample")
      options.run.firstSample = static_cast<int64_t>(
          parseNumber("--first-sample", *value, mostSamples - 1));
    else if (flag == "--profile")
      options.profile = *value;
    else if (flag == "--record")
      options.record = *value;
    else if (flag == "--record-sites")
      addParts(options.recordSites, *value);
    else if (flag == "--record-samples")
      addParts(options.recordSamples, *value);
    else if (flag == "--memory-limit")
      setMemoryLimit(parseMemorySize(*value));
    else
      options.weights = *value;
  }
  if (options.inputs.empty())
    throw Error("--input is missing");
  if (options.output.empty())
    throw Error("--output is missing");
  if (options.record.empty() &&
      !(options.recordSites.empty() && options.recordSamples.empty()))
    throw Error("--record-sites and --record-samples need --record");
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

/// What --record asks for: of the first sample unless others are named.
static std::unique_ptr<Recorder> makeRecorder(const Options &options) {
  if (options.record.empty())
    return nullptr;
  std::set<int64_t> samples;
  for (const std::string &text : options.recordSamples)
    samples.insert(static_cast<int64_t>(
        parseNumber("--record-samples", text, mostSamples - 1)));
  if (samples.empty())
    samples.insert(options.run.firstSample);
  return std::make_unique<Recorder>(
      std::set<std::string>(options.recordSites.begin(),
                            options.recordSites.end()),
      std::move(samples));
}

/// Refuses what parts do not hold.
static void checkShared(const Options &options, const Ranks &ranks) {
  const char *with = ranks.isShared() ? "under mpirun" : "with --resume";
  if (!options.record.empty())
    throw Error(std::string("--record does not run ") + with);
  if (!options.profile.empty())
    throw Error(std::string("--profile does not run ") + with);
  if (options.benchmark)
    throw Error(std::string("--benchmark does not run ") + with);
}

/// What the ranks of this run share.
static SharedRun describeParts(const Model &model, const Weights &weights,
                               const Options &options,
                               const Compilation &compilation,
                               const NamedArrays &arrays, int64_t samples) {
  SharedRun shared;
  shared.output = options.output;
  shared.samples = samples;
  shared.outputs = model.outputs;
  shared.resume = options.resume;
  int64_t batch = batchOf(model);
  std::string common =
      compilation.digest + ' ' + toHex(contentHash(weights.file().bytes())) +
      ' ' + modeName(options.run.mode) + ' ' +
      (options.run.count ? "counted" : "") + ' ' +
      (options.run.seed ? std::to_string(*options.run.seed) : "");
  shared.identify = [=, &model, &arrays](int64_t begin, int64_t end) {
    std::string text =
        common + ' ' + std::to_string(options.run.firstSample + begin * batch);
    return text + ' ' + hashRows(model.inputs, arrays, begin, end);
  };
  shared.run = [=, &model, &weights, &arrays](int64_t begin, int64_t end) {
    SampleArrays part(model.inputs, model.outputs,
                      rowsOf(model.inputs, arrays, begin, end));
    ExecutionOptions run = options.run;
    run.firstSample += begin * batch;
    PartResult result;
    result.statistics = runSamples(model, weights, run, part);
    result.arrays = part.results();
    return result;
  };
  return shared;
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

//===----------------------------------------------------------------------===//
// Program
//===----------------------------------------------------------------------===//

int snn::rt::runSimulator(int argc, char **argv, const Model &model,
                          const Compilation &compilation) {
  const char *program = argc > 0 && argv[0] ? argv[0] : "sim";
  keepFreedMemory();
  try {
    Options options = parseOptions(argc, argv);
    if (options.help) {
      std::printf("%s%s\nSimulates %s (%s).\n", program, usage,
                  model.name.c_str(), model.coding.c_str());
      return 0;
    }
    std::unique_ptr<Ranks> ranks = Ranks::join();
    checkOutputName(options.output, model.outputs.size());
    if (!options.record.empty() && !endsWith(options.record, ".npz"))
      throw Error("--record expects a .npz file, not '" + options.record + "'");
    std::string self = findProgram(program);
    checkArtefact(self, compilation.digest);
    std::string path =
        options.weights.empty() ? defaultWeights(self) : options.weights;
    Weights weights(path);
    checkWeights(self, compilation, path, weights, !options.weights.empty());
    options.run.count = !options.stats.empty();
    if (ranks->isShared() || options.resume) {
      checkShared(options, *ranks);
      MappedArrays inputs = mapArrays(options.inputs);
      // Without room for outputs: each rank has those of its samples.
      int64_t samples = SampleArrays(model.inputs, {}, inputs.arrays).count();
      SharedRun shared = describeParts(model, weights, options, compilation,
                                       inputs.arrays, samples);
      shared.unchecked = inputs.unchecked;
      std::optional<PartResult> whole = runShared(shared, *ranks);
      if (!whole)
        return 0;
      PendingFile output(options.output,
                         formatArrays(options.output, whole->arrays));
      if (!options.stats.empty())
        writeTextFile(options.stats,
                      formatStatistics(model, options.run.mode, samples,
                                       whole->statistics, compilation.digest));
      output.commit();
      removeParts(shared);
      return 0;
    }
    SampleArrays samples(model.inputs, model.outputs,
                         readAllArrays(options.inputs));
    std::optional<Profile> profile;
    if (!options.profile.empty())
      profile.emplace(model.opCount);
    std::unique_ptr<Recorder> recorder = makeRecorder(options);
    options.run.profile = profile ? &*profile : nullptr;
    options.run.recorder = recorder.get();
    Statistics statistics = runSamples(model, weights, options.run, samples);
    if (options.benchmark)
      runBenchmark(model, weights, options.run.mode, options.benchmark,
                   options.run.threads, options.run.count, samples,
                   options.run.profile);
    if (profile) {
      MachinePeak peak = measurePeak();
      std::printf("%s", profile->formatTable(model.ops, peak).c_str());
      writeTextFile(options.profile,
                    profile->formatTrace(model.name, model.ops, peak));
    }
    // All or none take their names.
    PendingFile output(options.output,
                       formatArrays(options.output, samples.results()));
    std::optional<PendingFile> record;
    if (recorder)
      record.emplace(options.record,
                     formatArrays(options.record, toArrays(recorder->take())));
    if (!options.stats.empty())
      writeTextFile(options.stats,
                    formatStatistics(model, options.run.mode, samples.count(),
                                     statistics, compilation.digest));
    if (record)
      record->commit();
    output.commit();
    return 0;
  } catch (const std::exception &e) {
    std::string line = e.what();
    std::replace(line.begin(), line.end(), '\n', ' ');
    std::fprintf(stderr, "%s: error: %s\n", program, line.c_str());
    return 1;
  }
}
