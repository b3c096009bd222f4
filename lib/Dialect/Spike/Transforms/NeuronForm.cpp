//===- NeuronForm.cpp - The neuron that membranes follow ------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NeuronForm.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace snn;
using namespace snn::spike;

bool snn::spike::isNear(double a, double b) {
  return std::fabs(a - b) <= 1e-6 * std::max({1.0, std::fabs(a), std::fabs(b)});
}

bool StepForm::isLike(const StepForm &other) const {
  return kind == other.kind && isNear(keep, other.keep) &&
         isNear(rise, other.rise) && isNear(offset, other.offset) &&
         isNear(spike, other.spike) &&
         floor.has_value() == other.floor.has_value() &&
         isNear(floor.value_or(0), other.floor.value_or(0)) &&
         hasChannels == other.hasChannels;
}

std::optional<StepForm> StepForm::match(const Polynomial &h, Value membrane,
                                        Value spikes, Value thresholds,
                                        std::string &problem) {
  StepForm form;
  for (Value variable : h.variables()) {
    if (variable == membrane || variable == spikes ||
        (thresholds && variable == thresholds))
      continue;
    if (form.input) {
      problem = "its membrane takes up more than one input";
      return std::nullopt;
    }
    form.input = variable;
  }
  if (!form.input) {
    problem = "its membrane takes up no input";
    return std::nullopt;
  }
  form.keep = h.coefficient({membrane});
  form.rise = h.coefficient({form.input});
  form.offset = h.coefficient({});
  form.spike = thresholds ? h.coefficient({spikes, thresholds})
                          : h.coefficient({spikes});
  double kept = h.coefficient({membrane, spikes});
  double taken = h.coefficient({form.input, spikes});
  size_t terms = (form.keep != 0) + (form.rise != 0) + (form.offset != 0) +
                 (form.spike != 0) + (kept != 0) + (taken != 0);
  if (h.terms() != terms) {
    problem = "its membrane has powers of the former one, of its spikes or of "
              "its input";
    return std::nullopt;
  }
  if (!(form.keep > 0) || !(form.rise > 0)) {
    problem = "the former membrane and its input do not both add to its "
              "membrane";
    return std::nullopt;
  }
  if (kept == 0 && taken == 0) {
    form.kind = form.spike == 0 ? Unreset : Subtracts;
    return form;
  }
  if (isNear(kept, -form.keep) && taken == 0) {
    form.kind = Hard;
    return form;
  }
  if (isNear(kept, -form.keep) && isNear(taken, -form.rise) &&
      isNear(form.spike, -form.offset)) {
    form.kind = Clears;
    return form;
  }
  problem = llvm::formatv("its spikes take {0} of {1} off its membrane, which "
                          "is no reset",
                          -kept, form.keep)
                .str();
  return std::nullopt;
}

/// What the neuron's charge may be, for the mathematics of `form`.
static SmallVector<rt::LifNeuron> listCharges(const StepForm &form,
                                              const rt::LifNeuron &levels) {
  SmallVector<rt::LifNeuron> charges;
  rt::LifNeuron neuron = levels;
  bool leaks = !isNear(form.keep, 1);
  auto add = [&](rt::ChargeOrder order, double tau, double factor, double gain,
                 bool decayInput) {
    neuron.order = order;
    neuron.tau = float(tau);
    neuron.factor = float(factor);
    neuron.gain = float(gain);
    neuron.decayInput = decayInput;
    charges.push_back(neuron);
  };
  if (leaks && isNear(form.rise, 1 - form.keep)) {
    if (form.rise <= 1)
      add(rt::ChargeOrder::Tau, 1 / form.rise, 0, 1, true);
    add(rt::ChargeOrder::DecayFactor, 1, form.rise, 1, false);
  }
  if (isNear(form.rise, 1)) {
    double tau =
        leaks ? 1 / (1 - form.keep) : std::numeric_limits<double>::infinity();
    if (form.keep < 1 || !leaks) {
      add(rt::ChargeOrder::Tau, tau, 0, 1, false);
      if (leaks)
        add(rt::ChargeOrder::LeakTau, tau, 0, 1, false);
    }
    if (leaks)
      add(rt::ChargeOrder::LeakFactor, 1, 1 - form.keep, 1, false);
  }
  add(rt::ChargeOrder::Affine, 1, form.keep, form.rise, false);
  return charges;
}

/// What its reset may be.
static SmallVector<rt::LifNeuron> listResets(const StepForm &form,
                                             const rt::LifNeuron &levels) {
  SmallVector<rt::LifNeuron> resets;
  rt::LifNeuron neuron = levels;
  if (form.floor)
    neuron.floor = float(*form.floor);
  auto add = [&](rt::ResetRule rule, double amount) {
    neuron.rule = rule;
    neuron.amount = float(amount);
    resets.push_back(neuron);
  };
  switch (form.kind) {
  case StepForm::Unreset:
    add(rt::ResetRule::Never, 0);
    break;
  case StepForm::Hard:
    neuron.reset = float(form.reset());
    add(rt::ResetRule::AtOnce, 0);
    break;
  case StepForm::Clears:
    add(rt::ResetRule::LateZero, 0);
    break;
  case StepForm::Subtracts: {
    double amount = -form.spike / form.keep;
    if (levels.levels.empty() && float(amount) == levels.threshold) {
      neuron.softReset = true;
      add(rt::ResetRule::AtOnce, 0);
      neuron.softReset = false;
    }
    add(rt::ResetRule::Subtract, amount);
    if (!form.floor)
      add(rt::ResetRule::LateSubtract, -form.spike);
    break;
  }
  }
  return resets;
}

rt::LifNeuron
snn::spike::chooseNeuron(const StepForm &form, const rt::LifNeuron &levels,
                         llvm::function_ref<bool(const rt::LifNeuron &)> isSame,
                         bool &isExact) {
  std::optional<rt::LifNeuron> first;
  for (const rt::LifNeuron &reset : listResets(form, levels))
    for (const rt::LifNeuron &neuron : listCharges(form, reset)) {
      if (!first)
        first = neuron;
      if (!isSame(neuron))
        continue;
      isExact = true;
      return neuron;
    }
  isExact = false;
  return *first;
}

static bool isPowerOfTwo(float value) {
  int exponent;
  return std::frexp(value, &exponent) == 0.5f;
}

bool snn::spike::isDivided(const rt::LifNeuron &neuron) {
  return (neuron.order == rt::ChargeOrder::LeakTau ||
          (neuron.order == rt::ChargeOrder::Tau && neuron.decayInput)) &&
         !isPowerOfTwo(neuron.tau);
}

bool snn::spike::isMultiplied(const rt::LifNeuron &neuron) {
  return (neuron.order == rt::ChargeOrder::DecayFactor ||
          neuron.order == rt::ChargeOrder::LeakFactor) &&
         !isPowerOfTwo(neuron.factor);
}

bool snn::spike::computesAs(const rt::LifNeuron &neuron, ExportedStep step,
                            int samples) {
  // Any numbers do that have all bits of an F32: two orders that differ do so
  // for a large part of them.
  uint32_t state = 12345;
  auto draw = [&]() {
    state = state * 1664525u + 1013904223u;
    return float(int32_t(state >> 8)) / float(1 << 24);
  };
  float unit = std::max(std::fabs(neuron.threshold), 1e-3f);
  for (int sample = 0; sample < samples; ++sample) {
    float h = unit * (4 * draw() - 1.5f), x = unit * (4 * draw() - 1.5f);
    if (neuron.hasFloor() && sample % 4 == 3)
      h = neuron.floor + unit * (draw() - 0.5f);
    int32_t spikes = rt::lifCount(h, neuron);
    std::optional<float> exported = step(h, float(spikes), x);
    float v = rt::lifReset(h, spikes, neuron);
    if (!exported ||
        *exported != rt::lifCharge(v, x, neuron, neuron.constantsAt(0)))
      return false;
  }
  return true;
}
