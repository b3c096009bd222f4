//===- SearchPhase.cpp - A base and a number of phases for every site -----===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// spike-search-phase. It quantises and converts a copy of the network, once,
// and tries assignments of codes by changing types in it; so it lives above the
// passes that it runs.
//
//===----------------------------------------------------------------------===//

#include "PhaseFit.h"
#include "SiteValues.h"
#include "mlir/Pass/PassManager.h"
#include "snn/Calibration/AssignmentSearch.h"
#include "snn/Calibration/OutputMetric.h"
#include "snn/Calibration/Passes.h"
#include "snn/Conversion/OnnxToSpike/Passes.h"
#include "snn/Dialect/Spike/Facts.h"
#include "snn/Dialect/Spike/Passes.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/MapVector.h"

#include <cmath>

namespace snn::calibration {
#define GEN_PASS_DEF_SPIKESEARCHPHASE
#include "snn/Calibration/Passes.h.inc"
} // namespace snn::calibration

using namespace mlir;
using namespace snn;
using namespace snn::calibration;
using namespace snn::spike;

namespace {

/// A base and a number of phases.
struct Pair {
  double base;
  unsigned phases;
};

/// One site of the float network.
struct SearchedSite {
  SiteOp op;
  std::shared_ptr<PhaseFit> fit; // null for probabilities
  unsigned group = 0;            // sites of one trace product share one
  std::vector<PhaseType> codes;  // by pair
  std::vector<double> errors;    // relative squared error, by pair
};

/// An assignment of pairs to groups.
struct Candidate {
  Assignment pairs; // by group
  bool uniform;
  uint64_t cost = 0; // phases, summed over sites
  double error = 0;  // sum of the sites' relative squared errors
};

struct SearchPhase : calibration::impl::SpikeSearchPhaseBase<SearchPhase> {
  using SpikeSearchPhaseBase::SpikeSearchPhaseBase;

  llvm::MapVector<StringRef, SearchedSite> sites; // by name
  std::vector<Pair> pairs;
  unsigned groups = 0;
  std::vector<SampleTensors> samples;
  std::vector<SampleTensors> reference; // the float network's results
  std::optional<OutputMetric> outputs;

  LogicalResult checkOptions() {
    outputs = OutputMetric::find(metric, budget);
    if (!outputs || outputs->kind == OutputMetric::Kind::Accuracy)
      return getOperation().emitError("needs metric error or agreement, has '")
             << metric << "'";
    if (inputs.empty())
      return getOperation().emitError(
          "needs calibration inputs to search codes with");
    std::vector<unsigned> lengths(phases.begin(), phases.end());
    if (lengths.empty())
      lengths = {4, 6, 8, 10, 12, 16, 20, 24, 32, 40};
    std::vector<double> all(bases.begin(), bases.end());
    if (all.empty())
      all = {1.1, 1.15, 1.2, 1.3, 1.4, 1.6, 2.0};
    for (unsigned length : lengths)
      for (double base : all) {
        if (length < 1 || length > 127 || !(base > 1 && base <= 2))
          return getOperation().emitError("needs 1 to 127 phases and bases "
                                          "above 1 and at most 2, has ")
                 << length << " and " << toShortest(base);
        pairs.push_back({base, length});
      }
    return success();
  }

  /// Runs the float network: its results, and the values of every site.
  LogicalResult observe() {
    getOperation().walk([&](SiteOp op) { sites[op.getSite()].op = op; });
    func::FuncOp function = getEntryPoint(getOperation());
    if (!function)
      return failure();
    FailureOr<std::vector<SampleTensors>> loaded =
        loadSamples(function, inputs);
    if (failed(loaded))
      return failure();
    samples = std::move(*loaded);
    Interpreter interpreter(function);
    interpreter.setBefore(
        [&](Operation *op, ArrayRef<const SampleTensors *> operands) {
          auto site = dyn_cast<SiteOp>(op);
          if (site && site.getKind() != SiteKind::Probability)
            sites[site.getSite()].fit = std::make_shared<PhaseFit>(
                gatherValues(*getSite(op), *operands[0],
                             operands.size() > 1 ? operands[1] : nullptr));
          return success();
        });
    FailureOr<std::vector<SampleTensors>> results = interpreter.run(samples);
    if (failed(results))
      return failure();
    reference = std::move(*results);
    return success();
  }

  /// Quantises and converts a copy of the network.
  OwningOpRef<ModuleOp> convert() {
    OwningOpRef<ModuleOp> copy = getOperation().clone();
    PassManager pm(&getContext());
    SpikeQuantizeOptions quantize;
    quantize.weightBits = weightBits;
    pm.addPass(createSpikeQuantize(quantize));
    pm.addPass(createOnnxToSpike());
    if (failed(pm.run(*copy)))
      return nullptr;
    return copy;
  }

  /// Numbers the groups of sites that meet in a trace product of `network`.
  void findGroups(ModuleOp network) {
    llvm::EquivalenceClasses<StringRef> classes;
    for (auto &[name, site] : sites)
      classes.insert(name);
    network.walk([&](PhaseMatMulOp product) {
      Operation *a = getProducingSite(product.getLhs());
      Operation *b = getProducingSite(product.getRhs());
      if (a && b)
        classes.unionSets(sites.find(getSite(a)->name)->first,
                          sites.find(getSite(b)->name)->first);
    });
    llvm::MapVector<StringRef, unsigned> numbers;
    for (auto &[name, site] : sites)
      site.group =
          numbers.try_emplace(classes.getLeaderValue(name), numbers.size())
              .first->second;
    groups = numbers.size();
  }

  /// The code of every site under every pair, and its error.
  LogicalResult fitCodes() {
    for (auto &[name, site] : sites) {
      std::optional<PhaseType> start;
      if (site.op.getCoding())
        start = dyn_cast<PhaseType>(*site.op.getCoding());
      if (!start)
        return site.op.emitOpError(
            "has no phase code; run spike-calibrate-phase first");
      for (const Pair &pair : pairs) {
        PhaseType type =
            PhaseType::get(&getContext(), F64(pair.base), pair.phases, F64(1.0),
                           start->getSign(), start->getRelease());
        double error = 0;
        if (site.fit) {
          type = type.withScale(site.fit->fitScale(type.getCoding()));
          double energy = site.fit->energy();
          error = energy > 0 ? site.fit->squaredError(type.getCoding()) / energy
                             : 0.0;
        }
        site.codes.push_back(type);
        site.errors.push_back(error);
      }
    }
    return success();
  }

  /// What the pairs cost and lose, by group.
  std::vector<SearchGroup> addUpGroups() {
    std::vector<SearchGroup> prices(groups, SearchGroup(pairs.size()));
    for (auto &[name, site] : sites)
      for (unsigned pair = 0; pair < pairs.size(); ++pair) {
        SearchChoice &choice = prices[site.group][pair];
        choice.cost += pairs[pair].phases;
        choice.error += site.errors[pair];
      }
    return prices;
  }

  /// All candidates, the cheapest first, of equal cost the most exact.
  std::vector<Candidate> makeCandidates() {
    std::vector<SearchGroup> prices = addUpGroups();
    std::vector<Candidate> candidates;
    for (unsigned pair = 0; pair < pairs.size(); ++pair)
      candidates.push_back({Assignment(groups, pair), true});
    constexpr int steps = 24;
    std::vector<double> lambdas;
    for (int step = 0; step < steps; ++step)
      lambdas.push_back(10 * std::pow(1e5, double(step) / (steps - 1)));
    for (Assignment &assignment : lagrangeAssignments(prices, lambdas))
      if (!llvm::all_equal(assignment))
        candidates.push_back({std::move(assignment), false});
    for (Candidate &candidate : candidates) {
      SearchChoice sum = addUp(prices, candidate.pairs);
      candidate.cost = uint64_t(sum.cost);
      candidate.error = sum.error;
    }
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Candidate &a, const Candidate &b) {
                       return std::pair(a.cost, a.error) <
                              std::pair(b.cost, b.error);
                     });
    return candidates;
  }

  /// The metric of `network` with the candidate's codes.
  FailureOr<double> measure(ModuleOp network, const Candidate &candidate) {
    for (const Site &site : getSites(network)) {
      SearchedSite &searched = sites.find(site.name)->second;
      setElementType(site.result,
                     searched.codes[candidate.pairs[searched.group]]);
    }
    Interpreter interpreter(getEntryPoint(network));
    FailureOr<std::vector<SampleTensors>> results = interpreter.run(samples);
    if (failed(results))
      return failure();
    return outputs->score(*results, reference).value;
  }

  Attribute describe(const Candidate &candidate, double value) {
    Builder b(&getContext());
    SmallVector<NamedAttribute> entries = {
        b.getNamedAttr("phases", b.getI64IntegerAttr(candidate.cost)),
        b.getNamedAttr(metric, b.getF64FloatAttr(value))};
    if (candidate.uniform) {
      const Pair &pair = pairs[candidate.pairs[0]];
      entries.push_back(
          b.getNamedAttr("uniform_base", b.getF64FloatAttr(pair.base)));
      entries.push_back(
          b.getNamedAttr("uniform_phases", b.getI64IntegerAttr(pair.phases)));
    }
    return b.getDictionaryAttr(entries);
  }

  void runOnOperation() override {
    if (failed(checkOptions()) || failed(observe()))
      return signalPassFailure();
    if (sites.empty() || failed(fitCodes()))
      return sites.empty() ? void() : signalPassFailure();
    OwningOpRef<ModuleOp> network = convert();
    if (!network)
      return signalPassFailure();
    findGroups(*network);

    std::vector<Candidate> candidates = makeCandidates();
    const Candidate *best = nullptr;
    double bestValue = 0;
    bool kept = false;
    SmallVector<Attribute> tried;
    for (const Candidate &candidate : candidates) {
      FailureOr<double> value = measure(*network, candidate);
      if (failed(value))
        return signalPassFailure();
      tried.push_back(describe(candidate, *value));
      kept = outputs->isKept(*value);
      if (kept || !best || outputs->isBetter(*value, bestValue)) {
        best = &candidate;
        bestValue = *value;
      }
      if (kept)
        break;
    }
    if (!kept)
      getOperation().emitWarning("finds no phase codes that keep ")
          << metric << " " << budget << "; the best candidate has "
          << bestValue;
    for (auto &[name, site] : sites)
      site.op.setCoding(site.codes[best->pairs[site.group]]);
    facts(getOperation())
        .getPhaseSearchAttrHelper()
        .setAttr(getOperation(), ArrayAttr::get(&getContext(), tried));
  }
};

} // namespace
