//===- Epilogue.h - Ops that run inside of a product's call -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `spike-fuse-epilogues` marks the ops of a chain that starts at a
// `spike.linear` or `spike.conv`: the result of a marked op exists only inside
// of the call that its one user takes part in. The last op of a chain is not
// marked; the call stands in its place.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_EPILOGUE_H
#define SNN_DIALECT_SPIKE_EPILOGUE_H

#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Dialect/Spike/Spike.h"

namespace snn::spike {

/// Whether the result of `op` exists only inside of another op's call.
bool isFused(mlir::Operation *op);

/// The op in whose place the call of `op` stands: `op` itself, or the last op
/// of the chain that it is a marked part of.
mlir::Operation *getCallingOp(mlir::Operation *op);

/// A whole chain. After the product either `spike.fire`, or
/// `spike.requantize`, or `spike.rescale` and what follows it.
struct EpilogueChain {
  mlir::Operation *product;    ///< a LinearOp or a ConvOp
  RescaleOp rescale;           ///< null where `last` fires or requantises
  mlir::Operation *activation; ///< null for none
  onnx::MulOp multiply;        ///< null for none
  mlir::Value factors;         ///< by channel, what `multiply` multiplies with
  onnx::AddOp add;             ///< null for none
  mlir::Value addend;          ///< what `add` adds
  mlir::Operation *last;
};

/// The chain that `last` ends; nullopt where no marked op comes before it.
std::optional<EpilogueChain> getEpilogueChain(mlir::Operation *last);

} // namespace snn::spike

#endif // SNN_DIALECT_SPIKE_EPILOGUE_H
