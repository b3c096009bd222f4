//===- Json.cpp - Numbers and strings in JSON -----------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/Json.h"

#include <cstdio>

using namespace snn::rt;

std::string snn::rt::jsonString(const std::string &text) {
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

std::string snn::rt::jsonNumber(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

static double ratio(int64_t a, int64_t b) {
  return b ? static_cast<double>(a) / static_cast<double>(b) : 0.0;
}

/// The counts of a site or of all, as the fields of a JSON object.
static std::string jsonCounts(const SiteStatistics &s) {
  return "\"neurons\": " + std::to_string(s.neurons) +
         ", \"spikes\": " + std::to_string(s.spikes) +
         ", \"silent_fraction\": " +
         jsonNumber(ratio(s.neurons - s.spikes, s.neurons)) +
         ", \"all_neurons\": " + std::to_string(s.allNeurons) +
         ", \"all_spikes\": " + std::to_string(s.allSpikes) +
         ", \"synaptic_operations\": " + std::to_string(s.synapticOperations);
}

/// The fields that depend on a site's coding.
static std::string jsonCoding(const SiteStatistics &s) {
  if (s.phases)
    return "\"phases\": " + std::to_string(s.phases) +
           ", \"unfired_steps\": " + std::to_string(s.unfiredSteps) +
           ", \"near_threshold\": " + std::to_string(s.nearThreshold);
  return "\"max_level\": " + std::to_string(s.maxLevel) +
         ", \"mask\": " + std::to_string(s.mask) +
         ", \"radius\": " + std::to_string(s.radius);
}

/// What attention on binary trains counts, where it counted anything.
static std::string jsonOperations(const SiteStatistics &s) {
  std::string text;
  for (auto [name, count] :
       {std::pair("accumulations", s.accumulations), std::pair("ands", s.ands),
        std::pair("coincidences", s.coincidences), std::pair("draws", s.draws),
        std::pair("comparisons", s.comparisons)})
    if (count)
      text += std::string(", \"") + name + "\": " + std::to_string(count);
  return text;
}

std::string snn::rt::jsonSites(const Statistics &statistics, int64_t samples) {
  std::string text = "  \"sites\": {";
  SiteStatistics total;
  bool first = true;
  for (const auto &[site, s] : statistics.sites) {
    text += first ? "\n" : ",\n";
    first = false;
    text += "    " + jsonString(site) + ": {" + jsonCounts(s) + ", " +
            jsonCoding(s) + jsonOperations(s) + ", \"slots\": [";
    for (size_t t = 0; t < s.slots.size(); ++t)
      text += (t ? ", " : "") + std::to_string(s.slots[t]);
    text += "]}";
    total.neurons += s.neurons;
    total.spikes += s.spikes;
    total.allNeurons += s.allNeurons;
    total.allSpikes += s.allSpikes;
    total.synapticOperations += s.synapticOperations;
  }
  text += first ? "},\n" : "\n  },\n";
  text += "  \"totals\": {" + jsonCounts(total) + ", \"spikes_per_sample\": " +
          jsonNumber(ratio(total.spikes, samples)) +
          ", \"synaptic_operations_per_sample\": " +
          jsonNumber(ratio(total.synapticOperations, samples)) + "}";
  return text;
}
