//===- Report.cpp - Energy, latency and area of a network -----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Report/Report.h"
#include "snn/Dialect/Xbar/ModuleChip.h"
#include "llvm/ADT/StringSwitch.h"

#include <charconv>

using namespace mlir;
using namespace snn;
using namespace snn::chip;

/// How many calibration samples are run: what takes some seconds.
static unsigned chooseSamples(const Workload &workload) {
  constexpr double operations = 5e9, most = 32;
  double dense = 1;
  for (const Load &load : workload.loads)
    dense += load.synapses;
  return unsigned(std::clamp(operations / dense, 1.0, most));
}

/// Counts are sent, and drive crossbars, as so many spikes.
static void sendCountsAsSlots(Workload &workload) {
  for (SiteLoad &site : workload.sites)
    site.asSlots = site.maxCount > 0;
  for (Load &load : workload.loads)
    if (load.mapping && load.site >= 0 && workload.sites[load.site].asSlots)
      load.mapping->passes = workload.sites[load.site].maxCount;
}

FailureOr<Report> snn::chip::buildReport(ModuleOp module,
                                         const RateOptions &rates) {
  FailureOr<Chip> chip = xbar::getChip(module);
  if (failed(chip))
    return failure();
  FailureOr<Workload> workload = buildWorkload(module, *chip);
  if (failed(workload))
    return failure();
  if (rates.countsAsSlots)
    sendCountsAsSlots(*workload);
  if (!rates.assumed.all && rates.statistics.empty() && !rates.inputs.empty()) {
    unsigned samples = rates.samples ? rates.samples : chooseSamples(*workload);
    if (failed(calibrateRates(*workload, module, rates.inputs, samples)))
      return failure();
  }
  Report report;
  if (auto digest = module->getAttrOfType<StringAttr>(onnx::digestAttrName))
    report.digest = digest.str();
  if (llvm::Error error =
          setRates(*workload, rates.assumed, rates.statistics, report.digest))
    return module.emitError() << llvm::toString(std::move(error));
  report.chip = std::move(*chip);
  report.workload = std::move(*workload);
  report.energy = computeEnergy(report.workload, report.chip);
  report.area = computeArea(report.chip);
  report.schedule =
      computeSchedule(report.workload, report.chip, report.energy);
  return report;
}

void Sums::add(const OpEnergy &op) {
  counts += op.counts;
  paper += op.paper;
  perTile += op.full;
  perSynapse += op.fullPerSynapse();
  annPj += op.annPj;
  if (op.isPaper)
    annPaperPj += op.annPj;
}

Sums snn::chip::sumOps(const Report &report,
                       llvm::function_ref<bool(const Load &)> keep) {
  Sums sums;
  for (const OpEnergy &op : report.energy.ops)
    if (keep(report.workload.loads[op.load]))
      sums.add(op);
  return sums;
}

double snn::chip::blockEnergyMj(const Report &report) {
  std::vector<double> energies;
  for (int block = 0; block < report.workload.blocks; ++block)
    energies.push_back(sumOps(report, [&](const Load &load) {
                         return load.block == block;
                       }).paper.total());
  if (energies.empty())
    return 0;
  llvm::sort(energies);
  size_t middle = energies.size() / 2;
  double median = energies.size() % 2
                      ? energies[middle]
                      : (energies[middle - 1] + energies[middle]) / 2;
  return median * 1e-9;
}

std::optional<double> snn::chip::getQuantity(const Report &report,
                                             StringRef quantity) {
  if (quantity == "block_energy_mj")
    return blockEnergyMj(report);
  Sums sums = sumOps(report, [](const Load &) { return true; });
  if (quantity == "ann_energy_mj")
    return sums.annPaperPj * 1e-9;
  if (quantity == "energy_mj")
    return sums.paper.total() * 1e-9;
  if (quantity == "silent_fraction") {
    double neurons = 0, spikes = 0;
    for (const SiteLoad &site : report.workload.sites) {
      neurons += site.neurons;
      spikes += site.neurons * site.rate;
    }
    return neurons > 0 ? 1 - spikes / neurons : 0;
  }
  double total = sums.paper.total();
  if (quantity == "movement_share")
    return total > 0 ? sums.paper[Component::Movement] / total : 0;
  if (quantity == "accumulate_share")
    return total > 0 ? sums.paper[Component::Accumulate] / total : 0;
  return std::nullopt;
}

std::string snn::chip::toText(double value) {
  char text[32];
  return std::string(text, std::to_chars(text, std::end(text), value).ptr);
}

StringRef snn::chip::getPurpose(const Load &load) {
  if (load.isFloatProduct)
    return "float_product";
  if (load.integerMacs > 0)
    return "integer_product";
  // A sum of two values of the network, not of a value and a constant.
  if (load.op == "onnx.add" &&
      load.producers.size() + load.wholeProducers.size() > 1)
    return "residual";
  return llvm::StringSwitch<StringRef>(load.op)
      .Cases({"onnx.softmax", "spike.woss"}, "softmax")
      .Case("onnx.layer_normalization", "layer_normalization")
      .Cases({"spike.encode", "spike.quantize", "spike.requantize",
              "spike.fire", "spike.phase_encode"},
             "encode")
      .Case("spike.phase_residual", "residual")
      .Cases({"spike.rescale", "spike.phase_decode"}, "rescale")
      .Default("other");
}
