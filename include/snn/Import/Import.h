//===- Import.h - ONNX protobuf to the onnx dialect -------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_IMPORT_IMPORT_H
#define SNN_IMPORT_IMPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace snn {

/// Shapes by the name of an array.
using ArrayShapes = std::map<std::string, llvm::SmallVector<int64_t>>;

struct ImportOptions {
  /// Shapes of graph inputs, and sizes of symbols, by name. A negative entry
  /// leaves the dimension as the model has it.
  ArrayShapes shapes;
  /// Dynamic dimensions behind the first that `shapes` leaves open or gives the
  /// size `bound`: they get `size`. Only those of the symbol, unless it is
  /// empty.
  struct Lengths {
    std::string symbol;
    int64_t bound, size;
  };
  std::optional<Lengths> lengths;
  /// The arrays that the model is to be run with, from which dimensions that
  /// `shapes` leaves open take their sizes; called when there are any. The
  /// batch stays dynamic where the model works for every batch.
  std::function<llvm::Expected<ArrayShapes>()> arrays;
  /// Where it does not: whether the batch is 1, with a warning, and not that of
  /// the arrays.
  bool oneSample = false;
};

/// Adds the binding that `text` ("input_ids=1x128", "seq=128") asks for.
llvm::Error addShapeBinding(ImportOptions &options, llvm::StringRef text);

/// Sets the lengths that `text` ("128", "seq=128") asks for.
llvm::Error setLengths(ImportOptions &options, llvm::StringRef text);

/// Reads an .onnx file as a module that holds `func.func @main`. Weights are
/// not read: they become keys of the file (`#onnx.param`). Reports one error at
/// the file or node and returns null when the model cannot be imported.
///
/// Opsets 7 to 25. Shape arithmetic is evaluated, so that every shape, axis and
/// bound is an attribute; the first dimension of the inputs may stay dynamic.
/// The module has the attributes `onnx.opset`, `onnx.source` and
/// `onnx.metadata`, arguments and results have `onnx.name`, and quantize ops
/// have `onnx.output`, the name that the model gives their result.
mlir::OwningOpRef<mlir::ModuleOp> importOnnx(llvm::StringRef path,
                                             mlir::MLIRContext &context,
                                             const ImportOptions &options = {});

} // namespace snn

#endif // SNN_IMPORT_IMPORT_H
