//===- ModelProto.h - From protobuf to plain structures ---------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For the two sources that see ONNX's protobuf classes: the reader of model
// files, and that of ONNX's own function bodies.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_IMPORT_MODELPROTO_H
#define SNN_LIB_IMPORT_MODELPROTO_H

#ifndef ONNX_ML
#define ONNX_ML 1
#endif
#ifndef ONNX_NAMESPACE
#define ONNX_NAMESPACE onnx
#endif
#include "onnx/onnx_pb.h"

#include "ModelFile.h"

namespace snn::import {

/// `directory` is where external data lies.
AttributeEntry convertAttribute(const ::onnx::AttributeProto &proto,
                                llvm::StringRef directory);
FunctionEntry convertFunction(const ::onnx::FunctionProto &proto,
                              llvm::StringRef directory);

} // namespace snn::import

#endif // SNN_LIB_IMPORT_MODELPROTO_H
