//===- MatchSlots.cpp - The spike-match-slots pass ------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MembranePolynomial.h"
#include "TrainPatterns.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "snn/Dialect/Spike/Passes.h"

namespace snn::spike {
#define GEN_PASS_DEF_SPIKEMATCHSLOTS
#include "snn/Dialect/Spike/Passes.h.inc"
} // namespace snn::spike

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

/// `value >= bound`, or `value > bound` where it is strict.
struct Comparison {
  Value value, bound;
  bool isStrict = false;
};

std::optional<Comparison> matchComparison(Operation *op) {
  if (!isa_and_nonnull<onnx::GreaterOrEqualOp, onnx::GreaterOp,
                       onnx::LessOrEqualOp, onnx::LessOp>(op))
    return std::nullopt;
  bool isLess = isa<onnx::LessOrEqualOp, onnx::LessOp>(op);
  Comparison comparison{op->getOperand(isLess ? 1 : 0),
                        op->getOperand(isLess ? 0 : 1),
                        isa<onnx::GreaterOp, onnx::LessOp>(op)};
  // x - c >= 0, as surrogate functions have it: the same for numbers whose
  // difference is exact, which those of counts and bounds between them are.
  if (getUniformFloat(comparison.bound) == 0.0)
    if (auto difference = comparison.value.getDefiningOp<onnx::SubOp>()) {
      comparison.value = difference.getA();
      comparison.bound = difference.getB();
    }
  return comparison;
}

/// One number for each element of axis 0 of `type`, the same along all others.
std::optional<SmallVector<float>> matchBounds(Value value,
                                              RankedTensorType type) {
  TypedAttr attribute = onnx::getConstantAttr(value);
  RankedTensorType own = tensorType(value);
  if (!attribute || !own.getElementType().isF32() ||
      own.getRank() != type.getRank() || type.getRank() == 0 ||
      own.getDimSize(0) != type.getDimSize(0) ||
      llvm::any_of(own.getShape().drop_front(),
                   [](int64_t size) { return size != 1; }))
    return std::nullopt;
  FailureOr<rt::Tensor> bounds =
      onnx::resolveConstant(attribute, value.getLoc());
  if (failed(bounds))
    return std::nullopt;
  return SmallVector<float>(bounds->data<float>(),
                            bounds->data<float>() + bounds->size());
}

struct MatchSlots : spike::impl::SpikeMatchSlotsBase<MatchSlots> {
  using SpikeMatchSlotsBase::SpikeMatchSlotsBase;

  /// The slots that `cast` has the spikes of: the count without a time axis,
  /// and the level of each slot.
  struct Match {
    Spikes count;
    SmallVector<int64_t> levels;
  };

  std::optional<Match> match(onnx::CastOp cast) {
    if (!cast.getTo().isF32())
      return std::nullopt;
    std::optional<Comparison> comparison =
        matchComparison(cast.getX().getDefiningOp());
    RankedTensorType type = tensorType(cast.getY());
    if (!comparison)
      return std::nullopt;
    RankedTensorType counted = tensorType(comparison->value);
    if (counted.getRank() != type.getRank() || counted.getRank() < 2 ||
        counted.getDimSize(0) != 1 ||
        counted.getShape().drop_front() != type.getShape().drop_front())
      return std::nullopt;
    Match match;
    Factors factors;
    match.count = Spikes::match(comparison->value, 1, factors);
    if (!match.count)
      return std::nullopt;
    std::optional<SmallVector<float>> bounds =
        matchBounds(comparison->bound, type);
    if (!bounds)
      return std::nullopt;
    int64_t most = getMaxCount(match.count.train.getType());
    for (float bound : *bounds) {
      // The least count that reaches it; the factors are exact, or one rounding
      // of their product, as the network has it.
      int64_t level = 0;
      auto reaches = [&](int64_t count) {
        float number = float(double(count) * factors.product);
        return comparison->isStrict ? number > bound : number >= bound;
      };
      while (level <= most && !reaches(level))
        ++level;
      if (level < 1 || level > most || factors.inexact > 1) {
        std::string name = onnx::getNodeName(cast.getLoc()).str();
        remark::missed(cast.getLoc(), remark::RemarkOpts::name("NoSlots")
                                          .category("spike-match-slots")
                                          .function(name))
            << remark::reason(
                   "a count of up to {0} is compared with {1}, which "
                   "it {2}; it stays a float",
                   most, double(bound),
                   level < 1      ? "always reaches"
                   : level > most ? "never reaches"
                                  : "may reach by rounding");
        return std::nullopt;
      }
      match.levels.push_back(level);
    }
    return match;
  }

  /// The spikes of `match`, all slots `repeats` times, in place of `old`.
  void rewrite(Operation *old, const Match &match, int64_t repeats) {
    OpBuilder b(old);
    Location loc = old->getLoc();
    Value count = match.count.build(b);
    RankedTensorType type = tensorType(count);
    SmallVector<int64_t> shape(type.getShape().drop_front());
    count = onnx::ReshapeOp::create(
        b, loc, RankedTensorType::get(shape, type.getElementType()), count,
        asTarget(shape));
    SmallVector<int64_t> levels;
    for (int64_t i = 0; i < repeats; ++i)
      levels.append(match.levels);
    shape.insert(shape.begin(), int64_t(levels.size()));
    Type binary = BinaryType::get(&getContext(), unsigned(levels.size()));
    Value slots = SlotsOp::create(b, loc, RankedTensorType::get(shape, binary),
                                  count, names->make(old), levels);
    old->getResult(0).replaceAllUsesWith(DequantizeOp::create(
        b, loc, old->getResult(0).getType(), slots, FloatAttr()));
  }

  void runOnOperation() override {
    names.emplace(getOperation());
    SmallVector<onnx::CastOp> casts;
    getOperation().walk([&](onnx::CastOp op) { casts.push_back(op); });
    for (onnx::CastOp cast : casts) {
      std::optional<Match> found = match(cast);
      if (!found)
        continue;
      for (Operation *user : llvm::make_early_inc_range(cast->getUsers())) {
        auto tile = dyn_cast<onnx::TileOp>(user);
        if (tile && tile.getRepeats()[0] > 0 &&
            llvm::all_of(tile.getRepeats().drop_front(),
                         [](int64_t count) { return count == 1; }))
          rewrite(tile, *found, tile.getRepeats()[0]);
      }
      eraseDeadUsers(cast);
      if (!cast->use_empty())
        rewrite(cast, *found, 1);
    }
    eraseDeadOps(getOperation());
  }

private:
  static void eraseDeadUsers(onnx::CastOp cast) {
    for (Operation *user : llvm::make_early_inc_range(cast->getUsers()))
      if (isOpTriviallyDead(user))
        user->erase();
  }

  std::optional<TrainNames> names;
};

} // namespace
