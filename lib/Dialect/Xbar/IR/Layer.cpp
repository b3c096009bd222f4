//===- Layer.cpp - Crossbar layers of either op ---------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Xbar/Xbar.h"

using namespace mlir;
using namespace snn;
using namespace snn::xbar;

template <typename Op> static std::optional<Layer> makeLayer(Op op) {
  auto weight = cast<RankedTensorType>(op.getWeight().getType());
  auto result = cast<RankedTensorType>(op.getResult().getType());
  if (!result.hasStaticShape())
    return std::nullopt;
  Layer layer;
  layer.op = op;
  layer.name = op.getLayer();
  layer.input = op.getX();
  layer.weight = op.getWeight();
  layer.tiling = op.getTiling().value_or(TilingAttr());
  layer.placement = op.getPlacement().value_or(PlacementAttr());
  layer.groups = 1;
  layer.inputs = weight.getDimSize(0);
  layer.outputs = weight.getDimSize(1);
  if constexpr (std::is_same_v<Op, ConvOp>) {
    layer.groups = op.getGroup();
    layer.outputs = weight.getDimSize(0) / layer.groups;
    layer.inputs = weight.getNumElements() / weight.getDimSize(0);
  }
  layer.vectors = result.getNumElements() / (layer.groups * layer.outputs);
  return layer;
}

std::optional<Layer> snn::xbar::getLayer(Operation *op) {
  if (auto linear = dyn_cast<LinearOp>(op))
    return makeLayer(linear);
  if (auto conv = dyn_cast<ConvOp>(op))
    return makeLayer(conv);
  return std::nullopt;
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
  if (auto linear = dyn_cast<LinearOp>(op))
    linear.setTilingAttr(value);
  else
    cast<ConvOp>(op).setTilingAttr(value);
}

void Layer::setPlacement(PlacementAttr value) {
  placement = value;
  if (auto linear = dyn_cast<LinearOp>(op))
    linear.setPlacementAttr(value);
  else
    cast<ConvOp>(op).setPlacementAttr(value);
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
