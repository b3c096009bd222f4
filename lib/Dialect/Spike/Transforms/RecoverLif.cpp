//===- RecoverLif.cpp - The spike-recover-lif pass ------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A firing is a comparison of a membrane h with a constant. h is a polynomial
//
//   h = a (h' - s' h' + r s') + b x + c     hard reset to r
//   h = a (h' - threshold s') + b x + c     soft reset
//
// in the step's input x and the former step's membrane h' and spike s'. Steps
// that follow each other this way are one layer of neurons.
//
//===----------------------------------------------------------------------===//

#include "MembranePolynomial.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "snn/Dialect/Spike/Passes.h"
#include "snn/Dialect/Spike/Spike.h"
#include "llvm/ADT/StringMap.h"

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

RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Equal up to the rounding of F32 constants.
bool isNear(double a, double b) {
  return std::fabs(a - b) <= 1e-6 * std::max({1.0, std::fabs(a), std::fabs(b)});
}

/// A value that is one step of a tensor with time on axis 0.
struct StepOf {
  Value source;
  int64_t step = 0;
};

/// What `spike.lif` says of its neurons.
struct Neuron {
  double tau = 1, threshold = 0, reset = 0;
  bool decayInput = true, softReset = false;
};

/// The comparison of a membrane with its threshold.
struct Firing {
  Operation *comparison;
  Value membrane;
  double threshold;
  Value thresholds; // one for each channel, or null
  bool strict;
  SmallVector<Value> spikes; // the result as 0.0 and 1.0
  // From the polynomial.
  int former = -1;   // the step before
  Value input;       // x
  double rise = 1;   // b
  double keep = 0;   // a
  double reset = 0;  // r
  double offset = 0; // c
  bool softReset = false;
  bool scales = false; // the input is divided or multiplied
};

/// A comparison of `above` with a constant.
struct Comparison {
  Value above;
  double threshold = 0;
  Value thresholds;    // a constant with one for each channel; then that is 1
  bool strict = false; // >, not >=
};

/// A comparison as above >= below, or above > below.
Comparison orient(Operation *op, Value &below) {
  Comparison result;
  Operation *inner = op;
  if (auto negation = dyn_cast<onnx::NotOp>(op))
    inner = negation.getX().getDefiningOp();
  if (!isa_and_nonnull<onnx::GreaterOrEqualOp, onnx::GreaterOp,
                       onnx::LessOrEqualOp, onnx::LessOp>(inner))
    return result;
  result.strict = isa<onnx::GreaterOp, onnx::LessOp>(inner);
  bool swapped = isa<onnx::LessOrEqualOp, onnx::LessOp>(inner);
  if (inner != op) { // the negation of a >= b is b > a
    result.strict = !result.strict;
    swapped = !swapped;
  }
  result.above = inner->getOperand(swapped);
  below = inner->getOperand(!swapped);
  return result;
}

/// Whether `value` is a constant of positive numbers.
bool isPositive(Value value) {
  TypedAttr attribute = onnx::getConstantAttr(value);
  if (!attribute || !getElementTypeOrSelf(attribute.getType()).isF32())
    return false;
  FailureOr<rt::Tensor> tensor =
      onnx::resolveConstant(attribute, value.getLoc());
  if (failed(tensor) || tensor->size() == 0)
    return false;
  const float *data = tensor->data<float>();
  return std::all_of(data, data + tensor->size(), [](float element) {
    return element > 0 && std::isfinite(element);
  });
}

/// A comparison with a constant, in the ways to write it.
std::optional<Comparison> matchThreshold(Operation *op) {
  Value below;
  Comparison result = orient(op, below);
  if (!result.above || !tensorType(result.above).getElementType().isF32() ||
      tensorType(result.above).getRank() < 1)
    return std::nullopt;
  auto compareWith = [&](Value above, Value constant, double sign) {
    result.above = above;
    std::optional<double> number = getUniformFloat(constant);
    bool positive = !number && sign > 0 && isPositive(constant);
    if (positive) {
      result.thresholds = constant;
      result.threshold = 1;
    } else if (number) {
      result.threshold = sign * *number;
    }
    return positive || number;
  };
  if (!compareWith(result.above, below, 1))
    return std::nullopt;
  if (result.threshold != 0)
    return result;
  // h - threshold >= 0. A difference of F32 numbers has the sign of their exact
  // difference, so that strictness stays what it is.
  Comparison whole = result;
  if (auto difference = result.above.getDefiningOp<onnx::SubOp>()) {
    if (compareWith(difference.getA(), difference.getB(), 1))
      return result;
  } else if (auto sum = result.above.getDefiningOp<onnx::AddOp>()) {
    if (compareWith(sum.getA(), sum.getB(), -1) ||
        compareWith(sum.getB(), sum.getA(), -1))
      return result;
  }
  return whole;
}

/// The values that `condition` is as 0.0 and 1.0.
SmallVector<Value> findSpikes(Value condition) {
  SmallVector<Value> spikes;
  for (Operation *user : condition.getUsers()) {
    if (auto cast = dyn_cast<onnx::CastOp>(user)) {
      if (tensorType(cast.getY()).getElementType().isF32())
        spikes.push_back(cast.getY());
    } else if (auto where = dyn_cast<onnx::WhereOp>(user)) {
      if (where.getCondition() == condition &&
          where.getY().getType() != condition.getType() &&
          getUniformFloat(where.getA()) == 1.0 &&
          getUniformFloat(where.getB()) == 0.0 &&
          tensorType(where.getY()).getShape() ==
              tensorType(condition).getShape())
        spikes.push_back(where.getY());
    }
  }
  return spikes;
}

/// The step of axis 0 that `value` is, seen through reshapes that drop it.
std::optional<StepOf> getStep(Value value) {
  Operation *op = value.getDefiningOp();
  if (auto gather = dyn_cast_or_null<onnx::GatherOp>(op)) {
    auto index = dyn_cast_or_null<DenseElementsAttr>(
        onnx::getConstantAttr(gather.getIndices()));
    if (gather.getAxis() != 0 || !index || index.getNumElements() != 1 ||
        index.getType().getRank() > 1)
      return std::nullopt;
    int64_t step = (*index.value_begin<APInt>()).getSExtValue();
    int64_t steps = tensorType(gather.getData()).getDimSize(0);
    return StepOf{gather.getData(), step < 0 ? step + steps : step};
  }
  if (auto reshape = dyn_cast_or_null<onnx::ReshapeOp>(op)) {
    auto from = tensorType(reshape.getX());
    if (from.getRank() < 1 || from.getDimSize(0) != 1 ||
        from.getShape().drop_front() != tensorType(value).getShape())
      return std::nullopt;
    if (std::optional<StepOf> step = getStep(reshape.getX()))
      return step;
    return StepOf{reshape.getX(), 0};
  }
  if (auto slice = dyn_cast_or_null<onnx::SliceOp>(op)) {
    if (slice.getAxes() != ArrayRef<int64_t>(0) || slice.getSteps()[0] != 1 ||
        tensorType(value).getDimSize(0) != 1 || slice.getStarts()[0] < 0)
      return std::nullopt;
    return StepOf{slice.getX(), slice.getStarts()[0]};
  }
  if (auto split = dyn_cast_or_null<onnx::SplitOp>(op)) {
    if (split.getAxis() != 0 ||
        llvm::any_of(split.getSizes(), [](int64_t size) { return size != 1; }))
      return std::nullopt;
    return StepOf{split.getX(), cast<OpResult>(value).getResultNumber()};
  }
  return std::nullopt;
}

/// Whether `value` is divided or multiplied by numbers that differ.
bool isScaledByChannel(Value value) {
  Operation *op = value.getDefiningOp();
  return isa_and_nonnull<onnx::DivOp, onnx::MulOp>(op) &&
         onnx::getConstantAttr(op->getOperand(1)) &&
         !getUniformFloat(op->getOperand(1));
}

/// The firings of one function and what links them.
class Recovery {
public:
  explicit Recovery(func::FuncOp function) : function(function) {}
  void run();

private:
  void collect();
  void analyse(Firing &firing, int index);
  bool analyseStep(Firing &firing, const Polynomial &h);
  void analyseFirst(Firing &firing, const Polynomial &h);
  void recover(ArrayRef<int> chain);
  FailureOr<Neuron> toNeuron(ArrayRef<int> chain, StringRef &problem) const;
  FailureOr<Neuron> toInclusive(ArrayRef<int> chain, StringRef &problem) const;
  Operation *findJoin(ArrayRef<int> chain) const;
  void missed(const Firing &firing, StringRef reason) const;
  std::string makeName(Operation *op);

  func::FuncOp function;
  std::vector<Firing> firings;
  MembraneExpander expander;
  DenseMap<Value, int> byMembrane, byCondition;
  llvm::StringMap<unsigned> names;
};

void Recovery::missed(const Firing &firing, StringRef reason) const {
  StringRef name = onnx::getNodeName(firing.comparison->getLoc());
  remark::missed(firing.comparison->getLoc(),
                 remark::RemarkOpts::name("NoNeuron")
                     .category("spike-recover-lif")
                     .function(name))
      << remark::reason("{0}", reason.str());
}

void Recovery::collect() {
  function.walk([&](Operation *op) {
    std::optional<Comparison> match = matchThreshold(op);
    if (!match)
      return;
    SmallVector<Value> spikes = findSpikes(op->getResult(0));
    if (spikes.empty() || tensorType(match->above).getShape() !=
                              tensorType(op->getResult(0)).getShape())
      return;
    Firing firing;
    firing.comparison = op;
    firing.membrane = match->above;
    firing.threshold = match->threshold;
    firing.thresholds = match->thresholds;
    firing.strict = match->strict;
    firing.spikes = std::move(spikes);
    firings.push_back(std::move(firing));
  });
}

/// A neuron's first step, or its only one: h = b x + c.
void Recovery::analyseFirst(Firing &firing, const Polynomial &h) {
  std::vector<Value> variables = h.variables();
  double constant = h.coefficient({});
  // A factor in front of the neuron's own belongs to its input.
  Operation *last = firing.membrane.getDefiningOp();
  bool scaledTwice = isa_and_nonnull<onnx::DivOp, onnx::MulOp>(last) &&
                     isa_and_nonnull<onnx::DivOp, onnx::MulOp>(
                         last->getOperand(0).getDefiningOp());
  if (!scaledTwice && variables.size() == 1 &&
      h.terms() == size_t(1 + (constant != 0)) &&
      h.coefficient({variables[0]}) > 0 &&
      variables[0].getType() == firing.membrane.getType()) {
    firing.input = variables[0];
    firing.rise = h.coefficient({variables[0]});
    firing.offset = constant;
    firing.scales = !isNear(firing.rise, 1);
    return;
  }
  // What is divided or multiplied last is the input, whatever it is made of.
  firing.input = firing.membrane;
  if (!isa_and_nonnull<onnx::DivOp, onnx::MulOp>(last))
    return;
  std::optional<double> factor = getUniformFloat(last->getOperand(1));
  if (!factor || !(*factor > 0) ||
      last->getOperand(0).getType() != firing.membrane.getType())
    return;
  firing.input = last->getOperand(0);
  firing.rise = isa<onnx::DivOp>(last) ? 1 / *factor : *factor;
  firing.scales = true;
}

/// A later step; false if `h` does not follow from a former one.
bool Recovery::analyseStep(Firing &firing, const Polynomial &h) {
  Value membrane, condition, input;
  for (Value variable : h.variables()) {
    if (byMembrane.contains(variable) && !membrane)
      membrane = variable;
    else if (byCondition.contains(variable) && !condition)
      condition = variable;
    else if (!input)
      input = variable;
    else
      return false;
  }
  if (!membrane || !condition || !input)
    return false;
  int former = byCondition[condition];
  if (firings[former].membrane != membrane ||
      input.getType() != firing.membrane.getType())
    return false;
  firing.former = former;
  firing.input = input;
  firing.rise = h.coefficient({input});
  firing.keep = h.coefficient({membrane});
  firing.offset = h.coefficient({});
  double product = h.coefficient({membrane, condition});
  double spike = h.coefficient({condition});
  size_t terms = 2 + (product != 0) + (spike != 0) + (firing.offset != 0);
  if (h.terms() != terms || !(firing.keep > 0) || !(firing.rise > 0))
    return false;
  firing.scales = true;
  if (product == 0) {
    firing.softReset = true;
    return isNear(spike, -firing.keep * firings[former].threshold);
  }
  firing.reset = spike / firing.keep;
  return isNear(product, -firing.keep);
}

void Recovery::analyse(Firing &firing, int index) {
  Polynomial h = expander.expand(firing.membrane);
  Firing step = firing;
  if (analyseStep(step, h))
    firing = step;
  else
    analyseFirst(firing, h);
  Value condition = firing.comparison->getResult(0);
  byMembrane.try_emplace(firing.membrane, index);
  byCondition.try_emplace(condition, index);
  expander.stopAt(firing.membrane);
  expander.stopAt(condition);
  for (Value spike : firing.spikes)
    expander.stopAt(spike, condition);
}

/// The neuron whose steps the firings of `chain` are.
FailureOr<Neuron> Recovery::toNeuron(ArrayRef<int> chain,
                                     StringRef &problem) const {
  FailureOr<Neuron> neuron = toInclusive(chain, problem);
  if (failed(neuron))
    return failure();
  const Firing &first = firings[chain.front()];
  if (first.thresholds &&
      (neuron->threshold != 1 || neuron->reset != 0 || neuron->softReset)) {
    problem =
        "it has a threshold for each channel, but its reset is not a hard "
        "one to 0, where it starts";
    return failure();
  }
  if (!first.strict)
    return neuron;
  if (neuron->softReset) {
    problem = "it fires only above the threshold that its reset subtracts";
    return failure();
  }
  // h > threshold is h >= the next F32 number.
  neuron->threshold = std::nextafter(float(neuron->threshold),
                                     std::numeric_limits<float>::infinity());
  return neuron;
}

/// The same, if a membrane at its threshold fires.
FailureOr<Neuron> Recovery::toInclusive(ArrayRef<int> chain,
                                        StringRef &problem) const {
  const Firing &first = firings[chain.front()];
  Neuron neuron;
  neuron.threshold = first.threshold;
  double start = first.offset; // b x + a v0 + c
  if (chain.size() == 1) {
    // v0 and the reset are only seen as a sum.
    if (first.rise > 1) {
      problem = "its input is multiplied by more than 1";
      return failure();
    }
    neuron.tau = 1 / first.rise;
    neuron.threshold -= start;
    return neuron;
  }
  const Firing &step = firings[chain[1]];
  for (int index : chain) {
    const Firing &other = firings[index];
    bool same = isNear(other.threshold, first.threshold) &&
                other.thresholds == first.thresholds &&
                other.strict == first.strict && isNear(other.rise, step.rise);
    if (index != chain.front())
      same &= isNear(other.keep, step.keep) &&
              isNear(other.reset, step.reset) &&
              isNear(other.offset, step.offset) &&
              other.softReset == step.softReset;
    if (!same) {
      problem = "its time steps differ";
      return failure();
    }
  }
  if (step.keep > 1 && !isNear(step.keep, 1)) {
    problem = "its membrane grows";
    return failure();
  }
  neuron.softReset = step.softReset;
  neuron.reset = step.softReset ? 0 : step.reset;
  bool leaks = !isNear(step.keep, 1);
  if (leaks && isNear(step.rise, 1 - step.keep)) {
    neuron.tau = 1 / step.rise;
  } else if (isNear(step.rise, 1)) {
    neuron.decayInput = false;
    neuron.tau =
        leaks ? 1 / (1 - step.keep) : std::numeric_limits<double>::infinity();
  } else {
    problem = "its input is scaled by neither 1 nor what the membrane loses";
    return failure();
  }
  if (step.offset == 0) {
    if (!isNear(start, 0)) {
      problem = "its membrane does not start from 0";
      return failure();
    }
    return neuron;
  }
  // The membrane leaks towards a rest other than 0, from which it starts and to
  // which it is reset: the same neuron, moved by that much.
  double rest = leaks ? step.offset / (1 - step.keep) : 0;
  if (!leaks || !isNear(start, rest) ||
      (!step.softReset && !isNear(step.reset, rest))) {
    problem = "its membrane leaks towards a value that it does not start from";
    return failure();
  }
  neuron.threshold -= rest;
  neuron.reset = 0;
  return neuron;
}

/// The op that joins the spikes of all steps along a new axis 0, or null.
Operation *Recovery::findJoin(ArrayRef<int> chain) const {
  for (Value spike : firings[chain.front()].spikes)
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
          whole &= part && type.getRank() > 0 && type.getDimSize(0) == 1 &&
                   llvm::is_contained(firings[index].spikes, part.getX()) &&
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

void Recovery::recover(ArrayRef<int> chain) {
  const Firing &first = firings[chain.front()];
  std::optional<StepOf> origin = getStep(first.input);
  int64_t steps = chain.size();
  Value x = first.input;
  bool hasTime = false; // x has an axis of time
  if (origin && tensorType(origin->source).getDimSize(0) == steps) {
    hasTime = true;
    x = origin->source;
    for (auto [step, index] : llvm::enumerate(chain)) {
      std::optional<StepOf> at = getStep(firings[index].input);
      if (!at || at->source != x || at->step != int64_t(step))
        return missed(first,
                      "its time steps are not those of axis 0, in order");
    }
  } else if (steps > 1) {
    return missed(first, isScaledByChannel(first.input)
                             ? "its time constants differ between channels"
                             : "its inputs are not all time steps of one "
                               "tensor's axis 0");
  }
  StringRef problem;
  FailureOr<Neuron> neuron = toNeuron(chain, problem);
  if (failed(neuron))
    return missed(first, problem);

  Operation *join = findJoin(chain);
  Operation *named = join ? join : first.spikes.front().getDefiningOp();
  OpBuilder b(first.comparison);
  if (steps > 1)
    b.setInsertionPointAfterValue(x);
  auto type = tensorType(x);
  auto train = type.clone(BinaryType::get(b.getContext(), unsigned(steps)));
  Location loc = named->getLoc();
  if (first.thresholds) { // the same neuron, scaled
    Operation *scale = b.clone(*first.thresholds.getDefiningOp());
    x = onnx::DivOp::create(b, loc, type, x, scale->getResult(0));
  }
  auto unit = [&](bool flag) { return flag ? b.getUnitAttr() : UnitAttr(); };
  Value spikes = LifOp::create(
      b, loc, train, x, b.getStringAttr(makeName(named)),
      b.getF64FloatAttr(neuron->tau), b.getF64FloatAttr(neuron->threshold),
      b.getF64FloatAttr(neuron->reset), unit(neuron->decayInput),
      unit(neuron->softReset));
  Value all = DequantizeOp::create(b, loc, type, spikes);
  if (join)
    join->getResult(0).replaceAllUsesWith(all);
  for (auto [step, index] : llvm::enumerate(chain))
    for (Value spike : firings[index].spikes) {
      if (spike.use_empty())
        continue;
      Value value = all;
      if (hasTime && steps == 1) {
        SmallVector<int64_t> shape(tensorType(spike).getShape());
        llvm::replace(shape, ShapedType::kDynamic, int64_t(-1));
        value = onnx::ReshapeOp::create(b, loc, spike.getType(), all, shape);
      } else if (hasTime) {
        auto number = DenseElementsAttr::get(
            RankedTensorType::get({}, b.getI64Type()), int64_t(step));
        Value at = onnx::ConstantOp::create(b, loc, number.getType(), number);
        value = onnx::GatherOp::create(b, loc, spike.getType(), all, at, 0);
      }
      spike.replaceAllUsesWith(value);
    }
}

void Recovery::run() {
  collect();
  for (auto [index, firing] : llvm::enumerate(firings))
    analyse(firing, int(index));
  // A comparison alone may be anything; networks of neurons have membranes.
  if (llvm::none_of(firings, [](const Firing &f) { return f.scales; }))
    return;
  std::vector<int> next(firings.size(), -1);
  for (auto [index, firing] : llvm::enumerate(firings))
    if (firing.former >= 0) {
      if (next[firing.former] >= 0)
        missed(firing, "another time step follows from the same one");
      next[firing.former] = int(index);
    }
  for (auto [index, firing] : llvm::enumerate(firings)) {
    if (firing.former >= 0)
      continue;
    SmallVector<int> chain;
    for (int step = int(index); step >= 0; step = next[step])
      chain.push_back(step);
    recover(chain);
  }
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
    if (isOpTriviallyDead(&op))
      op.erase();
}

struct RecoverLif : spike::impl::SpikeRecoverLifBase<RecoverLif> {
  using SpikeRecoverLifBase::SpikeRecoverLifBase;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal() && function.getBody().hasOneBlock())
        Recovery(function).run();
  }
};

} // namespace
