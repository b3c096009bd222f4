//===- Functions.h - Operators that are functions ---------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// ONNX defines some operators by a body of others, and a model may define its
// own. A node without a handler whose operator is such a function is replaced
// by the body.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_IMPORT_FUNCTIONS_H
#define SNN_LIB_IMPORT_FUNCTIONS_H

#include "ModelFile.h"
#include "llvm/ADT/ArrayRef.h"

namespace snn::import {

/// Whether the operator of `node` is the same in two opsets.
bool isSameInOpsets(const NodeEntry &node, int64_t a, int64_t b);

/// Whether ONNX defines the operator of `node` by a body. One that depends on
/// attributes and element types may still have none for some.
bool hasStandardBody(const NodeEntry &node, int64_t opset);

/// The operators on tensors that ONNX defines by a body in one of the opsets
/// from `first` to `last`.
std::vector<std::string> listStandardBodies(int64_t first, int64_t last);

/// ONNX's body for `node`, whose inputs have the element types `inputTypes`
/// (TensorProto data types; 0 for an absent input).
std::optional<FunctionEntry>
findStandardBody(const NodeEntry &node, int64_t opset,
                 llvm::ArrayRef<int32_t> inputTypes);

/// The body for one call: attributes of the call in the places that name them,
/// inputs that the call leaves out left out, and no node that the call's
/// outputs do not need.
GraphEntry instantiate(const FunctionEntry &function, const NodeEntry &call);

} // namespace snn::import

#endif // SNN_LIB_IMPORT_FUNCTIONS_H
