//===- Synapses.cpp - Counts of layers and products -----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DigitalCost.h"
#include "WorkloadBuilder.h"
#include "snn/Dialect/Xbar/Xbar.h"

using namespace mlir;
using namespace snn;
using namespace snn::chip;

bool snn::chip::isStaticLayer(Operation *op) {
  auto consumer = dyn_cast<spike::EventConsumerOpInterface>(op);
  return consumer && consumer.getWeight();
}

bool snn::chip::isDynamicProduct(Operation *op) {
  auto consumer = dyn_cast<spike::EventConsumerOpInterface>(op);
  return (consumer && consumer.getResident()) || isa<onnx::AttentionOp>(op);
}

FailureOr<unsigned> snn::chip::getWeightBits(Attribute weight, Location loc) {
  FailureOr<rt::Tensor> tensor = onnx::resolveConstant(weight, loc);
  if (failed(tensor))
    return failure();
  if (tensor->dtype() == rt::DType::F32)
    return 32u;
  int64_t low = 0, high = 0;
  bool hasZero = false, hasNegative = false;
  auto scan = [&](auto *data) {
    for (int64_t i = 0; i < tensor->size(); ++i) {
      low = std::min<int64_t>(low, data[i]);
      high = std::max<int64_t>(high, data[i]);
      hasZero |= data[i] == 0;
      hasNegative |= data[i] < 0;
    }
  };
  if (tensor->dtype() == rt::DType::I16)
    scan(tensor->data<int16_t>());
  else
    scan(tensor->data<int8_t>());
  if (high <= 1 && low >= -1 && !(hasZero && hasNegative))
    return 1u;
  unsigned bits = 1;
  while (high > (int64_t(1) << (bits - 1)) - 1 ||
         low < -(int64_t(1) << (bits - 1)))
    ++bits;
  return bits;
}

FailureOr<std::optional<Mapping>> snn::chip::getMapping(Operation *op,
                                                        const Chip &chip) {
  if (!chip.hasCrossbars())
    return std::optional<Mapping>();
  std::optional<xbar::Layer> layer = xbar::getLayer(op);
  if (!layer || !layer->tiling)
    return op->emitOpError("is not cut into tiles of chip '")
           << chip.name << "'; run spike-to-xbar and xbar-tile first";
  xbar::TilingAttr tiling = layer->tiling;
  Mapping map;
  map.slices = double(tiling.getSlices());
  map.rowBlocks = double(tiling.getRowBlocks());
  map.columnBlocks = double(tiling.getColumnBlocks());
  map.activeRows = double(tiling.getActiveRows());
  map.passes = unsigned(tiling.getPasses());
  map.exact = tiling.getExact();
  map.rowGroups = 0;
  for (int64_t block = 0; block < tiling.getRowBlocks(); ++block)
    map.rowGroups += double(tiling.getRowGroups(layer->usedRows(block)));
  map.rowGroupsPerTile = double(tiling.getRowGroups(layer->usedRows(0)));
  map.columnsPerTile = double(layer->usedOutputs(0)) * map.slices;
  if (xbar::PlacementAttr placement = layer->placement) {
    map.replicas = double(placement.getReplicas());
    map.round = unsigned(placement.getRound());
    ArrayRef<int64_t> crossbars = placement.getCrossbars();
    map.crossbars.assign(crossbars.begin(), crossbars.end());
    if (placement.getRoundCount() > 1) {
      map.roundTiles.assign(placement.getRoundTiles().asArrayRef().begin(),
                            placement.getRoundTiles().asArrayRef().end());
      // A boundary within a column block.
      int64_t rowBlocks = tiling.getRowBlocks(), tile = 0;
      for (int64_t tiles : map.roundTiles) {
        if (tile % rowBlocks != 0)
          map.keptSums += double(
              layer->usedOutputs(tile / rowBlocks % tiling.getColumnBlocks()));
        tile += tiles;
      }
    }
  }
  return std::optional<Mapping>(std::move(map));
}

LogicalResult WorkloadBuilder::addStaticLayer(Operation *op, Load &load) {
  Value train = op->getOperand(0);
  if (!isTrain(train))
    return op->emitOpError("needs a spike train for a report, has ")
           << getElementTypeOrSelf(train.getType())
           << "; run spike-mttfs first";
  load.site = findSiteOf(train);
  if (load.site < 0)
    return op->emitOpError("has spikes that come from no site");
  auto layer = cast<spike::EventConsumerOpInterface>(op);
  TypedAttr weightAttr = layer.getWeight();
  auto weight = cast<RankedTensorType>(weightAttr.getType());
  auto result = cast<RankedTensorType>(op->getResult(0).getType());
  load.rateSite = findBinarySite(train);
  load.isSynaptic = true;
  load.unit = chip.hasCrossbars() ? Unit::Crossbar : Unit::DigitalCore;
  load.neurons = countElements(train);
  load.weights = double(weight.getNumElements());
  double results = countElements(op->getResult(0));
  if (std::optional<spike::Window> window = layer.getWindow()) {
    load.groups = double(window->group);
    load.outputs = double(weight.getDimSize(0));
    load.inputs = load.weights / load.outputs;
    load.vectors = results / load.outputs;
    // Padded taps are no inputs.
    double taps = 1;
    auto x = cast<RankedTensorType>(train.getType());
    double samples = double(result.getDimSize(0));
    for (int64_t axis = 2; axis < x.getRank(); ++axis) {
      double sum = 0;
      for (int64_t reads : spike::countReadsAlongAxis(
               x.getDimSize(axis), result.getDimSize(axis),
               weight.getDimSize(axis), window->strides[axis - 2],
               window->dilations[axis - 2], window->pads[axis - 2]))
        sum += double(reads);
      taps *= sum;
    }
    load.synapses =
        samples * load.outputs * double(weight.getDimSize(1)) * taps;
  } else {
    load.inputs = double(weight.getDimSize(0));
    load.outputs = double(weight.getDimSize(1));
    load.vectors = results / load.outputs;
    load.synapses = results * load.inputs;
  }
  FailureOr<unsigned> bits = getWeightBits(weightAttr, op->getLoc());
  FailureOr<std::optional<Mapping>> mapping = getMapping(op, chip);
  if (failed(bits) || failed(mapping))
    return failure();
  load.weightBits = *bits;
  load.mapping = std::move(*mapping);
  if (load.mapping) {
    // Kept sums are written to the digital unit's memory and read again.
    double bits = 2 * 32 * load.vectors * load.mapping->keptSums;
    load.memoryBits += bits;
    load.movedBits += bits;
  }
  return success();
}

const Engine *WorkloadBuilder::findEngineOf(Operation *op) const {
  auto name = op->getAttrOfType<StringAttr>("engine");
  for (const Engine &engine : chip.engines)
    if (name && toString(engine.kind.value) == name.getValue())
      return &engine;
  return nullptr;
}

LogicalResult WorkloadBuilder::addProduct(Operation *op, Load &load) {
  Value train = op->getOperand(0);
  Value resident = cast<spike::EventConsumerOpInterface>(op).getResident();
  auto lhs = cast<RankedTensorType>(train.getType());
  auto result = cast<RankedTensorType>(op->getResult(0).getType());
  double results = countElements(op->getResult(0));
  load.neurons = countElements(train);
  load.inputs = double(lhs.getShape().back());
  load.outputs = double(result.getShape().back());
  load.vectors = results / load.outputs;
  load.batches = load.vectors / double(result.getDimSize(result.getRank() - 2));
  load.synapses = results * load.inputs;
  load.weights = countElements(resident);
  load.weightBits = elementBits(resident.getType());
  const Engine *engine = findEngineOf(op);
  if (!engine) {
    // The digital unit multiplies integers, or what phases stand for.
    auto attention = dyn_cast<spike::AttentionEngineOpInterface>(op);
    load.isFloatProduct = attention && !attention.sumsIntegers();
    (load.isFloatProduct ? load.floatMacs : load.integerMacs) = load.synapses;
    load.memoryBits = load.neurons * elementBits(lhs) +
                      load.weights * load.weightBits + results * 32;
    return success();
  }
  if (!isTrain(train))
    return op->emitOpError("needs a spike train for a report, has ")
           << lhs.getElementType() << "; run spike-mttfs first";
  load.site = findSiteOf(train);
  if (load.site < 0)
    return op->emitOpError("has spikes that come from no site");
  if (isTrain(resident))
    load.residentSite = findSiteOf(resident);
  load.isSynaptic = true;
  load.unit = Unit::Engine;
  load.engine = engine->kind;
  if (auto tiles = op->getAttrOfType<IntegerAttr>("key_tiles"))
    load.keyTiles = double(tiles.getInt());
  return success();
}
