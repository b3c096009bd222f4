//===- Values.cpp - What is known of a value ------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Onnx/Values.h"
#include "snn/Dialect/Kernel/DrawsNumbers.h"
#include "snn/Dialect/Onnx/Onnx.h"

using namespace mlir;

bool snn::dependsOnInput(Value value) {
  SmallVector<Value> open = {value};
  DenseSet<Value> seen;
  while (!open.empty()) {
    Value next = open.pop_back_val();
    if (!seen.insert(next).second)
      continue;
    Operation *op = next.getDefiningOp();
    if (!op || op->hasTrait<DrawsNumbers>())
      return true;
    llvm::append_range(open, op->getOperands());
  }
  return false;
}

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
