//===- Chip.cpp - Finding, checking and hashing chips ---------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Chip/Chip.h"
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

StringRef snn::chip::toString(EngineKind kind) { return nameOf(kind); }
StringRef snn::chip::toString(Status status) { return nameOf(status); }

const Engine *Chip::findEngine(EngineKind kind) const {
  auto found = llvm::find_if(
      engines, [&](const Engine &engine) { return engine.kind.value == kind; });
  return found == engines.end() ? nullptr : &*found;
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

/// Larger counts are of no chip, and what is made of them fits no memory.
static constexpr double largestCount = 1 << 24, largestSide = 1 << 16,
                        mostCores = 1 << 16, mostCrossbars = 1 << 22;

/// "needs rows of at most 65536" for the first that is larger.
static std::string
checkAtMost(ArrayRef<std::tuple<StringRef, double, double>> limits) {
  for (const auto &[key, value, most] : limits)
    if (value > most)
      return formatv("needs '{0}' of at most {1:F0}, has {2:F0}", key, most,
                     value);
  return {};
}

/// "needs rows of at least 1" for the first that is smaller.
static std::string
checkAtLeast(ArrayRef<std::tuple<StringRef, double, double>> limits) {
  for (const auto &[key, value, least] : limits) {
    if (value < least)
      return formatv("needs '{0}' of at least {1:F0}, has {2:F0}", key, least,
                     value);
    if (std::string error = checkAtMost({{key, value, largestCount}});
        !error.empty())
      return error;
  }
  return {};
}

/// The same where the limit itself is too small.
static std::string
checkPositive(ArrayRef<std::pair<StringRef, double>> values) {
  for (const auto &[key, value] : values)
    if (!(value > 0))
      return formatv("needs '{0}' above 0, has {1}", key, value);
  return {};
}

std::string snn::chip::check(const Device &device) {
  std::string error =
      checkAtLeast({{"cell_levels", double(device.cellLevels), 2}});
  if (error.empty() && device.gOnUs <= device.gOffUs)
    error = "needs 'g_on_us' above 'g_off_us'";
  return error;
}

std::string snn::chip::check(const Crossbar &crossbar) {
  std::string error =
      checkAtLeast({{"rows", double(crossbar.rows), 1},
                    {"cols", double(crossbar.columns), 1},
                    {"active_rows", double(crossbar.activeRows), 1},
                    {"drive_bits", double(crossbar.driveBits), 1},
                    {"adc_bits", double(crossbar.adcBits), 1},
                    {"n_adc", double(crossbar.adcsPerCrossbar), 1}});
  if (error.empty())
    error = checkAtMost({{"rows", double(crossbar.rows), largestSide},
                         {"cols", double(crossbar.columns), largestSide}});
  if (!error.empty())
    return error;
  if (crossbar.activeRows > crossbar.rows)
    return formatv("needs 'active_rows' of at most 'rows', {0}, has {1}",
                   crossbar.rows.value, crossbar.activeRows.value);
  if (crossbar.adcBits > 24)
    return formatv("needs 'adc_bits' of at most 24, has {0}",
                   crossbar.adcBits.value);
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
  if (core.kind.value == CoreKind::Digital)
    return checkAtLeast(
        {{"processing_elements", double(core.processingElements), 1},
         {"weight_kib", double(core.weightKib), 1}});
  return checkAtLeast({{"crossbars", double(core.crossbars), 1}});
}

std::string snn::chip::check(const Engine &engine) {
  return checkAtLeast(
      {{"count", double(engine.count), 1},
       {"processing_elements", double(engine.processingElements), 1},
       {"kv_bits_per_element", double(engine.kvBitsPerElement), 1},
       {"broadcast_width", double(engine.broadcastWidth), 1}});
}

std::string snn::chip::check(const DigitalUnit &digital) {
  std::string error = checkAtLeast({{"lanes", double(digital.lanes), 1}});
  return error.empty() ? checkPositive({{"clock_mhz", digital.clockMhz}})
                       : error;
}

std::string snn::chip::check(const Timing &timing) {
  return checkPositive({{"core_clock_mhz", timing.coreClockMhz},
                        {"engine_clock_mhz", timing.engineClockMhz}});
}

std::string snn::chip::check(const Nonidealities &effects) {
  struct Rule {
    StringRef key;
    const Nonideality &effect;
    std::vector<StringRef> models;
  };
  const Rule rules[] = {
      {"programming_noise", effects.programmingNoise, {"pcm", "gaussian"}},
      {"read_noise", effects.readNoise, {"gaussian"}},
      {"output_noise", effects.outputNoise, {"gaussian"}},
      {"flicker_noise", effects.flickerNoise, {"pcm"}},
      {"drift", effects.drift, {"pcm"}},
      {"variation", effects.variation, {"lognormal"}},
      {"stuck_on", effects.stuckOn, {"fraction"}},
      {"stuck_off", effects.stuckOff, {"fraction"}},
      {"ir_drop", effects.irDrop, {"ladder", "fast"}},
      {"adc_offset", effects.adcOffset, {"gaussian"}}};
  for (const Rule &rule : rules)
    if (!llvm::is_contained(rule.models, rule.effect.model))
      return formatv("needs '{0}' with a model of {1}, has '{2}'", rule.key,
                     llvm::join(rule.models, " or "), rule.effect.model);
  if (effects.stuckOn.magnitude + effects.stuckOff.magnitude > 1)
    return "needs fractions of 'stuck_on' and 'stuck_off' cells that sum to at "
           "most 1";
  return {};
}

std::string snn::chip::check(const Chip &chip) {
  if (chip.name.empty())
    return "needs a name";
  std::string error = checkAtLeast({{"cores", double(chip.cores), 1}});
  if (error.empty())
    error = checkAtMost(
        {{"cores", double(chip.cores), mostCores},
         {"crossbars", double(chip.cores) * double(chip.core.crossbars),
          mostCrossbars}});
  if (!error.empty())
    return error;
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

/// Descriptions have some thousand bytes.
static constexpr uint64_t largestDescription = 1 << 20;

Expected<Chip> snn::chip::loadChip(StringRef nameOrFile) {
  bool isFile = nameOrFile.contains('/') || nameOrFile.ends_with(".yaml") ||
                nameOrFile.ends_with(".yml");
  SmallString<128> path(nameOrFile);
  if (!isFile) {
    std::vector<std::string> names = shippedChips();
    if (!llvm::is_contained(names, nameOrFile))
      return createStringError("unknown chip '" + nameOrFile + "'; there are " +
                               llvm::join(names, ", ") +
                               ", or name a .yaml file");
    for (const std::string &directory : chipDirectories()) {
      path = directory;
      sys::path::append(path, nameOrFile + ".yaml");
      if (sys::fs::exists(path))
        break;
    }
  }
  Expected<std::unique_ptr<MemoryBuffer>> buffer =
      readRegularFile(path, /*isText=*/true, largestDescription);
  if (!buffer)
    return createStringError("cannot read the chip description '" + path +
                             "': " + toString(buffer.takeError()));
  return parseChip((*buffer)->getBuffer(), path);
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
  template <typename T> void operator()(const char *key, Sourced<T> &field) {
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
