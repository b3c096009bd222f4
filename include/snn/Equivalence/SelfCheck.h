//===- SelfCheck.h - Is what was recognised what was imported? --*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Recognition puts one op in the place of many, and a pattern that takes more
// than it understands changes the network without a word. Every compilation
// therefore runs both forms on a few samples.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_EQUIVALENCE_SELFCHECK_H
#define SNN_EQUIVALENCE_SELFCHECK_H

#include "mlir/IR/BuiltinOps.h"

namespace snn {

/// What of a difference counts: its largest element, or, where a rounding may
/// flip a spike or a level here and there, its mean.
enum class SelfCheckMeasure { Worst, Mean };

/// How far a self-check came.
struct SelfCheck {
  int64_t samples = 0;   ///< rows that both forms computed
  int64_t ops = 0;       ///< ops of the recognised form that were compared
  bool complete = false; ///< at least one sample went through the whole network
};

/// Runs `imported` and `recognised`, two forms of one network, on the samples
/// that `inputs` names (a data file, or random:N; drawn ones if it is empty),
/// one after the other, for at most about `seconds`. Every op that recognition
/// made is computed from the operands that the imported form has, and compared
/// under its node's name, so that neither rounding nor a spike that flips adds
/// up; an op that differs counts if it changes a result. Fails with an error at
/// the first op whose result is further than 1e-3 of the value's range away (in
/// the mean: 5e-3), or whose NaNs are elsewhere.
mlir::FailureOr<SelfCheck>
checkRecognition(mlir::ModuleOp imported, mlir::ModuleOp recognised,
                 llvm::StringRef inputs, double seconds = 2,
                 SelfCheckMeasure measure = SelfCheckMeasure::Worst);

} // namespace snn

#endif // SNN_EQUIVALENCE_SELFCHECK_H
