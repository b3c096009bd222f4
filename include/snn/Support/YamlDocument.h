//===- YamlDocument.h - One YAML document with located errors ---*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_SUPPORT_YAMLDOCUMENT_H
#define SNN_SUPPORT_YAMLDOCUMENT_H

#include "snn/Support/Nesting.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLTraits.h"

#include <string>

namespace snn {

/// Reads `text`, the contents of `file`, into a document that has YAML traits.
/// The error names file, line and column; of several, the first is the cause.
/// `what` is what a text without content lacks: "a chip description". `state`
/// is the context of the traits. `explain` gives the words of an error that the
/// reader reports.
template <typename Document>
llvm::Error readYamlDocument(
    llvm::StringRef text, llvm::StringRef file, llvm::StringRef what,
    Document &document, void *state = nullptr,
    llvm::function_ref<std::string(llvm::StringRef)> explain = nullptr) {
  if (llvm::Error error = checkYamlNesting(text))
    return llvm::createStringError(
        file + ": error: " + llvm::toString(std::move(error)));
  struct Handler {
    llvm::function_ref<std::string(llvm::StringRef)> explain;
    std::string message;
  } handler{explain, {}};
  std::string &message = handler.message;
  auto keep = [](const llvm::SMDiagnostic &diagnostic, void *context) {
    auto &handler = *static_cast<Handler *>(context);
    if (!handler.message.empty())
      return;
    llvm::raw_string_ostream os(handler.message);
    std::string words = diagnostic.getMessage().str();
    if (handler.explain)
      words = handler.explain(words);
    llvm::SMDiagnostic(*diagnostic.getSourceMgr(), diagnostic.getLoc(),
                       diagnostic.getFilename(), diagnostic.getLineNo(),
                       diagnostic.getColumnNo(), diagnostic.getKind(), words,
                       diagnostic.getLineContents(), diagnostic.getRanges())
        .print(nullptr, os, /*ShowColors=*/false);
  };
  llvm::yaml::Input input(llvm::MemoryBufferRef(text, file), state, keep,
                          &handler);
  // What `input >> document` does, but a text without content has no node to
  // report an error at.
  bool hasContent = input.setCurrentDocument() && !input.error();
  llvm::yaml::EmptyContext context;
  if (hasContent)
    llvm::yaml::yamlize(input, document, /*Required=*/true, context);
  if (!input.error() && hasContent)
    return llvm::Error::success();
  if (message.empty())
    message = (file + ":1:1: error: needs " + what).str();
  return llvm::createStringError(llvm::StringRef(message).rtrim());
}

} // namespace snn

#endif // SNN_SUPPORT_YAMLDOCUMENT_H
