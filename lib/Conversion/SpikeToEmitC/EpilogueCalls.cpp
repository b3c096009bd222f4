//===- EpilogueCalls.cpp - The calls of fused chains ----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One call of snn/runtime/Epilogue.h a chain, and the counts of its ops.
//
//===----------------------------------------------------------------------===//

#include "FunctionEmitter.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;

/// `text` as part of a CallBuilder's expression.
static std::string escape(StringRef text) {
  std::string result;
  for (char c : text) {
    result += c;
    if (c == '{')
      result += c;
  }
  return result;
}

/// The enumerator of snn::rt::Activation.
static StringRef getActivation(Operation *op) {
  return TypeSwitch<Operation *, StringRef>(op)
      .Case([](onnx::ReluOp) { return "Activation::Relu"; })
      .Case([](onnx::SiluOp) { return "Activation::Silu"; })
      .Case([](onnx::GeluOp gelu) {
        return gelu.getApproximate() == "tanh" ? "Activation::GeluTanh"
                                               : "Activation::Gelu";
      });
}

/// ".rescale(scale, bias", ".requantize(scale, bias" and the like, open.
template <typename Op>
std::string FunctionEmitter::openStep(StringRef name, Op op, TypedAttr scale,
                                      StringRef first) {
  return ("." + name + "(" + first + weight(op, scale, ".scale") + ", " +
          optionalWeight(op, op.getBias(), ".bias"))
      .str();
}

LogicalResult FunctionEmitter::emitChain(const EpilogueChain &chain) {
  Operation *last = chain.last;
  std::optional<Site> site = getSite(last);
  if (site && failed(checkSite(*site)))
    return failure();
  headers.insert("snn/runtime/Epilogue.h");
  std::string steps;
  SmallVector<Value> values;
  if (auto fire = dyn_cast<FireOp>(last)) {
    steps = openStep("fire", fire, *fire.getScale(),
                     weight(fire, fire.getThresholds(), ".thresholds") + ", ") +
            ", " + coding(fire.getResult()) + ", " +
            (fire.getRelu() ? "1" : "0") + ", " +
            cpp::integer(fire.getDeadZone()) + ")";
  } else if (auto requantize = dyn_cast<RequantizeOp>(last)) {
    steps = openStep("requantize", requantize, requantize.getScale()) + ", " +
            coding(requantize.getResult()) + ", " +
            (requantize.getRelu() ? "1" : "0") + ")";
  } else {
    RescaleOp rescale = chain.rescale;
    steps = openStep("rescale", rescale, rescale.getScale()) + ")";
    if (chain.activation)
      steps += (".activate(" + getActivation(chain.activation) + ")").str();
    std::string rest;
    if (auto encode = dyn_cast<EncodeOp>(last)) {
      rest = ".encode(" + coding(encode.getResult()) + ", " +
             cpp::integer(encode.getDeadZone()) + ")";
    } else if (auto quantize = dyn_cast<QuantizeOp>(last)) {
      rest = ".encode(" + coding(quantize.getResult()) + ", 0)";
    }
    steps = escape(steps);
    if (chain.multiply) {
      values.push_back(use(chain.factors));
      steps += ".multiply({})";
    }
    if (chain.add) {
      values.push_back(use(chain.addend));
      steps += ".add({})";
    }
    steps += escape(rest);
  }
  if (!chain.rescale)
    steps = escape(steps);

  Value result = declare(last->getResult(0));
  steps = "Epilogue()" + steps;
  if (auto linear = dyn_cast<LinearOp>(chain.product)) {
    call(last, "linear")
        .text("run.context")
        .tensor(use(linear.getX()))
        .text(weight(linear, linear.getWeight(), ".weight", /*matrix=*/true))
        .text(optionalWeight(linear, linear.getOffset(), ".offset"))
        .tensor(result)
        .text(coding(linear.getX()))
        .expression(steps, values)
        .create();
    countConsumer(linear.getXMutable());
  } else {
    auto conv = cast<spike::ConvOp>(chain.product);
    call(last, "convolution")
        .text("run.context")
        .tensor(use(conv.getX()))
        .text(filters(conv))
        .text(optionalWeight(conv, conv.getOffset(), ".offset"))
        .tensor(result)
        .text(coding(conv.getX()))
        .text(cpp::list(conv.getStrides()))
        .text(cpp::list(conv.getPads()))
        .text(cpp::list(conv.getDilations()))
        .expression(steps, values)
        .create();
    countConsumer(conv.getXMutable());
  }
  if (site && isTrain(site->result.getType()))
    countSite(*site);
  return success();
}
