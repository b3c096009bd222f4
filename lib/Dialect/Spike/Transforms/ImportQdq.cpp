//===- ImportQdq.cpp - Take quantisers as given from QDQ models -----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Spike/Facts.h"
#include "snn/Dialect/Spike/Passes.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Dialect/Spike/Spike.h"

#include <cmath>
#include <limits>
#include <tuple>

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
  // The values of the lowest and the highest level, where the levels are fewer
  // than the width has.
  double lowest = -std::numeric_limits<double>::infinity();
  double highest = std::numeric_limits<double>::infinity();

  bool operator==(const Quantiser &other) const {
    return std::tie(bits, zero, shift, scale, lowest, highest) ==
           std::tie(other.bits, other.zero, other.shift, other.scale,
                    other.lowest, other.highest);
  }
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
    if (zero < lo || zero > hi)
      return quantize.emitOpError("needs its zero point inside its range ")
             << lo << ".." << hi << ", has " << zero;
    // One bit would stand for the sign.
    q.bits = std::max(2u, llvm::Log2_64_Ceil(hi - lo + 1));
    // Levels that the width has and the quantiser has not: below signed ones,
    // as narrow ranges leave them out, else above. The values are clipped so
    // that these are never taken.
    int64_t spare = (int64_t(1) << q.bits) - (hi - lo + 1);
    int64_t first = lo < 0 ? lo - spare : lo;
    if (first < lo)
      q.lowest = double(float(lo - zero) * q.scale);
    else if (spare > 0)
      q.highest = double(float(hi - zero) * q.scale);
    q.shift = -first;
    q.zero = zero - first;
    return success();
  }

  /// Whether the model computes the scale of `op` from the values that it
  /// quantises.
  static bool isDynamic(onnx::QuantizeLinearOp op) {
    if (onnx::getConstantAttr(op.getScale()))
      return false;
    SmallVector<Value> worklist = {op.getScale()};
    llvm::DenseSet<Value> seen;
    while (!worklist.empty()) {
      Value value = worklist.pop_back_val();
      if (value == op.getX())
        return true;
      if (Operation *def = value.getDefiningOp())
        for (Value operand : def->getOperands())
          if (seen.insert(operand).second)
            worklist.push_back(operand);
    }
    return false;
  }

  static std::string nameOf(onnx::QuantizeLinearOp op) {
    if (auto output = op->getAttrOfType<StringAttr>("onnx.output"))
      return output.str();
    return onnx::getNodeName(op.getLoc()).str();
  }

  using Chain = std::pair<onnx::ClipOp, onnx::DequantizeLinearOp>;

  /// What reads a quantiser through an optional clip and a dequantiser.
  static SmallVector<Chain> chainsOf(onnx::QuantizeLinearOp quantize) {
    SmallVector<Chain> chains;
    for (Operation *user : quantize.getResult().getUsers()) {
      if (auto dequantize = dyn_cast<onnx::DequantizeLinearOp>(user))
        chains.emplace_back(onnx::ClipOp(), dequantize);
      else if (auto clip = dyn_cast<onnx::ClipOp>(user))
        for (Operation *next : clip.getResult().getUsers())
          if (auto dequantize = dyn_cast<onnx::DequantizeLinearOp>(next))
            chains.emplace_back(clip, dequantize);
    }
    return chains;
  }

  /// What all that reads a quantiser makes of it: the role, and the clip's
  /// range. Nothing where readers differ.
  using Reading = std::tuple<SiteKind, double, double>;
  static std::optional<Reading> readingOf(onnx::QuantizeLinearOp quantize) {
    std::optional<Reading> common;
    for (auto [clip, dequantize] : chainsOf(quantize)) {
      double infinity = std::numeric_limits<double>::infinity();
      Reading reading(kindOf(dequantize.getResult()),
                      clip ? clip.getLo() : -infinity,
                      clip ? clip.getHi() : infinity);
      if (common && *common != reading)
        return std::nullopt;
      common = reading;
    }
    return common;
  }

  /// Whether two operands are one value, or constants of one value.
  static bool isSame(Value a, Value b) {
    if (a == b || !a || !b)
      return a == b;
    TypedAttr constant = onnx::getConstantAttr(a);
    return constant && constant == onnx::getConstantAttr(b);
  }

  static bool isSame(onnx::QuantizeLinearOp a, onnx::QuantizeLinearOp b) {
    auto attributes = [](onnx::QuantizeLinearOp op) {
      NamedAttrList list(op->getAttrs());
      list.erase("onnx.output"); // the name of the result
      return list.getDictionary(op.getContext());
    };
    return a->getBlock() == b->getBlock() &&
           isSame(a.getScale(), b.getScale()) &&
           isSame(a.getZeroPoint(), b.getZeroPoint()) && readingOf(a) &&
           readingOf(a) == readingOf(b) && a.getType() == b.getType() &&
           attributes(a) == attributes(b);
  }

  /// Equal quantisers of one tensor are one, the first: exporters write one for
  /// every reader, but what they send is one train.
  static void mergeEqual(SmallVectorImpl<onnx::QuantizeLinearOp> &quantizers) {
    llvm::DenseMap<Value, SmallVector<onnx::QuantizeLinearOp, 1>> kept;
    llvm::erase_if(quantizers, [&](onnx::QuantizeLinearOp op) {
      auto &readers = kept[op.getX()];
      auto first = llvm::find_if(readers, [&](onnx::QuantizeLinearOp other) {
        return isSame(other, op);
      });
      if (first == readers.end()) {
        readers.push_back(op);
        return false;
      }
      op.getResult().replaceAllUsesWith(first->getResult());
      op.erase();
      return true;
    });
  }

  /// A dynamic quantiser becomes a site whose range calibration chooses.
  void importDynamic(onnx::QuantizeLinearOp op) {
    Value site;
    for (Operation *user : llvm::make_early_inc_range(op->getUsers())) {
      auto dequantize = dyn_cast<onnx::DequantizeLinearOp>(user);
      if (!dequantize || dequantize.getScale() != op.getScale() ||
          dequantize.getZeroPoint() != op.getZeroPoint())
        continue;
      if (!site) {
        OpBuilder b(op);
        std::string name = nameOf(op);
        site = SiteOp::create(
            b, op.getLoc(), op.getX().getType(), op.getX(), Value(),
            b.getStringAttr(name),
            SiteKindAttr::get(b.getContext(), kindOf(dequantize.getResult())),
            DenseI64ArrayAttr(), IntegerAttr(), IntegerAttr(), FloatAttr(),
            TypeAttr(), DenseI32ArrayAttr());
        dynamicSites.push_back(b.getStringAttr(name));
      }
      dequantize.getResult().replaceAllUsesWith(site);
      dequantize.erase();
    }
  }

  /// Every chain Quantize -> [Clip] -> Dequantize becomes a site; the clips and
  /// the dequantisers of one quantiser may be several, and those that keep
  /// equal levels are one site. Other users keep the quantiser, as an op of the
  /// digital unit.
  LogicalResult importStatic(onnx::QuantizeLinearOp quantize) {
    SmallVector<Chain> chains = chainsOf(quantize);
    std::string name = nameOf(quantize);
    SmallVector<std::tuple<Quantiser, SiteKind, Value>> made;
    for (auto [clip, dequantize] : chains) {
      Quantiser q;
      if (failed(readRange(quantize, clip, q)))
        return failure();
      SiteKind kind = kindOf(dequantize.getResult());
      float scale;
      int64_t zero;
      if (failed(readParameters(dequantize, dequantize.getScale(),
                                dequantize.getZeroPoint(), scale, zero)))
        return failure();
      if (scale != q.scale || zero + q.shift != q.zero)
        return dequantize.emitOpError("needs the scale and zero point of its "
                                      "quantiser (")
               << q.scale << ", " << q.zero - q.shift << "), has " << scale
               << ", " << zero;
      Value replacement;
      for (auto [other, otherKind, value] : made)
        if (other == q && otherKind == kind)
          replacement = value;
      if (!replacement) {
        OpBuilder b(quantize);
        auto xType = cast<RankedTensorType>(quantize.getX().getType());
        auto level = LevelType::get(b.getContext(), q.bits, q.zero, q.zero, 0,
                                    F64(double(q.scale)), DenseI32ArrayAttr());
        std::string siteName = name;
        if (!made.empty())
          siteName += "." + std::to_string(made.size());
        Value x = quantize.getX();
        if (!std::isinf(q.lowest) || !std::isinf(q.highest))
          x = onnx::ClipOp::create(b, quantize.getLoc(), xType, x,
                                   b.getF64FloatAttr(q.lowest),
                                   b.getF64FloatAttr(q.highest));
        auto site = QuantizeOp::create(b, quantize.getLoc(), xType.clone(level),
                                       x, Value(), b.getStringAttr(siteName),
                                       SiteKindAttr::get(b.getContext(), kind),
                                       DenseI64ArrayAttr());
        replacement = DequantizeOp::create(b, dequantize.getLoc(), xType,
                                           site.getResult());
        made.emplace_back(q, kind, replacement);
      }
      dequantize.getResult().replaceAllUsesWith(replacement);
      dequantize.erase();
      if (clip && clip.getResult().use_empty())
        clip.erase();
    }
    if (quantize.getResult().use_empty())
      quantize.erase();
    return success();
  }

  void runOnOperation() override {
    SmallVector<onnx::QuantizeLinearOp> quantizers;
    getOperation().walk(
        [&](onnx::QuantizeLinearOp op) { quantizers.push_back(op); });
    mergeEqual(quantizers);
    dynamicSites.clear();
    bool failedAny = false;
    for (onnx::QuantizeLinearOp quantize : quantizers) {
      if (onnx::getConstantAttr(quantize.getX()))
        continue; // a weight
      if (isDynamic(quantize))
        importDynamic(quantize);
      else
        failedAny |= failed(importStatic(quantize));
    }
    if (!dynamicSites.empty())
      facts(getOperation())
          .getDynamicSitesAttrHelper()
          .setAttr(getOperation(), ArrayAttr::get(&getContext(), dynamicSites));
    if (failedAny)
      signalPassFailure();
  }

  SmallVector<Attribute> dynamicSites;
};

} // namespace
