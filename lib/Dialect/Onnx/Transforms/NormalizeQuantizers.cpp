//===- NormalizeQuantizers.cpp - One form of quantised networks -----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizerPatterns.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "snn/Dialect/Onnx/Passes.h"

using namespace mlir;
using namespace snn::onnx;

namespace snn::onnx {
#define GEN_PASS_DEF_ONNXNORMALIZEQUANTIZERS
#include "snn/Dialect/Onnx/Passes.h.inc"
} // namespace snn::onnx

namespace {

/// A quantiser and a dequantiser of other constant parameters: the values are
/// brought to the dequantiser's levels first.
void matchParameters(QuantizeLinearOp op) {
  std::optional<double> scale = getNumber(op.getScale());
  std::optional<double> zero =
      op.getZeroPoint() ? getNumber(op.getZeroPoint()) : 0.0;
  if (!scale || !zero || !(*scale > 0))
    return;
  struct Moved {
    double scale, zero;
    QuantizeLinearOp quantizer;
  };
  SmallVector<Moved> all;
  for (Operation *user : llvm::make_early_inc_range(op->getUsers())) {
    auto back = dyn_cast<DequantizeLinearOp>(user);
    if (!back)
      continue;
    std::optional<double> other = getNumber(back.getScale());
    std::optional<double> offset =
        back.getZeroPoint() ? getNumber(back.getZeroPoint()) : 0.0;
    if (!other || !offset || !(*other > 0) ||
        (*other == *scale && *offset == *zero))
      continue;
    OpBuilder b(back);
    Location loc = op.getLoc();
    Type type = op.getX().getType();
    // The values of levels of scale 1 are multiplied behind the dequantiser.
    if (*scale == 1 && *offset == *zero && !isWeight(back.getY())) {
      Value levels = DequantizeLinearOp::create(
          b, back.getLoc(), type, back.getX(), op.getScale(),
          back.getZeroPoint(), back.getAxis());
      Value values =
          MulOp::create(b, back.getLoc(), type, levels, back.getScale());
      back.getY().replaceAllUsesWith(values);
      back.erase();
      continue;
    }
    auto known = llvm::find_if(all, [&](const Moved &moved) {
      return moved.scale == *other && moved.zero == *offset;
    });
    if (known != all.end()) {
      back.getXMutable().assign(known->quantizer);
      continue;
    }
    b.setInsertionPointAfter(op);
    auto number = [&](double value) -> Value {
      auto scalar = RankedTensorType::get({}, b.getF32Type());
      return ConstantOp::create(
          b, loc, scalar,
          DenseElementsAttr::get(scalar, b.getF32FloatAttr(float(value))));
    };
    auto level = cast<IntegerType>(op.getTo());
    auto scalar = RankedTensorType::get({}, level);
    Value point = ConstantOp::create(
        b, loc, scalar,
        DenseElementsAttr::get(scalar, b.getIntegerAttr(level, *offset)));
    Value x = DivOp::create(b, loc, type, op.getX(), number(*scale));
    if (*offset != *zero)
      x = AddOp::create(b, loc, type, x, number(*zero - *offset));
    if (*other != 1)
      x = MulOp::create(b, loc, type, x, number(*other));
    all.push_back({*other, *offset,
                   QuantizeLinearOp::create(b, loc, op.getType(), x,
                                            number(*other), point, 1, level)});
    back.getXMutable().assign(all.back().quantizer);
  }
  auto name = op->getAttrOfType<StringAttr>("onnx.output");
  if (!name)
    return;
  // The name goes over where the quantiser is gone; further ones are numbered.
  unsigned number = op->use_empty() ? 0 : 1;
  for (const Moved &moved : all) {
    std::string own = name.str();
    if (number)
      own += "." + std::to_string(number);
    ++number;
    moved.quantizer->setAttr("onnx.output",
                             StringAttr::get(op.getContext(), own));
  }
}

struct NormalizeQuantizers
    : snn::onnx::impl::OnnxNormalizeQuantizersBase<NormalizeQuantizers> {
  void runOnOperation() override {
    bool isQuantised =
        getOperation()
            ->walk([](Operation *op) {
              return isa<QuantizeLinearOp, DequantizeLinearOp>(op)
                         ? WalkResult::interrupt()
                         : WalkResult::advance();
            })
            .wasInterrupted();
    if (!isQuantised)
      return;
    RewriteErrors errors;
    RewritePatternSet patterns(&getContext());
    populateQuantizedConstantPatterns(patterns, errors);
    populateQuantizerMovementPatterns(patterns);
    populateIntegerProductPatterns(patterns, errors);
    LogicalResult applied =
        applyPatternsGreedily(getOperation(), std::move(patterns));
    if (failed(errors.report()) || failed(applied))
      return signalPassFailure();
    quantizeAtProducts(getOperation());
    SmallVector<QuantizeLinearOp> quantizers;
    getOperation()->walk(
        [&](QuantizeLinearOp op) { quantizers.push_back(op); });
    llvm::for_each(quantizers, matchParameters);
  }
};

} // namespace
