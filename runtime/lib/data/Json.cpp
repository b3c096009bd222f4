//===- Json.cpp - Writing JSON --------------------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/Json.h"

#include <cstdio>

using namespace snn::rt;

//===----------------------------------------------------------------------===//
// JsonWriter
//===----------------------------------------------------------------------===//

/// `text` with quotes and escapes.
static std::string quoted(const std::string &text) {
  std::string result = "\"";
  for (char c : text) {
    char escape[8];
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::snprintf(escape, sizeof escape, "\\u%04x", c);
      result += escape;
    } else {
      result += c;
    }
  }
  return result + '"';
}

void JsonWriter::separate() {
  if (hasKey || levels.empty()) {
    hasKey = false;
    return;
  }
  Level &level = levels.back();
  if (!level.isEmpty)
    text += level.layout == Layout::Inline ? ", " : ",";
  level.isEmpty = false;
  if (level.layout == Layout::Lines)
    breakLine(levels.size());
}

JsonWriter &JsonWriter::open(char bracket, Layout layout) {
  separate();
  text += bracket;
  levels.push_back({layout});
  return *this;
}

JsonWriter &JsonWriter::close(char bracket) {
  Level level = levels.back();
  levels.pop_back();
  if (level.layout == Layout::Lines && !level.isEmpty)
    breakLine(levels.size());
  text += bracket;
  return *this;
}

JsonWriter &JsonWriter::key(const std::string &name) {
  separate();
  text += quoted(name) + (levels.back().layout == Layout::Tight ? ":" : ": ");
  hasKey = true;
  return *this;
}

JsonWriter &JsonWriter::raw(const std::string &written) {
  separate();
  text += written;
  return *this;
}

JsonWriter &JsonWriter::value(const std::string &string) {
  return raw(quoted(string));
}

JsonWriter &JsonWriter::value(double number) {
  char digits[40];
  std::snprintf(digits, sizeof digits, "%.17g", number);
  return raw(digits);
}

JsonWriter &JsonWriter::fixed(double number, int digits) {
  char written[400]; // the largest double has 309 digits before the point
  std::snprintf(written, sizeof written, "%.*f", digits, number);
  return raw(written);
}

//===----------------------------------------------------------------------===//
// Statistics
//===----------------------------------------------------------------------===//

static double ratio(int64_t a, int64_t b) {
  return b ? static_cast<double>(a) / static_cast<double>(b) : 0.0;
}

/// The counts of a site or of all.
static void writeCounts(JsonWriter &json, const SiteStatistics &s) {
  json.member("neurons", s.neurons)
      .member("spikes", s.spikes)
      .member("silent_fraction", ratio(s.neurons - s.spikes, s.neurons))
      .member("all_neurons", s.allNeurons)
      .member("all_spikes", s.allSpikes)
      .member("synaptic_operations", s.synapticOperations);
}

/// The fields that depend on a site's coding.
static void writeCoding(JsonWriter &json, const SiteStatistics &s) {
  if (s.phases)
    json.member("phases", s.phases)
        .member("unfired_steps", s.unfiredSteps)
        .member("near_threshold", s.nearThreshold);
  else
    json.member("max_level", s.maxLevel)
        .member("mask", s.mask)
        .member("radius", s.radius);
}

/// A train of counts: the spikes that it stands for, and the bits that are set
/// in its counts. Slots are levels in descending order.
static void writeUnits(JsonWriter &json, const SiteStatistics &s) {
  if (!s.maxCount)
    return;
  int64_t units = 0, bits = 0, level = static_cast<int64_t>(s.slots.size());
  for (int64_t neurons : s.slots) {
    units += --level * neurons;
    for (int64_t rest = level; rest > 0; rest &= rest - 1)
      bits += neurons;
  }
  json.member("max_count", s.maxCount)
      .member("unit_events", units)
      .member("set_bits", bits);
}

/// What attention on binary trains counts, where it counted anything.
static void writeOperations(JsonWriter &json, const SiteStatistics &s) {
  for (auto [name, count] :
       {std::pair("accumulations", s.accumulations), std::pair("ands", s.ands),
        std::pair("coincidences", s.coincidences), std::pair("draws", s.draws),
        std::pair("comparisons", s.comparisons)})
    if (count)
      json.member(name, count);
}

void snn::rt::writeSites(JsonWriter &json, const Statistics &statistics,
                         int64_t samples) {
  using Layout = JsonWriter::Layout;
  json.key("sites").beginObject(Layout::Lines);
  SiteStatistics total;
  for (const auto &[site, s] : statistics.sites) {
    json.key(site).beginObject(Layout::Inline);
    writeCounts(json, s);
    writeCoding(json, s);
    writeUnits(json, s);
    writeOperations(json, s);
    json.key("slots").beginList(Layout::Inline);
    for (int64_t count : s.slots)
      json.value(count);
    json.endList().endObject();
    total.neurons += s.neurons;
    total.spikes += s.spikes;
    total.allNeurons += s.allNeurons;
    total.allSpikes += s.allSpikes;
    total.synapticOperations += s.synapticOperations;
  }
  json.endObject().key("totals").beginObject(Layout::Inline);
  writeCounts(json, total);
  json.member("spikes_per_sample", ratio(total.spikes, samples))
      .member("synaptic_operations_per_sample",
              ratio(total.synapticOperations, samples))
      .endObject();
}
