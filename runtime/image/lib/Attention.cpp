//===- Attention.cpp - Attention of binary trains in an image ---*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/image/Attention.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace snn;
using namespace snn::image;

/// A number as people read it.
static std::string toText(double value) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%g", value);
  return buffer;
}

//===----------------------------------------------------------------------===//
// Neurons
//===----------------------------------------------------------------------===//

std::string snn::image::findFault(const pb::LifNeuron &neuron) {
  if (!(neuron.tau() >= 1))
    return "has neurons of a time constant of " + std::to_string(neuron.tau()) +
           " steps";
  // An infinite time constant is that of neurons that do not leak.
  if (!std::isfinite(neuron.threshold()) || !std::isfinite(neuron.reset()) ||
      !std::isfinite(neuron.factor()) || !std::isfinite(neuron.gain()) ||
      !std::isfinite(neuron.amount()))
    return "has neurons without finite parameters";
  if (neuron.order() < 0 || neuron.order() > pb::LifNeuron::AFFINE)
    return "has neurons of an unknown order of charge";
  if (neuron.rule() < 0 || neuron.rule() > pb::LifNeuron::NEVER)
    return "has neurons of an unknown rule of reset";
  float level = neuron.threshold();
  for (float next : neuron.levels()) {
    if (!(next >= level) || !std::isfinite(next))
      return "has neurons whose levels do not ascend";
    level = next;
  }
  if (neuron.levels_size() > 254)
    return "has neurons of " + std::to_string(neuron.levels_size() + 1) +
           " levels";
  return {};
}

std::string snn::image::describe(const pb::LifNeuron &neuron) {
  std::string text = "tau " + toText(neuron.tau()) + ", threshold " +
                     toText(neuron.threshold());
  if (neuron.soft_reset())
    text += ", soft reset";
  if (neuron.decay_input())
    text += ", input decays";
  if (neuron.reset() != 0)
    text += ", reset to " + toText(neuron.reset());
  switch (neuron.order()) {
  case pb::LifNeuron::DECAY_FACTOR:
    text += ", v + (x - v) * " + toText(neuron.factor());
    break;
  case pb::LifNeuron::LEAK_TAU:
    text += ", v - v / tau + x";
    break;
  case pb::LifNeuron::LEAK_FACTOR:
    text += ", v - v * " + toText(neuron.factor()) + " + x";
    break;
  case pb::LifNeuron::AFFINE:
    text +=
        ", v * " + toText(neuron.factor()) + " + x * " + toText(neuron.gain());
    break;
  default:
    break;
  }
  switch (neuron.rule()) {
  case pb::LifNeuron::SUBTRACT:
    text += ", a spike subtracts " + toText(neuron.amount());
    break;
  case pb::LifNeuron::LATE_SUBTRACT:
    text += ", a spike subtracts " + toText(neuron.amount()) +
            " from the next step";
    break;
  case pb::LifNeuron::LATE_ZERO:
    text += ", a spike clears the next step";
    break;
  case pb::LifNeuron::NEVER:
    text += ", no reset";
    break;
  default:
    break;
  }
  if (neuron.levels_size() > 0)
    text += ", " + std::to_string(neuron.levels_size() + 1) + " levels";
  return text;
}

//===----------------------------------------------------------------------===//
// Kinds of attention
//===----------------------------------------------------------------------===//

static const char *engineOf(const pb::Sdsa &) { return "sdsa"; }

static std::string findFault(const pb::Sdsa &sdsa) {
  if (sdsa.variant() < 1 || sdsa.variant() > 4)
    return "needs variant 1 to 4";
  if (!std::isfinite(sdsa.scale()))
    return "has a scale that is not finite";
  return findFault(sdsa.neuron());
}

static std::string findFault(const pb::Sdsa &sdsa,
                             const AttentionTrains &trains) {
  return trains.hasMask && sdsa.variant() < 3
             ? "has a mask that it cannot apply"
             : "";
}

static std::string describe(const pb::Sdsa &sdsa) {
  return "sdsa " + std::to_string(sdsa.variant()) + ", scale " +
         toText(sdsa.scale()) + ", " + describe(sdsa.neuron());
}

static const char *engineOf(const pb::Ssa &) { return "ssa"; }

static std::string findFault(const pb::Ssa &ssa) {
  if (!ssa.norm_d() || !ssa.norm_n())
    return "divides by nothing";
  constexpr uint32_t largest = 1u << 31; // as spike.ssa has it
  return std::max(ssa.norm_d(), ssa.norm_n()) > largest ? "has norms above 2^31"
                                                        : "";
}

static std::string findFault(const pb::Ssa &ssa,
                             const AttentionTrains &trains) {
  if (int64_t(ssa.norm_d()) >= trains.channels &&
      int64_t(ssa.norm_n()) >= trains.tokens)
    return "";
  return "has norms below its " + std::to_string(trains.channels) +
         " channels or " + std::to_string(trains.tokens) + " tokens";
}

static std::string describe(const pb::Ssa &ssa) {
  std::string text = "ssa, norms " + std::to_string(ssa.norm_d()) + " and " +
                     std::to_string(ssa.norm_n()) + ", seed " +
                     std::to_string(ssa.stream().seed()) + ", layer " +
                     std::to_string(ssa.stream().layer());
  if (ssa.lfsr())
    text += ", lfsr32";
  if (ssa.reuse_row())
    text += ", one draw a row";
  if (ssa.mask_self())
    text += ", not to itself";
  return text;
}

/// Calls `visit` with the message of the attention's kind; gives `otherwise`
/// where it is of none.
template <typename Visit>
static std::string visitKind(const pb::SpikingAttention &attention, Visit visit,
                             const char *otherwise) {
  switch (attention.kind_case()) {
  case pb::SpikingAttention::kSdsa:
    return visit(attention.sdsa());
  case pb::SpikingAttention::kSsa:
    return visit(attention.ssa());
  default:
    return otherwise;
  }
}

std::string snn::image::getEngineKind(const pb::SpikingAttention &attention) {
  return visitKind(
      attention, [](const auto &kind) -> std::string { return engineOf(kind); },
      "");
}

std::string snn::image::findFault(const pb::SpikingAttention &attention) {
  return visitKind(
      attention, [](const auto &kind) { return ::findFault(kind); },
      "is of no kind");
}

std::string snn::image::findFault(const pb::SpikingAttention &attention,
                                  const AttentionTrains &trains) {
  return visitKind(
      attention,
      [&](const auto &kind) -> std::string {
        return ::findFault(kind, trains);
      },
      "is of no kind");
}

std::string snn::image::describe(const pb::SpikingAttention &attention) {
  return visitKind(
      attention, [](const auto &kind) { return ::describe(kind); }, "no kind");
}
