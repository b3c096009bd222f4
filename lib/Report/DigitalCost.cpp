//===- DigitalCost.cpp - Operations of the digital unit -------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DigitalCost.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace snn;
using namespace snn::chip;

double snn::chip::countElements(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return 0;
  double n = 1;
  for (int64_t extent : type.getShape())
    n *= double(extent);
  return n;
}

unsigned snn::chip::elementBits(Type type) {
  Type element = getElementTypeOrSelf(type);
  if (std::optional<rt::Coding> coding = spike::getCoding(element))
    return coding->bits;
  // A phase and a sign, or silence.
  if (std::optional<rt::PhaseCoding> phase = spike::getPhaseCoding(element))
    return llvm::Log2_32_Ceil(
        unsigned(phase->phases) * (phase->unipolar ? 1 : 2) + 1);
  if (element.isIntOrFloat())
    return element.getIntOrFloatBitWidth();
  return 0;
}

LogicalResult snn::chip::addDigitalCost(Operation *op, Load &load) {
  auto digital = dyn_cast<DigitalCostInterface>(op);
  if (!digital)
    return op->emitOpError("is executed by no unit of a chip");
  DigitalCost cost = digital.getDigitalCost();
  double count = 1;
  if (cost.basis == DigitalCost::Basis::Result)
    count = countElements(op->getResult(0));
  else if (cost.basis == DigitalCost::Basis::Operand)
    count = countElements(op->getOperand(0));
  load.floatMacs = count * cost.multiplyAdds;
  load.exponentials = count * cost.exponentials;
  if (cost.basis == DigitalCost::Basis::Product) {
    load.synapses = cost.multiplyAdds;
    load.isFloatProduct = true;
  }
  for (Value value : op->getOperands())
    load.memoryBits += countElements(value) * elementBits(value.getType());
  for (Value value : op->getResults())
    load.memoryBits += countElements(value) * elementBits(value.getType());
  // An accumulator leaves its crossbar, core or engine.
  if (isa<spike::RescaleOp, spike::RequantizeOp>(op))
    load.movedBits = countElements(op->getOperand(0)) *
                     elementBits(op->getOperand(0).getType());
  return success();
}
