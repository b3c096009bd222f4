//===- Devices.h - Conductances of cells ------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From the level that a cell was programmed to, to the conductance that it has
// some time later. Phase change memory follows the statistical model of aihwkit
// (Joshi et al., Nature Communications 11, 2473, 2020; Nandakumar et al., ICECS
// 2019), with t0 = 20 s and a read-out of 250 ns:
//
//   sigma_p = 0.26348 + 1.9650 r - 1.1731 r^2 uS for g_max = 25 uS, r = g/g_max
//   g_p     = max(0, g + sigma_p N)
//   nu      = |nu_mean + nu_std N|, nu_mean = clip(-0.0155 ln r + 0.0244,
//   0.049,
//             0.1), nu_std = clip(-0.0125 ln r - 0.0059, 0.008, 0.045)
//   g_d     = g_p ((t + t0) / t0)^-nu
//   g(t)    = max(0, g_d (1 + q sqrt(ln((t + t0 + t_r) / (2 t_r))) N)),
//             q = min(0.0088 / max((g_p / g_max)^0.65, 1e-3), 0.2)
//
// Random numbers are counted by crossbar, row and physical column: the same
// cell of one seed is the same in every run.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_VCHIP_DEVICES_H
#define SNN_VCHIP_DEVICES_H

#include "snn/runtime/Philox.h"
#include "snn/vchip/Noise.h"

namespace snn::vchip {

/// The device of a chip's cells.
struct CellDevice {
  int32_t cellLevels = 2; ///< conductance levels, 0 included
  double gOnUs = 100;     ///< of the highest level, microsiemens
  double gOffUs = 0;      ///< of level 0

  /// The difference of neighbouring levels where `largest` is the highest.
  double stepUs(int32_t largest) const { return (gOnUs - gOffUs) / largest; }
};

/// Where a cell is.
struct CellAddress {
  uint32_t crossbar, row, column;
};

/// A cell's conductance, microsiemens.
struct CellState {
  float programmed; ///< when it had been written
  float fresh;      ///< read out at t = 0, with the 1/f noise of that time
  float now;        ///< at the read-out time
};

/// The key of what is drawn anew at every read-out time.
rt::PhiloxKey keyOfTime(uint64_t seed, uint32_t purpose, double seconds);

/// Cells under the effects that are frozen at one read-out time.
class Cells {
public:
  Cells(const CellDevice &device, const NoiseModel &noise);
  /// The state of the cell that was written with conductance `target`.
  CellState state(float target, CellAddress address) const;

private:
  CellDevice device;
  NoiseModel noise;
  bool programming, relativeProgramming, variation, stuck, drift, flicker;
  /// 1/f noise at one read-out time.
  struct Flicker {
    Flicker(const NoiseModel &noise, double seconds);
    float factor; ///< sqrt(ln((t + t0 + t_r) / (2 t_r)))
    rt::PhiloxKey key;
  };
  /// What 1/f noise makes of `value`, the cell having been written to `g`.
  float flickered(float value, float g, CellAddress address,
                  const Flicker &when) const;
  float timeFactor; ///< ln((t + t0) / t0)
  Flicker flickerFresh, flickerNow;
};

/// Mean and standard deviation of the drift exponent nu before the absolute
/// value is taken.
struct DriftMoments {
  float mean, deviation;
};
DriftMoments pcmDrift(float r);
/// Standard deviation of programming, relative to the highest conductance.
float pcmProgrammingDeviation(float r);

/// A standard normal number of a random word: the inverse of the normal
/// distribution by Giles' single precision formula (GPU Computing Gems, 2011).
float normalOf(uint32_t word);

} // namespace snn::vchip

#endif // SNN_VCHIP_DEVICES_H
