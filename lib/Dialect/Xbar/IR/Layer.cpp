//===- Layer.cpp - Crossbar layers of either op ---------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Xbar/PhaseLayer.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace snn;
using namespace snn::xbar;

template <typename Op> static std::optional<Layer> makeLayer(Op op) {
  constexpr bool isXbar =
      std::is_same_v<Op, LinearOp> || std::is_same_v<Op, ConvOp>;
  auto weight = cast<RankedTensorType>(op.getWeight().getType());
  auto result = cast<RankedTensorType>(op.getResult().getType());
  if (!result.hasStaticShape())
    return std::nullopt;
  Layer layer;
  layer.op = op;
  layer.input = op.getX();
  layer.weight = op.getWeight();
  if constexpr (isXbar) {
    layer.name = op.getLayer();
    layer.tiling = op.getTiling().value_or(TilingAttr());
    layer.placement = op.getPlacement().value_or(PlacementAttr());
  } else {
    auto name = op->template getAttrOfType<StringAttr>(layerAttrName);
    if (!name)
      return std::nullopt;
    layer.name = name.getValue();
    layer.tiling = op->template getAttrOfType<TilingAttr>(tilingAttrName);
    layer.placement =
        op->template getAttrOfType<PlacementAttr>(placementAttrName);
  }
  layer.groups = 1;
  layer.inputs = weight.getDimSize(0);
  layer.outputs = weight.getDimSize(1);
  if constexpr (std::is_same_v<Op, ConvOp> ||
                std::is_same_v<Op, spike::PhaseConvOp>) {
    layer.groups = op.getGroup();
    layer.outputs = weight.getDimSize(0) / layer.groups;
    layer.inputs = weight.getNumElements() / weight.getDimSize(0);
  }
  layer.vectors = result.getNumElements() / (layer.groups * layer.outputs);
  return layer;
}

std::optional<Layer> snn::xbar::getLayer(Operation *op) {
  return llvm::TypeSwitch<Operation *, std::optional<Layer>>(op)
      .Case<LinearOp, ConvOp, spike::PhaseLinearOp, spike::PhaseConvOp>(
          [](auto layer) { return makeLayer(layer); })
      .Default(std::nullopt);
}

SmallVector<Layer> snn::xbar::getLayers(Operation *root) {
  SmallVector<Layer> layers;
  root->walk([&](Operation *op) {
    if (std::optional<Layer> layer = getLayer(op))
      layers.push_back(*layer);
  });
  return layers;
}

void Layer::setTiling(TilingAttr value) {
  tiling = value;
  llvm::TypeSwitch<Operation *>(op)
      .Case<LinearOp, ConvOp>([&](auto o) { o.setTilingAttr(value); })
      .Default([&](Operation *o) { o->setAttr(tilingAttrName, value); });
}

void Layer::setPlacement(PlacementAttr value) {
  placement = value;
  llvm::TypeSwitch<Operation *>(op)
      .Case<LinearOp, ConvOp>([&](auto o) { o.setPlacementAttr(value); })
      .Default([&](Operation *o) { o->setAttr(placementAttrName, value); });
}

int64_t Layer::usedRows(int64_t block) const {
  return std::min(tiling.getRows(), inputs - block * tiling.getRows());
}

int64_t Layer::usedOutputs(int64_t block) const {
  int64_t perTile = tiling.getOutputsPerTile();
  return std::min(perTile, outputs - block * perTile);
}

int64_t Layer::usedCells() const {
  return groups * inputs * outputs * tiling.getSlices();
}

int64_t Layer::usedCells(int64_t tile) const {
  int64_t rowBlock = tile % tiling.getRowBlocks();
  int64_t columnBlock = tile / tiling.getRowBlocks() % tiling.getColumnBlocks();
  return usedRows(rowBlock) * usedOutputs(columnBlock) * tiling.getSlices();
}
