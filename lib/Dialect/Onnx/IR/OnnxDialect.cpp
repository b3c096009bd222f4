//===- OnnxDialect.cpp - The onnx dialect ---------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxDetail.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FoldInterfaces.h"
#include "snn/runtime/Kernels.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/Path.h"

#include <cstring>

using namespace mlir;
using namespace snn::onnx;
namespace rt = snn::rt;

#include "snn/Dialect/Onnx/OnnxOpsDialect.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "snn/Dialect/Onnx/OnnxAttrs.cpp.inc"

//===----------------------------------------------------------------------===//
// Folding
//===----------------------------------------------------------------------===//

/// Constants below this many elements may grow when an op is folded.
static constexpr int64_t kFoldedElements = 4096;
/// Larger constants are not read to fold an op: a splat stays a splat.
static constexpr int64_t kReadElements = int64_t(1) << 26;

/// A constant operand as a tensor; nothing is reported, because a missing
/// archive only means that the op is not folded.
static std::optional<rt::Tensor> getFoldOperand(Operation *op, Attribute value);

namespace {
/// Runs ops whose operands are all known. Quantisation ops stay: what stands
/// before them is meant to be seen by the passes that read scales. So do random
/// numbers, which differ from sample to sample.
struct OnnxFolder : DialectFoldInterface {
  using DialectFoldInterface::DialectFoldInterface;

  LogicalResult fold(Operation *op, ArrayRef<Attribute> operands,
                     SmallVectorImpl<OpFoldResult> &results) const final {
    if (!isa<snn::KernelOpInterface>(op) ||
        isa<QuantizeLinearOp, DequantizeLinearOp, RandomUniformLikeOp>(op) ||
        operands.empty())
      return failure();
    int64_t limit = kFoldedElements;
    for (Attribute operand : operands) {
      auto typed = dyn_cast_or_null<TypedAttr>(operand);
      auto type = typed ? dyn_cast<RankedTensorType>(typed.getType())
                        : RankedTensorType();
      if (!type)
        return failure();
      std::optional<int64_t> count = countElements(type.getShape());
      if (!count || *count > kReadElements)
        return failure();
      limit = std::max(limit, *count);
    }
    for (Type result : op->getResultTypes()) {
      auto type = cast<RankedTensorType>(result);
      if (!type.hasStaticShape() ||
          countElements(type.getShape()).value_or(INT64_MAX) > limit ||
          !type.getElementType().isIntOrFloat())
        return failure();
    }
    SmallVector<rt::Tensor> tensors;
    for (Attribute operand : operands) {
      std::optional<rt::Tensor> tensor = getFoldOperand(op, operand);
      if (!tensor)
        return failure();
      tensors.push_back(std::move(*tensor));
    }
    llvm::Expected<SmallVector<rt::Tensor>> outputs =
        snn::invokeKernelOp(op, tensors);
    if (!outputs) {
      llvm::consumeError(outputs.takeError()); // reported when it is run
      return failure();
    }
    for (auto [tensor, result] : llvm::zip(*outputs, op->getResultTypes())) {
      auto type = cast<RankedTensorType>(result);
      if (tensor.shape() != snn::toRuntimeShape(type) ||
          tensor.dtype() != snn::getStorageType(type.getElementType()))
        return failure();
    }
    StringRef name = getNodeName(op->getLoc());
    for (auto [tensor, result] : llvm::zip(*outputs, op->getResultTypes()))
      results.push_back(makeConstantAttr(
          op->getContext(), name.empty() ? "folded" : name, tensor,
          cast<RankedTensorType>(result).getElementType()));
    return success();
  }
};
} // namespace

Operation *OnnxDialect::materializeConstant(OpBuilder &builder, Attribute value,
                                            Type type, Location location) {
  if (!isa<DenseElementsAttr, ParamAttr>(value) ||
      cast<TypedAttr>(value).getType() != type)
    return nullptr;
  return ConstantOp::create(builder, location, type, cast<TypedAttr>(value));
}

//===----------------------------------------------------------------------===//
// The dialect
//===----------------------------------------------------------------------===//

void OnnxDialect::initialize() {
  archives = std::make_shared<Archives>();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "snn/Dialect/Onnx/OnnxAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "snn/Dialect/Onnx/OnnxOps.cpp.inc"
      >();
  addInterfaces<OnnxFolder>();
  // The stock handlers print a file and a line and drop the node's name.
  getContext()->getDiagEngine().registerHandler([](Diagnostic &diagnostic) {
    StringRef name = getNodeName(diagnostic.getLocation());
    if (!name.empty() && diagnostic.getSeverity() != DiagnosticSeverity::Note)
      diagnostic << " [node '" << name << "']";
    return failure(); // the next handler prints it
  });
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

Value snn::onnx::skipNanGuard(Value value) {
  auto where = value.getDefiningOp<WhereOp>();
  if (!where)
    return value;
  // IsNaN(x) is imported as not (x == x).
  Value condition = where.getCondition();
  auto negated = condition.getDefiningOp<NotOp>();
  auto equal = (negated ? negated.getX() : condition).getDefiningOp<EqualOp>();
  if (!equal || equal.getA() != equal.getB())
    return value;
  Value guarded = negated ? where.getB() : where.getA();
  auto zero = dyn_cast_or_null<DenseElementsAttr>(
      getConstantAttr(negated ? where.getA() : where.getB()));
  bool isZero = zero && zero.isSplat() && zero.getElementType().isF32() &&
                zero.getSplatValue<APFloat>().isZero();
  return isZero && guarded == equal.getA() ? guarded : value;
}

std::optional<int64_t> snn::onnx::countElements(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    if (!ShapedType::isDynamic(size) &&
        (size < 0 || llvm::MulOverflow(count, size, count) ||
         count > (int64_t(1) << 40)))
      return std::nullopt;
  return count;
}

TypedAttr snn::onnx::getConstantAttr(Value value) {
  auto constant = value ? value.getDefiningOp<ConstantOp>() : ConstantOp();
  return constant ? constant.getValueAttr() : TypedAttr();
}

Type snn::onnx::toElementType(MLIRContext *context, rt::DType type) {
  Builder b(context);
  switch (type) {
  case rt::DType::Bool:
    return b.getI1Type();
  case rt::DType::U8:
    return IntegerType::get(context, 8, IntegerType::Unsigned);
  case rt::DType::I8:
    return b.getI8Type();
  case rt::DType::I16:
    return b.getI16Type();
  case rt::DType::I32:
    return b.getI32Type();
  case rt::DType::I64:
    return b.getI64Type();
  case rt::DType::F32:
    return b.getF32Type();
  case rt::DType::F64:
    return b.getF64Type();
  }
  llvm_unreachable("unknown element type");
}

static llvm::Expected<rt::Tensor> toTensor(DenseElementsAttr dense) {
  std::optional<rt::DType> type = snn::getStorageType(dense.getElementType());
  if (!type)
    return llvm::createStringError("constant has elements of a type that the "
                                   "runtime does not store");
  rt::Tensor tensor(*type, snn::toRuntimeShape(dense.getType()));
  if (*type == rt::DType::Bool) {
    llvm::copy(dense.getValues<bool>(), tensor.data<bool>());
    return tensor;
  }
  ArrayRef<char> raw = dense.getRawData();
  char *out = static_cast<char *>(tensor.raw());
  if (!dense.isSplat()) {
    llvm::copy(raw, out); // there may be no elements
    return tensor;
  }
  for (size_t i = 0, n = tensor.bytes(); i < n; i += raw.size())
    std::memcpy(out + i, raw.data(), raw.size());
  return tensor;
}

/// The tensor of `#onnx.param`, checked against its type.
static llvm::Expected<rt::Tensor> toTensor(ParamAttr param, Location location) {
  ShapedType type = param.getType();
  StringRef beside;
  if (auto file = location->findInstanceOf<FileLineColLoc>())
    beside = llvm::sys::path::parent_path(file.getFilename().getValue());
  auto *dialect = param.getContext()->getLoadedDialect<OnnxDialect>();
  llvm::Expected<rt::Tensor> tensor =
      dialect->getArchives().get(param.getArchive(), param.getKey(), beside);
  if (!tensor)
    return tensor;
  std::optional<rt::DType> storage = snn::getStorageType(type.getElementType());
  rt::Shape shape = snn::toRuntimeShape(type);
  // The importer makes float32 of a file's doubles.
  if (storage == rt::DType::F32 && tensor->dtype() == rt::DType::F64) {
    rt::Tensor narrow;
    rt::cast(*tensor, narrow, "F32");
    *tensor = narrow;
  }
  if (storage == tensor->dtype() && shape == tensor->shape())
    return tensor;
  return llvm::createStringError(llvm::formatv(
      "'{0}' of archive '{1}' needs {2} elements of shape {3}, has {4} of {5}",
      param.getKey(), param.getArchive(),
      storage ? rt::name(*storage) : "storable", rt::toString(shape),
      rt::name(tensor->dtype()), rt::toString(tensor->shape())));
}

llvm::Expected<rt::Tensor> snn::onnx::readConstant(Attribute value,
                                                   Location location) {
  // The runtime reports by exceptions, an allocation that fails included.
  try {
    if (auto dense = dyn_cast_or_null<DenseElementsAttr>(value))
      return toTensor(dense);
    if (auto param = dyn_cast_or_null<ParamAttr>(value))
      return toTensor(param, location);
  } catch (const std::exception &e) {
    return llvm::createStringError(llvm::Twine("cannot read a constant: ") +
                                   e.what());
  }
  return llvm::createStringError(
      "constant is neither dense elements nor #onnx.param");
}

static std::optional<rt::Tensor> getFoldOperand(Operation *op,
                                                Attribute value) {
  llvm::Expected<rt::Tensor> tensor = readConstant(value, op->getLoc());
  if (tensor)
    return std::move(*tensor);
  llvm::consumeError(tensor.takeError());
  return std::nullopt;
}

FailureOr<rt::Tensor> snn::onnx::resolveConstant(Attribute value,
                                                 Location location) {
  llvm::Expected<rt::Tensor> tensor = readConstant(value, location);
  if (!tensor)
    return emitError(location) << llvm::toString(tensor.takeError());
  return std::move(*tensor);
}

TypedAttr snn::onnx::makeConstantAttr(MLIRContext *context, StringRef name,
                                      rt::Tensor tensor, Type elementType,
                                      int64_t maxInlineElements) {
  auto type = RankedTensorType::get(tensor.shape(), elementType);
  if (tensor.size() > maxInlineElements || !elementType.isIntOrFloat()) {
    auto *dialect = context->getOrLoadDialect<OnnxDialect>();
    std::string key = dialect->getArchives().add(name, std::move(tensor));
    return ParamAttr::get(type, "", key);
  }
  if (tensor.dtype() == rt::DType::Bool)
    return DenseElementsAttr::get(
        type, ArrayRef<bool>(tensor.data<bool>(), tensor.size()));
  return DenseElementsAttr::getFromRawBuffer(
      type,
      ArrayRef<char>(static_cast<const char *>(tensor.raw()), tensor.bytes()));
}
