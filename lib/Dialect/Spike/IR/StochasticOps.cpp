//===- StochasticOps.cpp - Verifiers of random spikes ---------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verify.h"
#include "snn/Dialect/Spike/Stochastic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;
using namespace snn::spike::detail;

//===----------------------------------------------------------------------===//
// Binary trains
//===----------------------------------------------------------------------===//

int64_t snn::spike::detail::stepsOf(Value train) {
  return getTimeSteps(train.getType());
}

LogicalResult snn::spike::detail::verifyTime(Operation *op, Value train) {
  RankedTensorType type = tensorType(train);
  int64_t steps = stepsOf(train);
  if (type.getRank() < 1 ||
      (!type.isDynamicDim(0) && type.getDimSize(0) % steps != 0))
    return op->emitOpError("needs a multiple of ")
           << steps << " steps on axis 0, has " << shapeText(type.getShape());
  return success();
}

LogicalResult snn::spike::detail::checkTimeAxis(const SampleAxes &axes,
                                                Operation *op) {
  int64_t steps = stepsOf(op->getResult(0));
  if (steps == 1 || axes.getGroups(op->getOperand(0)) % steps == 0)
    return success();
  return axes.checkAxis(op, op->getResult(0), 0, "its time steps run over");
}

LogicalResult snn::spike::detail::checkAttentionAxes(const SampleAxes &axes,
                                                     Operation *op) {
  if (failed(checkTimeAxis(axes, op)))
    return failure();
  return axes.checkAxisBelow(op, op->getOperand(0), -3, "it attends over");
}

LogicalResult snn::spike::detail::checkContraction(const SampleAxes &axes,
                                                   Operation *op, Value lhs,
                                                   Value rhs, bool transposed) {
  if (failed(axes.checkAxis(op, lhs, -1, "it contracts")))
    return failure();
  return axes.checkAxis(op, rhs, transposed ? -1 : -2, "it contracts");
}

LogicalResult snn::spike::detail::verifyTokenMask(Operation *op,
                                                  std::optional<TypedAttr> mask,
                                                  int64_t tokens) {
  if (!mask)
    return success();
  auto type = dyn_cast<RankedTensorType>(mask->getType());
  if (type && type.getShape() == ArrayRef({tokens, tokens}) &&
      type.getElementType().isUnsignedInteger(8))
    return success();
  return op->emitOpError("needs a mask of type tensor<")
         << tokens << "x" << tokens << "xui8>, has " << mask->getType();
}

//===----------------------------------------------------------------------===//
// Random spikes
//===----------------------------------------------------------------------===//

int64_t BernoulliOp::getSteps() { return stepsOf(getResult()); }
int64_t SsaOp::getSteps() { return stepsOf(getResult()); }

NeuronModel BernoulliOp::getNeuronModel() { return NeuronModel::Random; }
NeuronModel SsaOp::getNeuronModel() { return NeuronModel::Random; }
chip::EngineKind SsaOp::getEngineKind() { return chip::EngineKind::Ssa; }
StringRef SsaOp::getAttentionName() { return "stochastic"; }

rt::SsaParameters SsaOp::getParameters() {
  auto norm = [&](int64_t count) {
    return getPow2() ? int64_t(llvm::PowerOf2Ceil(uint64_t(count))) : count;
  };
  std::vector<int64_t> norms;
  for (int64_t count : getNorms().value_or(ArrayRef<int64_t>()))
    norms.push_back(norm(count));
  return {getStream(*this),
          getGenerator() == Generator::Lfsr32 ? rt::Generator::Lfsr32
                                              : rt::Generator::Philox,
          norm(getNormD()),
          norm(getNormN()),
          getReuseRow(),
          getMaskSelf(),
          std::move(norms)};
}

template <typename Op> static LogicalResult verifyLayer(Op op) {
  if (op.getLayerId() >= 0 && op.getLayerId() < (int64_t(1) << 31))
    return success();
  return op.emitOpError("needs a layer number from 0 to 2^31 - 1, has ")
         << op.getLayerId();
}

LogicalResult BernoulliOp::verify() {
  if (failed(verifyShapes(*this)) || failed(verifyTime(*this, getResult())) ||
      failed(verifyLayer(*this)))
    return failure();
  if (getStage() < 0 || getStage() > 2)
    return emitOpError("needs stage 0 (scores), 1 (output) or 2 (encoder), "
                       "has ")
           << getStage();
  RankedTensorType type = tensorType(getP());
  if (getStage() < 2 && type.getRank() < 3)
    return emitOpError("needs probabilities of shape time x ... x rows x "
                       "columns at stages 0 and 1, has ")
           << shapeText(type.getShape());
  return success();
}

LogicalResult SsaOp::verify() {
  RankedTensorType type = tensorType(getQ());
  int64_t rank = type.getRank();
  if (rank < 4)
    return emitOpError("needs trains of shape time x ... x heads x tokens x "
                       "channels, has ")
           << shapeText(type.getShape());
  if (failed(verifyTime(*this, getResult())) || failed(verifyLayer(*this)))
    return failure();
  constexpr int64_t largest = int64_t(1) << 31;
  int64_t tokens = type.getDimSize(rank - 2);
  int64_t channels = type.getDimSize(rank - 1);
  for (auto [norm, count, what] : {std::tuple(getNormD(), channels, "channels"),
                                   std::tuple(getNormN(), tokens, "tokens")})
    if (norm < count || norm > largest)
      return emitOpError("needs a norm of at least ")
             << count << " " << what << " and at most 2^31, has " << norm;
  if (std::optional<ArrayRef<int64_t>> norms = getNorms()) {
    if (int64_t(norms->size()) != tokens)
      return emitOpError("needs a norm for each of its ")
             << tokens << " tokens, has " << norms->size();
    for (int64_t norm : *norms)
      if (norm < 1 || norm > largest)
        return emitOpError("needs norms from 1 to 2^31, has ") << norm;
  }
  return verifyTokenMask(*this, getMask(), tokens);
}
