//===- ComparisonText.cpp - A comparison as JSON and as tables ------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Compare/Comparison.h"
#include "snn/Support/Version.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

#include <set>

using namespace snn::compare;
namespace json = llvm::json;

static json::Object toJson(const Figure &figure) {
  json::Object components;
  for (const auto &[name, pj] : figure.components)
    components[name] = pj;
  json::Object object{{"chip", figure.chip},
                      {"technology_nm", figure.technologyNm},
                      {"energy_pj", figure.energyPj},
                      {"components_pj", std::move(components)}};
  if (figure.latencyNs)
    object["latency_ns"] = *figure.latencyNs;
  return object;
}

json::Object snn::compare::toJson(const Comparison &comparison) {
  json::Array rows;
  for (const Row &row : comparison.rows) {
    json::Object object{{"system", getInfo(row.entry.system).name},
                        {"model", row.entry.model}};
    if (!row.problem.empty()) {
      object["problem"] = row.problem;
    } else {
      object["error_rate"] = row.errorRate;
      object["spikes"] = row.spikes;
      object["synaptic_operations"] =
          json::Object{{"Effective_ACs", row.synapticOperations},
                       {"Effective_MACs", row.multiplyAdds},
                       {"Dense", row.denseOperations}};
      object["own"] = ::toJson(*row.own);
      object["common"] = ::toJson(*row.common);
      object["rank"] = int64_t(*row.rank);
    }
    rows.push_back(std::move(object));
  }
  json::Object object{{"schema_version", int64_t(comparisonSchemaVersion)},
                      {"snnc", snn::getVersion()},
                      {"report", "comparison"},
                      {"task", comparison.task.name},
                      {"common_chip", comparison.task.commonChip},
                      {"samples", comparison.samples},
                      {"systems", std::move(rows)}};
  if (comparison.referenceErrorRate)
    object["reference"] =
        json::Object{{"name", comparison.task.scoring.reference},
                     {"error_rate", *comparison.referenceErrorRate}};
  return object;
}

/// Microjoules of picojoules.
static std::string toMicrojoules(double pj) {
  return llvm::formatv("{0:F3}", pj * 1e-6).str();
}

static std::string toMicroseconds(std::optional<double> ns) {
  return ns ? llvm::formatv("{0:F1}", *ns * 1e-3).str() : "-";
}

/// Rows of cells as Markdown, columns aligned for a terminal.
static void printTable(const std::vector<std::vector<std::string>> &table,
                       llvm::raw_ostream &os) {
  std::vector<size_t> widths(table.front().size(), 0);
  for (const auto &row : table)
    for (size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], row[i].size());
  auto print = [&](const std::vector<std::string> &row) {
    for (size_t i = 0; i < widths.size(); ++i) {
      const std::string &cell = i < row.size() ? row[i] : "";
      os << "| " << cell << std::string(widths[i] - cell.size() + 1, ' ');
    }
    os << "|\n";
  };
  print(table.front());
  for (size_t width : widths)
    os << '|' << std::string(width + 2, '-');
  os << "|\n";
  for (size_t i = 1; i < table.size(); ++i)
    print(table[i]);
}

/// Why a row has no figures, in one cell.
static std::string toCell(const std::string &problem) {
  return llvm::StringRef(problem).split('\n').first.str();
}

void snn::compare::printTables(const Comparison &comparison,
                               llvm::raw_ostream &os) {
  const Task &task = comparison.task;
  os << task.name << ", " << comparison.samples << " samples";
  if (comparison.referenceErrorRate)
    os << "; " << task.scoring.reference << ": error rate "
       << llvm::formatv("{0:F4}", *comparison.referenceErrorRate);
  os << "\n\n";

  std::vector<std::vector<std::string>> table = {
      {"system", "model", "error rate", "spikes", "accumulations",
       "multiply-adds", "own, uJ (chip)", "own latency, us", "common, uJ",
       "common latency, us", "rank"}};
  for (const Row &row : comparison.rows) {
    std::string name = getInfo(row.entry.system).name;
    std::string model = llvm::sys::path::filename(row.entry.model).str();
    if (!row.problem.empty()) {
      table.push_back({name, model, toCell(row.problem)});
      continue;
    }
    table.push_back(
        {name, model, llvm::formatv("{0:F4}", row.errorRate),
         llvm::formatv("{0:F0}", row.spikes),
         llvm::formatv("{0:F0}", row.synapticOperations),
         llvm::formatv("{0:F0}", row.multiplyAdds),
         toMicrojoules(row.own->energyPj) + " (" + row.own->chip + ", " +
             llvm::formatv("{0:F0} nm)", row.own->technologyNm).str(),
         toMicroseconds(row.own->latencyNs),
         toMicrojoules(row.common->energyPj),
         toMicroseconds(row.common->latencyNs), std::to_string(*row.rank)});
  }
  printTable(table, os);

  std::set<std::string> components;
  for (const Row &row : comparison.rows)
    if (row.common)
      for (const auto &entry : row.common->components)
        components.insert(entry.first);
  if (components.empty())
    return;
  os << "\nCommon energy by component, uJ, on " << task.commonChip << ":\n\n";
  table = {{"component"}};
  for (const Row &row : comparison.rows)
    if (row.common)
      table.front().push_back(getInfo(row.entry.system).name);
  for (const std::string &component : components) {
    table.push_back({component});
    for (const Row &row : comparison.rows)
      if (row.common) {
        auto found = row.common->components.find(component);
        table.back().push_back(found == row.common->components.end()
                                   ? "0"
                                   : toMicrojoules(found->second));
      }
  }
  printTable(table, os);
  os << "\nOwn energies are those of different published models in different "
        "technologies and are\nnot comparable across rows; only the common "
        "ones are ranked.\n";
}
