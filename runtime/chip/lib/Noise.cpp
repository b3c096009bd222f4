//===- Noise.cpp - Which device effects are on ----------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/vchip/Noise.h"

#include "snn/runtime/Tensor.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

using namespace snn::vchip;
using snn::rt::Error;

namespace {
struct EffectEntry {
  std::string_view name;
  std::vector<EffectModel> models;
  /// A magnitude above this makes no sense.
  double most;
};
} // namespace

/// In the order of `Effect`.
static const std::array<EffectEntry, effectCount> &effectTable() {
  static const std::array<EffectEntry, effectCount> table = {{
      {"programming_noise", {{"pcm", 1.0}, {"gaussian", 0.02}}, 1e3},
      {"read_noise", {{"gaussian", 0.02}, {"proportional", 0.02}}, 1e3},
      {"output_noise", {{"gaussian", 0.02}}, 1e3},
      {"flicker_noise", {{"pcm", 1.0}}, 1e3},
      {"drift", {{"pcm", 1.0}}, 1e3},
      {"variation", {{"lognormal", 0.1}}, 1e2},
      {"stuck_on", {{"fraction", 0.001}}, 1.0},
      {"stuck_off", {{"fraction", 0.001}}, 1.0},
      {"ir_drop", {{"fast", 1.0}, {"exact", 1.0}}, 1e9},
      {"adc_offset", {{"gaussian", 0.5}}, 1e3},
  }};
  return table;
}

std::string_view snn::vchip::effectName(Effect effect) {
  return effectTable()[static_cast<size_t>(effect)].name;
}

const std::vector<EffectModel> &snn::vchip::effectModels(Effect effect) {
  return effectTable()[static_cast<size_t>(effect)].models;
}

bool NoiseModel::exactCells() const {
  for (Effect e :
       {Effect::ProgrammingNoise, Effect::FlickerNoise, Effect::Drift,
        Effect::Variation, Effect::StuckOn, Effect::StuckOff})
    if (has(e))
      return false;
  return true;
}

NoiseModel NoiseModel::withoutConversionNoise() const {
  NoiseModel frozen = *this;
  for (Effect e : {Effect::ReadNoise, Effect::OutputNoise})
    frozen[e].enable = false;
  return frozen;
}

void snn::vchip::checkNoise(NoiseModel &noise) {
  for (size_t i = 0; i < effectCount; ++i) {
    EffectSetting &setting = noise.effects[i];
    const EffectEntry &entry = effectTable()[i];
    std::string name(entry.name);
    if (setting.model.empty())
      setting.model = entry.models.front().name;
    std::string known;
    for (const EffectModel &model : entry.models)
      known += (known.empty() ? "'" : ", '") + std::string(model.name) + "'";
    if (setting.enable && std::none_of(entry.models.begin(), entry.models.end(),
                                       [&](const EffectModel &m) {
                                         return m.name == setting.model;
                                       }))
      throw Error("effect '" + name + "' has no model '" + setting.model +
                  "', expected " + known);
    if (!(setting.magnitude >= 0 && setting.magnitude <= entry.most))
      throw Error("effect '" + name + "' needs a magnitude from 0 to " +
                  std::to_string(entry.most) + ", has " +
                  std::to_string(setting.magnitude));
  }
  if (noise.has(Effect::StuckOn) && noise.has(Effect::StuckOff) &&
      noise[Effect::StuckOn].magnitude + noise[Effect::StuckOff].magnitude > 1)
    throw Error("more than all cells are stuck");
  if (!(noise.seconds >= 0))
    throw Error("the read-out time needs seconds from 0 on, has " +
                std::to_string(noise.seconds));
}

/// The effect of that name, with or without "_noise".
static size_t findEffect(const std::string &name) {
  std::string known;
  for (size_t i = 0; i < effectCount; ++i) {
    std::string full(effectTable()[i].name);
    if (name == full || name + "_noise" == full)
      return i;
    known += (i ? ", '" : "'") + full + "'";
  }
  throw Error("'" + name + "' is no device effect, expected 'ideal', 'all', " +
              known);
}

NoiseModel snn::vchip::parseNoise(const std::string &text,
                                  const NoiseModel &chip) {
  NoiseModel noise = chip;
  if (text == "all") {
    checkNoise(noise);
    return noise;
  }
  for (size_t i = 0; i < effectCount; ++i) {
    EffectSetting &setting = noise.effects[i];
    setting.enable = false;
    // A chip that does not use an effect gives no magnitude.
    for (const EffectModel &model : effectTable()[i].models)
      if (setting.magnitude == 0 &&
          (setting.model.empty() || setting.model == model.name)) {
        setting.model = model.name;
        setting.magnitude = model.magnitude;
      }
  }
  if (text == "ideal" || text.empty())
    return noise;
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find(',', begin), text.size());
    std::string item = text.substr(begin, end - begin);
    begin = end + 1;
    size_t equals = item.find('=');
    EffectSetting &setting = noise.effects[findEffect(item.substr(0, equals))];
    setting.enable = true;
    if (equals == std::string::npos)
      continue;
    std::string number = item.substr(equals + 1);
    char *rest = nullptr;
    setting.magnitude = std::strtod(number.c_str(), &rest);
    if (number.empty() || *rest)
      throw Error("'" + item + "' needs a number after '='");
  }
  checkNoise(noise);
  return noise;
}
