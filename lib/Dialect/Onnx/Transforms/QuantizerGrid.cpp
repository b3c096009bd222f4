//===- QuantizerGrid.cpp - Values that lie on a quantiser's levels --------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizerGrid.h"
#include "Patterns.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/MapVector.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace snn::onnx;
namespace rt = snn::rt;

std::optional<double> snn::onnx::getNumber(Value value) {
  auto dense = dyn_cast_or_null<DenseElementsAttr>(getConstantAttr(value));
  if (!dense || dense.getNumElements() != 1)
    return std::nullopt;
  if (auto type = dyn_cast<IntegerType>(dense.getElementType())) {
    APInt number = dense.getSplatValue<APInt>();
    return type.isUnsigned() ? double(number.getZExtValue())
                             : double(number.getSExtValue());
  }
  return getUniformConstant(value);
}

bool snn::onnx::isSingle(Value value) {
  RankedTensorType type = getTensorType(value);
  return type.hasStaticShape() && type.getNumElements() == 1;
}

bool snn::onnx::isOfConstant(DequantizeLinearOp op) {
  return getConstantAttr(op.getX()) != nullptr;
}

bool snn::onnx::isMovement(Operation *op) {
  return isa_and_nonnull<ReshapeOp, TransposeOp, SliceOp, SplitOp, GatherOp,
                         GatherElementsOp, GatherNDOp, ExpandOp, TileOp>(op);
}

SmallVector<OpOperand *> snn::onnx::getMovedOperands(Operation *op) {
  SmallVector<OpOperand *> moved;
  if (isMovement(op))
    moved.push_back(&op->getOpOperand(0));
  else if (isa_and_nonnull<ConcatOp>(op))
    for (OpOperand &operand : op->getOpOperands())
      moved.push_back(&operand);
  else if (isa_and_nonnull<WhereOp>(op))
    moved = {&op->getOpOperand(1), &op->getOpOperand(2)};
  return moved;
}

namespace {

/// The levels that values lie on, and where they come from.
struct Grid {
  float scale = 0;
  int64_t zero = 0, lo = 0, hi = 0;
  bool isSigned = false;
  llvm::SmallSetVector<Operation *, 4> sources;
  SmallVector<Value> constants;

  bool operator==(const Grid &o) const {
    return scale == o.scale && zero == o.zero && lo == o.lo && hi == o.hi &&
           isSigned == o.isSigned;
  }
  bool holds(float value) const {
    float level = std::nearbyint(value / scale);
    return level * scale == value && level + float(zero) >= float(lo) &&
           level + float(zero) <= float(hi);
  }
};

/// Joins the levels of two values; constants wait to be checked.
std::optional<Grid> join(std::optional<Grid> a, std::optional<Grid> b) {
  if (!a || !b)
    return std::nullopt;
  if (a->sources.empty())
    std::swap(a, b);
  if (!b->sources.empty() && !(*a == *b))
    return std::nullopt;
  a->sources.insert_range(b->sources);
  llvm::append_range(a->constants, b->constants);
  return a;
}

std::optional<Grid> readGrid(DequantizeLinearOp op) {
  std::optional<double> scale = getNumber(op.getScale());
  std::optional<double> zero =
      op.getZeroPoint() ? getNumber(op.getZeroPoint()) : 0.0;
  Type level = getTensorType(op.getX()).getElementType();
  if (!scale || !zero || !(*scale > 0) || isOfConstant(op) ||
      !level.isInteger(8))
    return std::nullopt;
  Grid grid;
  grid.scale = float(*scale);
  grid.zero = int64_t(*zero);
  grid.isSigned = !level.isUnsignedInteger();
  grid.lo = grid.isSigned ? -128 : 0;
  grid.hi = grid.isSigned ? 127 : 255;
  if (auto clip = op.getX().getDefiningOp<ClipOp>()) {
    grid.lo =
        std::max(grid.lo, int64_t(std::ceil(std::max(clip.getLo(), -1e9))));
    grid.hi =
        std::min(grid.hi, int64_t(std::floor(std::min(clip.getHi(), 1e9))));
  }
  if (grid.zero < grid.lo || grid.zero > grid.hi)
    return std::nullopt;
  grid.sources.insert(op);
  return grid;
}

std::optional<Grid> findGrid(Value value, unsigned depth = 0) {
  Operation *op = value.getDefiningOp();
  if (!op || depth > 32)
    return std::nullopt;
  if (auto dequantize = dyn_cast<DequantizeLinearOp>(op))
    return readGrid(dequantize);
  if (isa<ConstantOp>(op) && getTensorType(value).getElementType().isF32()) {
    Grid grid;
    grid.constants.push_back(value);
    return grid;
  }
  // The largest of some levels is one of them, and so is 0.
  if (isa<ReluOp, MaxPoolOp>(op))
    return findGrid(op->getOperand(0), depth + 1);
  if (auto pad = dyn_cast<PadOp>(op)) {
    std::optional<Grid> grid = findGrid(pad.getX(), depth + 1);
    if (!grid || grid->sources.empty() ||
        (pad.getMode() == "constant" && !grid->holds(float(pad.getValue()))))
      return std::nullopt;
    return grid;
  }
  std::optional<Grid> grid;
  for (OpOperand *operand : getMovedOperands(op)) {
    std::optional<Grid> next = findGrid(operand->get(), depth + 1);
    grid = operand == getMovedOperands(op).front() ? next : join(grid, next);
    if (!grid)
      return std::nullopt;
  }
  return grid;
}

bool holdsConstants(const Grid &grid) {
  return llvm::all_of(grid.constants, [&](Value value) {
    llvm::Expected<rt::Tensor> tensor =
        readConstant(getConstantAttr(value), value.getLoc());
    if (!tensor) {
      llvm::consumeError(tensor.takeError()); // reported where it is used
      return false;
    }
    return llvm::all_of(llvm::ArrayRef(tensor->data<float>(), tensor->size()),
                        [&](float number) { return grid.holds(number); });
  });
}

/// The quantiser that a dequantiser reads, perhaps clipped; null if none.
QuantizeLinearOp getQuantizer(DequantizeLinearOp op) {
  Value levels = op.getX();
  if (auto clip = levels.getDefiningOp<ClipOp>())
    levels = clip.getX();
  return levels.getDefiningOp<QuantizeLinearOp>();
}

class ProductQuantizers {
public:
  explicit ProductQuantizers(Operation *root) : root(root) {}

  void run() {
    SmallVector<Operation *> products;
    root->walk([&](Operation *op) {
      if (isa<MatMulOp, GemmOp, ConvOp>(op))
        products.push_back(op);
    });
    for (Operation *product : products) {
      quantize(product->getOperand(0));
      if (isa<MatMulOp>(product))
        quantize(product->getOperand(1));
    }
    removeInner();
    nameInserted();
  }

private:
  struct Inserted {
    QuantizeLinearOp quantizer;
    Operation *source;
  };

  void quantize(Value operand) {
    while (isa_and_nonnull<ReshapeOp, TransposeOp>(operand.getDefiningOp()))
      operand = operand.getDefiningOp()->getOperand(0);
    auto dequantize = operand.getDefiningOp<DequantizeLinearOp>();
    if (dequantize && (isOfConstant(dequantize) || getQuantizer(dequantize)))
      return;
    std::optional<Grid> grid = findGrid(operand);
    if (!grid || grid->sources.empty() || !holdsConstants(*grid))
      return;
    OpBuilder b(operand.getContext());
    b.setInsertionPointAfterValue(operand);
    Location loc = operand.getLoc();
    Type level = IntegerType::get(b.getContext(), 8,
                                  grid->isSigned ? IntegerType::Signless
                                                 : IntegerType::Unsigned);
    auto constant = [&](Type type, Attribute number) -> Value {
      auto scalar = RankedTensorType::get({}, type);
      return ConstantOp::create(b, loc, scalar,
                                DenseElementsAttr::get(scalar, number));
    };
    Value scale = constant(b.getF32Type(), b.getF32FloatAttr(grid->scale));
    Value zero = constant(level, b.getIntegerAttr(level, grid->zero));
    RankedTensorType type = getTensorType(operand);
    auto quantizer = QuantizeLinearOp::create(b, loc, type.clone(level),
                                              operand, scale, zero, 1, level);
    Value levels = quantizer;
    bool isWhole = grid->lo == (grid->isSigned ? -128 : 0) &&
                   grid->hi == (grid->isSigned ? 127 : 255);
    if (!isWhole)
      levels = ClipOp::create(b, loc, levels.getType(), levels,
                              b.getF64FloatAttr(double(grid->lo)),
                              b.getF64FloatAttr(double(grid->hi)));
    Value values =
        DequantizeLinearOp::create(b, loc, type, levels, scale, zero, 1);
    operand.replaceUsesWithIf(
        values, [&](OpOperand &use) { return use.getOwner() != quantizer; });
    inserted.push_back({quantizer, grid->sources.front()});
    sources.insert_range(grid->sources);
  }

  /// Whether all uses of `value` are inserted quantisers, or movement to them.
  bool leadsToInserted(Value value) {
    return llvm::all_of(value.getUses(), [&](OpOperand &use) {
      Operation *user = use.getOwner();
      if (llvm::any_of(inserted, [&](const Inserted &entry) {
            return entry.quantizer == user;
          }))
        return true;
      if (!isa<ReluOp, MaxPoolOp, PadOp>(user) &&
          !llvm::is_contained(getMovedOperands(user), &use))
        return false;
      return llvm::all_of(user->getResults(), [&](Value result) {
        return leadsToInserted(result);
      });
    });
  }

  void removeInner() {
    for (Operation *source : sources) {
      auto dequantize = cast<DequantizeLinearOp>(source);
      QuantizeLinearOp quantizer = getQuantizer(dequantize);
      if (!quantizer || !leadsToInserted(dequantize.getY()))
        continue;
      removed.insert(source);
      names[source] = nameOf(source);
      dequantize.getY().replaceAllUsesWith(quantizer.getX());
    }
  }

  static std::string nameOf(Operation *source) {
    auto dequantize = cast<DequantizeLinearOp>(source);
    QuantizeLinearOp quantizer = getQuantizer(dequantize);
    Operation *named = quantizer ? quantizer.getOperation() : source;
    if (auto output = named->getAttrOfType<StringAttr>("onnx.output"))
      return output.str();
    if (!quantizer && isa<BlockArgument>(dequantize.getX()))
      if (StringRef name = getNodeName(dequantize.getX().getLoc());
          !name.empty())
        return name.str();
    return getNodeName(named->getLoc()).str();
  }

  /// A quantiser that was moved keeps its name; further ones are numbered.
  void nameInserted() {
    llvm::MapVector<Operation *, unsigned> count;
    for (const Inserted &entry : inserted) {
      bool isFree = removed.contains(entry.source) ||
                    !getQuantizer(cast<DequantizeLinearOp>(entry.source));
      std::string name = names.lookup(entry.source);
      if (name.empty())
        name = nameOf(entry.source);
      unsigned number = count[entry.source]++;
      if (number || !isFree)
        name += "." + std::to_string(isFree ? number : number + 1);
      entry.quantizer->setAttr("onnx.output",
                               StringAttr::get(root->getContext(), name));
    }
    for (Operation *source : removed)
      source->erase();
  }

  Operation *root;
  SmallVector<Inserted> inserted;
  llvm::SmallSetVector<Operation *, 8> sources;
  llvm::SmallSetVector<Operation *, 8> removed;
  llvm::DenseMap<Operation *, std::string> names;
};

} // namespace

void snn::onnx::quantizeAtProducts(Operation *root) {
  ProductQuantizers(root).run();
}
