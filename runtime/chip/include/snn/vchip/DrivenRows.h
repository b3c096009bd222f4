//===- DrivenRows.h - Which rows a pass drives ------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A crossbar is driven in passes. A digit d of a row is driven bit by bit
// (bit-serial: pass p drives the rows whose bit p is set and counts 2^p, the
// top bit of signed digits -2^p), or in the slot of its spike (slot-serial:
// pass t drives the rows that fire in slot t and counts T - t - m), or spike by
// spike (unary: pass p drives the rows of digits above p and counts 1). All
// give the same sums (mttfs.md section 2).
//
//===----------------------------------------------------------------------===//

#ifndef SNN_VCHIP_DRIVENROWS_H
#define SNN_VCHIP_DRIVENROWS_H

#include <cstdint>
#include <vector>

namespace snn::vchip {

enum class DriveKind { BitSerial, SlotSerial, Unary };

struct DriveSchedule {
  DriveKind kind = DriveKind::BitSerial;
  /// What a row driven with 1 counts in every pass.
  std::vector<int64_t> factors;
  /// Bits of a digit that one bit-serial pass drives, as an amplitude.
  int32_t bits = 1;
  /// Whether digits may be negative: then the last pass carries the sign.
  bool isSigned = false;

  int64_t passes() const { return static_cast<int64_t>(factors.size()); }
  /// Passes for digits in lowest..highest.
  static DriveSchedule bitSerial(int32_t lowest, int32_t highest,
                                 int32_t bits = 1);
  static DriveSchedule slotSerial(int32_t lowest, int32_t highest);
  /// Passes for counts up to `highest`.
  static DriveSchedule unary(int32_t highest);
};

/// The active rows of every (vector, row group, pass) of one row block.
class DrivenRows {
public:
  /// `digits` of `vectors` inputs, `stride` apart, of `rows` rows each.
  DrivenRows(const DriveSchedule &schedule, const int16_t *digits,
             int64_t vectors, int64_t stride, int64_t rows, int64_t groupRows);

  struct Span {
    const uint16_t *rows;    ///< ascending, within the row block
    const float *amplitudes; ///< null: all 1
    int64_t count;
  };
  Span span(int64_t vector, int64_t group, int64_t pass) const {
    int64_t at = (vector * groupCount + group) * passCount + pass;
    int64_t begin = begins[at];
    return {rowList.data() + begin,
            amplitudeList.empty() ? nullptr : amplitudeList.data() + begin,
            begins[at + 1] - begin};
  }
  /// The sum of a group's digits.
  int64_t digitSum(int64_t vector, int64_t group) const {
    return sums[vector * groupCount + group];
  }
  int64_t groups() const { return groupCount; }

private:
  int64_t groupCount, passCount;
  std::vector<uint16_t> rowList;
  std::vector<float> amplitudeList;
  std::vector<int64_t> begins;
  std::vector<int32_t> sums;
};

} // namespace snn::vchip

#endif // SNN_VCHIP_DRIVENROWS_H
