//===- Isa.cpp - Choice of the instruction set ------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Isa.h"

#include <cstdlib>
#include <string_view>

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#endif

using namespace snn::rt::detail;

#if defined(__x86_64__)
/// Whether the processor has AMX with 8-bit integers and the system lets this
/// process use it.
static bool requestAmx() {
#if defined(__linux__) && defined(SYS_arch_prctl)
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d >> 24 & 1) ||
      !(d >> 25 & 1))
    return false;
  constexpr int requestPermission = 0x1023, tileData = 18;
  return syscall(SYS_arch_prctl, requestPermission, tileData) == 0;
#else
  return false;
#endif
}

/// Whether the processor has the product of bytes for vectors of 256 bits. Some
/// with AVX-512 do not.
static bool hasAvxVnni() {
  unsigned a, b, c, d;
  return __builtin_cpu_supports("avx2") &&
         __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 4 & 1);
}

/// The AVX2 loops with that product.
static const LoopTable &avxVnniLoops() {
  static const LoopTable table = [] {
    LoopTable t = avx2Loops;
    t.productU8S8 = avxVnniProductU8S8;
    t.peakProducts = avxVnniPeakProducts;
    return t;
  }();
  return table;
}

/// The AVX-512 loops as this processor can run them.
static const LoopTable &widestLoops() {
  static const LoopTable table = [] {
    LoopTable t = avx512Loops;
    if (__builtin_cpu_supports("avx512vpopcntdq"))
      t.histogram = avx512Histogram;
    return t;
  }();
  return table;
}

/// The same with the integer product on AMX tiles.
static const LoopTable &amxLoops() {
  static const LoopTable table = [] {
    LoopTable t = widestLoops();
    t.productU8S8 = amxProductU8S8;
    t.peakProducts = amxPeakProducts;
    return t;
  }();
  return table;
}
#endif

/// The best set of this processor.
static Isa detectIsa() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vnni"))
    return requestAmx() ? Isa::Amx : Isa::Avx512;
  if (hasAvxVnni())
    return Isa::AvxVnni;
  if (__builtin_cpu_supports("avx2"))
    return Isa::Avx2;
#endif
  return Isa::Portable;
}

Isa snn::rt::detail::bestIsa() {
  static const Isa best = detectIsa();
  return best;
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
  if (isa == Isa::Amx)
    return {isa, &amxLoops()};
  if (isa == Isa::Avx512)
    return {isa, &widestLoops()};
  if (isa == Isa::AvxVnni && hasAvxVnni())
    return {isa, &avxVnniLoops()};
  if (isa == Isa::AvxVnni || isa == Isa::Avx2)
    return {Isa::Avx2, &avx2Loops};
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
    if (name == "avxvnni")
      return choose(Isa::AvxVnni);
    if (name == "avx512")
      return choose(Isa::Avx512);
    return choose(Isa::Amx);
  }();
  return current;
}

Isa snn::rt::detail::currentIsa() { return choice().isa; }
void snn::rt::detail::setIsa(Isa isa) { choice() = choose(isa); }
const LoopTable &snn::rt::detail::loops() { return *choice().table; }
