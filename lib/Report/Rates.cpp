//===- Rates.cpp - How often the sites of a network fire ------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PhaseRates.h"
#include "snn/Report/Report.h"
#include "snn/Support/InputFile.h"
#include "snn/Support/Nesting.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/JSON.h"

#include <cmath>

using namespace llvm;
using namespace snn;
using namespace snn::chip;

StringRef snn::chip::toString(RateSource source) {
  switch (source) {
  case RateSource::UpperBound:
    return "upper_bound";
  case RateSource::Calibration:
    return "calibration";
  case RateSource::Measured:
    return "measured";
  case RateSource::Assumed:
    return "assumed";
  }
  llvm_unreachable("unknown source of rates");
}

int Workload::findSite(StringRef name) const {
  for (const auto &[index, site] : llvm::enumerate(sites))
    if (site.name == name)
      return int(index);
  return -1;
}

/// Phases that a phase code has at most.
static constexpr double largestPhases = 127;

Expected<AssumedRates>
snn::chip::parseAssumedRates(ArrayRef<std::string> assumptions) {
  AssumedRates rates;
  for (StringRef text : assumptions) {
    // A site's name may hold '='; the value does not.
    auto [key, value] = text.rsplit('=');
    double rate = 0;
    bool isRate = key == "rate" || key.starts_with("rate.");
    double most = isRate ? 1 : largestPhases;
    if (!text.contains('=') || !to_float(value, rate) || !(rate >= 0) ||
        !(rate <= most))
      return createStringError("cannot read the assumption '" + text +
                               "'; it is rate=R or rate.SITE=R with R in "
                               "0..1, or unfired=P or unfired.SITE=P with P "
                               "in 0..127");
    if (key == "rate")
      rates.all = rate;
    else if (key == "unfired")
      rates.unfired = rate;
    else if (key.consume_front("rate.") && !key.empty())
      rates.sites[key] = rate;
    else if (key.consume_front("unfired.") && !key.empty())
      rates.unfiredSites[key] = rate;
    else
      return createStringError("unknown assumption '" + key +
                               "'; there are rate, rate.SITE, unfired and "
                               "unfired.SITE");
  }
  return rates;
}

/// Rate, bit densities and comparisons from the number of neurons at each
/// level.
static void fillFromLevels(SiteLoad &site, ArrayRef<double> levels,
                           llvm::function_ref<bool(int)> isSilent) {
  double neurons = 0, spikes = 0, comparisons = 0;
  int passes = site.passes(), top = site.coding.maxLevel();
  // Digits are two's complement: the last pass has the sign among its bits.
  unsigned passBits = (1u << site.driveBits) - 1;
  site.bitDensity.assign(passes, 0);
  site.unitEvents = site.setBits = 0;
  for (int q = 0; q <= top; ++q) {
    neurons += levels[q];
    // A neuron fires at the first threshold that it reaches; level 0 is what
    // remains after all.
    comparisons += levels[q] * (q == 0 ? top : top - q + 1);
    if (isSilent(q))
      continue;
    spikes += levels[q];
    unsigned digit = unsigned(site.coding.digit(q));
    site.unitEvents += levels[q] * digit;
    site.setBits += levels[q] * llvm::popcount(digit);
    for (int p = 0; p < passes; ++p)
      if (site.asSlots ? digit > unsigned(p)
                       : digit >> p * site.driveBits & passBits)
        site.bitDensity[p] += levels[q];
  }
  site.rate = neurons > 0 ? spikes / neurons : 0;
  site.comparisons = neurons > 0 ? comparisons / neurons : 0;
  for (double *mean : {&site.unitEvents, &site.setBits})
    *mean = neurons > 0 ? *mean / neurons : 0;
  for (double &density : site.bitDensity)
    density = neurons > 0 ? density / neurons : 0;
  site.groupsAlwaysActive = false;
}

/// Counts of neurons that all fire as often as they can, of which every bit is
/// taken to be set.
static void assumeCounts(SiteLoad &site) {
  site.unitEvents = site.rate * site.maxCount;
  site.setBits = site.rate * site.coding.bits;
}

static void assume(SiteLoad &site, double rate) {
  if (site.phase)
    return assumePhases(site, rate);
  site.source = RateSource::Assumed;
  site.rate = rate;
  // The only bit of a binary train is the spike.
  // Each bit of a digit is as likely as not.
  double driven = rate * (1 - std::exp2(-double(site.driveBits)));
  site.bitDensity.assign(site.passes(), site.steps ? rate : driven);
  site.groupsAlwaysActive = true;
  site.comparisons = site.coding.maxLevel();
  assumeCounts(site);
}

static void calibrate(SiteLoad &site) {
  if (site.phase)
    return calibratePhases(site);
  site.source = RateSource::Calibration;
  std::vector<double> levels(site.histogram.begin(), site.histogram.end());
  levels.resize(site.coding.maxLevel() + 1, 0);
  fillFromLevels(site, levels, [&](int q) {
    return site.coding.deadZone(q) == site.coding.mask;
  });
}

/// The site's counts from a simulator.
static Error measure(SiteLoad &site, const json::Object &counts,
                     double samples) {
  if (site.phase)
    return measurePhases(site, counts);
  auto mismatch = [&](StringRef what) {
    return createStringError("the statistics of site '" + site.name +
                             "' have another " + what +
                             " than this network; they are of another "
                             "compilation");
  };
  const json::Array *slots = counts.getArray("slots");
  std::optional<int64_t> neurons = counts.getInteger("neurons"),
                         allNeurons = counts.getInteger("all_neurons"),
                         allSpikes = counts.getInteger("all_spikes");
  int top = site.coding.maxLevel();
  if (!slots || !neurons || !allNeurons || !allSpikes)
    return createStringError("the statistics of site '" + site.name +
                             "' lack slots, neurons or spikes");
  if (counts.getInteger("max_level") != top || int(slots->size()) != top + 1)
    return mismatch("number of levels");
  if (counts.getInteger("mask") != site.coding.mask ||
      counts.getInteger("radius") != site.coding.radius)
    return mismatch("mask or radius");
  site.source = RateSource::Measured;
  std::vector<double> levels(top + 1, 0);
  double fired = 0;
  for (int t = 0; t <= top; ++t) {
    std::optional<int64_t> spikes = (*slots)[t].getAsInteger();
    if (!spikes || *spikes < 0)
      return createStringError("the statistics of site '" + site.name +
                               "' have a slot that is no count");
    levels[top - t] += double(*spikes);
    fired += double(*spikes);
  }
  // Silent neurons are read as the mask's level, which spikes at no site.
  levels[site.coding.mask] += double(*neurons) - fired;
  fillFromLevels(site, levels, [&](int q) { return q == site.coding.mask; });
  // Slots are counted on kept tokens; the chip runs all of them.
  double rate = *allNeurons > 0 ? double(*allSpikes) / double(*allNeurons) : 0;
  if (site.rate > 0) {
    for (double &density : site.bitDensity)
      density *= rate / site.rate;
    site.unitEvents *= rate / site.rate;
    site.setBits *= rate / site.rate;
  }
  site.rate = rate;
  // Attention of binary trains is counted at the site of its result.
  auto perSample = [&](StringRef key) -> std::optional<double> {
    std::optional<int64_t> count = counts.getInteger(key);
    if (!count || samples <= 0)
      return std::nullopt;
    return double(*count) / samples;
  };
  site.accumulations = perSample("accumulations");
  site.coincidences = perSample("coincidences");
  return Error::success();
}

/// Conversions that the virtual chip counted.
static Error measureLayers(Workload &workload, const json::Object &top) {
  const json::Array *layers = top.getArray("layers");
  std::optional<int64_t> samples = top.getInteger("samples");
  if (!layers || !samples || *samples <= 0)
    return Error::success();
  for (const json::Value &value : *layers) {
    const json::Object *layer = value.getAsObject();
    StringRef node = layer ? layer->getString("node").value_or("") : "";
    std::optional<int64_t> conversions =
        layer ? layer->getInteger("conversions") : std::nullopt;
    auto load = llvm::find_if(workload.loads, [&](const Load &load) {
      return load.mapping && load.name == node;
    });
    if (!conversions || load == workload.loads.end())
      return createStringError("the statistics have a layer that the network "
                               "does not have");
    double all = load->vectors * load->mapping->rowGroups * load->outputs *
                 load->mapping->slices * load->mapping->passes;
    load->activeGroups =
        all > 0 ? double(*conversions) / double(*samples) / all : 0;
  }
  return Error::success();
}

/// A network has thousands of sites at most, with some hundred numbers each.
static constexpr uint64_t largestStatistics = uint64_t(1) << 28;

Error snn::chip::setRates(Workload &workload, const AssumedRates &assumed,
                          StringRef statistics, StringRef digest) {
  const json::Object *sites = nullptr;
  double samples = 0;
  std::optional<json::Value> document;
  if (!statistics.empty()) {
    Expected<std::unique_ptr<MemoryBuffer>> buffer = readRegularFile(
        statistics, /*isText=*/true, /*mostBytes=*/largestStatistics);
    if (!buffer)
      return createStringError("cannot read the statistics '" + statistics +
                               "': " + toString(buffer.takeError()));
    if (Error error = checkJsonNesting((*buffer)->getBuffer()))
      return createStringError("the statistics '" + statistics + "' " +
                               toString(std::move(error)));
    Expected<json::Value> parsed = json::parse((*buffer)->getBuffer());
    if (!parsed)
      return createStringError(
          "the statistics '" + statistics +
          "' are no JSON: " + toString(parsed.takeError()));
    document = std::move(*parsed);
    const json::Object *top = document->getAsObject();
    if (!top || top->getInteger("schema_version") != 1 ||
        !(sites = top->getObject("sites")))
      return createStringError("'" + statistics +
                               "' holds no statistics of a simulator, schema "
                               "version 1");
    if (std::optional<StringRef> other = top->getString("digest");
        other && !digest.empty() && *other != digest)
      return createStringError(
          "the statistics '" + statistics + "' are of compilation " + *other +
          ", this network of " + digest + ": they do not belong together");
    for (const auto &[name, counts] : *sites)
      if (workload.findSite(name) < 0 || !counts.getAsObject())
        return createStringError("the statistics '" + statistics +
                                 "' have the site '" + StringRef(name) +
                                 "', which the network does not have");
    samples = double(top->getInteger("samples").value_or(0));
    if (Error error = measureLayers(workload, *top))
      return error;
  }
  for (const auto *sites : {&assumed.sites, &assumed.unfiredSites})
    for (const auto &entry : *sites)
      if (workload.findSite(entry.getKey()) < 0)
        return createStringError(
            "a rate is assumed for the site '" + entry.getKey() +
            "', which the network does not have; it has " +
            llvm::join(
                llvm::map_range(workload.sites,
                                [](const SiteLoad &s) { return s.name; }),
                ", "));

  for (SiteLoad &site : workload.sites) {
    if (auto found = assumed.sites.find(site.name);
        found != assumed.sites.end())
      assume(site, found->second);
    else if (assumed.all)
      assume(site, *assumed.all);
    else if (sites) {
      const json::Object *counts = sites->getObject(site.name);
      if (!counts)
        return createStringError("the statistics '" + statistics +
                                 "' lack the site '" + site.name + "'");
      if (Error error = measure(site, *counts, samples))
        return error;
    } else if (!site.histogram.empty())
      calibrate(site);
    else {
      // The most that the site can do.
      assume(site, 1);
      site.source = RateSource::UpperBound;
      site.bitDensity.assign(site.passes(), 1);
    }
    if (auto found = assumed.unfiredSites.find(site.name);
        found != assumed.unfiredSites.end())
      site.unfired = found->second;
    else if (assumed.unfired)
      site.unfired = *assumed.unfired;
    if (site.phase && site.unfired > site.phase->phases)
      return createStringError(
          "a neuron of site '" + site.name + "' is assumed un-fired for " +
          toText(site.unfired) + " phases; its window has " +
          std::to_string(site.phase->phases));
  }
  return Error::success();
}
