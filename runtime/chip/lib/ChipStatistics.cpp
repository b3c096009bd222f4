//===- ChipStatistics.cpp - What a run did on the chip --------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/vchip/ChipStatistics.h"

#include <algorithm>
#include <cstdlib>

using namespace snn::vchip;

void ProductCounters::merge(const ProductCounters &other) {
  events += other.events;
  accumulations += other.accumulations;
  writtenLevels += other.writtenLevels;
  keyTiles += other.keyTiles;
  macs += other.macs;
}

void FireCounters::merge(const FireCounters &other) {
  neurons += other.neurons;
  spikes += other.spikes;
  comparisons += other.comparisons;
}

void ProbeCounters::add(int64_t reference, int64_t sum) {
  constexpr size_t most = 1 << 16;
  int64_t difference = std::abs(sum - reference);
  ++sums;
  referenceMagnitude += std::abs(double(reference));
  magnitude += std::abs(double(sum));
  error += static_cast<double>(difference);
  // A sum of 0, often of inputs that are silent, has no relative error.
  if (reference == 0)
    return;
  size_t at = std::min<size_t>(static_cast<size_t>(difference), most);
  if (errors.size() <= at)
    errors.resize(at + 1, 0);
  ++errors[at];
}

void ProbeCounters::merge(const ProbeCounters &other) {
  sums += other.sums;
  referenceMagnitude += other.referenceMagnitude;
  magnitude += other.magnitude;
  error += other.error;
  if (errors.size() < other.errors.size())
    errors.resize(other.errors.size(), 0);
  for (size_t i = 0; i < other.errors.size(); ++i)
    errors[i] += other.errors[i];
}

double ProbeCounters::medianError() const {
  int64_t counted = 0, below = 0;
  for (int64_t count : errors)
    counted += count;
  for (size_t i = 0; i < errors.size(); ++i) {
    below += errors[i];
    if (2 * below >= counted)
      return static_cast<double>(i);
  }
  return 0;
}

ChipStatistics::ChipStatistics(const image::Image &image, size_t probeCount)
    : layers(static_cast<size_t>(image.layers().layers_size())),
      products(static_cast<size_t>(image.engines().products_size())),
      requantisers(
          static_cast<size_t>(image.requantisers().requantisers_size())),
      probes(probeCount, std::vector<ProbeCounters>(layers.size())) {}

template <typename T>
static void mergeAll(std::vector<T> &to, const std::vector<T> &from) {
  for (size_t i = 0; i < to.size(); ++i)
    to[i].merge(from[i]);
}

void ChipStatistics::merge(const ChipStatistics &other) {
  mergeAll(layers, other.layers);
  mergeAll(products, other.products);
  mergeAll(requantisers, other.requantisers);
  for (const auto &[name, counts] : other.kernels) {
    kernels[name].first += counts.first;
    kernels[name].second += counts.second;
  }
  sites.merge(other.sites);
  for (size_t i = 0; i < probes.size(); ++i)
    mergeAll(probes[i], other.probes[i]);
}
