//===- Flags.cpp - The command line of the compiler -----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Flags.h"
#include "snn/Support/Version.h"

using namespace snn;

bool Flags::freeNames() {
  // Makes LLVM's own options, too.
  setVersionPrinter("snnc");
  auto &registered = llvm::cl::getRegisteredOptions();
  if (auto found = registered.find("print-options"); found != registered.end())
    found->second->removeArgument();
  return true;
}

void Flags::assignTo(PipelineOptions &options) const {
#define OPTION(Field, Name, Type, ...)                                         \
  if (Field.getNumOccurrences() > 0)                                           \
    options.Field = Field.getValue();
#define LIST_OPTION(Field, Name, Type, ...)                                    \
  if (Field.getNumOccurrences() > 0)                                           \
    options.Field = llvm::ArrayRef<Type>(Field);
#include "snn/Pipeline/Options.def"
  if (compileTo.getNumOccurrences() > 0)
    options.to = compileTo.getValue();
}

std::vector<llvm::StringRef> Flags::getGiven() const {
  std::vector<llvm::StringRef> given;
#define OPTION(Field, Name, ...)                                               \
  if (Field.getNumOccurrences() > 0)                                           \
    given.push_back(Name);
#define LIST_OPTION OPTION
#define DRIVER_OPTION OPTION
#define DRIVER_LIST_OPTION OPTION
#include "snn/Pipeline/Options.def"
  return given;
}
