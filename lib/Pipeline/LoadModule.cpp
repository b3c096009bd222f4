//===- LoadModule.cpp - Reads what the tools are given --------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Pipeline/LoadModule.h"
#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/Parser/Parser.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Support/ArtefactSet.h"
#include "snn/Support/InputFile.h"
#include "snn/Support/Nesting.h"
#include "snn/runtime/Compilation.h"
#include "snn/runtime/Weights.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace snn;

/// Refuses a module that does not belong to the files it lies beside, or to the
/// archives that it names. One without a digest is of no compilation.
static LogicalResult checkCompilation(ModuleOp module, StringRef path) {
  auto digest = module->getAttrOfType<StringAttr>(onnx::digestAttrName);
  if (llvm::Error error = checkArtefact(path, digest ? digest.getValue() : ""))
    return emitError(FileLineColLoc::get(module.getContext(), path, 0, 0))
           << llvm::toString(std::move(error));
  if (!digest)
    return success();
  llvm::StringSet<> archives;
  AttrTypeWalker walker;
  walker.addWalk([&](onnx::ParamAttr param) {
    if (param.getArchive().ends_with(".safetensors"))
      archives.insert(param.getArchive());
  });
  module.walk([&](Operation *op) { walker.walk(op->getAttrDictionary()); });
  for (StringRef archive : archives.keys()) {
    llvm::SmallString<128> file(llvm::sys::path::parent_path(path));
    llvm::sys::path::append(file, archive);
    if (llvm::sys::path::is_absolute(archive) || !llvm::sys::fs::exists(file))
      continue; // what uses it says so
    std::string other;
    try {
      rt::Safetensors opened(file.str().str());
      auto found = opened.metadata().find(rt::digestKey);
      if (found != opened.metadata().end())
        other = found->second;
    } catch (const std::exception &) {
      continue;
    }
    if (other != digest.getValue())
      return emitError(FileLineColLoc::get(module.getContext(), path, 0, 0))
             << "'" << path << "' is of compilation " << digest.getValue()
             << ", '" << file << "' of "
             << (other.empty() ? "an unknown one" : other)
             << ": they do not belong together";
  }
  return success();
}

OwningOpRef<ModuleOp> snn::loadModule(StringRef path, MLIRContext &context,
                                      const ImportOptions &options) {
  if (path.ends_with(".onnx"))
    return importOnnx(path, context, options);
  if (path.ends_with(".nir")) {
    emitError(FileLineColLoc::get(&context, path, 0, 0),
              "a .nir file has no time steps of its own: compile it with snnc "
              "--nir-dt and --nir-steps");
    return nullptr;
  }
  context.getOrLoadDialect<onnx::OnnxDialect>()->getArchives().setBaseDirectory(
      llvm::sys::path::parent_path(path));
  if (!options.shapes.empty()) {
    emitError(FileLineColLoc::get(&context, path, 0, 0),
              "shapes are bound when an .onnx model is imported, not in MLIR");
    return nullptr;
  }
  bool isStdin = path == "-";
  auto fail = [&](const Twine &what, llvm::Error error) {
    emitError(FileLineColLoc::get(&context, isStdin ? "<stdin>" : path, 0, 0))
        << what << llvm::toString(std::move(error));
    return nullptr;
  };
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> buffer =
      isStdin ? llvm::errorOrToExpected(llvm::MemoryBuffer::getSTDIN())
              : readRegularFile(path, /*isText=*/true);
  if (!buffer)
    return fail("cannot open the file: ", buffer.takeError());
  if (llvm::Error error = checkMlirNesting((*buffer)->getBuffer()))
    return fail("", std::move(error));
  // Resources may point into the buffer, which the module shares.
  auto sources = std::make_shared<llvm::SourceMgr>();
  sources->AddNewSourceBuffer(std::move(*buffer), llvm::SMLoc());
  OwningOpRef<ModuleOp> module =
      parseSourceFile<ModuleOp>(sources, ParserConfig(&context));
  if (module && !isStdin && failed(checkCompilation(*module, path)))
    return nullptr;
  return module;
}

snn::ArrayShapes snn::getShapes(const rt::NamedArrays &arrays, int64_t limit) {
  ArrayShapes shapes;
  for (const auto &[name, tensor] : arrays) {
    SmallVector<int64_t> shape(tensor.shape().begin(), tensor.shape().end());
    if (limit > 0 && !shape.empty())
      shape[0] = std::min(shape[0], limit);
    shapes[name] = std::move(shape);
  }
  return shapes;
}

llvm::Expected<snn::ArrayShapes> snn::readShapes(StringRef inputs) {
  if (inputs.empty() || inputs.starts_with("random:"))
    return ArrayShapes();
  try {
    return getShapes(rt::readArrays(inputs.str()));
  } catch (const std::exception &e) {
    return llvm::createStringError(llvm::inconvertibleErrorCode(),
                                   "cannot read inputs: %s", e.what());
  }
}
