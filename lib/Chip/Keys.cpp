//===- Keys.cpp - What the keys of a chip say -----------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Chip/Fields.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

#include <charconv>
#include <cmath>

using namespace llvm;
using namespace snn;
using namespace snn::chip;

std::string snn::chip::formatNumber(double value) {
  char text[32];
  return std::string(text, std::to_chars(text, std::end(text), value).ptr);
}

std::string snn::chip::describeRange(const Rule &rule, bool isWhole) {
  std::string text = isWhole ? "a whole number" : "a number";
  if (rule.isLeastExcluded)
    text += " above " + formatNumber(rule.least);
  else if (std::isfinite(rule.least))
    text += " of at least " + formatNumber(rule.least);
  if (std::isfinite(rule.most))
    text += " and at most " + formatNumber(rule.most);
  return text;
}

std::string snn::chip::checkRange(StringRef key, double value,
                                  const Rule &rule) {
  auto fail = [&](StringRef what, double limit) -> std::string {
    return formatv("needs '{0}' {1} {2}, has {3}", key, what,
                   formatNumber(limit), formatNumber(value));
  };
  if (rule.isLeastExcluded && value <= rule.least)
    return fail("above", rule.least);
  if (value < rule.least)
    return fail("of at least", rule.least);
  if (value > rule.most)
    return fail("of at most", rule.most);
  return {};
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

namespace {
/// Collects the values of a part under the name of their section.
struct ConstantCollector {
  std::vector<ListedConstant> &constants;
  std::string section;

  template <typename T>
  void operator()(const char *key, Sourced<T> &field, const Rule & = {}) {
    std::optional<double> value;
    if constexpr (!std::is_enum_v<T>)
      value = double(field.value);
    constants.push_back({section, key, value, field.status, field.source});
  }
  void operator()(const char *, Nonidealities &) {}
  void operator()(const char *, std::string &) {}
  void operator()(const char *, std::vector<Published> &) {}
  void operator()(const char *, std::vector<Engine> &engines) {
    for (Engine &engine : engines)
      (*this)(("engine." + toString(engine.kind.value)).str().c_str(), engine);
  }
  template <typename T>
  void operator()(const char *key, std::optional<T> &field) {
    if (field)
      (*this)(key, *field);
  }
  template <typename T> void operator()(const char *key, T &part) {
    visitFields(ConstantCollector{constants, key}, part);
  }
};
} // namespace

std::vector<ListedConstant> snn::chip::listConstants(const Chip &chip) {
  Chip copy = chip;
  std::vector<ListedConstant> constants;
  visitFields(ConstantCollector{constants, ""}, copy);
  return constants;
}

//===----------------------------------------------------------------------===//
// Keys
//===----------------------------------------------------------------------===//

namespace {
/// Writes a line for every key of a part.
struct KeyDescriber {
  raw_ostream &os;
  std::string path;

  template <typename T>
  void operator()(const char *key, Sourced<T> &field, const Rule &rule = {}) {
    os << path << key << ": ";
    describe(field.value, rule);
    if (rule.owner)
      os << "; 0 without " << owned(*rule.owner);
    if (rule.fallback)
      os << "; default "
         << (StringRef(rule.reason).starts_with("as ")
                 ? rule.reason
                 : formatNumber(*rule.fallback) + " (" + rule.reason + ")");
    os << '\n';
  }
  void operator()(const char *key, Nonideality &, const Rule &rule) {
    os << path << key << ": model " << join(rule.models, " or ")
       << "; default off\n";
  }
  void operator()(const char *key, bool &, const Rule & = {}) {
    os << path << key << ": true or false; default false\n";
  }
  void operator()(const char *key, std::string &) {
    os << path << key << ": text; never inherited\n";
  }
  void operator()(const char *key, double &) {
    os << path << key << ": a number\n";
  }
  template <typename T> void operator()(const char *key, std::vector<T> &list) {
    os << path << key << ": a list; default none\n";
    for (T &item : list)
      visitFields(KeyDescriber{os, path + key + "[]."}, item);
  }
  template <typename T>
  void operator()(const char *key, std::optional<T> &field) {
    os << path << key << ": may be absent\n";
    (*this)(key, *field);
  }
  template <typename T> void operator()(const char *key, T &part) {
    visitFields(KeyDescriber{os, path + key + "."}, part);
  }

private:
  static const char *owned(CoreKind kind) {
    return kind == CoreKind::Crossbar ? "crossbars" : "digital cores";
  }
  void describe(double, const Rule &rule) { os << describeRange(rule, false); }
  void describe(unsigned, const Rule &rule) { os << describeRange(rule, true); }
  template <typename E>
  std::enable_if_t<std::is_enum_v<E>> describe(E value, const Rule &) {
    std::vector<StringRef> names;
    visitNames([&](const char *name, E) { names.push_back(name); }, value);
    os << join(names, ", ");
  }
};
} // namespace

std::string snn::chip::describeKeys() {
  std::string text;
  raw_string_ostream os(text);
  // One of everything.
  Chip chip;
  chip.engines.emplace_back();
  chip.published.emplace_back();
  chip.accounting.emplace();
  chip.primitives.emplace();
  visitFields(KeyDescriber{os, ""}, chip);
  return text;
}
