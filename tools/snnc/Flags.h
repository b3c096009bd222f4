//===- Flags.h - The command line of the compiler ---------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A flag for every option that Options.def declares for snnc.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_TOOLS_SNNC_FLAGS_H
#define SNN_TOOLS_SNNC_FLAGS_H

#include "snn/Pipeline/Options.h"
#include "llvm/Support/CommandLine.h"

namespace snn {

struct Flags {
  template <typename T> using One = llvm::cl::opt<T, false, ParserOf<T>>;
  template <typename T> using Many = llvm::cl::list<T, bool, ParserOf<T>>;

  /// Runs before the options below are made.
  bool namesAreFree = freeNames();

  llvm::cl::OptionCategory category{"snnc options"};
  llvm::cl::opt<std::string> model{llvm::cl::Positional,
                                   llvm::cl::desc("<model.onnx>"),
                                   llvm::cl::cat(category)};

#define OPTION(Field, Name, Type, Default, Value, FirstPhase, Codings, Needs,  \
               Help)                                                           \
  One<Type> Field{Name, llvm::cl::desc(Help), llvm::cl::value_desc(Value),     \
                  llvm::cl::init(Type(Default)), llvm::cl::cat(category)};
#define LIST_OPTION(Field, Name, Type, Value, FirstPhase, Codings, Needs,      \
                    Help)                                                      \
  Many<Type> Field{Name, llvm::cl::desc(Help), llvm::cl::value_desc(Value),    \
                   llvm::cl::cat(category)};
#define DRIVER_OPTION(Field, Name, Type, Value, FirstPhase, Codings, Needs,    \
                      Help)                                                    \
  One<Type> Field{Name, llvm::cl::desc(Help), llvm::cl::value_desc(Value),     \
                  llvm::cl::init(Type{}), llvm::cl::cat(category)};
#define DRIVER_LIST_OPTION(Field, Name, Type, Commas, Value, FirstPhase,       \
                           Codings, Needs, Help)                               \
  Many<Type> Field{                                                            \
      Name, llvm::cl::desc(Help), llvm::cl::value_desc(Value),                 \
      llvm::cl::cat(category),                                                 \
      llvm::cl::MiscFlags(Commas ? llvm::cl::CommaSeparated : 0)};
#include "snn/Pipeline/Options.def"

  /// Assigns what the command line says; the rest keeps its default.
  void assignTo(PipelineOptions &options) const;

  /// The names of the flags that the command line has.
  std::vector<llvm::StringRef> getGiven() const;

private:
  /// LLVM registers an option --print-options for itself; it is ours here.
  static bool freeNames();
};

} // namespace snn

#endif // SNN_TOOLS_SNNC_FLAGS_H
