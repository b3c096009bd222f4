//===- Api.cpp - A compiled network in another program --------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/Api.h"

#include "simulator/Execution.h"

#include "snn/runtime/Json.h"
#include "snn/runtime/Recorder.h"

#include <condition_variable>
#include <cstring>
#include <new>
#include <thread>

using namespace snn::rt;
using namespace snn::rt::detail;

//===----------------------------------------------------------------------===//
// Failures
//===----------------------------------------------------------------------===//

static constexpr size_t errorBytes = 4096;

/// The text of this thread's last failure. An array, as a string might need
/// memory that is not there.
static char *errorText() {
  static thread_local char text[errorBytes];
  return text;
}

static int fail(int status, const char *what) {
  char *text = errorText();
  std::strncpy(text, what, errorBytes - 1);
  text[errorBytes - 1] = 0;
  return status;
}

/// Calls `body`; what it throws becomes a status.
template <typename Body> static int guard(int status, Body body) {
  errorText()[0] = 0;
  try {
    return body();
  } catch (const std::bad_alloc &) {
    return fail(SNN_FAILED, "there is not enough memory");
  } catch (const std::exception &e) {
    return fail(status, e.what());
  } catch (...) {
    return fail(status, "unknown failure");
  }
}

uint32_t snn_abi(void) { return SNN_ABI_MAJOR << 16 | SNN_ABI_MINOR; }

const char *snn_error(void) { return errorText(); }

//===----------------------------------------------------------------------===//
// Description
//===----------------------------------------------------------------------===//

static void writePorts(JsonWriter &json, const char *key,
                       const std::vector<Port> &ports, bool areOutputs) {
  json.key(key).beginList(JsonWriter::Layout::Inline);
  for (const Port &port : ports) {
    json.beginObject(JsonWriter::Layout::Inline)
        .member("name", port.name)
        .member("dtype", name(port.dtype));
    json.key("shape").beginList(JsonWriter::Layout::Inline);
    for (int64_t size : port.shape)
      json.value(size);
    json.endList();
    if (areOutputs)
      json.member("constant", port.constant);
    json.endObject();
  }
  json.endList();
}

static std::string describe() {
  Program program = getProgram();
  JsonWriter json;
  json.beginObject(JsonWriter::Layout::Inline)
      .member("model", program.model.name)
      .member("coding", program.model.coding)
      .member("snnc", program.compilation.release)
      .member("digest", program.compilation.digest)
      .member("weights_hash", program.compilation.weightsHash);
  writePorts(json, "inputs", program.model.inputs, false);
  writePorts(json, "outputs", program.model.outputs, true);
  return json.endObject().str();
}

const char *snn_describe(void) {
  const char *text = nullptr;
  guard(SNN_FAILED, [&] {
    static const std::string description = describe();
    text = description.c_str();
    return SNN_OK;
  });
  return text;
}

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

struct snn_model {
  std::shared_ptr<const Weights> weights;
};

int snn_open(const char *weights, snn_model **model) {
  return guard(SNN_FAILED, [&]() -> int {
    if (!weights || !model)
      return fail(SNN_INVALID, "snn_open: needs a path and a place");
    *model = nullptr;
    auto opened = std::make_shared<const Weights>(weights);
    checkWeights("sim.so", getProgram().compilation, weights, *opened,
                 /*isNamed=*/false);
    *model = new snn_model{std::move(opened)};
    return SNN_OK;
  });
}

void snn_close(snn_model *model) { delete model; }

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

struct snn_run {
  snn_run(std::shared_ptr<const Weights> weights, SampleArrays samples)
      : weights(std::move(weights)), samples(std::move(samples)) {}
  ~snn_run() {
    monitor.isCancelled = true;
    if (thread.joinable())
      thread.join();
  }

  /// What the thread does.
  void work();

  std::shared_ptr<const Weights> weights;
  SampleArrays samples;
  ExecutionOptions options;
  std::unique_ptr<Recorder> recorder;
  RunMonitor monitor;

  // Written by the thread before it says that it has ended.
  char error[errorBytes] = "";
  std::string statistics;
  std::vector<RecordedTrain> trains;
  int status = SNN_RUNNING;

  std::mutex lock;
  std::condition_variable ended;
  bool hasEnded = false;
  std::thread thread;
};

void snn_run::work() {
  int result = guard(SNN_FAILED, [&]() -> int {
    Program program = getProgram();
    Statistics counts = runSamples(program.model, *weights, options, samples);
    if (monitor.isCancelled)
      return fail(SNN_CANCELLED, "the run was cancelled");
    if (options.count)
      statistics =
          formatStatistics(program.model, options.mode, samples.count(), counts,
                           program.compilation.digest);
    if (recorder)
      trains = recorder->take();
    return SNN_OK;
  });
  if (result != SNN_OK)
    std::memcpy(error, errorText(), sizeof error);
  std::lock_guard<std::mutex> held(lock);
  status = result;
  hasEnded = true;
  ended.notify_all();
}

/// The caller's arrays as tensors.
static Tensor borrowArray(const snn_buffer &buffer, const Port &port,
                          Shape shape) {
  auto bytes = static_cast<uint64_t>(byteCount(port.dtype, shape));
  if (buffer.bytes != bytes || (!buffer.data && bytes))
    throw Error("'" + port.name + "' needs " + std::to_string(bytes) +
                " bytes for shape " + toString(shape) + " of " +
                name(port.dtype) + ", has " +
                std::to_string(buffer.data ? buffer.bytes : 0));
  return Tensor::borrow(port.dtype, std::move(shape), buffer.data,
                        static_cast<size_t>(buffer.bytes));
}

static SampleArrays borrowArrays(const Model &model, const snn_buffer *inputs,
                                 const snn_buffer *outputs, int64_t samples) {
  NamedArrays arrays;
  for (size_t i = 0; i < model.inputs.size(); ++i) {
    const Port &port = model.inputs[i];
    Shape shape = port.shape;
    if (!shape.empty() && __builtin_mul_overflow(shape[0], samples, &shape[0]))
      throw Error("input '" + port.name + "' of " + std::to_string(samples) +
                  " samples is too large");
    arrays.emplace_back(port.name,
                        borrowArray(inputs[i], port, std::move(shape)));
  }
  std::vector<Tensor> places;
  for (size_t i = 0; i < model.outputs.size(); ++i)
    places.push_back(
        borrowArray(outputs[i], model.outputs[i],
                    SampleArrays::shapeOf(model.outputs[i], samples)));
  return SampleArrays(model.inputs, model.outputs, arrays, std::move(places));
}

/// What the caller asks for; members beyond the end of an older caller's struct
/// keep their defaults.
static snn_options readOptions(const snn_options *given) {
  snn_options options;
  std::memset(&options, 0, sizeof options);
  if (given) {
    if (given->size < sizeof options.size)
      throw Error("snn_start: options need their size");
    std::memcpy(&options, given,
                given->size < sizeof options ? given->size : sizeof options);
  }
  if (options.mode < SNN_FAST || options.mode > SNN_STEPPED)
    throw Error("snn_start: there is no mode " + std::to_string(options.mode));
  if (options.first_sample < 0)
    throw Error(
        "snn_start: the first sample needs a number of at least 0, has " +
        std::to_string(options.first_sample));
  return options;
}

int snn_start(const snn_model *model, const snn_buffer *inputs,
              const snn_buffer *outputs, int64_t samples,
              const snn_options *options, snn_run **run) {
  return guard(SNN_INVALID, [&]() -> int {
    if (!model || !run)
      return fail(SNN_INVALID, "snn_start: needs a model and a place");
    *run = nullptr;
    const Model &network = getProgram().model;
    if ((!inputs && !network.inputs.empty()) ||
        (!outputs && !network.outputs.empty()))
      return fail(SNN_INVALID, "snn_start: needs arrays");
    if (samples < 1)
      return fail(SNN_INVALID, "snn_start: needs at least one sample");
    snn_options asked = readOptions(options);
    auto started = std::make_unique<snn_run>(
        model->weights, borrowArrays(network, inputs, outputs, samples));
    if (started->samples.count() != samples)
      return fail(SNN_INVALID, "snn_start: a network without inputs has one "
                               "sample");
    ExecutionOptions &execution = started->options;
    execution.mode = static_cast<Mode>(asked.mode);
    execution.threads = asked.threads;
    execution.firstSample = asked.first_sample;
    execution.count = asked.count != 0;
    if (asked.has_seed)
      execution.seed = asked.seed;
    if (asked.record) {
      std::set<std::string> sites;
      for (uint64_t i = 0; asked.record_sites && i < asked.record_site_count;
           ++i)
        sites.insert(asked.record_sites[i]);
      std::set<int64_t> kept;
      for (uint64_t i = 0;
           asked.record_samples && i < asked.record_sample_count; ++i)
        kept.insert(asked.record_samples[i]);
      started->recorder =
          std::make_unique<Recorder>(std::move(sites), std::move(kept));
      execution.recorder = started->recorder.get();
    }
    execution.monitor = &started->monitor;
    started->thread = std::thread([run = started.get()] { run->work(); });
    *run = started.release();
    return SNN_OK;
  });
}

int snn_wait(snn_run *run, int32_t milliseconds, int64_t *done) {
  return guard(SNN_FAILED, [&]() -> int {
    if (!run)
      return fail(SNN_INVALID, "snn_wait: needs a run");
    std::unique_lock<std::mutex> held(run->lock);
    auto hasEnded = [&] { return run->hasEnded; };
    if (milliseconds < 0)
      run->ended.wait(held, hasEnded);
    else
      run->ended.wait_for(held, std::chrono::milliseconds(milliseconds),
                          hasEnded);
    if (done)
      *done = run->monitor.done;
    if (run->status != SNN_OK && run->hasEnded)
      fail(run->status, run->error);
    return run->status;
  });
}

void snn_cancel(snn_run *run) {
  if (run)
    run->monitor.isCancelled = true;
}

void snn_free(snn_run *run) { delete run; }

/// Whether a run has ended well; its results are complete then.
static bool isDone(snn_run *run) {
  if (!run)
    return false;
  std::lock_guard<std::mutex> held(run->lock);
  return run->hasEnded && run->status == SNN_OK;
}

const char *snn_stats(snn_run *run) {
  return isDone(run) && run->options.count ? run->statistics.c_str() : nullptr;
}

int snn_spikes(snn_run *run, uint64_t index, snn_train *train) {
  return guard(SNN_FAILED, [&]() -> int {
    if (!train || train->size < sizeof train->size)
      return fail(SNN_INVALID, "snn_spikes: needs a train with its size");
    if (!isDone(run) || index >= run->trains.size())
      return fail(SNN_INVALID, "snn_spikes: there is no such train");
    const RecordedTrain &kept = run->trains[static_cast<size_t>(index)];
    snn_train result;
    std::memset(&result, 0, sizeof result);
    result.size = train->size;
    result.site = kept.site.c_str();
    result.sample = kept.sample;
    result.levels = kept.levels.raw();
    result.shape = kept.levels.shape().data();
    result.rank = static_cast<int32_t>(kept.levels.rank());
    result.max_level = kept.coding.maxLevel;
    result.mask = kept.coding.mask;
    result.radius = kept.coding.radius;
    result.phases = kept.coding.phases;
    std::memcpy(train, &result,
                train->size < sizeof result ? train->size : sizeof result);
    return SNN_OK;
  });
}
