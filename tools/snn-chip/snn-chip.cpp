//===- snn-chip.cpp - Checks and prints chip descriptions -----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// snn-chip list | keys | check CHIP... | print CHIP [--attribute|--json]
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "snn/Chip/ChipAttribute.h"
#include "snn/Chip/ChipJson.h"
#include "snn/Support/Tool.h"
#include "snn/Support/Version.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"

using namespace snn;
namespace cl = llvm::cl;

namespace {
cl::OptionCategory category("snn-chip options");
cl::SubCommand list("list", "Name the chips that SNNC ships");
cl::SubCommand keys("keys",
                    "Describe the keys: values that they take, defaults");
cl::SubCommand check("check", "Check descriptions");
cl::SubCommand print("print", "Print a description as SNNC understands it");
cl::list<std::string> checked(cl::Positional, cl::OneOrMore,
                              cl::desc("<name or file.yaml>..."),
                              cl::sub(check), cl::cat(category));
cl::opt<std::string> printed(cl::Positional, cl::Required,
                             cl::desc("<name or file.yaml>"), cl::sub(print),
                             cl::cat(category));
cl::opt<bool> asAttribute("attribute",
                          cl::desc("As the module attribute of the IR"),
                          cl::sub(print), cl::cat(category));
cl::opt<bool> asJson("json", cl::desc("As JSON"), cl::sub(print),
                     cl::cat(category));

/// Prints an error that may name its place itself.
int fail(llvm::Error error) {
  std::string text = llvm::toString(std::move(error));
  llvm::errs() << (llvm::StringRef(text).contains(": error: ") ? "" : "error: ")
               << text << '\n';
  return 1;
}

/// The chip must survive its way through the IR.
llvm::Expected<mlir::DictionaryAttr>
toCheckedAttribute(const chip::Chip &chip, mlir::MLIRContext &context) {
  mlir::DictionaryAttr attribute = chip::toAttribute(chip, &context);
  mlir::Location loc = mlir::UnknownLoc::get(&context);
  mlir::FailureOr<chip::Chip> back =
      chip::fromAttribute(attribute, [&] { return mlir::emitError(loc); });
  if (mlir::failed(back) || chip::toAttribute(*back, &context) != attribute)
    return llvm::createStringError("'" + chip.name +
                                   "' changes when it becomes an attribute");
  return attribute;
}
} // namespace

static int run(int argc, char **argv) {
  setVersionPrinter("snn-chip");
  cl::HideUnrelatedOptions(category);
  cl::HideUnrelatedOptions(category, list);
  cl::HideUnrelatedOptions(category, keys);
  cl::HideUnrelatedOptions(category, check);
  cl::HideUnrelatedOptions(category, print);
  cl::ParseCommandLineOptions(argc, argv,
                              "Checks and prints chip descriptions\n");
  mlir::MLIRContext context;
  if (list) {
    for (const std::string &name : chip::shippedChips())
      llvm::outs() << name << '\n';
    return 0;
  }
  if (keys) {
    llvm::outs() << chip::describeKeys();
    return 0;
  }
  if (check) {
    for (const std::string &name : checked) {
      llvm::Expected<chip::Chip> chip = chip::loadChip(name);
      if (!chip)
        return fail(chip.takeError());
      if (auto attribute = toCheckedAttribute(*chip, context); !attribute)
        return fail(attribute.takeError());
      llvm::outs() << llvm::formatv("{0}: ok, fingerprint {1:x-16}\n",
                                    chip->name, chip::fingerprint(*chip));
    }
    return 0;
  }
  if (print) {
    llvm::Expected<chip::Chip> chip = chip::loadChip(printed);
    if (!chip)
      return fail(chip.takeError());
    if (asJson && asAttribute)
      return fail(llvm::createStringError(
          "--json and --attribute are two forms: choose one"));
    if (asJson) {
      chip::printJSON(*chip, llvm::outs());
      return 0;
    }
    if (!asAttribute) {
      llvm::outs() << chip::toYAML(*chip);
      return 0;
    }
    llvm::Expected<mlir::DictionaryAttr> attribute =
        toCheckedAttribute(*chip, context);
    if (!attribute)
      return fail(attribute.takeError());
    llvm::outs() << *attribute << '\n';
    return 0;
  }
  return fail(llvm::createStringError(
      "needs a command: list, keys, check CHIP... or print CHIP"));
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  return snn::runTool([&] { return run(argc, argv); });
}
