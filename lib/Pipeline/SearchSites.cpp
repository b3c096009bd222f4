//===- SearchSites.cpp - A dead zone or a width for every site ------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Pipeline/SearchSites.h"
#include "SearchTrials.h"
#include "snn/Calibration/AssignmentSearch.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>

using namespace mlir;
using namespace snn;
using namespace snn::calibration;

llvm::Expected<SearchRequest> snn::parseSearch(StringRef text) {
  SmallVector<StringRef> parts;
  text.split(parts, ':');
  SearchRequest request;
  double budget;
  if (parts.size() == 3 && !parts[2].getAsDouble(budget))
    for (auto knob :
         {SearchRequest::Knob::DeadZones, SearchRequest::Knob::Bits})
      if (parts[0] == toString(knob))
        if (auto metric = OutputMetric::find(parts[1], budget);
            metric && std::isfinite(budget) &&
            (budget >= 0 || metric->kind != OutputMetric::Kind::Error)) {
          request.knob = knob;
          request.metric = *metric;
          return request;
        }
  return llvm::createStringError(
      "--search needs dead-zones or bits, error, agreement or accuracy, and a "
      "budget, as in dead-zones:agreement:0.98 or (less than k = 0 has) "
      "dead-zones:accuracy:-0.01; has '" +
      text + "'");
}

StringRef snn::toString(SearchRequest::Knob knob) {
  return knob == SearchRequest::Knob::DeadZones ? "dead-zones" : "bits";
}

StringRef snn::getSearchedOption(SearchRequest::Knob knob) {
  return knob == SearchRequest::Knob::DeadZones ? "dead-zone" : "act-bits";
}

namespace {

class Search {
public:
  Search(ModuleOp module, const PipelineOptions &options,
         const SearchRequest &request)
      : trials(module, options, request) {
    result.request = request;
  }

  FailureOr<SearchResult> run() {
    if (failed(trials.prepare()) || failed(listChoices()) ||
        failed(measurePrices()) || failed(tryUniform()) || failed(choose()) ||
        failed(runUnseen()))
      return failure();
    result.tried = trials.count();
    return std::move(result);
  }

private:
  bool isDeadZones() const {
    return result.request.knob == SearchRequest::Knob::DeadZones;
  }

  /// The values that a site of so many bits may take, the most exact first.
  std::vector<unsigned> listValues(unsigned bits) const {
    if (!isDeadZones())
      return {8, 6, 5, 4, 3, 2};
    std::vector<unsigned> values = {0};
    if (bits <= 4) {
      for (unsigned k = 1; k <= 3 && k < (1u << bits) / 2; ++k)
        values.push_back(k);
      return values;
    }
    // Up to three eighths of the range: some sites stand what would cost a
    // network its accuracy at all of them.
    for (unsigned k : {1, 3, 6, 12, 24, 36, 48, 72, 96})
      if (unsigned value = k >> (8 - std::min(bits, 8u)); value > values.back())
        values.push_back(value);
    return values;
  }

  LogicalResult listChoices() {
    std::map<unsigned, unsigned> widths;
    for (const SearchedSite &site : trials.sites())
      ++widths[site.bits];
    // Equal values for all sites are in everyone's list.
    if (widths.empty()) {
      return trials.module().emitError("has no sites to search for");
    }
    unsigned usual = std::max_element(widths.begin(), widths.end(),
                                      [](const auto &a, const auto &b) {
                                        return a.second < b.second;
                                      })
                         ->first;
    uniform = listValues(usual);
    for (const SearchedSite &site : trials.sites()) {
      std::vector<unsigned> values = listValues(site.bits);
      if (isDeadZones()) {
        for (unsigned value : uniform)
          if (!llvm::is_contained(values, value) &&
              value < (1u << site.bits) / 2)
            values.push_back(value);
        llvm::sort(values);
      }
      result.sites.push_back({site.name, values, {}, {}, 0});
    }
    return success();
  }

  Assignment makeUniform(unsigned value) const {
    Assignment assignment;
    for (const SearchResult::Site &site : result.sites) {
      auto it = llvm::find(site.values, value);
      assignment.push_back(it == site.values.end()
                               ? unsigned(site.values.size() - 1)
                               : unsigned(it - site.values.begin()));
    }
    return assignment;
  }

  std::string toFlags(const Assignment &assignment) const {
    std::vector<std::string> entries;
    for (auto [site, choice] : llvm::zip_equal(result.sites, assignment))
      entries.push_back(site.name + "=" + std::to_string(site.values[choice]));
    return llvm::join(entries, ",");
  }

  /// What each choice of each site does to the network that is the most exact
  /// otherwise.
  LogicalResult measurePrices() {
    Assignment exact(result.sites.size(), 0);
    FailureOr<TrialRun> base = trials.probe(toFlags(exact));
    if (failed(base))
      return failure();
    for (auto [number, site] : llvm::enumerate(result.sites)) {
      SearchGroup group;
      for (unsigned choice = 0; choice < site.values.size(); ++choice) {
        SearchChoice price{base->cost, 0};
        if (choice > 0) {
          Assignment moved = exact;
          moved[number] = choice;
          FailureOr<TrialRun> run = trials.probe(toFlags(moved));
          if (failed(run))
            return failure();
          price = {run->cost, trials.distance(*run, *base)};
        }
        site.costs.push_back(price.cost - base->cost);
        site.errors.push_back(price.error);
        group.push_back({price.cost - base->cost, price.error});
      }
      groups.push_back(std::move(group));
    }
    return success();
  }

  FailureOr<SearchTrial> attempt(const Assignment &assignment,
                                 const std::string &name) {
    SearchTrial trial;
    trial.name = name;
    trial.flags = toFlags(assignment);
    FailureOr<TrialRun> run = trials.run(trial.flags, trials.searched());
    if (failed(run))
      return failure();
    trial.cost = run->cost;
    trial.spikes = run->spikes;
    trial.searched = trials.score(*run, trials.searched());
    // The most exact choices are the first to be tried.
    if (exact)
      trial.error = trials.distance(*run, *exact);
    else
      exact = std::move(*run);
    return trial;
  }

  /// Takes the trial if it is better than the best so far: it keeps the budget
  /// at less cost, or comes nearer to it.
  bool take(const Assignment &assignment, const SearchTrial &trial) {
    const OutputMetric &metric = result.request.metric;
    bool keeps = isKept(trial);
    bool better = !hasBest;
    if (hasBest)
      better = result.isKept
                   ? keeps && trial.cost < result.found.cost
                   : keeps || metric.isBetter(trial.searched.value,
                                              result.found.searched.value);
    if (!better)
      return false;
    hasBest = true;
    result.isKept = keeps;
    result.found = trial;
    best = assignment;
    return true;
  }

  bool isKept(const SearchTrial &trial) const {
    return result.request.metric.isKept(trial.searched.value) &&
           trial.error <= result.errorLimit.value_or(INFINITY);
  }

  /// Decisions on some hundred rows are a coarse measure, and the best of many
  /// assignments is the luckiest. Of equal choices there are few, whose share
  /// of decisions holds on other rows, too: no assignment by site may err more
  /// than the least exact of them that keeps the budget, or, where only the
  /// most exact one does, than the next.
  void limitError() {
    if (result.request.metric.kind == OutputMetric::Kind::Error)
      return;
    double limit = 0;
    for (auto [number, trial] : llvm::enumerate(result.uniform)) {
      bool keeps = result.request.metric.isKept(trial.searched.value);
      if (keeps || number == 1)
        limit = std::max(limit, trial.error);
      if (!keeps)
        break;
    }
    result.errorLimit = limit;
  }

  LogicalResult tryUniform() {
    for (unsigned value : uniform) {
      Assignment assignment = makeUniform(value);
      FailureOr<SearchTrial> trial =
          attempt(assignment,
                  (isDeadZones() ? "k = " : "bits = ") + std::to_string(value));
      if (failed(trial))
        return failure();
      // A share below that of the most exact choices, the first.
      double &budget = result.request.metric.budget;
      if (budget < 0)
        budget += trial->searched.value;
      take(assignment, *trial);
      result.uniform.push_back(std::move(*trial));
    }
    limitError();
    return success();
  }

  LogicalResult choose() {
    // The most candidates, of which few are tried; and the most single steps.
    constexpr unsigned candidates = 64, steps = 40;
    std::vector<Assignment> assignments =
        lagrangeAssignments(groups, chooseLambdas(groups, candidates));
    auto tryKept = [&](const Assignment &assignment) -> FailureOr<bool> {
      FailureOr<SearchTrial> trial = attempt(assignment, "by site");
      if (failed(trial))
        return failure();
      take(assignment, *trial);
      return isKept(*trial);
    };
    if (failed(findFirst(assignments, /*bisect=*/true, tryKept)))
      return failure();
    if (result.isKept) {
      auto isBetter = [&](const Assignment &assignment) -> FailureOr<bool> {
        FailureOr<SearchTrial> trial = attempt(assignment, "by site");
        if (failed(trial))
          return failure();
        return take(assignment, *trial);
      };
      if (failed(descend(groups, best, steps, isBetter)))
        return failure();
    }
    for (auto [site, choice] : llvm::zip_equal(result.sites, best))
      site.chosen = choice;
    return success();
  }

  LogicalResult runUnseen() {
    if (!trials.hasUnseen())
      return success();
    std::vector<SearchTrial *> shown = {&result.found};
    for (SearchTrial &trial : result.uniform)
      shown.push_back(&trial);
    for (SearchTrial *trial : shown) {
      FailureOr<TrialRun> run = trials.run(trial->flags, trials.unseen());
      if (failed(run))
        return failure();
      trial->unseen = trials.score(*run, trials.unseen());
      trial->unseenCost = run->cost;
      trial->unseenSpikes = run->spikes;
    }
    return success();
  }

  SearchTrials trials;
  SearchResult result;
  std::vector<unsigned> uniform;
  std::vector<SearchGroup> groups;
  std::optional<TrialRun> exact; ///< of the most exact choices
  Assignment best;
  bool hasBest = false;
};

} // namespace

FailureOr<SearchResult> snn::searchSites(ModuleOp module,
                                         const PipelineOptions &options,
                                         const SearchRequest &request) {
  return Search(module, options, request).run();
}

//===----------------------------------------------------------------------===//
// What is said of it
//===----------------------------------------------------------------------===//

static llvm::json::Object toJson(const OutputScore &score, double cost,
                                 double spikes) {
  return llvm::json::Object{
      {"value", score.value}, {"low", score.low},
      {"high", score.high},   {"samples", score.samples},
      {"cost", cost},         {"spikes_per_sample", spikes}};
}

static llvm::json::Object toJson(const SearchTrial &trial) {
  llvm::json::Object object{
      {"name", trial.name},
      {"flags", trial.flags},
      {"error", trial.error},
      {"searched", toJson(trial.searched, trial.cost, trial.spikes)}};
  if (trial.unseen)
    object["unseen"] =
        toJson(*trial.unseen, trial.unseenCost, trial.unseenSpikes);
  return object;
}

llvm::json::Object SearchResult::toJson() const {
  llvm::json::Array equal, all;
  for (const SearchTrial &trial : uniform)
    equal.push_back(::toJson(trial));
  for (const Site &site : sites) {
    llvm::json::Array choices;
    for (auto [value, cost, error] :
         llvm::zip_equal(site.values, site.costs, site.errors))
      choices.push_back(llvm::json::Object{
          {"value", value}, {"cost", cost}, {"error", error}});
    all.push_back(llvm::json::Object{{"name", site.name},
                                     {"value", site.values[site.chosen]},
                                     {"choices", std::move(choices)}});
  }
  llvm::json::Object object{{"schema_version", 1},
                            {"search", toString(request.knob)},
                            {"option", getSearchedOption(request.knob)},
                            {"metric", request.metric.name()},
                            {"budget", request.metric.budget},
                            {"cost", snn::toString(request.cost)},
                            {"kept", isKept},
                            {"tried", int64_t(tried)},
                            {"found", ::toJson(found)},
                            {"uniform", std::move(equal)},
                            {"sites", std::move(all)}};
  if (errorLimit)
    object["error_limit"] = *errorLimit;
  return object;
}

void SearchResult::print(llvm::raw_ostream &os) const {
  auto print = [&](const SearchTrial &trial) {
    os << llvm::formatv("  {0,-10} {1,8:f4}", trial.name, trial.searched.value);
    os << llvm::formatv(" on {0} searched samples", trial.searched.samples);
    if (trial.unseen)
      os << llvm::formatv(", {0:f4} ({1:f4} to {2:f4}) on {3} others",
                          trial.unseen->value, trial.unseen->low,
                          trial.unseen->high, trial.unseen->samples);
    os << llvm::formatv("; cost {0:f1}, {1:f0} spikes\n",
                        trial.unseen ? trial.unseenCost : trial.cost,
                        trial.unseen ? trial.unseenSpikes : trial.spikes);
  };
  os << "search of " << toString(request.knob) << ": " << request.metric.name()
     << ' ' << request.metric.budget << ", cost in "
     << snn::toString(request.cost) << ", " << tried << " networks tried\n";
  for (const SearchTrial &trial : uniform)
    print(trial);
  print(found);
  os << "  --" << getSearchedOption(request.knob) << ' ' << found.flags << '\n';
}
