//===- ReportHtml.cpp - The report as a page ------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One self-contained page: the floor plan by utilisation, energy bars, the
// table of layers. No script, no other file.
//
//===----------------------------------------------------------------------===//

#include "ReportNumbers.h"
#include "snn/Report/Report.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace snn;
using namespace snn::chip;
using llvm::formatv;

/// Text for HTML.
static std::string escape(llvm::StringRef text) {
  std::string result;
  llvm::raw_string_ostream os(result);
  llvm::printHTMLEscaped(text, os);
  return result;
}

/// An energy; nothing of none.
static std::string energyCell(double pj) {
  return "<td class=n>" + (pj > 0 ? energyText(pj) : std::string("0")) +
         "</td>";
}

static void printBars(const Report &report, llvm::raw_ostream &os) {
  Sums all = sumOps(report, [](const Load &) { return true; });
  os << "<h2>Energy by component</h2>\n<table>\n<tr><th>component</th>"
        "<th>paper-compatible</th><th></th><th>full, per synapse</th><th></th>"
        "<th>full, per tile</th><th></th></tr>\n";
  const Breakdown *accountings[] = {&all.paper, &all.perSynapse, &all.perTile};
  auto isUsed = [&](unsigned i) {
    return llvm::any_of(accountings,
                        [&](const Breakdown *b) { return b->pj[i] > 0; });
  };
  for (unsigned i = 0; i < numComponents; ++i) {
    if (!isUsed(i))
      continue;
    os << "<tr><td>" << toString(Component(i)) << "</td>";
    for (const Breakdown *b : accountings) {
      double share = b->pj[i] / std::max(b->total(), 1e-30);
      os << energyCell(b->pj[i])
         << formatv("<td class=s><span class=bar style=\"width:{0:F1}px\">"
                    "</span> {1:F1} %</td>",
                    80 * share, 100 * share);
    }
    os << "</tr>\n";
  }
  os << "<tr><th>total</th>";
  for (const Breakdown *b : accountings)
    os << energyCell(b->total()) << "<td></td>";
  os << "</tr>\n</table>\n";
}

/// A square a core; its shade is the time that its crossbars work.
static void printFloorPlan(const Report &report, llvm::raw_ostream &os) {
  const Chip &chip = report.chip;
  if (!chip.hasCrossbars())
    return;
  std::vector<double> busy(chip.cores, 0), used(chip.cores, 0);
  for (unsigned r = 0; r < report.schedule.resources.size(); ++r) {
    const Resource &resource = report.schedule.resources[r];
    if (resource.unit != Unit::Crossbar || resource.crossbars == 0)
      continue;
    for (const Load &load : report.workload.loads)
      if (load.mapping && load.layer == resource.name)
        for (int64_t crossbar : load.mapping->crossbars) {
          busy[crossbar / chip.core.crossbars] +=
              report.schedule.utilisation(r);
          used[crossbar / chip.core.crossbars] += 1;
        }
  }
  std::vector<unsigned> shown;
  for (unsigned core = 0; core < chip.cores; ++core)
    if (used[core] > 0)
      shown.push_back(core);
  constexpr unsigned columns = 32, size = 24;
  os << formatv("<h2>Floor plan</h2>\n<p>{0} of {1} cores hold weights. One "
                "square a core with its number; the darker, the more its "
                "crossbars work.</p>\n<svg width=\"{2}\" height=\"{3}\">\n",
                shown.size(), chip.cores.value, columns * size,
                (shown.size() + columns - 1) / columns * size);
  for (auto [place, core] : llvm::enumerate(shown)) {
    double utilisation = busy[core] / chip.core.crossbars;
    size_t x = place % columns * size, y = place / columns * size;
    os << formatv("<rect x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{2}\" "
                  "fill=\"hsl(210,70%,{3:F0}%)\"><title>core {4}: {5} of {6} "
                  "crossbars hold weights, {7:F1} % busy</title></rect>",
                  x, y, size - 2, 95 - 75 * utilisation, core, used[core],
                  chip.core.crossbars.value, 100 * utilisation)
       << formatv("<text x=\"{0}\" y=\"{1}\"{2}>{3}</text>\n",
                  x + (size - 2) / 2, y + 14,
                  utilisation > 0.5 ? " fill=\"#fff\"" : "", core);
  }
  os << "</svg>\n";
}

static void printLayers(const Report &report, llvm::raw_ostream &os) {
  os << "<h2>Layers</h2>\n<table>\n<tr><th>layer</th><th>block</th><th>unit</"
        "th>"
        "<th>rate</th><th>events</th><th>conversions</th>"
        "<th>paper-compatible</th><th>full, per tile</th></tr>\n";
  for (const OpEnergy &op : report.energy.ops) {
    const Load &load = report.workload.loads[op.load];
    if (!load.isSynaptic)
      continue;
    os << formatv("<tr><td>{0}</td><td class=n>{1}</td><td>{2}</td>"
                  "<td class=n>{3:F3}</td><td class=n>{4:F0}</td>"
                  "<td class=n>{5:F0}</td>{6}{7}</tr>\n",
                  escape(load.layer),
                  load.block < 0 ? "" : std::to_string(load.block),
                  toString(load.unit), report.workload.sites[load.site].rate,
                  op.counts.events, op.counts.conversions,
                  energyCell(op.paper.total()), energyCell(op.full.total()));
  }
  os << "</table>\n";
}

static void printPublished(const Report &report, llvm::raw_ostream &os) {
  if (report.chip.published.empty())
    return;
  os << "<h2>Published "
        "figures</h2>\n<table>\n<tr><th>quantity</th><th>ours</th>"
        "<th>published</th><th>for</th><th>source</th></tr>\n";
  for (const Published &figure : report.chip.published) {
    std::optional<double> ours = getQuantity(report, figure.quantity);
    os << formatv("<tr><td>{0}</td><td class=n>{1}</td><td class=n>{2}</td>"
                  "<td>{3}</td><td>{4}</td></tr>\n",
                  escape(figure.quantity),
                  ours ? formatv("{0:F4}", *ours).str() : "not computed",
                  toText(figure.value), escape(figure.conditions),
                  escape(figure.source));
  }
  os << "</table>\n";
}

static void printImage(const ImageSizes &image, llvm::raw_ostream &os) {
  os << "<h2>Programming image</h2>\n<table>\n<tr><th>section</th>"
        "<th>bytes</th><th>share</th></tr>\n";
  uint64_t framing = image.bytes;
  auto print = [&](llvm::StringRef name, uint64_t bytes) {
    os << formatv("<tr><td>{0}</td><td class=n>{1}</td>"
                  "<td class=n>{2:F1} %</td></tr>\n",
                  name, bytes, 100.0 * double(bytes) / double(image.bytes));
  };
  for (const ImageSizes::Section &section : image.sections) {
    print(escape(section.name), section.bytes);
    framing -= section.bytes;
  }
  print("header, table, alignment", framing);
  print("file", image.bytes);
  os << "</table>\n";
}

std::string snn::chip::toHtml(const Report &report) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
     << "<title>" << escape(report.chip.name) << "</title>\n"
     << (report.digest.empty() ? std::string()
                               : "<meta name=\"snnc-digest\" content=\"" +
                                     escape(report.digest) + "\">\n")
     << "<style>body{font:14px sans-serif;margin:2em;max-width:70em}"
        "table{border-collapse:collapse}td,th{padding:2px 10px;"
        "text-align:left;border-bottom:1px solid #ddd}.n{text-align:right;"
        "font-variant-numeric:tabular-nums}.bar{display:inline-block;"
        "height:10px;background:#36c}.s{min-width:9em}"
        "svg text{font:8px "
        "sans-serif;text-anchor:middle}</style></head><body>\n"
     << "<h1>Energy of one inference on " << escape(report.chip.name)
     << "</h1>\n";
  const Schedule &schedule = report.schedule;
  os << formatv("<p>{0:F0} tokens, latency {1}, an inference every {2}, "
                "programming {3} in {4}, leakage {5:F3} mW, area {6:F2} "
                "mm<sup>2</sup>.</p>\n",
                report.workload.tokens, timeText(schedule.latencyNs),
                timeText(schedule.intervalNs),
                energyText(report.energy.programming.energyPj),
                timeText(report.energy.programming.timeNs),
                report.energy.leakageUw * 1e-3, report.area.total());
  printBars(report, os);
  printPublished(report, os);
  printFloorPlan(report, os);
  printLayers(report, os);
  if (report.image)
    printImage(*report.image, os);
  os << "</body></html>\n";
  return text;
}
