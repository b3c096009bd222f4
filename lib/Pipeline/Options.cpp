//===- Options.cpp - What Options.def declares, as a table ----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Pipeline/Options.h"
#include "snn/Support/Version.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/WithColor.h"

using namespace snn;
using llvm::ArrayRef;
using llvm::StringRef;
namespace json = llvm::json;

//===----------------------------------------------------------------------===//
// Enumerations
//===----------------------------------------------------------------------===//

#define OPTION_ENUM(Type, Choices)                                             \
  template <> ArrayRef<ChoiceInfo> snn::getChoices<Type>() {                   \
    using Enum = Type;                                                         \
    static constexpr ChoiceInfo choices[] = {Choices};                         \
    return choices;                                                            \
  }
#define CHOICE(Enumerator, Name, Help)                                         \
  {int(Enum::Enumerator), Name, Help, false},
#define OLD_NAME(Enumerator, Name) {int(Enum::Enumerator), Name, "", true},
#include "snn/Pipeline/Options.def"

StringRef snn::nameOfChoice(ArrayRef<ChoiceInfo> choices, int value) {
  for (const ChoiceInfo &choice : choices)
    if (choice.value == value)
      return choice.name;
  llvm_unreachable("a value without a name");
}

std::optional<int> snn::findChoice(ArrayRef<ChoiceInfo> choices,
                                   StringRef text) {
  std::string name = chip::normaliseName(text);
  for (const ChoiceInfo &choice : choices)
    if (chip::normaliseName(choice.name) == name)
      return choice.value;
  return std::nullopt;
}

std::string snn::listChoices(ArrayRef<ChoiceInfo> choices) {
  std::vector<StringRef> names;
  for (const ChoiceInfo &choice : choices)
    if (!choice.isOldName)
      names.push_back(choice.name);
  std::string text;
  for (auto [i, name] : llvm::enumerate(names))
    text += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + name.str();
  return text;
}

void snn::reportUnknownChoice(StringRef name, ArrayRef<ChoiceInfo> choices,
                              StringRef text) {
  llvm::WithColor::error() << "--" << name << " needs " << listChoices(choices)
                           << ", has '" << text << "'\n";
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

namespace {

constexpr unsigned AnyCoding =
    inCodings({CodingChoice::Auto, CodingChoice::Mttfs, CodingChoice::Phase,
               CodingChoice::Lif, CodingChoice::None});
constexpr unsigned SpikingCodings =
    inCodings({CodingChoice::Auto, CodingChoice::Mttfs, CodingChoice::Phase,
               CodingChoice::Lif});
/// Codings with integer levels at their sites.
constexpr unsigned LevelCodings =
    inCodings({CodingChoice::Auto, CodingChoice::Mttfs, CodingChoice::Lif});
/// Codings in which neurons of networks trained to spike are recognised.
constexpr unsigned NeuronCodings =
    inCodings({CodingChoice::Auto, CodingChoice::Lif});
constexpr unsigned PhaseCoding = inCodings({CodingChoice::Phase});

template <typename T> constexpr OptionKind kindOf() {
  if constexpr (std::is_same_v<T, bool>)
    return OptionKind::Flag;
  else if constexpr (std::is_integral_v<T>)
    return OptionKind::Integer;
  else if constexpr (std::is_floating_point_v<T>)
    return OptionKind::Real;
  else if constexpr (std::is_enum_v<T>)
    return OptionKind::Choice;
  else
    return OptionKind::Text;
}

template <typename T> ArrayRef<ChoiceInfo> choicesOf() {
  if constexpr (std::is_enum_v<T>)
    return getChoices<T>();
  else
    return {};
}

template <typename T> json::Value toJson(const T &value) {
  if constexpr (std::is_enum_v<T>)
    return toString(value);
  else if constexpr (std::is_same_v<T, unsigned>)
    return int64_t(value);
  else
    return value;
}

/// A value as a flag says it.
template <typename T> std::string toText(const T &value) {
  if constexpr (std::is_enum_v<T>)
    return toString(value).str();
  else if constexpr (std::is_same_v<T, bool>)
    return value ? "true" : "false";
  else if constexpr (std::is_same_v<T, double>)
    return llvm::formatv("{0}", json::Value(value));
  else if constexpr (std::is_integral_v<T>)
    return std::to_string(value);
  else
    return value;
}

std::vector<OptionInfo> makeTable() {
  using namespace need;
  std::vector<OptionInfo> table;
#define OPTION(Field, Name, Type, Default, Value, FirstPhase, Codings, Needs,  \
               Help)                                                           \
  table.push_back({Name, kindOf<Type>(), OptionPlace::Both, false,             \
                   choicesOf<Type>(), toJson(Type(Default)), Value,            \
                   Phase::FirstPhase, Codings, Needs, Help});
#define LIST_OPTION(Field, Name, Type, Value, FirstPhase, Codings, Needs,      \
                    Help)                                                      \
  table.push_back({Name, kindOf<Type>(), OptionPlace::Both, true,              \
                   choicesOf<Type>(), json::Array(), Value, Phase::FirstPhase, \
                   Codings, Needs, Help});
#define PIPELINE_OPTION(Field, Name, Type, Default, Value, FirstPhase,         \
                        Codings, Needs, Help)                                  \
  table.push_back({Name, kindOf<Type>(), OptionPlace::Pipeline, false,         \
                   choicesOf<Type>(), toJson(Type(Default)), Value,            \
                   Phase::FirstPhase, Codings, Needs, Help});
#define DRIVER_OPTION(Field, Name, Type, Value, FirstPhase, Codings, Needs,    \
                      Help)                                                    \
  table.push_back({Name, kindOf<Type>(), OptionPlace::Driver, false,           \
                   choicesOf<Type>(), nullptr, Value, Phase::FirstPhase,       \
                   Codings, Needs, Help});
#define DRIVER_LIST_OPTION(Field, Name, Type, Commas, Value, FirstPhase,       \
                           Codings, Needs, Help)                               \
  table.push_back({Name, kindOf<Type>(), OptionPlace::Driver, true,            \
                   choicesOf<Type>(), json::Array(), Value, Phase::FirstPhase, \
                   Codings, Needs, Help});
#include "snn/Pipeline/Options.def"
  return table;
}

} // namespace

ArrayRef<OptionInfo> snn::getOptionInfos() {
  static const std::vector<OptionInfo> table = makeTable();
  return table;
}

const OptionInfo *snn::findOption(StringRef name) {
  for (const OptionInfo &option : getOptionInfos())
    if (option.name == name)
      return &option;
  return nullptr;
}

StringRef snn::findNearestOption(StringRef name) {
  StringRef nearest;
  unsigned least = 4; // edits: more is another word
  for (const OptionInfo &option : getOptionInfos())
    if (unsigned edits = name.edit_distance(option.name, true, least);
        edits < least) {
      least = edits;
      nearest = option.name;
    }
  return nearest;
}

std::vector<std::string> snn::toFlags(const PipelineOptions &options) {
  std::vector<std::string> flags;
#define OPTION(Field, Name, Type, Default, Value, FirstPhase, Codings, Needs,  \
               Help)                                                           \
  if (options.Field.hasValue())                                                \
    flags.push_back("--" Name "=" + toText<Type>(options.Field));
#define LIST_OPTION(Field, Name, Type, Value, FirstPhase, Codings, Needs,      \
                    Help)                                                      \
  for (const Type &value : options.Field)                                      \
    flags.push_back("--" Name "=" + toText<Type>(value));
#include "snn/Pipeline/Options.def"
  return flags;
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

/// The limits or the choices that the form of a number's values says.
static void addLimits(json::Object &object, const OptionInfo &option) {
  if (option.kind != OptionKind::Integer)
    return;
  auto [low, high] = option.value.split("..");
  int64_t minimum, maximum;
  if (!low.getAsInteger(10, minimum) && !high.getAsInteger(10, maximum)) {
    object["minimum"] = minimum;
    object["maximum"] = maximum;
    return;
  }
  json::Array choices;
  llvm::SmallVector<StringRef> parts;
  option.value.split(parts, '|');
  for (StringRef part : parts)
    if (int64_t number; !part.getAsInteger(10, number))
      choices.push_back(number);
  if (!choices.empty())
    object["choices"] = std::move(choices);
}

static json::Array namesOfNeeds(unsigned needs) {
  static const std::pair<need::Need, StringRef> names[] = {
      {need::Calibration, "calibrate"},
      {need::BiasCorrection, "correct-bias"},
      {need::FixedPhases, "no phase-search"},
      {need::Chip, "chip"},
      {need::Crossbars, "chip with crossbars"},
      {need::StochasticAttention, "stochastic attention"},
      {need::RandomNumbers, "random spikes"}};
  json::Array result;
  for (auto [need, name] : names)
    if (needs & need)
      result.push_back(name);
  return result;
}

json::Object snn::describeOptions() {
  static constexpr StringRef kinds[] = {"flag", "integer", "real", "text",
                                        "choice"};
  json::Array options;
  for (const OptionInfo &option : getOptionInfos()) {
    json::Object object{{"name", option.name},
                        {"type", kinds[unsigned(option.kind)]},
                        {"list", option.isList},
                        {"snnc", option.place != OptionPlace::Pipeline},
                        {"pipeline", option.place != OptionPlace::Driver},
                        {"default", option.defaultValue},
                        {"phase", toString(option.phase)},
                        {"needs", namesOfNeeds(option.needs)},
                        {"help", option.help}};
    if (!option.value.empty())
      object["value"] = option.value;
    addLimits(object, option);
    json::Array codings;
    for (const ChoiceInfo &coding : getChoices<CodingChoice>())
      if (option.codings & (1u << unsigned(coding.value)))
        codings.push_back(coding.name);
    object["codings"] = std::move(codings);
    if (option.kind == OptionKind::Choice) {
      json::Array choices;
      json::Object old;
      for (const ChoiceInfo &choice : option.choices)
        if (choice.isOldName)
          old[choice.name] = nameOfChoice(option.choices, choice.value);
        else
          choices.push_back(
              json::Object{{"name", choice.name}, {"help", choice.help}});
      object["choices"] = std::move(choices);
      if (!old.empty())
        object["old_names"] = std::move(old);
    }
    options.push_back(std::move(object));
  }
  return json::Object{{"schema_version", 1},
                      {"snnc", getVersion()},
                      {"options", std::move(options)}};
}
