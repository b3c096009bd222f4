//===- XbarOps.cpp - Verifiers of the xbar dialect's ops ------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Spike/ProductVerifiers.h"
#include "snn/Dialect/Xbar/Xbar.h"

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

/// Whether the tiling and placement of a layer, if it has them, fit its shapes,
/// which have been verified.
static LogicalResult verifyMapping(LayerOpInterface op) {
  TilingAttr tiling = op.getTilingAttr();
  PlacementAttr placement = op.getPlacementAttr();
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

/// Whether a layer that uses another's cells stands behind that one and agrees
/// with it.
static LogicalResult verifyCells(LayerOpInterface op) {
  StringAttr name = op.getCellsOfAttr();
  if (!name)
    return success();
  auto owner = dyn_cast_or_null<LayerOpInterface>(op->getPrevNode());
  if (!owner || owner.getLayer() != name)
    return op->emitOpError("needs layer '")
           << name.getValue() << "', whose cells it uses, in front of it";
  if (owner.getCellsOfAttr())
    return op->emitOpError("uses the cells of layer '")
           << name.getValue() << "', which has none of its own";
  if (!haveSameWeights(op, owner))
    return op->emitOpError("needs the weight and window of layer '")
           << name.getValue() << "', whose cells it uses";
  TilingAttr tiling = op.getTilingAttr(), cut = owner.getTilingAttr();
  if (bool(tiling) != bool(cut) || (tiling && !tiling.isCutAs(cut)))
    return op->emitOpError("needs the tiling of layer '")
           << name.getValue()
           << "', whose cells it uses, but for passes and ADC range";
  if (op.getPlacementAttr() != owner.getPlacementAttr())
    return op->emitOpError("needs the placement of layer '")
           << name.getValue() << "', whose cells it uses";
  return success();
}

/// A layer on trains whose silent inputs contribute has their constant.
template <typename Op> static LogicalResult verifyTtfsLayer(Op op) {
  auto train = dyn_cast<spike::TTFSType>(
      cast<RankedTensorType>(op.getX().getType()).getElementType());
  if (train && train.getMask() != train.getZero() && !op.getOffset())
    return op.emitOpError("needs an offset for its silent inputs (mask ")
           << train.getMask() << ", zero point " << train.getZero() << ")";
  if (failed(verifyMapping(op)))
    return failure();
  return verifyCells(op);
}

LogicalResult LinearOp::verify() {
  if (failed(spike::verifyLinear(*this, getX(), getResult(), getWeight(),
                                 getOffset().value_or(TypedAttr()))))
    return failure();
  return verifyTtfsLayer(*this);
}

LogicalResult ConvOp::verify() {
  if (failed(spike::verifyConv(*this, getX(), getResult(), getWeight(),
                               getOffset().value_or(TypedAttr()),
                               *getWindow())))
    return failure();
  return verifyTtfsLayer(*this);
}

/// A layer on phase codes whose shapes have been verified.
template <typename Op> static LogicalResult verifyPhaseLayer(Op op) {
  if (failed(spike::verifyPhaseParameters(
          op, op.getResult(), op.getWeightScaleAttr(), op.getBiasAttr(),
          op.getWindow() ? 1 : -1)))
    return failure();
  auto coding = cast<spike::PhaseType>(getElementTypeOrSelf(op.getX()));
  if (coding.getRelease() != spike::PhaseRelease::None)
    return op.emitOpError("needs a code of no released implementation, has ")
           << coding;
  return verifyMapping(op);
}

LogicalResult PhaseLinearOp::verify() {
  if (failed(spike::verifyLinear(*this, getX(), getResult(), getWeight(),
                                 /*offset=*/TypedAttr())))
    return failure();
  return verifyPhaseLayer(*this);
}

LogicalResult PhaseConvOp::verify() {
  if (failed(spike::verifyConv(*this, getX(), getResult(), getWeight(),
                               /*offset=*/TypedAttr(), *getWindow())))
    return failure();
  return verifyPhaseLayer(*this);
}

//===----------------------------------------------------------------------===//
// Where events go
//===----------------------------------------------------------------------===//

template <typename Op> static spike::Window toWindow(Op op) {
  return {op.getStrides(), op.getPads(), op.getDilations(),
          int64_t(op.getGroup())};
}

spike::EventTargets LinearOp::getEventTargets(OpOperand &) {
  return spike::getLinearTargets(getWeight());
}

std::optional<spike::Window> ConvOp::getWindow() { return toWindow(*this); }

spike::EventTargets ConvOp::getEventTargets(OpOperand &) {
  return spike::getConvolutionTargets(getX(), getResult(), getWeight(),
                                      *getWindow());
}

spike::EventTargets PhaseLinearOp::getEventTargets(OpOperand &) {
  return spike::getLinearTargets(getWeight());
}

std::optional<spike::Window> PhaseConvOp::getWindow() {
  return toWindow(*this);
}

spike::EventTargets PhaseConvOp::getEventTargets(OpOperand &) {
  return spike::getMeanConvolutionTargets(getX(), getResult(), getWeight(),
                                          *getWindow());
}

Value ProductOp::getResident() { return getRhs(); }

spike::EventTargets ProductOp::getEventTargets(OpOperand &operand) {
  return spike::getProductTargets(operand, getRhs(), getResult(),
                                  getTransposed(), getValid());
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

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
