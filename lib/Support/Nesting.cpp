//===- Nesting.cpp - How deep a text is nested ----------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Support/Nesting.h"

#include <array>

using namespace llvm;

static constexpr unsigned deepest = 64;
/// Of MLIR, whose types, attributes, regions and locations nest in each other.
static constexpr unsigned deepestMlir = 256;

static Error tooDeep(unsigned line, unsigned most = deepest) {
  return createStringError("is nested deeper than " + Twine(most) +
                           " levels in line " + Twine(line));
}

Error snn::checkJsonNesting(StringRef text) {
  unsigned depth = 0, line = 1;
  bool isQuoted = false;
  for (size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '\n')
      ++line;
    if (isQuoted) {
      if (c == '\\')
        ++at;
      else if (c == '"')
        isQuoted = false;
    } else if (c == '"') {
      isQuoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > deepest)
        return tooDeep(line);
    } else if ((c == ']' || c == '}') && depth) {
      --depth;
    }
  }
  return Error::success();
}

Error snn::checkYamlNesting(StringRef text) {
  // Quoting in YAML depends on the context, so brackets in quotes count too; a
  // text that has so many and closes none is none of ours.
  unsigned depth = 0, line = 1, indent = 0;
  bool isIndent = true;
  for (char c : text) {
    if (c == '\n') {
      ++line;
      indent = 0;
      isIndent = true;
      continue;
    }
    // A block collection starts behind blanks, dashes and question marks.
    if (isIndent && StringRef(" \t-?:").contains(c)) {
      if (++indent > 4 * deepest)
        return tooDeep(line);
      continue;
    }
    isIndent = false;
    if (c == '[' || c == '{') {
      if (++depth > deepest)
        return tooDeep(line);
    } else if ((c == ']' || c == '}') && depth) {
      --depth;
    }
  }
  return Error::success();
}

/// Characters of MLIR text that count here; all others are passed over, as
/// texts with constants in them are long.
static bool counts(char c) {
  static const std::array<bool, 256> table = [] {
    std::array<bool, 256> result = {};
    for (unsigned char each : StringRef("\n\"/->([{<)]}"))
      result[each] = true;
    return result;
  }();
  return table[static_cast<unsigned char>(c)];
}

bool snn::isMlirBytecode(StringRef text) { return text.starts_with("ML\xefR"); }

Error snn::checkMlirNesting(StringRef text) {
  if (isMlirBytecode(text))
    return createStringError(
        "is MLIR bytecode, which nothing checks: needs MLIR text, as "
        "'snn-opt --trust-bytecode' writes it");
  unsigned depth = 0, line = 1;
  const char *at = text.begin(), *end = text.end();
  auto isNext = [&](char c) { return end - at > 1 && at[1] == c; };
  for (; at != end; ++at) {
    char c = *at;
    if (!counts(c))
      continue;
    if (c == '\n') {
      ++line;
    } else if (c == '"') {
      // No string has a line break.
      while (end - at > 1 && at[1] != '"' && at[1] != '\n')
        at += at[1] == '\\' && end - at > 2 ? 2 : 1;
      if (isNext('"'))
        ++at;
    } else if (c == '/') {
      if (isNext('/'))
        while (end - at > 1 && at[1] != '\n')
          ++at;
    } else if (c == '-') {
      if (isNext('>'))
        ++at;
    } else if (c == '>' && isNext('=')) {
      ++at;
    } else if (c == '(' || c == '[' || c == '{' || c == '<') {
      if (++depth > deepestMlir)
        return tooDeep(line, deepestMlir);
    } else if (depth) {
      --depth;
    }
  }
  return Error::success();
}
