//===- BufferPlan.cpp - Where a simulator keeps its tensors ---------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BufferPlan.h"
#include "Counting.h"
#include "snn/Dialect/Kernel/Kernel.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Dialect/Spike/Epilogue.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace snn;

bool BufferPlan::isView(Value value) {
  return value.getDefiningOp<onnx::ReshapeOp>() != nullptr;
}

/// The value whose storage `value` shares.
static Value getRoot(Value value) {
  while (auto reshape = value.getDefiningOp<onnx::ReshapeOp>())
    value = reshape.getX();
  return value;
}

static int64_t byteSize(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  int64_t size = type.getNumElements() *
                 int64_t(rt::byteWidth(*getStorageType(type.getElementType())));
  return std::max<int64_t>(llvm::alignTo(size, BufferPlan::alignment),
                           BufferPlan::alignment);
}

std::optional<int64_t> BufferPlan::offset(Value value) const {
  auto it = offsets.find(value);
  return it == offsets.end() ? std::nullopt : std::optional(it->second);
}

std::optional<unsigned> BufferPlan::output(Value value) const {
  auto it = outputs.find(value);
  return it == outputs.end() ? std::nullopt : std::optional(it->second);
}

BufferPlan::BufferPlan(Block &block) {
  // Results of the function that an op computes need no bytes here.
  for (auto [index, value] :
       llvm::enumerate(block.getTerminator()->getOperands()))
    if (getRoot(value) == value && value.getDefiningOp() &&
        !value.getDefiningOp<onnx::ConstantOp>())
      outputs.try_emplace(value, index);

  DenseMap<Operation *, int64_t> position;
  DenseMap<Value, int64_t> lastUse; // by root
  int64_t next = 0;
  for (Operation &op : block)
    position[&op] = next++;
  for (Operation &op : block) {
    // A chain reads its operands where its call stands.
    int64_t read = position[spike::getCallingOp(&op)];
    auto use = [&](Value value) {
      int64_t &last = lastUse[getRoot(value)];
      last = std::max(last, read);
    };
    for (Value operand : op.getOperands())
      use(operand);
    // What is counted at the op is read there.
    for (OpOperand &operand : op.getOpOperands())
      if (Value valid = getCountedTokens(operand).valid)
        use(valid);
  }

  struct Slot {
    int64_t begin, end, lastUse;
  };
  SmallVector<Slot> live; // sorted by begin
  for (Operation &op : block) {
    if (isa<onnx::ConstantOp>(op) || spike::isFused(&op))
      continue;
    int64_t now = position[&op];
    llvm::erase_if(live, [&](const Slot &slot) { return slot.lastUse < now; });
    for (Value result : op.getResults()) {
      if (isView(result) || outputs.contains(result))
        continue;
      int64_t size = byteSize(result), begin = 0;
      auto place = live.begin();
      for (; place != live.end() && place->begin - begin < size; ++place)
        begin = std::max(begin, place->end);
      auto use = lastUse.find(result);
      live.insert(place, Slot{begin, begin + size,
                              use == lastUse.end() ? now : use->second});
      offsets[result] = begin;
      total = std::max(total, begin + size);
    }
  }
}
