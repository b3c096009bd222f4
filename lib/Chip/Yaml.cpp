//===- Yaml.cpp - Chip descriptions as YAML -------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A description is read over the chip that it extends: what it leaves out stays
// as it is there, or takes its default.
//
//===----------------------------------------------------------------------===//

#include "Yaml.h"
#include "snn/Chip/Fields.h"
#include "snn/Support/YamlDocument.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace snn;
using namespace snn::chip;
namespace yaml = llvm::yaml;

namespace {
/// Its own type, so that a wrong version is reported at the number.
struct SchemaVersion {
  unsigned value = schemaVersion;
};

/// What a description extends; its own type, so that what is wrong with that is
/// reported at the name.
struct Extended {
  std::string name;
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

/// A count.
struct WholeNumber {
  unsigned value = 0;
};

/// Text that is always quoted, as it may stand in a flow mapping.
struct Prose {
  std::string text;
};

/// What the traits of the parts need while a document is read.
struct Reading {
  Chip &chip;
  BaseLoader loadBase;
  const char *key = ""; ///< of the value at hand
  Rule rule;            ///< of the value at hand
  /// What scalar traits return; YAML takes a reference.
  std::string message;
  /// The keys that misspelt ones come next to.
  llvm::StringMap<std::string> meant;
  /// What is wrong with the extended description, where it says its place.
  std::string baseError;

  CoreKind kind() const { return chip.core.kind.value; }
  llvm::StringRef fail(std::string text) {
    message = std::move(text);
    return message;
  }
};

Reading &getReading(yaml::IO &io) {
  return *static_cast<Reading *>(io.getContext());
}

/// Whether a value was read or inherited, or has its default.
template <typename T> bool isSet(const T &field) {
  return !field.source.empty();
}

/// Gives a value that has not been read its default, if it has one. A default
/// of the extended description is found anew, as it may follow other values.
template <typename T>
void applyDefault(Sourced<T> &field, const Rule &rule, CoreKind kind) {
  if (field.from == defaultOrigin)
    field = {};
  if constexpr (std::is_arithmetic_v<T>) {
    if (rule.owner && *rule.owner != kind)
      field = {T(0), rule.absence, rule.absenceStatus, defaultOrigin};
    else if (!isSet(field) && rule.fallback)
      field = {T(*rule.fallback), rule.reason, Status::Reconstructed,
               defaultOrigin};
  }
}
void applyDefault(Nonideality &effect, const Rule &rule, CoreKind) {
  if (!isSet(effect))
    effect = {false,        rule.models.front().str(), 0, "not modelled", {},
              defaultOrigin};
}

/// Gives all values of a part their defaults; notes whether any has none.
struct Completer {
  CoreKind kind;
  bool isComplete = true;
  template <typename T>
  void operator()(const char *, T &field, const Rule &rule = {}) {
    if constexpr (std::is_same_v<T, bool>)
      return;
    else {
      applyDefault(field, rule, kind);
      isComplete &= isSet(field);
    }
  }
};

/// Lists the keys of a part.
struct KeyLister {
  std::vector<llvm::StringRef> &keys;
  template <typename T>
  void operator()(const char *key, T &, const Rule & = {}) {
    keys.push_back(key);
  }
};

/// Maps every field of a mapping.
class Mapper {
public:
  /// `known` are the keys of the mapping.
  Mapper(yaml::IO &io, llvm::ArrayRef<llvm::StringRef> known) : io(io) {
    if (io.outputting())
      return;
    present = io.keys();
    for (llvm::StringRef key : present)
      if (!llvm::is_contained(known, key))
        noteUnknown(key, known);
  }

  /// Whether the mapping has a key that it must not have. What is missing is
  /// not reported then, as the unknown key is the cause, or comes first.
  bool hasUnknown() const { return isUnknown; }

  template <typename T>
  void operator()(const char *key, Sourced<T> &field, const Rule &rule = {}) {
    mapValue(key, field, rule);
  }
  void operator()(const char *key, Nonideality &effect, const Rule &rule) {
    mapValue(key, effect, rule);
  }
  void operator()(const char *key, double &field) {
    Number number{field};
    map(key, number);
    field = number.value;
  }
  void operator()(const char *key, unsigned &field) {
    WholeNumber number{field};
    map(key, number);
    field = number.value;
  }
  void operator()(const char *key, std::string &field) {
    Prose prose{field};
    map(key, prose);
    field = prose.text;
  }
  void operator()(const char *key, bool &field) { map(key, field); }
  void operator()(const char *key, bool &field, const Rule &) {
    map(key, field, /*isRequired=*/false);
  }
  template <typename T>
  std::enable_if_t<std::is_enum_v<T>> operator()(const char *key, T &field) {
    map(key, field);
  }
  /// A list replaces the one of the extended description.
  template <typename T> void operator()(const char *key, std::vector<T> &list) {
    if (!io.outputting() && isPresent(key))
      list.clear();
    map(key, list, /*isRequired=*/io.outputting());
  }
  template <typename T>
  void operator()(const char *key, std::optional<T> &field) {
    if (!io.outputting() && isPresent(key) && !field)
      field.emplace();
    if (field)
      (*this)(key, *field);
  }
  /// A part of several values.
  template <typename T>
  std::enable_if_t<std::is_class_v<T>> operator()(const char *key, T &part) {
    if (!io.outputting() && !isPresent(key)) {
      T completed = part;
      Completer complete{getReading(io).kind()};
      visitFields(complete, completed);
      if (complete.isComplete) {
        part = std::move(completed);
        return;
      }
    }
    map(key, part);
  }
  void mapOrigin(std::string &from) {
    if (!io.outputting() || !from.empty()) {
      Prose prose{from};
      map("from", prose, /*isRequired=*/false);
      from = prose.text;
    }
  }
  template <typename T>
  void map(const char *key, T &field, bool isRequired = true) {
    if (isRequired && !isUnknown)
      io.mapRequired(key, field);
    else
      io.mapOptional(key, field);
  }

private:
  bool isPresent(llvm::StringRef key) const {
    return llvm::is_contained(present, key);
  }
  template <typename T>
  void mapValue(const char *key, T &field, const Rule &rule) {
    if (io.outputting())
      return io.mapRequired(key, field);
    Reading &reading = getReading(io);
    if (!isPresent(key))
      applyDefault(field, rule, reading.kind());
    reading.key = key;
    reading.rule = rule;
    map(key, field, /*isRequired=*/!isSet(field));
  }
  void noteUnknown(llvm::StringRef key, llvm::ArrayRef<llvm::StringRef> known) {
    isUnknown = true;
    llvm::StringRef nearest;
    unsigned least = (key.size() + 2) / 3 + 1;
    for (llvm::StringRef each : known)
      if (unsigned distance = key.edit_distance(
              each, /*AllowReplacements=*/true, /*MaxEditDistance=*/least);
          distance < least && !isPresent(each)) {
        nearest = each;
        least = distance;
      }
    if (!nearest.empty())
      getReading(io).meant[key] = nearest.str();
  }

  yaml::IO &io;
  std::vector<llvm::StringRef> present; ///< keys that are there
  bool isUnknown = false;
};

template <typename T> std::vector<llvm::StringRef> listKeys(T &part) {
  std::vector<llvm::StringRef> keys;
  visitFields(KeyLister{keys}, part);
  return keys;
}

bool hasUnknownKey(yaml::IO &io, llvm::ArrayRef<llvm::StringRef> known) {
  return !io.outputting() && llvm::any_of(io.keys(), [&](llvm::StringRef key) {
    return !llvm::is_contained(known, key);
  });
}

constexpr llvm::StringLiteral sourcedKeys[] = {"value", "status", "source",
                                               "from"};
constexpr llvm::StringLiteral effectKeys[] = {"enable", "model",  "magnitude",
                                              "source", "status", "from"};
const std::vector<llvm::StringRef> ofSourced(std::begin(sourcedKeys),
                                             std::end(sourcedKeys));
const std::vector<llvm::StringRef> ofEffect(std::begin(effectKeys),
                                            std::end(effectKeys));
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

template <> struct ScalarTraits<Extended> {
  static void output(const Extended &, void *, raw_ostream &) {}
  /// Reads the extended chip, over which the rest of the document is read.
  static StringRef input(StringRef text, void *context, Extended &extended) {
    Reading &reading = *static_cast<Reading *>(context);
    extended.name = text.str();
    Expected<Chip> base = reading.loadBase(text);
    if (base) {
      reading.chip = std::move(*base);
      return {};
    }
    std::string error = toString(base.takeError());
    if (!StringRef(error).contains(": error: "))
      return reading.fail(std::move(error));
    reading.baseError = std::move(error);
    return reading.fail(formatv("cannot extend '{0}'", text));
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <> struct ScalarTraits<Number> {
  static void output(const Number &number, void *, raw_ostream &os) {
    os << formatNumber(number.value);
  }
  static StringRef input(StringRef text, void *context, Number &number) {
    Reading &reading = *static_cast<Reading *>(context);
    if (!to_float(text, number.value))
      return reading.fail(
          formatv("invalid number '{0}'; needs {1}", text,
                  describeRange(reading.rule, /*isWhole=*/false)));
    return {};
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <> struct ScalarTraits<WholeNumber> {
  static void output(const WholeNumber &number, void *, raw_ostream &os) {
    os << number.value;
  }
  static StringRef input(StringRef text, void *context, WholeNumber &number) {
    Reading &reading = *static_cast<Reading *>(context);
    if (text.getAsInteger(10, number.value))
      return reading.fail(
          formatv("invalid number '{0}'; needs {1}", text,
                  describeRange(reading.rule, /*isWhole=*/true)));
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

/// Not enumeration traits, whose error does not name the choices.
template <typename E> struct NameTraits {
  static void output(const E &value, void *, raw_ostream &os) {
    visitNames(
        [&](const char *name, E which) {
          if (which == value)
            os << name;
        },
        value);
  }
  static StringRef input(StringRef text, void *context, E &value) {
    bool isKnown = false;
    std::vector<StringRef> names;
    visitNames(
        [&](const char *name, E which) {
          names.push_back(name);
          if (text == name) {
            value = which;
            isKnown = true;
          }
        },
        value);
    if (isKnown)
      return {};
    StringRef last = names.back();
    names.pop_back();
    return static_cast<Reading *>(context)->fail(
        formatv("unknown enumerated scalar '{0}'; needs {1} or {2}", text,
                join(names, ", "), last));
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};
template <> struct ScalarTraits<Status> : NameTraits<Status> {};
template <> struct ScalarTraits<DeviceKind> : NameTraits<DeviceKind> {};
template <> struct ScalarTraits<WeightEncoding> : NameTraits<WeightEncoding> {};
template <> struct ScalarTraits<AdcPolicy> : NameTraits<AdcPolicy> {};
template <> struct ScalarTraits<CoreKind> : NameTraits<CoreKind> {};
template <> struct ScalarTraits<Accounting> : NameTraits<Accounting> {};
template <> struct ScalarTraits<EngineKind> : NameTraits<EngineKind> {};

/// A value is read as a whole, never over the one that it replaces.
template <typename T> struct MappingTraits<Sourced<T>> {
  static void mapping(IO &io, Sourced<T> &field) {
    if (!io.outputting())
      field = {};
    Mapper map(io, ofSourced);
    map("value", field.value);
    map("status", field.status);
    map("source", field.source);
    map.mapOrigin(field.from);
  }
  static std::string validate(IO &io, Sourced<T> &field) {
    if (io.outputting() || hasUnknownKey(io, ofSourced))
      return {};
    if constexpr (std::is_arithmetic_v<T>) {
      if (!std::isfinite(double(field.value)))
        return "needs a finite value";
      if (field.value < 0)
        return "needs a value that is not negative";
      Reading &reading = getReading(io);
      std::string error = checkRange(reading.key, field.value, reading.rule);
      if (!error.empty())
        return error;
    }
    if (field.source.empty())
      return "needs a source";
    return {};
  }
  static const bool flow = true;
};

template <> struct MappingTraits<Nonideality> {
  static void mapping(IO &io, Nonideality &effect) {
    if (!io.outputting())
      effect = {};
    Mapper map(io, ofEffect);
    visitFields(map, effect);
    map.mapOrigin(effect.from);
  }
  static std::string validate(IO &io, Nonideality &effect) {
    if (io.outputting() || hasUnknownKey(io, ofEffect))
      return {};
    if (!std::isfinite(effect.magnitude) || effect.magnitude < 0)
      return "needs a magnitude that is finite and not negative";
    return effect.source.empty() ? "needs a source" : "";
  }
  static const bool flow = true;
};

/// Structs whose fields are listed in Fields.h.
template <typename T> struct FieldTraits {
  static void mapping(IO &io, T &x) { visitFields(Mapper(io, listKeys(x)), x); }
};
template <typename T> struct CheckedTraits : FieldTraits<T> {
  static std::string validate(IO &io, T &x) {
    return hasUnknownKey(io, listKeys(x)) ? std::string() : check(x);
  }
};
template <> struct MappingTraits<Device> : CheckedTraits<Device> {};
template <> struct MappingTraits<Crossbar> : CheckedTraits<Crossbar> {};
template <> struct MappingTraits<Core> : CheckedTraits<Core> {};
template <> struct MappingTraits<Engine> : FieldTraits<Engine> {};
template <> struct MappingTraits<DigitalUnit> : FieldTraits<DigitalUnit> {};
template <> struct MappingTraits<Energy> : FieldTraits<Energy> {};
template <> struct MappingTraits<Primitives> : FieldTraits<Primitives> {};
template <> struct MappingTraits<Timing> : FieldTraits<Timing> {};
template <> struct MappingTraits<Area> : FieldTraits<Area> {};
template <> struct MappingTraits<Leakage> : FieldTraits<Leakage> {};
template <>
struct MappingTraits<Nonidealities> : CheckedTraits<Nonidealities> {};
template <> struct MappingTraits<Published> {
  static void mapping(IO &io, Published &figure) {
    if (!io.outputting())
      getReading(io).rule =
          Rule().atLeast(-std::numeric_limits<double>::infinity());
    visitFields(Mapper(io, listKeys(figure)), figure);
  }
  static std::string validate(IO &, Published &figure) {
    return std::isfinite(figure.value) ? "" : "needs a finite value";
  }
};

template <> struct MappingTraits<ChipDocument> {
  static std::vector<StringRef> keys(Chip &chip) {
    std::vector<StringRef> keys = listKeys(chip);
    keys.insert(keys.end(), {"schema_version", "extends"});
    return keys;
  }
  static void mapping(IO &io, ChipDocument &document) {
    Mapper map(io, keys(document.chip));
    map.map("schema_version", document.version);
    if (!io.outputting()) {
      Extended extended;
      io.mapOptional("extends", extended);
    }
    visitFields(map, document.chip);
  }
  static std::string validate(IO &io, ChipDocument &document) {
    return hasUnknownKey(io, keys(document.chip)) ? std::string()
                                                  : check(document.chip);
  }
};

} // namespace llvm::yaml

llvm::Expected<Chip> snn::chip::readChip(llvm::StringRef text,
                                         llvm::StringRef file,
                                         BaseLoader loadBase) {
  ChipDocument document;
  Reading reading{document.chip, loadBase, "", {}, {}, {}, {}};
  auto explain = [&](llvm::StringRef message) {
    std::string text = message.str();
    if (message.consume_front("unknown key '") && message.consume_back("'"))
      if (auto meant = reading.meant.find(message);
          meant != reading.meant.end())
        text += "; did you mean '" + meant->second + "'?";
    return text;
  };
  llvm::Error error = readYamlDocument(text, file, "a chip description",
                                       document, &reading, explain);
  if (!error)
    return document.chip;
  if (reading.baseError.empty())
    return error;
  return llvm::createStringError(reading.baseError + "\n" +
                                 llvm::toString(std::move(error)));
}

std::string snn::chip::toYAML(const Chip &chip) {
  ChipDocument document{SchemaVersion(), chip};
  std::string text;
  llvm::raw_string_ostream os(text);
  yaml::Output output(os, nullptr, /*WrapColumn=*/100);
  output << document;
  return text;
}
