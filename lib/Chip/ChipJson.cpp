//===- ChipJson.cpp - A chip for other programs ---------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Chip/ChipJson.h"
#include "snn/Chip/Fields.h"
#include "llvm/Support/JSON.h"

using namespace llvm;
using namespace snn;
using namespace snn::chip;

namespace {
struct JsonWriter {
  json::OStream &json;

  void write(bool value) { json.value(value); }
  void write(unsigned value) { json.value(value); }
  void write(std::string &value) { json.value(value); }
  /// The shortest decimal, as the YAML has it.
  void write(double value) { json.rawValue(formatNumber(value)); }
  template <typename E> std::enable_if_t<std::is_enum_v<E>> write(E value) {
    visitNames(
        [&](const char *name, E which) {
          if (which == value)
            json.value(name);
        },
        value);
  }
  template <typename T> void write(Sourced<T> &field) {
    json.object([&] {
      (*this)("value", field.value);
      (*this)("status", field.status);
      (*this)("source", field.source);
    });
  }
  template <typename T> void write(std::vector<T> &list) {
    json.array([&] {
      for (T &item : list)
        write(item);
    });
  }
  template <typename T> std::enable_if_t<std::is_class_v<T>> write(T &fields) {
    json.object([&] { visitFields(*this, fields); });
  }

  template <typename T>
  void operator()(const char *key, T &field, const Rule & = {}) {
    json.attributeBegin(key);
    write(field);
    json.attributeEnd();
  }
  template <typename T>
  void operator()(const char *key, std::optional<T> &field) {
    if (field)
      (*this)(key, *field);
  }
};
} // namespace

void snn::chip::printJSON(const Chip &chip, raw_ostream &os) {
  json::OStream json(os, /*IndentSize=*/1);
  Chip copy = chip;
  JsonWriter{json}.write(copy);
  os << '\n';
}
