//===- Compose.h - Operators made of other operators ------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Handlers that write an operator as a formula of ops. A null value is a step
// that failed, with its error reported; steps of null values fail silently, so
// that a formula is checked once, where its result is bound.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_IMPORT_COMPOSE_H
#define SNN_LIB_IMPORT_COMPOSE_H

#include "Importer.h"

namespace snn::import {

class Composer {
public:
  using Term = Imported *;

  explicit Composer(Node &node) : node(node) {}

  template <typename Op>
  Term make(llvm::ArrayRef<Term> operands,
            llvm::ArrayRef<mlir::NamedAttribute> attributes = {}) {
    if (llvm::is_contained(operands, nullptr))
      return nullptr;
    return take(node.make<Op>(operands, attributes));
  }

  /// A scalar of the element type of `like`.
  Term number(double value, Term like);
  /// A scalar index.
  Term index(int64_t value);
  /// A vector of indices.
  Term indices(llvm::ArrayRef<int64_t> values);

  Term add(Term a, Term b) { return make<onnx::AddOp>({a, b}); }
  Term sub(Term a, Term b) { return make<onnx::SubOp>({a, b}); }
  Term mul(Term a, Term b) { return make<onnx::MulOp>({a, b}); }
  Term div(Term a, Term b) { return make<onnx::DivOp>({a, b}); }
  Term minimum(Term a, Term b) { return make<onnx::MinOp>({a, b}); }
  Term maximum(Term a, Term b) { return make<onnx::MaxOp>({a, b}); }
  Term less(Term a, Term b) { return make<onnx::LessOp>({a, b}); }
  Term equal(Term a, Term b) { return make<onnx::EqualOp>({a, b}); }
  Term exp(Term x) { return make<onnx::ExpOp>({x}); }
  Term log(Term x) { return make<onnx::LogOp>({x}); }
  Term abs(Term x) { return make<onnx::AbsOp>({x}); }
  Term sqrt(Term x) { return make<onnx::SqrtOp>({x}); }
  Term logicalNot(Term x) { return make<onnx::NotOp>({x}); }
  Term where(Term condition, Term a, Term b) {
    return make<onnx::WhereOp>({condition, a, b});
  }
  Term cast(Term x, mlir::Type to);
  Term reshape(Term x, llvm::ArrayRef<DimExpr> shape) {
    return x ? take(node.reshape(x, shape)) : nullptr;
  }
  Term flatten(Term x, int64_t axis) {
    return x ? take(node.flatten(x, axis)) : nullptr;
  }
  Term expand(Term x, llvm::ArrayRef<DimExpr> shape) {
    return x ? take(node.expand(x, shape)) : nullptr;
  }
  Term transpose(Term x, llvm::ArrayRef<int64_t> permutation);
  /// The elements at `positions` of an axis.
  Term gather(Term x, llvm::ArrayRef<int64_t> positions, int64_t axis);
  Term slice(Term x, int64_t axis, int64_t first, int64_t end) {
    return x ? take(node.slice(x, axis, first, end)) : nullptr;
  }
  Term concat(llvm::ArrayRef<Term> parts, int64_t axis) {
    return llvm::is_contained(parts, nullptr) ? nullptr
                                              : take(node.concat(parts, axis));
  }
  template <typename Op>
  Term reduce(Term x, llvm::ArrayRef<int64_t> axes, bool keepdims = true) {
    return make<Op>({x},
                    {node.list("axes", axes), node.flag("keepdims", keepdims)});
  }

  /// Output `i` is `value`.
  mlir::LogicalResult bind(Term value, size_t i = 0) {
    return value ? node.bind(i, value) : mlir::failure();
  }

private:
  Term take(mlir::FailureOr<Imported *> result) {
    return mlir::failed(result) ? nullptr : *result;
  }

  Node &node;
};

} // namespace snn::import

#endif // SNN_LIB_IMPORT_COMPOSE_H
