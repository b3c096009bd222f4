//===- Firings.cpp - Where exported neurons fire --------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Firings.h"
#include "MembranePolynomial.h"
#include "NeuronForm.h"
#include "TrainPatterns.h"
#include "llvm/ADT/bit.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace snn;
using namespace snn::spike;

//===----------------------------------------------------------------------===//
// Comparisons
//===----------------------------------------------------------------------===//

namespace {
/// A comparison of `above` with a constant.
struct Comparison {
  Value above;
  double threshold = 0;
  Value thresholds;    // a constant with one for each channel; then that is 1
  bool strict = false; // >, not >=
};

} // namespace

/// Whether `op` is a part of a count that is bounded behind its rounding.
static bool isPartOfBounded(Operation *op);

/// A comparison as above >= below, or above > below.
static Comparison orient(Operation *op, Value &below) {
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
static bool isPositive(Value value) {
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
static std::optional<Comparison> matchThreshold(Operation *op) {
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
static SmallVector<Value> findSpikes(Value condition) {
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

static std::optional<FiringSite> matchComparison(Operation *op) {
  std::optional<Comparison> match = matchThreshold(op);
  if (!match || isPartOfBounded(op))
    return std::nullopt;
  SmallVector<Value> spikes = findSpikes(op->getResult(0));
  if (spikes.empty() || tensorType(match->above).getShape() !=
                            tensorType(op->getResult(0)).getShape())
    return std::nullopt;
  FiringSite site;
  site.op = op;
  site.membrane = match->above;
  site.threshold = match->threshold;
  site.thresholds = match->thresholds;
  site.strict = match->strict;
  site.spikes = std::move(spikes);
  return site;
}

//===----------------------------------------------------------------------===//
// Counts
//===----------------------------------------------------------------------===//

namespace {
/// A function of one F32 number, as a chain of exported ops.
struct CountChain {
  SmallVector<Operation *> ops; // from the count back to the membrane
  bool isBoundedAbove = false, isBoundedBelow = false;
  Operation *gated = nullptr; // the product with [h > `gate`], or [h >= it]
  double gate = 0;
  bool isGateStrict = false;

  /// The count of membrane `h`, each operation rounded.
  float evaluate(float h) const {
    float y = h;
    for (Operation *op : llvm::reverse(ops)) {
      auto constant = [&]() {
        for (Value operand : op->getOperands())
          if (std::optional<double> number = getUniformFloat(operand))
            return float(*number);
        return 0.0f;
      };
      if (op == gated)
        y = (isGateStrict ? h > float(gate) : h >= float(gate)) ? y : 0;
      else if (isa<onnx::CastOp>(op)) // to integers and back
        y = std::trunc(y);
      else if (isa<onnx::RoundOp>(op))
        y = std::nearbyint(y);
      else if (isa<onnx::FloorOp>(op))
        y = std::floor(y);
      else if (isa<onnx::ReluOp>(op))
        y = y > 0 ? y : 0;
      else if (isa<onnx::MinOp>(op))
        y = std::min(y, constant());
      else if (isa<onnx::MaxOp>(op))
        y = std::max(y, constant());
      else if (isa<onnx::AddOp>(op))
        y = y + constant();
      else if (isa<onnx::MulOp>(op))
        y = y * constant();
      else if (isa<onnx::DivOp>(op))
        y = y / constant();
      else if (auto clip = dyn_cast<onnx::ClipOp>(op))
        y = std::min(std::max(y, float(clip.getLo())), float(clip.getHi()));
    }
    return y;
  }
};
} // namespace

/// The operand that `op` makes its result of, one number of each; null for an
/// op that reads something else.
static Value getOnlyInput(Operation *op) {
  if (isa_and_nonnull<onnx::RoundOp, onnx::FloorOp, onnx::ReluOp, onnx::ClipOp>(
          op))
    return op->getOperand(0);
  if (isa_and_nonnull<onnx::MinOp, onnx::MaxOp, onnx::AddOp, onnx::MulOp>(op))
    for (unsigned side : {1u, 0u})
      if (getUniformFloat(op->getOperand(side)) &&
          op->getOperand(1 - side).getType() == op->getResult(0).getType())
        return op->getOperand(1 - side);
  if (isa_and_nonnull<onnx::DivOp>(op) && getUniformFloat(op->getOperand(1)) &&
      op->getOperand(0).getType() == op->getResult(0).getType())
    return op->getOperand(0);
  return {};
}

/// What is behind the ops that bound `value`, which join `chain`.
static Value followBounds(Value value, CountChain &chain) {
  while (Operation *inner = value.getDefiningOp()) {
    auto clip = dyn_cast<onnx::ClipOp>(inner);
    if ((!clip && !isa<onnx::ReluOp, onnx::MinOp, onnx::MaxOp>(inner)) ||
        !getOnlyInput(inner))
      break;
    chain.isBoundedAbove |=
        isa<onnx::MinOp>(inner) || (clip && std::isfinite(clip.getHi()));
    chain.isBoundedBelow |= isa<onnx::ReluOp, onnx::MaxOp>(inner) ||
                            (clip && std::isfinite(clip.getLo()));
    chain.ops.push_back(inner);
    value = getOnlyInput(inner);
  }
  return value;
}

/// Follows a rounding back to what is clipped: Round(Clip(h, 0, D)),
/// Floor(Clip(h, 0, D) + 0.5), the same with Relu, Max and Min, behind a
/// division by a threshold.
static std::optional<CountChain> followCount(Operation *op, Value &membrane) {
  CountChain chain;
  chain.ops.push_back(op);
  Value value = op->getOperand(0);
  if (isa<onnx::FloorOp>(op)) {
    auto sum = value.getDefiningOp<onnx::AddOp>();
    if (!sum || !getOnlyInput(sum))
      return std::nullopt;
    chain.ops.push_back(sum);
    value = getOnlyInput(sum);
  }
  value = followBounds(value, chain);
  // A threshold divides what the reset goes back to.
  if (Operation *scale = value.getDefiningOp();
      isa_and_nonnull<onnx::DivOp, onnx::MulOp>(scale) && getOnlyInput(scale) &&
      !getOnlyInput(scale).hasOneUse()) {
    chain.ops.push_back(scale);
    value = getOnlyInput(scale);
  }
  membrane = value;
  return chain;
}

/// What a conversion to integers and back takes the whole part of, or Floor.
static Value matchWhole(Value value, SmallVectorImpl<Operation *> &ops) {
  Operation *op = value.getDefiningOp();
  if (isa_and_nonnull<onnx::FloorOp>(op)) {
    ops.push_back(op);
    return op->getOperand(0);
  }
  auto back = dyn_cast_or_null<onnx::CastOp>(op);
  auto whole =
      back ? back.getX().getDefiningOp<onnx::CastOp>() : onnx::CastOp();
  if (!whole || !tensorType(whole.getY()).getElementType().isInteger() ||
      tensorType(whole.getY()).getElementType().isInteger(1) ||
      !tensorType(whole.getX()).getElementType().isF32() ||
      !tensorType(back.getY()).getElementType().isF32())
    return {};
  ops.push_back(back);
  return whole.getX();
}

/// Follows a bound back to the whole part of h / threshold where h is positive:
/// Min([h > 0] * Trunc(h / threshold), D), Clip for Min (sinabs).
static std::optional<CountChain> followBounded(Operation *op, Value &membrane) {
  CountChain chain;
  Value value = followBounds(op->getResult(0), chain);
  Value gated;
  Operation *comparison = nullptr;
  if (auto product = value.getDefiningOp<onnx::MulOp>())
    for (unsigned side : {0u, 1u}) {
      auto cast = product->getOperand(side).getDefiningOp<onnx::CastOp>();
      Operation *from = cast ? cast.getX().getDefiningOp() : nullptr;
      Value below;
      if (!from || !orient(from, below).above || !getUniformFloat(below))
        continue;
      comparison = from;
      gated = product->getOperand(1 - side);
      chain.ops.push_back(product);
      chain.gated = product;
      break;
    }
  SmallVector<Operation *> rounding;
  Value quotient = matchWhole(gated ? gated : value, rounding);
  // A quantiser may round and clip like this, too, but not by conversions.
  if (!quotient || (!gated && isa<onnx::FloorOp>(rounding.front())))
    return std::nullopt;
  chain.ops.append(rounding);
  membrane = quotient;
  if (comparison) {
    Value below;
    Comparison compared = orient(comparison, below);
    chain.gate = *getUniformFloat(below);
    chain.isGateStrict = compared.strict;
    chain.isBoundedBelow |= chain.gate >= 0;
    membrane = compared.above;
  }
  // A threshold divides what the reset goes back to.
  Operation *scale = quotient.getDefiningOp();
  Value scaled = isa_and_nonnull<onnx::DivOp, onnx::MulOp>(scale)
                     ? getOnlyInput(scale)
                     : Value();
  if (scaled && (comparison ? scaled == membrane : !scaled.hasOneUse())) {
    chain.ops.push_back(scale);
    membrane = scaled;
  } else if (quotient != membrane) {
    return std::nullopt;
  }
  return chain;
}

/// Whether a bound behind `op` makes it the whole part of a bounded count.
static bool isPartOfBounded(Operation *op) {
  for (unsigned depth = 0; depth < 6; ++depth) {
    if (!op->getResult(0).hasOneUse())
      return false;
    op = *op->getResult(0).user_begin();
    Value membrane;
    if (isa<onnx::ClipOp, onnx::MinOp>(op) && followBounded(op, membrane))
      return true;
    if (!isa<onnx::CastOp, onnx::MulOp>(op))
      return false;
  }
  return false;
}

/// F32 numbers in their order as integers.
static int64_t toOrdinal(float number) {
  int32_t bits = llvm::bit_cast<int32_t>(number);
  return bits < 0 ? int64_t(INT32_MIN) - bits : bits;
}
static float fromOrdinal(int64_t ordinal) {
  return llvm::bit_cast<float>(
      int32_t(ordinal < 0 ? int64_t(INT32_MIN) - ordinal : ordinal));
}

/// The first number for which `chain` gives at least `count`, by bisection.
static float findLevel(const CountChain &chain, float count) {
  constexpr float most = std::numeric_limits<float>::max();
  int64_t below = toOrdinal(-most), reached = toOrdinal(most);
  while (reached - below > 1) {
    int64_t middle = below + (reached - below) / 2;
    (chain.evaluate(fromOrdinal(middle)) >= count ? reached : below) = middle;
  }
  return fromOrdinal(reached);
}

/// Whether `op` makes whole numbers of a membrane where it is positive, which
/// nothing bounds.
static bool isUnbounded(Operation *op) {
  SmallVector<Operation *> rounding;
  if (!isa<onnx::CastOp>(op) || !matchWhole(op->getResult(0), rounding) ||
      isPartOfBounded(op))
    return false;
  return llvm::any_of(op->getUsers(), [&](Operation *user) {
    if (!isa<onnx::MulOp>(user))
      return false;
    unsigned other = user->getOperand(0) == op->getResult(0);
    auto gate = user->getOperand(other).getDefiningOp<onnx::CastOp>();
    Operation *comparison = gate ? gate.getX().getDefiningOp() : nullptr;
    Value below;
    return comparison && orient(comparison, below).above;
  });
}

static std::optional<FiringSite> matchCount(Operation *op,
                                            std::string &problem) {
  if (isUnbounded(op))
    problem =
        "it takes the whole part of a number that is not bounded, so that "
        "there is no largest count (sinabs: MaxSpike(n))";
  bool isBound = isa<onnx::ClipOp, onnx::MinOp, onnx::MaxOp, onnx::ReluOp>(op);
  if ((!isBound && !isa<onnx::RoundOp, onnx::FloorOp>(op)) ||
      !tensorType(op->getResult(0)).getElementType().isF32() ||
      tensorType(op->getResult(0)).getRank() < 1)
    return std::nullopt;
  FiringSite site;
  // The outermost bound is the count.
  if (isBound && llvm::any_of(op->getUsers(), [](Operation *user) {
        return isa<onnx::ClipOp, onnx::MinOp, onnx::MaxOp, onnx::ReluOp>(user);
      }))
    return std::nullopt;
  std::optional<CountChain> chain = isBound ? followBounded(op, site.membrane)
                                            : followCount(op, site.membrane);
  if (!chain || (!isBound && isPartOfBounded(op)))
    return std::nullopt;
  if (!chain->isBoundedAbove || !chain->isBoundedBelow) {
    problem = "it rounds a number that is not clipped, so that there is no "
              "largest count: clip it to 0 and the largest count";
    return std::nullopt;
  }
  constexpr float most = std::numeric_limits<float>::max();
  float largest = chain->evaluate(most);
  if (chain->evaluate(-most) != 0 || !(largest >= 1) ||
      largest != std::floor(largest) || largest > 255) {
    problem = "it rounds to other counts than 0 to at most 255";
    return std::nullopt;
  }
  for (int count = 1; count <= int(largest); ++count)
    site.levels.push_back(findLevel(*chain, float(count)));
  site.op = op;
  site.threshold = site.levels.front();
  site.spikes = {op->getResult(0)};
  return site;
}

//===----------------------------------------------------------------------===//
// Both
//===----------------------------------------------------------------------===//

float FiringSite::firstLevel() const {
  // h > threshold is h >= the next F32 number.
  return strict ? std::nextafter(float(threshold),
                                 std::numeric_limits<float>::infinity())
                : float(threshold);
}

bool FiringSite::hasLevelsOf(const FiringSite &other) const {
  return isNear(threshold, other.threshold) && thresholds == other.thresholds &&
         strict == other.strict && levels == other.levels;
}

std::optional<FiringSite> FiringSite::match(Operation *op,
                                            std::string &problem) {
  if (std::optional<FiringSite> site = matchComparison(op))
    return site;
  return matchCount(op, problem);
}
