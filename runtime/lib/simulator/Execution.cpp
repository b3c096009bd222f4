//===- Execution.cpp - Running a compiled network -------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "simulator/Execution.h"

#include "Parallel.h"

#include "snn/runtime/Json.h"

#include <mutex>
#include <thread>

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
// Samples
//===----------------------------------------------------------------------===//

void snn::rt::detail::checkWeights(const std::string &program,
                                   const Compilation &compilation,
                                   const std::string &path,
                                   const Weights &weights, bool isNamed) {
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

int64_t snn::rt::detail::batchOf(const Model &model) {
  for (const Port &port : model.inputs)
    if (!port.shape.empty())
      return std::max<int64_t>(port.shape[0], 1);
  return 1;
}

void snn::rt::detail::runNetwork(const Model &model, Run &run,
                                 const TensorList &in,
                                 const TensorOutputs &out) {
  if (run.profile)
    run.profile->begin();
  model.forward(run, in, out);
  if (run.profile)
    run.profile->end();
}

Statistics snn::rt::detail::runSamples(const Model &model,
                                       const Weights &weights,
                                       const ExecutionOptions &options,
                                       const SampleArrays &samples) {
  Statistics total;
  Profile *profile = options.profile;
  std::mutex lock;
  std::vector<std::unique_ptr<Profile>> profiles; // by thread
  // Threads beyond the samples share the work of one.
  unsigned threads = std::min(
      options.threads ? options.threads : std::thread::hardware_concurrency(),
      mostThreads);
  auto teamSize = static_cast<unsigned>(
      std::max<int64_t>(threads / std::max<int64_t>(samples.count(), 1), 1));
  forEachSample(
      samples.count(), options.threads,
      [&] {
        auto run = std::shared_ptr<Run>(
            new Run(weights, model.bufferBytes, options.mode, options.count),
            [&](Run *finished) {
              std::lock_guard<std::mutex> guard(lock);
              total.merge(finished->statistics);
              delete finished;
            });
        run->context.seed = options.seed;
        run->context.batch = batchOf(model);
        run->context.recorder = options.recorder;
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
          run->context.sample =
              options.firstSample + sample * run->context.batch;
          samples.run(sample,
                      [&](const TensorList &in, const TensorOutputs &out) {
                        runNetwork(model, *run, in, out);
                      });
        };
      },
      options.monitor);
  for (const std::unique_ptr<Profile> &one : profiles)
    profile->merge(*one);
  return total;
}

//===----------------------------------------------------------------------===//
// Statistics
//===----------------------------------------------------------------------===//

const char *snn::rt::detail::modeName(Mode mode) {
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

std::string snn::rt::detail::formatStatistics(const Model &model, Mode mode,
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
