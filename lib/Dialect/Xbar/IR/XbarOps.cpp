//===- XbarOps.cpp - Verifiers of the xbar dialect's ops ------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Spike/ProductVerifiers.h"
#include "snn/Dialect/Xbar/PhaseLayer.h"

using namespace mlir;
using namespace snn;
using namespace snn::xbar;

#define GET_OP_CLASSES
#include "snn/Dialect/Xbar/XbarOps.cpp.inc"

/// Blocks of `size` hold `count` in order; only the last may be partly used.
static LogicalResult verifyBlocks(Operation *op, int64_t blocks, int64_t size,
                                  int64_t count, StringRef what) {
  int64_t needed = (count + size - 1) / size;
  if (blocks == needed)
    return success();
  return op->emitOpError("needs ")
         << needed << ' ' << what << " blocks of " << size << " for " << count
         << ", has " << blocks;
}

LogicalResult snn::xbar::detail::verifyMapping(Operation *op, TilingAttr tiling,
                                               PlacementAttr placement) {
  if (!tiling) {
    if (placement)
      return op->emitOpError("needs a tiling where it has a placement");
    return success();
  }
  std::optional<Layer> layer = getLayer(op);
  if (!layer)
    return op->emitOpError("needs static shapes where it has a tiling");
  if (tiling.getGroups() != layer->groups)
    return op->emitOpError("needs a tiling of ")
           << layer->groups << " groups, has " << tiling.getGroups();
  if (failed(verifyBlocks(op, tiling.getRowBlocks(), tiling.getRows(),
                          layer->inputs, "row")) ||
      failed(verifyBlocks(op, tiling.getColumnBlocks(),
                          tiling.getOutputsPerTile(), layer->outputs,
                          "column")))
    return failure();
  if (!placement)
    return success();
  int64_t needed = placement.getReplicas() * tiling.getTiles();
  if (placement.getCrossbars().size() == needed)
    return success();
  return op->emitOpError("needs ")
         << needed << " crossbars for " << placement.getReplicas()
         << " replicas of " << tiling.getTiles() << " tiles, has "
         << placement.getCrossbars().size();
}

/// The mapping of a layer whose shapes have been verified.
template <typename Op> static LogicalResult verifyMapping(Op op) {
  auto train = dyn_cast<spike::TTFSType>(
      cast<RankedTensorType>(op.getX().getType()).getElementType());
  if (train && train.getMask() != train.getZero() && !op.getOffset())
    return op.emitOpError("needs an offset for its silent inputs (mask ")
           << train.getMask() << ", zero point " << train.getZero() << ")";
  return xbar::detail::verifyMapping(
      op, op.getTiling().value_or(TilingAttr()),
      op.getPlacement().value_or(PlacementAttr()));
}

LogicalResult LinearOp::verify() {
  if (failed(spike::verifyLinear(*this, getX(), getResult(), getWeight(),
                                 getOffset().value_or(TypedAttr()))))
    return failure();
  return verifyMapping(*this);
}

LogicalResult ConvOp::verify() {
  if (failed(spike::verifyConv(
          *this, getX(), getResult(), getWeight(),
          getOffset().value_or(TypedAttr()),
          {getStrides(), getPads(), getDilations(), getGroup()})))
    return failure();
  return verifyMapping(*this);
}

int64_t ProductOp::getKeyAxis() {
  int64_t rank = cast<RankedTensorType>(getRhs().getType()).getRank();
  int64_t inner = getTransposed() ? rank - 1 : rank - 2;
  int64_t outer = getTransposed() ? rank - 2 : rank - 1;
  return getReduceKeys() ? inner : outer;
}

LogicalResult ProductOp::verify() {
  if (failed(spike::verifyProduct(*this, getLhs(), getRhs(), getResult(),
                                  getTransposed())))
    return failure();
  if (getEngine().empty())
    return emitOpError("needs the name of an engine");
  if (getKeysPerTile().has_value() != getKeyTiles().has_value())
    return emitOpError("needs both keys_per_tile and key_tiles, or neither");
  if (!getKeyTiles())
    return success();
  int64_t keys =
      cast<RankedTensorType>(getRhs().getType()).getDimSize(getKeyAxis());
  int64_t perTile = *getKeysPerTile();
  if (perTile < 1 || ShapedType::isDynamic(keys) ||
      (keys + perTile - 1) / perTile != *getKeyTiles())
    return emitOpError("needs turns that hold ")
           << keys << " keys, has " << *getKeyTiles() << " of " << perTile;
  return success();
}
