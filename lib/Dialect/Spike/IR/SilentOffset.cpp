//===- SilentOffset.cpp - The constant of silent inputs -------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Spike/SilentOffset.h"

#include <cstring>

using namespace mlir;
using namespace snn;
using namespace snn::spike;

static int32_t weightAt(const rt::Tensor &weight, int64_t index) {
  return weight.dtype() == rt::DType::I8 ? weight.data<int8_t>()[index]
                                         : weight.data<int16_t>()[index];
}

/// What a silent input of a train stands for; 0 for levels.
static int32_t silentDigit(Type type) {
  Type element = getElementTypeOrSelf(type);
  rt::Coding coding = *getCoding(element);
  return isa<TTFSType>(element) ? coding.silentDigit() : 0;
}

rt::Tensor snn::spike::silentOffset(LinearOp op, const rt::Tensor &weight) {
  int64_t inputs = weight.dim(0), outputs = weight.dim(1);
  int32_t digit = silentDigit(op.getX().getType());
  rt::Tensor offset(rt::DType::I32, {outputs});
  int32_t *c = offset.data<int32_t>();
  std::memset(c, 0, offset.bytes());
  for (int64_t i = 0; i < inputs; ++i)
    for (int64_t j = 0; j < outputs; ++j)
      c[j] += digit * weightAt(weight, i * outputs + j);
  return offset;
}

rt::Tensor snn::spike::silentOffset(ConvOp op, const rt::Tensor &weight) {
  auto input = cast<RankedTensorType>(op.getX().getType());
  auto output = cast<RankedTensorType>(op.getResult().getType());
  int32_t digit = silentDigit(op.getX().getType());
  int64_t spatial = input.getRank() - 2, outputs = weight.dim(0);
  rt::Shape shape(output.getShape().begin() + 1, output.getShape().end());
  rt::Tensor offset(rt::DType::I32, shape);
  int64_t area = offset.size() / outputs, taps = 1;
  for (int64_t a = 0; a < spatial; ++a)
    taps *= weight.dim(2 + a);
  int64_t channels = weight.dim(1);
  // Sum over input channels first: one value per output and tap.
  std::vector<int32_t> tapSum(outputs * taps, 0);
  for (int64_t o = 0; o < outputs; ++o)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t t = 0; t < taps; ++t)
        tapSum[o * taps + t] += weightAt(weight, (o * channels + c) * taps + t);
  std::vector<bool> valid(taps);
  for (int64_t position = 0; position < area; ++position) {
    for (int64_t tap = 0; tap < taps; ++tap) {
      int64_t restOut = position, restTap = tap;
      valid[tap] = true;
      for (int64_t a = spatial - 1; a >= 0; --a) {
        int64_t o = restOut % shape[1 + a], k = restTap % weight.dim(2 + a);
        restOut /= shape[1 + a];
        restTap /= weight.dim(2 + a);
        int64_t i =
            o * op.getStrides()[a] + k * op.getDilations()[a] - op.getPads()[a];
        if (i < 0 || i >= input.getDimSize(2 + a))
          valid[tap] = false;
      }
    }
    for (int64_t o = 0; o < outputs; ++o) {
      int32_t sum = 0;
      for (int64_t tap = 0; tap < taps; ++tap)
        if (valid[tap])
          sum += tapSum[o * taps + tap];
      offset.data<int32_t>()[o * area + position] = digit * sum;
    }
  }
  return offset;
}
