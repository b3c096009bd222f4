//===- CrossbarAvx512.cpp - Crossbar loops, avx512
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

#define SNN_CROSSBAR_TABLE avx512CrossbarLoops
#define SNN_LOOPS_AVX512 1
#include "CrossbarLoops.inc"
