//===- CrossbarPortable.cpp - Crossbar loops, portable
//---------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiled with this instruction set's flags; see CMakeLists.txt. Includes
// nothing that could emit a shared inline function.
//
//===----------------------------------------------------------------------===//

#define SNN_CROSSBAR_TABLE portableCrossbarLoops
#include "CrossbarLoops.inc"
