//===- CallBuilder.h - One call statement of the program --------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CONVERSION_SPIKETOEMITC_CALLBUILDER_H
#define SNN_LIB_CONVERSION_SPIKETOEMITC_CALLBUILDER_H

#include "mlir/Dialect/EmitC/IR/EmitC.h"
#include "mlir/IR/Builders.h"

namespace snn {

/// Collects the arguments of a call that has no result, then creates it: an
/// `emitc.call_opaque`, or an `emitc.verbatim` over the same operands when an
/// argument is an address or a list of addresses, which call_opaque cannot
/// have.
class CallBuilder {
public:
  CallBuilder(mlir::OpBuilder &builder, mlir::Location location,
              llvm::StringRef callee)
      : builder(builder), location(location), callee(callee) {}

  /// An argument that is C++ text.
  CallBuilder &text(const llvm::Twine &argument);
  /// A tensor, by reference.
  CallBuilder &tensor(mlir::Value value);
  /// The address of a tensor; nullptr for a null value.
  CallBuilder &address(mlir::Value value);
  /// A list of addresses.
  CallBuilder &addresses(mlir::ValueRange values);
  /// C++ text in which every "{}" is a tensor and "{{" a brace.
  CallBuilder &expression(const llvm::Twine &format, mlir::ValueRange values);
  void create();

private:
  struct Argument {
    std::string text; // of a Text or an Expression
    llvm::SmallVector<mlir::Value, 1> values;
    enum { Text, Reference, Address, List, Expression } form;
  };
  void createCall();
  void createVerbatim();

  mlir::OpBuilder &builder;
  mlir::Location location;
  std::string callee;
  llvm::SmallVector<Argument> arguments;
};

} // namespace snn

#endif // SNN_LIB_CONVERSION_SPIKETOEMITC_CALLBUILDER_H
