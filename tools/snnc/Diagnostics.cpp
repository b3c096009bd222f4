//===- Diagnostics.cpp - Errors and warnings as JSON ----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Diagnostics.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
namespace json = llvm::json;

static StringRef nameOf(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Note:
    return "note";
  case DiagnosticSeverity::Warning:
    return "warning";
  case DiagnosticSeverity::Error:
    return "error";
  case DiagnosticSeverity::Remark:
    return "remark";
  }
  llvm_unreachable("unknown severity");
}

/// Strings of JSON are UTF-8, which names in files need not be.
static json::Value toText(StringRef text) {
  return json::isUTF8(text) ? text.str() : json::fixUTF8(text);
}

static json::Object
describe(const Diagnostic &diagnostic,
         llvm::function_ref<std::string(std::string)> rename) {
  std::string message = rename(diagnostic.str());
  StringRef node = snn::onnx::getNodeName(diagnostic.getLocation());
  // The onnx dialect adds the node to the text, for the other handlers.
  std::string suffix = (" [node '" + node + "']").str();
  if (StringRef(message).ends_with(suffix))
    message.resize(message.size() - suffix.size());
  std::string file;
  int64_t line = 0, column = 0;
  if (auto place = diagnostic.getLocation()->findInstanceOf<FileLineColLoc>()) {
    file = rename(place.getFilename().str());
    line = place.getLine();
    column = place.getColumn();
  }
  return json::Object{{"message", toText(message)},
                      {"node", toText(node)},
                      {"file", toText(file)},
                      {"line", line},
                      {"column", column}};
}

static void print(json::Object object) {
  llvm::errs() << json::Value(std::move(object)) << '\n';
}

void snn::printJson(const Diagnostic &diagnostic,
                    llvm::function_ref<std::string(std::string)> rename) {
  json::Object object = describe(diagnostic, rename);
  json::Array notes;
  for (const Diagnostic &note : const_cast<Diagnostic &>(diagnostic).getNotes())
    notes.push_back(describe(note, rename));
  object["severity"] = nameOf(diagnostic.getSeverity());
  object["notes"] = std::move(notes);
  print(std::move(object));
}

void snn::printJsonError(StringRef message) {
  print(json::Object{{"severity", "error"},
                     {"message", toText(message)},
                     {"node", ""},
                     {"file", ""},
                     {"line", 0},
                     {"column", 0},
                     {"notes", json::Array()}});
}
