//===- TrainPatterns.cpp - What exporters write around trains -------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TrainPatterns.h"
#include "MembranePolynomial.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "snn/Dialect/Spike/SiteUtils.h"

#include <cmath>

using namespace mlir;
using namespace snn;
using namespace snn::spike;

bool snn::spike::keepsTime(Operation *op, int64_t steps) {
  if (auto transpose = dyn_cast<onnx::TransposeOp>(op))
    return !transpose.getPermutation().empty() &&
           transpose.getPermutation()[0] == 0;
  if (!isa<onnx::ReshapeOp>(op))
    return false;
  RankedTensorType type = tensorType(op->getResult(0));
  return type.getRank() > 0 &&
         (type.isDynamicDim(0) || type.getDimSize(0) % steps == 0);
}

static bool isPowerOfTwo(double value) {
  int exponent;
  return std::frexp(std::fabs(value), &exponent) == 0.5;
}

void Factors::add(double factor) {
  product *= factor;
  inexact += !isPowerOfTwo(factor);
}

Value Factors::strip(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<onnx::MulOp, onnx::DivOp>(op))
      break;
    unsigned constant = 1;
    std::optional<double> factor = getUniformFloat(op->getOperand(1));
    if (!factor && isa<onnx::MulOp>(op)) {
      factor = getUniformFloat(op->getOperand(0));
      constant = 0;
    }
    Value rest = op->getOperand(1 - constant);
    if (!factor || *factor == 0 || rest.getType() != value.getType())
      break;
    add(isa<onnx::DivOp>(op) ? 1 / *factor : *factor);
    value = rest;
  }
  return value;
}

Spikes Spikes::match(Value value, int64_t steps) {
  Spikes spikes;
  while (Operation *op = value.getDefiningOp()) {
    if (auto decode = dyn_cast<DequantizeOp>(op)) {
      auto binary =
          dyn_cast<BinaryType>(tensorType(decode.getX()).getElementType());
      if (binary && binary.getSteps() == steps && !decode.getUnit())
        spikes.train = decode.getX();
      break;
    }
    if (!keepsTime(op, steps))
      break;
    spikes.movement.push_back(op);
    value = op->getOperand(0);
  }
  std::reverse(spikes.movement.begin(), spikes.movement.end());
  return spikes;
}

Spikes Spikes::match(Value value, int64_t steps, Factors &factors) {
  Spikes spikes;
  value = factors.strip(value);
  while (Operation *op = value.getDefiningOp()) {
    if (auto decode = dyn_cast<DequantizeOp>(op)) {
      Type train = decode.getX().getType();
      if (!isStepTrain(train) || getTimeSteps(train) != steps)
        break;
      if (decode.getUnit())
        factors.add(decode.getUnit()->convertToDouble());
      spikes.train = decode.getX();
      break;
    }
    if (!keepsTime(op, steps))
      break;
    spikes.movement.push_back(op);
    value = factors.strip(op->getOperand(0));
  }
  std::reverse(spikes.movement.begin(), spikes.movement.end());
  return spikes;
}

Value Spikes::move(OpBuilder &b, Value value, ArrayRef<Operation *> movement) {
  Type element = tensorType(value).getElementType();
  for (Operation *op : movement) {
    IRMapping mapping;
    mapping.map(op->getOperand(0), value);
    Operation *moved = b.clone(*op, mapping);
    moved->getResult(0).setType(tensorType(op->getResult(0)).clone(element));
    value = moved->getResult(0);
  }
  return value;
}

Value snn::spike::transposeLast(OpBuilder &b, Location loc, Value value) {
  RankedTensorType type = tensorType(value);
  SmallVector<int64_t> permutation =
      llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  std::swap(permutation[type.getRank() - 1], permutation[type.getRank() - 2]);
  SmallVector<int64_t> shape;
  for (int64_t axis : permutation)
    shape.push_back(type.getDimSize(axis));
  return onnx::TransposeOp::create(b, loc, type.clone(shape), value,
                                   permutation);
}

TypedAttr snn::spike::matchTokenMask(Value value, RankedTensorType scores,
                                     Location loc) {
  TypedAttr attribute = onnx::getConstantAttr(value);
  if (!attribute)
    return {};
  bool isFloat = tensorType(value).getElementType().isF32();
  if (!isFloat && !tensorType(value).getElementType().isSignlessInteger(1))
    return {};
  ArrayRef<int64_t> shape = tensorType(value).getShape();
  if (shape.size() < 2 ||
      shape.take_back(2) != scores.getShape().take_back(2) ||
      int64_t(shape.size()) > scores.getRank() ||
      llvm::any_of(shape.drop_back(2), [](int64_t d) { return d != 1; }))
    return {};
  FailureOr<rt::Tensor> values = onnx::resolveConstant(attribute, loc);
  if (failed(values))
    return {};
  int64_t tokens = shape.back();
  rt::Tensor mask(rt::DType::U8, {tokens, tokens});
  for (int64_t n = 0; n < values->size(); ++n) {
    float element =
        isFloat ? values->data<float>()[n] : float(values->data<bool>()[n]);
    if (element != 0 && element != 1)
      return {};
    mask.data<uint8_t>()[n] = uint8_t(element);
  }
  return onnx::makeConstantAttr(
      value.getContext(), onnx::getNodeName(loc).str() + ".mask", mask,
      IntegerType::get(value.getContext(), 8, IntegerType::Unsigned));
}

TrainNames::TrainNames(ModuleOp module) {
  for (const Site &site : getSites(module))
    names.insert(site.name);
}

StringAttr TrainNames::make(Operation *op) {
  std::string base = onnx::getNodeName(op->getLoc()).str();
  if (base.empty())
    base = op->getName().stripDialect().str();
  std::string name = base;
  for (unsigned number = 2; !names.insert(name).second; ++number)
    name = base + "#" + std::to_string(number);
  return StringAttr::get(op->getContext(), name);
}

SmallVector<int64_t> snn::spike::asTarget(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> target(shape);
  for (int64_t &size : target)
    if (ShapedType::isDynamic(size))
      size = -1;
  return target;
}

void snn::spike::eraseDeadOps(Operation *module) {
  SmallVector<Operation *> all;
  module->walk([&](Operation *op) { all.push_back(op); });
  for (Operation *op : llvm::reverse(all))
    if (isOpTriviallyDead(op))
      op->erase();
}
