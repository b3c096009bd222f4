//===- AlignAttention.cpp - Leading axes of attention ---------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Queries, keys and values of an attention broadcast over their leading axes:
// one head of keys for all heads of queries, a learned query for a whole batch.
// What computes with events holds an operand for each head of each sample, so
// that the axes are made equal here.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace snn::onnx;

namespace {

/// An argument of the function around `op` whose first axis is the batch.
Value findBatch(Operation *op) {
  auto function = op->getParentOfType<func::FuncOp>();
  if (function)
    for (BlockArgument argument : function.getArguments())
      if (auto type = dyn_cast<RankedTensorType>(argument.getType()))
        if (type.getRank() > 0 && type.isDynamicDim(0))
          return argument;
  return {};
}

struct AlignPattern : OpRewritePattern<AttentionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const final {
    ArrayRef<int64_t> lead = getTensorType(op.getY()).getShape().drop_back(2);
    Value batch = findBatch(op);
    SmallVector<Value> operands = {op.getQ(), op.getK(), op.getV()};
    bool changes = false;
    for (Value operand : operands) {
      RankedTensorType type = getTensorType(operand);
      if (type.getShape().drop_back(2) == lead)
        continue;
      changes = true;
      if (!canAlign(type.getShape().drop_back(2), lead, batch))
        return rewriter.notifyMatchFailure(op, "an axis of unknown size");
    }
    if (!changes)
      return rewriter.notifyMatchFailure(op, "its leading axes are equal");
    for (Value &operand : operands)
      operand = align(rewriter, op.getLoc(), operand, lead, batch);
    rewriter.modifyOpInPlace(op, [&] {
      op.getQMutable().assign(operands[0]);
      op.getKMutable().assign(operands[1]);
      op.getVMutable().assign(operands[2]);
    });
    return success();
  }

private:
  /// Sizes that are not there are 1 in `lead` or can be made so many.
  static bool canAlign(ArrayRef<int64_t> own, ArrayRef<int64_t> lead,
                       Value batch) {
    size_t missing = lead.size() - own.size();
    for (auto [i, size] : llvm::enumerate(lead)) {
      bool isThere = i >= missing && own[i - missing] == size;
      if (!isThere && ShapedType::isDynamic(size) && !batch)
        return false;
      if (i >= missing && own[i - missing] != size && own[i - missing] != 1)
        return false;
    }
    return true;
  }

  static Value align(PatternRewriter &rewriter, Location location, Value value,
                     ArrayRef<int64_t> lead, Value batch) {
    RankedTensorType type = getTensorType(value);
    if (type.getShape().drop_back(2) == lead)
      return value;
    SmallVector<int64_t> shape(type.getShape());
    shape.insert(shape.begin(), lead.size() + 2 - shape.size(), 1);
    auto written = [](ArrayRef<int64_t> dims) {
      return llvm::map_to_vector(dims, [](int64_t dim) {
        return ShapedType::isDynamic(dim) ? int64_t(-1) : dim;
      });
    };
    if (static_cast<int64_t>(shape.size()) != type.getRank())
      value = ReshapeOp::create(rewriter, location, type.clone(shape), value,
                                written(shape));
    // 1 in the shape keeps what is there.
    SmallVector<int64_t> target(shape.size(), 1), result = shape;
    bool needsBatch = false;
    for (auto [i, size] : llvm::enumerate(lead))
      if (shape[i] != size) {
        target[i] = ShapedType::isDynamic(size) ? -1 : size;
        needsBatch |= ShapedType::isDynamic(size);
        result[i] = size;
      }
    return ExpandOp::create(rewriter, location, type.clone(result), value,
                            needsBatch ? batch : Value(), target);
  }
};

} // namespace

void snn::onnx::populateAlignAttentionPatterns(RewritePatternSet &patterns) {
  patterns.add<AlignPattern>(patterns.getContext());
}
