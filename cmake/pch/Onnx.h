//===- Onnx.h - Precompiled headers -----------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The onnx dialect, for what imports and recognises. Sources still include what
// they use.
//
//===----------------------------------------------------------------------===//

#include "Mlir.h"

#include "mlir/IR/Remarks.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Dialect/Onnx/Signature.h"
