//===- CheckRecognition.cpp - The snn-check-recognition pass --------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Equivalence/Passes.h"
#include "snn/Equivalence/SelfCheck.h"
#include "snn/Pipeline/LoadModule.h"

namespace snn {
#define GEN_PASS_DEF_SNNCHECKRECOGNITION
#include "snn/Equivalence/Passes.h.inc"
} // namespace snn

using namespace mlir;
using namespace snn;

namespace {

struct CheckRecognition : snn::impl::SnnCheckRecognitionBase<CheckRecognition> {
  using SnnCheckRecognitionBase::SnnCheckRecognitionBase;

  void runOnOperation() override {
    OwningOpRef<ModuleOp> imported =
        loadModule(reference, getContext(), ImportOptions());
    if (!imported ||
        failed(checkRecognition(*imported, getOperation(), inputs, seconds,
                                mean ? SelfCheckMeasure::Mean
                                     : SelfCheckMeasure::Worst)))
      signalPassFailure();
  }
};

} // namespace
