//===- CheckOptions.cpp - Options that contradict or do nothing -----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Chip/Chip.h"
#include "snn/Pipeline/Options.h"

using namespace snn;
using llvm::createStringError;
using llvm::Error;
using llvm::StringRef;

/// "auto, mttfs or lif".
static std::string listCodings(unsigned codings) {
  llvm::SmallVector<ChoiceInfo> some;
  for (const ChoiceInfo &coding : getChoices<CodingChoice>())
    if (codings & (1u << unsigned(coding.value)))
      some.push_back(coding);
  return listChoices(some);
}

static Error checkCrossbars(const OptionInfo &option, StringRef name) {
  llvm::Expected<chip::Chip> chip = chip::loadChip(name);
  if (!chip)
    return chip.takeError();
  if (chip->hasCrossbars())
    return Error::success();
  return createStringError("--" + option.name + " has no effect on chip '" +
                           chip->name + "', which has no crossbars");
}

Error snn::checkEffect(const OptionInfo &option,
                       const PipelineOptions &options) {
  if (!(option.codings & (1u << unsigned(options.coding.getValue()))))
    return createStringError(
        "--" + option.name + " has no effect in coding '" +
        toString(options.coding) + "': it is for coding " +
        listCodings(option.codings) +
        // What stands in its place.
        (option.name == "dead-zone" && options.coding == CodingChoice::Phase
             ? "; in phase coding small values are silent after --phase-steps "
               "phases"
             : ""));
  auto fail = [&](StringRef why) {
    return createStringError("--" + option.name + " has no effect " + why);
  };
  if ((option.needs & need::Calibration) && options.calibrate.empty())
    return fail("without --calibrate: it is for quantisers that the model does "
                "not have");
  if ((option.needs & need::BiasCorrection) && !options.correctBias)
    return fail("with --correct-bias=false");
  if ((option.needs & need::FixedPhases) && !options.phaseSearch.empty())
    return fail("with --phase-search, which chooses codes itself");
  if ((option.needs & (need::Chip | need::Crossbars)) && options.chip.empty())
    return fail("without --chip NAME or FILE.yaml");
  if (option.needs & need::Crossbars)
    return checkCrossbars(option, options.chip);
  return Error::success();
}

/// The coding that an attention engine computes in; `Auto` for a choice that
/// names none.
static CodingChoice getCoding(AttentionChoice attention) {
  switch (attention) {
  case AttentionChoice::Auto:
    return CodingChoice::Auto;
#define ENGINE(Enumerator, Name, Coding, Help)                                 \
  case AttentionChoice::Enumerator:                                            \
    return CodingChoice::Coding;
    SNN_ATTENTION_ENGINES(ENGINE)
#undef ENGINE
  }
  llvm_unreachable("unknown attention engine");
}

static Error checkAttention(CodingChoice coding, AttentionChoice attention) {
  CodingChoice needed = getCoding(attention);
  // The coding `auto` is M-TTFS or LIF neurons, as the network has it.
  if (needed == CodingChoice::Auto || needed == coding ||
      (coding == CodingChoice::Auto && needed != CodingChoice::Phase))
    return Error::success();
  return createStringError("coding '" + toString(coding) +
                           "' has no attention engine '" + toString(attention) +
                           "': it is for coding '" + toString(needed) + "'");
}

static Error checkPhaseSearch(StringRef search) {
  auto [metric, budget] = search.split(':');
  double value;
  if (search.empty() || ((metric == "error" || metric == "agreement") &&
                         !budget.getAsDouble(value)))
    return Error::success();
  return createStringError(
      "--phase-search needs error:R or agreement:A, has '" + search + "'");
}

/// --dead-zone's entries; the sites are known later.
static Error checkDeadZone(StringRef deadZone) {
  llvm::SmallVector<StringRef> entries;
  deadZone.split(entries, ',', -1, /*KeepEmpty=*/false);
  for (StringRef entry : entries) {
    unsigned k;
    if (!entry.contains('=') && (entry.getAsInteger(10, k) || k > 255))
      return createStringError("--dead-zone needs K or SITE=K,..., has '" +
                               entry + "'");
  }
  return Error::success();
}

/// --act-bits' entries; the sites are known later, as is whether there are so
/// many bits.
static Error checkBits(StringRef bits) {
  llvm::SmallVector<StringRef> entries;
  bits.split(entries, ',', -1, /*KeepEmpty=*/false);
  bool isGiven = false;
  for (StringRef entry : entries) {
    unsigned n;
    if (entry.contains('='))
      continue;
    if (isGiven || entry.getAsInteger(10, n))
      return createStringError(
          "--act-bits needs N, SITE=N or CLASS=N,..., has '" + entry + "'");
    isGiven = true;
  }
  return Error::success();
}

/// --digits' entries; the sites are known later.
static Error checkDigits(StringRef digits) {
  llvm::SmallVector<StringRef> entries;
  digits.split(entries, ',', -1, /*KeepEmpty=*/false);
  for (StringRef entry : entries)
    if (!entry.contains('=') && entry != "1" && entry != "2")
      return createStringError("--digits needs 1, 2 or SITE=N,..., has '" +
                               entry + "'");
  return Error::success();
}

Error snn::checkOptions(const PipelineOptions &options) {
  if (Error error = checkAttention(options.coding, options.attention))
    return error;
  if (!options.chip.empty()) {
    llvm::Expected<chip::Chip> chip = chip::loadChip(options.chip);
    if (!chip)
      return chip.takeError();
  }
  if (options.coding == CodingChoice::None && options.to > Phase::Import)
    return createStringError("coding 'none' keeps the float network; the last "
                             "phase is then 'import'");
#define OPTION(Field, Name, ...)                                               \
  if (options.Field.hasValue())                                                \
    if (Error error = checkEffect(*findOption(Name), options))                 \
      return error;
#define LIST_OPTION OPTION
#define PIPELINE_OPTION OPTION
#include "snn/Pipeline/Options.def"
  if (Error error = checkBits(options.activationBits))
    return error;
  if (Error error = checkDeadZone(options.deadZone))
    return error;
  if (Error error = checkDigits(options.digits))
    return error;
  return checkPhaseSearch(options.phaseSearch);
}
