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

std::optional<Layer> snn::xbar::getLayer(Operation *op) {
  auto interface = dyn_cast<LayerOpInterface>(op);
  if (!interface)
    return std::nullopt;
  auto weight = cast<RankedTensorType>(interface.getWeight().getType());
  auto result = cast<RankedTensorType>(op->getResult(0).getType());
  if (!result.hasStaticShape())
    return std::nullopt;
  Layer layer;
  layer.op = op;
  layer.name = interface.getLayer();
  if (StringAttr owner = interface.getCellsOfAttr())
    layer.cellsOf = owner.getValue();
  layer.input = interface.getX();
  layer.weight = interface.getWeight();
  layer.tiling = interface.getTilingAttr();
  layer.placement = interface.getPlacementAttr();
  layer.window = cast<spike::EventConsumerOpInterface>(op).getWindow();
  layer.groups = 1;
  layer.inputs = weight.getDimSize(0);
  layer.outputs = weight.getDimSize(1);
  if (layer.window) {
    layer.groups = layer.window->group;
    layer.outputs = weight.getDimSize(0) / layer.groups;
    layer.inputs = weight.getNumElements() / weight.getDimSize(0);
  }
  layer.vectors = result.getNumElements() / (layer.groups * layer.outputs);
  return layer;
}

bool snn::xbar::haveSameWeights(Operation *a, Operation *b) {
  if (a->getName() != b->getName() || cast<LayerOpInterface>(a).getWeight() !=
                                          cast<LayerOpInterface>(b).getWeight())
    return false;
  std::optional<spike::Window>
      x = cast<spike::EventConsumerOpInterface>(a).getWindow(),
      y = cast<spike::EventConsumerOpInterface>(b).getWindow();
  return !x || (x->strides == y->strides && x->pads == y->pads &&
                x->dilations == y->dilations && x->group == y->group);
}

SmallVector<Layer> snn::xbar::getLayers(Operation *root) {
  SmallVector<Layer> layers;
  root->walk([&](Operation *op) {
    if (std::optional<Layer> layer = getLayer(op))
      layers.push_back(*layer);
  });
  return layers;
}

std::optional<Layer> Layer::getSecondPass() const {
  Operation *next = op->getNextNode();
  std::optional<Layer> layer = next ? getLayer(next) : std::nullopt;
  return layer && layer->cellsOf == name ? layer : std::nullopt;
}

void Layer::setTiling(TilingAttr value) {
  tiling = value;
  cast<LayerOpInterface>(op).setTilingAttr(value);
}

void Layer::setPlacement(PlacementAttr value) {
  placement = value;
  cast<LayerOpInterface>(op).setPlacementAttr(value);
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
