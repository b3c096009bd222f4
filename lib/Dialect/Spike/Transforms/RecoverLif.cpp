//===- RecoverLif.cpp - The spike-recover-lif pass ------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A firing is a comparison of a membrane h with a constant, or a rounding of it
// to a count. h is a polynomial in the step's input x and the former step's
// membrane h' and spikes s' (NeuronForm.h):
//
//   h = a (h' - s' h' + r s') + b x + c     hard reset to r
//   h = a h' + b x + c - m s'               soft reset, at once or late
//   h = (1 - s') (a h' + b x)               late reset to 0
//
// Between a reset at once and the next step may stand a floor.
//
// Steps that follow each other this way are one layer of neurons.
//
//===----------------------------------------------------------------------===//

#include "Firings.h"
#include "MembranePolynomial.h"
#include "NeuronForm.h"
#include "StepStacker.h"
#include "TrainPatterns.h"
#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "snn/Dialect/Spike/Facts.h"
#include "snn/Dialect/Spike/Neuron.h"
#include "snn/Dialect/Spike/Passes.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <limits>

namespace snn::spike {
#define GEN_PASS_DEF_SPIKERECOVERLIF
#include "snn/Dialect/Spike/Passes.h.inc"
} // namespace snn::spike

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

/// One firing, and how its membrane follows from a former one.
struct Firing {
  FiringSite site;
  StepForm form;         // of a later step; of a first one offset, rise, input
  int former = -1;       // the step before
  bool isScaled = false; // the input is divided or multiplied
  bool isPart = false;   // of neurons that were not recognised
  /// The membrane of a step that is compared once more, behind its reset.
  bool isAfterReset = false;
  std::string problem; // why it follows from no former step
};

/// A layer of neurons that was made, and the firings that it stands for.
struct Layer {
  LifOp lif;
  SmallVector<int> chain;
  bool hasTime; // its steps are on an axis of their own
};

/// Whether `value` is divided or multiplied by numbers that differ.
bool isScaledByChannel(Value value) {
  Operation *op = value.getDefiningOp();
  auto differs = [&](unsigned side) {
    return onnx::getConstantAttr(op->getOperand(side)) &&
           !getUniformFloat(op->getOperand(side));
  };
  return (isa_and_nonnull<onnx::DivOp, onnx::MulOp>(op) && differs(1)) ||
         (isa_and_nonnull<onnx::MulOp>(op) && differs(0));
}

/// Whether some arithmetic of a membrane scales by numbers that differ.
bool hasChannelConstants(Value membrane) {
  llvm::SetVector<Value> seen;
  seen.insert(membrane);
  for (size_t next = 0; next < seen.size() && next < 64; ++next) {
    if (isScaledByChannel(seen[next]))
      return true;
    Operation *op = seen[next].getDefiningOp();
    if (isMembraneArithmetic(op))
      seen.insert(op->operand_begin(), op->operand_end());
  }
  return false;
}

/// Whether a product reads `value` as numbers that are moved, pooled, added or
/// multiplied.
bool reachesProduct(Value value) {
  llvm::SetVector<Value> seen;
  seen.insert(value);
  constexpr size_t most = 4096; // values; more are no way of spikes
  for (size_t next = 0; next < seen.size() && next < most; ++next)
    for (Operation *user : seen[next].getUsers()) {
      if (isa<onnx::MatMulOp, onnx::GemmOp, onnx::ConvOp>(user))
        return true;
      if (isa<onnx::ReshapeOp, onnx::TransposeOp, onnx::SliceOp, onnx::GatherOp,
              onnx::ConcatOp, onnx::ExpandOp, onnx::PadOp, onnx::MaxPoolOp,
              onnx::MulOp, onnx::AddOp, onnx::DivOp>(user))
        seen.insert(user->result_begin(), user->result_end());
    }
  return false;
}

/// The firings of one function and what links them.
class Recovery {
public:
  explicit Recovery(func::FuncOp function)
      : function(function), stacker(function) {}
  /// What was found instead of neurons, if none were.
  std::vector<std::string> run();

private:
  void collect();
  void analyse(int index);
  bool joinTwin(int index);
  bool followFrom(Firing &firing, int former);
  bool followAlike(Firing &firing, int former);
  bool followFloor(Firing &firing, int former);
  bool hasInput(const Polynomial &h, Value membrane, Value spikes) const;
  void analyseFirst(Firing &firing, const Polynomial &h);
  Value findFirstInput(const Firing &first, const Firing &second,
                       double &offset) const;
  void refitSecond(ArrayRef<int> chain);
  void recover(SmallVector<int> chain);
  Value findInput(ArrayRef<int> chain, bool &hasTime);
  FailureOr<rt::LifNeuron> toNeuron(ArrayRef<int> chain, std::string &problem);
  FailureOr<rt::LifNeuron> toSingle(const Firing &firing, std::string &problem);
  FailureOr<rt::LifNeuron> toResting(ArrayRef<int> chain, rt::LifNeuron neuron,
                                     std::string &problem) const;
  FailureOr<rt::LifNeuron> toChannels(ArrayRef<int> chain,
                                      const rt::LifNeuron &levels);
  bool computesAsExported(const rt::LifNeuron &neuron, ArrayRef<int> chain,
                          int samples = 512) const;
  bool dependsOnOwnSpikes(ArrayRef<int> chain) const;
  Operation *findJoin(ArrayRef<int> chain) const;
  void create(SmallVector<int> chain, Value x, bool hasTime,
              const rt::LifNeuron &neuron);
  void replaceSpikes(const Layer &layer, Value all, Operation *join);
  Value pickStep(OpBuilder &b, Value all, Value like, int64_t step,
                 const Layer &layer);
  void keepFirings(ArrayRef<int> chain, StringRef reason);
  void exposeMembranes();
  void eraseDead();
  void missed(const Firing &firing, StringRef reason);
  std::vector<std::string> summarise();
  std::string makeName(Operation *op);

  func::FuncOp function;
  StepStacker stacker;
  std::vector<Firing> firings;
  std::vector<Layer> layers;
  std::vector<std::string> reasons;
  MembraneExpander expander;
  DenseMap<Value, int> byMembrane, byCondition;
  llvm::StringMap<unsigned> names;
};

void Recovery::missed(const Firing &firing, StringRef reason) {
  std::string name = onnx::getNodeName(firing.site.op->getLoc()).str();
  remark::missed(firing.site.op->getLoc(), remark::RemarkOpts::name("NoNeuron")
                                               .category("spike-recover-lif")
                                               .function(name))
      << remark::reason("{0}", reason.str());
  reasons.push_back((name.empty() ? "a firing" : "'" + name + "'") + ": " +
                    reason.str());
}

//===----------------------------------------------------------------------===//
// From firings to chains
//===----------------------------------------------------------------------===//

void Recovery::collect() {
  function.walk([&](Operation *op) {
    std::string problem;
    std::optional<FiringSite> site = FiringSite::match(op, problem);
    Firing firing;
    if (site) {
      firing.site = std::move(*site);
      firings.push_back(std::move(firing));
    } else if (!problem.empty()) {
      firing.site.op = op;
      missed(firing, problem);
    }
  });
}

/// A neuron's first step, or its only one: h = b x + c.
void Recovery::analyseFirst(Firing &firing, const Polynomial &h) {
  Value membrane = firing.site.membrane;
  std::vector<Value> variables = h.variables();
  double constant = h.coefficient({});
  StepForm &form = firing.form;
  form = StepForm();
  // A factor in front of the neuron's own belongs to its input.
  Operation *last = membrane.getDefiningOp();
  bool scaledTwice = isa_and_nonnull<onnx::DivOp, onnx::MulOp>(last) &&
                     isa_and_nonnull<onnx::DivOp, onnx::MulOp>(
                         last->getOperand(0).getDefiningOp());
  if (!scaledTwice && variables.size() == 1 &&
      h.terms() == size_t(1 + (constant != 0)) &&
      h.coefficient({variables[0]}) > 0 &&
      variables[0].getType() == membrane.getType()) {
    form.input = variables[0];
    form.rise = h.coefficient({variables[0]});
    form.offset = constant;
    firing.isScaled = !isNear(form.rise, 1);
    return;
  }
  // What is divided or multiplied last is the input, whatever it is made of.
  form.input = membrane;
  if (!isa_and_nonnull<onnx::DivOp, onnx::MulOp>(last))
    return;
  std::optional<double> factor = getUniformFloat(last->getOperand(1));
  if (!factor || !(*factor > 0) ||
      last->getOperand(0).getType() != membrane.getType())
    return;
  form.input = last->getOperand(0);
  form.rise = isa<onnx::DivOp>(last) ? 1 / *factor : *factor;
  firing.isScaled = true;
}

/// Whether a membrane takes up something beside the former one and spikes.
bool Recovery::hasInput(const Polynomial &h, Value membrane,
                        Value spikes) const {
  return llvm::any_of(h.variables(), [&](Value variable) {
    if (variable == membrane || variable == spikes ||
        onnx::getConstantAttr(variable))
      return false;
    SmallVector<Value> made = expander.findVariables(variable);
    return made.empty() || llvm::any_of(made, [&](Value part) {
             return !byCondition.contains(part);
           });
  });
}

/// A later step whose former membrane goes no lower than a floor.
bool Recovery::followFloor(Firing &firing, int former) {
  const FiringSite &before = firings[former].site;
  Value membrane = before.membrane, spikes = before.result();
  if (before.thresholds)
    return false;
  llvm::SetVector<Value> seen;
  seen.insert(firing.site.membrane);
  constexpr size_t most = 64; // values of a neuron's step
  for (size_t at = 0; at < seen.size() && at < most; ++at) {
    Value kept = seen[at];
    if (Operation *op = kept.getDefiningOp(); isMembraneArithmetic(op))
      seen.insert(op->operand_begin(), op->operand_end());
    std::optional<FlooredMembrane> floored = matchFloor(kept);
    if (!floored || kept.getType() != membrane.getType())
      continue;
    std::optional<Polynomial> spent =
        expander.expandIn(floored->membrane, {membrane, spikes});
    if (!spent || !isNear(spent->coefficient({membrane}), 1))
      continue;
    double cleared = spent->coefficient({membrane, spikes}),
           added = spent->coefficient({spikes});
    if (spent->terms() != size_t(1 + (cleared != 0) + (added != 0)) ||
        (cleared != 0 && !isNear(cleared, -1)))
      continue;
    std::optional<Polynomial> h =
        expander.expandIn(firing.site.membrane, {kept, membrane, spikes});
    std::string problem;
    std::optional<StepForm> form;
    if (h)
      form = StepForm::match(*h, kept, spikes, Value(), problem);
    if (!form || form->kind != StepForm::Unreset ||
        form->input.getType() != firing.site.membrane.getType() ||
        !hasInput(*h, kept, spikes))
      continue;
    if (cleared != 0)
      form->kind = StepForm::Hard;
    else if (added != 0)
      form->kind = StepForm::Subtracts;
    form->spike = form->keep * added;
    form->floor = floored->floor;
    firing.problem.clear();
    firing.form = *form;
    firing.former = former;
    firing.isScaled = true;
    return true;
  }
  return false;
}

/// A later step: whether its membrane follows from that of `former`, also where
/// constants differ between channels.
bool Recovery::followFrom(Firing &firing, int former) {
  if (followAlike(firing, former))
    return true;
  if (firings[former].site.thresholds ||
      !hasChannelConstants(firing.site.membrane))
    return false;
  std::string problem = firing.problem;
  expander.setChannel(0);
  bool follows = followAlike(firing, former);
  expander.setChannel(std::nullopt);
  firing.form.hasChannels = follows;
  if (!follows)
    firing.problem = problem;
  return follows;
}

/// The same of neurons that are alike, or of one channel.
bool Recovery::followAlike(Firing &firing, int former) {
  const FiringSite &before = firings[former].site;
  Value membrane = before.membrane, spikes = before.result();
  if (membrane.getType() != firing.site.membrane.getType())
    return false;
  std::optional<Polynomial> h =
      expander.expandIn(firing.site.membrane, {membrane, spikes});
  if (!h) {
    firing.problem = hasChannelConstants(firing.site.membrane)
                         ? "its time constants differ between channels"
                         : "its membrane is no polynomial in the former one";
    return false;
  }
  // What does not read it is no step of these neurons; nor is a shortcut that
  // adds it.
  double keep = h->coefficient({membrane});
  if (keep == 0)
    return followFloor(firing, former);
  if (isNear(keep, 1) && h->coefficient({spikes}) == 0 &&
      h->coefficient({membrane, spikes}) == 0)
    return false;
  std::optional<StepForm> form =
      StepForm::match(*h, membrane, spikes, before.thresholds, firing.problem);
  if (form && !hasInput(*h, membrane, spikes))
    form.reset();
  if (form && form->input.getType() != firing.site.membrane.getType()) {
    firing.problem = "its input is broadcast to the neurons";
    form.reset();
  }
  // The former membrane behind its reset, compared once more.
  firing.isAfterReset = !form && !hasInput(*h, membrane, spikes);
  if (!form)
    return false;
  firing.problem.clear();
  firing.form = *form;
  firing.former = former;
  firing.isScaled = true;
  return true;
}

/// snnTorch compares a membrane once more where the next step resets it.
bool Recovery::joinTwin(int index) {
  FiringSite &site = firings[index].site;
  auto found = byMembrane.find(site.membrane);
  if (found == byMembrane.end())
    return false;
  FiringSite &twin = firings[found->second].site;
  if (!twin.hasLevelsOf(site))
    return false;
  expander.stopAt(site.result(), twin.result());
  for (Value spike : site.spikes)
    expander.stopAt(spike, twin.result());
  byCondition.try_emplace(site.result(), found->second);
  twin.spikes.append(site.spikes);
  return true;
}

void Recovery::analyse(int index) {
  Firing &firing = firings[index];
  // The former membranes and spikes that its own is made of, the nearest first.
  llvm::SetVector<int> candidates;
  for (Value variable : expander.findVariables(firing.site.membrane)) {
    if (auto it = byMembrane.find(variable); it != byMembrane.end())
      candidates.insert(it->second);
    if (auto it = byCondition.find(variable); it != byCondition.end())
      candidates.insert(it->second);
  }
  bool follows = llvm::any_of(candidates, [&](int former) {
    if (!firings[former].isAfterReset)
      return followFrom(firing, former);
    firing.problem =
        llvm::formatv("a second comparison, '{0}', of its membrane also resets "
                      "it (snnTorch: reset_delay=True)",
                      onnx::getNodeName(firings[former].site.op->getLoc()))
            .str();
    return false;
  });
  if (!follows) {
    analyseFirst(firing, expander.expand(firing.site.membrane));
    // What is scaled as a whole starts anew, whatever its input is made of;
    // what is compared once more is no step.
    if (firing.isScaled || firing.isAfterReset)
      firing.problem.clear();
    firing.isPart |= firing.isAfterReset;
    if (!firing.problem.empty())
      for (int former : candidates)
        firings[former].isPart = true;
  }
  Value condition = firing.site.result();
  byMembrane.try_emplace(firing.site.membrane, index);
  byCondition.try_emplace(condition, index);
  expander.stopAt(firing.site.membrane);
  expander.stopAt(condition);
  for (Value spike : firing.site.spikes)
    expander.stopAt(spike, condition);
}

/// Whether the first step's input was found as the second's is.
static bool hasFirstInput(const Firing &first, const Firing &second) {
  Operation *here = first.form.input.getDefiningOp();
  Operation *there = second.form.input.getDefiningOp();
  return isNear(first.form.rise, second.form.rise) &&
         (first.form.offset == 0 || second.form.offset != 0) && here && there &&
         here->getName() == there->getName();
}

/// The input of a first step whose membrane is `rise` times it, as in the
/// second step: of the values that do, the one that is made like the second's.
Value Recovery::findFirstInput(const Firing &first, const Firing &second,
                               double &offset) const {
  Value membrane = first.site.membrane, next = second.form.input;
  llvm::SetVector<Value> seen;
  seen.insert(membrane);
  std::optional<StepOf> nextStep = StepOf::match(next);
  MembraneExpander alone;
  if (second.form.hasChannels)
    alone.setChannel(0);
  Value outermost;
  double outermostOffset = 0;
  constexpr size_t most = 64; // values of a neuron's first step
  for (size_t at = 0; at < seen.size() && at < most; ++at) {
    Value value = seen[at];
    Operation *op = value.getDefiningOp();
    if (isMembraneArithmetic(op))
      seen.insert(op->operand_begin(), op->operand_end());
    if (value.getType() != membrane.getType() || getUniformFloat(value))
      continue;
    std::optional<Polynomial> h = alone.expandIn(membrane, {value});
    if (!h || !isNear(h->coefficient({value}), second.form.rise))
      continue;
    double constant = h->coefficient({});
    if (h->terms() != size_t(1 + (constant != 0)))
      continue;
    std::optional<StepOf> step = StepOf::match(value);
    bool isAlike = nextStep
                       ? step && step->source == nextStep->source
                       : op && next.getDefiningOp() &&
                             op->getName() == next.getDefiningOp()->getName();
    if (isAlike || !outermost) {
      outermost = value;
      outermostOffset = constant;
    }
    if (isAlike)
      break;
  }
  offset = outermostOffset;
  return outermost;
}

/// Makes the second step like the third where a value that it reads is both the
/// first membrane and something else, as the first current in front of it is:
/// what the third step would take for its input is one value there, too.
void Recovery::refitSecond(ArrayRef<int> chain) {
  if (chain.size() < 3)
    return;
  Firing &second = firings[chain[1]];
  const FiringSite &before = firings[chain[0]].site;
  const StepForm &third = firings[chain[2]].form;
  if (second.form.isLike(third))
    return;
  llvm::scope_exit unset([&] { expander.setChannel(std::nullopt); });
  if (third.hasChannels)
    expander.setChannel(0);
  llvm::SetVector<Value> seen;
  seen.insert(second.site.membrane);
  constexpr size_t most = 64; // values of a neuron's step
  for (size_t at = 0; at < seen.size() && at < most; ++at) {
    Value value = seen[at];
    Operation *op = value.getDefiningOp();
    if (isMembraneArithmetic(op))
      seen.insert(op->operand_begin(), op->operand_end());
    if (value.getType() != second.site.membrane.getType() ||
        value == before.membrane || getUniformFloat(value))
      continue;
    std::optional<Polynomial> h =
        expander.expandIn(second.site.membrane,
                          {before.membrane, before.op->getResult(0), value});
    std::string problem;
    std::optional<StepForm> form;
    if (h)
      form = StepForm::match(*h, before.membrane, before.op->getResult(0),
                             before.thresholds, problem);
    if (form)
      form->hasChannels = third.hasChannels;
    if (form && form->input == value && form->isLike(third)) {
      second.form = *form;
      return;
    }
  }
}

//===----------------------------------------------------------------------===//
// From chains to neurons
//===----------------------------------------------------------------------===//

/// What all kinds of neurons have.
static rt::LifNeuron makeNeuron(const FiringSite &site) {
  rt::LifNeuron neuron = {1, site.firstLevel(), 0, false, false};
  if (site.isCount())
    neuron.levels.assign(site.levels.begin() + 1, site.levels.end());
  return neuron;
}

/// Neurons of one step.
FailureOr<rt::LifNeuron> Recovery::toSingle(const Firing &firing,
                                            std::string &problem) {
  // v0 and the reset are only seen as a sum.
  if (firing.form.rise > 1) {
    problem = "its input is multiplied by more than 1";
    return failure();
  }
  rt::LifNeuron neuron = makeNeuron(firing.site);
  neuron.decayInput = true;
  neuron.tau = float(1 / firing.form.rise);
  if (firing.form.offset == 0)
    return neuron;
  if (firing.site.isCount()) {
    problem = "a constant is added to its membrane";
    return failure();
  }
  FiringSite moved = firing.site;
  moved.threshold -= firing.form.offset;
  neuron.threshold = moved.firstLevel();
  return neuron;
}

/// A membrane that leaks towards a rest other than 0, from which it starts and
/// to which it is reset: the same neuron, moved by that much.
FailureOr<rt::LifNeuron> Recovery::toResting(ArrayRef<int> chain,
                                             rt::LifNeuron neuron,
                                             std::string &problem) const {
  const Firing &first = firings[chain.front()];
  const StepForm &step = firings[chain[1]].form;
  bool leaks = !isNear(step.keep, 1);
  double rest = leaks ? step.offset / (1 - step.keep) : 0;
  bool isReset = step.kind == StepForm::Hard ||
                 (step.kind == StepForm::Subtracts &&
                  isNear(step.spike, -step.keep * first.site.threshold));
  if (!leaks || !isReset || first.site.isCount() || step.floor ||
      !isNear(first.form.offset, rest) ||
      (step.kind == StepForm::Hard && !isNear(step.reset(), rest))) {
    problem = "its membrane leaks towards a value that it does not start from";
    return failure();
  }
  if (step.kind == StepForm::Subtracts && first.site.strict) {
    problem = "it fires only above the threshold that its reset subtracts, and "
              "leaks towards a value other than 0";
    return failure();
  }
  if (isNear(step.rise, 1 - step.keep)) {
    neuron.decayInput = true;
    neuron.tau = float(1 / step.rise);
  } else if (isNear(step.rise, 1)) {
    neuron.tau = float(1 / (1 - step.keep));
  } else {
    problem = "its input is scaled by neither 1 nor what the membrane loses, "
              "and it leaks towards a value other than 0";
    return failure();
  }
  neuron.softReset = step.kind == StepForm::Subtracts;
  neuron.reset = 0;
  FiringSite moved = first.site;
  moved.threshold -= rest;
  neuron.threshold = moved.firstLevel();
  return neuron;
}

/// Whether the arithmetic of `value` divides in front of `ends`.
static bool divides(Value value, ArrayRef<Value> ends) {
  llvm::SetVector<Value> seen;
  seen.insert(value);
  for (size_t next = 0; next < seen.size(); ++next) {
    Operation *op = seen[next].getDefiningOp();
    if (!isMembraneArithmetic(op) || llvm::is_contained(ends, seen[next]))
      continue;
    if (isa<onnx::DivOp>(op))
      return true;
    seen.insert(op->operand_begin(), op->operand_end());
  }
  return false;
}

/// Whether the exported steps compute what `neuron` does, bit for bit.
/// Quotients and products by the reciprocal have the same bits for most
/// numbers, so that the graph has to have what the neuron does.
bool Recovery::computesAsExported(const rt::LifNeuron &neuron,
                                  ArrayRef<int> chain, int samples) const {
  for (size_t step = 1; step < chain.size(); ++step) {
    const FiringSite &site = firings[chain[step]].site;
    const FiringSite &before = firings[chain[step - 1]].site;
    Value input = firings[chain[step]].form.input;
    auto exported = [&](float h, float spikes, float x) {
      MembraneExpander::Numbers numbers;
      numbers[before.membrane] = h;
      numbers[before.result()] = spikes;
      numbers[input] = x;
      if (site.thresholds) // the unit
        numbers[site.thresholds] = 1;
      return expander.evaluate(site.membrane, numbers);
    };
    bool hasQuotient =
        divides(site.membrane, {before.membrane, site.op->getResult(0), input});
    if (hasQuotient ? isMultiplied(neuron) : isDivided(neuron))
      return false;
    // All steps are made alike.
    if (!computesAs(neuron, exported, step == 1 ? samples : samples / 16))
      return false;
  }
  return true;
}

/// The constants that scale something of the arithmetic of `membrane` and
/// differ between channels; nothing if they are not of one axis.
static SmallVector<ChannelNumbers> findChannelNumbers(Value membrane,
                                                      ArrayRef<Value> ends) {
  SmallVector<ChannelNumbers> found;
  llvm::SetVector<Value> seen;
  seen.insert(membrane);
  for (size_t next = 0; next < seen.size(); ++next) {
    if (onnx::getConstantAttr(seen[next]) && !getUniformFloat(seen[next])) {
      std::optional<ChannelNumbers> numbers = getChannelNumbers(seen[next]);
      if (!numbers || (!found.empty() &&
                       (numbers->behind != found.front().behind ||
                        numbers->values.size() != found.front().values.size())))
        return {};
      found.push_back(std::move(*numbers));
      continue;
    }
    if (llvm::is_contained(ends, seen[next]))
      continue;
    Operation *op = seen[next].getDefiningOp();
    if (isMembraneArithmetic(op))
      seen.insert(op->operand_begin(), op->operand_end());
    else if (std::optional<FlooredMembrane> floored = matchFloor(seen[next]))
      seen.insert(floored->membrane);
  }
  return found;
}

/// Neurons whose time constants or factors differ between channels, and nothing
/// else does.
FailureOr<rt::LifNeuron> Recovery::toChannels(ArrayRef<int> chain,
                                              const rt::LifNeuron &levels) {
  const Firing &second = firings[chain[1]];
  const FiringSite &before = firings[chain[0]].site;
  SmallVector<ChannelNumbers> candidates =
      findChannelNumbers(second.site.membrane,
                         {before.membrane, before.result(), second.form.input});
  RankedTensorType type = tensorType(before.membrane);
  if (candidates.empty() || candidates.front().behind >= type.getRank())
    return failure();
  ArrayRef<int64_t> shape =
      type.getShape().take_back(size_t(candidates.front().behind) + 1);
  auto channels = int64_t(candidates.front().values.size());
  if (shape.front() != channels || llvm::any_of(shape, ShapedType::isDynamic))
    return failure();
  auto constant = [](rt::LifNeuron &neuron) -> float & {
    return neuron.hasTau() ? neuron.tau : neuron.factor;
  };
  llvm::scope_exit unset([&] { expander.setChannel(std::nullopt); });
  for (const ChannelNumbers &numbers : candidates) {
    // Orders may have the same bits in one channel and not in all.
    auto isSame = [&](rt::LifNeuron tried) {
      for (auto [channel, number] : llvm::enumerate(numbers.values)) {
        expander.setChannel(int64_t(channel));
        if (channel == 0 && constant(tried) != number)
          return false;
        constant(tried) = number;
        if (!computesAsExported(tried, chain, channel == 0 ? 512 : 32))
          return false;
      }
      return true;
    };
    bool isExact = false;
    rt::LifNeuron neuron = chooseNeuron(second.form, levels, isSame, isExact);
    if (!isExact)
      continue;
    neuron.constants = numbers.values;
    for (int64_t size : shape.drop_front())
      neuron.inner *= size;
    return neuron;
  }
  return failure();
}

/// The neuron whose steps the firings of `chain` are.
FailureOr<rt::LifNeuron> Recovery::toNeuron(ArrayRef<int> chain,
                                            std::string &problem) {
  const Firing &first = firings[chain.front()];
  if (chain.size() == 1)
    return toSingle(first, problem);
  const StepForm &step = firings[chain[1]].form;
  for (size_t at = 1; at < chain.size(); ++at) {
    const Firing &other = firings[chain[at]];
    if (other.site.hasLevelsOf(first.site) && other.form.isLike(step))
      continue;
    std::string name = onnx::getNodeName(other.site.op->getLoc()).str();
    problem = "its time steps differ: step " + std::to_string(at) +
              (name.empty() ? "" : " ('" + name + "')") +
              (other.site.hasLevelsOf(first.site)
                   ? " has other constants than step 1"
                   : " has another threshold than step 0");
    return failure();
  }
  if (step.keep > 1 && !isNear(step.keep, 1)) {
    problem = "its membrane grows";
    return failure();
  }
  rt::LifNeuron levels = makeNeuron(first.site);
  if (step.offset != 0)
    return toResting(chain, levels, problem);
  if (!isNear(first.form.offset, 0)) {
    problem = "its membrane does not start from 0";
    return failure();
  }
  if (step.hasChannels) {
    FailureOr<rt::LifNeuron> neuron = toChannels(chain, levels);
    if (failed(neuron))
      problem = "its time constants differ between channels, and more than one "
                "constant of one of spike.lif's orders does";
    if (succeeded(neuron) && neuron->rule == rt::ResetRule::LateSubtract &&
        rt::lifCount(0, *neuron) > 0) {
      problem = "its membrane fires before the first step";
      return failure();
    }
    return neuron;
  }
  bool isExact = false;
  rt::LifNeuron neuron = chooseNeuron(
      step, levels,
      [&](const rt::LifNeuron &tried) {
        return computesAsExported(tried, chain);
      },
      isExact);
  bool isLate = neuron.rule == rt::ResetRule::LateSubtract ||
                neuron.rule == rt::ResetRule::LateZero;
  if (isLate && rt::lifCount(0, neuron) > 0) {
    problem = "its membrane fires before the first step";
    return failure();
  }
  if (!isExact)
    remark::analysis(first.site.op->getLoc(),
                     remark::RemarkOpts::name("OtherOrder")
                         .category("spike-recover-lif")
                         .function(onnx::getNodeName(first.site.op->getLoc())))
        << remark::reason("{0}",
                          "its operations stand in an order that is none of "
                          "spike.lif's; membranes differ in their last bits");
  return neuron;
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

/// Whether the input of a step is made of membranes or spikes of the neurons
/// themselves.
bool Recovery::dependsOnOwnSpikes(ArrayRef<int> chain) const {
  llvm::SmallPtrSet<Operation *, 16> own;
  SmallVector<Operation *> work;
  for (int index : chain) {
    const Firing &firing = firings[index];
    own.insert(firing.site.op);
    // A first membrane may be its input itself.
    if (Operation *op = firing.site.membrane.getDefiningOp();
        op && firing.form.input != firing.site.membrane)
      own.insert(op);
    if (Operation *op = firing.form.input.getDefiningOp())
      work.push_back(op);
  }
  llvm::SmallPtrSet<Operation *, 32> seen;
  while (!work.empty()) {
    Operation *op = work.pop_back_val();
    if (own.contains(op))
      return true;
    if (!seen.insert(op).second)
      continue;
    for (Value operand : op->getOperands())
      if (Operation *producer = operand.getDefiningOp())
        work.push_back(producer);
  }
  return false;
}

/// The tensor of all steps' inputs; null where there is none, with a remark.
Value Recovery::findInput(ArrayRef<int> chain, bool &hasTime) {
  const Firing &first = firings[chain.front()];
  int64_t steps = chain.size();
  std::optional<StepOf> origin = StepOf::match(first.form.input);
  auto sameSource = [&](int index) {
    std::optional<StepOf> at = StepOf::match(firings[index].form.input);
    return at && at->source == origin->source;
  };
  bool hasSource = origin && llvm::all_of(chain, sameSource);
  hasTime = hasSource && tensorType(origin->source).getDimSize(0) == steps;
  if (hasTime) {
    for (auto [step, index] : llvm::enumerate(chain))
      if (StepOf::match(firings[index].form.input)->step != int64_t(step)) {
        missed(first, "its time steps are not those of axis 0, in order");
        return {};
      }
    return origin->source;
  }
  if (steps == 1)
    return first.form.input;
  if (dependsOnOwnSpikes(chain)) {
    keepFirings(chain, "its input depends on its own spikes (recurrent "
                       "neurons)");
    return {};
  }
  SmallVector<Value> inputs;
  for (int index : chain)
    inputs.push_back(firings[index].form.input);
  hasTime = true;
  Value stacked = stacker.stack(inputs);
  if (!stacked)
    keepFirings(chain, "its inputs of different steps have shapes that cannot "
                       "be joined");
  return stacked;
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

/// The op that joins the spikes of all steps along a new axis 0, or null.
Operation *Recovery::findJoin(ArrayRef<int> chain) const {
  for (Value spike : firings[chain.front()].site.spikes)
    for (Operation *reshape : spike.getUsers())
      for (Operation *user : reshape->getUsers()) {
        auto join = dyn_cast<onnx::ConcatOp>(user);
        if (!join || join.getAxis() != 0 ||
            join.getInputs().size() != chain.size())
          continue;
        bool whole = true;
        for (auto [index, input] : llvm::zip(chain, join.getInputs())) {
          auto part = input.getDefiningOp<onnx::ReshapeOp>();
          auto type = tensorType(input);
          whole &=
              part && type.getRank() > 0 && type.getDimSize(0) == 1 &&
              llvm::is_contained(firings[index].site.spikes, part.getX()) &&
              type.getShape().drop_front() ==
                  tensorType(part.getX()).getShape();
        }
        if (whole)
          return join;
      }
  return nullptr;
}

/// A name that no other neurons have.
std::string Recovery::makeName(Operation *op) {
  std::string name = onnx::getNodeName(op->getLoc()).str();
  if (name.empty())
    name = "lif";
  if (unsigned number = names[name]++)
    name += "#" + std::to_string(number + 1);
  return name;
}

static LifOp createLif(OpBuilder &b, Location loc, Type train, Type membranes,
                       Value x, StringRef name, const rt::LifNeuron &neuron) {
  auto unit = [&](bool flag) { return flag ? b.getUnitAttr() : UnitAttr(); };
  auto number = [&](bool isNeeded, float value) {
    return isNeeded ? b.getF64FloatAttr(value) : FloatAttr();
  };
  bool isAffine = neuron.order == rt::ChargeOrder::Affine;
  bool hasFactor = isAffine || neuron.order == rt::ChargeOrder::DecayFactor ||
                   neuron.order == rt::ChargeOrder::LeakFactor;
  bool hasAmount = neuron.rule == rt::ResetRule::Subtract ||
                   neuron.rule == rt::ResetRule::LateSubtract;
  IntegerAttr channelAxis;
  auto type = tensorType(x);
  int64_t behind = 1; // elements behind an axis
  // Channels in front of an axis of unknown size have no known distance.
  for (int64_t axis = type.getRank() - 1;
       axis > 0 && !ShapedType::isDynamic(behind); --axis) {
    if (!channelAxis && !neuron.constants.empty() && behind == neuron.inner &&
        type.getDimSize(axis) == int64_t(neuron.constants.size()))
      channelAxis = b.getI64IntegerAttr(axis);
    behind = type.isDynamicDim(axis) ? ShapedType::kDynamic
                                     : behind * type.getDimSize(axis);
  }
  MLIRContext *context = b.getContext();
  return LifOp::create(
      b, loc, train, membranes, x, b.getStringAttr(name),
      b.getF64FloatAttr(neuron.tau), b.getF64FloatAttr(neuron.threshold),
      b.getF64FloatAttr(neuron.reset), unit(neuron.decayInput),
      unit(neuron.softReset),
      ChargeOrderAttr::get(context, ChargeOrder(neuron.order)),
      ResetRuleAttr::get(context, ResetRule(neuron.rule)),
      number(hasFactor, neuron.factor),
      number(isAffine && neuron.gain != 1, neuron.gain),
      number(hasAmount, neuron.amount), number(neuron.hasFloor(), neuron.floor),
      neuron.levels.empty() ? DenseF32ArrayAttr()
                            : b.getDenseF32ArrayAttr(neuron.levels),
      neuron.constants.empty() ? DenseF32ArrayAttr()
                               : b.getDenseF32ArrayAttr(neuron.constants),
      channelAxis);
}

/// One step of `all`, in the shape of `like`.
Value Recovery::pickStep(OpBuilder &b, Value all, Value like, int64_t step,
                         const Layer &layer) {
  Location loc = all.getLoc();
  if (!layer.hasTime)
    return all;
  if (layer.chain.size() == 1) {
    SmallVector<int64_t> shape(tensorType(like).getShape());
    llvm::replace(shape, ShapedType::kDynamic, int64_t(-1));
    return onnx::ReshapeOp::create(b, loc, like.getType(), all, shape);
  }
  auto number = DenseElementsAttr::get(
      RankedTensorType::get({}, b.getI64Type()), int64_t(step));
  Value at = onnx::ConstantOp::create(b, loc, number.getType(), number);
  return onnx::GatherOp::create(b, loc, like.getType(), all, at, 0);
}

void Recovery::create(SmallVector<int> chain, Value x, bool hasTime,
                      const rt::LifNeuron &neuron) {
  const Firing &first = firings[chain.front()];
  int64_t steps = chain.size();
  Operation *join = findJoin(chain);
  Operation *named = join ? join : first.site.spikes.front().getDefiningOp();
  OpBuilder b(first.site.op);
  if (stacker.hasChanged())
    b.setInsertionPoint(function.getBody().front().getTerminator());
  else if (steps > 1)
    b.setInsertionPointAfterValue(x);
  auto type = tensorType(x);
  Type train =
      type.clone(getStepType(b.getContext(), neuron.maxCount(), steps));
  Location loc = named->getLoc();
  if (first.site.thresholds) { // the same neuron, scaled
    Operation *scale = b.clone(*first.site.thresholds.getDefiningOp());
    x = onnx::DivOp::create(b, loc, type, x, scale->getResult(0));
  }
  LifOp lif = createLif(b, loc, train, Type(), x, makeName(named), neuron);
  Value all = DequantizeOp::create(b, loc, type, lif.getResult());
  layers.push_back({lif, std::move(chain), hasTime});
  replaceSpikes(layers.back(), all, join);
}

void Recovery::replaceSpikes(const Layer &layer, Value all, Operation *join) {
  OpBuilder b(all.getContext());
  b.setInsertionPointAfterValue(all);
  if (join)
    join->getResult(0).replaceAllUsesWith(all);
  for (auto [step, index] : llvm::enumerate(layer.chain))
    for (Value spike : firings[index].site.spikes)
      if (!spike.use_empty())
        spike.replaceAllUsesWith(pickStep(b, all, spike, int64_t(step), layer));
}

/// Neurons that were not recognised: a remark for the first, and each step on
/// its own where a product reads its spikes.
void Recovery::keepFirings(ArrayRef<int> chain, StringRef reason) {
  const Firing &first = firings[chain.front()];
  bool isKept = llvm::any_of(chain, [&](int index) {
    const FiringSite &site = firings[index].site;
    return !site.thresholds && llvm::any_of(site.spikes, reachesProduct);
  });
  missed(first, reason.str() + (isKept ? "; kept as a firing of one step, its "
                                         "membrane is float"
                                       : ""));
  for (int index : chain) {
    const FiringSite &site = firings[index].site;
    if (site.thresholds || llvm::none_of(site.spikes, reachesProduct))
      continue;
    rt::LifNeuron neuron = makeNeuron(site);
    neuron.decayInput = true; // v + (x - v) / 1 is x
    create({index}, site.membrane, /*hasTime=*/false, neuron);
  }
}

void Recovery::recover(SmallVector<int> chain) {
  Firing &first = firings[chain.front()];
  refitSecond(chain);
  if (chain.size() > 1 && !hasFirstInput(first, firings[chain[1]])) {
    double offset = 0;
    if (Value input = findFirstInput(first, firings[chain[1]], offset)) {
      first.form.input = input;
      first.form.offset = offset;
      first.form.rise = firings[chain[1]].form.rise;
    }
  }
  std::string problem;
  if (chain.size() > 1 && !isNear(first.form.rise, firings[chain[1]].form.rise))
    return keepFirings(chain, "its time steps differ: step 0 takes up another "
                              "multiple of its input than step 1");
  if (chain.size() == 1 && !first.problem.empty())
    return keepFirings(chain, first.problem);
  if (chain.size() == 1 && first.isPart) {
    // Its later steps say why they do not follow from it.
    if (llvm::any_of(first.site.spikes, reachesProduct))
      keepFirings(chain, "no later step follows from it");
    return;
  }
  FailureOr<rt::LifNeuron> neuron = toNeuron(chain, problem);
  if (failed(neuron))
    return keepFirings(chain, problem);
  bool isMoved = chain.size() > 1 && firings[chain[1]].form.offset != 0;
  if (first.site.thresholds &&
      (neuron->reset != 0 || isMoved || first.site.threshold != 1))
    return keepFirings(chain, "it has a threshold for each channel, but its "
                              "reset is to another value than 0, or it does "
                              "not start there");
  bool hasTime = false;
  Value x = findInput(chain, hasTime);
  if (x)
    create(std::move(chain), x, hasTime, *neuron);
}

void Recovery::eraseDead() {
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
    if (isOpTriviallyDead(&op))
      op.erase();
}

/// The ops that the function's results depend on.
static DenseSet<Operation *> findLive(func::FuncOp function) {
  DenseSet<Operation *> live;
  SmallVector<Operation *> work;
  for (Operation &op : function.getBody().front())
    if (!isMemoryEffectFree(&op) || op.hasTrait<OpTrait::IsTerminator>())
      work.push_back(&op);
  while (!work.empty()) {
    Operation *op = work.pop_back_val();
    if (!live.insert(op).second)
      continue;
    for (Value operand : op->getOperands())
      if (Operation *producer = operand.getDefiningOp())
        work.push_back(producer);
  }
  return live;
}

/// Membranes that something reads beside the neurons, such as outputs of the
/// network, become the second result of the neurons, from the last step on: a
/// step that is read there no longer reads the steps before it.
void Recovery::exposeMembranes() {
  DenseSet<Operation *> live = findLive(function);
  auto isLive = [&](int index) {
    const Firing &firing = firings[index];
    Operation *op = firing.site.membrane.getDefiningOp();
    return op && firing.form.input != firing.site.membrane && live.contains(op);
  };
  for (Layer &layer : layers) {
    const Firing &first = firings[layer.chain.front()];
    // Moved and scaled neurons have other membranes.
    if (layer.chain.size() == 1 || first.site.thresholds ||
        firings[layer.chain[1]].form.offset != 0 ||
        llvm::none_of(layer.chain, isLive))
      continue;
    LifOp lif = layer.lif;
    OpBuilder b(lif);
    LifOp both = createLif(b, lif.getLoc(), lif.getResult().getType(),
                           lif.getX().getType(), lif.getX(), lif.getSite(),
                           getNeuron(lif));
    lif.getResult().replaceAllUsesWith(both.getResult());
    lif.erase();
    layer.lif = both;
    for (auto [step, index] : llvm::reverse(llvm::zip(
             llvm::seq<int64_t>(0, layer.chain.size()), layer.chain))) {
      if (!isLive(index))
        continue;
      Value membrane = firings[index].site.membrane;
      b.setInsertionPointAfter(both);
      membrane.replaceAllUsesWith(
          pickStep(b, both.getMembranes(), membrane, step, layer));
      live = findLive(function);
    }
  }
}

/// One remark where no neurons were recognised, and what else was said.
std::vector<std::string> Recovery::summarise() {
  if (!layers.empty())
    return {};
  std::string text = "no neurons recognised: ";
  if (firings.empty())
    text += "nothing compares floats with a constant and is used as 0 and 1, "
            "or rounds clipped ones";
  else if (firings.size() == 1)
    text += "1 comparison of floats with constants, or of clipped floats, is "
            "used as spikes";
  else
    text += std::to_string(firings.size()) +
            " comparisons of floats with constants, or of clipped floats, are "
            "used as spikes";
  remark::missed(function.getLoc(), remark::RemarkOpts::name("NoNeurons")
                                        .category("spike-recover-lif")
                                        .function(function.getName()))
      << remark::reason("{0}", text);
  std::vector<std::string> said = {text};
  constexpr size_t most = 8; // more say the same of other steps
  for (size_t i = 0; i < std::min(reasons.size(), most); ++i)
    said.push_back(reasons[i]);
  if (reasons.size() > most)
    said.push_back("and " + std::to_string(reasons.size() - most) + " more");
  return said;
}

std::vector<std::string> Recovery::run() {
  collect();
  std::vector<bool> isTwin(firings.size());
  for (int index = 0, count = int(firings.size()); index < count; ++index)
    if (!(isTwin[index] = joinTwin(index)))
      analyse(index);
  // A comparison alone may be anything; networks of neurons have membranes.
  bool hasNeurons = llvm::any_of(firings, [](const Firing &f) {
    return f.isScaled || f.site.isCount() || !f.problem.empty();
  });
  std::vector<int> next(firings.size(), -1);
  for (auto [index, firing] : llvm::enumerate(firings))
    if (firing.former >= 0) {
      if (next[firing.former] >= 0)
        missed(firing, "another time step follows from the same one");
      next[firing.former] = int(index);
    }
  for (auto [index, firing] : llvm::enumerate(firings)) {
    if (firing.former >= 0 || isTwin[index])
      continue;
    // Unless a product reads its spikes.
    if (!hasNeurons && llvm::none_of(firing.site.spikes, reachesProduct))
      continue;
    SmallVector<int> chain;
    for (int step = int(index); step >= 0; step = next[step])
      chain.push_back(step);
    recover(std::move(chain));
  }
  if (!layers.empty()) {
    stacker.mergeProducts();
    exposeMembranes();
    if (stacker.hasChanged())
      sortTopologically(&function.getBody().front());
    eraseDead();
  }
  return summarise();
}

struct RecoverLif : spike::impl::SpikeRecoverLifBase<RecoverLif> {
  using SpikeRecoverLifBase::SpikeRecoverLifBase;

  void runOnOperation() override {
    std::vector<std::string> missed;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal() && function.getBody().hasOneBlock())
        llvm::append_range(missed, Recovery(function).run());
    if (missed.empty())
      return;
    SmallVector<Attribute> texts =
        llvm::map_to_vector(missed, [&](const std::string &text) -> Attribute {
          return StringAttr::get(&getContext(), text);
        });
    facts(getOperation())
        .getMissedNeuronsAttrHelper()
        .setAttr(getOperation(), ArrayAttr::get(&getContext(), texts));
  }
};

} // namespace
