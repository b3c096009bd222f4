//===- Registration.cpp - Dialects and passes of the tools ----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/EmitC/IR/EmitC.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "snn/Calibration/Calibration.h"
#include "snn/Calibration/Passes.h"
#include "snn/Conversion/OnnxToSpike/Passes.h"
#include "snn/Conversion/SpikeToEmitC/Passes.h"
#include "snn/Conversion/SpikeToXbar/Passes.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Dialect/Onnx/Passes.h"
#include "snn/Dialect/Spike/Passes.h"
#include "snn/Dialect/Spike/Spike.h"
#include "snn/Dialect/Xbar/Passes.h"
#include "snn/Dialect/Xbar/Xbar.h"
#include "snn/Pipeline/Passes.h"
#include "snn/Pipeline/Pipeline.h"
#include "snn/Report/Passes.h"
#include "snn/Target/Cpp/Passes.h"
#include "snn/Target/Image/Passes.h"

using namespace mlir;

void snn::registerDialects(DialectRegistry &registry) {
  registry.insert<func::FuncDialect, emitc::EmitCDialect, onnx::OnnxDialect,
                  spike::SpikeDialect, xbar::XbarDialect>();
  calibration::registerConverterCalibration(registry);
}

void snn::registerPasses() {
  registerTransformsPasses();
  onnx::registerOnnxPasses();
  spike::registerSpikePasses();
  registerOnnxToSpikePasses();
  registerSpikeToEmitCPasses();
  registerSpikeToXbarPasses();
  xbar::registerXbarPasses();
  registerTargetCppPasses();
  registerTargetImagePasses();
  calibration::registerCalibrationPasses();
  chip::registerReportPasses();
  registerPipelinePasses();
  registerPassPipeline(
      "snn-pipeline",
      "Compile an imported module as snnc does, up to the phase `to`",
      [](OpPassManager &pm, StringRef text,
         function_ref<LogicalResult(const Twine &)> report) -> LogicalResult {
        PipelineOptions options;
        if (failed(options.parseFromString(text)))
          return failure();
        if (llvm::Error error = buildPipeline(pm, options))
          return report(llvm::toString(std::move(error)));
        return success();
      },
      [](function_ref<void(const mlir::detail::PassOptions &)> use) {
        use(PipelineOptions());
      });
}
