//===- CrossbarLoops.h - Inner loops of the virtual chip --------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiled once per instruction set, like the runtime's loops; crossbarLoops()
// follows the runtime's choice. All tables give the same bits: a column's
// current is summed over the active rows in ascending order, in float, without
// FMA.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_VCHIP_LIB_ISA_CROSSBARLOOPS_H
#define SNN_VCHIP_LIB_ISA_CROSSBARLOOPS_H

#include <cstdint>

namespace snn::vchip::detail {

/// Panels are padded to whole multiples of this many columns.
constexpr int64_t columnBlock = 64;

/// The rows that one pass drives.
struct ActiveRows {
  const uint16_t *rows;
  const float *amplitudes; ///< null: all 1
  int64_t count;
};

/// How a converter turns a column's sum, in level units, into a code, and what
/// happens to the code.
struct Conversion {
  const float *noise;    ///< added to the sums; null: none
  const float *gain;     ///< of the sums and their noise; null: 1
  const float *offset;   ///< converter offsets in steps; null: none
  const int32_t *sign;   ///< of the codes, flipped columns -1; null: all 1
  float inverseStep;     ///< codes per level unit
  float lowest, highest; ///< codes
  int32_t weight;        ///< of the pass
};

struct CrossbarLoopTable {
  /// acc[c] += weight * code(sum over rows of g[row * stride + c]). Returns the
  /// number of saturated conversions. `columns` is a multiple of columnBlock.
  int64_t (*sumAndConvert)(const float *g, int64_t stride,
                           const ActiveRows &active, const Conversion &how,
                           int32_t *acc, int64_t columns);
  /// The same from given sums.
  int64_t (*convert)(const float *sums, const Conversion &how, int32_t *acc,
                     int64_t columns);
  /// The same from given integer sums.
  int64_t (*convertIntegers)(const int32_t *sums, const Conversion &how,
                             int32_t *acc, int64_t columns);
  /// sums[c] = sum over rows; amplitudes squared where `squared`.
  void (*sum)(const float *g, int64_t stride, const ActiveRows &active,
              bool squared, float *sums, int64_t columns);
  /// Currents (conductance times 1 V) of columns whose wires have `resistance`
  /// per row (inverse of the unit of g), reduced from the far end, cell by
  /// cell, to their Norton equivalents. The current leaves behind row `end` -
  /// 1; rows that are not driven are disconnected by their transistors.
  void (*ladder)(const float *g, int64_t stride, const ActiveRows &active,
                 int64_t end, float resistance, float *currents,
                 int64_t columns);
  /// out[c] = deviation * (scale ? sqrt(scale[c]) : 1) * N. Column c takes word
  /// (c mod 64) / 16 of the Philox counter ((c / 64) * 16 + c mod 16 + first,
  /// counter[0..2]).
  void (*normals)(const uint32_t *counter, uint32_t first, uint32_t keyLow,
                  uint32_t keyHigh, float deviation, const float *scale,
                  float *out, int64_t columns);
};

extern const CrossbarLoopTable portableCrossbarLoops;
#if defined(__x86_64__)
extern const CrossbarLoopTable avx2CrossbarLoops;
extern const CrossbarLoopTable avx512CrossbarLoops;
#endif

/// The loops of the instruction set in use.
const CrossbarLoopTable &crossbarLoops();

} // namespace snn::vchip::detail

#endif // SNN_VCHIP_LIB_ISA_CROSSBARLOOPS_H
