//===- Recorder.cpp - The trains of chosen samples ------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/Recorder.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <numeric>
#include <tuple>

using namespace snn::rt;

void Recorder::record(const char *site, int64_t sample, const Tensor &train,
                      const TrainCoding &coding) {
  if (!samples.count(sample))
    return;
  bool isChosen = sites.empty() || sites.count(site);
  RecordedTrain kept;
  if (isChosen)
    kept = {site, sample, train.clone(), coding};
  std::lock_guard<std::mutex> guard(lock);
  passed.insert(site);
  if (isChosen)
    trains.push_back(std::move(kept));
}

void Recorder::checkAllOccurred() const {
  std::set<int64_t> seen;
  for (const RecordedTrain &train : trains)
    seen.insert(train.sample);
  if (!passed.empty())
    for (const std::string &site : sites) {
      if (passed.count(site))
        continue;
      std::string names;
      for (const std::string &name : passed)
        names += (names.empty() ? "'" : ", '") + name + "'";
      throw Error("there is no site '" + site + "' to record; there are " +
                  names);
    }
  for (int64_t sample : samples)
    if (!seen.count(sample))
      throw Error("there is no train of sample " + std::to_string(sample) +
                  " to record");
}

std::vector<RecordedTrain> Recorder::take() {
  std::lock_guard<std::mutex> guard(lock);
  checkAllOccurred();
  std::vector<size_t> order(trains.size());
  std::iota(order.begin(), order.end(), 0);
  // Every sample's trains were kept in the order of the program.
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::make_pair(trains[a].sample, a) <
           std::make_pair(trains[b].sample, b);
  });
  std::map<std::string, size_t> rank;
  for (size_t i : order)
    rank.emplace(trains[i].site, rank.size());
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::make_tuple(rank[trains[a].site], trains[a].sample, a) <
           std::make_tuple(rank[trains[b].site], trains[b].sample, b);
  });
  std::vector<RecordedTrain> taken;
  for (size_t i : order)
    taken.push_back(std::move(trains[i]));
  trains.clear();
  return taken;
}

NamedArrays snn::rt::toArrays(const std::vector<RecordedTrain> &trains) {
  NamedArrays arrays;
  std::vector<int64_t> samples;
  for (size_t begin = 0, end = 0; begin < trains.size(); begin = end) {
    const RecordedTrain &first = trains[begin];
    while (end < trains.size() && trains[end].site == first.site)
      ++end;
    Shape shape = first.levels.shape();
    shape.insert(shape.begin(), static_cast<int64_t>(end - begin));
    Tensor levels(first.levels.dtype(), shape);
    auto *to = static_cast<char *>(levels.raw());
    for (size_t i = begin; i < end; ++i) {
      if (begin == 0)
        samples.push_back(trains[i].sample);
      std::memcpy(to, trains[i].levels.raw(), first.levels.bytes());
      to += first.levels.bytes();
    }
    const TrainCoding &c = first.coding;
    arrays.emplace_back("levels/" + first.site, std::move(levels));
    arrays.emplace_back("coding/" + first.site,
                        Tensor::fromVector<int32_t>(
                            {4}, {c.maxLevel, c.mask, c.radius, c.phases}));
  }
  arrays.emplace(arrays.begin(), "samples",
                 Tensor::fromVector<int64_t>(
                     {static_cast<int64_t>(samples.size())}, samples));
  return arrays;
}
