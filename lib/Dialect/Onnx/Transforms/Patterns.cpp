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

std::optional<double> snn::onnx::getUniformConstant(Value value) {
  auto dense = dyn_cast_or_null<DenseElementsAttr>(getConstantAttr(value));
  if (!dense || !dense.isSplat())
    return std::nullopt;
  if (isa<FloatType>(dense.getElementType())) {
    APFloat number = dense.getSplatValue<APFloat>();
    bool exact;
    number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &exact);
    return number.convertToDouble();
  }
  if (isa<IntegerType>(dense.getElementType()))
    return static_cast<double>(dense.getSplatValue<APInt>().getSExtValue());
  return std::nullopt;
}

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
