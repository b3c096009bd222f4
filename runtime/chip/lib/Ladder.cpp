//===- Ladder.cpp - The wires of a column ---------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/vchip/Ladder.h"

#include <cstddef>

double snn::vchip::solveLadder(const std::vector<double> &conductances,
                               const std::vector<double> &volts, double ohms) {
  size_t n = conductances.size();
  if (n == 0)
    return 0;
  if (ohms <= 0) {
    double current = 0;
    for (size_t i = 0; i < n; ++i)
      current += conductances[i] * volts[i];
    return current;
  }
  // Kirchhoff's current law at node i: tridiagonal, diagonally dominant.
  double wire = 1 / ohms;
  std::vector<double> diagonal(n), right(n);
  for (size_t i = 0; i < n; ++i) {
    diagonal[i] = conductances[i] + wire * (i == 0 ? 1 : 2);
    right[i] = conductances[i] * volts[i];
  }
  for (size_t i = 1; i < n; ++i) {
    double factor = wire / diagonal[i - 1];
    diagonal[i] -= factor * wire;
    right[i] += factor * right[i - 1];
  }
  return right[n - 1] / diagonal[n - 1] * wire;
}
