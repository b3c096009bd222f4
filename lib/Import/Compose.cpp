//===- Compose.cpp - Operators made of other operators --------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Compose.h"

using namespace mlir;
using namespace snn;
using namespace snn::import;

Imported *Composer::number(double value, Term like) {
  if (!like)
    return nullptr;
  std::optional<rt::DType> type = getStorageType(like->elementType);
  auto constant = [&](auto number) {
    return node.importer.makeConstant(node.entry.label(), node.loc,
                                      rt::Tensor::scalar(number));
  };
  switch (type.value_or(rt::DType::F32)) {
  case rt::DType::Bool:
    return constant(value != 0);
  case rt::DType::U8:
    return constant(static_cast<uint8_t>(value));
  case rt::DType::I8:
    return constant(static_cast<int8_t>(value));
  case rt::DType::I16:
    return constant(static_cast<int16_t>(value));
  case rt::DType::I32:
    return constant(static_cast<int32_t>(value));
  case rt::DType::I64:
    return constant(static_cast<int64_t>(value));
  case rt::DType::F32:
    return constant(static_cast<float>(value));
  case rt::DType::F64:
    return constant(value);
  }
  llvm_unreachable("all element types are covered");
}

Imported *Composer::index(int64_t value) {
  return node.importer.makeConstant(node.entry.label(), node.loc,
                                    rt::Tensor::scalar<int64_t>(value));
}

Imported *Composer::indices(ArrayRef<int64_t> values) {
  return node.importer.makeConstant(
      node.entry.label(), node.loc,
      rt::Tensor::fromVector<int64_t>(
          {static_cast<int64_t>(values.size())},
          std::vector<int64_t>(values.begin(), values.end())));
}

Imported *Composer::cast(Term x, Type to) {
  if (!x || x->elementType == to)
    return x;
  return make<onnx::CastOp>({x}, {node.type("to", to)});
}

Imported *Composer::transpose(Term x, ArrayRef<int64_t> permutation) {
  for (auto [i, axis] : llvm::enumerate(permutation))
    if (static_cast<int64_t>(i) != axis)
      return make<onnx::TransposeOp>({x},
                                     {node.list("permutation", permutation)});
  return x;
}

Imported *Composer::gather(Term x, ArrayRef<int64_t> positions, int64_t axis) {
  return make<onnx::GatherOp>({x, indices(positions)},
                              {node.i64("axis", axis)});
}
