//===- snn-image.cpp - Looks into programming images ----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// snn-image dump FILE [--json] [--section NAME]
// snn-image diff A B
// snn-image verify FILE... [--chip NAME|FILE.yaml]
// snn-image export FILE -o DIR [--format npy,csv]
//
//===----------------------------------------------------------------------===//

#include "Commands.h"

#include "snn/Chip/Chip.h"
#include "snn/Support/Tool.h"
#include "snn/Support/Version.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/WithColor.h"

using namespace snn;
using namespace snn::image;
namespace cl = llvm::cl;

namespace {

cl::OptionCategory category("snn-image options");
cl::SubCommand dumpCommand("dump", "Print an image as text or JSON");
cl::SubCommand diffCommand("diff", "Print what two images differ in");
cl::SubCommand verifyCommand("verify", "Check images");
cl::SubCommand exportCommand("export", "Write conductances for the laboratory");

cl::opt<std::string> dumped(cl::Positional, cl::Required,
                            cl::desc("<image.snnimg>"), cl::sub(dumpCommand),
                            cl::cat(category));
cl::opt<bool> asJson("json", cl::desc("JSON instead of text"),
                     cl::sub(dumpCommand), cl::cat(category));
cl::opt<std::string> onlySection("section", cl::desc("Only this section"),
                                 cl::value_desc("NAME"), cl::sub(dumpCommand),
                                 cl::cat(category));

cl::list<std::string> compared(cl::Positional, cl::OneOrMore,
                               cl::desc("<a.snnimg> <b.snnimg>"),
                               cl::sub(diffCommand), cl::cat(category));

cl::list<std::string> verified(cl::Positional, cl::OneOrMore,
                               cl::desc("<image.snnimg>..."),
                               cl::sub(verifyCommand), cl::cat(category));
cl::opt<std::string> chipName("chip", cl::desc("Refuse images of another chip"),
                              cl::value_desc("NAME|FILE.yaml"),
                              cl::sub(verifyCommand), cl::cat(category));

cl::opt<std::string> exported(cl::Positional, cl::Required,
                              cl::desc("<image.snnimg>"),
                              cl::sub(exportCommand), cl::cat(category));
cl::opt<std::string> directory("o", cl::desc("Directory to write to"),
                               cl::value_desc("DIR"), cl::Required,
                               cl::sub(exportCommand), cl::cat(category));
cl::list<std::string> formats("format", cl::CommaSeparated,
                              cl::desc("npy, csv (default: both)"),
                              cl::sub(exportCommand), cl::cat(category));

int fail(const llvm::Twine &message) {
  llvm::WithColor::error() << message << '\n';
  return 1;
}

int runDump() {
  Image image(dumped);
  if (asJson)
    dumpJson(image, onlySection, llvm::outs());
  else
    dumpText(image, onlySection, llvm::outs());
  return 0;
}

int runDiff() {
  if (compared.size() != 2)
    return fail("diff needs two images, has " + llvm::Twine(compared.size()));
  // As diff(1): 1 says that there is a difference.
  return diff(Image(compared[0]), Image(compared[1]), llvm::outs()) ? 1 : 0;
}

int runVerify() {
  llvm::Expected<chip::Chip> wanted = chip::builtinChip();
  if (!chipName.empty())
    if (wanted = chip::loadChip(chipName); !wanted)
      return fail(llvm::toString(wanted.takeError()));
  for (const std::string &path : verified) {
    Image image(path);
    if (!chipName.empty())
      image.requireChip(wanted->name, chip::fingerprint(*wanted));
    if (llvm::Error error = verify(image, llvm::outs()))
      return fail(llvm::toString(std::move(error)));
  }
  return 0;
}

int runExport() {
  ExportOptions options;
  options.directory = directory;
  for (const std::string &format : formats)
    if (format != "npy" && format != "csv")
      return fail("cannot write the format '" + llvm::Twine(format) +
                  "'; there are npy and csv");
  if (!formats.empty()) {
    options.npy = llvm::is_contained(formats, "npy");
    options.csv = llvm::is_contained(formats, "csv");
  }
  Image image(exported);
  if (std::error_code error = llvm::sys::fs::create_directories(directory))
    return fail("cannot make directory '" + llvm::Twine(directory) +
                "': " + error.message());
  exportConductances(image, options, llvm::outs());
  return 0;
}

} // namespace

static int run(int argc, char **argv) {
  setVersionPrinter("snn-image");
  cl::HideUnrelatedOptions(category);
  for (cl::SubCommand *command :
       {&dumpCommand, &diffCommand, &verifyCommand, &exportCommand})
    cl::HideUnrelatedOptions(category, *command);
  cl::ParseCommandLineOptions(argc, argv, "Looks into programming images\n");
  if (dumpCommand)
    return runDump();
  if (diffCommand)
    return runDiff();
  if (verifyCommand)
    return runVerify();
  if (exportCommand)
    return runExport();
  return fail("needs a command: dump, diff, verify or export");
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  return snn::runTool([&] { return run(argc, argv); });
}
