//===- DigitalCost.cpp - Operations of the digital unit -------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DigitalCost.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"
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

namespace {
/// Operations for one element of the first result (or operand, for reductions).
struct Cost {
  double macs = 0;
  double exponentials = 0;
  bool ofOperand = false;
};
} // namespace

static Cost getElementCost(StringRef op) {
  return llvm::StringSwitch<Cost>(op)
      .Cases({"onnx.add", "onnx.sub", "onnx.mul", "onnx.neg", "onnx.abs"}, {1})
      .Cases({"onnx.relu", "onnx.clip", "onnx.min", "onnx.max", "onnx.where"},
             {1})
      .Cases({"onnx.equal", "onnx.less", "onnx.less_or_equal", "onnx.greater",
              "onnx.greater_or_equal"},
             {1})
      .Cases({"onnx.cast", "onnx.batch_normalization", "onnx.quantize_linear",
              "onnx.dequantize_linear"},
             {1})
      .Cases({"onnx.exp", "onnx.log", "onnx.erf", "onnx.tanh", "onnx.sigmoid"},
             {0, 1})
      .Cases({"onnx.sqrt", "onnx.reciprocal", "onnx.div", "onnx.pow"}, {0, 1})
      .Case("onnx.silu", {1, 1})
      .Case("onnx.gelu", {3, 1})
      // Maximum, difference, sum and quotient of a row.
      .Case("onnx.softmax", {4, 1})
      // Sum, difference, square and its sum, scale and bias.
      .Case("onnx.layer_normalization", {4})
      .Cases({"onnx.reduce_mean", "onnx.reduce_sum", "onnx.reduce_max",
              "onnx.arg_max", "onnx.global_average_pool", "onnx.average_pool",
              "onnx.max_pool"},
             {1, 0, true})
      .Cases({"spike.encode", "spike.quantize", "spike.requantize"}, {1})
      .Cases({"spike.rescale", "spike.dequantize", "spike.token_mask"}, {1})
      .Cases({"spike.phase_decode", "spike.phase_residual"}, {1})
      // A logit, its distance from the winner, and an addition to Z.
      .Case("spike.woss", {3})
      .Default({});
}

/// Multiply-adds of a float product; 0 for any other op.
static double getProductMacs(Operation *op) {
  return llvm::TypeSwitch<Operation *, double>(op)
      .Case([](onnx::MatMulOp product) {
        auto lhs = cast<RankedTensorType>(product->getOperand(0).getType());
        return countElements(product->getResult(0)) *
               double(lhs.getShape().back());
      })
      .Case([](onnx::GemmOp product) {
        auto lhs = cast<RankedTensorType>(product->getOperand(0).getType());
        return countElements(product->getResult(0)) *
               double(lhs.getDimSize(product.getTransA() ? 0 : 1));
      })
      .Case([](onnx::ConvOp conv) {
        auto weight = cast<RankedTensorType>(conv->getOperand(1).getType());
        return countElements(conv->getResult(0)) *
               double(weight.getNumElements()) / double(weight.getDimSize(0));
      })
      .Case([](onnx::AttentionOp attention) {
        // Scores, and their product with the values.
        auto key = cast<RankedTensorType>(attention->getOperand(1).getType());
        return 2 * countElements(attention->getOperand(0)) *
               double(key.getDimSize(key.getRank() - 2));
      })
      .Default([](Operation *) { return 0; });
}

void snn::chip::addDigitalCost(Operation *op, Load &load) {
  Value first = op->getResult(0);
  Cost cost = getElementCost(op->getName().getStringRef());
  double elements = countElements(cost.ofOperand ? op->getOperand(0) : first);
  load.floatMacs = elements * cost.macs;
  load.exponentials = elements * cost.exponentials;
  if (double macs = getProductMacs(op)) {
    load.floatMacs = macs;
    load.synapses = macs;
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
}
