//===- LoadNir.cpp - Networks that are NIR graphs -------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoadNir.h"
#include "mlir/Pass/PassManager.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Dialect/Spike/Spike.h"
#include "snn/Dialect/Spike/StaticWeight.h"
#include "snn/Import/Nir.h"
#include "snn/Pipeline/Pipeline.h"
#include "snn/Target/Nir/Nir.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace mlir;
using namespace snn;

bool snn::isNir(const Flags &flags) {
  return StringRef(flags.model).ends_with(".nir");
}

llvm::Error snn::checkNirFlags(const Flags &flags) {
  for (StringRef name : flags.getGiven()) {
    bool isRead = isNir(flags) || (name == "nir-dt" && emitsNir(flags));
    if (!isRead && name.starts_with("nir-"))
      return llvm::createStringError("--" + name +
                                     " has no effect: it is for .nir files");
    if (isNir(flags) && name == "search")
      return llvm::createStringError(
          "--search needs an ONNX model, has the NIR graph '" + flags.model +
          "'");
    if (isNir(flags) && (name == "shape" || name == "pad-to"))
      return llvm::createStringError(
          "--" + name +
          " has no effect on a .nir file, whose shapes are in the file");
  }
  if (emitsNir(flags) && flags.nirDt.getNumOccurrences() == 0)
    return llvm::createStringError(
        "--emit nir needs --nir-dt, the seconds of a time step");
  if (emitsNir(flags) && (!std::isfinite(flags.nirDt) || flags.nirDt <= 0))
    return llvm::createStringError(
        "--nir-dt needs a positive number of seconds");
  return llvm::Error::success();
}

bool snn::emitsNir(const Flags &flags) {
  return llvm::is_contained(flags.emit, Artefact::Nir);
}

LogicalResult snn::emitNir(ModuleOp module, const Flags &flags,
                           const PipelineOptions &options, StringRef path) {
  OwningOpRef<ModuleOp> copy = module.clone();
  PassManager pm(module.getContext());
  addRewrites(pm, options);
  if (failed(pm.run(*copy)))
    return failure();
  return nir::writeNir(*copy, path, flags.nirDt);
}

/// Whether `value` holds the numbers of a train, under another shape or not.
static bool isTrain(Value value) {
  while (auto reshape = value.getDefiningOp<onnx::ReshapeOp>())
    value = reshape.getX();
  auto decode = value.getDefiningOp<spike::DequantizeOp>();
  return decode && spike::isStepTrain(decode.getX().getType());
}

/// The names of products of numbers that are no spikes.
static std::vector<std::string> findFloatProducts(ModuleOp module) {
  std::vector<std::string> names;
  module.walk([&](Operation *op) {
    if (isa<onnx::MatMulOp, onnx::ConvOp>(op) && !isTrain(op->getOperand(0)))
      names.push_back(onnx::getNodeName(op->getLoc()).str());
  });
  return names;
}

static void printLabels(const nir::Labels &labels) {
  size_t width = 0;
  for (const nir::NodeLabel &label : labels.nodes)
    width = std::max(width, label.name.size());
  constexpr size_t mostRows = 40;
  for (auto [index, label] : llvm::enumerate(labels.nodes)) {
    if (index == mostRows) {
      llvm::outs() << "  " << labels.nodes.size() - mostRows
                   << " more nodes are in fidelity.json\n";
      return;
    }
    llvm::outs() << "  " << label.name
                 << std::string(width - label.name.size() + 2, ' ')
                 << label.type << ": " << nir::toString(label.fidelity)
                 << (label.reason.empty() ? "" : " (" + label.reason + ")")
                 << '\n';
  }
}

OwningOpRef<ModuleOp>
snn::loadNir(const Flags &flags, MLIRContext &context, PipelineOptions &options,
             std::optional<llvm::json::Object> &fidelity) {
  nir::Discretisation time;
  if (flags.nirDt.getNumOccurrences() > 0)
    time.dt = flags.nirDt;
  if (flags.nirSteps.getNumOccurrences() > 0)
    time.steps = flags.nirSteps;
  if (flags.nirIntegration == NirIntegrationChoice::Exact)
    time.integration = nir::Integration::Exact;
  if (flags.nirReset == NirResetChoice::Subtract)
    time.reset = nir::Reset::Subtract;
  nir::Labels labels;
  OwningOpRef<ModuleOp> module =
      nir::importNir(flags.model, context, time, flags.nirStrict, labels);
  if (!module)
    return nullptr;
  printLabels(labels);
  fidelity = labels.toJson();
  if (flags.calibrate.empty())
    for (std::string &name : findFloatProducts(*module))
      if (!llvm::is_contained(*options.floatOps, name))
        options.floatOps.push_back(std::move(name));
  return module;
}
