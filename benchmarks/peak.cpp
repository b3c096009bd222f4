//===- peak.cpp - Multiply-accumulates a second of one thread ---*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// c++ -std=c++17 -O2 peak.cpp -o peak: prints one line of JSON, the best of ten
// runs of registers alone, without memory. 0 where the processor has no VNNI.
//
//===----------------------------------------------------------------------===//

#include <chrono>
#include <cstdint>
#include <cstdio>

#if defined(__x86_64__)
#include <immintrin.h>

/// `steps` times twelve independent products of 64 bytes.
__attribute__((target("avx512f,avx512vnni"))) static int64_t
multiply(int64_t steps) {
  __m512i sums[12];
  for (__m512i &sum : sums) {
    sum = _mm512_setzero_si512();
    asm volatile("" : "+v"(sum)); // twelve sums, not one
  }
  __m512i a = _mm512_set1_epi8(3), b = _mm512_set1_epi8(1);
  for (int64_t i = 0; i < steps; ++i) {
#pragma GCC unroll 12
    for (int j = 0; j < 12; ++j)
      sums[j] = _mm512_dpbusd_epi32(sums[j], a, b);
    asm volatile("" : "+v"(a), "+v"(b));
  }
  int64_t total = 0;
  for (__m512i sum : sums)
    total += _mm512_reduce_add_epi32(sum);
  return total;
}

static bool hasVnni() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512vnni");
}
#else
static int64_t multiply(int64_t) { return 0; }
static bool hasVnni() { return false; }
#endif

int main() {
  constexpr int64_t steps = 4000000;
  double best = 0;
  volatile int64_t sink = 0;
  for (int run = 0; hasVnni() && run < 10; ++run) {
    auto start = std::chrono::steady_clock::now();
    sink = multiply(steps);
    std::chrono::duration<double> seconds =
        std::chrono::steady_clock::now() - start;
    double rate = steps * 12 * 64 / seconds.count();
    best = rate > best ? rate : best;
  }
  (void)sink;
  std::printf("{\"vnni_gmac_per_s\": %.1f}\n", best * 1e-9);
}
