//===- RewriteErrors.h - Errors that patterns find --------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A pattern that finds a network at fault may not report it: the driver may try
// it again, and a failed match is no error to it. It notes what it found and
// does not match; the pass reports, once, when the driver has come to an end.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_ONNX_REWRITEERRORS_H
#define SNN_DIALECT_ONNX_REWRITEERRORS_H

#include "mlir/IR/PatternMatch.h"
#include "llvm/Support/Error.h"

#include <optional>
#include <string>
#include <vector>

namespace snn::onnx {

class RewriteErrors {
public:
  /// Notes an error of `op`, of several the first.
  void add(mlir::Operation *op, const llvm::Twine &message) {
    note(op, message, /*isOfOp=*/true);
  }

  /// Notes an error and does not match.
  mlir::LogicalResult fail(mlir::PatternRewriter &rewriter, mlir::Operation *op,
                           const llvm::Twine &message) {
    add(op, message);
    return rewriter.notifyMatchFailure(op, message);
  }

  /// The value, or nothing after noting why there is none.
  template <typename T>
  std::optional<T> take(mlir::Operation *op, llvm::Expected<T> value) {
    if (value)
      return std::move(*value);
    add(op, llvm::toString(value.takeError()));
    return std::nullopt;
  }

  /// The same for an error that says itself what it is about, as that of a
  /// weight that cannot be read does.
  template <typename T>
  std::optional<T> takeNamed(mlir::Operation *op, llvm::Expected<T> value) {
    if (value)
      return std::move(*value);
    note(op, llvm::toString(value.takeError()), /*isOfOp=*/false);
    return std::nullopt;
  }

  bool empty() const { return errors.empty(); }

  /// Reports what was noted; fails if there is anything.
  mlir::LogicalResult report() const {
    for (const Noted &noted : errors) {
      mlir::InFlightDiagnostic error = mlir::emitError(noted.location);
      if (noted.isOfOp)
        error << '\'' << noted.name << "' op ";
      error << noted.message;
    }
    return mlir::success(errors.empty());
  }

private:
  /// The op may be gone when the pass reports.
  struct Noted {
    mlir::Location location;
    mlir::OperationName name;
    std::string message;
    bool isOfOp;
  };
  void note(mlir::Operation *op, const llvm::Twine &message, bool isOfOp) {
    for (const Noted &noted : errors)
      if (noted.location == op->getLoc() && noted.name == op->getName())
        return;
    errors.push_back({op->getLoc(), op->getName(), message.str(), isOfOp});
  }
  std::vector<Noted> errors;
};

} // namespace snn::onnx

#endif // SNN_DIALECT_ONNX_REWRITEERRORS_H
