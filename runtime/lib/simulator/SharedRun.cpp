//===- SharedRun.cpp - Samples that several processes share ---------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/SharedRun.h"

#include "simulator/LostRanks.h"

#include "snn/runtime/Compilation.h"
#include "snn/runtime/Weights.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <future>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

using namespace snn::rt;
using namespace snn::rt::detail;

/// A part is written when its samples took about this long.
static constexpr double partSeconds = 2;

static const char identityKey[] = "snnc.part";

namespace {
/// The samples [begin, end).
struct Range {
  int64_t begin = 0, end = 0;
  int64_t size() const { return end - begin; }
};
} // namespace

//===----------------------------------------------------------------------===//
// Files of parts
//===----------------------------------------------------------------------===//

static std::string folderOf(const SharedRun &run) {
  return run.output + ".parts";
}

static std::string fileOf(const SharedRun &run, Range range) {
  return folderOf(run) + "/" + std::to_string(range.begin) + "-" +
         std::to_string(range.end) + ".safetensors";
}

/// The counters of a site in the order of their array.
template <typename Site> static auto countersOf(Site &site) {
  return std::vector{&site.neurons,
                     &site.spikes,
                     &site.allNeurons,
                     &site.allSpikes,
                     &site.synapticOperations,
                     &site.unfiredSteps,
                     &site.nearThreshold,
                     &site.accumulations,
                     &site.ands,
                     &site.coincidences,
                     &site.draws,
                     &site.comparisons};
}
template <typename Site> static auto settingsOf(Site &site) {
  return std::vector{&site.maxLevel, &site.mask, &site.radius, &site.phases,
                     &site.maxCount};
}

/// Outputs as "output NAME", a site as "site NAME": counters, settings, slots;
/// what else was counted as "counter NAME".
static std::map<std::string, Tensor> pack(const PartResult &part) {
  std::map<std::string, Tensor> tensors;
  for (const auto &[name, tensor] : part.arrays)
    tensors["output " + name] = tensor;
  for (const auto &[name, site] : part.statistics.sites) {
    std::vector<int64_t> numbers;
    for (const int64_t *counter : countersOf(site))
      numbers.push_back(*counter);
    for (const int32_t *setting : settingsOf(site))
      numbers.push_back(*setting);
    numbers.insert(numbers.end(), site.slots.begin(), site.slots.end());
    Tensor tensor(DType::I64, {static_cast<int64_t>(numbers.size())});
    std::copy(numbers.begin(), numbers.end(), tensor.data<int64_t>());
    tensors["site " + name] = std::move(tensor);
  }
  for (const auto &[name, tensor] : part.counters)
    tensors["counter " + name] = tensor;
  return tensors;
}

static PartResult unpack(const Safetensors &file) {
  PartResult part;
  for (const auto &[key, tensor] : file.tensors()) {
    size_t space = key.find(' ');
    std::string kind = key.substr(0, space), name = key.substr(space + 1);
    if (kind == "output") {
      part.arrays.emplace_back(name, tensor);
      continue;
    }
    if (kind == "counter") {
      part.counters[name] = tensor;
      continue;
    }
    SiteStatistics &site = part.statistics.sites[name];
    const int64_t *next = tensor.data<int64_t>(), *end = next + tensor.size();
    for (int64_t *counter : countersOf(site))
      *counter = *next++;
    for (int32_t *setting : settingsOf(site))
      *setting = static_cast<int32_t>(*next++);
    site.slots.assign(next, end);
  }
  return part;
}

/// The ranges of the files in the folder, whatever they hold.
static std::vector<Range> listFiles(const SharedRun &run) {
  std::vector<Range> ranges;
  DIR *directory = opendir(folderOf(run).c_str());
  if (!directory)
    return ranges;
  while (dirent *entry = readdir(directory)) {
    long long begin = 0, end = 0;
    int length = 0;
    if (std::sscanf(entry->d_name, "%lld-%lld.safetensors%n", &begin, &end,
                    &length) == 2 &&
        length > 0 && entry->d_name[length] == '\0' && begin >= 0 &&
        begin < end && end <= run.samples)
      ranges.push_back({begin, end});
  }
  closedir(directory);
  std::sort(ranges.begin(), ranges.end(), [](Range a, Range b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  return ranges;
}

/// Whether the file of a range is whole and of this run.
static bool isOfRun(const SharedRun &run, Range range) {
  try {
    Safetensors file(fileOf(run, range));
    auto found = file.metadata().find(identityKey);
    return found != file.metadata().end() &&
           found->second == run.identify(range.begin, range.end);
  } catch (const Error &) {
    return false;
  }
}

static void makeFolder(const SharedRun &run) {
  if (mkdir(folderOf(run).c_str(), 0777) != 0 && errno != EEXIST)
    throw Error("cannot make '" + folderOf(run) + "': " + std::strerror(errno));
}

void snn::rt::removeParts(const SharedRun &run) {
  std::string folder = folderOf(run);
  DIR *directory = opendir(folder.c_str());
  if (!directory)
    return;
  std::vector<std::string> names;
  while (dirent *entry = readdir(directory)) {
    std::string name = entry->d_name;
    // Parts, and what their writers left; nothing else.
    if (name.find(".safetensors") != std::string::npos || name == "ranks.tmp")
      names.push_back(name);
  }
  closedir(directory);
  for (const std::string &name : names)
    unlink((folder + "/" + name).c_str());
  rmdir(folder.c_str());
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

NamedArrays snn::rt::rowsOf(const std::vector<Port> &inputs,
                            const NamedArrays &arrays, int64_t begin,
                            int64_t end) {
  NamedArrays rows;
  for (const auto &[arrayName, tensor] : arrays) {
    const Port *port = nullptr;
    for (const Port &one : inputs)
      if (one.name == arrayName || (inputs.size() == 1 && arrays.size() == 1))
        port = &one;
    if (!port)
      continue;
    // Arrays of fewer tokens than the port's are taken as they are.
    Shape shape = tensor.shape();
    if (shape.empty() || port->shape.empty() || shape[0] == port->shape[0]) {
      rows.emplace_back(arrayName, aligned(tensor));
      continue;
    }
    size_t unit = tensor.bytes() / static_cast<size_t>(shape[0]) *
                  static_cast<size_t>(port->shape[0]);
    shape[0] = port->shape[0] * (end - begin);
    rows.emplace_back(arrayName, aligned(Tensor::borrow(
                                     tensor.dtype(), shape,
                                     static_cast<const char *>(tensor.raw()) +
                                         static_cast<size_t>(begin) * unit,
                                     static_cast<size_t>(end - begin) * unit)));
  }
  return rows;
}

std::string snn::rt::hashRows(const std::vector<Port> &inputs,
                              const NamedArrays &arrays, int64_t begin,
                              int64_t end) {
  std::string text;
  for (const auto &[arrayName, rows] : rowsOf(inputs, arrays, begin, end))
    text += (text.empty() ? "" : " ") +
            toHex(contentHash(
                {static_cast<const char *>(rows.raw()), rows.bytes()}));
  return text;
}

/// Compares the inputs with their checksums: each rank reads a stretch.
static void checkInputs(const SharedRun &run, const Ranks &ranks) {
  auto number = static_cast<uint64_t>(ranks.rank());
  auto count = static_cast<uint64_t>(ranks.size());
  auto begins = [&](uint64_t rank, uint64_t size) {
    return size / count * rank + std::min(size % count, rank);
  };
  std::string mine;
  for (const UncheckedBytes &one : run.unchecked) {
    uint64_t begin = begins(number, one.bytes.size());
    uint32_t sum = checksumOf(
        one.bytes.substr(begin, begins(number + 1, one.bytes.size()) - begin));
    mine.append(reinterpret_cast<const char *>(&sum), sizeof sum);
  }
  std::vector<std::string> all = ranks.exchange(mine);
  for (size_t i = 0; i < run.unchecked.size(); ++i) {
    const UncheckedBytes &one = run.unchecked[i];
    uint32_t sum = 0;
    for (uint64_t rank = 0; rank < count; ++rank) {
      if (all[rank].size() != mine.size())
        throw Error("the ranks have different inputs");
      uint32_t next;
      std::memcpy(&next, all[rank].data() + i * sizeof next, sizeof next);
      sum = joinChecksums(sum, next,
                          begins(rank + 1, one.bytes.size()) -
                              begins(rank, one.bytes.size()));
    }
    if (sum != one.checksum)
      throw Error(one.what + ": damaged zip archive: wrong checksum");
  }
}

//===----------------------------------------------------------------------===//
// Shares
//===----------------------------------------------------------------------===//

/// The parts of an earlier run that this one takes. Each rank reads the inputs
/// of its share of them.
static std::vector<Range> findFinished(const SharedRun &run,
                                       const Ranks &ranks) {
  std::vector<Range> files = listFiles(run);
  std::string mine(files.size(), '0');
  for (size_t i = 0; i < files.size(); ++i)
    if (i % static_cast<size_t>(ranks.size()) ==
            static_cast<size_t>(ranks.rank()) &&
        isOfRun(run, files[i]))
      mine[i] = '1';
  std::vector<Range> finished;
  std::vector<std::string> all = ranks.exchange(mine);
  for (size_t i = 0; i < files.size(); ++i) {
    bool isGood = std::any_of(all.begin(), all.end(), [&](const auto &flags) {
      return i < flags.size() && flags[i] == '1';
    });
    // Of parts that overlap, the first counts.
    if (isGood && (finished.empty() || finished.back().end <= files[i].begin))
      finished.push_back(files[i]);
  }
  return finished;
}

/// What is left of [0, samples), of which this rank takes a stretch.
static std::vector<Range> shareOf(const std::vector<Range> &finished,
                                  int64_t samples, const Ranks &ranks) {
  std::vector<Range> gaps;
  int64_t at = 0, left = 0;
  auto addGap = [&](int64_t end) {
    if (at < end)
      gaps.push_back({at, end});
    left += std::max<int64_t>(0, end - at);
  };
  for (Range range : finished) {
    addGap(range.begin);
    at = range.end;
  }
  addGap(samples);
  // Counted over all gaps; each rank has one more or one less than another.
  int64_t size = ranks.size(), rank = ranks.rank();
  int64_t first = left / size * rank + std::min(left % size, rank);
  int64_t last = first + left / size + (rank < left % size);
  std::vector<Range> share;
  int64_t before = 0;
  for (Range gap : gaps) {
    int64_t begin = std::max(first - before, int64_t(0)),
            end = std::min(last - before, gap.size());
    if (begin < end)
      share.push_back({gap.begin + begin, gap.begin + end});
    before += gap.size();
  }
  return share;
}

static std::string describe(const std::vector<Range> &share) {
  if (share.empty())
    return "no samples";
  std::string text = "samples ";
  for (size_t i = 0; i < share.size(); ++i)
    text += (i ? ", " : "") + std::to_string(share[i].begin) + " to " +
            std::to_string(share[i].end - 1);
  return text;
}

/// Runs a stretch, part by part. Parts grow until one takes partSeconds; one is
/// written while the next runs.
static void runStretch(const SharedRun &run, Range stretch,
                       const std::function<void(int64_t)> &report) {
  using Clock = std::chrono::steady_clock;
  int64_t size = 16;
  Range written;
  std::future<void> writing;
  auto finishWriting = [&] {
    if (!writing.valid())
      return;
    writing.get();
    report(written.size());
  };
  while (stretch.size() > 0) {
    Range part = {stretch.begin,
                  stretch.begin + std::min(size, stretch.size())};
    Clock::time_point start = Clock::now();
    PartResult result = run.run(part.begin, part.end);
    double seconds =
        std::chrono::duration<double>(Clock::now() - start).count();
    finishWriting();
    written = part;
    writing = std::async(
        std::launch::async, [&run, part, result = std::move(result)] {
          writeSafetensors(fileOf(run, part), pack(result),
                           {{identityKey, run.identify(part.begin, part.end)}});
        });
    stretch.begin = part.end;
    double rate = static_cast<double>(part.size()) / std::max(seconds, 1e-6);
    size = std::max<int64_t>(
        1, static_cast<int64_t>(std::min(rate * partSeconds, 1e9)));
  }
  finishWriting();
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

/// Puts the parts together, which are all there.
static PartResult collect(const SharedRun &run) {
  PartResult whole;
  int64_t at = 0;
  for (Range range : listFiles(run)) {
    if (range.begin != at)
      continue; // overlaps what is here
    Safetensors file(fileOf(run, range));
    PartResult part = unpack(file);
    for (size_t i = 0; i < run.outputs.size(); ++i) {
      const Port &port = run.outputs[i];
      const Tensor &from = file.get("output " + port.name);
      if (at == 0) {
        // Samples of fewer tokens give fewer, so that the sizes are the part's.
        Port one = port;
        if (!port.shape.empty() && !port.constant) {
          one.shape = from.shape();
          one.shape[0] = port.shape[0];
        }
        whole.arrays.emplace_back(
            port.name,
            Tensor(port.dtype, SampleArrays::shapeOf(one, run.samples)));
      }
      Tensor &to = whole.arrays[i].second;
      size_t unit =
          to.bytes() / static_cast<size_t>(port.constant ? 1 : run.samples);
      size_t count = port.constant ? 1 : static_cast<size_t>(range.size());
      size_t place = port.constant ? 0 : static_cast<size_t>(range.begin);
      if (from.dtype() != port.dtype || from.bytes() != count * unit)
        throw Error("'" + fileOf(run, range) + "' has an output '" + port.name +
                    "' of " + std::to_string(from.bytes()) +
                    " bytes, expected " + std::to_string(count * unit));
      if (unit && (!port.constant || range.begin == 0))
        std::memcpy(static_cast<char *>(to.raw()) + place * unit, from.raw(),
                    count * unit);
    }
    whole.statistics.merge(part.statistics);
    if (run.addCounters)
      run.addCounters(part.counters);
    at = range.end;
  }
  if (at != run.samples)
    throw Error("'" + folderOf(run) + "' has no part with sample " +
                std::to_string(at));
  return whole;
}

static std::optional<PartResult> runAll(const SharedRun &run, Ranks &ranks) {
  bool isFirst = ranks.rank() == 0;
  checkInputs(run, ranks);
  if (isFirst) {
    if (!run.resume)
      removeParts(run);
    makeFolder(run);
  }
  ranks.wait();
  std::vector<Range> finished;
  if (run.resume)
    finished = findFinished(run, ranks);
  ranks.wait(); // all have listed the folder
  if (isFirst && run.resume) {
    // What is not taken would stand in the way of what replaces it.
    for (Range range : listFiles(run))
      if (std::none_of(finished.begin(), finished.end(), [&](Range taken) {
            return taken.begin == range.begin && taken.end == range.end;
          }))
        unlink(fileOf(run, range).c_str());
    int64_t taken = 0;
    for (Range range : finished)
      taken += range.size();
    if (taken)
      std::fprintf(stderr, "%lld of %lld samples are finished\n",
                   static_cast<long long>(taken),
                   static_cast<long long>(run.samples));
  }
  ranks.wait();
  std::vector<Range> share = shareOf(finished, run.samples, ranks);
  LostRanks lost(ranks, describe(share), folderOf(run));
  for (Range stretch : share)
    runStretch(run, stretch, [&](int64_t done) { lost.report(done); });
  ranks.wait();
  // What follows is the first rank's alone.
  ranks.leave();
  if (!isFirst)
    return std::nullopt;
  return collect(run);
}

std::optional<PartResult> snn::rt::runShared(const SharedRun &run,
                                             Ranks &ranks) {
  if (!ranks.isShared())
    return runAll(run, ranks);
  try {
    return runAll(run, ranks);
  } catch (const std::exception &e) {
    std::fprintf(stderr, "error: rank %d: %s\n", ranks.rank(), e.what());
    std::fflush(stderr);
    ranks.abort();
  }
}
