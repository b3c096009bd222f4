//===- BuildSimulator.cpp - Compile an emitted simulator ------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Support/Process.h"
#include "snn/Target/Cpp/Simulator.h"
#include "snn/runtime/Compilation.h"
#include "snn/runtime/Weights.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cstdlib>

using namespace llvm;
using namespace snn;

Expected<RuntimeLocation> snn::findRuntime() {
  // The address of any function of this program finds its file.
  std::string program = sys::fs::getMainExecutable(
      nullptr, reinterpret_cast<void *>(&snn::findRuntime));
  StringRef prefix = sys::path::parent_path(sys::path::parent_path(program));
  SmallString<128> include(prefix), library(prefix);
  sys::path::append(include, "include");
  sys::path::append(library, SNN_LIBRARY_DIRECTORY, "libsnn_runtime.a");
  for (const RuntimeLocation &candidate :
       {RuntimeLocation{include.str().str(), library.str().str()},
        RuntimeLocation{SNN_RUNTIME_INCLUDE_DIRECTORY, SNN_RUNTIME_LIBRARY}}) {
    SmallString<128> header(candidate.includeDirectory);
    sys::path::append(header, "snn", "runtime", "Simulator.h");
    if (sys::fs::exists(header) && sys::fs::exists(candidate.library))
      return candidate;
  }
  return createStringError(inconvertibleErrorCode(),
                           "cannot find SNNC's runtime: there is no '" +
                               library + "' with headers in '" + include +
                               "/snn/runtime'");
}

/// Definitions that tie a simulator to the weights beside it.
static Expected<std::vector<std::string>> identify(StringRef directory) {
  SmallString<128> path(directory);
  sys::path::append(path, "weights.safetensors");
  try {
    rt::Safetensors weights(path.str().str());
    std::vector<std::string> flags = {
        "-DSNN_WEIGHTS_HASH=\"" + rt::toHex(rt::contentHash(weights.bytes())) +
        "\""};
    auto digest = weights.metadata().find(rt::digestKey);
    if (digest != weights.metadata().end())
      flags.push_back("-DSNN_COMPILATION_DIGEST=\"" + digest->second + "\"");
    return flags;
  } catch (const std::exception &e) {
    return createStringError(e.what());
  }
}

Error snn::buildSimulator(StringRef directory, const BuildOptions &options) {
  Expected<RuntimeLocation> runtime = findRuntime();
  if (!runtime)
    return runtime.takeError();
  std::string compiler = options.compiler;
  if (const char *variable = std::getenv("CXX"); variable && compiler.empty())
    compiler = variable;
  if (StringRef(compiler).trim().empty())
    compiler = "c++";

  SmallString<128> source(directory), binary(directory), temporary;
  sys::path::append(source, "sim.cpp");
  sys::path::append(binary, "sim");
  if (!sys::fs::exists(source))
    return createStringError(inconvertibleErrorCode(),
                             "cannot find '" + source + "'");
  Expected<std::vector<std::string>> identity = identify(directory);
  if (!identity)
    return identity.takeError();
  sys::fs::createUniquePath(binary + ".%%%%%%.tmp", temporary,
                            /*MakeAbsolute=*/false);

  SmallVector<StringRef> words;
  SplitString(compiler, words);
  std::vector<std::string> command(words.begin(), words.end());
  // The program only calls the runtime: there is nothing to optimise, and
  // optimising one function of many calls takes minutes.
  for (StringRef argument :
       {StringRef("-std=c++17"), StringRef("-O0"),
        StringRef("-ffp-contract=off"), StringRef("-I"),
        StringRef(runtime->includeDirectory), source.str(), StringRef("-o"),
        temporary.str(), StringRef(runtime->library), StringRef("-lz"),
        StringRef("-pthread")})
    command.push_back(argument.str());
  llvm::append_range(command, *identity);
  command.insert(command.end(), options.flags.begin(), options.flags.end());

  Error error = runProcess(command, /*output=*/"", options.temporary);
  if (!error)
    if (std::error_code code = sys::fs::rename(temporary, binary))
      error = createStringError(code, "cannot rename '" + temporary + "' to '" +
                                          binary + "': " + code.message());
  if (!error)
    return error;
  sys::fs::remove(temporary);
  return createStringError(inconvertibleErrorCode(),
                           "cannot build the simulator: " +
                               toString(std::move(error)));
}
