//===- Program.cpp - One instruction an op --------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Crossbar layers, products and firing have units of their own; every other op
// is a call of a kernel of the runtime's table, with the operands and
// attributes in the order of the kernel's parameters.
//
//===----------------------------------------------------------------------===//

#include "Builder.h"
#include "snn/Dialect/Spike/Requantiser.h"
#include "snn/runtime/KernelTable.h"

#include <cstring>

using namespace mlir;
using namespace snn;
using namespace snn::detail;
using namespace snn::image;

static int64_t frontAxis(Value x, int64_t axis) {
  return axis < 0 ? axis + cast<RankedTensorType>(x.getType()).getRank() : axis;
}

/// Appends kernel attributes.
static void add(pb::KernelCall &kernel, int64_t value) {
  kernel.add_attributes()->set_integer(value);
}
static void add(pb::KernelCall &kernel, ArrayRef<int64_t> values) {
  pb::Attribute::Integers *list = kernel.add_attributes()->mutable_integers();
  for (int64_t value : values)
    list->add_values(value);
}
FailureOr<pb::Instruction *>
ImageBuilder::addInstruction(Operation *op, ArrayRef<Value> operands) {
  SmallVector<int32_t> indices;
  for (Value operand : operands) {
    if (!operand) {
      indices.push_back(-1);
      continue;
    }
    FailureOr<uint32_t> value = addValue(operand);
    if (failed(value))
      return failure();
    indices.push_back(int32_t(*value));
  }
  int32_t valid = -1;
  std::optional<spike::Site> site = spike::getSite(op);
  if (site && site->valid) {
    FailureOr<uint32_t> value = addValue(site->valid);
    if (failed(value))
      return failure();
    valid = int32_t(*value);
  }
  SmallVector<uint32_t> results;
  for (Value result : op->getResults()) {
    FailureOr<uint32_t> value = addValue(result);
    if (failed(value))
      return failure();
    results.push_back(*value);
  }
  pb::Instruction *message = contents.program.add_instructions();
  message->mutable_operands()->Add(indices.begin(), indices.end());
  message->mutable_results()->Add(results.begin(), results.end());
  message->set_node(getNode(op));
  if (site) {
    pb::Site *out = message->mutable_site();
    out->set_name(site->name.str());
    out->set_kind(spike::stringifySiteKind(site->kind).str());
    out->set_valid(valid);
    for (int64_t axis : site->tokenAxes)
      out->add_token_axes(axis);
  }
  return message;
}

LogicalResult ImageBuilder::addOp(Operation *op) {
  if (auto constant = dyn_cast<onnx::ConstantOp>(op)) {
    // A table whose rows are gathered is an embedding.
    bool isEmbedding = llvm::any_of(op->getUses(), [](OpOperand &use) {
      return isa<onnx::GatherOp>(use.getOwner()) && use.getOperandNumber() == 0;
    });
    FailureOr<int32_t> index = addConstant(constant.getValue(), op, "",
                                           isEmbedding ? pb::Constant::EMBEDDING
                                                       : pb::Constant::DIGITAL);
    FailureOr<uint32_t> value = addValue(constant.getResult());
    if (failed(index) || failed(value))
      return failure();
    contents.program.mutable_values(int(*value))->set_constant(*index);
    return success();
  }
  if (auto terminator = dyn_cast<func::ReturnOp>(op))
    return addResults(terminator);
  if (std::optional<xbar::Layer> layer = xbar::getLayer(op)) {
    FailureOr<uint32_t> index = addLayer(*layer);
    FailureOr<pb::Instruction *> message = addInstruction(op, layer->input);
    if (failed(index) || failed(message))
      return failure();
    (*message)->set_layer(*index);
    (*message)->set_node(layer->name.str());
    return success();
  }
  if (auto product = dyn_cast<xbar::ProductOp>(op))
    return addProduct(product);
  if (auto kernel = dyn_cast<KernelOpInterface>(op);
      kernel && !kernel.getKernelName().empty())
    return addKernelOp(kernel);
  for (auto addFamily :
       {&ImageBuilder::addFire, &ImageBuilder::addPhaseOp,
        &ImageBuilder::addNeurons, &ImageBuilder::addAttention})
    if (Added added = (this->*addFamily)(op))
      return *added;
  if (isa<spike::EventConsumerOpInterface>(op))
    return op->emitOpError("is not mapped; run spike-to-xbar first");
  return op->emitOpError("is executed by no unit of a chip");
}

LogicalResult ImageBuilder::addProduct(xbar::ProductOp op) {
  FailureOr<pb::Instruction *> message =
      addInstruction(op, {op.getLhs(), op.getRhs(), op.getValid()});
  if (failed(message))
    return failure();
  (*message)->set_product(contents.engines.products_size());
  pb::Product *product = contents.engines.add_products();
  product->set_node(getNode(op));
  product->set_engine(op.getEngine().str());
  product->set_transposed(op.getTransposed());
  *product->mutable_train() = toMessage(op.getLhs().getType());
  *product->mutable_resident() = toMessage(op.getRhs().getType());
  product->set_keys_per_tile(uint32_t(op.getKeysPerTile().value_or(0)));
  product->set_reduce_keys(op.getReduceKeys());
  return success();
}

/// Whether two thresholds are the same integers.
static bool isEqual(const rt::Tensor &a, const rt::Tensor &b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() &&
         std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

/// What a firing site's thresholds follow from, where that is smaller than the
/// thresholds and gives them exactly.
static FailureOr<std::optional<
    std::pair<rt::Requantiser, std::vector<rt::AccumulatorRange>>>>
findCompactForm(spike::FireOp op, const rt::Tensor &thresholds) {
  using Form = std::pair<rt::Requantiser, std::vector<rt::AccumulatorRange>>;
  FailureOr<std::optional<rt::Requantiser>> requantiser =
      spike::getRequantiser(op);
  if (failed(requantiser))
    return failure();
  if (!*requantiser)
    return std::optional<Form>();
  int64_t axis = frontAxis(op.getX(), op.getAxis());
  FailureOr<std::vector<rt::AccumulatorRange>> ranges =
      spike::findAccumulatorRanges(op.getX(), axis);
  if (failed(ranges))
    return failure();
  int64_t channels =
      cast<RankedTensorType>(op.getX().getType()).getDimSize(axis);
  std::vector<rt::AccumulatorRange> rows =
      rt::thresholdRanges(**requantiser, *ranges, channels);
  size_t bytes = (*requantiser)->scale.bytes() + rows.size() * 8;
  if ((*requantiser)->bias.defined())
    bytes += (*requantiser)->bias.bytes();
  if (bytes >= thresholds.bytes())
    return std::optional<Form>();
  try {
    if (!isEqual(rt::buildThresholds(**requantiser, rows), thresholds))
      return std::optional<Form>();
  } catch (const std::exception &e) {
    return op.emitOpError(e.what());
  }
  return std::optional(Form(**requantiser, std::move(rows)));
}

ImageBuilder::Added ImageBuilder::addFire(Operation *op) {
  if (auto fire = dyn_cast<spike::FireOp>(op))
    return addThresholds(fire);
  return std::nullopt;
}

LogicalResult ImageBuilder::addThresholds(spike::FireOp op) {
  FailureOr<rt::Tensor> thresholds =
      onnx::resolveConstant(op.getThresholds(), op.getLoc());
  if (failed(thresholds))
    return failure();
  auto form = findCompactForm(op, *thresholds);
  FailureOr<pb::Instruction *> message = addInstruction(op, op.getX());
  if (failed(form) || failed(message))
    return failure();
  (*message)->set_requantiser(contents.requantisers.requantisers_size());
  pb::Requantiser *out = contents.requantisers.add_requantisers();
  std::string site = op.getSite().str();
  out->set_site(site);
  *out->mutable_coding() = toMessage(op.getResult().getType());
  out->set_axis(uint32_t(frontAxis(op.getX(), op.getAxis())));
  out->set_thresholds(-1);
  out->set_scale(-1);
  out->set_bias(-1);
  out->set_lowest(-1);
  out->set_highest(-1);
  Role role = pb::Constant::REQUANTISER;
  if (!*form) {
    out->set_thresholds(addConstant(*thresholds, site + ".thresholds", role));
    return success();
  }
  const auto &[requantiser, ranges] = **form;
  out->set_scale(addConstant(requantiser.scale, site + ".scale", role));
  if (requantiser.bias.defined())
    out->set_bias(addConstant(requantiser.bias, site + ".bias", role));
  out->set_relu(requantiser.relu);
  out->set_dead_zone(uint32_t(requantiser.deadZone));
  std::vector<int32_t> lowest, highest;
  for (const rt::AccumulatorRange &range : ranges) {
    lowest.push_back(int32_t(range.lowest));
    highest.push_back(int32_t(range.highest));
  }
  rt::Shape shape = {int64_t(ranges.size())};
  out->set_lowest(addConstant(rt::Tensor::fromVector(shape, lowest),
                              site + ".lowest", role));
  out->set_highest(addConstant(rt::Tensor::fromVector(shape, highest),
                               site + ".highest", role));
  return success();
}

LogicalResult ImageBuilder::addKernelOp(KernelOpInterface op) {
  StringRef name = op.getKernelName();
  if (!rt::findKernel(name))
    return op->emitOpError("names the kernel '")
           << name << "', which the runtime does not have";
  // Resident operands alone stay levels.
  if (std::optional<spike::Site> site = spike::getSite(op);
      site && spike::isSpiking(site->kind) &&
      isa<spike::LevelType>(getElementTypeOrSelf(site->result.getType())))
    return op->emitOpError("leaves the spiking site '")
           << site->name << "' at its levels; run spike-mttfs first";
  FailureOr<pb::Instruction *> message =
      addInstruction(op, op.getKernelOperands());
  if (failed(message))
    return failure();
  for (const KernelConstant &constant : op.getKernelConstants()) {
    FailureOr<int32_t> value = -1;
    if (constant.value)
      value = addConstantValue(constant.value, op, "." + constant.name.str());
    if (failed(value))
      return failure();
    (*message)->add_operands(*value);
  }
  pb::KernelCall &kernel = *(*message)->mutable_kernel();
  kernel.set_name(name.str());
  for (Attribute attribute : op.getKernelAttributes()) {
    std::optional<rt::KernelAttribute> value = toKernelAttribute(attribute);
    if (!value)
      return op->emitOpError("has a kernel attribute of an unknown kind");
    if (auto *integer = std::get_if<int64_t>(&*value))
      add(kernel, *integer);
    else if (auto *real = std::get_if<double>(&*value))
      kernel.add_attributes()->set_real(*real);
    else if (auto *integers = std::get_if<rt::Ints>(&*value))
      add(kernel, ArrayRef<int64_t>(*integers));
    else
      kernel.add_attributes()->set_text(std::get<std::string>(*value));
  }
  return success();
}
