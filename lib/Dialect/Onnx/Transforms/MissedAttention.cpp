//===- MissedAttention.cpp - Why an attention was not found ---------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;
using namespace snn::onnx;

/// The op above `value`, seen through movement and dropped rows.
static Operation *skipMovement(Value value) {
  Operation *op = value.getDefiningOp();
  while (op && isa<ReshapeOp, TransposeOp, ExpandOp, WhereOp>(op)) {
    Value next = op->getOperand(0);
    // The operand of Where that is no constant.
    if (auto where = dyn_cast<WhereOp>(op))
      next = getUniformConstant(where.getA()) ? where.getB() : where.getA();
    op = next.getDefiningOp();
  }
  return op;
}

/// "Add 'node'".
static std::string describe(Operation *op) {
  return (op->getName().stripDialect() + " '" + getNodeName(op->getLoc()) + "'")
      .str();
}

/// Why the path from a product to `softmax` is no attention's; empty if no
/// product is on it.
static std::string explainScores(SoftmaxOp softmax) {
  Value value = softmax.getX();
  for (unsigned depth = 0; depth < 16; ++depth) {
    Operation *op = value.getDefiningOp();
    if (!op)
      return "";
    if (!value.hasOneUse())
      return "the result of " + describe(op) + " has another use";
    if (isa<MatMulOp>(op))
      return "its scores are of another form";
    if (value.getType() != softmax.getX().getType())
      return describe(op) + " gives scores of another shape";
    if (!isa<AddOp, SubOp, MulOp, DivOp, WhereOp, ReshapeOp>(op))
      return describe(op) + " stands between the product and the softmax";
    // The side of the scores is the one whose shape stays.
    Value next;
    for (Value operand : op->getOperands())
      if (operand.getDefiningOp() && !getUniformConstant(operand) &&
          operand.getType() == value.getType() && !next)
        next = operand;
    if (!next)
      return describe(op) + " is no factor and no mask that is understood";
    value = next;
  }
  return "";
}

static std::string explain(MatMulOp product, SoftmaxOp softmax) {
  RankedTensorType type = getTensorType(softmax.getX());
  if (softmax.getAxis() != -1 && softmax.getAxis() != type.getRank() - 1)
    return "the softmax runs over axis " + std::to_string(softmax.getAxis()) +
           ", not over the keys";
  if (!softmax->hasOneUse())
    return "the probabilities have another use";
  if (Operation *left = product.getA().getDefiningOp(); left != softmax)
    return describe(left) + " stands between the softmax and the product";
  return explainScores(softmax);
}

void snn::onnx::reportMissedAttention(Operation *root) {
  root->walk([](MatMulOp op) {
    auto softmax = dyn_cast_or_null<SoftmaxOp>(skipMovement(op.getA()));
    if (!softmax)
      return;
    std::string reason = explain(op, softmax);
    if (reason.empty())
      return;
    remark::missed(op.getLoc(), remark::RemarkOpts::name("NoAttention")
                                    .category("onnx-recognize-attention")
                                    .function(getNodeName(softmax->getLoc())))
        << remark::reason("{0}", reason);
  });
}
