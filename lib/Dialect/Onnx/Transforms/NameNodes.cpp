//===- NameNodes.cpp - Give nodes without a name one of their own ---------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Dialect/Onnx/Passes.h"

namespace snn::onnx {
#define GEN_PASS_DEF_ONNXNAMENODES
#include "snn/Dialect/Onnx/Passes.h.inc"
} // namespace snn::onnx

using namespace snn;

namespace {

struct NameNodes : onnx::impl::OnnxNameNodesBase<NameNodes> {
  using OnnxNameNodesBase::OnnxNameNodesBase;

  void runOnOperation() override { onnx::nameNodes(getOperation()); }
};

} // namespace
