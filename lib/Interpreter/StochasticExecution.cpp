//===- StochasticExecution.cpp - Plain execution of random spikes ---------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SpikeExecution.h"
#include "snn/Dialect/Spike/Stochastic.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;

Executed snn::executeStochasticOp(Operation *op, ArrayRef<rt::Tensor> operands,
                                  const rt::Context &context) {
  using Results = FailureOr<SmallVector<rt::Tensor>>;
  rt::Tensor train;
  return TypeSwitch<Operation *, Executed>(op)
      .Case([&](BernoulliOp o) -> Results {
        rt::reference::bernoulli(context, operands[0], train, o.getSteps(),
                                 getStream(o), getStage(o));
        return SmallVector<rt::Tensor>{train};
      })
      .Case([&](SsaOp o) -> Results {
        FailureOr<rt::Tensor> mask = resolveOptional(o, o.getMask());
        if (failed(mask))
          return failure();
        rt::reference::ssa(context, operands[0], operands[1], operands[2],
                           mask->defined() ? &*mask : nullptr, train,
                           o.getSteps(), o.getParameters());
        return SmallVector<rt::Tensor>{train};
      })
      .Default([](Operation *) { return std::nullopt; });
}
