//===- CppText.cpp - C++ literals and identifiers -------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CppText.h"
#include "snn/Dialect/Kernel/Kernel.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <charconv>
#include <cmath>

using namespace mlir;
using namespace snn;

std::string cpp::quote(StringRef text) {
  std::string result = "\"";
  for (unsigned char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c < 0x20 || c == 0x7f) {
      const char digits[] = {char('0' + (c >> 6)), char('0' + (c >> 3 & 7)),
                             char('0' + (c & 7))};
      result += '\\';
      result.append(digits, 3);
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string cpp::integer(int64_t value) {
  return value == INT64_MIN ? "INT64_MIN" : std::to_string(value);
}

template <typename T> static std::string printNumber(T value) {
  if (std::isnan(value))
    return "notANumber";
  if (std::isinf(value))
    return value < 0 ? "-infinity" : "infinity";
  char buffer[40];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  std::string text(buffer, end);
  if (text.find('.') == std::string::npos) {
    size_t exponent = text.find('e');
    text.insert(exponent == std::string::npos ? text.size() : exponent, ".0");
  }
  return std::is_same_v<T, float> ? text + "f" : text;
}

std::string cpp::number(float value) { return printNumber(value); }
std::string cpp::number(double value) { return printNumber(value); }

std::string cpp::list(ArrayRef<std::string> texts) {
  return "{" + llvm::join(texts, ", ") + "}";
}

std::string cpp::list(ArrayRef<int64_t> values) {
  return list(llvm::map_to_vector(values, integer));
}

std::string cpp::coding(const rt::Coding &c) {
  SmallVector<std::string> members = {integer(c.bits), integer(c.zero),
                                      integer(c.mask), integer(c.radius),
                                      number(c.scale)};
  if (c.hasTable())
    members.push_back(list(ArrayRef<int64_t>(
        SmallVector<int64_t>(c.table, c.table + c.maxLevel() + 1))));
  return list(members);
}

std::string cpp::coding(const rt::PhaseCoding &c) {
  StringRef release = c.release == rt::PhaseRelease::Swin   ? "Swin"
                      : c.release == rt::PhaseRelease::Bert ? "Bert"
                                                            : "None";
  return list({number(c.base), integer(c.phases), number(c.scale),
               c.unipolar ? "true" : "false",
               ("PhaseRelease::" + release).str()});
}

std::string cpp::storage(RankedTensorType type) {
  using rt::DType;
  auto name = [](DType dtype) {
    switch (dtype) {
    case DType::Bool:
      return "Bool";
    case DType::U8:
      return "U8";
    case DType::I8:
      return "I8";
    case DType::I16:
      return "I16";
    case DType::I32:
      return "I32";
    case DType::I64:
      return "I64";
    case DType::F32:
      return "F32";
    case DType::F64:
      return "F64";
    }
    llvm_unreachable("unknown element type");
  };
  return std::string("DType::") + name(*getStorageType(type.getElementType())) +
         ", " + list(type.getShape());
}

std::string cpp::comment(StringRef text) {
  std::string line;
  for (char c : text)
    line += (unsigned char)c < 0x20 ? ' ' : c;
  // A backslash at the end would continue the comment on the next line.
  while (!line.empty() && (line.back() == '\\' || line.back() == ' '))
    line.pop_back();
  return "// " + line;
}

std::string cpp::Identifiers::make(StringRef prefix, StringRef name) {
  std::string text = prefix.str();
  for (char c : name) {
    if (llvm::isAlnum(c))
      text += c;
    else if (text.back() != '_') // no double underscores: they are reserved
      text += '_';
  }
  while (text.size() > prefix.size() && text.back() == '_')
    text.pop_back();
  std::string unique = text;
  for (unsigned i = 1; !used.insert(unique).second; ++i)
    unique = text + "_" + std::to_string(i);
  return unique;
}
