//===- Options.h - The options of a compilation -----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What Options.def declares, as enumerations, as `PipelineOptions` and as a
// table for what shows or checks options.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_PIPELINE_OPTIONS_H
#define SNN_PIPELINE_OPTIONS_H

#include "mlir/Pass/PassOptions.h"
#include "snn/Chip/EngineKinds.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

#include <optional>
#include <type_traits>
#include <vector>

namespace snn {

//===----------------------------------------------------------------------===//
// Enumerations
//===----------------------------------------------------------------------===//

#define OPTION_ENUM(Type, Choices) enum class Type { Choices };
#define CHOICE(Enumerator, Name, Help) Enumerator,
#define OLD_NAME(Enumerator, Name)
#include "snn/Pipeline/Options.def"

/// One value of an enumeration.
struct ChoiceInfo {
  int value;
  llvm::StringLiteral name, help;
  bool isOldName; ///< another name of a value, which is read only
};

/// The values of an enumeration of Options.def.
template <typename E> llvm::ArrayRef<ChoiceInfo> getChoices();
#define OPTION_ENUM(Type, Choices)                                             \
  template <> llvm::ArrayRef<ChoiceInfo> getChoices<Type>();
#include "snn/Pipeline/Options.def"

llvm::StringRef nameOfChoice(llvm::ArrayRef<ChoiceInfo> choices, int value);
std::optional<int> findChoice(llvm::ArrayRef<ChoiceInfo> choices,
                              llvm::StringRef text);
/// "import, quantise or sim".
std::string listChoices(llvm::ArrayRef<ChoiceInfo> choices);

#define OPTION_ENUM(Type, Choices)                                             \
  inline llvm::StringRef toString(Type value) {                                \
    return nameOfChoice(getChoices<Type>(), int(value));                       \
  }
#include "snn/Pipeline/Options.def"

/// The value of that name, or of that old one.
template <typename E> std::optional<E> parseChoice(llvm::StringRef text) {
  if (std::optional<int> value = findChoice(getChoices<E>(), text))
    return E(*value);
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Options of passes and flags
//===----------------------------------------------------------------------===//

/// Prints "error: --NAME needs A or B, has 'TEXT'".
void reportUnknownChoice(llvm::StringRef name,
                         llvm::ArrayRef<ChoiceInfo> choices,
                         llvm::StringRef text);

/// Reads an enumeration, for pass options and for flags. The error names the
/// choices.
template <typename E>
class ChoiceParser : public mlir::detail::PassOptions::OptionParser<E> {
public:
  using mlir::detail::PassOptions::OptionParser<E>::OptionParser;

  void initialize() {
    for (const ChoiceInfo &choice : getChoices<E>())
      if (!choice.isOldName)
        this->addLiteralOption(choice.name, E(choice.value), choice.help);
  }

  /// True on failure, as parsers of LLVM's command line have it.
  bool parse(llvm::cl::Option &option, llvm::StringRef name,
             llvm::StringRef text, E &value) {
    std::optional<E> found = parseChoice<E>(text);
    if (found)
      value = *found;
    else
      reportUnknownChoice(name, getChoices<E>(), text);
    return !found;
  }

  static void print(llvm::raw_ostream &os, E value) { os << toString(value); }
};

/// The parser of an option of type `T`.
template <typename T>
using ParserOf =
    std::conditional_t<std::is_enum_v<T>, ChoiceParser<T>,
                       typename mlir::detail::PassOptions::OptionParser<T>>;

/// Options of a compilation, as `snnc`'s flags and as pipeline options. An
/// option that was assigned `hasValue()`, its default included.
struct PipelineOptions : mlir::PassPipelineOptions<PipelineOptions> {
  template <typename T> using Single = Option<T, ParserOf<T>>;
  template <typename T> using Several = ListOption<T, ParserOf<T>>;

#define OPTION(Field, Name, Type, Default, Value, FirstPhase, Codings, Needs,  \
               Help)                                                           \
  Single<Type> Field{*this, Name, llvm::cl::desc(Help),                        \
                     llvm::cl::init(Type(Default))};
#define PIPELINE_OPTION OPTION
#define LIST_OPTION(Field, Name, Type, Value, FirstPhase, Codings, Needs,      \
                    Help)                                                      \
  Several<Type> Field{*this, Name, llvm::cl::desc(Help)};
#include "snn/Pipeline/Options.def"
};

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

/// Sets of codings.
constexpr unsigned inCodings(std::initializer_list<CodingChoice> codings) {
  unsigned set = 0;
  for (CodingChoice coding : codings)
    set |= 1u << unsigned(coding);
  return set;
}

/// What an option may need, apart from its coding, to have an effect.
namespace need {
enum Need : unsigned {
  None = 0,
  Calibration = 1,    ///< inputs
  BiasCorrection = 2, ///< of which it is a part
  FixedPhases = 4,    ///< that no search replaces
  Chip = 8,           ///< to map to
  Crossbars = 16,     ///< of that chip
  // Known when the network is recognised (snn-check-network).
  StochasticAttention = 32,
  RandomNumbers = 64,
};
} // namespace need

enum class OptionKind { Flag, Integer, Real, Text, Choice };

/// Which tools have an option.
enum class OptionPlace { Both, Pipeline, Driver };

/// One line of Options.def.
struct OptionInfo {
  llvm::StringLiteral name;
  OptionKind kind;
  OptionPlace place;
  bool isList;
  llvm::ArrayRef<ChoiceInfo> choices; ///< of an enumeration
  llvm::json::Value defaultValue;     ///< null: left out
  llvm::StringLiteral value;
  Phase phase;
  unsigned codings; ///< a set
  unsigned needs;   ///< of `need::Need`
  llvm::StringLiteral help;
};

/// All options, in the order of Options.def.
llvm::ArrayRef<OptionInfo> getOptionInfos();

/// The option of that name; null if there is none.
const OptionInfo *findOption(llvm::StringRef name);

/// The declared name that is nearest to a misspelt one; empty where none is
/// near.
llvm::StringRef findNearestOption(llvm::StringRef name);

/// What `snnc --print-options=json` prints.
llvm::json::Object describeOptions();

/// The flags of snnc that say what was assigned in `options`.
std::vector<std::string> toFlags(const PipelineOptions &options);

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

/// Fails where an option that was given has no effect with the others: its
/// coding is another, or what it needs is absent.
llvm::Error checkEffect(const OptionInfo &option,
                        const PipelineOptions &options);

/// Fails where options are out of range, contradict each other or have no
/// effect. What only the network tells is left to the passes.
llvm::Error checkOptions(const PipelineOptions &options);

} // namespace snn

#endif // SNN_PIPELINE_OPTIONS_H
