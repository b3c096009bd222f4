//===- StochasticExecution.cpp - Plain execution of random spikes ---------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SpikeExecution.h"
#include "snn/Dialect/Spike/Stochastic.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;

FailureOr<SmallVector<rt::Tensor>>
snn::executeStochasticOp(Operation *op, ArrayRef<rt::Tensor> operands,
                         const rt::Context &context) {
  rt::Tensor train;
  try {
    if (auto neurons = dyn_cast<BernoulliOp>(op)) {
      rt::reference::bernoulli(context, operands[0], train, neurons.getSteps(),
                               getStream(neurons), getStage(neurons));
    } else {
      auto ssa = cast<SsaOp>(op);
      std::optional<rt::Tensor> mask;
      if (ssa.getMask()) {
        FailureOr<rt::Tensor> values =
            onnx::resolveConstant(*ssa.getMask(), op->getLoc());
        if (failed(values))
          return failure();
        mask = *values;
      }
      rt::reference::ssa(context, operands[0], operands[1], operands[2],
                         mask ? &*mask : nullptr, train, ssa.getSteps(),
                         getSsaParameters(ssa));
    }
  } catch (const std::exception &e) {
    return op->emitOpError("failed: ") << e.what();
  }
  return SmallVector<rt::Tensor>{train};
}
