//===- Kernel.cpp - Ops that name a runtime kernel ------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Kernel/Kernel.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Operation.h"
#include "snn/runtime/KernelTable.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/RWMutex.h"

using namespace mlir;

#include "snn/Dialect/Kernel/KernelOpInterface.cpp.inc"

namespace {
/// Contexts of several threads load dialects at the same time.
struct ByteStorage {
  llvm::sys::SmartRWMutex<true> lock;
  DenseMap<TypeID, snn::rt::DType> types;
};
ByteStorage &byteStorage() {
  static ByteStorage storage;
  return storage;
}
} // namespace

void snn::registerByteStorage(TypeID type, rt::DType storage) {
  llvm::sys::SmartScopedWriter<true> guard(byteStorage().lock);
  byteStorage().types.try_emplace(type, storage);
}

std::optional<snn::rt::DType> snn::getStorageType(Type type) {
  using rt::DType;
  if (type.isF32())
    return DType::F32;
  if (type.isF64())
    return DType::F64;
  if (auto integer = dyn_cast<IntegerType>(type)) {
    switch (integer.getWidth()) {
    case 1:
      return DType::Bool;
    case 8:
      return integer.isUnsigned() ? DType::U8 : DType::I8;
    case 16:
      return integer.isUnsigned() ? std::nullopt
                                  : std::optional<DType>(DType::I16);
    case 32:
      return integer.isUnsigned() ? std::nullopt
                                  : std::optional<DType>(DType::I32);
    case 64:
      return integer.isUnsigned() ? std::nullopt
                                  : std::optional<DType>(DType::I64);
    default:
      return std::nullopt;
    }
  }
  llvm::sys::SmartScopedReader<true> guard(byteStorage().lock);
  auto it = byteStorage().types.find(type.getTypeID());
  return it == byteStorage().types.end() ? std::nullopt
                                         : std::optional<DType>(it->second);
}

snn::rt::Shape snn::toRuntimeShape(ShapedType type) {
  return rt::Shape(type.getShape().begin(), type.getShape().end());
}

std::optional<snn::rt::KernelAttribute> snn::toKernelAttribute(Attribute a) {
  using Result = std::optional<snn::rt::KernelAttribute>;
  return TypeSwitch<Attribute, Result>(a)
      .Case([](BoolAttr b) { return Result(int64_t(b.getValue())); })
      .Case([](IntegerAttr i) {
        return Result(i.getType().isUnsignedInteger()
                          ? int64_t(i.getValue().getZExtValue())
                          : i.getValue().getSExtValue());
      })
      .Case([](FloatAttr f) { return Result(f.getValueAsDouble()); })
      .Case([](StringAttr s) { return Result(s.getValue().str()); })
      .Case([](DenseI64ArrayAttr v) {
        return Result(
            snn::rt::Ints(v.asArrayRef().begin(), v.asArrayRef().end()));
      })
      .Default([](Attribute) { return Result(); });
}

llvm::Expected<SmallVector<snn::rt::Tensor>>
snn::invokeKernelOp(Operation *op, ArrayRef<rt::Tensor> operands,
                    const rt::Context &context,
                    ArrayRef<rt::Tensor> constants) {
  auto fail = [](const Twine &message) {
    return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
  };
  auto kernelOp = dyn_cast<KernelOpInterface>(op);
  if (!kernelOp || kernelOp.getKernelName().empty())
    return fail("names no kernel of the digital unit");
  const rt::Kernel *kernel = rt::findKernel(kernelOp.getKernelName());
  if (!kernel)
    return fail("names the kernel '" + kernelOp.getKernelName() +
                "', which the runtime does not have");
  if (operands.size() != op->getNumOperands())
    return fail("needs " + Twine(op->getNumOperands()) + " tensors, has " +
                Twine(operands.size()));
  SmallVector<KernelConstant> parameters = kernelOp.getKernelConstants();
  if (constants.size() != parameters.size())
    return fail("needs " + Twine(parameters.size()) + " constants, has " +
                Twine(constants.size()));
  rt::KernelCall call;
  call.context = &context;
  for (Value value : kernelOp.getKernelOperands()) {
    if (!value) {
      call.inputs.push_back(nullptr);
      continue;
    }
    // A value that is used twice is the same tensor both times.
    auto it = llvm::find(op->getOperands(), value);
    call.inputs.push_back(&operands[it.getIndex()]);
  }
  for (const rt::Tensor &constant : constants)
    call.inputs.push_back(constant.defined() ? &constant : nullptr);
  SmallVector<rt::Tensor> results(op->getNumResults());
  for (rt::Tensor &result : results)
    call.outputs.push_back(&result);
  for (Attribute attribute : kernelOp.getKernelAttributes()) {
    std::optional<rt::KernelAttribute> value = toKernelAttribute(attribute);
    if (!value)
      return fail("has a kernel attribute of an unknown kind");
    call.attributes.push_back(std::move(*value));
  }
  try {
    kernel->invoke(call);
  } catch (const std::bad_alloc &) {
    return fail("needs more memory than there is");
  } catch (const std::exception &e) {
    return fail(Twine("failed: ") + e.what());
  }
  return results;
}

FailureOr<SmallVector<snn::rt::Tensor>>
snn::executeKernelOp(Operation *op, ArrayRef<rt::Tensor> operands,
                     const rt::Context &context,
                     ArrayRef<rt::Tensor> constants) {
  llvm::Expected<SmallVector<rt::Tensor>> results =
      invokeKernelOp(op, operands, context, constants);
  if (!results)
    return op->emitOpError(llvm::toString(results.takeError()));
  return std::move(*results);
}
