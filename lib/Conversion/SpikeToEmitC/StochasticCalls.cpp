//===- StochasticCalls.cpp - The calls of random spikes -------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One call of snn/runtime/Stochastic.h an op, and the counts of its site.
//
//===----------------------------------------------------------------------===//

#include "FunctionEmitter.h"
#include "snn/Dialect/Spike/Stochastic.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;

/// The initialiser of a RandomStream.
static std::string streamText(const rt::RandomStream &stream) {
  return cpp::list({"uint64_t(" + std::to_string(stream.seed) + "u)",
                    cpp::integer(stream.layer)});
}

static std::string stageText(rt::DrawStage stage) {
  switch (stage) {
  case rt::DrawStage::Score:
    return "DrawStage::Score";
  case rt::DrawStage::Output:
    return "DrawStage::Output";
  case rt::DrawStage::Encoder:
    return "DrawStage::Encoder";
  }
  llvm_unreachable("unknown stage");
}

static std::string parametersText(const rt::SsaParameters &p) {
  auto flag = [](bool value) { return std::string(value ? "true" : "false"); };
  SmallVector<std::string> fields = {streamText(p.stream),
                                     p.generator == rt::Generator::Lfsr32
                                         ? "Generator::Lfsr32"
                                         : "Generator::Philox",
                                     cpp::integer(p.normD),
                                     cpp::integer(p.normN),
                                     flag(p.reuseRow),
                                     flag(p.maskSelf)};
  if (!p.norms.empty())
    fields.push_back(cpp::list(llvm::map_to_vector(
        p.norms, [](int64_t norm) { return cpp::integer(norm); })));
  return "SsaParameters" + cpp::list(fields);
}

FunctionEmitter::Emitted FunctionEmitter::emitStochastic(Operation *op) {
  return TypeSwitch<Operation *, Emitted>(op)
      .Case([&](BernoulliOp o) -> LogicalResult {
        Value result = declare(o.getResult());
        call(o, "bernoulli")
            .text("run.context")
            .tensor(use(o.getP()))
            .tensor(result)
            .text(cpp::integer(o.getSteps()))
            .text("RandomStream" + streamText(getStream(o)))
            .text(stageText(getStage(o)))
            .create();
        call(o, "countBernoulli")
            .text("run.context")
            .text(cpp::quote(o.getSite()))
            .tensor(result)
            .create();
        countSite(*getSite(o));
        return success();
      })
      .Case([&](SsaOp o) -> LogicalResult {
        Value result = declare(o.getResult());
        std::string parameters = parametersText(o.getParameters());
        call(o, "ssa")
            .text("run.context")
            .tensor(use(o.getQ()))
            .tensor(use(o.getK()))
            .tensor(use(o.getV()))
            .text(optionalWeight(o, o.getMask(), ".mask"))
            .tensor(result)
            .text(cpp::integer(o.getSteps()))
            .text(parameters)
            .create();
        call(o, "countSsa")
            .text("run.context")
            .text(cpp::quote(o.getSite()))
            .tensor(use(o.getQ()))
            .tensor(use(o.getK()))
            .text(parameters)
            .create();
        countSite(*getSite(o));
        return success();
      })
      .Default([](Operation *) { return std::nullopt; });
}
