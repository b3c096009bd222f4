//===- Epilogue.cpp - Ops that run inside of a product's call -------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Spike/Epilogue.h"
#include "snn/Dialect/Spike/Facts.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;

bool snn::spike::isFused(Operation *op) {
  return facts(op).getFusedAttrHelper().isAttrPresent(op);
}

Operation *snn::spike::getCallingOp(Operation *op) {
  while (isFused(op))
    op = *op->user_begin();
  return op;
}

/// The operand of `op` that a marked op makes; null if there is none.
static Operation *getFusedOperand(Operation *op) {
  for (Value operand : op->getOperands())
    if (Operation *definition = operand.getDefiningOp())
      if (isFused(definition))
        return definition;
  return nullptr;
}

/// The operand of a binary op that is not the chain.
template <typename Op> static Value getOther(Op op) {
  Operation *definition = op.getA().getDefiningOp();
  return definition && isFused(definition) ? op.getB() : op.getA();
}

std::optional<EpilogueChain> snn::spike::getEpilogueChain(Operation *last) {
  if (isFused(last) || !getFusedOperand(last))
    return std::nullopt;
  EpilogueChain chain = {};
  chain.last = last;
  for (Operation *op = last; op; op = getFusedOperand(op)) {
    if (isa<LinearOp, ConvOp>(op)) {
      chain.product = op;
      break;
    }
    if (auto rescale = dyn_cast<RescaleOp>(op)) {
      chain.rescale = rescale;
    } else if (auto add = dyn_cast<onnx::AddOp>(op)) {
      chain.add = add;
      chain.addend = getOther(add);
    } else if (auto multiply = dyn_cast<onnx::MulOp>(op)) {
      chain.multiply = multiply;
      chain.factors = getOther(multiply);
    } else if (isa<onnx::ReluOp, onnx::SiluOp, onnx::GeluOp>(op)) {
      chain.activation = op;
    }
  }
  if (!chain.product)
    return std::nullopt;
  return chain;
}
