//===- SiteUtils.cpp - Working with encode sites --------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Spike/SiteUtils.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;

std::optional<Site> snn::spike::getSite(Operation *op) {
  auto site = dyn_cast<SiteOpInterface>(op);
  if (!site)
    return std::nullopt;
  return Site{op,
              site.getSite(),
              site.getKind(),
              site.getSiteInput(),
              site.getValid(),
              site.getTokenAxes(),
              site.getSiteResult()};
}

SmallVector<Site> snn::spike::getSites(Operation *root) {
  SmallVector<Site> sites;
  root->walk([&](Operation *op) {
    if (std::optional<Site> site = getSite(op))
      sites.push_back(*site);
  });
  return sites;
}

bool snn::spike::isDataMovement(Operation *op) {
  return op->hasTrait<DataMovement>();
}

void snn::spike::setElementType(Value value, Type element) {
  value.setType(cast<RankedTensorType>(value.getType()).clone(element));
  for (Operation *user : value.getUsers())
    if (isDataMovement(user) && user->getOperand(0) == value)
      for (Value result : user->getResults())
        setElementType(result, element);
}

Operation *snn::spike::getProducingSite(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (getSite(op))
      return op;
    if (!isDataMovement(op))
      return nullptr;
    value = op->getOperand(0);
  }
  return nullptr;
}

bool snn::spike::isStepSpikes(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto decode = dyn_cast<DequantizeOp>(op))
      return isStepTrain(decode.getX().getType());
    if (!isa<onnx::ReshapeOp, onnx::TransposeOp>(op))
      return false;
    value = op->getOperand(0);
  }
  return false;
}

std::vector<bool> snn::spike::expandValidity(const rt::Shape &shape,
                                             const rt::Tensor *valid,
                                             ArrayRef<int64_t> tokenAxes) {
  if (!valid || tokenAxes.empty())
    return {};
  const bool *keep = valid->data<bool>();
  int64_t tokens = valid->dim(1), batch = valid->dim(0);
  int64_t size = rt::elementCount(shape);
  std::vector<bool> flags(size, true);
  std::vector<int64_t> strides(shape.size(), 1);
  for (int64_t a = int64_t(shape.size()) - 2; a >= 0; --a)
    strides[a] = strides[a + 1] * shape[a + 1];
  // Samples come first, or behind the tokens; heads may be folded into them.
  int64_t sampleAxis = llvm::is_contained(tokenAxes, 0) ? 1 : 0;
  int64_t perSample = batch == 1 ? 1 : shape[sampleAxis] / batch;
  for (int64_t n = 0; n < size; ++n) {
    int64_t sample =
        batch == 1 ? 0
                   : n / strides[sampleAxis] % shape[sampleAxis] / perSample;
    for (int64_t axis : tokenAxes) {
      int64_t token = n / strides[axis] % shape[axis];
      if (!keep[sample * tokens + token])
        flags[n] = false;
    }
  }
  return flags;
}

SmallVector<int64_t>
snn::spike::countReadsAlongAxis(int64_t in, int64_t out, int64_t kernel,
                                int64_t stride, int64_t dilation, int64_t pad) {
  SmallVector<int64_t> reads(in, 0);
  for (int64_t o = 0; o < out; ++o)
    for (int64_t k = 0; k < kernel; ++k) {
      int64_t position = o * stride + k * dilation - pad;
      if (position >= 0 && position < in)
        ++reads[position];
    }
  return reads;
}

/// The axis of `to`, a reshape of `from`, that holds `axis` of it; nullopt if
/// none does.
static std::optional<int64_t> reshapeAxis(ArrayRef<int64_t> from,
                                          ArrayRef<int64_t> to, int64_t axis) {
  // The known sizes in front of an axis, and how many unknown ones.
  auto countBefore = [](ArrayRef<int64_t> shape, int64_t end) {
    std::pair<int64_t, int64_t> count{1, 0};
    for (int64_t size : shape.take_front(end))
      if (ShapedType::isDynamic(size))
        ++count.second;
      else
        count.first *= size;
    return count;
  };
  std::pair<int64_t, int64_t> before = countBefore(from, axis);
  for (int64_t a = 0, rank = to.size(); a < rank; ++a)
    if (to[a] == from[axis] && countBefore(to, a) == before)
      return a;
  return std::nullopt;
}

std::optional<int64_t> snn::spike::traceAxis(Value value, Value result,
                                             int64_t axis) {
  if (value == result)
    return axis;
  Operation *op = value.getDefiningOp();
  if (!op || !isa<onnx::ReshapeOp, onnx::TransposeOp>(op))
    return std::nullopt;
  Value source = op->getOperand(0);
  std::optional<int64_t> at = traceAxis(source, result, axis);
  if (!at)
    return std::nullopt;
  if (auto transpose = dyn_cast<onnx::TransposeOp>(op))
    return llvm::find(transpose.getPermutation(), *at) -
           transpose.getPermutation().begin();
  return reshapeAxis(cast<RankedTensorType>(source.getType()).getShape(),
                     cast<RankedTensorType>(value.getType()).getShape(), *at);
}
