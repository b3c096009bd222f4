//===- ProcessMemory.cpp - How a program keeps its memory -----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/ProcessMemory.h"

#include <cstdlib>
#include <initializer_list>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

void snn::rt::keepFreedMemory() {
#if defined(__GLIBC__)
  for (const char *name :
       {"MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_"})
    if (std::getenv(name))
      return;
  // The most that glibc takes for blocks outside of pages of their own.
  constexpr int largestBlock = 32 << 20;
  constexpr int kept = 256 << 20;
  mallopt(M_MMAP_THRESHOLD, largestBlock);
  mallopt(M_TRIM_THRESHOLD, kept);
#endif
}
