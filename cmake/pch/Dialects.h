//===- Dialects.h - Precompiled headers -------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All dialects, for what stands above them. Sources still include what they
// use.
//
//===----------------------------------------------------------------------===//

#include "Mlir.h"

#include "mlir/IR/Remarks.h"
#include "snn/Dialect/Onnx/Signature.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Dialect/Xbar/Xbar.h"
#include "snn/Interpreter/Interpreter.h"
