//===- HandlersRandom.cpp - Operators that draw random numbers ------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// ONNX leaves the generator open. Every operator gets a number of its own, the
// layer of its random stream, so that the network draws the same numbers at
// every level and in every batch (docs/xpikeformer.md).
//
//===----------------------------------------------------------------------===//

#include "Importer.h"

using namespace mlir;
using namespace snn;
using namespace snn::import;

/// Uniform numbers of the shape of `like`, whose axis 0 is time, or time and
/// batch.
static FailureOr<Imported *> drawLike(Node &n, Imported *like) {
  int64_t steps = 1;
  if (like->rank() > 0) {
    DimExpr first = like->shape[0];
    if (!first.isStatic() && first.fixed == 0)
      steps = first.perBatch;
    else if (first.isStatic() && like->rank() > 1)
      steps = first.fixed;
  }
  return n.make<onnx::RandomUniformLikeOp>(
      {like},
      {n.i64("layer_id", n.importer.nextRandomLayer()),
       n.i64("steps", std::max<int64_t>(steps, 1))},
      /*mayFold=*/false);
}

static LogicalResult importRandomUniformLike(Node &n) {
  if (failed(n.require(1)))
    return failure();
  double low = n.attr("low", 0.0), high = n.attr("high", 1.0);
  if (low != 0 || high != 1)
    return n.error() << "draws from another range than 0 to 1, which is not "
                        "supported";
  std::optional<rt::DType> type = rt::DType::F32;
  if (n.hasAttr("dtype"))
    type = isConverted(n.attr("dtype", int64_t(0)))
               ? std::nullopt
               : toDType(n.attr("dtype", int64_t(0)));
  else if (!n.in(0)->elementType.isF32())
    type = std::nullopt;
  if (type != rt::DType::F32)
    return n.error() << "draws numbers of another type than float";
  FailureOr<Imported *> draw = drawLike(n, n.in(0));
  return failed(draw) ? failure() : n.bind(0, *draw);
}

/// Opset 15: 1 with the probability that the input gives, else 0. Written as
/// exporters write it in older opsets.
static LogicalResult importBernoulli(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Imported *p = n.in(0);
  if (!p->elementType.isF32())
    return n.error() << "needs probabilities of type float, has "
                     << p->elementType;
  std::optional<rt::DType> type = rt::DType::F32;
  if (n.hasAttr("dtype"))
    type = isConverted(n.attr("dtype", int64_t(0)))
               ? std::nullopt
               : toDType(n.attr("dtype", int64_t(0)));
  if (!type)
    return n.error() << "gives " << dataTypeName(n.attr("dtype", int64_t(0)))
                     << ", which is not supported";
  FailureOr<Imported *> draw = drawLike(n, p);
  if (failed(draw))
    return failure();
  FailureOr<Imported *> fires = n.make<onnx::LessOp>({*draw, p});
  if (failed(fires))
    return failure();
  if (*type == rt::DType::Bool)
    return n.bind(0, *fires);
  MLIRContext *context = n.importer.builder().getContext();
  return n.emit<onnx::CastOp>(
      {*fires}, {n.type("to", onnx::toElementType(context, *type))});
}

void snn::import::registerRandomHandlers(OperatorTable &table) {
  table["Bernoulli"] = {importBernoulli, "probabilities that are not float"};
  table["RandomUniformLike"] = {
      importRandomUniformLike,
      "a range other than 0 to 1, types other than float"};
}

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

/// The draw that decides the spikes `value`, behind casts and masks.
static onnx::RandomUniformLikeOp findDraw(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto less = dyn_cast<onnx::LessOp>(op))
      return less.getA().getDefiningOp<onnx::RandomUniformLikeOp>();
    if (auto more = dyn_cast<onnx::GreaterOp>(op))
      return more.getB().getDefiningOp<onnx::RandomUniformLikeOp>();
    if (auto masked = dyn_cast<onnx::MulOp>(op))
      value =
          onnx::getConstantAttr(masked.getA()) ? masked.getB() : masked.getA();
    else if (auto choice = dyn_cast<onnx::WhereOp>(op))
      value = choice.getA();
    else if (auto converted = dyn_cast<onnx::CastOp>(op))
      value = converted.getX();
    else
      break;
  }
  return nullptr;
}

/// The product that the probabilities of `draw` are, behind factors and masks.
static onnx::MatMulOp findProduct(onnx::RandomUniformLikeOp draw) {
  Value value = draw.getLike();
  while (Operation *op = value.getDefiningOp()) {
    if (auto product = dyn_cast<onnx::MatMulOp>(op))
      return product;
    if (!isa<onnx::MulOp, onnx::DivOp, onnx::WhereOp>(op))
      break;
    bool first =
        isa<onnx::WhereOp>(op) ||
        (isa<onnx::MulOp>(op) && onnx::getConstantAttr(op->getOperand(0)));
    value = op->getOperand(first ? 1 : 0);
  }
  return nullptr;
}

void snn::import::assignDrawStages(ModuleOp module) {
  module.walk([](onnx::RandomUniformLikeOp output) {
    onnx::MatMulOp context = findProduct(output);
    auto scores = context ? findDraw(context.getA()) : nullptr;
    if (!scores || scores == output || !findProduct(scores) ||
        scores.getSteps() != output.getSteps())
      return;
    scores.setStage(0);
    output.setStage(1);
    output.setLayerId(scores.getLayerId());
  });
}
