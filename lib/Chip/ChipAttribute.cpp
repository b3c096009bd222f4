//===- ChipAttribute.cpp - A chip in the IR -------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Chip/ChipAttribute.h"
#include "mlir/IR/Builders.h"
#include "snn/Chip/Fields.h"

using namespace mlir;
using namespace snn;
using namespace snn::chip;

//===----------------------------------------------------------------------===//
// To an attribute
//===----------------------------------------------------------------------===//

namespace {
struct Encoder {
  Builder &builder;
  SmallVector<NamedAttribute> entries;

  Attribute encode(bool value) { return builder.getBoolAttr(value); }
  Attribute encode(double value) { return builder.getF64FloatAttr(value); }
  Attribute encode(unsigned value) { return builder.getI64IntegerAttr(value); }
  Attribute encode(std::string &value) { return builder.getStringAttr(value); }
  template <typename E>
  std::enable_if_t<std::is_enum_v<E>, Attribute> encode(E value) {
    StringAttr text;
    visitNames(
        [&](const char *name, E which) {
          if (which == value)
            text = builder.getStringAttr(name);
        },
        value);
    return text;
  }
  template <typename T> Attribute encode(Sourced<T> &field) {
    return builder.getArrayAttr(
        {encode(field.value), encode(field.status), encode(field.source)});
  }
  template <typename T> Attribute encode(std::vector<T> &list) {
    SmallVector<Attribute> items;
    for (T &item : list)
      items.push_back(encode(item));
    return builder.getArrayAttr(items);
  }
  template <typename T>
  std::enable_if_t<std::is_class_v<T>, Attribute> encode(T &fields) {
    Encoder inner{builder, {}};
    visitFields(inner, fields);
    return builder.getDictionaryAttr(inner.entries);
  }

  template <typename T> void operator()(const char *key, T &field) {
    entries.push_back(builder.getNamedAttr(key, encode(field)));
  }
  template <typename T>
  void operator()(const char *key, std::optional<T> &field) {
    if (field)
      (*this)(key, *field);
  }
};
} // namespace

DictionaryAttr snn::chip::toAttribute(const Chip &chip, MLIRContext *context) {
  Builder builder(context);
  Chip copy = chip;
  Encoder encoder{builder, {}};
  return cast<DictionaryAttr>(encoder.encode(copy));
}

//===----------------------------------------------------------------------===//
// From an attribute
//===----------------------------------------------------------------------===//

namespace {
/// Reads the entries of one dictionary; the first error is reported.
struct Decoder {
  DictionaryAttr entries;
  std::string path;
  llvm::function_ref<InFlightDiagnostic()> emitError;
  bool ok = true;
  unsigned visited = 0;

  void fail(const Twine &message) {
    if (ok)
      emitError() << message;
    ok = false;
  }

  template <typename A> A expect(Attribute attribute, StringRef what) {
    A found = dyn_cast<A>(attribute);
    if (!found)
      fail("chip entry '" + path + "' needs " + what);
    return found;
  }
  void decode(Attribute attribute, bool &value) {
    if (auto found = expect<BoolAttr>(attribute, "true or false"))
      value = found.getValue();
  }
  void decode(Attribute attribute, double &value) {
    if (auto found = expect<FloatAttr>(attribute, "a float"))
      value = found.getValueAsDouble();
  }
  void decode(Attribute attribute, unsigned &value) {
    auto found = expect<IntegerAttr>(attribute, "a count");
    if (!found)
      return;
    if (found.getInt() < 0 || found.getInt() > UINT32_MAX)
      fail("chip entry '" + path + "' is out of range");
    value = found.getInt();
  }
  void decode(Attribute attribute, std::string &value) {
    if (auto found = expect<StringAttr>(attribute, "a string"))
      value = found.str();
  }
  template <typename E>
  std::enable_if_t<std::is_enum_v<E>> decode(Attribute attribute, E &value) {
    auto text = expect<StringAttr>(attribute, "a name");
    if (!text)
      return;
    bool known = false;
    visitNames(
        [&](const char *name, E which) {
          if (text.getValue() == name) {
            value = which;
            known = true;
          }
        },
        value);
    if (!known)
      fail("chip entry '" + path + "' has the unknown name '" +
           text.getValue() + "'");
  }
  template <typename T> void decode(Attribute attribute, Sourced<T> &field) {
    auto triple = expect<ArrayAttr>(attribute, "[value, status, source]");
    if (!triple)
      return;
    if (triple.size() != 3)
      return fail("chip entry '" + path + "' needs [value, status, source]");
    decode(triple[0], field.value);
    decode(triple[1], field.status);
    decode(triple[2], field.source);
  }
  template <typename T> void decode(Attribute attribute, std::vector<T> &list) {
    auto items = expect<ArrayAttr>(attribute, "a list");
    if (!items)
      return;
    for (Attribute item : items)
      decode(item, list.emplace_back());
  }
  template <typename T>
  std::enable_if_t<std::is_class_v<T>> decode(Attribute attribute, T &fields) {
    auto dictionary = expect<DictionaryAttr>(attribute, "a dictionary");
    if (!dictionary)
      return;
    Decoder inner{dictionary, path, emitError};
    inner.read(fields);
    ok &= inner.ok;
  }
  template <typename T> void read(T &fields) {
    std::string outer = path;
    visitFields(*this, fields);
    path = outer;
    if (ok && visited != entries.size())
      fail("chip entry '" + outer + "' has an unknown key");
  }

  template <typename T>
  void operator()(const char *key, std::optional<T> &field) {
    if (entries.get(key))
      (*this)(key, field.emplace());
  }
  template <typename T> void operator()(const char *key, T &field) {
    if (!ok)
      return;
    ++visited;
    std::string outer = path;
    path = outer.empty() ? key : outer + "." + key;
    if (Attribute attribute = entries.get(key))
      decode(attribute, field);
    else
      fail("chip entry '" + path + "' is missing");
    path = outer;
  }
};
} // namespace

FailureOr<Chip>
snn::chip::fromAttribute(DictionaryAttr attribute,
                         llvm::function_ref<InFlightDiagnostic()> emitError) {
  Chip chip;
  Decoder decoder{attribute, "", emitError};
  decoder.read(chip);
  if (!decoder.ok)
    return failure();
  for (const std::string &error :
       {check(chip), check(chip.core), check(chip.digital), check(chip.timing),
        chip.hasCrossbars() ? check(chip.crossbar) : std::string(),
        chip.hasCrossbars() ? check(chip.device) : std::string(),
        chip.hasCrossbars() ? check(chip.nonidealities) : std::string()})
    if (!error.empty())
      return emitError() << "chip '" << chip.name << "' " << error;
  for (const Engine &engine : chip.engines)
    if (std::string error = check(engine); !error.empty())
      return emitError() << "chip '" << chip.name << "' " << error;
  return chip;
}
