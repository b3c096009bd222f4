//===- ChipStatistics.cpp - What a run did on the chip --------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/vchip/ChipStatistics.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>

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

//===----------------------------------------------------------------------===//
// As tensors
//===----------------------------------------------------------------------===//

/// The counters of each kind, in the order of their array.
static constexpr int64_t CrossbarCounters::*layerFields[] = {
    &CrossbarCounters::vectors,      &CrossbarCounters::conversions,
    &CrossbarCounters::drivenRows,   &CrossbarCounters::activeCells,
    &CrossbarCounters::drivenGroups, &CrossbarCounters::skippedGroups,
    &CrossbarCounters::saturations};
static constexpr int64_t ProductCounters::*productFields[] = {
    &ProductCounters::events, &ProductCounters::accumulations,
    &ProductCounters::writtenLevels, &ProductCounters::keyTiles,
    &ProductCounters::macs};
static constexpr int64_t FireCounters::*fireFields[] = {
    &FireCounters::neurons, &FireCounters::spikes, &FireCounters::comparisons};
static_assert(
    sizeof(CrossbarCounters) == std::size(layerFields) * sizeof(int64_t) &&
        sizeof(ProductCounters) == std::size(productFields) * sizeof(int64_t) &&
        sizeof(FireCounters) == std::size(fireFields) * sizeof(int64_t),
    "every counter is packed");

static snn::rt::Tensor toTensor(const std::vector<int64_t> &values) {
  return snn::rt::Tensor::fromVector({static_cast<int64_t>(values.size())},
                                     values);
}

template <typename T, size_t N>
static snn::rt::Tensor packAll(const std::vector<T> &entries,
                               int64_t T::*const (&fields)[N]) {
  std::vector<int64_t> values;
  for (const T &entry : entries)
    for (auto field : fields)
      values.push_back(entry.*field);
  return toTensor(values);
}

/// The values of a packed tensor, `count` of them or more.
static std::vector<int64_t>
valuesOf(const std::map<std::string, snn::rt::Tensor> &packed,
         const std::string &name, size_t count, bool isExact = true) {
  auto found = packed.find(name);
  if (found == packed.end())
    throw snn::rt::Error("a part of the run has no counters '" + name + "'");
  std::vector<int64_t> values = found->second.toVector<int64_t>();
  if (isExact ? values.size() != count : values.size() < count)
    throw snn::rt::Error("a part of the run has " +
                         std::to_string(values.size()) + " counters '" + name +
                         "', expected " + std::to_string(count));
  return values;
}

template <typename T, size_t N>
static void addAll(std::vector<T> &entries,
                   const std::map<std::string, snn::rt::Tensor> &packed,
                   const std::string &name, int64_t T::*const (&fields)[N]) {
  std::vector<int64_t> values = valuesOf(packed, name, entries.size() * N);
  size_t at = 0;
  for (T &entry : entries)
    for (auto field : fields)
      entry.*field += values[at++];
}

static const std::string kernelPrefix = "kernel ";

static std::string nameOfProbe(size_t probe, size_t layer) {
  return "probe " + std::to_string(probe) + " " + std::to_string(layer);
}

std::map<std::string, snn::rt::Tensor> ChipStatistics::pack() const {
  std::map<std::string, rt::Tensor> packed;
  packed["layers"] = packAll(layers, layerFields);
  packed["products"] = packAll(products, productFields);
  packed["requantisers"] = packAll(requantisers, fireFields);
  for (const auto &[name, counts] : kernels)
    packed[kernelPrefix + name] = toTensor({counts.first, counts.second});
  for (size_t p = 0; p < probes.size(); ++p)
    for (size_t i = 0; i < probes[p].size(); ++i) {
      const ProbeCounters &c = probes[p][i];
      // The sums are of integers, which they hold exactly.
      std::vector<int64_t> values = {
          c.sums, static_cast<int64_t>(c.referenceMagnitude),
          static_cast<int64_t>(c.magnitude), static_cast<int64_t>(c.error)};
      values.insert(values.end(), c.errors.begin(), c.errors.end());
      packed[nameOfProbe(p, i)] = toTensor(values);
    }
  return packed;
}

void ChipStatistics::add(const std::map<std::string, rt::Tensor> &packed) {
  addAll(layers, packed, "layers", layerFields);
  addAll(products, packed, "products", productFields);
  addAll(requantisers, packed, "requantisers", fireFields);
  for (const auto &[key, tensor] : packed)
    if (key.compare(0, kernelPrefix.size(), kernelPrefix) == 0) {
      std::vector<int64_t> values = valuesOf(packed, key, 2);
      auto &counts = kernels[key.substr(kernelPrefix.size())];
      counts.first += values[0];
      counts.second += values[1];
    }
  for (size_t p = 0; p < probes.size(); ++p)
    for (size_t i = 0; i < probes[p].size(); ++i) {
      std::vector<int64_t> values =
          valuesOf(packed, nameOfProbe(p, i), 4, /*isExact=*/false);
      ProbeCounters part;
      part.sums = values[0];
      part.referenceMagnitude = static_cast<double>(values[1]);
      part.magnitude = static_cast<double>(values[2]);
      part.error = static_cast<double>(values[3]);
      part.errors.assign(values.begin() + 4, values.end());
      probes[p][i].merge(part);
    }
}
