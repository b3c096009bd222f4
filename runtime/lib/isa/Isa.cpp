//===- Isa.cpp - Choice of the instruction set ------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Isa.h"

#include <cstdlib>
#include <string_view>

using namespace snn::rt::detail;

Isa snn::rt::detail::bestIsa() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vnni"))
    return Isa::Avx512;
  if (__builtin_cpu_supports("avx2"))
    return Isa::Avx2;
#endif
  return Isa::Portable;
}

namespace {
/// The set in use and its table.
struct Choice {
  Isa isa;
  const LoopTable *table;
};
} // namespace

static Choice choose(Isa wanted) {
  Isa best = bestIsa();
  Isa isa = wanted < best ? wanted : best;
#if defined(__x86_64__)
  if (isa == Isa::Avx512)
    return {isa, &avx512Loops};
  if (isa == Isa::Avx2)
    return {isa, &avx2Loops};
#endif
  return {Isa::Portable, &portableLoops};
}

static Choice &choice() {
  static Choice current = [] {
    const char *text = std::getenv("SNN_ISA");
    std::string_view name = text ? text : "";
    if (name == "portable")
      return choose(Isa::Portable);
    if (name == "avx2")
      return choose(Isa::Avx2);
    if (name == "avx512")
      return choose(Isa::Avx512);
    return choose(Isa::Amx);
  }();
  return current;
}

Isa snn::rt::detail::currentIsa() { return choice().isa; }
void snn::rt::detail::setIsa(Isa isa) { choice() = choose(isa); }
const LoopTable &snn::rt::detail::loops() { return *choice().table; }
