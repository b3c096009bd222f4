//===- Phase.cpp - Phase coding in a programming image --------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Neurons, races and products on trains of phase codes. Layers of phase coding
// are crossbar layers, as any others.
//
//===----------------------------------------------------------------------===//

#include "Builder.h"

using namespace mlir;
using namespace snn;
using namespace snn::detail;
using namespace snn::image;

ImageBuilder::Added ImageBuilder::addPhaseOp(Operation *op) {
  if (!isa<spike::PhaseEncodeOp, spike::PhaseDecodeOp, spike::PhaseResidualOp,
           spike::WossOp, spike::PhaseMatMulOp>(op))
    return std::nullopt;
  SmallVector<Value> operands = llvm::to_vector(op->getOperands());
  pb::PhaseOp form;
  auto engine = op->getAttrOfType<StringAttr>("engine");
  if (engine)
    form.set_engine(engine.str());
  auto refuse = [&](StringRef what) -> LogicalResult {
    return op->emitOpError("reproduces ")
           << what << " of a released implementation, which no chip has";
  };
  if (auto woss = dyn_cast<spike::WossOp>(op)) {
    form.set_kind(pb::PhaseOp::WOSS);
    operands = {woss.getScores(), woss.getMultiplicative(), woss.getAdditive()};
  } else if (auto product = dyn_cast<spike::PhaseMatMulOp>(op)) {
    if (product.getSignBug())
      return refuse("the sign error");
    form.set_kind(pb::PhaseOp::PRODUCT);
    form.set_transposed(product.getTransposed());
    form.set_factor(product.getFactor().convertToDouble());
    operands = {product.getLhs(), product.getRhs(), product.getDivisor()};
  } else {
    form.set_kind(isa<spike::PhaseEncodeOp>(op)   ? pb::PhaseOp::ENCODE
                  : isa<spike::PhaseDecodeOp>(op) ? pb::PhaseOp::DECODE
                                                  : pb::PhaseOp::RESIDUAL);
    operands.truncate(isa<spike::PhaseResidualOp>(op) ? 2 : 1);
  }
  for (Type type : llvm::concat<Type>(llvm::to_vector(op->getOperandTypes()),
                                      llvm::to_vector(op->getResultTypes())))
    if (auto coding = dyn_cast<spike::PhaseType>(getElementTypeOrSelf(type));
        coding && coding.getRelease() != spike::PhaseRelease::None)
      return refuse("the coding");
  if (isa<spike::PhaseEncodeOp, spike::WossOp>(op))
    *form.mutable_coding() = toMessage(op->getResult(0).getType());
  FailureOr<pb::Instruction *> message = addInstruction(op, operands);
  if (succeeded(message))
    *(*message)->mutable_phase() = std::move(form);
  return LogicalResult(message);
}
