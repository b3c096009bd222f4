//===- PhaseSites.cpp - Sites of scores and skip connections --------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Calibration/Passes.h"
#include "snn/Dialect/Onnx/Values.h"
#include "snn/Dialect/Spike/Facts.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Interpreter/Interpreter.h"
#include "snn/runtime/Masks.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/TypeSwitch.h"

namespace snn::calibration {
#define GEN_PASS_DEF_SPIKEPHASESITES
#include "snn/Calibration/Passes.h.inc"
} // namespace snn::calibration

using namespace mlir;
using namespace snn;
using namespace snn::calibration;
using namespace snn::spike;

namespace {

/// Whether `value` is `source` or computed from it.
bool dependsOn(Value value, Value source, DenseSet<Value> &seen) {
  if (value == source)
    return true;
  Operation *op = value.getDefiningOp();
  if (!op || !seen.insert(value).second)
    return false;
  return llvm::any_of(op->getOperands(), [&](Value operand) {
    return dependsOn(operand, source, seen);
  });
}

/// The value of an expression of constants.
FailureOr<rt::Tensor> evaluate(Value value) {
  Operation *op = value.getDefiningOp();
  SmallVector<rt::Tensor> operands;
  for (Value operand : op->getOperands()) {
    FailureOr<rt::Tensor> tensor = evaluate(operand);
    if (failed(tensor))
      return failure();
    operands.push_back(*tensor);
  }
  FailureOr<SmallVector<rt::Tensor>> results = executeOp(op, operands);
  if (failed(results))
    return failure();
  return (*results)[cast<OpResult>(value).getResultNumber()];
}

/// Whether a term of the scores hides keys: it comes with the input, or is a
/// constant that is low enough somewhere.
FailureOr<bool> isAdditiveMask(Value value) {
  if (dependsOnInput(value))
    return true;
  FailureOr<rt::Tensor> tensor = evaluate(value);
  if (failed(tensor))
    return failure();
  if (tensor->dtype() != rt::DType::F32)
    return false;
  const float *data = tensor->data<float>();
  return std::any_of(data, data + tensor->size(),
                     [](float v) { return v <= float(rt::softmaxMaskedFrom); });
}

bool isScoreProduct(Value value) {
  auto product = value.getDefiningOp<onnx::MatMulOp>();
  auto query = product ? product.getA().getDefiningOp<SiteOp>() : SiteOp();
  return query && query.getKind() == SiteKind::Query;
}

/// Whether the scores of a product reach `value` through terms and factors.
bool holdsScores(Value value) {
  if (isScoreProduct(value))
    return true;
  Operation *op = value.getDefiningOp();
  if (isa_and_nonnull<onnx::ReshapeOp>(op))
    return holdsScores(op->getOperand(0));
  return isa_and_nonnull<onnx::AddOp, onnx::SubOp, onnx::MulOp, onnx::DivOp>(
             op) &&
         (holdsScores(op->getOperand(0)) || holdsScores(op->getOperand(1)));
}

/// The scores in front of the masks that lead to `value`; `value` itself where
/// there are none. `factored`: a factor has been passed, so terms in front of
/// it can no longer be moved behind the encoder.
FailureOr<Value> skipMasks(Value value, bool factored = false) {
  Operation *op = value.getDefiningOp();
  if (auto reshape = dyn_cast_or_null<onnx::ReshapeOp>(op)) {
    FailureOr<Value> inner = skipMasks(reshape.getX(), factored);
    if (failed(inner))
      return failure();
    return *inner == reshape.getX() ? value : *inner;
  }
  if (!isa_and_nonnull<onnx::AddOp, onnx::MulOp>(op))
    return value;
  Value scores = op->getOperand(0), mask = op->getOperand(1);
  if (!holdsScores(scores))
    std::swap(scores, mask);
  if (!holdsScores(scores) || holdsScores(mask) ||
      scores.getType() != value.getType())
    return value;
  if (isa<onnx::MulOp>(op))
    return dependsOnInput(mask) ? skipMasks(scores, true) : value;
  if (factored)
    return value;
  FailureOr<bool> hides = isAdditiveMask(mask);
  if (failed(hides))
    return failure();
  return *hides ? skipMasks(scores) : value;
}

SiteOp makeSite(Value value, const Twine &name, SiteKind kind) {
  OpBuilder b(value.getContext());
  Location loc = value.getLoc();
  b.setInsertionPointAfterValue(value);
  auto site = SiteOp::create(b, loc, value.getType(), value, Value(),
                             b.getStringAttr(name),
                             SiteKindAttr::get(b.getContext(), kind),
                             DenseI64ArrayAttr(), IntegerAttr(), IntegerAttr(),
                             FloatAttr(), TypeAttr(), DenseI32ArrayAttr());
  value.replaceAllUsesExcept(site.getResult(), site);
  return site;
}

/// Functions that have no place between spikes, with their names in warnings.
StringRef getDigitalName(Operation *op) {
  return llvm::TypeSwitch<Operation *, StringRef>(op)
      .Case([](onnx::LayerNormalizationOp) { return "LayerNormalization"; })
      .Case([](onnx::GeluOp) { return "GELU"; })
      .Case([](onnx::SiluOp) { return "SiLU"; })
      .Case([](onnx::TanhOp) { return "Tanh"; })
      .Case([](onnx::SigmoidOp) { return "Sigmoid"; })
      .Case([](onnx::ErfOp) { return "Erf"; })
      .Case([](onnx::ExpOp) { return "Exp"; })
      .Default([](Operation *) { return ""; });
}

struct PhaseSites : calibration::impl::SpikePhaseSitesBase<PhaseSites> {
  using SpikePhaseSitesBase::SpikePhaseSitesBase;

  LogicalResult markScores() {
    SmallVector<onnx::SoftmaxOp> softmaxes;
    getOperation().walk([&](SiteOp site) {
      auto softmax =
          onnx::skipNanGuard(site.getX()).getDefiningOp<onnx::SoftmaxOp>();
      if (site.getKind() == SiteKind::Probability && softmax)
        softmaxes.push_back(softmax);
    });
    for (onnx::SoftmaxOp softmax : softmaxes) {
      if (!holdsScores(softmax.getX()))
        continue;
      FailureOr<Value> scores = skipMasks(softmax.getX());
      if (failed(scores))
        return failure();
      makeSite(*scores, onnx::getNodeName(softmax.getLoc()) + "/score",
               SiteKind::Score);
    }
    return success();
  }

  /// The value with other readers that `skip` holds the elements of.
  static Value skipMovement(Value skip) {
    Operation *op = skip.getDefiningOp();
    while (op && skip.hasOneUse() &&
           isa<onnx::ReshapeOp, onnx::TransposeOp>(op)) {
      skip = op->getOperand(0);
      op = skip.getDefiningOp();
    }
    return skip;
  }

  /// What `add` carries past a branch; null if neither operand is that.
  static Value findSkip(onnx::AddOp add) {
    auto type = cast<RankedTensorType>(add.getType());
    if (!type.getElementType().isF32() || add.getA() == add.getB() ||
        add.getA().getType() != type || add.getB().getType() != type)
      return nullptr;
    for (auto [skip, branch] : {std::pair(add.getA(), add.getB()),
                                std::pair(add.getB(), add.getA())}) {
      DenseSet<Value> seen;
      Value source = skipMovement(skip);
      if (!source.hasOneUse() && dependsOnInput(source) &&
          dependsOn(branch, source, seen))
        return source;
    }
    return nullptr;
  }

  void markResiduals() {
    SmallVector<onnx::AddOp> adds;
    getOperation().walk([&](onnx::AddOp add) { adds.push_back(add); });
    for (onnx::AddOp add : adds) {
      Value skip = findSkip(add);
      if (!skip || skip.getDefiningOp<SiteOp>())
        continue;
      // A site that the branch has already serves the skip too.
      SiteOp shared;
      for (Operation *user : skip.getUsers())
        if (auto site = dyn_cast<SiteOp>(user))
          shared = site;
      if (shared)
        skip.replaceAllUsesExcept(shared.getResult(), shared);
      else
        makeSite(skip, onnx::getNodeName(add.getLoc()) + "/skip",
                 SiteKind::Residual);
    }
  }

  /// The spec's warning: LayerNorm and GELU are no part of the method.
  void reportDigital() {
    llvm::MapVector<StringRef, SmallVector<Operation *>> found;
    getOperation().walk([&](Operation *op) {
      StringRef name = getDigitalName(op);
      if (!name.empty() && dependsOnInput(op->getResult(0)))
        found[name].push_back(op);
    });
    Builder b(&getContext());
    SmallVector<NamedAttribute> counts;
    for (auto &[name, ops] : found) {
      int64_t elements = 0;
      for (Operation *op : ops) {
        int64_t size = 1;
        for (int64_t dim :
             cast<RankedTensorType>(op->getResult(0).getType()).getShape())
          size *= ShapedType::isDynamic(dim) ? 1 : dim;
        elements += size;
      }
      auto warning = ops[0]->emitWarning()
                     << name << " is computed in float by the digital unit, "
                     << "between decoding and encoding: SpikedAttention does "
                     << "not cover it (" << ops.size() << " in this network, "
                     << elements << " values per sample)";
      counts.push_back(b.getNamedAttr(name, b.getI64IntegerAttr(elements)));
    }
    facts(getOperation())
        .getDigitalOpsAttrHelper()
        .setAttr(getOperation(), b.getDictionaryAttr(counts));
  }

  void runOnOperation() override {
    if (failed(markScores()))
      return signalPassFailure();
    if (residual)
      markResiduals();
    reportDigital();
  }
};

} // namespace
