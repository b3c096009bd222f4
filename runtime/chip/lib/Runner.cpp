//===- Runner.cpp - A run of an image over samples ------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/vchip/Runner.h"

#include "snn/image/Verify.h"
#include "snn/runtime/Json.h"

#include <mutex>
#include <optional>

using namespace snn::vchip;
using namespace snn;
using snn::rt::jsonNumber;
using snn::rt::jsonString;

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

rt::NamedArrays snn::vchip::runImage(const RunRequest &request,
                                     const rt::NamedArrays &arrays) {
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
  rt::SampleArrays samples(chip.inputs(), chip.outputs(), arrays,
                           request.limit);
  ChipStatistics total(image, chip.probes());
  std::mutex lock;
  rt::forEachSample(samples.count(), request.threads, [&] {
    auto mine = std::shared_ptr<ChipStatistics>(
        new ChipStatistics(image, chip.probes()),
        [&](ChipStatistics *finished) {
          std::lock_guard<std::mutex> guard(lock);
          total.merge(*finished);
          delete finished;
        });
    return [&, mine](int64_t sample) {
      samples.run(sample, [&](const rt::TensorList &in,
                              const rt::TensorOutputs &out) {
        chip.run(in, out, static_cast<uint64_t>(request.firstSample + sample),
                 *mine);
      });
    };
  });
  rt::NamedArrays results = samples.results();
  // Both or neither take their names.
  std::optional<rt::PendingFile> output;
  if (!request.output.empty())
    output.emplace(request.output, rt::formatArrays(request.output, results));
  if (!request.stats.empty())
    rt::writeTextFile(request.stats, formatStatistics(request, image, noise,
                                                      samples.count(), total));
  if (output)
    output->commit();
  return results;
}

//===----------------------------------------------------------------------===//
// Statistics
//===----------------------------------------------------------------------===//

namespace {
/// Writes one JSON object on a line: {"a": 1, "b": "x"}.
class Object {
public:
  Object &add(const char *key, int64_t value) {
    return raw(key, std::to_string(value));
  }
  Object &add(const char *key, double value) {
    return raw(key, jsonNumber(value));
  }
  Object &add(const char *key, const std::string &value) {
    return raw(key, jsonString(value));
  }
  Object &raw(const char *key, const std::string &value) {
    text += (text.empty() ? "" : ", ") + jsonString(key) + ": " + value;
    return *this;
  }
  std::string str() const { return "{" + text + "}"; }

private:
  std::string text;
};

/// A list of objects under a key, one a line.
class List {
public:
  explicit List(const char *key) : text("  " + jsonString(key) + ": [") {}
  void add(const Object &object) {
    text += (first ? "\n    " : ",\n    ") + object.str();
    first = false;
  }
  std::string str() const { return text + (first ? "]" : "\n  ]"); }

private:
  std::string text;
  bool first = true;
};
} // namespace

static double ratio(double a, double b) { return b > 0 ? a / b : 0; }

static std::string formatNoise(const NoiseModel &noise) {
  Object object;
  object.add("seed", std::to_string(noise.seed));
  object.add("seconds", noise.seconds);
  object.raw("compensate", noise.compensate ? "true" : "false");
  for (size_t i = 0; i < effectCount; ++i)
    if (noise.effects[i].enable)
      object.raw(std::string(effectName(static_cast<Effect>(i))).c_str(),
                 Object()
                     .add("model", noise.effects[i].model)
                     .add("magnitude", noise.effects[i].magnitude)
                     .str());
  return object.str();
}

static std::string formatLayers(const image::Image &image,
                                const ChipStatistics &statistics) {
  List list("layers");
  for (size_t i = 0; i < statistics.layers.size(); ++i) {
    const CrossbarCounters &c = statistics.layers[i];
    list.add(Object()
                 .add("node", image.layers().layers(static_cast<int>(i)).node())
                 .add("vectors", c.vectors)
                 .add("conversions", c.conversions)
                 .add("driven_rows", c.drivenRows)
                 .add("active_cells", c.activeCells)
                 .add("driven_groups", c.drivenGroups)
                 .add("skipped_groups", c.skippedGroups)
                 .add("saturations", c.saturations));
  }
  return list.str();
}

static std::string formatUnits(const image::Image &image,
                               const ChipStatistics &statistics) {
  List products("products");
  for (size_t i = 0; i < statistics.products.size(); ++i) {
    const ProductCounters &c = statistics.products[i];
    const auto &product = image.engines().products(static_cast<int>(i));
    products.add(Object()
                     .add("node", product.node())
                     .add("engine", product.engine())
                     .add("events", c.events)
                     .add("accumulations", c.accumulations)
                     .add("written_levels", c.writtenLevels)
                     .add("key_tiles", c.keyTiles)
                     .add("macs", c.macs));
  }
  List fires("requantisers");
  for (size_t i = 0; i < statistics.requantisers.size(); ++i) {
    const FireCounters &c = statistics.requantisers[i];
    fires.add(
        Object()
            .add("site",
                 image.requantisers().requantisers(static_cast<int>(i)).site())
            .add("neurons", c.neurons)
            .add("spikes", c.spikes)
            .add("comparisons", c.comparisons));
  }
  List kernels("kernels");
  for (const auto &[name, counts] : statistics.kernels)
    kernels.add(Object()
                    .add("kernel", name)
                    .add("calls", counts.first)
                    .add("elements", counts.second));
  return products.str() + ",\n" + fires.str() + ",\n" + kernels.str();
}

static std::string formatProbes(const RunRequest &request,
                                const image::Image &image,
                                const ChipStatistics &statistics) {
  List list("probes");
  for (size_t p = 0; p < statistics.probes.size(); ++p)
    for (size_t i = 0; i < statistics.probes[p].size(); ++i) {
      const ProbeCounters &c = statistics.probes[p][i];
      double count = static_cast<double>(c.sums);
      list.add(
          Object()
              .add("node", image.layers().layers(static_cast<int>(i)).node())
              .add("seconds", request.probeSeconds[p / 2])
              .raw("compensate", p % 2 ? "true" : "false")
              .add("sums", c.sums)
              .add("mean_magnitude", ratio(c.magnitude, count))
              .add("reference_magnitude", ratio(c.referenceMagnitude, count))
              .add("relative_error", ratio(c.error, c.referenceMagnitude))
              .add("median_error",
                   ratio(c.medianError() * count, c.referenceMagnitude)));
    }
  return list.str();
}

std::string snn::vchip::formatStatistics(const RunRequest &request,
                                         const image::Image &image,
                                         const NoiseModel &noise,
                                         int64_t samples,
                                         const ChipStatistics &statistics) {
  return "{\n  \"schema_version\": 1,\n  \"model\": " +
         jsonString(image.interface().model()) +
         ",\n  \"chip\": " + jsonString(image.chip().name()) +
         ",\n  \"coding\": " + jsonString(image.interface().coding()) +
         ",\n  \"mode\": \"chip\",\n  \"drive\": " +
         jsonString(request.drive == DriveKind::BitSerial ? "bit-serial"
                                                          : "slot-serial") +
         ",\n  \"devices\": " + formatNoise(noise) +
         ",\n  \"samples\": " + std::to_string(samples) + ",\n" +
         (image.interface().digest().empty()
              ? ""
              : "  \"digest\": " + jsonString(image.interface().digest()) +
                    ",\n") +
         formatLayers(image, statistics) + ",\n" +
         formatUnits(image, statistics) + ",\n" +
         formatProbes(request, image, statistics) + ",\n" +
         rt::jsonSites(statistics.sites, samples) + "\n}\n";
}
