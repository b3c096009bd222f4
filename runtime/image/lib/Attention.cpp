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
      !std::isfinite(neuron.amount()) || !std::isfinite(neuron.floor()))
    return "has neurons without finite parameters";
  if (neuron.order() < 0 || neuron.order() > pb::LifNeuron::AFFINE)
    return "has neurons of an unknown order of charge";
  if (neuron.rule() < 0 || neuron.rule() > pb::LifNeuron::NEVER)
    return "has neurons of an unknown rule of reset";
  if (neuron.has_floor() && (neuron.rule() == pb::LifNeuron::LATE_SUBTRACT ||
                             neuron.rule() == pb::LifNeuron::LATE_ZERO))
    return "has neurons of a floor and a late reset";
  float level = neuron.threshold();
  for (float next : neuron.levels()) {
    if (!(next >= level) || !std::isfinite(next))
      return "has neurons whose levels do not ascend";
    level = next;
  }
  bool hasTau = neuron.order() == pb::LifNeuron::TAU ||
                neuron.order() == pb::LifNeuron::LEAK_TAU;
  for (float constant : neuron.constants())
    if (!(hasTau ? constant >= 1 : std::isfinite(constant)))
      return "has a channel whose neurons have no time constant or factor";
  if (neuron.constants_size() != 0 && neuron.inner() == 0)
    return "has channels of no neurons";
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
  if (neuron.constants_size() != 0)
    text += ", " + std::to_string(neuron.constants_size()) +
            " channels with constants of their own";
  if (neuron.has_floor())
    text += ", not below " + toText(neuron.floor());
  if (neuron.levels_size() > 0)
    text += ", " + std::to_string(neuron.levels_size() + 1) + " levels";
  return text;
}

//===----------------------------------------------------------------------===//
// Kinds of attention
//===----------------------------------------------------------------------===//

/// The channels of values.
static int64_t getWidth(const AttentionTrains &trains) {
  return trains.valueChannels < 0 ? trains.channels : trains.valueChannels;
}

static const char *engineOf(const pb::Sdsa &) { return "sdsa"; }

static std::string findFault(const pb::Sdsa &sdsa) {
  if (sdsa.variant() < 1 || sdsa.variant() > 4)
    return "needs variant 1 to 4";
  if (!std::isfinite(sdsa.scale()))
    return "has a scale that is not finite";
  if (sdsa.scale_shape_size() != 0 || sdsa.scales_size() != 0) {
    if (sdsa.scale_shape_size() != 3)
      return "has scales of " + std::to_string(sdsa.scale_shape_size()) +
             " axes";
    uint64_t count = 1;
    for (uint32_t size : sdsa.scale_shape()) {
      count *= size;
      if (size == 0 || count > (uint64_t(1) << 31))
        return "has scales of impossible sizes";
    }
    if (count != uint64_t(sdsa.scales_size()))
      return "has " + std::to_string(sdsa.scales_size()) + " scales for " +
             std::to_string(count) + " places";
    for (float scale : sdsa.scales())
      if (!std::isfinite(scale))
        return "has a scale that is not finite";
  }
  if (sdsa.variant() < 3 &&
      (sdsa.scales_size() != 0 || sdsa.neuron().levels_size() != 0))
    return "has scales or levels, which variants 3 and 4 have alone";
  if (sdsa.neuron().constants_size() != 0)
    return "has neurons with constants of channels";
  return findFault(sdsa.neuron());
}

static std::string findFault(const pb::Sdsa &sdsa,
                             const AttentionTrains &trains) {
  bool isMatrix = sdsa.variant() >= 3;
  if (trains.hasMask && !isMatrix)
    return "has a mask that it cannot apply";
  if (!isMatrix &&
      (trains.largestProduct > 1 || getWidth(trains) != trains.channels))
    return "has trains of counts or of two widths, which variants 3 and 4 take "
           "alone";
  // Float holds every integer below; a size that is not known is checked when
  // it runs.
  double sum = double(trains.largestProduct);
  for (int64_t size : {trains.tokens, trains.channels})
    sum *= size > 0 ? double(size) : 1;
  if (trains.largestProduct > 1 && sum >= double(1 << 24))
    return "has sums of counts of 2^24 or more";
  const int64_t axes[] = {trains.heads, trains.tokens, getWidth(trains)};
  for (int axis = 0; axis < sdsa.scale_shape_size(); ++axis)
    if (sdsa.scale_shape(axis) != 1 && axes[axis] >= 0 &&
        int64_t(sdsa.scale_shape(axis)) != axes[axis])
      return "has " + std::to_string(sdsa.scale_shape(axis)) +
             " scales along an axis of " + std::to_string(axes[axis]);
  return {};
}

static std::string describe(const pb::Sdsa &sdsa) {
  std::string scale = sdsa.scales_size() == 0
                          ? "scale " + toText(sdsa.scale())
                          : std::to_string(sdsa.scales_size()) + " scales";
  return "sdsa " + std::to_string(sdsa.variant()) + ", " + scale + ", " +
         describe(sdsa.neuron());
}

static const char *engineOf(const pb::Ssa &) { return "ssa"; }

static std::string findFault(const pb::Ssa &ssa) {
  if (!ssa.norm_d() || !ssa.norm_n())
    return "divides by nothing";
  constexpr uint32_t largest = 1u << 31; // as spike.ssa has it
  for (uint32_t norm : ssa.norms())
    if (norm == 0 || norm > largest)
      return "has norms of queries that are 0 or above 2^31";
  return std::max(ssa.norm_d(), ssa.norm_n()) > largest ? "has norms above 2^31"
                                                        : "";
}

static std::string findFault(const pb::Ssa &ssa,
                             const AttentionTrains &trains) {
  if (trains.largestProduct > 1 || getWidth(trains) != trains.channels)
    return "needs binary trains of one shape";
  if (ssa.norms_size() != 0 && trains.tokens >= 0 &&
      ssa.norms_size() != trains.tokens)
    return "has " + std::to_string(ssa.norms_size()) + " norms for " +
           std::to_string(trains.tokens) + " queries";
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
  if (ssa.norms_size() != 0)
    text += ", " + std::to_string(ssa.norms_size()) + " norms of queries";
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
