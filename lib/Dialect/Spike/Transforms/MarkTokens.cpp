//===- MarkTokens.cpp - Tell sites which tokens are removed ---------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Analysis/TopologicalSortUtils.h"
#include "snn/Dialect/Onnx/Values.h"
#include "snn/Dialect/Spike/Passes.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/runtime/Masks.h"
#include "llvm/ADT/TypeSwitch.h"

namespace snn::spike {
#define GEN_PASS_DEF_SPIKEMARKTOKENS
#include "snn/Dialect/Spike/Passes.h.inc"
} // namespace snn::spike

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Whether a value is at or below the numbers that stand for padding.
bool isPadding(double value) { return !(value > rt::paddingFrom); }

/// A mask that is the same for every query: [batch, 1, 1, tokens].
bool isTokenMask(Value value) {
  auto type = tensorType(value);
  return type.getRank() == 4 && type.getElementType().isF32() &&
         type.getDimSize(1) == 1 && type.getDimSize(2) == 1 &&
         type.getDimSize(3) > 1 && dependsOnInput(value);
}

/// Whether a constant that stands for padding goes into `value` element by
/// element.
bool holdsPadding(Value value, DenseSet<Value> &seen) {
  Operation *op = value.getDefiningOp();
  if (!op || !seen.insert(value).second)
    return false;
  if (auto dense =
          dyn_cast_or_null<DenseElementsAttr>(onnx::getConstantAttr(value)))
    return dense.getElementType().isF32() && dense.getNumElements() <= 64 &&
           llvm::any_of(dense.getValues<float>(), isPadding);
  if (!isa<onnx::AddOp, onnx::SubOp, onnx::MulOp, onnx::WhereOp,
           onnx::ReshapeOp, onnx::TransposeOp, onnx::ExpandOp, onnx::CastOp,
           onnx::MinOp, onnx::MaxOp, onnx::NegOp>(op))
    return false;
  return llvm::any_of(op->getOperands(), [&](Value operand) {
    return holdsPadding(operand, seen);
  });
}

/// A term of the scores that hides keys: numbers that are added, or booleans.
struct KeyMask {
  Value value;
  bool hides = false; // a boolean says which keys are hidden, not which count
};

/// Follows the scores from a softmax up to what they are the product of.
class ScoresWalk {
public:
  SmallVector<KeyMask> masks;

  void follow(Value scores) {
    Operation *op = scores.getDefiningOp();
    if (isa_and_nonnull<onnx::ReshapeOp>(op)) {
      if (tensorType(op->getOperand(0)).getShape().back() ==
          tensorType(scores).getShape().back())
        follow(op->getOperand(0));
      return;
    }
    if (isa_and_nonnull<onnx::MulOp, onnx::DivOp>(op)) {
      for (unsigned side : {0u, 1u})
        if (onnx::getUniformConstant(op->getOperand(side)))
          return follow(op->getOperand(1 - side));
      return;
    }
    if (auto where = dyn_cast_or_null<onnx::WhereOp>(op)) {
      for (bool ifTrue : {true, false}) {
        std::optional<double> other =
            onnx::getUniformConstant(ifTrue ? where.getB() : where.getA());
        if (!other)
          continue;
        if (isPadding(*other) && dependsOnInput(where.getCondition()))
          masks.push_back({where.getCondition(), !ifTrue});
        return follow(ifTrue ? where.getA() : where.getB());
      }
      return;
    }
    if (auto add = dyn_cast_or_null<onnx::AddOp>(op)) {
      // Scores that a choice has hidden hold padding, too.
      for (auto [operand, other] : {std::pair(add.getA(), add.getB()),
                                    std::pair(add.getB(), add.getA())}) {
        bool isScores = holdsProduct(operand) && !holdsProduct(other);
        if (!isScores && (isTokenMask(operand) || isMaskTerm(operand)))
          masks.push_back({operand, false});
        else
          follow(operand);
      }
    }
  }

  /// A term that is added to the scores.
  void addTerm(Value term) {
    if (isTokenMask(term) || isMaskTerm(term))
      masks.push_back({term, false});
  }

private:
  /// Whether a product reaches `value` through terms, factors and choices.
  bool holdsProduct(Value value) {
    auto [known, isNew] = products.try_emplace(value, false);
    if (!isNew)
      return known->second;
    Operation *op = value.getDefiningOp();
    bool holds =
        isa_and_nonnull<onnx::MatMulOp, RescaleOp, DequantizeOp>(op) ||
        (isa_and_nonnull<onnx::AddOp, onnx::SubOp, onnx::MulOp, onnx::DivOp,
                         onnx::WhereOp, onnx::ReshapeOp, onnx::TransposeOp>(
             op) &&
         llvm::any_of(op->getOperands(),
                      [&](Value operand) { return holdsProduct(operand); }));
    products[value] = holds;
    return holds;
  }

  static bool isMaskTerm(Value value) {
    DenseSet<Value> seen;
    return tensorType(value).getElementType().isF32() &&
           dependsOnInput(value) && holdsPadding(value, seen);
  }

  DenseMap<Value, bool> products; // what holdsProduct has found
};

/// The mask in front of what only repeats it for heads and queries, or makes
/// numbers of booleans.
KeyMask findSource(KeyMask mask) {
  if (isTokenMask(mask.value))
    return mask;
  int64_t keys = tensorType(mask.value).getShape().back();
  auto hasKeys = [&](Value value) {
    auto type = tensorType(value);
    return type.getRank() >= 2 && type.getShape().back() == keys;
  };
  while (Operation *op = mask.value.getDefiningOp()) {
    Value source;
    if (isa<onnx::ReshapeOp, onnx::ExpandOp>(op)) {
      source = op->getOperand(0);
    } else if (isa<onnx::NotOp>(op)) {
      source = op->getOperand(0);
      mask.hides = !mask.hides;
    } else if (auto where = dyn_cast<onnx::WhereOp>(op)) {
      std::optional<double> a = onnx::getUniformConstant(where.getA()),
                            b = onnx::getUniformConstant(where.getB());
      if (!a || !b || isPadding(*a) == isPadding(*b) ||
          !hasKeys(where.getCondition()))
        return mask;
      source = where.getCondition();
      mask.hides = isPadding(*a);
    }
    if (!source || !hasKeys(source)) {
      // A `not` that is not followed is undone.
      if (source && isa<onnx::NotOp>(op))
        mask.hides = !mask.hides;
      return mask;
    }
    mask.value = source;
  }
  return mask;
}

/// Whether samples have been folded with other axes on the way to `mask`.
bool isFolded(Value mask) {
  SmallVector<Value> open = {mask};
  DenseSet<Value> seen;
  while (!open.empty()) {
    Value value = open.pop_back_val();
    Operation *op = value.getDefiningOp();
    if (!op || isa<onnx::ConstantOp>(op) || !seen.insert(value).second)
      continue;
    if (auto reshape = dyn_cast<onnx::ReshapeOp>(op)) {
      ArrayRef<int64_t> from = tensorType(reshape.getX()).getShape(),
                        to = tensorType(value).getShape();
      if (from.empty() || from[0] != to[0] ||
          (ShapedType::isDynamic(to[0]) &&
           ShapedType::getNumElements(from.drop_front()) !=
               ShapedType::getNumElements(to.drop_front())))
        return true;
    }
    for (Value operand : op->getOperands())
      if (isa<RankedTensorType>(operand.getType()))
        open.push_back(operand);
  }
  return false;
}

/// Which axis of `product`'s operand `operand` runs over tokens: rows of
/// queries, keys along the columns of scores, and both of probabilities.
SmallVector<int64_t> getTokenAxesOfOperand(OpOperand &operand, int64_t tokens) {
  Operation *op = operand.getOwner();
  bool transposed = false;
  if (auto product = dyn_cast<spike::MatMulOp>(op))
    transposed = product.getTransposed();
  else if (auto product = dyn_cast<PhaseMatMulOp>(op))
    transposed = product.getTransposed();
  else if (!isa<onnx::MatMulOp>(op))
    return {};
  auto type = tensorType(operand.get());
  int64_t rank = type.getRank();
  if (operand.getOperandNumber() > 1 || rank < 3)
    return {};
  // Which of the two products of an attention it is: that of probabilities has
  // tokens along what it sums.
  bool context = false;
  if (Operation *site = getProducingSite(op->getOperand(0)))
    if (std::optional<Site> found = getSite(site))
      context = found->kind == SiteKind::Probability ||
                found->kind == SiteKind::Score;
  SmallVector<int64_t> axes;
  if (operand.getOperandNumber() == 0)
    axes = context ? SmallVector<int64_t>{rank - 2, rank - 1}
                   : SmallVector<int64_t>{rank - 2};
  else
    axes = {(transposed ? 1 : 0) + (context ? rank - 2 : rank - 1)};
  if (operand.getOperandNumber() == 1 && transposed)
    axes = {context ? rank - 1 : rank - 2};
  for (int64_t axis : axes)
    if (type.getDimSize(axis) != tokens)
      return {};
  return axes;
}

/// The axes of a site that run over `tokens` tokens, as the products that read
/// it say.
SmallVector<int64_t> findAxesByUse(Value value, Value result, int64_t tokens) {
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    SmallVector<int64_t> wanted;
    if (isa<onnx::ReshapeOp, onnx::TransposeOp, DequantizeOp, PhaseDecodeOp>(
            user)) {
      wanted = findAxesByUse(user->getResult(0), result, tokens);
      if (!wanted.empty())
        return wanted;
      continue;
    }
    wanted = getTokenAxesOfOperand(use, tokens);
    if (wanted.empty())
      continue;
    SmallVector<int64_t> axes;
    for (int64_t axis = 0, rank = tensorType(result).getRank(); axis < rank;
         ++axis) {
      std::optional<int64_t> at = traceAxis(value, result, axis);
      if (at && llvm::is_contained(wanted, *at))
        axes.push_back(axis);
    }
    if (axes.size() == wanted.size())
      return axes;
  }
  return {};
}

/// The axes of a site that run over `tokens` tokens of `batch` samples.
SmallVector<int64_t> findTokenAxes(const Site &site, int64_t tokens,
                                   int64_t batch) {
  auto type = tensorType(site.input);
  ArrayRef<int64_t> shape = type.getShape();
  // Which axis has the samples, possibly with heads folded into it.
  auto holdsSamples = [&](int64_t size) {
    return batch == 1 || size == batch ||
           (!ShapedType::isDynamic(size) && !ShapedType::isDynamic(batch) &&
            size % batch == 0);
  };
  bool isScore =
      site.kind == SiteKind::Probability || site.kind == SiteKind::Score;
  if (site.kind != SiteKind::Activation && site.kind != SiteKind::Residual) {
    SmallVector<int64_t> axes = findAxesByUse(site.result, site.result, tokens);
    if (!axes.empty() && axes.front() > 0 && holdsSamples(shape[0]))
      return axes;
  }
  if (isScore) {
    if (shape.size() >= 3 && shape.back() == tokens &&
        shape[shape.size() - 2] == tokens && holdsSamples(shape[0]))
      return {int64_t(shape.size()) - 2, int64_t(shape.size()) - 1};
    return {};
  }
  SmallVector<int64_t> order; // where tokens may stand, the likeliest first
  if (shape.size() == 3)
    order = {1, 0};
  else if (shape.size() == 4)
    order = {2, 1, 3};
  else if (shape.size() == 2 && batch == 1 && shape[0] > 1)
    order = {0}; // rows of all tokens
  for (int64_t axis : order)
    if (shape[axis] == tokens && holdsSamples(shape[axis == 0 ? 1 : 0]))
      return {axis};
  return {};
}

struct MarkTokens : spike::impl::SpikeMarkTokensBase<MarkTokens> {
  using SpikeMarkTokensBase::SpikeMarkTokensBase;

  /// Moves `value` and all that it is computed from to the block's start.
  static void hoist(Value value, Block *block) {
    if (isa<BlockArgument>(value))
      return; // its slice would be the function
    BackwardSliceOptions options;
    options.inclusive = true;
    SetVector<Operation *> slice;
    (void)getBackwardSlice(value, &slice, options);
    slice = topologicalSort(slice);
    for (Operation *op : llvm::reverse(slice))
      op->moveBefore(block, block->begin());
  }

  /// The number of samples: ? or a number.
  int64_t getBatch(Block *block) {
    for (BlockArgument argument : block->getArguments())
      if (auto type = dyn_cast<RankedTensorType>(argument.getType());
          type && type.getRank() > 0)
        return type.getDimSize(0);
    return 1;
  }

  /// Makes the kept tokens of `mask`, in `masks`; false where its axes are not
  /// understood.
  bool makeTokenMask(KeyMask mask, llvm::MapVector<Value, Value> &masks) {
    Value source = mask.value;
    auto type = tensorType(source);
    int64_t rank = type.getRank();
    Operation *parent = source.getParentBlock()->getParentOp();
    Block *block = &cast<func::FuncOp>(parent).getBody().front();
    int64_t batch = getBatch(block);
    if (rank < 2)
      return false;
    int64_t tokens = type.getDimSize(rank - 1), first = type.getDimSize(0);
    if (ShapedType::isDynamic(tokens))
      return false;
    if (tokens < 2)
      return true; // there is nothing to remove
    // Samples come first. Where their number is not that of the network's
    // inputs, heads may be folded into it, or the inputs have tokens first.
    bool isStatic =
        !ShapedType::isDynamic(first) && !ShapedType::isDynamic(batch);
    bool heads = isStatic && first != batch && first != 1 && first % batch == 0;
    if (!heads && first != 1 && (!isStatic || first != batch) &&
        isFolded(source))
      return false;
    if (heads && !type.hasStaticShape())
      return false;
    // The keys that count, as booleans or numbers, with samples in front.
    Value keys = source;
    if (mask.hides)
      for (Operation *user : source.getUsers())
        if (auto negated = dyn_cast<onnx::NotOp>(user))
          if (masks.count(negated.getResult()))
            return true;
    if (!mask.hides && masks.count(source))
      return true;
    if (heads)
      for (Operation *user : source.getUsers())
        if (auto unfolded = dyn_cast<onnx::ReshapeOp>(user))
          if (masks.count(unfolded.getResult()))
            return true;
    hoist(source, block);
    OpBuilder b(&getContext());
    if (Operation *def = source.getDefiningOp())
      b.setInsertionPointAfter(def);
    else
      b.setInsertionPointToStart(block);
    Location loc = source.getLoc();
    if (mask.hides)
      keys = onnx::NotOp::create(b, loc, type, keys);
    if (heads) {
      SmallVector<int64_t> shape(type.getShape());
      shape[0] = batch;
      shape.insert(shape.begin() + 1, first / batch);
      keys = onnx::ReshapeOp::create(b, loc, type.clone(shape), keys, shape);
      first = batch;
    }
    masks[keys] = TokenMaskOp::create(
        b, loc, RankedTensorType::get({first, tokens}, b.getI1Type()), keys);
    return true;
  }

  void runOnOperation() override {
    // One token mask per attention mask; there may already be some.
    llvm::MapVector<Value, Value> masks;
    getOperation().walk(
        [&](TokenMaskOp op) { masks[op.getMask()] = op.getResult(); });
    SmallVector<std::pair<Operation *, KeyMask>> found;
    getOperation().walk([&](Operation *op) {
      if (auto softmax = dyn_cast<onnx::SoftmaxOp>(op)) {
        ScoresWalk walk;
        walk.follow(softmax.getX());
        for (KeyMask mask : walk.masks)
          found.push_back({op, mask});
      } else if (auto attention = dyn_cast<onnx::AttentionOp>(op)) {
        ScoresWalk walk;
        if (Value mask = attention.getMask())
          walk.addTerm(mask);
        for (KeyMask mask : walk.masks)
          found.push_back({op, mask});
      }
    });
    for (auto [op, mask] : found)
      if (!makeTokenMask(findSource(mask), masks))
        op->emitRemark("its attention mask was not understood: tokens that it "
                       "hides count as neurons");
    for (auto [mask, valid] : masks) {
      int64_t tokens = tensorType(valid).getDimSize(1);
      for (const Site &site : getSites(getOperation())) {
        if (site.valid)
          continue;
        SmallVector<int64_t> axes =
            findTokenAxes(site, tokens, tensorType(valid).getDimSize(0));
        if (!axes.empty())
          cast<SiteOpInterface>(site.op).setTokens(valid, axes);
      }
      // Keys of the scores: columns that run over tokens.
      auto markKeys = [&](auto op) {
        int64_t batch = tensorType(valid).getDimSize(0);
        int64_t first = tensorType(op.getLhs()).getDimSize(0);
        if (batch != 1 && batch != first &&
            (ShapedType::isDynamic(batch) || ShapedType::isDynamic(first) ||
             first % batch != 0))
          return;
        bool context = false;
        if (Operation *site = getProducingSite(op.getLhs()))
          context = getSite(site)->kind == SiteKind::Probability;
        if (!context && !op.getValid() &&
            tensorType(op.getResult()).getShape().back() == tokens)
          op.getValidMutable().assign(valid);
      };
      getOperation().walk([&](Operation *op) {
        TypeSwitch<Operation *>(op).Case<spike::MatMulOp, PhaseMatMulOp>(
            markKeys);
      });
    }
  }
};

} // namespace
