//===- ProfiledCalls.cpp - What the calls of a program do -----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The work of each call, for `sim --profile`: products as if every neuron
// fired, other operations as the ops price them in the digital unit, and the
// bytes of operands, weights and results.
//
//===----------------------------------------------------------------------===//

#include "FunctionEmitter.h"
#include "snn/Dialect/Kernel/DigitalCost.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Dialect/Spike/SiteUtils.h"

using namespace mlir;
using namespace snn;

static double countElements(Value value) {
  return double(cast<RankedTensorType>(value.getType()).getNumElements());
}

static double countBytes(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return double(tensor.getNumElements()) *
         double(rt::byteWidth(*getStorageType(tensor.getElementType())));
}

/// The bytes of a tensor that an op holds as an attribute.
static double countBytes(TypedAttr attribute) {
  auto tensor =
      attribute ? dyn_cast<RankedTensorType>(attribute.getType()) : nullptr;
  return tensor ? countBytes(Type(tensor)) : 0;
}

/// Events of the first operand that receives them, each times its targets.
static double countProducts(spike::EventConsumerOpInterface consumer) {
  for (OpOperand &operand : consumer->getOpOperands()) {
    if (!consumer.receivesEvents(operand.getOperandNumber()))
      continue;
    spike::EventTargets targets = consumer.getEventTargets(operand);
    if (std::optional<spike::Window> window = consumer.getWindow())
      targets = spike::getMeanConvolutionTargets(
          operand.get(), consumer->getResult(0), consumer.getWeight(), *window);
    return countElements(operand.get()) * double(targets.count);
  }
  return 0;
}

void FunctionEmitter::addWork(Operation *op, ProfiledCall &work) {
  StringRef kind = op->getName().getStringRef();
  work.kind += (work.kind.empty() ? "" : " + ") + kind.str();
  if (auto consumer = dyn_cast<spike::EventConsumerOpInterface>(op)) {
    work.products += countProducts(consumer);
    work.bytes += countBytes(consumer.getWeight());
  } else if (auto priced = dyn_cast<DigitalCostInterface>(op)) {
    DigitalCost cost = priced.getDigitalCost();
    double count = 1;
    if (cost.basis == DigitalCost::Basis::Result)
      count = countElements(op->getResult(0));
    else if (cost.basis == DigitalCost::Basis::Operand)
      count = countElements(op->getOperand(0));
    work.operations += count * (cost.multiplyAdds + cost.exponentials);
  } else if (isa<spike::NeuronOpInterface>(op)) {
    work.operations +=
        double(cast<spike::NeuronOpInterface>(op).countNeurons());
  }
  if (auto kernel = dyn_cast<KernelOpInterface>(op))
    for (const KernelConstant &constant : kernel.getKernelConstants())
      work.bytes += countBytes(constant.value);
  for (Value operand : op->getOperands())
    if (Operation *definition = operand.getDefiningOp();
        !definition || !spike::isFused(definition))
      work.bytes += countBytes(operand.getType());
  if (!spike::isFused(op))
    for (Type type : op->getResultTypes())
      work.bytes += countBytes(type);
}

void FunctionEmitter::beginCall(Operation *op) {
  if (BufferPlan::isView(op->getResult(0)))
    return;
  ProfiledCall work;
  work.name = onnx::getNodeName(op->getLoc()).str();
  if (std::optional<spike::EpilogueChain> chain = spike::getEpilogueChain(op)) {
    // From the product, whose node names the layer, to the last op.
    StringRef product = onnx::getNodeName(chain->product->getLoc());
    if (!product.empty())
      work.name = product.str();
    for (Operation *part = chain->product; part != op;
         part = *part->user_begin())
      addWork(part, work);
  }
  addWork(op, work);
  if (work.name.empty())
    work.name = op->getName().getStringRef().str();
  emitc::VerbatimOp::create(
      builder, op->getLoc(),
      builder.getStringAttr("run.op(" + Twine(calls.size()) + ");"));
  calls.push_back(std::move(work));
}
