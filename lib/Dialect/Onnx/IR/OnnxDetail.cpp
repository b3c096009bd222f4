//===- OnnxDetail.cpp - Shared by the onnx dialect's sources --------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxDetail.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace snn::onnx::detail {

bool areCompatible(TypeRange stated, TypeRange inferred) {
  if (stated.size() != inferred.size())
    return false;
  for (auto [l, r] : llvm::zip(stated, inferred)) {
    auto a = dyn_cast<RankedTensorType>(l), b = dyn_cast<RankedTensorType>(r);
    if (!a || !b || a.getElementType() != b.getElementType() ||
        a.getEncoding() != b.getEncoding() ||
        failed(verifyCompatibleShape(a.getShape(), b.getShape())))
      return false;
  }
  return true;
}

LogicalResult verifyResultTypes(Operation *op) {
  auto interface = cast<InferTypeOpInterface>(op);
  SmallVector<Type> types;
  if (failed(interface.inferReturnTypes(
          op->getContext(), op->getLoc(), op->getOperands(),
          op->getRawDictionaryAttrs(), op->getPropertiesStorage(),
          op->getRegions(), types)))
    return failure();
  for (Type type : types)
    if (auto tensor = dyn_cast<RankedTensorType>(type);
        tensor &&
        failed(checkCountable({op->getLoc(), op->getName().getStringRef()},
                              tensor.getShape(), "result")))
      return failure();
  if (interface.isCompatibleReturnTypes(op->getResultTypes(), types))
    return success();
  return op->emitOpError("needs results of type (")
         << types << "), has (" << op->getResultTypes() << ")";
}

Attribute kernelAttribute(MLIRContext *context, int64_t value) {
  return Builder(context).getI64IntegerAttr(value);
}
Attribute kernelAttribute(MLIRContext *context, bool value) {
  return Builder(context).getI64IntegerAttr(value);
}
Attribute kernelAttribute(MLIRContext *context, double value) {
  return Builder(context).getF64FloatAttr(value);
}
Attribute kernelAttribute(MLIRContext *context, StringRef value) {
  return StringAttr::get(context, value);
}
Attribute kernelAttribute(MLIRContext *context, ArrayRef<int64_t> value) {
  return DenseI64ArrayAttr::get(context, value);
}
Attribute kernelAttribute(MLIRContext *context, Type value) {
  std::optional<rt::DType> type = getStorageType(value);
  return StringAttr::get(context, type ? rt::name(*type) : "");
}

std::string toString(ArrayRef<int64_t> dims) {
  if (dims.empty())
    return "scalar";
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleave(
      dims, os,
      [&](int64_t d) {
        if (d == kDynamic)
          os << '?';
        else
          os << d;
      },
      "x");
  return text;
}

LogicalResult checkCountable(const Inference &inference, ArrayRef<int64_t> dims,
                             StringRef name) {
  if (countElements(dims))
    return success();
  return inference.fail("needs at most 2^40 elements in '", name, "', has ",
                        toString(dims));
}

FailureOr<RankedTensorType> getTensor(const Inference &inference, Value value,
                                      StringRef name) {
  if (!value) {
    (void)inference.fail("needs the operand '", name, "'");
    return failure();
  }
  if (auto type = dyn_cast<RankedTensorType>(value.getType())) {
    if (failed(checkCountable(inference, type.getShape(), name)))
      return failure();
    return type;
  }
  (void)inference.fail("needs a ranked tensor for '", name, "', has ",
                       value.getType());
  return failure();
}

FailureOr<int64_t> toPositiveAxis(const Inference &inference, int64_t axis,
                                  int64_t rank) {
  if (axis >= -rank && axis < rank)
    return axis < 0 ? axis + rank : axis;
  (void)inference.fail("needs an axis in [", -rank, ", ", rank, "), has ",
                       axis);
  return failure();
}

FailureOr<Dims> toPositiveAxes(const Inference &inference,
                               ArrayRef<int64_t> axes, int64_t rank) {
  Dims result;
  for (int64_t axis : axes) {
    FailureOr<int64_t> positive = toPositiveAxis(inference, axis, rank);
    if (failed(positive))
      return failure();
    if (llvm::is_contained(result, *positive)) {
      (void)inference.fail("has the axis ", axis, " twice");
      return failure();
    }
    result.push_back(*positive);
  }
  return result;
}

FailureOr<ArrayRef<int64_t>> getList(const Inference &inference,
                                     DenseI64ArrayAttr attribute,
                                     StringRef name, int64_t size,
                                     int64_t least) {
  if (!attribute) {
    (void)inference.fail("needs the attribute '", name, "'");
    return failure();
  }
  ArrayRef<int64_t> values = attribute;
  if (size >= 0 && static_cast<int64_t>(values.size()) != size) {
    (void)inference.fail("needs ", size, " entries in '", name, "', has ",
                         values.size());
    return failure();
  }
  for (int64_t value : values) {
    if (value >= least)
      continue;
    (void)inference.fail("needs entries of at least ", least, " in '", name,
                         "', has ", value);
    return failure();
  }
  return values;
}

FailureOr<Dims> broadcast(const Inference &inference, ArrayRef<int64_t> a,
                          ArrayRef<int64_t> b) {
  Dims result(std::max(a.size(), b.size()), 1);
  for (size_t i = 1; i <= result.size(); ++i) {
    int64_t x = i <= a.size() ? a[a.size() - i] : 1;
    int64_t y = i <= b.size() ? b[b.size() - i] : 1;
    int64_t &size = result[result.size() - i];
    if (x == y || y == 1) {
      size = x;
    } else if (x == 1) {
      size = y;
    } else if (x == kDynamic || y == kDynamic) {
      size = x == kDynamic ? y : x;
    } else {
      (void)inference.fail("needs shapes that broadcast, has ", toString(a),
                           " and ", toString(b));
      return failure();
    }
  }
  return result;
}

LogicalResult checkBroadcastsTo(const Inference &inference,
                                ArrayRef<int64_t> dims,
                                ArrayRef<int64_t> target, StringRef name) {
  bool fits = dims.size() <= target.size();
  for (size_t i = 1; fits && i <= dims.size(); ++i) {
    int64_t x = dims[dims.size() - i];
    fits = x == 1 || mayAgree(x, target[target.size() - i]);
  }
  if (fits)
    return success();
  return inference.fail("needs a ", name, " that broadcasts to ",
                        toString(target), ", has ", toString(dims));
}

LogicalResult checkSameElements(const Inference &inference, RankedTensorType a,
                                RankedTensorType b) {
  if (a.getElementType() == b.getElementType())
    return success();
  return inference.fail("needs operands of one element type, has ",
                        a.getElementType(), " and ", b.getElementType());
}

} // namespace snn::onnx::detail
