//===- DrivenRows.cpp - Which rows a pass drives --------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/vchip/DrivenRows.h"

#include "snn/runtime/Tensor.h"

#include <algorithm>
#include <string>

using namespace snn::vchip;
using snn::rt::Error;

DriveSchedule DriveSchedule::bitSerial(int32_t lowest, int32_t highest,
                                       int32_t bits) {
  // Two's complement when a digit is negative.
  int32_t width = lowest < 0 ? 1 : 0;
  while ((int64_t(1) << (lowest < 0 ? width - 1 : width)) <= highest ||
         (lowest < 0 && -(int64_t(1) << (width - 1)) > lowest))
    ++width;
  DriveSchedule schedule;
  schedule.bits = bits;
  schedule.isSigned = lowest < 0;
  for (int32_t bit = 0; bit < width; bit += bits)
    schedule.factors.push_back(int64_t(1) << bit);
  // With wider passes the amplitude of the last one carries the sign.
  if (lowest < 0 && bits == 1)
    schedule.factors.back() = -schedule.factors.back();
  return schedule;
}

DriveSchedule DriveSchedule::slotSerial(int32_t lowest, int32_t highest) {
  DriveSchedule schedule;
  schedule.kind = DriveKind::SlotSerial;
  // A larger digit fires earlier; 0 is silent.
  for (int32_t digit = highest; digit >= lowest; --digit)
    if (digit != 0)
      schedule.factors.push_back(digit);
  return schedule;
}

DriveSchedule DriveSchedule::unary(int32_t highest) {
  DriveSchedule schedule;
  schedule.kind = DriveKind::Unary;
  schedule.factors.assign(static_cast<size_t>(highest), 1);
  return schedule;
}

DrivenRows::DrivenRows(const DriveSchedule &schedule, const int16_t *digits,
                       int64_t vectors, int64_t stride, int64_t rows,
                       int64_t groupRows)
    : groupCount((rows + groupRows - 1) / groupRows),
      passCount(schedule.passes()) {
  bool wide = schedule.bits > 1;
  begins.assign(static_cast<size_t>(vectors * groupCount * passCount) + 1, 0);
  sums.assign(static_cast<size_t>(vectors * groupCount), 0);
  rowList.resize(static_cast<size_t>(vectors * rows * passCount));
  if (wide)
    amplitudeList.resize(rowList.size());
  bool serial = schedule.kind == DriveKind::BitSerial;
  int64_t at = 0;
  auto *begin = begins.data();
  for (int64_t v = 0; v < vectors; ++v)
    for (int64_t g = 0; g < groupCount; ++g) {
      int64_t first = g * groupRows, last = std::min(rows, first + groupRows);
      const int16_t *d = digits + v * stride;
      int32_t sum = 0;
      for (int64_t r = first; r < last; ++r)
        sum += d[r];
      sums[v * groupCount + g] = sum;
      for (int64_t p = 0; p < passCount; ++p) {
        if (schedule.kind == DriveKind::Unary) {
          for (int64_t r = first; r < last; ++r) {
            rowList[at] = static_cast<uint16_t>(r);
            at += d[r] > p;
          }
        } else if (!serial) {
          for (int64_t r = first; r < last; ++r) {
            rowList[at] = static_cast<uint16_t>(r);
            at += d[r] == schedule.factors[p];
          }
        } else if (!wide) {
          // A bit of two's complement; branch-free, because half are set.
          for (int64_t r = first; r < last; ++r) {
            rowList[at] = static_cast<uint16_t>(r);
            at += (d[r] >> p) & 1;
          }
        } else {
          int32_t shift = static_cast<int32_t>(p) * schedule.bits;
          int32_t mask = (1 << schedule.bits) - 1;
          for (int64_t r = first; r < last; ++r) {
            int32_t field = d[r] >> shift;
            if (p + 1 < passCount)
              field &= mask;
            if (!field)
              continue;
            rowList[at] = static_cast<uint16_t>(r);
            amplitudeList[at++] = static_cast<float>(field);
          }
        }
        *++begin = at;
      }
    }
  // Every digit must be one that the schedule can drive.
  int64_t low = 0, high = passCount;
  if (serial) { // slots have more passes than a number has bits
    int64_t width = passCount * schedule.bits;
    high = (int64_t(1) << (schedule.isSigned ? width - 1 : width)) - 1;
    low = schedule.isSigned ? -high - 1 : 0;
  }
  for (int64_t v = 0; v < vectors; ++v)
    for (int64_t r = 0; r < rows; ++r) {
      int32_t digit = digits[v * stride + r];
      bool fits =
          serial || schedule.kind == DriveKind::Unary
              ? digit >= low && digit <= high
              : digit == 0 ||
                    std::find(schedule.factors.begin(), schedule.factors.end(),
                              digit) != schedule.factors.end();
      if (!fits)
        throw Error("digit " + std::to_string(digit) + " cannot be driven in " +
                    std::to_string(passCount) + " passes");
    }
}
