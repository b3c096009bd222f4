//===- Chip.cpp - Finding, checking and hashing chips ---------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Chip/Chip.h"
#include "Yaml.h"
#include "snn/Chip/Fields.h"
#include "snn/Support/InputFile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/xxhash.h"

using namespace llvm;
using namespace snn;
using namespace snn::chip;

namespace {
/// The text of chips/matterhorn-22nm.yaml.
constexpr char builtinText[] =
#include "BuiltinChip.inc"
    ;
} // namespace

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

template <typename E> static StringRef nameOf(E value) {
  StringRef found;
  visitNames(
      [&](const char *name, E which) {
        if (which == value)
          found = name;
      },
      value);
  return found;
}

StringRef snn::chip::toString(EngineKind kind) { return getName(kind); }
StringRef snn::chip::toString(Status status) { return nameOf(status); }

const Engine *Chip::findEngine(EngineKind kind) const {
  auto found = llvm::find_if(
      engines, [&](const Engine &engine) { return engine.kind.value == kind; });
  return found == engines.end() ? nullptr : &*found;
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

/// A count that only one kind of core needs.
static std::string checkCount(StringRef key, const Count &count) {
  return checkRange(key, count.value, countUpTo(largestCount));
}

std::string snn::chip::check(const Device &device) {
  if (device.gOnUs <= device.gOffUs)
    return "needs 'g_on_us' above 'g_off_us'";
  return {};
}

std::string snn::chip::check(const Crossbar &crossbar) {
  if (crossbar.activeRows > crossbar.rows)
    return formatv("needs 'active_rows' of at most 'rows', {0}, has {1}",
                   crossbar.rows.value, crossbar.activeRows.value);
  if (crossbar.encoding.value == WeightEncoding::Differential &&
      crossbar.columns % 2 != 0)
    return formatv("needs an even number of 'cols' for differential pairs, "
                   "has {0}",
                   crossbar.columns.value);
  if (crossbar.adcsPerCrossbar > crossbar.logicalColumns())
    return formatv("needs at most one converter a logical column, {0}, has {1}",
                   crossbar.logicalColumns(), crossbar.adcsPerCrossbar.value);
  return {};
}

std::string snn::chip::check(const Core &core) {
  if (core.kind.value == CoreKind::Crossbar)
    return checkCount("crossbars", core.crossbars);
  std::string error =
      checkCount("processing_elements", core.processingElements);
  return error.empty() ? checkCount("weight_kib", core.weightKib) : error;
}

namespace {
/// Whether effects have models that the virtual chip knows.
struct ModelChecker {
  std::string &error;
  void operator()(const char *key, Nonideality &effect, const Rule &rule) {
    if (error.empty() && !llvm::is_contained(rule.models, effect.model))
      error = formatv("needs '{0}' with a model of {1}, has '{2}'", key,
                      llvm::join(rule.models, " or "), effect.model);
  }
  void operator()(const char *, bool &, const Rule &) {}
};
} // namespace

std::string snn::chip::check(const Nonidealities &effects) {
  std::string error;
  Nonidealities copy = effects;
  visitFields(ModelChecker{error}, copy);
  if (!error.empty())
    return error;
  if (effects.stuckOn.magnitude + effects.stuckOff.magnitude > 1)
    return "needs fractions of 'stuck_on' and 'stuck_off' cells that sum to at "
           "most 1";
  return {};
}

std::string snn::chip::check(const Chip &chip) {
  if (chip.name.empty())
    return "needs a name";
  // What is made of them must fit the memory.
  if (double crossbars = double(chip.cores) * double(chip.core.crossbars);
      crossbars > mostCrossbars)
    return formatv("needs at most {0:F0} crossbars on all 'cores', has {1:F0}",
                   mostCrossbars, crossbars);
  for (const auto &[index, engine] : llvm::enumerate(chip.engines))
    if (chip.findEngine(engine.kind) != &engine)
      return formatv("needs one entry for engines of kind '{0}', has more",
                     toString(engine.kind.value));
  return {};
}

//===----------------------------------------------------------------------===//
// Finding
//===----------------------------------------------------------------------===//

/// Directories that shipped descriptions lie in: beside an installed program,
/// then the source tree.
static std::vector<std::string> chipDirectories() {
  std::string program = sys::fs::getMainExecutable(
      nullptr, reinterpret_cast<void *>(&snn::chip::shippedChips));
  SmallString<128> installed(
      sys::path::parent_path(sys::path::parent_path(program)));
  sys::path::append(installed, SNN_CHIP_INSTALL_DIRECTORY);
  return {installed.str().str(), SNN_CHIP_SOURCE_DIRECTORY};
}

std::vector<std::string> snn::chip::shippedChips() {
  std::vector<std::string> names;
  for (const std::string &directory : chipDirectories()) {
    std::error_code error;
    for (sys::fs::directory_iterator it(directory, error), end;
         it != end && !error; it.increment(error))
      if (sys::path::extension(it->path()) == ".yaml")
        names.push_back(sys::path::stem(it->path()).str());
    if (!names.empty())
      break;
  }
  llvm::sort(names);
  return names;
}

/// Whether a chip is named by its file.
static bool isFile(StringRef nameOrFile) {
  return nameOrFile.contains('/') || nameOrFile.ends_with(".yaml") ||
         nameOrFile.ends_with(".yml");
}

/// The file of a shipped chip.
static Expected<std::string> findShipped(StringRef name) {
  std::vector<std::string> names = shippedChips();
  if (!llvm::is_contained(names, name))
    return createStringError("unknown chip '" + name + "'; there are " +
                             llvm::join(names, ", ") +
                             ", or name a .yaml file");
  SmallString<128> path;
  for (const std::string &directory : chipDirectories()) {
    path = directory;
    sys::path::append(path, name + ".yaml");
    if (sys::fs::exists(path))
      break;
  }
  return path.str().str();
}

namespace {
/// Marks the values that a description gives itself.
struct OriginMarker {
  StringRef origin;
  template <typename T>
  void operator()(const char *, T &field, const Rule & = {}) {
    mark(field);
  }
  template <typename T> void mark(std::optional<T> &field) {
    if (field)
      mark(*field);
  }
  template <typename T> void mark(std::vector<T> &list) {
    for (T &item : list)
      mark(item);
  }
  template <typename T> void mark(Sourced<T> &field) { markValue(field); }
  void mark(Nonideality &effect) { markValue(effect); }
  template <typename T> void mark(T &field) {
    if constexpr (std::is_class_v<T> && !std::is_same_v<T, std::string>)
      visitFields(*this, field);
  }
  template <typename T> void markValue(T &field) {
    if (field.from.empty())
      field.from = origin.str();
  }
};

/// Descriptions have some thousand bytes.
constexpr uint64_t largestDescription = 1 << 20;

/// Reads descriptions and what they extend.
class Loader {
public:
  /// `file` stands for `text` in messages and as the place of other files.
  Expected<Chip> read(StringRef text, StringRef file) {
    return readChip(text, file, [&](StringRef name) -> Expected<Chip> {
      Expected<Chip> base = extend(name, file);
      if (!base)
        return base.takeError();
      visitFields(OriginMarker{name}, *base);
      base->name.clear();
      base->description.clear();
      base->published.clear();
      return base;
    });
  }

  Expected<Chip> load(StringRef path) {
    Expected<std::unique_ptr<MemoryBuffer>> buffer =
        readRegularFile(path, /*isText=*/true, largestDescription);
    if (!buffer)
      return createStringError("cannot read the chip description '" + path +
                               "': " + toString(buffer.takeError()));
    SmallString<128> real;
    if (sys::fs::real_path(path, real))
      real = path;
    files.push_back(real.str().str());
    Expected<Chip> chip = read((*buffer)->getBuffer(), path);
    files.pop_back();
    return chip;
  }

private:
  Expected<Chip> extend(StringRef name, StringRef from) {
    std::string path = name.str();
    if (!isFile(name)) {
      Expected<std::string> shipped = findShipped(name);
      if (!shipped)
        return shipped.takeError();
      path = std::move(*shipped);
    } else if (!sys::path::is_absolute(name)) {
      SmallString<128> beside(sys::path::parent_path(from));
      sys::path::append(beside, name);
      path = beside.str().str();
    }
    SmallString<128> real;
    if (!sys::fs::real_path(path, real) && llvm::is_contained(files, real))
      return createStringError(
          "'" + name + "' extends itself" +
          (files.back() == real
               ? Twine()
               : Twine(", by way of '") + sys::path::filename(from) + "'"));
    if (files.size() >= maximumExtensions)
      return createStringError("needs at most " + Twine(maximumExtensions) +
                               " descriptions that extend each other, has '" +
                               name + "' as one more");
    return load(path);
  }

  std::vector<std::string> files; ///< that are being read
};
} // namespace

Expected<Chip> snn::chip::parseChip(StringRef text, StringRef file) {
  return Loader().read(text, file);
}

Expected<Chip> snn::chip::loadChip(StringRef nameOrFile) {
  if (isFile(nameOrFile))
    return Loader().load(nameOrFile);
  Expected<std::string> path = findShipped(nameOrFile);
  return path ? Loader().load(*path) : path.takeError();
}

const Chip &snn::chip::builtinChip() {
  static const Chip chip = llvm::cantFail(parseChip(builtinText, "<built-in>"),
                                          "the built-in chip does not parse");
  return chip;
}

//===----------------------------------------------------------------------===//
// Fingerprint
//===----------------------------------------------------------------------===//

namespace {
/// Writes keys and values of nested fields.
struct Writer {
  raw_ostream &os;
  template <typename T>
  void operator()(const char *key, Sourced<T> &field, const Rule & = {}) {
    os << key << '=';
    if constexpr (std::is_enum_v<T>)
      os << nameOf(field.value);
    else if constexpr (std::is_floating_point_v<T>)
      os << formatv("{0:e17}", field.value);
    else
      os << field.value;
    os << ';';
  }
};
} // namespace

uint64_t snn::chip::fingerprint(const Chip &chip) {
  Chip copy = chip;
  std::string text;
  raw_string_ostream os(text);
  Writer write{os};
  write("cores", copy.cores);
  visitFields(write, copy.core);
  if (copy.hasCrossbars()) {
    visitFields(write, copy.crossbar);
    visitFields(write, copy.device);
  }
  for (Engine &engine : copy.engines)
    visitFields(write, engine);
  return xxh3_64bits(text);
}
