//===- FastProduct.h - Products on the runtime's fast kernels ---*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_INTERPRETER_FASTPRODUCT_H
#define SNN_LIB_INTERPRETER_FASTPRODUCT_H

#include "snn/Interpreter/Interpreter.h"

#include <memory>

namespace snn {

/// An integer product, or a layer of LIF neurons, as the runtime's fast mode
/// computes it: the integers of the plain loops. Static weights are prepared
/// once for all samples.
class FastProduct {
public:
  virtual ~FastProduct() = default;
  /// Executes the op on one sample; reentrant.
  virtual rt::Tensor run(llvm::ArrayRef<rt::Tensor> operands) const = 0;

  /// The fast form of `op`; null where it has none.
  static mlir::FailureOr<std::unique_ptr<FastProduct>>
  prepare(mlir::Operation *op);
};

} // namespace snn

#endif // SNN_LIB_INTERPRETER_FASTPRODUCT_H
