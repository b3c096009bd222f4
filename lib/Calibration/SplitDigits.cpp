//===- SplitDigits.cpp - Two short windows instead of a long one ----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "snn/Calibration/Passes.h"
#include "snn/Dialect/Spike/Facts.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "llvm/ADT/StringMap.h"

namespace snn::calibration {
#define GEN_PASS_DEF_SPIKESPLITDIGITS
#include "snn/Calibration/Passes.h.inc"
} // namespace snn::calibration

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

LevelType levelType(Value value) {
  return dyn_cast<LevelType>(tensorType(value).getElementType());
}

/// What stands for the levels of a site, at one place of the network.
struct Parts {
  Value high, low;
  Value real; ///< the values themselves; null where nothing reads them
};

/// Builds ops of the digital unit, named after a site or a product.
class Builder {
public:
  Builder(OpBuilder &b, StringRef name) : b(b), name(name) {}

  Location loc(StringRef suffix) {
    return NameLoc::get(b.getStringAttr(name + suffix));
  }
  Value number(float value) {
    auto type = RankedTensorType::get({}, b.getF32Type());
    return onnx::ConstantOp::create(b, loc("/number"), type,
                                    DenseElementsAttr::get(type, value));
  }
  template <typename Op> Value binary(StringRef suffix, Value a, Value c) {
    return Op::create(b, loc(suffix), a.getType(), a, c);
  }
  template <typename Op> Value unary(StringRef suffix, Value a) {
    return Op::create(b, loc(suffix), a.getType(), a);
  }

  OpBuilder &b;

private:
  std::string name;
};

struct SplitDigits : calibration::impl::SpikeSplitDigitsBase<SplitDigits> {
  using SpikeSplitDigitsBase::SpikeSplitDigitsBase;

  llvm::StringMap<unsigned> single; ///< digits of single sites

  /// Fewer bits are one digit as it is; a digit has at least two.
  static constexpr unsigned fewestBits = 5;

  bool isSplit(const Site &site) {
    LevelType type = levelType(site.result);
    if (!type || !isSpiking(site.kind))
      return false;
    auto it = single.find(site.name);
    if (it != single.end())
      return it->second == 2;
    return digits == 2 && type.getBits() >= fewestBits && !type.getTable();
  }

  LogicalResult readSites() {
    single.clear();
    for (const std::string &entry : sites) {
      auto [name, text] = StringRef(entry).rsplit('=');
      unsigned count;
      if (text.empty() || text.getAsInteger(10, count) || count < 1 ||
          count > 2)
        return getOperation().emitError(
                   "needs SITE=1 or SITE=2 for a site's digits, has '")
               << entry << "'";
      single[name] = count;
    }
    for (const auto &entry : single) {
      std::optional<Site> found;
      for (const Site &site : getSites(getOperation()))
        if (site.name == entry.getKey())
          found = site;
      if (!found || !isSpiking(found->kind) || !levelType(found->result))
        return getOperation().emitError("has no site of levels that spike '")
               << entry.getKey() << "' to send in " << entry.getValue()
               << " digits";
      if (entry.getValue() == 2 &&
          levelType(found->result).getBits() < fewestBits)
        return found->op->emitOpError("needs at least ")
               << fewestBits << " bits for two digits, has "
               << levelType(found->result).getBits();
      if (entry.getValue() == 2 && levelType(found->result).getTable())
        return found->op->emitOpError(
            "needs levels without a table for two digits");
    }
    return success();
  }

  /// `spike.requantize` as what it stands for, so that its levels can be split
  /// or its accumulator be a sum.
  static Operation *openRequantise(RequantizeOp op) {
    OpBuilder b(op);
    auto realType = tensorType(op.getX()).clone(b.getF32Type());
    Value real = RescaleOp::create(b, op.getLoc(), realType, op.getX(),
                                   op.getScaleAttr(), op.getBiasAttr(),
                                   op.getAxisAttr());
    if (op.getRelu())
      real = onnx::ReluOp::create(b, op.getLoc(), realType, real);
    auto quantize = QuantizeOp::create(b, op.getLoc(), op.getResult().getType(),
                                       real, op.getValid(), op.getSiteAttr(),
                                       op.getKindAttr(), op.getTokenAxesAttr());
    copyFact(facts(op).getHistogramAttrHelper(), op, quantize);
    op.getResult().replaceAllUsesWith(quantize.getResult());
    op.erase();
    return quantize;
  }

  /// The product that an accumulator is of, seen through data movement.
  static Operation *findProduct(Value acc) {
    while (Operation *op = acc.getDefiningOp()) {
      if (isa<LinearOp, ConvOp, spike::MatMulOp>(op))
        return op;
      if (!isDataMovement(op))
        return nullptr;
      acc = op->getOperand(0);
    }
    return nullptr;
  }

  /// Whether a dequantiser reads the levels, behind data movement.
  static bool isDecoded(Value levels) {
    for (Operation *user : levels.getUsers()) {
      if (isa<DequantizeOp>(user))
        return true;
      if (isDataMovement(user) && user->getOperand(0) == levels)
        for (Value result : user->getResults())
          if (isDecoded(result))
            return true;
    }
    return false;
  }

  /// The most frequent level of a histogram; `level` without one.
  static unsigned chooseMask(ArrayRef<int64_t> histogram, unsigned level) {
    unsigned best = level;
    for (unsigned l = 0; l < histogram.size(); ++l)
      if (histogram[l] > histogram[best])
        best = l;
    return best;
  }

  /// One digit: `spike.quantize` of `value`, a whole number from -zero on.
  static Value makeDigit(Builder &make, QuantizeOp site, StringRef suffix,
                         Value value, unsigned bits, unsigned zero,
                         unsigned mask, ArrayRef<int64_t> histogram) {
    if (zero)
      value = make.binary<onnx::SubOp>((suffix + "/less").str(), value,
                                       make.number(float(zero)));
    OpBuilder &b = make.b;
    auto level =
        LevelType::get(b.getContext(), bits, zero, chooseMask(histogram, mask),
                       0, F64(1.0), DenseI32ArrayAttr());
    auto digit = QuantizeOp::create(
        b, make.loc(suffix), tensorType(value).clone(level), value,
        site.getValid(), b.getStringAttr(site.getSite() + suffix),
        site.getKindAttr(), site.getTokenAxesAttr());
    if (!histogram.empty())
      facts(site).getHistogramAttrHelper().setAttr(
          digit, DenseI64ArrayAttr::get(b.getContext(), histogram));
    return digit;
  }

  /// The digits of a site.
  static Parts makeParts(QuantizeOp site, bool isRead) {
    OpBuilder b(site);
    Builder make(b, site.getSite());
    LevelType type = levelType(site.getResult());
    unsigned bits = type.getBits(), shift = bits / 2;
    int zero = int(type.getZero()), top = int(type.getMaxLevel());
    float step = float(double(type.getScale()));
    // As rt::quantizeLevel, in whole numbers from -zero to top - zero; what is
    // no number stays that, and gives the zero point's digits.
    Value digit =
        make.binary<onnx::DivOp>("/steps", site.getX(), make.number(step));
    digit = make.unary<onnx::RoundOp>("/rounded", digit);
    digit = onnx::ClipOp::create(b, make.loc("/level"), digit.getType(), digit,
                                 double(-zero), double(top - zero));
    if (unsigned radius = type.getRadius()) {
      float mask = float(int(type.getMask()) - zero);
      auto flagType = tensorType(digit).clone(b.getI1Type());
      Value distance = make.unary<onnx::AbsOp>(
          "/distance",
          make.binary<onnx::SubOp>("/off-mask", digit, make.number(mask)));
      Value isDead = onnx::LessOrEqualOp::create(
          b, make.loc("/dead"), flagType, distance, make.number(float(radius)));
      digit = onnx::WhereOp::create(b, make.loc("/alive"), digit.getType(),
                                    isDead, make.number(mask), digit);
    }
    Parts parts;
    if (isRead)
      parts.real = make.binary<onnx::MulOp>("/real", digit, make.number(step));
    Value level = digit;
    if (zero)
      level =
          make.binary<onnx::AddOp>("/level", digit, make.number(float(zero)));
    float radix = float(1u << shift);
    Value high = make.unary<onnx::FloorOp>(
        "/high",
        make.binary<onnx::MulOp>("/share", level, make.number(1 / radix)));
    Value low = make.binary<onnx::SubOp>(
        "/low", level,
        make.binary<onnx::MulOp>("/whole", high, make.number(radix)));
    std::vector<int64_t> highs, lows;
    if (auto counts = facts(site).getHistogramAttrHelper().getAttr(site)) {
      highs.resize(size_t(1) << (bits - shift));
      lows.resize(size_t(1) << shift);
      for (auto [q, count] : llvm::enumerate(counts.asArrayRef())) {
        highs[q >> shift] += count;
        lows[q & ((1u << shift) - 1)] += count;
      }
    }
    unsigned lowPart = (1u << shift) - 1;
    parts.high =
        makeDigit(make, site, "/high", high, bits - shift,
                  unsigned(zero) >> shift, type.getMask() >> shift, highs);
    parts.low =
        makeDigit(make, site, "/low", low, shift, unsigned(zero) & lowPart,
                  type.getMask() & lowPart, lows);
    return parts;
  }

  /// acc(high) * 2^shift + acc(low): the accumulator itself.
  static Value makeProduct(Operation *op, const Parts &parts, unsigned shift) {
    OpBuilder b(op);
    StringRef node = onnx::getNodeName(op->getLoc());
    Builder make(b, node);
    auto build = [&](Value levels, StringRef suffix) {
      Operation *part = b.clone(*op);
      part->setOperand(0, levels);
      part->setLoc(make.loc(suffix));
      return part->getResult(0);
    };
    Value high = build(parts.high, "/high"), low = build(parts.low, "/low");
    auto type = RankedTensorType::get({}, b.getI32Type());
    Value factor = onnx::ConstantOp::create(
        b, make.loc("/radix"), type,
        DenseElementsAttr::get(type, int32_t(1) << shift));
    Value shifted = make.binary<onnx::MulOp>("/shift", high, factor);
    return onnx::AddOp::create(b, op->getLoc(), op->getResult(0).getType(),
                               shifted, low);
  }

  /// Replaces what reads `levels` by what reads their parts.
  static LogicalResult replaceReaders(Value levels, const Parts &parts,
                                      unsigned shift) {
    for (Operation *user : llvm::make_early_inc_range(levels.getUsers())) {
      if (isa<LinearOp, ConvOp, spike::MatMulOp>(user) &&
          user->getOperand(0) == levels) {
        user->getResult(0).replaceAllUsesWith(makeProduct(user, parts, shift));
      } else if (isa<DequantizeOp>(user)) {
        user->getResult(0).replaceAllUsesWith(parts.real);
      } else if (isDataMovement(user) && user->getOperand(0) == levels) {
        OpBuilder b(user);
        auto move = [&](Value part) -> Operation * {
          if (!part)
            return nullptr;
          Operation *moved = b.clone(*user);
          moved->setOperand(0, part);
          for (Value result : moved->getResults())
            result.setType(
                tensorType(result).clone(tensorType(part).getElementType()));
          return moved;
        };
        Operation *high = move(parts.high), *low = move(parts.low),
                  *real = move(parts.real);
        for (unsigned n = 0; n < user->getNumResults(); ++n)
          if (failed(replaceReaders(user->getResult(n),
                                    {high->getResult(n), low->getResult(n),
                                     real ? real->getResult(n) : Value()},
                                    shift)))
            return failure();
      } else {
        return user->emitOpError("reads levels of '")
               << getSite(getProducingSite(levels))->name
               << "' that cannot be sent in two digits";
      }
      user->erase();
    }
    return success();
  }

  void runOnOperation() override {
    if (digits != 1 && digits != 2) {
      getOperation().emitError("needs 1 or 2 digits, has ") << int64_t(digits);
      return signalPassFailure();
    }
    if (failed(readSites()))
      return signalPassFailure();
    llvm::DenseSet<Operation *> split;
    SmallVector<RequantizeOp> opened;
    for (const Site &site : getSites(getOperation()))
      if (isSplit(site))
        split.insert(site.op);
    if (split.empty())
      return;
    getOperation().walk([&](RequantizeOp op) {
      Operation *product = findProduct(op.getX());
      Operation *source =
          product ? getProducingSite(product->getOperand(0)) : nullptr;
      if (split.contains(op) || (source && split.contains(source)))
        opened.push_back(op);
    });
    for (RequantizeOp op : opened) {
      bool isOwn = split.erase(op);
      Operation *quantize = openRequantise(op);
      if (isOwn)
        split.insert(quantize);
    }
    SmallVector<QuantizeOp> order;
    getOperation().walk([&](QuantizeOp op) {
      if (split.contains(op))
        order.push_back(op);
    });
    for (QuantizeOp site : order) {
      Parts parts = makeParts(site, isDecoded(site.getResult()));
      if (failed(replaceReaders(site.getResult(), parts,
                                levelType(site.getResult()).getBits() / 2)))
        return signalPassFailure();
      std::string name = site.getSite().str();
      remark::passed(site.getLoc(), remark::RemarkOpts::name("Digits")
                                        .category("spike-split-digits")
                                        .function(name))
          << remark::metric("high", levelType(parts.high).getBits())
          << remark::metric("low", levelType(parts.low).getBits());
      site.erase();
    }
  }
};

} // namespace
