//===- CheckNetwork.cpp - Check that a network has what options are for ---===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Spike/Facts.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Pipeline/Passes.h"

namespace snn {
#define GEN_PASS_DEF_SNNCHECKNETWORK
#include "snn/Pipeline/Passes.h.inc"
} // namespace snn

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

struct CheckNetwork : snn::impl::SnnCheckNetworkBase<CheckNetwork> {
  using SnnCheckNetworkBase::SnnCheckNetworkBase;

  /// Whether an op of the spike dialect declares such an attribute: what draws
  /// random numbers has a `seed`, stochastic attention also a `generator`.
  bool hasOpWith(StringRef attribute) {
    return getOperation()
        .walk([&](Operation *op) {
          bool declares =
              isa_and_nonnull<SpikeDialect>(op->getDialect()) &&
              llvm::any_of(op->getName().getAttributeNames(),
                           [&](StringAttr name) { return name == attribute; });
          return declares ? WalkResult::interrupt() : WalkResult::advance();
        })
        .wasInterrupted();
  }

  void runOnOperation() override {
    bool isSpiking =
        llvm::any_of(getSites(getOperation()), [](const Site &site) {
          return isStepTrain(site.result.getType());
        });
    if (neurons && !isSpiking) {
      InFlightDiagnostic error = getOperation().emitError(
          "has no neurons of a network trained to spike, which --coding lif is "
          "for (--remarks spike-recover says what was not recognised)");
      if (auto missed = facts(getOperation())
                            .getMissedNeuronsAttrHelper()
                            .getAttr(getOperation()))
        for (StringAttr text : missed.getAsRange<StringAttr>())
          error.attachNote() << text.getValue();
      signalPassFailure();
    }
    auto check = [&](ArrayRef<std::string> given, StringRef attribute,
                     StringRef what) {
      if (given.empty() || hasOpWith(attribute))
        return;
      for (const std::string &option : given)
        getOperation().emitError("has no ")
            << what << ", without which --" << option << " has no effect";
      signalPassFailure();
    };
    check(*stochastic, "generator", "stochastic attention");
    check(*random, "seed", "random spikes");
    // Nobody else wants to know.
    dropFact(facts(getOperation()).getMissedNeuronsAttrHelper(),
             getOperation());
    markAllAnalysesPreserved();
  }
};

} // namespace
