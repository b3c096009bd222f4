//===- PhaseRates.cpp - Activity of phase-coded sites ---------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PhaseRates.h"

using namespace llvm;
using namespace snn;
using namespace snn::chip;

/// The pass in which a spike drives its row.
static size_t passOf(const rt::PhaseCoding &coding, int32_t phase,
                     bool isNegative) {
  return coding.unipolar ? size_t(phase) : 2 * size_t(phase) + isNegative;
}

void snn::chip::assumePhases(SiteLoad &site, double rate) {
  site.source = RateSource::Assumed;
  site.rate = rate;
  site.bitDensity.assign(site.passes(), rate / site.passes());
  site.groupsAlwaysActive = false;
  site.unfired = site.comparisons = site.phase->phases;
}

/// Fills in everything from the spikes of each phase and sign.
static void fillFromSpikes(SiteLoad &site, double neurons,
                           ArrayRef<double> positive,
                           ArrayRef<double> negative) {
  int32_t phases = site.phase->phases;
  site.bitDensity.assign(site.passes(), 0);
  double spikes = 0, unfired = 0;
  for (int32_t t = 0; t < phases; ++t) {
    double fired = positive[t] + negative[t];
    spikes += fired;
    unfired += fired * t;
    if (neurons <= 0)
      continue;
    site.bitDensity[passOf(*site.phase, t, false)] += positive[t] / neurons;
    if (!site.phase->unipolar)
      site.bitDensity[passOf(*site.phase, t, true)] += negative[t] / neurons;
  }
  site.rate = neurons > 0 ? spikes / neurons : 0;
  site.unfired =
      neurons > 0 ? (unfired + (neurons - spikes) * phases) / neurons : phases;
  site.comparisons = site.unfired;
  site.groupsAlwaysActive = false;
}

void snn::chip::calibratePhases(SiteLoad &site) {
  site.source = RateSource::Calibration;
  int32_t phases = site.phase->phases;
  std::vector<double> positive(phases), negative(phases);
  double neurons = 0;
  for (int32_t byte = 0; byte < 256; ++byte) {
    double count = double(site.histogram[byte]);
    int32_t code = int8_t(byte);
    neurons += count;
    if (code > 0 && code <= phases)
      positive[code - 1] += count;
    if (code < 0 && -code <= phases)
      negative[-code - 1] += count;
  }
  fillFromSpikes(site, neurons, positive, negative);
}

Error snn::chip::measurePhases(SiteLoad &site, const json::Object &counts) {
  const json::Array *slots = counts.getArray("slots");
  std::optional<int64_t> neurons = counts.getInteger("neurons"),
                         allNeurons = counts.getInteger("all_neurons"),
                         allSpikes = counts.getInteger("all_spikes");
  int32_t phases = site.phase->phases;
  if (!slots || !neurons || !allNeurons || !allSpikes)
    return createStringError("the statistics of site '" + site.name +
                             "' lack slots, neurons or spikes");
  if (counts.getInteger("phases") != phases || int(slots->size()) != phases)
    return createStringError("the statistics of site '" + site.name +
                             "' have another number of phases than this "
                             "network; they are of another compilation");
  std::vector<double> spikes(phases), none(phases);
  for (int32_t t = 0; t < phases; ++t) {
    std::optional<int64_t> count = (*slots)[t].getAsInteger();
    if (!count || *count < 0)
      return createStringError("the statistics of site '" + site.name +
                               "' have a slot that is no count");
    spikes[t] = double(*count) / (site.phase->unipolar ? 1 : 2);
  }
  site.source = RateSource::Measured;
  fillFromSpikes(site, double(*neurons), spikes,
                 site.phase->unipolar ? none : spikes);
  // Slots are counted on kept tokens; the chip runs all of them.
  double rate = *allNeurons > 0 ? double(*allSpikes) / double(*allNeurons) : 0;
  if (site.rate > 0)
    for (double &density : site.bitDensity)
      density *= rate / site.rate;
  site.rate = rate;
  return Error::success();
}
