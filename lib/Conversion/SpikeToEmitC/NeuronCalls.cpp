//===- NeuronCalls.cpp - The calls of networks trained to spike -----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One call of snn/runtime/Lif.h or Sdsa.h an op, and the counts of its site.
//
//===----------------------------------------------------------------------===//

#include "FunctionEmitter.h"
#include "snn/Dialect/Spike/Neuron.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;

/// The initialiser of a LifNeuron: tau, threshold, reset value, whether the
/// input decays, whether the reset is soft; then, where the neuron has more,
/// order, rule, factor, gain, amount, levels, floor and constants of channels.
static std::string neuronText(const rt::LifNeuron &neuron) {
  auto flag = [](bool value) { return std::string(value ? "true" : "false"); };
  SmallVector<std::string> fields = {
      cpp::number(neuron.tau), cpp::number(neuron.threshold),
      cpp::number(neuron.reset), flag(neuron.decayInput),
      flag(neuron.softReset)};
  if (!neuron.isClassic()) {
    static constexpr StringRef orders[] = {"Tau", "DecayFactor", "LeakTau",
                                           "LeakFactor", "Affine"};
    static constexpr StringRef rules[] = {"AtOnce", "Subtract", "LateSubtract",
                                          "LateZero", "Never"};
    SmallVector<std::string> levels = llvm::map_to_vector(
        neuron.levels, [](float level) { return cpp::number(level); });
    fields.append({"ChargeOrder::" + orders[int(neuron.order)].str(),
                   "ResetRule::" + rules[int(neuron.rule)].str(),
                   cpp::number(neuron.factor), cpp::number(neuron.gain),
                   cpp::number(neuron.amount), cpp::list(levels)});
    if (neuron.hasFloor() || !neuron.constants.empty())
      fields.push_back(cpp::number(neuron.floor));
    if (!neuron.constants.empty())
      fields.append(
          {cpp::list(llvm::map_to_vector(
               neuron.constants, [](float c) { return cpp::number(c); })),
           cpp::integer(neuron.inner)});
  }
  return cpp::list(fields);
}

FunctionEmitter::Emitted FunctionEmitter::emitNeurons(Operation *op) {
  return TypeSwitch<Operation *, Emitted>(op)
      .Case([&](LifOp o) -> LogicalResult {
        Value result = declare(o.getResult());
        CallBuilder statement = call(o, "lif");
        statement.text("run.context")
            .tensor(use(o.getX()))
            .tensor(result)
            .text(cpp::integer(o.getSteps()))
            .text("LifNeuron" + neuronText(getNeuron(o)));
        if (o.getMembranes())
          statement.address(declare(o.getMembranes()));
        statement.create();
        countSite(*getSite(o));
        return success();
      })
      .Case([&](SdsaOp o) -> LogicalResult {
        Value result = declare(o.getResult());
        rt::SdsaParameters parameters = getSdsaParameters(o);
        std::string mask = optionalWeight(o, o.getMask(), ".mask");
        CallBuilder statement = call(o, "sdsa");
        statement.text("run.context")
            .tensor(use(o.getQ()))
            .tensor(use(o.getK()))
            .tensor(use(o.getV()))
            .text(mask)
            .tensor(result)
            .text(cpp::integer(o.getSteps()))
            .text("SdsaParameters" +
                  cpp::list({cpp::integer(parameters.variant),
                             cpp::number(parameters.scale),
                             neuronText(parameters.lif)}));
        if (o.getScales())
          statement.text(optionalWeight(o, o.getScales(), ".scales"));
        statement.create();
        call(o, "countSdsa")
            .text("run.context")
            .text(cpp::quote(o.getSite()))
            .tensor(use(o.getQ()))
            .tensor(use(o.getK()))
            .tensor(use(o.getV()))
            .text(mask)
            .text(cpp::integer(parameters.variant))
            .create();
        countSite(*getSite(o));
        return success();
      })
      .Default([](Operation *) { return std::nullopt; });
}
