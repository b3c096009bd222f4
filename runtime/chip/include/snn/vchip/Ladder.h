//===- Ladder.h - The wires of a column -------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The cells of a column are connected by pieces of wire: a resistive ladder.
// The virtual chip reduces it row by row; this is the plain form that the
// reduction is tested against.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_VCHIP_LADDER_H
#define SNN_VCHIP_LADDER_H

#include <vector>

namespace snn::vchip {

/// The current into the virtual ground behind the last row of a column: cell i
/// of conductance `conductances[i]` (siemens; 0 where its transistor is off)
/// connects a source of `volts[i]` to node i; neighbouring nodes, and the last
/// node and ground, are `ohms` apart. Solves the equations of all nodes.
double solveLadder(const std::vector<double> &conductances,
                   const std::vector<double> &volts, double ohms);

} // namespace snn::vchip

#endif // SNN_VCHIP_LADDER_H
