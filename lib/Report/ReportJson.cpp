//===- ReportJson.cpp - energy.json ---------------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Chip/Fields.h"
#include "snn/Report/Report.h"
#include "snn/Support/Version.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"

using namespace snn;
using namespace snn::chip;
namespace json = llvm::json;

/// The leaves by their keys, and their sum.
static json::Object toJson(const Breakdown &breakdown) {
  json::Object object;
  for (unsigned i = 0; i < numComponents; ++i)
    object[toString(Component(i))] = breakdown.pj[i];
  object["total"] = breakdown.total();
  return object;
}

static json::Object toJson(const Counts &counts) {
  return json::Object{
#define COUNT(Field, Key, Meaning) {Key, counts.Field},
#include "snn/Report/Counts.def"
  };
}

/// The primitives of all components of an op.
static json::Object toJson(const std::map<Component, Operations> &operations) {
  json::Object object;
  for (const auto &[component, count] : operations) {
    if (count.empty())
      continue;
    json::Object counts;
    for (const OperationField &field : operationFields)
      counts[field.key] = count.*field.count;
    object[toString(component)] = std::move(counts);
  }
  return object;
}

/// The three accountings of some ops.
static void addEnergies(json::Object &object, const Sums &sums) {
  object["counts"] = toJson(sums.counts);
  object["paper_compatible_pj"] = toJson(sums.paper);
  object["full_per_synapse_pj"] = toJson(sums.perSynapse);
  object["full_per_tile_pj"] = toJson(sums.perTile);
  object["movement_pj"] =
      json::Object{{"per_synapse", sums.perSynapse[Component::Movement]},
                   {"per_tile", sums.perTile[Component::Movement]}};
  object["ann_pj"] =
      json::Object{{"paper_compatible", sums.annPaperPj}, {"full", sums.annPj}};
}

static json::Array describeOps(const Report &report) {
  json::Array ops;
  for (const OpEnergy &op : report.energy.ops) {
    const Load &load = report.workload.loads[op.load];
    json::Object object{{"name", load.name},
                        {"op", load.op},
                        {"layer", load.layer},
                        {"block", load.block},
                        {"unit", toString(load.unit)}};
    if (load.site >= 0)
      object["site"] = report.workload.sites[load.site].name;
    if (load.unit == Unit::DigitalUnit)
      object["purpose"] = getPurpose(load);
    Sums sums;
    sums.add(op);
    addEnergies(object, sums);
    if (report.chip.primitives)
      object["operations"] = toJson(op.operations);
    ops.push_back(std::move(object));
  }
  return ops;
}

/// Sums of the ops that share a key, in order of first appearance.
template <typename Key, typename GetKey>
static llvm::MapVector<Key, Sums> groupOps(const Report &report,
                                           GetKey getKey) {
  llvm::MapVector<Key, Sums> groups;
  for (const OpEnergy &op : report.energy.ops)
    if (std::optional<Key> key = getKey(report.workload.loads[op.load]))
      groups[*key].add(op);
  return groups;
}

static json::Array describeLayers(const Report &report) {
  json::Array layers;
  auto groups = groupOps<llvm::StringRef>(
      report, [](const Load &load) -> std::optional<llvm::StringRef> {
        return load.layer;
      });
  for (const auto &[name, sums] : groups) {
    json::Object object{{"name", name}};
    for (const Load &load : report.workload.loads)
      if (load.layer == name &&
          (load.isSynaptic || load.isFloatProduct || load.integerMacs > 0)) {
        object["block"] = load.block;
        object["unit"] = toString(load.unit);
        if (load.mapping) {
          const Mapping &map = *load.mapping;
          double tiles =
              map.rowBlocks * map.columnBlocks * load.groups * map.replicas;
          object["copies"] = map.replicas;
          object["exact"] = map.exact;
          if (load.cellsOf >= 0) {
            object["cells_of"] = report.workload.loads[load.cellsOf].layer;
            continue;
          }
          object["crossbars"] = tiles;
          object["utilisation"] = load.weights * map.slices * map.replicas /
                                  (tiles * report.chip.crossbar.rows *
                                   report.chip.crossbar.logicalColumns());
        }
      }
    addEnergies(object, sums);
    layers.push_back(std::move(object));
  }
  return layers;
}

static json::Array describeBlocks(const Report &report) {
  json::Array blocks;
  auto groups =
      groupOps<int>(report, [](const Load &load) -> std::optional<int> {
        return load.block;
      });
  for (const auto &[block, sums] : groups) {
    json::Object object{{"block", block}};
    addEnergies(object, sums);
    blocks.push_back(std::move(object));
  }
  return blocks;
}

static json::Object describeRates(const Workload &workload) {
  json::Array sites;
  json::Object sources;
  for (const SiteLoad &site : workload.sites) {
    json::Object object{{"name", site.name},
                        {"source", toString(site.source)},
                        {"passes", site.passes()},
                        {"neurons", site.neurons},
                        {"rate", site.rate},
                        {"bit_density", json::Array(site.bitDensity)}};
    if (site.phase) {
      object["base"] = site.phase->base;
      object["phases"] = site.phase->phases;
      object["unfired"] = site.unfired;
    } else {
      object["bits"] = site.coding.bits;
      object["mask"] = site.coding.mask;
      object["radius"] = site.coding.radius;
    }
    if (site.maxCount) {
      object["max_count"] = site.maxCount;
      object["unit_events"] = site.unitEvents;
      object["set_bits"] = site.setBits;
      object["sent_as"] = site.asSlots ? "slots" : "planes";
    }
    sites.push_back(std::move(object));
    sources[toString(site.source)] = true;
  }
  json::Array names;
  for (const auto &entry : sources)
    names.push_back(llvm::StringRef(entry.first));
  json::Object rates{{"sources", std::move(names)},
                     {"sites", std::move(sites)}};
  if (workload.randomCalibration)
    rates["calibration_inputs"] = "random";
  return rates;
}

/// NeuroBench's metrics (Yik et al., arXiv 2304.04640).
static json::Object describeNeuroBench(const Report &report, const Sums &all) {
  double footprintBits = 0, macs = 0;
  for (const Load &load : report.workload.loads) {
    if ((load.unit == Unit::Crossbar || load.unit == Unit::DigitalCore) &&
        load.cellsOf < 0)
      footprintBits += load.weights * load.weightBits;
    if (load.isFloatProduct || load.integerMacs > 0)
      macs += load.synapses;
  }
  return json::Object{
      {"footprint", footprintBits / 8},
      {"activation_sparsity", *getQuantity(report, "silent_fraction")},
      {"synaptic_operations",
       json::Object{{"Effective_MACs", macs},
                    {"Effective_ACs", all.counts.synapticOperations},
                    {"Dense", all.counts.denseOperations}}}};
}

static json::Object describeLatency(const Schedule &schedule) {
  json::Array resources;
  for (unsigned i = 0; i < schedule.resources.size(); ++i) {
    const Resource &resource = schedule.resources[i];
    json::Object object{{"name", resource.name},
                        {"unit", toString(resource.unit)},
                        {"busy_ns", resource.busyNs},
                        {"utilisation", schedule.utilisation(i)}};
    if (resource.crossbars > 0)
      object["crossbars"] = resource.crossbars;
    resources.push_back(std::move(object));
  }
  return json::Object{{"latency_ns", schedule.latencyNs},
                      {"interval_ns", schedule.intervalNs},
                      {"slices", int64_t(schedule.slices)},
                      {"resources", std::move(resources)}};
}

static json::Object describeArea(const AreaResult &area) {
  json::Object object{{"total", area.total()}};
  for (const auto &[key, part] : areaFields)
    object[key] = area.*part;
  return object;
}

static json::Object describeChip(const Report &report) {
  const Chip &chip = report.chip;
  json::Object object{
      {"name", chip.name},
      {"description", chip.description},
      {"fingerprint", llvm::formatv("{0:x-16}", fingerprint(chip)).str()}};
  if (chip.hasCrossbars()) {
    double used = 0;
    for (const Load &load : report.workload.loads)
      if (load.mapping && load.cellsOf < 0)
        used += load.mapping->rowBlocks * load.mapping->columnBlocks *
                load.groups * load.mapping->replicas;
    object["crossbars"] = double(chip.crossbars());
    object["crossbars_used"] = used;
  }
  return object;
}

/// By key, what one more unit of each energy constant adds to the full total
/// per tile. Energies are sums of counts times constants, so that a difference
/// is the derivative.
static llvm::StringMap<double> deriveByConstant(const Report &report) {
  Chip chip = report.chip;
  auto compute = [&] {
    double total = 0;
    for (const OpEnergy &op : computeEnergy(report.workload, chip).ops)
      total += op.full.total();
    return total;
  };
  double total = compute();
  llvm::StringMap<double> derivatives;
  auto vary = [&](const std::string &section, auto &part) {
    visitFields(
        [&](const char *key, auto &member, auto &&...) {
          if constexpr (std::is_same_v<std::decay_t<decltype(member)>,
                                       Constant>) {
            double old = member.value, step = old > 0 ? old : 1;
            member.value = old + step;
            derivatives[section + "." + key] = (compute() - total) / step;
            member.value = old;
          }
        },
        part);
  };
  vary("energy", chip.energy);
  if (chip.primitives)
    vary("primitives", *chip.primitives);
  return derivatives;
}

/// What the numbers of the report depend on: the devices are not in it.
static json::Array describeConstants(const Report &report) {
  llvm::StringMap<double> derivatives = deriveByConstant(report);
  json::Array constants;
  for (const ListedConstant &constant : listConstants(report.chip)) {
    if (!constant.value || constant.section.empty() ||
        constant.section == "device")
      continue;
    std::string key = constant.section + "." + constant.key;
    json::Object object{{"key", key},
                        {"value", *constant.value},
                        {"status", toString(constant.status)},
                        {"source", constant.source}};
    if (auto found = derivatives.find(key); found != derivatives.end())
      object["full_per_tile_pj_per_unit"] = found->second;
    constants.push_back(std::move(object));
  }
  return constants;
}

static json::Array describePublished(const Report &report) {
  json::Array published;
  for (const Published &figure : report.chip.published) {
    json::Object object{{"quantity", figure.quantity},
                        {"conditions", figure.conditions},
                        {"published", figure.value},
                        {"source", figure.source}};
    if (std::optional<double> ours = getQuantity(report, figure.quantity))
      object["ours"] = *ours;
    published.push_back(std::move(object));
  }
  return published;
}

static json::Object describeImage(const ImageSizes &image) {
  json::Array sections;
  for (const ImageSizes::Section &section : image.sections)
    sections.push_back(
        json::Object{{"name", section.name}, {"bytes", section.bytes}});
  return json::Object{{"bytes", image.bytes},
                      {"sections", std::move(sections)}};
}

json::Object snn::chip::toJson(const Report &report) {
  Sums all = sumOps(report, [](const Load &) { return true; });
  json::Object apart;
  for (const auto &[purpose, sums] : groupOps<llvm::StringRef>(
           report, [](const Load &load) -> std::optional<llvm::StringRef> {
             if (load.unit != Unit::DigitalUnit)
               return std::nullopt;
             return getPurpose(load);
           }))
    apart[purpose] = sums.perTile.total();
  const Programming &programming = report.energy.programming;
  double leakagePj = report.energy.leakageUw * report.schedule.latencyNs * 1e-3;
  json::Object totals;
  addEnergies(totals, all);
  for (llvm::StringRef quantity :
       {"block_energy_mj", "movement_share", "accumulate_share"})
    totals[quantity] = *getQuantity(report, quantity);
  json::Object object{
      {"schema_version", int64_t(reportSchemaVersion)},
      {"snnc", getVersion()},
      {"report", "energy"},
      {"chip", describeChip(report)},
      {"tokens", report.workload.tokens},
      {"rates", describeRates(report.workload)},
      {"totals", std::move(totals)},
      {"digital_unit_pj", std::move(apart)},
      {"blocks", describeBlocks(report)},
      {"layers", describeLayers(report)},
      {"ops", describeOps(report)},
      {"programming",
       json::Object{{"cells", programming.cells},
                    {"rows", programming.rows},
                    {"energy_pj", programming.energyPj},
                    {"time_ns", programming.timeNs},
                    {"rounds", report.workload.rounds},
                    {"every_inference", report.workload.rounds > 1}}},
      {"leakage", json::Object{{"power_uw", report.energy.leakageUw},
                               {"energy_pj", leakagePj}}},
      {"latency", describeLatency(report.schedule)},
      {"area_mm2", describeArea(report.area)},
      {"neurobench", describeNeuroBench(report, all)},
      {"published", describePublished(report)},
      {"constants", describeConstants(report)}};
  if (report.image)
    object["image"] = describeImage(*report.image);
  return object;
}
