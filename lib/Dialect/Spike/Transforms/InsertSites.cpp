//===- InsertSites.cpp - Mark the tensors to quantise ---------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TrainPatterns.h"
#include "snn/Dialect/Spike/Facts.h"
#include "snn/Dialect/Spike/Passes.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Dialect/Spike/StaticWeight.h"

namespace snn::spike {
#define GEN_PASS_DEF_SPIKEINSERTSITES
#include "snn/Dialect/Spike/Passes.h.inc"
} // namespace snn::spike

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

bool isQuantised(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (isa<DequantizeOp, SiteOp>(op))
      return true;
    if (!isa<onnx::ReshapeOp, onnx::TransposeOp>(op))
      return false;
    value = op->getOperand(0);
  }
  return false;
}

struct InsertSites : spike::impl::SpikeInsertSitesBase<InsertSites> {
  using SpikeInsertSitesBase::SpikeInsertSitesBase;

  DenseMap<Value, Value> shared; // activation -> its site
  std::set<std::string> matched; // names of floatOps that were found

  bool staysFloat(Operation *op) {
    StringRef name = onnx::getNodeName(op->getLoc());
    for (const std::string &floatOp : floatOps)
      if (name == floatOp) {
        matched.insert(floatOp);
        return true;
      }
    return false;
  }

  Value makeSite(OpBuilder &b, Location loc, Value x, const Twine &name,
                 SiteKind kind) {
    return SiteOp::create(b, loc, x.getType(), x, Value(),
                          b.getStringAttr(name),
                          SiteKindAttr::get(b.getContext(), kind),
                          DenseI64ArrayAttr(), IntegerAttr(), IntegerAttr(),
                          FloatAttr(), TypeAttr(), DenseI32ArrayAttr());
  }

  void markActivation(Operation *op, OpOperand &operand) {
    Value x = operand.get();
    Value &site = shared[x];
    if (!site) {
      OpBuilder b(op);
      if (Operation *def = x.getDefiningOp())
        b.setInsertionPointAfter(def);
      else
        b.setInsertionPointToStart(op->getBlock());
      site =
          makeSite(b, op->getLoc(), x, onnx::getNodeName(op->getLoc()) + "/x",
                   SiteKind::Activation);
    }
    operand.set(site);
  }

  /// softmax(scale * q k^T + mask) v as its two products.
  void openAttention(onnx::AttentionOp op) {
    OpBuilder b(op);
    Location loc = op.getLoc();
    Value keys = transposeLast(b, loc, op.getK());
    auto qType = cast<RankedTensorType>(op.getQ().getType());
    SmallVector<int64_t> shape(qType.getShape());
    shape.back() = cast<RankedTensorType>(keys.getType()).getShape().back();
    Type scoreType = qType.clone(shape);
    Value scores = onnx::MatMulOp::create(b, loc, scoreType, op.getQ(), keys);
    auto factor = DenseElementsAttr::get(
        RankedTensorType::get({}, b.getF32Type()), float(op.getScale()));
    Value scale = onnx::ConstantOp::create(b, loc, factor.getType(), factor);
    scores = onnx::MulOp::create(b, loc, scoreType, scores, scale);
    if (op.getMask())
      scores = onnx::AddOp::create(b, loc, scoreType, scores, op.getMask());
    Value probabilities =
        onnx::SoftmaxOp::create(b, loc, scoreType, scores, -1);
    Value result = onnx::MatMulOp::create(b, loc, op.getResult().getType(),
                                          probabilities, op.getV());
    op.getResult().replaceAllUsesWith(result);
    op.erase();
  }

  /// The node whose name stands for a dynamic product's sites.
  void markDynamic(onnx::MatMulOp op) {
    bool context = false;
    Value lhs = op.getA();
    while (Operation *def = onnx::skipNanGuard(lhs).getDefiningOp()) {
      context = isa<onnx::SoftmaxOp>(def);
      if (!isa<onnx::ReshapeOp, onnx::TransposeOp>(def))
        break;
      lhs = def->getOperand(0);
    }
    OpBuilder b(op);
    StringRef name = onnx::getNodeName(op.getLoc());
    if (!isQuantised(op.getA()))
      op.getAMutable().assign(
          makeSite(b, op.getLoc(), op.getA(),
                   name + (context ? "/probability" : "/query"),
                   context ? SiteKind::Probability : SiteKind::Query));
    if (!isQuantised(op.getB()))
      op.getBMutable().assign(makeSite(
          b, op.getLoc(), op.getB(), name + (context ? "/value" : "/key"),
          context ? SiteKind::Value : SiteKind::Key));
  }

  void runOnOperation() override {
    // A network that came with quantisers keeps to them: what they leave out is
    // meant to stay in float.
    // Neurons of a network that was trained to spike are no quantisers.
    if (facts(getOperation())
            .getDynamicSitesAttrHelper()
            .isAttrPresent(getOperation()) ||
        llvm::any_of(getSites(getOperation()), [](const Site &site) {
          return !isa<SiteOp>(site.op) && !isTrain(site.result.getType());
        }))
      return;
    onnx::nameNodes(getOperation());
    SmallVector<onnx::AttentionOp> attentions;
    getOperation().walk([&](onnx::AttentionOp op) {
      if (!staysFloat(op))
        attentions.push_back(op);
    });
    for (onnx::AttentionOp op : attentions)
      openAttention(op);
    SmallVector<Operation *> products;
    getOperation().walk([&](Operation *op) {
      if (isa<onnx::MatMulOp, onnx::GemmOp, onnx::ConvOp>(op) &&
          !staysFloat(op))
        products.push_back(op);
    });
    for (Operation *op : products) {
      bool leftStatic = isStaticWeight(op->getOperand(0));
      bool rightStatic = isStaticWeight(op->getOperand(1));
      if (leftStatic)
        continue; // constant activations: left to the digital unit
      if (rightStatic) {
        if (!isQuantised(op->getOperand(0)))
          markActivation(op, op->getOpOperand(0));
        continue;
      }
      auto product = dyn_cast<onnx::MatMulOp>(op);
      if (!product)
        continue;
      auto a = cast<RankedTensorType>(product.getA().getType());
      auto c = cast<RankedTensorType>(product.getB().getType());
      if (a.getRank() < 2 || a.getRank() != c.getRank() ||
          a.getShape().drop_back(2) != c.getShape().drop_back(2))
        continue; // a broadcast product is none of attention's
      markDynamic(product);
    }
    for (const std::string &name : floatOps)
      if (!matched.count(name)) {
        getOperation().emitError("has no product named '")
            << name << "' to keep in float (--float-op)";
        signalPassFailure();
      }
  }
};

} // namespace
