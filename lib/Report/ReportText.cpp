//===- ReportText.cpp - The report as a table -----------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReportNumbers.h"
#include "snn/Report/Report.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace snn;
using namespace snn::chip;
using llvm::formatv;

static double share(double part, double whole) {
  return whole > 0 ? 100 * part / whole : 0;
}

/// One line an accounting and component.
static void printComponents(const Sums &all, llvm::raw_ostream &os) {
  os << formatv("  {0,-20} {1,22} {2,22} {3,22}\n", "", "paper-compatible",
                "full, per synapse", "full, per tile");
  auto line = [&](llvm::StringRef name, double paper, double perSynapse,
                  double perTile) {
    auto cell = [](double pj, const Breakdown &breakdown) {
      return energyText(pj) +
             formatv(" {0,5} %",
                     formatv("{0:F1}", share(pj, breakdown.total())).str())
                 .str();
    };
    os << formatv("  {0,-20} {1,22} {2,22} {3,22}\n", name,
                  cell(paper, all.paper), cell(perSynapse, all.perSynapse),
                  cell(perTile, all.perTile));
  };
  for (unsigned i = 0; i < numComponents; ++i)
    if (all.paper.pj[i] + all.perSynapse.pj[i] + all.perTile.pj[i] > 0)
      line(toString(Component(i)), all.paper.pj[i], all.perSynapse.pj[i],
           all.perTile.pj[i]);
  line("total", all.paper.total(), all.perSynapse.total(), all.perTile.total());
}

/// The layers of the first block, which are those of every other.
static void printBlock(const Report &report, llvm::raw_ostream &os) {
  if (!report.workload.blocks)
    return;
  os << formatv("  {0,-40} {1,-12} {2,16} {3,16}\n", "layer of block 0", "unit",
                "paper-compatible", "full, per tile");
  for (const OpEnergy &op : report.energy.ops) {
    const Load &load = report.workload.loads[op.load];
    if (load.block == 0 && load.isSynaptic)
      os << formatv("  {0,-40} {1,-12} {2,16} {3,16}\n", load.layer,
                    toString(load.unit), energyText(op.paper.total()),
                    energyText(op.full.total()));
  }
  os << formatv("  {0} blocks, paper-compatible energy of one: {1}\n",
                report.workload.blocks,
                energyText(blockEnergyMj(report) * 1e9));
}

/// Names the values that the energies depend on and that are not published.
/// Keys of an engine are named with its kind, the others are no section's
/// twice.
static std::vector<std::string> listReconstructed(const Chip &chip) {
  std::vector<std::string> names;
  for (const ListedConstant &constant : listConstants(chip)) {
    llvm::StringRef section = constant.section;
    bool isOfEngine = section.consume_front("engine.");
    if (constant.status == Status::Reconstructed &&
        (isOfEngine || section == "core" || section == "crossbar" ||
         section == "energy"))
      names.push_back(isOfEngine ? (section + "." + constant.key).str()
                                 : constant.key);
  }
  return names;
}

static void printOrigins(const Report &report, llvm::raw_ostream &os) {
  for (const Published &figure : report.chip.published)
    if (std::optional<double> ours = getQuantity(report, figure.quantity))
      os << formatv("  {0}: {1:F3}; published {2} for {3} ({4})\n",
                    figure.quantity, *ours, toText(figure.value),
                    figure.conditions, figure.source);
  std::vector<std::string> names = listReconstructed(report.chip);
  os << "  reconstructed, not published: " << llvm::join(names, ", ") << '\n';
}

void snn::chip::printTable(const Report &report, llvm::raw_ostream &os) {
  Sums all = sumOps(report, [](const Load &) { return true; });
  os << formatv("energy of one inference on {0}, {1:F0} tokens\n",
                report.chip.name, report.workload.tokens);
  size_t unknown = llvm::count_if(report.workload.sites, [](const SiteLoad &s) {
    return s.source == RateSource::UpperBound;
  });
  if (unknown)
    os << formatv(
        "  an upper bound: {0} of {1} sites have no rate and are taken "
        "to fire always; give --calibrate, --assume or statistics\n",
        unknown, report.workload.sites.size());
  printComponents(all, os);
  os << "layers\n";
  printBlock(report, os);
  const Schedule &schedule = report.schedule;
  double busiest = 0;
  std::string bottleneck;
  for (unsigned i = 0; i < schedule.resources.size(); ++i)
    if (schedule.resources[i].busyNs > busiest) {
      busiest = schedule.resources[i].busyNs;
      bottleneck = schedule.resources[i].name;
    }
  os << formatv("latency {0}, an inference every {1}, bottleneck '{2}' "
                "({3:F1} % busy)\n",
                timeText(schedule.latencyNs), timeText(schedule.intervalNs),
                bottleneck, share(busiest, schedule.latencyNs));
  const Programming &programming = report.energy.programming;
  os << formatv("programming {0}, {1}, {2}\n", energyText(programming.energyPj),
                timeText(programming.timeNs),
                report.workload.rounds > 1 ? "in every inference" : "once");
  os << formatv(
      "leakage {0:F3} mW, {1}\n", report.energy.leakageUw * 1e-3,
      energyText(report.energy.leakageUw * schedule.latencyNs * 1e-3));
  os << formatv("area {0:F2} mm2\n", report.area.total());
  os << "origins\n";
  printOrigins(report, os);
}
