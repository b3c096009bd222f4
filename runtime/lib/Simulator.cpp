//===- Simulator.cpp - The frame of an emitted simulator --------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/Simulator.h"

#include "snn/runtime/DataFile.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <mutex>
#include <optional>
#include <thread>
#include <unistd.h>

using namespace snn::rt;

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
  size_t size = static_cast<size_t>(elementCount(shape)) * byteWidth(type);
  if (offset > bytes || size > bytes - offset)
    throw Error("tensor of shape " + toString(shape) + " at byte " +
                std::to_string(offset) + " lies outside of the buffer of " +
                std::to_string(bytes) + " bytes");
  return Tensor::borrow(type, std::move(shape),
                        static_cast<char *>(storage.get()) + offset, size);
}

//===----------------------------------------------------------------------===//
// Command line
//===----------------------------------------------------------------------===//

namespace {
struct Options {
  std::vector<std::string> inputs;
  std::string output, stats, weights;
  Mode mode = Mode::Fast;
  unsigned threads = 0;   ///< 0: one a core
  unsigned benchmark = 0; ///< timed repetitions of the first sample
  bool help = false;
};
} // namespace

static const char *const usage =
    " --input X.npz --output Y.npz [--mode fast|event|stepped] "
    "[--stats S.json] [--threads N] [--weights FILE] [--benchmark RUNS]";

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
    static const char *const known[] = {"--input",    "--output",  "--mode",
                                        "--stats",    "--threads", "--weights",
                                        "--benchmark"};
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
    else
      options.weights = *value;
  }
  if (options.inputs.empty())
    throw Error("--input is missing");
  if (options.output.empty())
    throw Error("--output is missing");
  return options;
}

/// Refuses an output name before the work rather than after it.
static void checkOutputName(const Model &model, const std::string &path) {
  auto endsWith = [&](const char *suffix) {
    size_t n = std::strlen(suffix);
    return path.size() >= n && path.compare(path.size() - n, n, suffix) == 0;
  };
  if (!endsWith(".npz") && !(endsWith(".npy") && model.outputs.size() == 1))
    throw Error(
        "--output expects a .npz file" +
        std::string(model.outputs.size() == 1 ? " or a .npy file" : "") +
        ", not '" + path + "'");
}

/// weights.safetensors in the folder of the running binary.
static std::string defaultWeights(const char *program) {
  char buffer[4096];
  ssize_t n = readlink("/proc/self/exe", buffer, sizeof buffer);
  std::string path = n > 0 && n < static_cast<ssize_t>(sizeof buffer)
                         ? std::string(buffer, static_cast<size_t>(n))
                         : std::string(program);
  size_t slash = path.rfind('/');
  path = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  return path + "weights.safetensors";
}

//===----------------------------------------------------------------------===//
// Inputs and outputs
//===----------------------------------------------------------------------===//

/// Finds the array of every port, in the order of the ports.
static std::vector<Tensor> bindInputs(const Model &model,
                                      const std::vector<std::string> &paths) {
  NamedArrays arrays;
  for (const std::string &path : paths)
    for (auto &array : readArrays(path))
      arrays.push_back(std::move(array));
  std::vector<Tensor> bound;
  for (const Port &port : model.inputs) {
    const Tensor *found = nullptr;
    for (const auto &[arrayName, tensor] : arrays)
      if (arrayName == port.name)
        found = &tensor;
    // A single array without a name is the single input.
    if (!found && model.inputs.size() == 1 && arrays.size() == 1 &&
        arrays.front().first.empty())
      found = &arrays.front().second;
    if (!found) {
      std::string have;
      for (const auto &[arrayName, tensor] : arrays)
        have += (have.empty() ? "'" : ", '") + arrayName + "'";
      throw Error("input '" + port.name + "' is missing; the files hold " +
                  (have.empty() ? "nothing" : have));
    }
    if (found->dtype() != port.dtype)
      throw Error("input '" + port.name + "' has " + name(found->dtype()) +
                  " elements, expected " + name(port.dtype));
    bound.push_back(*found);
  }
  return bound;
}

/// How many samples the inputs hold; checks every shape.
static int64_t countSamples(const Model &model,
                            const std::vector<Tensor> &inputs) {
  int64_t samples = -1;
  std::string first;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Port &port = model.inputs[i];
    const Shape &have = inputs[i].shape(), &want = port.shape;
    bool fits = have.size() == want.size();
    for (size_t axis = 1; fits && axis < want.size(); ++axis)
      fits = have[axis] == want[axis];
    if (fits && !want.empty())
      fits = want[0] > 0 && have[0] > 0 && have[0] % want[0] == 0;
    if (!fits) {
      std::string text = toString(want);
      throw Error("input '" + port.name + "' has shape " + toString(have) +
                  ", expected " + (want.empty() ? "" : "N*") + text);
    }
    if (want.empty())
      continue;
    int64_t n = have[0] / want[0];
    if (samples >= 0 && n != samples)
      throw Error("input '" + port.name + "' holds " + std::to_string(n) +
                  " samples, input '" + first + "' " + std::to_string(samples));
    samples = n;
    first = port.name;
  }
  return samples < 0 ? 1 : samples;
}

/// The part of a stacked array that belongs to one sample.
static Tensor sampleOf(const Tensor &stacked, const Port &port,
                       int64_t sample) {
  size_t size =
      static_cast<size_t>(elementCount(port.shape)) * byteWidth(port.dtype);
  bool shared = stacked.bytes() == size;
  const char *p = static_cast<const char *>(stacked.raw());
  return Tensor::borrow(port.dtype, port.shape,
                        p + (shared ? 0 : sample * size), size);
}

/// Room for the outputs of all samples.
static std::vector<Tensor> stackedOutputs(const Model &model, int64_t samples) {
  std::vector<Tensor> outputs;
  for (const Port &port : model.outputs) {
    Shape shape = port.shape;
    if (!shape.empty())
      shape[0] *= samples;
    else if (samples > 1)
      shape = {samples};
    outputs.emplace_back(port.dtype, shape);
  }
  return outputs;
}

/// Runs one sample, and moves what the network put elsewhere into its place.
static void runSample(const Model &model, Run &run,
                      const std::vector<Tensor> &inputs,
                      const std::vector<Tensor> &outputs, int64_t sample) {
  std::vector<Tensor> in, out;
  for (size_t i = 0; i < inputs.size(); ++i)
    in.push_back(sampleOf(inputs[i], model.inputs[i], sample));
  for (size_t i = 0; i < outputs.size(); ++i)
    out.push_back(sampleOf(outputs[i], model.outputs[i], sample));
  TensorList inputList;
  TensorOutputs outputList;
  for (const Tensor &t : in)
    inputList.push_back(&t);
  for (Tensor &t : out)
    outputList.push_back(&t);
  model.forward(run, inputList, outputList);
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Port &port = model.outputs[i];
    if (out[i].dtype() != port.dtype ||
        out[i].size() != elementCount(port.shape))
      throw Error("output '" + port.name + "' has shape " +
                  toString(out[i].shape()) + " of " + name(out[i].dtype()) +
                  ", expected " + toString(port.shape) + " of " +
                  name(port.dtype));
    Tensor place = sampleOf(outputs[i], port, sample);
    if (place.raw() != out[i].raw() && place.bytes())
      std::memcpy(place.raw(), out[i].raw(), place.bytes());
  }
}

//===----------------------------------------------------------------------===//
// Samples and threads
//===----------------------------------------------------------------------===//

namespace {
/// A line of progress on a terminal.
class Progress {
public:
  explicit Progress(int64_t total)
      : total(total), visible(total > 1 && isatty(STDERR_FILENO)) {}
  void step() {
    int64_t now = ++done;
    if (visible) {
      std::lock_guard<std::mutex> guard(lock);
      std::fprintf(stderr, "\r%lld/%lld samples", static_cast<long long>(now),
                   static_cast<long long>(total));
    }
  }
  void clear() {
    if (visible && done)
      std::fprintf(stderr, "\r\033[K");
  }

private:
  int64_t total;
  bool visible;
  std::atomic<int64_t> done{0};
  std::mutex lock;
};
} // namespace

/// Runs all samples. Every sample writes to its own place, and counts are sums
/// of integers, so that the number of threads changes nothing.
static Statistics runSamples(const Model &model, const Weights &weights,
                             const Options &options,
                             const std::vector<Tensor> &inputs,
                             const std::vector<Tensor> &outputs,
                             int64_t samples) {
  unsigned threads =
      options.threads ? options.threads : std::thread::hardware_concurrency();
  threads = static_cast<unsigned>(
      std::clamp<int64_t>(threads, 1, std::max<int64_t>(samples, 1)));
  std::atomic<int64_t> next{0};
  std::vector<Statistics> statistics(threads);
  Progress progress(samples);
  std::mutex lock;
  int64_t failedSample = samples;
  std::string failure;

  auto work = [&](unsigned thread) {
    int64_t sample = -1;
    auto fail = [&](const char *what) {
      std::lock_guard<std::mutex> guard(lock);
      if (sample < failedSample) {
        failedSample = sample;
        failure = what;
      }
    };
    try {
      Run run(weights, model.bufferBytes, options.mode, !options.stats.empty());
      while ((sample = next++) < samples) {
        runSample(model, run, inputs, outputs, sample);
        progress.step();
      }
      statistics[thread] = std::move(run.statistics);
    } catch (const std::exception &e) {
      fail(e.what());
      next = samples;
    }
  };
  std::vector<std::thread> pool;
  for (unsigned i = 1; i < threads; ++i)
    pool.emplace_back(work, i);
  work(0);
  for (std::thread &t : pool)
    t.join();
  progress.clear();
  if (failedSample < samples)
    throw Error(failedSample < 0 ? failure
                                 : "sample " + std::to_string(failedSample) +
                                       ": " + failure);
  Statistics total;
  for (const Statistics &s : statistics)
    total.merge(s);
  return total;
}

/// Seconds of a clock.
static double readClock(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// Runs the first sample `runs` times on one thread, after three runs that are
/// not counted, and prints the median times as one line of JSON.
static void runBenchmark(const Model &model, const Weights &weights, Mode mode,
                         unsigned runs, const std::vector<Tensor> &inputs,
                         const std::vector<Tensor> &outputs) {
  Run run(weights, model.bufferBytes, mode, false);
  std::vector<double> wall, cpu;
  for (unsigned i = 0; i < runs + 3; ++i) {
    double w = readClock(CLOCK_MONOTONIC);
    double c = readClock(CLOCK_THREAD_CPUTIME_ID);
    runSample(model, run, inputs, outputs, 0);
    if (i < 3)
      continue;
    wall.push_back((readClock(CLOCK_MONOTONIC) - w) * 1e3);
    cpu.push_back((readClock(CLOCK_THREAD_CPUTIME_ID) - c) * 1e3);
  }
  std::sort(wall.begin(), wall.end());
  std::sort(cpu.begin(), cpu.end());
  std::printf("{\"runs\": %u, \"median_ms\": %.4f, \"cpu_median_ms\": %.4f, "
              "\"min_ms\": %.4f}\n",
              runs, wall[runs / 2], cpu[runs / 2], wall[0]);
}

//===----------------------------------------------------------------------===//
// Statistics
//===----------------------------------------------------------------------===//

static std::string jsonString(const std::string &text) {
  std::string result = "\"";
  for (char c : text) {
    char escape[8];
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::snprintf(escape, sizeof escape, "\\u%04x", c);
      result += escape;
    } else {
      result += c;
    }
  }
  return result + '"';
}

static std::string jsonNumber(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

static double ratio(int64_t a, int64_t b) {
  return b ? static_cast<double>(a) / static_cast<double>(b) : 0.0;
}

/// The counts of a site or of all, as the fields of a JSON object.
static std::string jsonCounts(const SiteStatistics &s) {
  return "\"neurons\": " + std::to_string(s.neurons) +
         ", \"spikes\": " + std::to_string(s.spikes) +
         ", \"silent_fraction\": " +
         jsonNumber(ratio(s.neurons - s.spikes, s.neurons)) +
         ", \"all_neurons\": " + std::to_string(s.allNeurons) +
         ", \"all_spikes\": " + std::to_string(s.allSpikes) +
         ", \"synaptic_operations\": " + std::to_string(s.synapticOperations);
}

/// The fields that depend on a site's coding.
static std::string jsonCoding(const SiteStatistics &s) {
  if (s.phases)
    return "\"phases\": " + std::to_string(s.phases) +
           ", \"unfired_steps\": " + std::to_string(s.unfiredSteps) +
           ", \"near_threshold\": " + std::to_string(s.nearThreshold);
  return "\"max_level\": " + std::to_string(s.maxLevel) +
         ", \"mask\": " + std::to_string(s.mask) +
         ", \"radius\": " + std::to_string(s.radius);
}

static std::string formatStatistics(const Model &model, Mode mode,
                                    int64_t samples,
                                    const Statistics &statistics) {
  std::string text =
      "{\n  \"schema_version\": 1,\n  \"model\": " + jsonString(model.name) +
      ",\n  \"coding\": " + jsonString(model.coding) +
      ",\n  \"mode\": " + jsonString(modeName(mode)) +
      ",\n  \"samples\": " + std::to_string(samples) + ",\n  \"sites\": {";
  SiteStatistics total;
  bool first = true;
  for (const auto &[site, s] : statistics.sites) {
    text += first ? "\n" : ",\n";
    first = false;
    text += "    " + jsonString(site) + ": {" + jsonCounts(s) + ", " +
            jsonCoding(s) + ", \"slots\": [";
    for (size_t t = 0; t < s.slots.size(); ++t)
      text += (t ? ", " : "") + std::to_string(s.slots[t]);
    text += "]}";
    total.neurons += s.neurons;
    total.spikes += s.spikes;
    total.allNeurons += s.allNeurons;
    total.allSpikes += s.allSpikes;
    total.synapticOperations += s.synapticOperations;
  }
  text += first ? "},\n" : "\n  },\n";
  text += "  \"totals\": {" + jsonCounts(total) + ", \"spikes_per_sample\": " +
          jsonNumber(ratio(total.spikes, samples)) +
          ", \"synaptic_operations_per_sample\": " +
          jsonNumber(ratio(total.synapticOperations, samples)) + "}\n}\n";
  return text;
}

//===----------------------------------------------------------------------===//
// Program
//===----------------------------------------------------------------------===//

int snn::rt::simulatorMain(int argc, char **argv, const Model &model) {
  const char *program = argc > 0 && argv[0] ? argv[0] : "sim";
  try {
    Options options = parseOptions(argc, argv);
    if (options.help) {
      std::printf("%s%s\nSimulates %s (%s).\n", program, usage,
                  model.name.c_str(), model.coding.c_str());
      return 0;
    }
    checkOutputName(model, options.output);
    Weights weights(options.weights.empty() ? defaultWeights(program)
                                            : options.weights);
    std::vector<Tensor> inputs = bindInputs(model, options.inputs);
    int64_t samples = countSamples(model, inputs);
    std::vector<Tensor> outputs = stackedOutputs(model, samples);
    Statistics statistics =
        runSamples(model, weights, options, inputs, outputs, samples);
    if (options.benchmark)
      runBenchmark(model, weights, options.mode, options.benchmark, inputs,
                   outputs);
    NamedArrays arrays;
    for (size_t i = 0; i < outputs.size(); ++i)
      arrays.emplace_back(model.outputs[i].name, outputs[i]);
    writeArrays(options.output, arrays);
    if (!options.stats.empty()) {
      try {
        writeTextFile(options.stats, formatStatistics(model, options.mode,
                                                      samples, statistics));
      } catch (...) {
        std::remove(options.output.c_str());
        throw;
      }
    }
    return 0;
  } catch (const std::exception &e) {
    std::string line = e.what();
    std::replace(line.begin(), line.end(), '\n', ' ');
    std::fprintf(stderr, "%s: error: %s\n", program, line.c_str());
    return 1;
  }
}
