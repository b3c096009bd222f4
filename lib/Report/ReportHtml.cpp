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

#include "snn/Report/Report.h"
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

static void printBars(const Report &report, llvm::raw_ostream &os) {
  Sums all = sumOps(report, [](const Load &) { return true; });
  os << "<h2>Energy by component</h2>\n<table>\n<tr><th>component</th>"
        "<th>paper-compatible, mJ</th><th></th><th>full, per synapse, mJ</th>"
        "<th>full, per tile, mJ</th></tr>\n";
  double total = std::max(all.paper.total(), 1e-30);
  for (unsigned i = 0; i < numComponents; ++i)
    os << formatv("<tr><td>{0}</td><td class=n>{1:F6}</td><td><span class=bar "
                  "style=\"width:{2:F1}px\"></span> {3:F1} %</td>"
                  "<td class=n>{4:F6}</td><td class=n>{5:F6}</td></tr>\n",
                  toString(Component(i)), all.paper.pj[i] * 1e-9,
                  200 * all.paper.pj[i] / total, 100 * all.paper.pj[i] / total,
                  all.perSynapse.pj[i] * 1e-9, all.perTile.pj[i] * 1e-9);
  os << formatv(
      "<tr><th>total</th><td class=n>{0:F6}</td><td></td>"
      "<td class=n>{1:F6}</td><td class=n>{2:F6}</td></tr>\n</table>\n",
      all.paper.total() * 1e-9, all.perSynapse.total() * 1e-9,
      all.perTile.total() * 1e-9);
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
  unsigned columns = 1;
  while (columns * columns < chip.cores)
    ++columns;
  unsigned rows = (chip.cores + columns - 1) / columns;
  os << formatv("<h2>Floor plan</h2>\n<p>One square a core; the darker, the "
                "more its crossbars work.</p>\n<svg width=\"{0}\" "
                "height=\"{1}\">\n",
                columns * 22, rows * 22);
  for (unsigned core = 0; core < chip.cores; ++core) {
    double utilisation = busy[core] / chip.core.crossbars;
    os << formatv("<rect x=\"{0}\" y=\"{1}\" width=\"20\" height=\"20\" "
                  "fill=\"hsl(210,70%,{2:F0}%)\"><title>core {3}: {4} of {5} "
                  "crossbars hold weights, {6:F1} % busy</title></rect>\n",
                  core % columns * 22, core / columns * 22,
                  95 - 75 * utilisation, core, used[core],
                  chip.core.crossbars.value, 100 * utilisation);
  }
  os << "</svg>\n";
}

static void printLayers(const Report &report, llvm::raw_ostream &os) {
  os << "<h2>Layers</h2>\n<table>\n<tr><th>layer</th><th>block</th><th>unit</"
        "th>"
        "<th>rate</th><th>events</th><th>conversions</th>"
        "<th>paper-compatible, mJ</th><th>full, per tile, mJ</th></tr>\n";
  for (const OpEnergy &op : report.energy.ops) {
    const Load &load = report.workload.loads[op.load];
    if (!load.isSynaptic)
      continue;
    os << formatv("<tr><td>{0}</td><td class=n>{1}</td><td>{2}</td>"
                  "<td class=n>{3:F3}</td><td class=n>{4:F0}</td>"
                  "<td class=n>{5:F0}</td><td class=n>{6:F6}</td>"
                  "<td class=n>{7:F6}</td></tr>\n",
                  escape(load.layer), load.block, toString(load.unit),
                  report.workload.sites[load.site].rate, op.counts.events,
                  op.counts.conversions, op.paper.total() * 1e-9,
                  op.full.total() * 1e-9);
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
        "height:10px;background:#36c}</style></head><body>\n"
     << "<h1>Energy of one inference on " << escape(report.chip.name)
     << "</h1>\n";
  const Schedule &schedule = report.schedule;
  os << formatv("<p>{0} tokens, latency {1:F3} ms, an inference every {2:F3} "
                "ms, programming {3:F3} mJ in {4:F3} ms, leakage {5:F3} mW, "
                "area {6:F2} mm<sup>2</sup>.</p>\n",
                report.workload.tokens, schedule.latencyNs * 1e-6,
                schedule.intervalNs * 1e-6,
                report.energy.programming.energyPj * 1e-9,
                report.energy.programming.timeNs * 1e-6,
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
