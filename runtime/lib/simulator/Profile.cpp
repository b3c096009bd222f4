//===- Profile.cpp - Where a simulator's time goes ------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/Profile.h"

#include "Support.h"
#include "isa/Isa.h"

#include "snn/runtime/Json.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <numeric>

using namespace snn::rt;
using namespace snn::rt::detail;

//===----------------------------------------------------------------------===//
// Recording
//===----------------------------------------------------------------------===//

uint64_t Profile::now() {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(
          std::chrono::steady_clock::now().time_since_epoch())
          .count());
}

void Profile::begin() {
  events.clear();
  isRunning = false;
  ++runCount;
  runStart = now();
}

void Profile::stop() {
  if (!isRunning)
    return;
  isRunning = false;
  uint64_t duration = now() - startTime;
  nanoseconds[current].push_back(
      static_cast<uint32_t>(std::min<uint64_t>(duration, UINT32_MAX)));
  events.push_back(
      {static_cast<uint32_t>(current), 0, startTime - runStart, duration});
}

void Profile::clear() {
  for (std::vector<uint32_t> &times : nanoseconds)
    times.clear();
  events.clear();
  runCount = 0;
  isRunning = false;
}

void Profile::merge(const Profile &other) {
  if (other.runCount == 0)
    return;
  for (size_t op = 0; op < nanoseconds.size(); ++op)
    nanoseconds[op].insert(nanoseconds[op].end(), other.nanoseconds[op].begin(),
                           other.nanoseconds[op].end());
  uint32_t first = runCount == 0 ? 0 : threads;
  for (Event event : other.events) {
    event.thread += first;
    events.push_back(event);
  }
  threads = first + other.threads;
  runCount += other.runCount;
}

double Profile::median(size_t op) const {
  std::vector<uint32_t> times = nanoseconds[op];
  if (times.empty())
    return 0;
  auto middle = times.begin() + static_cast<ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle * 1e-9;
}

//===----------------------------------------------------------------------===//
// The machine
//===----------------------------------------------------------------------===//

/// The most of `work()`, an amount, that is done in a second: best of five.
template <typename Work> static double bestRate(Work work) {
  double best = 0;
  for (int run = 0; run < 5; ++run) {
    auto start = std::chrono::steady_clock::now();
    double amount = work();
    std::chrono::duration<double> seconds =
        std::chrono::steady_clock::now() - start;
    best = std::max(best, amount / seconds.count());
  }
  return best;
}

MachinePeak snn::rt::measurePeak() {
  MachinePeak peak;
  peak.products = bestRate(
      [] { return static_cast<double>(loops().peakProducts(100000)); });
  constexpr size_t size = 96 << 10;
  std::vector<char> from(size, 1), to(size);
  peak.bytes = bestRate([&] {
    constexpr int copies = 200;
    for (int i = 0; i < copies; ++i) {
      std::memcpy(to.data(), from.data(), size);
      from[0] = to[size - 1]; // no copy is the one before it
    }
    return 2.0 * size * copies;
  });
  return peak;
}

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

static std::string format(const char *pattern, double a, double b, double c,
                          double d) {
  char line[160];
  std::snprintf(line, sizeof line, pattern, a, b, c, d);
  return line;
}

/// Time, its share, products and bytes a second with their shares of the peak.
static std::string formatRow(double seconds, double total,
                             const ProfiledOp &sum, const MachinePeak &peak) {
  double time = seconds > 0 ? seconds : 1e-9;
  std::string row =
      format("%10.4f %6.1f ", seconds * 1e3, 100 * seconds / total, 0, 0);
  row += sum.products > 0
             ? format("%10.1f %6.1f ", sum.products / time * 1e-9,
                      100 * sum.products / time / peak.products, 0, 0)
             : std::string(18, ' ');
  row +=
      format("%10.2f %8.1f %6.1f ", sum.operations * 1e-6,
             sum.bytes / time * 1e-9, 100 * sum.bytes / time / peak.bytes, 0);
  return row;
}

std::string Profile::formatTable(const ProfiledOp *ops,
                                 const MachinePeak &peak) const {
  std::vector<size_t> order(nanoseconds.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::vector<double> times;
  for (size_t op : order)
    times.push_back(median(op));
  double total = std::accumulate(times.begin(), times.end(), 0.0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return times[a] > times[b]; });

  struct Sum {
    double seconds = 0;
    ProfiledOp op = {};
    size_t count = 0;
  };
  std::map<std::string, Sum> kinds;
  for (size_t op : order) {
    Sum &sum = kinds[ops[op].kind];
    sum.seconds += times[op];
    sum.op.products += ops[op].products;
    sum.op.operations += ops[op].operations;
    sum.op.bytes += ops[op].bytes;
    ++sum.count;
  }
  std::vector<std::pair<std::string, Sum>> byTime(kinds.begin(), kinds.end());
  std::stable_sort(byTime.begin(), byTime.end(),
                   [](const auto &a, const auto &b) {
                     return a.second.seconds > b.second.seconds;
                   });

  std::string text = format("%.4f ms in the network's ops, medians of %.0f "
                            "runs; peak of a thread: %.1f GMAC/s, %.1f GB/s\n",
                            total * 1e3, static_cast<double>(runCount),
                            peak.products * 1e-9, peak.bytes * 1e-9);
  const char *head = "        ms      %     GMAC/s %peak       Mops     GB/s "
                     "%peak ";
  if (total <= 0)
    total = 1;
  text += std::string("\n") + head + "calls kind\n";
  for (const auto &[kind, sum] : byTime) {
    char count[16];
    std::snprintf(count, sizeof count, "%5zu ", sum.count);
    text += formatRow(sum.seconds, total, sum.op, peak) + count + kind + "\n";
  }
  text += std::string("\n") + head + "op\n";
  for (size_t op : order)
    text += formatRow(times[op], total, ops[op], peak) + ops[op].name + " (" +
            ops[op].kind + ")\n";
  return text;
}

std::string Profile::formatTrace(const std::string &model,
                                 const ProfiledOp *ops,
                                 const MachinePeak &peak) const {
  JsonWriter json;
  json.beginObject(JsonWriter::Layout::Lines)
      .member("displayTimeUnit", "ns")
      .key("otherData")
      .beginObject(JsonWriter::Layout::Inline)
      .member("model", model)
      .member("peak_products_per_second", peak.products)
      .member("peak_bytes_per_second", peak.bytes)
      .endObject()
      .key("traceEvents")
      .beginList(JsonWriter::Layout::Lines);
  for (const Event &event : events) {
    const ProfiledOp &op = ops[event.op];
    double seconds =
        static_cast<double>(std::max<uint64_t>(event.duration, 1)) * 1e-9;
    json.beginObject(JsonWriter::Layout::Inline)
        .member("name", op.name)
        .member("cat", op.kind)
        .member("ph", "X")
        .member("pid", 1)
        .member("tid", event.thread);
    // Microseconds.
    json.key("ts").fixed(static_cast<double>(event.start) * 1e-3, 3);
    json.key("dur").fixed(static_cast<double>(event.duration) * 1e-3, 3);
    json.key("args")
        .beginObject(JsonWriter::Layout::Inline)
        .member("products", op.products)
        .member("operations", op.operations)
        .member("bytes", op.bytes);
    json.key("share_of_peak_products")
        .fixed(op.products / seconds / peak.products, 4);
    json.key("share_of_peak_bytes").fixed(op.bytes / seconds / peak.bytes, 4);
    json.endObject().endObject();
  }
  return json.endList().endObject().str() + "\n";
}
