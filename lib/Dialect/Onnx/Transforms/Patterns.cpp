//===- Patterns.cpp - Shared by the onnx passes ---------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#include <cmath>

using namespace mlir;

std::optional<snn::onnx::ScaledValue> snn::onnx::getScaledValue(Value value) {
  std::optional<ScaledValue> result;
  if (auto mul = value.getDefiningOp<MulOp>()) {
    if (auto factor = getUniformConstant(mul.getB()))
      result = {mul.getA(), *factor};
    else if (auto factor = getUniformConstant(mul.getA()))
      result = {mul.getB(), *factor};
  } else if (auto div = value.getDefiningOp<DivOp>()) {
    if (auto divisor = getUniformConstant(div.getB()))
      result = {div.getA(), 1 / *divisor};
  }
  if (!result || result->x.getType() != value.getType() ||
      !std::isfinite(result->factor))
    return std::nullopt;
  return result;
}

bool snn::onnx::isNearly(double value, double wanted) {
  return std::abs(value - wanted) <= 1e-3 * std::abs(wanted);
}

RankedTensorType snn::onnx::getTensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

LogicalResult snn::onnx::applyRecognition(Operation *root,
                                          RewritePatternSet &&patterns) {
  return applyPatternsGreedily(
      root, std::move(patterns),
      GreedyRewriteConfig()
          .enableFolding(false)
          .enableConstantCSE(false)
          .setUseTopDownTraversal()
          .setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled));
}
