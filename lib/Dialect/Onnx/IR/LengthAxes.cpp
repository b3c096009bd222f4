//===- LengthAxes.cpp - Inputs and outputs of several lengths -------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Onnx/LengthAxes.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

#include <cmath>

using namespace mlir;
using namespace snn;

static constexpr llvm::StringLiteral axesName = "onnx.length_axes",
                                     paddingName = "onnx.padding";

static FailureOr<LengthAxes> read(func::FuncOp function, Type type,
                                  Attribute axes, Attribute padding) {
  LengthAxes lengths;
  if (!axes)
    return lengths;
  auto tensor = dyn_cast<RankedTensorType>(type);
  auto array = dyn_cast<DenseI64ArrayAttr>(axes);
  if (!array || !tensor)
    return function.emitError("needs '")
           << axesName << "' as an array of axes of a tensor, has " << axes
           << " at " << type;
  int64_t last = 0;
  for (int64_t axis : array.asArrayRef()) {
    if (axis <= last || axis >= tensor.getRank() || tensor.isDynamicDim(axis) ||
        (last > 0 && tensor.getDimSize(axis) != tensor.getDimSize(last)))
      return function.emitError("needs '")
             << axesName
             << "' ascending, behind the first axis and of one static size, "
                "has "
             << axes << " at " << type;
    lengths.axes.push_back(axis);
    last = axis;
  }
  if (!padding)
    return lengths;
  auto number = dyn_cast<FloatAttr>(padding);
  if (!number || !std::isfinite(number.getValueAsDouble()))
    return function.emitError("needs '")
           << paddingName << "' as a finite number, has " << padding;
  lengths.padding = number.getValueAsDouble();
  return lengths;
}

FailureOr<LengthAxes> snn::getArgumentLengths(func::FuncOp function,
                                              unsigned index) {
  return read(function, function.getArgumentTypes()[index],
              function.getArgAttr(index, axesName),
              function.getArgAttr(index, paddingName));
}

FailureOr<LengthAxes> snn::getResultLengths(func::FuncOp function,
                                            unsigned index) {
  return read(function, function.getResultTypes()[index],
              function.getResultAttr(index, axesName), Attribute());
}

void snn::setArgumentLengths(func::FuncOp function, unsigned index,
                             const LengthAxes &lengths) {
  Builder b(function.getContext());
  function.setArgAttr(index, axesName, b.getDenseI64ArrayAttr(lengths.axes));
  function.setArgAttr(index, paddingName, b.getF64FloatAttr(lengths.padding));
}

void snn::setResultLengths(func::FuncOp function, unsigned index,
                           const LengthAxes &lengths) {
  Builder b(function.getContext());
  function.setResultAttr(index, axesName, b.getDenseI64ArrayAttr(lengths.axes));
}
