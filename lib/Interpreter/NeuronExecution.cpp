//===- NeuronExecution.cpp - Plain execution of spiking neurons -----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SpikeExecution.h"
#include "snn/Dialect/Spike/Neuron.h"
#include "snn/runtime/Sdsa.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;

Executed snn::executeNeuronOp(Operation *op, ArrayRef<rt::Tensor> operands) {
  using Results = FailureOr<SmallVector<rt::Tensor>>;
  rt::Tensor train;
  return TypeSwitch<Operation *, Executed>(op)
      .Case([&](LifOp o) -> Results {
        rt::Tensor membranes;
        bool isAsked = o.getMembranes() != nullptr;
        rt::reference::lif(operands[0], train, o.getSteps(), getNeuron(o),
                           isAsked ? &membranes : nullptr);
        SmallVector<rt::Tensor> results{train};
        if (isAsked)
          results.push_back(membranes);
        return results;
      })
      .Case([&](SdsaOp o) -> Results {
        FailureOr<rt::Tensor> mask = resolveOptional(o, o.getMask());
        FailureOr<rt::Tensor> scales = resolveOptional(o, o.getScales());
        if (failed(mask) || failed(scales))
          return failure();
        rt::reference::sdsa(operands[0], operands[1], operands[2],
                            mask->defined() ? &*mask : nullptr, train,
                            o.getSteps(), getSdsaParameters(o),
                            scales->defined() ? &*scales : nullptr);
        return SmallVector<rt::Tensor>{train};
      })
      .Default([](Operation *) { return std::nullopt; });
}
