//===- Workload.cpp - From IR to counts -----------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Report/Workload.h"
#include "DigitalCost.h"
#include "WorkloadBuilder.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "snn/Dialect/Spike/Facts.h"
#include "snn/Dialect/Xbar/Xbar.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace snn;
using namespace snn::chip;

StringRef snn::chip::toString(Unit unit) {
  switch (unit) {
  case Unit::Crossbar:
    return "crossbar";
  case Unit::DigitalCore:
    return "digital_core";
  case Unit::Engine:
    return "engine";
  case Unit::DigitalUnit:
    return "digital_unit";
  }
  llvm_unreachable("unknown unit");
}

//===----------------------------------------------------------------------===//
// Sites
//===----------------------------------------------------------------------===//

int WorkloadBuilder::addSite(StringRef name, Value train,
                             ArrayRef<int64_t> histogram) {
  SiteLoad site;
  site.name = name.str();
  site.phase = spike::getPhaseCoding(train.getType());
  if (!site.phase)
    site.coding = *spike::getCoding(train.getType());
  site.neurons = countElements(train);
  if (int64_t steps = spike::getTimeSteps(train.getType()))
    site.steps = unsigned(steps);
  if (isa<spike::CountType>(getElementTypeOrSelf(train.getType())))
    site.maxCount = unsigned(spike::getMaxCount(train.getType()));
  if (chip.hasCrossbars()) {
    site.driveBits = unsigned(chip.crossbar.driveBits);
    site.asSlots = site.maxCount > 0 && chip.crossbar.countSlots.value != 0;
  }
  site.histogram.assign(histogram.begin(), histogram.end());
  workload.sites.push_back(std::move(site));
  return int(workload.sites.size()) - 1;
}

int WorkloadBuilder::findSiteOf(Value train) {
  // Slices and concatenations take the rate of what they read first.
  while (Operation *op = train.getDefiningOp()) {
    if (std::optional<spike::Site> site = spike::getSite(op))
      return workload.findSite(site->name);
    if (op->getNumOperands() == 0)
      return -1;
    train = op->getOperand(0);
  }
  auto argument = cast<BlockArgument>(train);
  if (!isTrain(train))
    return -1;
  auto [entry, isNew] = siteOfArgument.try_emplace(train, 0);
  if (isNew)
    entry->second =
        addSite("arg" + std::to_string(argument.getArgNumber()), train, {});
  return entry->second;
}

bool snn::chip::isTrain(Value value) {
  return spike::isTrain(value.getType()) ||
         isa<spike::PhaseType>(getElementTypeOrSelf(value));
}

int SiteLoad::passes() const {
  if (phase)
    return phase->phases * (phase->unipolar ? 1 : 2);
  if (asSlots)
    return int(maxCount);
  return int(llvm::divideCeil(rt::bitSerialPasses(coding), driveBits));
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

/// Routing: the result holds the operand's elements, and no unit computes.
static bool isRouting(Operation *op) {
  if (isa<onnx::ReshapeOp>(op))
    return true;
  bool isCoded = spike::getCoding(op->getResult(0).getType()).has_value() ||
                 spike::getPhaseCoding(op->getResult(0).getType()) ||
                 getElementTypeOrSelf(op->getResult(0)).isInteger(32);
  return isCoded && isa<onnx::TransposeOp, onnx::SliceOp, onnx::SplitOp>(op);
}

LogicalResult WorkloadBuilder::addOp(Operation *op) {
  for (Value result : op->getResults())
    if (auto type = dyn_cast<ShapedType>(result.getType());
        type && !type.hasStaticShape())
      return op->emitOpError("needs static shapes for a report; run "
                             "spike-specialize-batch first");
  if (isa<onnx::ConstantOp>(op))
    return success();
  if (isRouting(op)) {
    if (auto found = entryOf.find(op->getOperand(0)); found != entryOf.end())
      for (Value result : op->getResults())
        entryOf[result] = found->second;
    return success();
  }
  Load load;
  load.name = onnx::getNodeName(op->getLoc()).str();
  if (std::optional<xbar::Layer> layer = xbar::getLayer(op)) {
    load.name = layer->name.str();
    if (!layer->hasOwnCells())
      load.cellsOf = int(workload.loads.size()) - 1;
  }
  load.op = op->getName().getStringRef().str();
  if (load.name.empty())
    load.name = load.op + "#" + std::to_string(workload.loads.size());
  if (std::optional<spike::Site> site = spike::getSite(op);
      site && isTrain(site->result)) {
    ArrayRef<int64_t> histogram;
    if (auto counts = spike::facts(op).getHistogramAttrHelper().getAttr(op))
      histogram = counts.asArrayRef();
    int index = addSite(site->name, site->result, histogram);
    if (isSpikingUnit(op)) {
      if (failed(addSpiking(op, index, load)))
        return failure();
    } else if (isa<spike::NeuronOpInterface>(op)) {
      load.fireSite = index;
    }
  }
  LogicalResult added = success();
  if (isStaticLayer(op))
    added = addStaticLayer(op, load);
  else if (isDynamicProduct(op) && !isa<onnx::AttentionOp>(op))
    added = addProduct(op, load);
  else if (!load.spiking &&
           (load.fireSite < 0 ||
            (isa<spike::AttentionEngineOpInterface>(op) && !findEngineOf(op))))
    added = addDigitalCost(op, load);
  addNormalisation(op, load);
  if (failed(added))
    return failure();
  addProducers(op, load);
  for (Value result : op->getResults())
    entryOf[result] = unsigned(workload.loads.size());
  workload.loads.push_back(std::move(load));
  ops.push_back(op);
  return success();
}

/// Whether one of the value's axes runs over the network's tokens.
static bool hasTokens(Value value, double tokens) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && tokens > 1 &&
         llvm::is_contained(type.getShape(), int64_t(tokens));
}

void WorkloadBuilder::addProducers(Operation *op, Load &load) {
  double tokens = workload.tokens;
  // A convolution, reduction or gather may need any token of its operand.
  bool mixes = !spike::getSite(op) && op->getNumOperands() > 0 &&
               (isa<onnx::AttentionOp, onnx::GatherOp, onnx::ConcatOp,
                    onnx::ReduceMeanOp, onnx::ReduceSumOp, onnx::ReduceMaxOp,
                    onnx::TransposeOp, onnx::ConvOp, onnx::SliceOp>(op) ||
                op->getName().getStringRef().ends_with(".conv"));
  load.isTokenwise = hasTokens(op->getResult(0), tokens);
  for (OpOperand &operand : op->getOpOperands()) {
    auto found = entryOf.find(operand.get());
    if (found == entryOf.end())
      continue;
    // Attention of binary trains needs all tokens of a step.
    bool isResident = isSpikingAttention(op) ||
                      (operand.getOperandNumber() > 0 && isDynamicProduct(op));
    bool isWhole = mixes || isResident || !load.isTokenwise ||
                   !hasTokens(operand.get(), tokens);
    (isWhole ? load.wholeProducers : load.producers).push_back(found->second);
  }
}

//===----------------------------------------------------------------------===//
// Blocks and layers
//===----------------------------------------------------------------------===//

/// A product that ends an attention: probabilities times values.
static bool endsAttention(Operation *op) {
  if (isa<onnx::AttentionOp>(op) || isSpikingAttention(op))
    return true;
  if (!isDynamicProduct(op))
    return false;
  Operation *site = spike::getProducingSite(op->getOperand(0));
  return site && spike::getSite(site)->kind == spike::SiteKind::Probability;
}

/// A block begins with the layers that feed its attention (queries, keys,
/// values) and ends in front of those of the next one.
void WorkloadBuilder::assignBlocks() {
  unsigned n = workload.loads.size();
  // Attentions upstream of each entry.
  std::vector<int> before(n, 0);
  // Whether an attention product follows without a static layer in between.
  std::vector<bool> feeds(n, false);
  auto forProducers = [&](unsigned i, auto visit) {
    for (unsigned p : workload.loads[i].producers)
      visit(p);
    for (unsigned p : workload.loads[i].wholeProducers)
      visit(p);
  };
  for (unsigned i = 0; i < n; ++i) {
    forProducers(i, [&](unsigned p) {
      before[i] = std::max(before[i], before[p] + endsAttention(ops[p]));
    });
    workload.blocks += endsAttention(ops[i]) && before[i] == workload.blocks;
  }
  for (unsigned i = n; i-- > 0;)
    if (isDynamicProduct(ops[i]) || isSpikingAttention(ops[i]) ||
        (feeds[i] && !isStaticLayer(ops[i])))
      forProducers(i, [&](unsigned p) { feeds[p] = true; });
  for (unsigned i = 0; i < n; ++i)
    workload.loads[i].block =
        feeds[i] || endsAttention(ops[i]) ? before[i] : before[i] - 1;
}

/// An op belongs to the layer whose result it processes.
void WorkloadBuilder::assignLayers() {
  llvm::StringMap<unsigned> uses;
  for (Load &load : workload.loads) {
    if (load.isSynaptic || load.isFloatProduct || load.integerMacs > 0 ||
        (load.spiking && load.spiking->heads > 0)) {
      unsigned use = uses[load.name]++;
      load.layer = use ? load.name + "#" + std::to_string(use) : load.name;
      continue;
    }
    load.layer = "input";
    int latest = -1;
    for (const auto &list : {load.producers, load.wholeProducers})
      for (unsigned p : list)
        latest = std::max(latest, int(p));
    if (latest >= 0)
      load.layer = workload.loads[latest].layer;
  }
}

/// Neurons fire where their potentials are.
void WorkloadBuilder::assignFiring() {
  for (Load &load : workload.loads) {
    if (load.fireSite < 0)
      continue;
    for (const auto &list : {load.producers, load.wholeProducers})
      for (unsigned p : list) {
        load.source = int(p);
        load.unit = workload.loads[p].unit;
      }
  }
}

//===----------------------------------------------------------------------===//
// Module
//===----------------------------------------------------------------------===//

/// The vectors of a linear: the network's tokens, if it is a transformer.
static double findTokens(func::FuncOp function) {
  llvm::MapVector<int64_t, unsigned> votes;
  for (Operation &op : function.getOps()) {
    if (!isStaticLayer(&op))
      continue;
    auto type = dyn_cast<RankedTensorType>(op.getResult(0).getType());
    if (!type || type.getRank() < 2 || !type.hasStaticShape())
      continue;
    ++votes[type.getDimSize(type.getRank() - 2)];
  }
  int64_t best = 1;
  unsigned most = 0;
  for (auto [tokens, count] : votes)
    if (count > most) {
      best = tokens;
      most = count;
    }
  return double(best);
}

FailureOr<Workload> WorkloadBuilder::build() {
  auto functions = module.getOps<func::FuncOp>();
  if (!llvm::hasSingleElement(functions))
    return module.emitError("needs one function for a report");
  func::FuncOp function = *functions.begin();
  workload.tokens = findTokens(function);
  workload.randomCalibration =
      spike::facts(module).getRandomCalibrationAttrHelper().isAttrPresent(
          module);
  if (auto rounds = module->getAttrOfType<IntegerAttr>(xbar::roundsAttrName))
    workload.rounds = double(rounds.getInt());
  for (Operation &op : function.getBody().front().without_terminator())
    if (failed(addOp(&op)))
      return failure();
  assignRepeats();
  assignBlocks();
  assignLayers();
  assignFiring();
  assignOwners();
  return std::move(workload);
}

FailureOr<Workload> snn::chip::buildWorkload(ModuleOp module,
                                             const Chip &chip) {
  return WorkloadBuilder(module, chip).build();
}
