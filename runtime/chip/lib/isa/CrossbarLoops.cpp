//===- CrossbarLoops.cpp - Choice of the instruction set ------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CrossbarLoops.h"

#include "isa/Isa.h"

using namespace snn::vchip::detail;
using snn::rt::detail::Isa;

const CrossbarLoopTable &snn::vchip::detail::crossbarLoops() {
#if defined(__x86_64__)
  switch (snn::rt::detail::currentIsa()) {
  case Isa::Amx:
  case Isa::Avx512:
    return avx512CrossbarLoops;
  case Isa::AvxVnni:
  case Isa::Avx2:
    return avx2CrossbarLoops;
  case Isa::Portable:
    break;
  }
#endif
  return portableCrossbarLoops;
}
