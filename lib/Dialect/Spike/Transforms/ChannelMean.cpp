//===- ChannelMean.cpp - Mean outputs per channel -------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelMean.h"
#include "snn/Dialect/Spike/StaticWeight.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;

/// Takes a constant bias out of the mean output of a product.
static LogicalResult subtractBias(Operation *op, Value bias,
                                  std::vector<double> &mean) {
  TypedAttr attribute = onnx::getConstantAttr(bias);
  if (!attribute)
    return success();
  FailureOr<rt::Tensor> values = onnx::resolveConstant(attribute, op->getLoc());
  if (failed(values))
    return failure();
  for (size_t c = 0; c < mean.size(); ++c)
    mean[c] -= values->data<float>()[values->size() == 1 ? 0 : c];
  return success();
}

LogicalResult ChannelMeans::record(Operation *op, const SampleTensors &result) {
  if (!isa<onnx::MatMulOp, onnx::GemmOp, onnx::ConvOp>(op))
    return success();
  auto site = op->getOperand(0).getDefiningOp<SiteOp>();
  if (!site || !isStaticWeight(op->getOperand(1)))
    return success();
  const SampleTensors *valid = nullptr;
  if (auto it = validity.find(site); it != validity.end())
    valid = &it->second;
  std::vector<double> mean =
      channelMean(result, valid, isa<onnx::ConvOp>(op) ? 1 : -1);
  if (auto conv = dyn_cast<onnx::ConvOp>(op); conv && conv.getBias())
    if (failed(subtractBias(op, conv.getBias(), mean)))
      return failure();
  if (auto gemm = dyn_cast<onnx::GemmOp>(op); gemm && gemm.getC())
    if (failed(subtractBias(op, gemm.getC(), mean)))
      return failure();
  std::vector<float> values(mean.begin(), mean.end());
  op->setAttr(channelMeanAttrName,
              onnx::makeConstantAttr(
                  op->getContext(),
                  onnx::getNodeName(op->getLoc()).str() + ".mean",
                  rt::Tensor::fromVector({int64_t(values.size())}, values),
                  Float32Type::get(op->getContext())));
  return success();
}
