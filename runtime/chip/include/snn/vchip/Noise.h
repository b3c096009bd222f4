//===- Noise.h - Which device effects are on --------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every imperfection of the devices and converters is an effect that is on or
// off, has a model and a magnitude. docs/virtual-chip.md has the formulas.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_VCHIP_NOISE_H
#define SNN_VCHIP_NOISE_H

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace snn::vchip {

enum class Effect : uint8_t {
  ProgrammingNoise, ///< a cell misses its target when it is written
  ReadNoise,    ///< short-term noise of the weights, anew in every conversion
  OutputNoise,  ///< noise of the converter's input, anew in every conversion
  FlickerNoise, ///< 1/f noise since programming, frozen at the read-out time
  Drift,        ///< conductances decay with time
  Variation,    ///< cells of one level differ from device to device
  StuckOn,      ///< a fraction of the cells stays at the highest level
  StuckOff,     ///< a fraction of the cells stays at level 0
  IrDrop,       ///< resistance of the columns' wires
  AdcOffset     ///< every converter has its own offset
};
constexpr size_t effectCount = 10;

/// The key of an effect in a chip's description, e.g. "programming_noise".
std::string_view effectName(Effect effect);

struct EffectSetting {
  bool enable = false;
  std::string model;    ///< empty: the effect's first model
  double magnitude = 0; ///< in the unit of the model
};

/// The state of the devices that a run sees.
struct NoiseModel {
  std::array<EffectSetting, effectCount> effects;
  /// Multiply every tile's output by the global drift compensation factor.
  bool compensate = false;
  /// Read-out time after programming, seconds.
  double seconds = 0;
  uint64_t seed = 0;

  /// Whether a read-out depends on its time.
  bool ages() const { return has(Effect::Drift) || has(Effect::FlickerNoise); }

  EffectSetting &operator[](Effect e) {
    return effects[static_cast<size_t>(e)];
  }
  const EffectSetting &operator[](Effect e) const {
    return effects[static_cast<size_t>(e)];
  }
  bool has(Effect e) const { return (*this)[e].enable; }
  /// Whether every cell holds exactly its level.
  bool exactCells() const;
  /// The same without what is drawn anew in every conversion.
  NoiseModel withoutConversionNoise() const;
};

/// The models that an effect knows, its default first, with default magnitudes.
struct EffectModel {
  std::string_view name;
  double magnitude;
};
const std::vector<EffectModel> &effectModels(Effect effect);

/// Reads `--noise`: `ideal`, `all` (what the chip enables) or a list of effects
/// NAME or NAME=MAGNITUDE, where NAME may leave "_noise" out. Models and
/// magnitudes that are not given are the chip's, else the effect's first.
/// Throws rt::Error on an unknown name, model or number.
NoiseModel parseNoise(const std::string &text, const NoiseModel &chip);

/// Completes models and magnitudes, and refuses unknown models and magnitudes
/// out of range.
void checkNoise(NoiseModel &noise);

} // namespace snn::vchip

#endif // SNN_VCHIP_NOISE_H
