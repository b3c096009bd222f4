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
#include "llvm/ADT/TypeSwitch.h"

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
/// The five attributes that a kernel's coding is.
static void addCoding(pb::KernelCall &kernel, Type type) {
  pb::Coding coding = toMessage(type);
  for (uint32_t value :
       {coding.bits(), coding.zero(), coding.mask(), coding.radius()})
    add(kernel, int64_t(value));
  kernel.add_attributes()->set_real(coding.scale());
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
  if (isa<spike::SpikeDialect>(op->getDialect()))
    return addSpikeOp(op);
  if (auto kernel = dyn_cast<KernelOpInterface>(op))
    return addKernelOp(kernel);
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

LogicalResult ImageBuilder::addFire(spike::FireOp op) {
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

/// An op on trains of phase codes.
LogicalResult ImageBuilder::addPhaseOp(Operation *op) {
  SmallVector<Value> operands = llvm::to_vector(op->getOperands());
  pb::PhaseOp form;
  auto engine = op->getAttrOfType<StringAttr>("engine");
  if (engine)
    form.set_engine(engine.str());
  auto refuse = [&](StringRef what) {
    return op->emitOpError("reproduces ")
           << what << " of a released implementation, which no chip has";
  };
  if (auto woss = dyn_cast<spike::WossOp>(op)) {
    form.set_kind(pb::PhaseOp::WOSS);
    operands = {woss.getScores(), woss.getMultiplicative(), woss.getAdditive()};
  } else if (auto product = dyn_cast<spike::PhaseMatMulOp>(op)) {
    if (product.getSignBug())
      return refuse("the sign error");
    form.set_kind(pb::PhaseOp::PRODUCT);
    form.set_transposed(product.getTransposed());
    form.set_factor(product.getFactor().convertToDouble());
    operands = {product.getLhs(), product.getRhs(), product.getDivisor()};
  } else {
    form.set_kind(isa<spike::PhaseEncodeOp>(op)   ? pb::PhaseOp::ENCODE
                  : isa<spike::PhaseDecodeOp>(op) ? pb::PhaseOp::DECODE
                                                  : pb::PhaseOp::RESIDUAL);
    operands.truncate(isa<spike::PhaseResidualOp>(op) ? 2 : 1);
  }
  for (Type type : llvm::concat<Type>(llvm::to_vector(op->getOperandTypes()),
                                      llvm::to_vector(op->getResultTypes())))
    if (auto coding = dyn_cast<spike::PhaseType>(getElementTypeOrSelf(type));
        coding && coding.getRelease() != spike::PhaseRelease::None)
      return refuse("the coding");
  FailureOr<pb::Instruction *> message = addInstruction(op, operands);
  if (failed(message))
    return failure();
  *(*message)->mutable_phase() = std::move(form);
  return success();
}

LogicalResult ImageBuilder::addSpikeOp(Operation *op) {
  /// A kernel call; attributes follow.
  auto call = [&](StringRef name, Value x) -> FailureOr<pb::Instruction *> {
    FailureOr<pb::Instruction *> message = addInstruction(op, x);
    if (succeeded(message))
      (*message)->mutable_kernel()->set_name(name.str());
    return message;
  };
  // The kernels that scale accumulators take constants as operands.
  auto addParameters = [&](auto o, pb::Instruction &message) -> LogicalResult {
    FailureOr<int32_t> scale = addConstantValue(o.getScale(), o, ".scale");
    FailureOr<int32_t> bias = -1;
    if (o.getBias())
      bias = addConstantValue(*o.getBias(), o, ".bias");
    if (failed(scale) || failed(bias))
      return failure();
    message.add_operands(*scale);
    message.add_operands(*bias);
    return success();
  };
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](spike::FireOp o) { return addFire(o); })
      .Case([&](spike::EncodeOp o) -> LogicalResult {
        FailureOr<pb::Instruction *> message = call("encode", o.getX());
        if (failed(message))
          return failure();
        addCoding(*(*message)->mutable_kernel(), o.getResult().getType());
        add(*(*message)->mutable_kernel(), o.getDeadZone());
        return success();
      })
      .Case([&](spike::QuantizeOp o) -> LogicalResult {
        if (spike::isSpiking(o.getKind()))
          return o.emitOpError("leaves the spiking site '")
                 << o.getSite() << "' at its levels; run spike-mttfs first";
        FailureOr<pb::Instruction *> message = call("quantize", o.getX());
        if (failed(message))
          return failure();
        addCoding(*(*message)->mutable_kernel(), o.getResult().getType());
        return success();
      })
      .Case([&](spike::RequantizeOp o) -> LogicalResult {
        if (spike::isSpiking(o.getKind()))
          return o.emitOpError("leaves the spiking site '")
                 << o.getSite() << "' at its levels; run spike-mttfs first";
        FailureOr<pb::Instruction *> message = call("requantize", o.getX());
        if (failed(message) || failed(addParameters(o, **message)))
          return failure();
        pb::KernelCall &kernel = *(*message)->mutable_kernel();
        addCoding(kernel, o.getResult().getType());
        add(kernel, int64_t(o.getRelu()));
        add(kernel, frontAxis(o.getX(), o.getAxis()));
        return success();
      })
      .Case([&](spike::RescaleOp o) -> LogicalResult {
        FailureOr<pb::Instruction *> message = call("rescale", o.getX());
        if (failed(message) || failed(addParameters(o, **message)))
          return failure();
        add(*(*message)->mutable_kernel(), frontAxis(o.getX(), o.getAxis()));
        return success();
      })
      .Case<spike::LifOp, spike::BernoulliOp>(
          [&](auto o) { return addNeurons(o); })
      .Case<spike::SdsaOp, spike::SsaOp>(
          [&](auto o) { return addAttention(o); })
      .Case([&](spike::DequantizeOp o) -> LogicalResult {
        // A binary spike is its number.
        if (isa<spike::BinaryType>(getElementTypeOrSelf(o.getX().getType()))) {
          FailureOr<pb::Instruction *> message = call("cast", o.getX());
          if (failed(message))
            return failure();
          (*message)->mutable_kernel()->add_attributes()->set_text("F32");
          return success();
        }
        FailureOr<pb::Instruction *> message = call("dequantize", o.getX());
        if (failed(message))
          return failure();
        addCoding(*(*message)->mutable_kernel(), o.getX().getType());
        return success();
      })
      .Case([&](spike::TokenMaskOp o) -> LogicalResult {
        FailureOr<pb::Instruction *> message = call("token_mask", o.getMask());
        if (failed(message))
          return failure();
        SmallVector<int64_t> shape;
        for (int64_t size :
             cast<RankedTensorType>(o.getResult().getType()).getShape())
          shape.push_back(ShapedType::isDynamic(size) ? -1 : size);
        add(*(*message)->mutable_kernel(), shape);
        return success();
      })
      .Case<spike::PhaseEncodeOp, spike::PhaseDecodeOp, spike::PhaseResidualOp,
            spike::WossOp, spike::PhaseMatMulOp>(
          [&](Operation *o) { return addPhaseOp(o); })
      .Case<spike::LinearOp, spike::ConvOp, spike::MatMulOp,
            spike::PhaseLinearOp, spike::PhaseConvOp>(
          [](Operation *o) -> LogicalResult {
            return o->emitOpError("is not mapped; run spike-to-xbar first");
          })
      .Default([](Operation *o) -> LogicalResult {
        return o->emitOpError("is executed by no unit of a chip");
      });
}

LogicalResult ImageBuilder::addKernelOp(KernelOpInterface op) {
  StringRef name = op.getKernelName();
  if (!rt::findKernel(name))
    return op->emitOpError("names the kernel '")
           << name << "', which the runtime does not have";
  FailureOr<pb::Instruction *> message =
      addInstruction(op, op.getKernelOperands());
  if (failed(message))
    return failure();
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
