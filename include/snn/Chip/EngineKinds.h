//===- EngineKinds.h - The attention engines of a chip ----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one table of attention engines: their names in chip descriptions, in the
// `engine` attributes of the IR, in images and in options.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_CHIP_ENGINEKINDS_H
#define SNN_CHIP_ENGINEKINDS_H

#include "llvm/ADT/StringRef.h"

#include <string>

/// ENGINE(Enumerator, Name, Help) for every kind.
#define SNN_ATTENTION_ENGINES(ENGINE)                                          \
  ENGINE(Mttfs, "mttfs", "Softmax attention on trains of M-TTFS")              \
  ENGINE(TraceWoss, "trace_woss",                                              \
         "Softmax attention on phase codes: traces, softmax as a race")        \
  ENGINE(Ssa, "ssa", "Stochastic attention of Xpikeformer")                    \
  ENGINE(Sdsa, "sdsa", "Spike-driven attention of Meta-SpikeFormer")

namespace snn::chip {

enum class EngineKind {
#define ENGINE(Enumerator, Name, Help) Enumerator,
  SNN_ATTENTION_ENGINES(ENGINE)
#undef ENGINE
};

/// The name of an engine.
constexpr llvm::StringLiteral getName(EngineKind kind) {
  switch (kind) {
#define ENGINE(Enumerator, Name, Help)                                         \
  case EngineKind::Enumerator:                                                 \
    return Name;
    SNN_ATTENTION_ENGINES(ENGINE)
#undef ENGINE
  }
  return "";
}

/// The name of an engine, or of a choice of options, as it was written:
/// hyphens are read as underscores.
inline std::string normaliseName(llvm::StringRef text) {
  std::string name = text.str();
  for (char &c : name)
    if (c == '-')
      c = '_';
  return name;
}

} // namespace snn::chip

#endif // SNN_CHIP_ENGINEKINDS_H
