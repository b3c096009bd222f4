//===- ReportNumbers.h - Energies and times for people ----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_REPORT_REPORTNUMBERS_H
#define SNN_LIB_REPORT_REPORTNUMBERS_H

#include "llvm/Support/FormatVariadic.h"

#include <string>

namespace snn::chip {

/// An energy in pJ with the unit that suits it.
inline std::string energyText(double pj) {
  static constexpr std::pair<double, const char *> units[] = {
      {1e9, "mJ"}, {1e6, "uJ"}, {1e3, "nJ"}};
  for (auto [size, name] : units)
    if (pj >= size)
      return llvm::formatv("{0:F4} {1}", pj / size, name);
  return llvm::formatv("{0:F4} pJ", pj);
}

/// A time in ns likewise.
inline std::string timeText(double ns) {
  if (ns >= 1e6)
    return llvm::formatv("{0:F3} ms", ns * 1e-6);
  return ns >= 1e3 ? llvm::formatv("{0:F3} us", ns * 1e-3).str()
                   : llvm::formatv("{0:F3} ns", ns).str();
}

} // namespace snn::chip

#endif // SNN_LIB_REPORT_REPORTNUMBERS_H
