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
#include "snn/Calibration/Passes.h"
#include "snn/Conversion/OnnxToSpike/Passes.h"
#include "snn/Dialect/Spike/Facts.h"
#include "snn/Dialect/Spike/Passes.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/MapVector.h"

#include <cmath>
#include <set>

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
  std::vector<unsigned> pairs; // by group
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

  LogicalResult checkOptions() {
    if (metric != "error" && metric != "agreement")
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

  void finish(Candidate &candidate) {
    for (auto &[name, site] : sites) {
      unsigned pair = candidate.pairs[site.group];
      candidate.cost += pairs[pair].phases;
      candidate.error += site.errors[pair];
    }
  }

  /// All candidates, the cheapest first, of equal cost the most exact.
  std::vector<Candidate> makeCandidates() {
    std::vector<Candidate> candidates;
    std::set<std::vector<unsigned>> seen;
    for (unsigned pair = 0; pair < pairs.size(); ++pair) {
      candidates.push_back({std::vector<unsigned>(groups, pair), true});
      seen.insert(candidates.back().pairs);
    }
    constexpr int steps = 24;
    for (int step = 0; step < steps; ++step) {
      double lambda = 10 * std::pow(1e5, double(step) / (steps - 1));
      Candidate candidate{std::vector<unsigned>(groups, 0), false};
      for (unsigned group = 0; group < groups; ++group) {
        double least = std::numeric_limits<double>::infinity();
        for (unsigned pair = 0; pair < pairs.size(); ++pair) {
          double price = 0;
          for (auto &[name, site] : sites)
            if (site.group == group)
              price += pairs[pair].phases + lambda * site.errors[pair];
          if (price < least) {
            least = price;
            candidate.pairs[group] = pair;
          }
        }
      }
      if (seen.insert(candidate.pairs).second)
        candidates.push_back(candidate);
    }
    for (Candidate &candidate : candidates)
      finish(candidate);
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
    return metric == "error" ? relativeError(*results) : agreement(*results);
  }

  double relativeError(const std::vector<SampleTensors> &results) {
    double difference = 0, energy = 0;
    for (auto [got, wanted] : llvm::zip(results, reference))
      for (auto [x, y] : llvm::zip(got, wanted)) {
        if (y.dtype() != rt::DType::F32)
          continue;
        for (int64_t n = 0; n < y.size(); ++n) {
          double a = x.template data<float>()[n],
                 b = y.template data<float>()[n];
          difference += (a - b) * (a - b);
          energy += b * b;
        }
      }
    return energy > 0 ? std::sqrt(difference / energy) : std::sqrt(difference);
  }

  double agreement(const std::vector<SampleTensors> &results) {
    double equal = 0, count = 0;
    for (auto [x, y] : llvm::zip(results[0], reference[0])) {
      int64_t classes = y.rank() ? y.dim(-1) : 1;
      for (int64_t row = 0; row < y.size() / classes; ++row) {
        const float *a = x.data<float>() + row * classes;
        const float *b = y.data<float>() + row * classes;
        equal += std::max_element(a, a + classes) - a ==
                 std::max_element(b, b + classes) - b;
        ++count;
      }
    }
    return equal / std::max(count, 1.0);
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
    bool higher = metric == "agreement", kept = false;
    SmallVector<Attribute> tried;
    for (const Candidate &candidate : candidates) {
      FailureOr<double> value = measure(*network, candidate);
      if (failed(value))
        return signalPassFailure();
      tried.push_back(describe(candidate, *value));
      kept = higher ? *value >= budget : *value <= budget;
      if (kept || !best || (higher ? *value > bestValue : *value < bestValue)) {
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
