//===- EngineKinds.h - The attention engines of a chip ----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one table of attention engines: their names in chip descriptions, in the
// `engine` attributes of the IR, in images and in options, and the coding that
// they compute in. What is said once for every engine expands it, so that one
// that is added here and missing there does not compile or does not link.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_CHIP_ENGINEKINDS_H
#define SNN_CHIP_ENGINEKINDS_H

#include "llvm/ADT/StringRef.h"

#include <string>

/// ENGINE(Enumerator, Name, Coding, Help) for every kind that attends with
/// binary trains. `Coding` is the choice of the option --coding.
#define SNN_SPIKING_ATTENTION_ENGINES(ENGINE)                                  \
  ENGINE(Ssa, "ssa", Lif, "Stochastic attention of Xpikeformer")               \
  ENGINE(Sdsa, "sdsa", Lif, "Spike-driven attention of Meta-SpikeFormer")

/// The same for every kind.
#define SNN_ATTENTION_ENGINES(ENGINE)                                          \
  ENGINE(Mttfs, "mttfs", Mttfs, "Softmax attention on trains of M-TTFS")       \
  ENGINE(TraceWoss, "trace_woss", Phase,                                       \
         "Softmax attention on phase codes: traces, softmax as a race")        \
  SNN_SPIKING_ATTENTION_ENGINES(ENGINE)

namespace snn::chip {

enum class EngineKind {
#define ENGINE(Enumerator, Name, Coding, Help) Enumerator,
  SNN_ATTENTION_ENGINES(ENGINE)
#undef ENGINE
};

/// The name of an engine.
constexpr llvm::StringLiteral getName(EngineKind kind) {
  switch (kind) {
#define ENGINE(Enumerator, Name, Coding, Help)                                 \
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
