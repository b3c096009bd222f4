//===- Yaml.cpp - Chip descriptions as YAML -------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Chip/Fields.h"
#include "snn/Support/YamlDocument.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"

#include <charconv>
#include <cmath>

using namespace snn;
using namespace snn::chip;
namespace yaml = llvm::yaml;

namespace {
/// Its own type, so that a wrong version is reported at the number.
struct SchemaVersion {
  unsigned value = schemaVersion;
};

/// A top-level document: the version, then the chip.
struct ChipDocument {
  SchemaVersion version;
  Chip chip;
};

/// A number that is written with all of its digits.
struct Number {
  double value = 0;
};

/// Text that is always quoted, as it may stand in a flow mapping.
struct Prose {
  std::string text;
};

/// Maps every field; all keys are required.
struct Mapper {
  yaml::IO &io;
  template <typename T> void operator()(const char *key, T &field) {
    io.mapRequired(key, field);
  }
  template <typename T>
  void operator()(const char *key, std::optional<T> &field) {
    io.mapOptional(key, field);
  }
  void operator()(const char *key, double &field) {
    Number number{field};
    io.mapRequired(key, number);
    field = number.value;
  }
  void operator()(const char *key, std::string &field) {
    Prose prose{field};
    io.mapRequired(key, prose);
    field = prose.text;
  }
};
} // namespace

LLVM_YAML_IS_SEQUENCE_VECTOR(snn::chip::Engine)
LLVM_YAML_IS_SEQUENCE_VECTOR(snn::chip::Published)

namespace llvm::yaml {

template <> struct ScalarTraits<SchemaVersion> {
  static void output(const SchemaVersion &version, void *, raw_ostream &os) {
    os << version.value;
  }
  static StringRef input(StringRef text, void *, SchemaVersion &version) {
    if (text.getAsInteger(10, version.value) || version.value != schemaVersion)
      return "unsupported schema version; this compiler reads version 1";
    return {};
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <> struct ScalarTraits<Number> {
  static void output(const Number &number, void *, raw_ostream &os) {
    char text[32];
    os << StringRef(
        text, std::to_chars(text, std::end(text), number.value).ptr - text);
  }
  static StringRef input(StringRef text, void *, Number &number) {
    if (!to_float(text, number.value))
      return "invalid number";
    return {};
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <> struct ScalarTraits<Prose> {
  static void output(const Prose &prose, void *, raw_ostream &os) {
    os << prose.text;
  }
  static StringRef input(StringRef text, void *, Prose &prose) {
    prose.text = text.str();
    return {};
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::Single; }
};

template <typename E> struct EnumTraits {
  static void enumeration(IO &io, E &value) {
    visitNames(
        [&](const char *name, E which) { io.enumCase(value, name, which); },
        value);
  }
};
template <> struct ScalarEnumerationTraits<Status> : EnumTraits<Status> {};
template <>
struct ScalarEnumerationTraits<DeviceKind> : EnumTraits<DeviceKind> {};
template <>
struct ScalarEnumerationTraits<WeightEncoding> : EnumTraits<WeightEncoding> {};
template <>
struct ScalarEnumerationTraits<AdcPolicy> : EnumTraits<AdcPolicy> {};
template <> struct ScalarEnumerationTraits<CoreKind> : EnumTraits<CoreKind> {};
template <>
struct ScalarEnumerationTraits<Accounting> : EnumTraits<Accounting> {};
template <>
struct ScalarEnumerationTraits<EngineKind> : EnumTraits<EngineKind> {};

template <typename T> struct MappingTraits<Sourced<T>> {
  static void mapping(IO &io, Sourced<T> &field) {
    Mapper map{io};
    map("value", field.value);
    map("status", field.status);
    map("source", field.source);
  }
  static std::string validate(IO &, Sourced<T> &field) {
    if constexpr (std::is_same_v<T, double>) {
      if (!std::isfinite(field.value))
        return "needs a finite value";
      if (field.value < 0)
        return "needs a value that is not negative";
    }
    if (field.source.empty())
      return "needs a source";
    return {};
  }
  static const bool flow = true;
};

/// Structs whose fields are listed in Fields.h.
template <typename T> struct FieldTraits {
  static void mapping(IO &io, T &x) { visitFields(Mapper{io}, x); }
};
template <typename T> struct CheckedTraits : FieldTraits<T> {
  static std::string validate(IO &, T &x) { return check(x); }
};
template <> struct MappingTraits<Device> : CheckedTraits<Device> {};
template <> struct MappingTraits<Crossbar> : CheckedTraits<Crossbar> {};
template <> struct MappingTraits<Core> : CheckedTraits<Core> {};
template <> struct MappingTraits<Engine> : CheckedTraits<Engine> {};
template <> struct MappingTraits<DigitalUnit> : CheckedTraits<DigitalUnit> {};
template <> struct MappingTraits<Energy> : FieldTraits<Energy> {};
template <> struct MappingTraits<Primitives> : FieldTraits<Primitives> {};
template <> struct MappingTraits<Timing> : CheckedTraits<Timing> {};
template <> struct MappingTraits<Area> : FieldTraits<Area> {};
template <> struct MappingTraits<Leakage> : FieldTraits<Leakage> {};
template <>
struct MappingTraits<Nonidealities> : CheckedTraits<Nonidealities> {};
template <> struct MappingTraits<Published> : FieldTraits<Published> {
  static std::string validate(IO &, Published &figure) {
    return std::isfinite(figure.value) ? "" : "needs a finite value";
  }
};
template <> struct MappingTraits<Nonideality> : FieldTraits<Nonideality> {
  static std::string validate(IO &, Nonideality &effect) {
    if (!std::isfinite(effect.magnitude) || effect.magnitude < 0)
      return "needs a magnitude that is finite and not negative";
    return effect.source.empty() ? "needs a source" : "";
  }
  static const bool flow = true;
};

template <> struct MappingTraits<ChipDocument> {
  static void mapping(IO &io, ChipDocument &document) {
    io.mapRequired("schema_version", document.version);
    visitFields(Mapper{io}, document.chip);
  }
  static std::string validate(IO &, ChipDocument &document) {
    return check(document.chip);
  }
};

} // namespace llvm::yaml

llvm::Expected<Chip> snn::chip::parseChip(llvm::StringRef text,
                                          llvm::StringRef file) {
  ChipDocument document;
  if (llvm::Error error =
          readYamlDocument(text, file, "a chip description", document))
    return error;
  return document.chip;
}

std::string snn::chip::toYAML(const Chip &chip) {
  ChipDocument document{SchemaVersion(), chip};
  std::string text;
  llvm::raw_string_ostream os(text);
  yaml::Output output(os, nullptr, /*WrapColumn=*/100);
  output << document;
  return text;
}
