//===- BuildSimulator.cpp - Compile an emitted simulator ------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Support/Process.h"
#include "snn/Support/Version.h"
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

namespace {
/// The commands of one build. Results have temporary names until all are there.
class Build {
public:
  Build(StringRef directory, const RuntimeLocation &runtime,
        const BuildOptions &options)
      : directory(directory), runtime(runtime), options(options) {
    std::string compiler = options.compiler;
    if (const char *variable = std::getenv("CXX"); variable && compiler.empty())
      compiler = variable;
    if (StringRef(compiler).trim().empty())
      compiler = "c++";
    SmallVector<StringRef> words;
    SplitString(compiler, words);
    leading.assign(words.begin(), words.end());
  }
  ~Build() {
    for (const Result &result : results)
      sys::fs::remove(result.temporary);
  }

  Error compile(ArrayRef<std::string> identity);
  Error linkProgram();
  Error linkLibrary();
  /// Gives the results their names.
  Error commit();

private:
  struct Result {
    std::string temporary, name; ///< no name: it is not kept
  };

  std::string pathOf(StringRef name) const {
    SmallString<128> path(directory);
    sys::path::append(path, name);
    return path.str().str();
  }
  /// A name for what will be `name`.
  std::string makeTemporary(StringRef name, bool isKept = true) {
    SmallString<128> temporary;
    sys::fs::createUniquePath(pathOf(name) + ".%%%%%%.tmp", temporary,
                              /*MakeAbsolute=*/false);
    results.push_back(
        {temporary.str().str(), isKept ? pathOf(name) : std::string()});
    return results.back().temporary;
  }
  Error run(ArrayRef<std::string> arguments) {
    std::vector<std::string> command = leading;
    llvm::append_range(command, arguments);
    llvm::append_range(command, options.flags);
    return runProcess(command, /*output=*/"", options.temporary);
  }

  std::string directory;
  const RuntimeLocation &runtime;
  const BuildOptions &options;
  std::vector<std::string> leading;
  std::vector<Result> results;
  std::string object;
};
} // namespace

Error Build::compile(ArrayRef<std::string> identity) {
  object = makeTemporary("sim.o", /*isKept=*/false);
  // The program only calls the runtime: there is nothing to optimise, and
  // optimising one function of many calls takes minutes.
  std::vector<std::string> arguments = {"-std=c++17",
                                        "-O0",
                                        "-ffp-contract=off",
                                        "-fPIC",
                                        "-I",
                                        runtime.includeDirectory,
                                        "-c",
                                        pathOf("sim.cpp"),
                                        "-o",
                                        object,
                                        "-DSNN_RELEASE=\"" +
                                            getRelease().str() + "\""};
  llvm::append_range(arguments, identity);
  return run(arguments);
}

Error Build::linkProgram() {
  return run(
      {"-o", makeTemporary("sim"), object, runtime.library, "-lz", "-pthread"});
}

Error Build::linkLibrary() {
  // Programs that load it bring a C++ library of their own, perhaps an older
  // one: this one has what it needs, and shows none of it.
  return run({"-shared", "-o", makeTemporary("sim.so"), object,
              "-Wl,-u,snn_abi", runtime.library, "-static-libstdc++",
              "-static-libgcc",
              "-Wl,--version-script=" + runtime.includeDirectory +
                  "/snn/runtime/Api.map",
              "-lz", "-pthread"});
}

Error Build::commit() {
  for (Result &result : results) {
    if (result.name.empty())
      continue;
    if (std::error_code code = sys::fs::rename(result.temporary, result.name))
      return createStringError(code, "cannot rename '" + result.temporary +
                                         "' to '" + result.name +
                                         "': " + code.message());
  }
  return Error::success();
}

Error snn::buildSimulator(StringRef directory, const BuildOptions &options) {
  Expected<RuntimeLocation> runtime = findRuntime();
  if (!runtime)
    return runtime.takeError();
  SmallString<128> source(directory);
  sys::path::append(source, "sim.cpp");
  if (!sys::fs::exists(source))
    return createStringError(inconvertibleErrorCode(),
                             "cannot find '" + source + "'");
  Expected<std::vector<std::string>> identity = identify(directory);
  if (!identity)
    return identity.takeError();

  Build build(directory, *runtime, options);
  Error error = build.compile(*identity);
  if (!error)
    error = build.linkProgram();
  if (!error && options.library)
    error = build.linkLibrary();
  if (!error)
    error = build.commit();
  if (!error)
    return error;
  return createStringError(inconvertibleErrorCode(),
                           "cannot build the simulator: " +
                               toString(std::move(error)));
}
