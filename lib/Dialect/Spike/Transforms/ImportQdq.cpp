//===- ImportQdq.cpp - Take quantisers as given from QDQ models -----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Spike/Passes.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Dialect/Spike/Spike.h"

namespace snn::spike {
#define GEN_PASS_DEF_SPIKEIMPORTQDQ
#include "snn/Dialect/Spike/Passes.h.inc"
} // namespace snn::spike

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

/// The parameters of one quantiser on an activation.
struct Quantiser {
  unsigned bits;
  int64_t zero;  // of the level 0..2^bits - 1
  int64_t shift; // level = ONNX integer + shift
  float scale;
};

/// A per-tensor scale and zero point, from constants.
static LogicalResult readParameters(Operation *op, Value scale, Value zeroPoint,
                                    float &scaleValue, int64_t &zero) {
  TypedAttr scaleAttr = onnx::getConstantAttr(scale);
  if (!scaleAttr)
    return op->emitOpError("needs a constant scale");
  FailureOr<rt::Tensor> tensor = onnx::resolveConstant(scaleAttr, op->getLoc());
  if (failed(tensor))
    return failure();
  if (tensor->size() != 1)
    return op->emitOpError("quantises an activation per axis (")
           << tensor->size()
           << " scales); only weights may be quantised per axis";
  scaleValue = tensor->data<float>()[0];
  zero = 0;
  if (!zeroPoint)
    return success();
  TypedAttr zeroAttr = onnx::getConstantAttr(zeroPoint);
  if (!zeroAttr)
    return op->emitOpError("needs a constant zero point");
  tensor = onnx::resolveConstant(zeroAttr, op->getLoc());
  if (failed(tensor))
    return failure();
  if (tensor->size() != 1)
    return op->emitOpError("needs one zero point, has ") << tensor->size();
  zero = tensor->dtype() == rt::DType::U8 ? tensor->data<uint8_t>()[0]
                                          : tensor->data<int8_t>()[0];
  return success();
}

/// What role the dequantised value plays in its consumers.
static SiteKind kindOf(Value value, unsigned depth = 0) {
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    if (isa<onnx::MatMulOp>(user)) {
      auto product = cast<onnx::MatMulOp>(user);
      Value other =
          use.getOperandNumber() == 0 ? product.getB() : product.getA();
      // Static weights: an ordinary activation.
      Value source = other;
      while (Operation *def = source.getDefiningOp()) {
        if (isa<onnx::ConstantOp>(def) ||
            !isa<onnx::DequantizeLinearOp, onnx::TransposeOp, onnx::ReshapeOp>(
                def))
          break;
        source = def->getOperand(0);
      }
      if (onnx::getConstantAttr(source))
        return SiteKind::Activation;
      // A product of two activations: probabilities come from a softmax.
      bool left = use.getOperandNumber() == 0;
      Value a = product.getA();
      Operation *def = a.getDefiningOp();
      while (def && isa<DequantizeOp, QuantizeOp, onnx::DequantizeLinearOp,
                        onnx::QuantizeLinearOp, onnx::ClipOp, onnx::ReshapeOp,
                        onnx::TransposeOp>(def))
        def = def->getOperand(0).getDefiningOp();
      if (def)
        def = onnx::skipNanGuard(def->getResult(0)).getDefiningOp();
      bool context = isa_and_nonnull<onnx::SoftmaxOp>(def);
      if (left)
        return context ? SiteKind::Probability : SiteKind::Query;
      return context ? SiteKind::Value : SiteKind::Key;
    }
    if (isa<onnx::ReshapeOp, onnx::TransposeOp, onnx::SplitOp, onnx::SliceOp,
            onnx::MulOp, onnx::DivOp>(user) &&
        depth < 8) {
      for (Value result : user->getResults())
        if (SiteKind kind = kindOf(result, depth + 1);
            kind != SiteKind::Activation)
          return kind;
    }
  }
  return SiteKind::Activation;
}

struct ImportQdq : spike::impl::SpikeImportQdqBase<ImportQdq> {
  using SpikeImportQdqBase::SpikeImportQdqBase;

  /// Levels of `quantize` after its optional clip.
  LogicalResult readRange(onnx::QuantizeLinearOp quantize, onnx::ClipOp clip,
                          Quantiser &q) {
    bool isUnsigned = quantize.getTo().isUnsignedInteger();
    int64_t lo = isUnsigned ? 0 : -128, hi = isUnsigned ? 255 : 127;
    if (clip) {
      lo = std::max<int64_t>(lo,
                             int64_t(std::ceil(std::max(clip.getLo(), -1e9))));
      hi = std::min<int64_t>(hi,
                             int64_t(std::floor(std::min(clip.getHi(), 1e9))));
    }
    int64_t zero;
    if (failed(readParameters(quantize, quantize.getScale(),
                              quantize.getZeroPoint(), q.scale, zero)))
      return failure();
    if (hi <= lo)
      return quantize.emitOpError("keeps no levels: its clip runs from ")
             << lo << " to " << hi;
    q.bits = llvm::Log2_64_Ceil(hi - lo + 1);
    if ((int64_t(1) << q.bits) != hi - lo + 1)
      return quantize.emitOpError("keeps ")
             << hi - lo + 1
             << " levels; a power of two is needed (its clip runs from " << lo
             << " to " << hi << ")";
    if (q.bits < 2)
      return quantize.emitOpError(
          "keeps two levels; at least 2 bits are needed");
    q.shift = -lo;
    q.zero = zero - lo;
    if (q.zero < 0 || q.zero > hi - lo)
      return quantize.emitOpError("needs its zero point inside its range ")
             << lo << ".." << hi << ", has " << zero;
    return success();
  }

  void runOnOperation() override {
    SmallVector<onnx::QuantizeLinearOp> quantizers;
    getOperation().walk(
        [&](onnx::QuantizeLinearOp op) { quantizers.push_back(op); });
    bool failedAny = false;
    for (onnx::QuantizeLinearOp quantize : quantizers) {
      if (onnx::getConstantAttr(quantize.getX()))
        continue; // a weight
      // Every chain Quantize -> [Clip] -> Dequantize becomes a site; the clips
      // and the dequantisers of one quantiser may be several.
      SmallVector<std::pair<onnx::ClipOp, onnx::DequantizeLinearOp>> chains;
      bool other = false;
      for (Operation *user : quantize.getResult().getUsers()) {
        if (auto dequantize = dyn_cast<onnx::DequantizeLinearOp>(user)) {
          chains.emplace_back(onnx::ClipOp(), dequantize);
        } else if (auto clip = dyn_cast<onnx::ClipOp>(user)) {
          for (Operation *next : clip.getResult().getUsers()) {
            if (auto dequantize = dyn_cast<onnx::DequantizeLinearOp>(next))
              chains.emplace_back(clip, dequantize);
            else
              other = true;
          }
        } else {
          other = true;
        }
      }
      if (other) {
        quantize.emitOpError("feeds an op other than Clip and "
                             "DequantizeLinear");
        failedAny = true;
        continue;
      }
      std::string name = onnx::getNodeName(quantize.getLoc()).str();
      if (auto output = quantize->getAttrOfType<StringAttr>("onnx.output"))
        name = output.str();
      llvm::DenseMap<Operation *, Value> made; // by clip (null: none)
      for (auto [clip, dequantize] : chains) {
        Value &replacement = made[clip];
        if (!replacement) {
          Quantiser q;
          if (failed(readRange(quantize, clip, q))) {
            failedAny = true;
            break;
          }
          float scale;
          int64_t zero;
          if (failed(readParameters(dequantize, dequantize.getScale(),
                                    dequantize.getZeroPoint(), scale, zero))) {
            failedAny = true;
            break;
          }
          if (scale != q.scale || zero + q.shift != q.zero) {
            dequantize.emitOpError("needs the scale and zero point of its "
                                   "quantiser (")
                << q.scale << ", " << q.zero - q.shift << "), has " << scale
                << ", " << zero;
            failedAny = true;
            break;
          }
          OpBuilder b(quantize);
          auto xType = cast<RankedTensorType>(quantize.getX().getType());
          auto level = LevelType::get(b.getContext(), q.bits, q.zero, q.zero, 0,
                                      F64(double(q.scale)));
          std::string siteName = name;
          if (made.size() > 1)
            siteName += "." + std::to_string(made.size() - 1);
          auto site = QuantizeOp::create(
              b, quantize.getLoc(), xType.clone(level), quantize.getX(),
              Value(), b.getStringAttr(siteName),
              SiteKindAttr::get(b.getContext(), kindOf(dequantize.getResult())),
              DenseI64ArrayAttr());
          replacement = DequantizeOp::create(b, dequantize.getLoc(), xType,
                                             site.getResult());
        }
        dequantize.getResult().replaceAllUsesWith(replacement);
        dequantize.erase();
        if (clip && clip.getResult().use_empty())
          clip.erase();
      }
      if (!failedAny && quantize.getResult().use_empty())
        quantize.erase();
    }
    if (failedAny)
      signalPassFailure();
  }
};

} // namespace
