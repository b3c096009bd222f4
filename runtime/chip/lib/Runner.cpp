//===- Runner.cpp - A run of an image over samples ------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/vchip/Runner.h"

#include "snn/image/Verify.h"
#include "snn/runtime/Compilation.h"
#include "snn/runtime/Json.h"
#include "snn/runtime/SharedRun.h"
#include "snn/runtime/Weights.h"

#include <mutex>
#include <optional>

using namespace snn::vchip;
using namespace snn;

/// The devices of a run. What a user asks for must have an effect; compensation
/// that only the chip has is left out where nothing ages.
static NoiseModel devicesOf(const RunRequest &request,
                            const image::pb::ChipSection &chip) {
  NoiseModel noise = parseNoise(request.noise, noiseOf(chip));
  noise.seconds = request.seconds;
  noise.compensate = request.compensate.value_or(
      noise.ages() && chip.global_drift_compensation());
  noise.seed = request.seed.value_or(0);
  checkNoise(noise);
  const std::pair<const char *, bool> asked[] = {
      {"--time", request.seconds != 0},
      {"--compensate", request.compensate.value_or(false)},
      {"--probe-times", !request.probeSeconds.empty()}};
  for (const auto &[option, given] : asked)
    if (given && !noise.ages())
      throw rt::Error(std::string(option) +
                      " has no effect on devices that do not age; switch on "
                      "drift or flicker noise with --noise");
  if (!request.probeSeconds.empty() && request.stats.empty())
    throw rt::Error("--probe-times has no effect without --stats");
  return noise;
}

using Layout = rt::JsonWriter::Layout;

static void writeNoise(rt::JsonWriter &json, const NoiseModel &noise) {
  json.key("devices").beginObject(Layout::Inline);
  // As text, as 64 bits do not fit a number of JSON.
  json.member("seed", std::to_string(noise.seed))
      .member("seconds", noise.seconds)
      .member("compensate", noise.compensate);
  for (size_t i = 0; i < effectCount; ++i)
    if (noise.effects[i].enable)
      json.key(std::string(effectName(static_cast<Effect>(i))))
          .beginObject(Layout::Inline)
          .member("model", noise.effects[i].model)
          .member("magnitude", noise.effects[i].magnitude)
          .endObject();
  json.endObject();
}

/// Runs the samples of `samples`, of which the first has number `first`.
static void runSamples(const VirtualChip &chip, const image::Image &image,
                       unsigned threads, int64_t first,
                       const rt::SampleArrays &samples, ChipStatistics &total) {
  std::mutex lock;
  rt::forEachSample(samples.count(), threads, [&] {
    auto mine = std::shared_ptr<ChipStatistics>(
        new ChipStatistics(image, chip.probes()),
        [&](ChipStatistics *finished) {
          std::lock_guard<std::mutex> guard(lock);
          total.merge(*finished);
          delete finished;
        });
    return [&, mine](int64_t sample) {
      samples.run(
          sample, [&](const rt::TensorList &in, const rt::TensorOutputs &out) {
            chip.run(in, out, static_cast<uint64_t>(first + sample), *mine);
          });
    };
  });
}

/// Writes outputs and statistics, both or neither.
static void writeResults(const RunRequest &request, const image::Image &image,
                         const NoiseModel &noise, int64_t samples,
                         const rt::NamedArrays &results,
                         const ChipStatistics &total) {
  std::optional<rt::PendingFile> output;
  if (!request.output.empty())
    output.emplace(request.output, rt::formatArrays(request.output, results));
  if (!request.stats.empty())
    rt::writeTextFile(request.stats,
                      formatStatistics(request, image, noise, samples, total));
  if (output)
    output->commit();
}

/// The samples by ranks, or from the parts of an earlier run on.
static rt::NamedArrays
runParts(const RunRequest &request, const image::Image &image,
         const NoiseModel &noise, const VirtualChip &chip,
         const rt::MappedArrays &inputs, rt::Ranks &ranks) {
  if (request.output.empty())
    throw rt::Error(std::string("needs --output") +
                    (ranks.isShared() ? " under mpirun" : " with --resume"));
  rt::SharedRun shared;
  shared.output = request.output;
  const rt::NamedArrays &arrays = inputs.arrays;
  shared.unchecked = inputs.unchecked;
  // Without room for outputs: each rank has those of its samples.
  shared.samples =
      rt::SampleArrays(chip.inputs(), {}, arrays, request.limit).count();
  shared.outputs = chip.outputs();
  shared.resume = request.resume;
  rt::JsonWriter devices;
  devices.beginObject(Layout::Inline);
  writeNoise(devices, noise);
  rt::MappedFile file(request.image);
  std::string common =
      rt::toHex(rt::contentHash({file.data(), file.size()})) + ' ' +
      devices.endObject().str() + ' ' +
      (request.drive == DriveKind::BitSerial ? "bits " : "slots ") +
      (request.seed ? std::to_string(*request.seed) : "");
  for (double seconds : request.probeSeconds)
    common += " probe " + std::to_string(seconds);
  shared.identify = [&](int64_t begin, int64_t end) {
    return common + ' ' + std::to_string(request.firstSample + begin) + ' ' +
           rt::hashRows(chip.inputs(), arrays, begin, end);
  };
  shared.run = [&](int64_t begin, int64_t end) {
    rt::SampleArrays part(chip.inputs(), chip.outputs(),
                          rt::rowsOf(chip.inputs(), arrays, begin, end));
    ChipStatistics counted(image, chip.probes());
    runSamples(chip, image, request.threads, request.firstSample + begin, part,
               counted);
    return rt::PartResult{part.results(), counted.sites, counted.pack()};
  };
  ChipStatistics total(image, chip.probes());
  shared.addCounters = [&](const std::map<std::string, rt::Tensor> &part) {
    total.add(part);
  };
  std::optional<rt::PartResult> whole = rt::runShared(shared, ranks);
  if (!whole)
    return {};
  total.sites = whole->statistics;
  writeResults(request, image, noise, shared.samples, whole->arrays, total);
  rt::removeParts(shared);
  return whole->arrays;
}

rt::NamedArrays snn::vchip::runImage(const RunRequest &request,
                                     const std::vector<std::string> &inputs) {
  image::Image image(request.image);
  image::verify(image);
  NoiseModel noise = devicesOf(request, image.chip());
  VirtualChip chip(image, noise, request.drive);
  chip.setSeed(request.seed);
  if (!request.output.empty())
    rt::checkOutputName(request.output, chip.outputs().size());
  for (double seconds : request.probeSeconds)
    for (bool compensate : {false, true}) {
      NoiseModel probe = noise;
      probe.seconds = seconds;
      probe.compensate = compensate;
      checkNoise(probe);
      chip.addProbe(probe);
    }
  if (std::unique_ptr<rt::Ranks> ranks = rt::Ranks::join();
      ranks->isShared() || request.resume)
    return runParts(request, image, noise, chip, rt::mapArrays(inputs), *ranks);
  rt::SampleArrays samples(chip.inputs(), chip.outputs(),
                           rt::readAllArrays(inputs), request.limit);
  ChipStatistics total(image, chip.probes());
  runSamples(chip, image, request.threads, request.firstSample, samples, total);
  rt::NamedArrays results = samples.results();
  writeResults(request, image, noise, samples.count(), results, total);
  return results;
}

//===----------------------------------------------------------------------===//
// Statistics
//===----------------------------------------------------------------------===//

static double ratio(double a, double b) { return b > 0 ? a / b : 0; }

static void writeLayers(rt::JsonWriter &json, const image::Image &image,
                        const ChipStatistics &statistics) {
  json.key("layers").beginList(Layout::Lines);
  for (size_t i = 0; i < statistics.layers.size(); ++i) {
    const CrossbarCounters &c = statistics.layers[i];
    json.beginObject(Layout::Inline)
        .member("node", image.layers().layers(static_cast<int>(i)).node())
        .member("vectors", c.vectors)
        .member("conversions", c.conversions)
        .member("driven_rows", c.drivenRows)
        .member("active_cells", c.activeCells)
        .member("driven_groups", c.drivenGroups)
        .member("skipped_groups", c.skippedGroups)
        .member("saturations", c.saturations)
        .endObject();
  }
  json.endList();
}

static void writeUnits(rt::JsonWriter &json, const image::Image &image,
                       const ChipStatistics &statistics) {
  json.key("products").beginList(Layout::Lines);
  for (size_t i = 0; i < statistics.products.size(); ++i) {
    const ProductCounters &c = statistics.products[i];
    const auto &product = image.engines().products(static_cast<int>(i));
    json.beginObject(Layout::Inline)
        .member("node", product.node())
        .member("engine", product.engine())
        .member("events", c.events)
        .member("accumulations", c.accumulations)
        .member("written_levels", c.writtenLevels)
        .member("key_tiles", c.keyTiles)
        .member("macs", c.macs)
        .endObject();
  }
  json.endList().key("requantisers").beginList(Layout::Lines);
  for (size_t i = 0; i < statistics.requantisers.size(); ++i) {
    const FireCounters &c = statistics.requantisers[i];
    json.beginObject(Layout::Inline)
        .member("site",
                image.requantisers().requantisers(static_cast<int>(i)).site())
        .member("neurons", c.neurons)
        .member("spikes", c.spikes)
        .member("comparisons", c.comparisons)
        .endObject();
  }
  json.endList().key("kernels").beginList(Layout::Lines);
  for (const auto &[name, counts] : statistics.kernels)
    json.beginObject(Layout::Inline)
        .member("kernel", name)
        .member("calls", counts.first)
        .member("elements", counts.second)
        .endObject();
  json.endList();
}

static void writeProbes(rt::JsonWriter &json, const RunRequest &request,
                        const image::Image &image,
                        const ChipStatistics &statistics) {
  json.key("probes").beginList(Layout::Lines);
  for (size_t p = 0; p < statistics.probes.size(); ++p)
    for (size_t i = 0; i < statistics.probes[p].size(); ++i) {
      const ProbeCounters &c = statistics.probes[p][i];
      double count = static_cast<double>(c.sums);
      json.beginObject(Layout::Inline)
          .member("node", image.layers().layers(static_cast<int>(i)).node())
          .member("seconds", request.probeSeconds[p / 2])
          .member("compensate", p % 2 != 0)
          .member("sums", c.sums)
          .member("mean_magnitude", ratio(c.magnitude, count))
          .member("reference_magnitude", ratio(c.referenceMagnitude, count))
          .member("relative_error", ratio(c.error, c.referenceMagnitude))
          .member("median_error",
                  ratio(c.medianError() * count, c.referenceMagnitude))
          .endObject();
    }
  json.endList();
}

std::string snn::vchip::formatStatistics(const RunRequest &request,
                                         const image::Image &image,
                                         const NoiseModel &noise,
                                         int64_t samples,
                                         const ChipStatistics &statistics) {
  rt::JsonWriter json;
  json.beginObject(Layout::Lines)
      .member("schema_version", 1)
      .member("model", image.interface().model())
      .member("chip", image.chip().name())
      .member("coding", image.interface().coding())
      .member("mode", "chip")
      .member("drive", request.drive == DriveKind::BitSerial ? "bit-serial"
                                                             : "slot-serial");
  writeNoise(json, noise);
  json.member("samples", samples);
  if (!image.interface().digest().empty())
    json.member("digest", image.interface().digest());
  writeLayers(json, image, statistics);
  writeUnits(json, image, statistics);
  writeProbes(json, request, image, statistics);
  rt::writeSites(json, statistics.sites, samples);
  return json.endObject().str() + "\n";
}
