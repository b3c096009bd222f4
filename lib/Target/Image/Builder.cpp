//===- Builder.cpp - Constants, values and the interface ------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Builder.h"
#include "snn/Dialect/Onnx/LengthAxes.h"
#include "snn/Dialect/Onnx/Signature.h"
#include "snn/Target/Image/ChipSection.h"
#include "snn/image/Verify.h"

using namespace mlir;
using namespace snn;
using namespace snn::detail;
using namespace snn::image;

std::string snn::detail::getNode(Operation *op) {
  StringRef name = onnx::getNodeName(op->getLoc());
  return (name.empty() ? op->getName().getStringRef() : name).str();
}

pb::Coding snn::detail::toMessage(Type type) {
  pb::Coding message;
  auto fill = [&](auto coded) {
    message.set_bits(coded.getBits());
    message.set_zero(coded.getZero());
    message.set_mask(coded.getMask());
    message.set_radius(coded.getRadius());
    message.set_scale(coded.getScale());
    if (coded.getTable())
      for (int32_t level : coded.getTable().asArrayRef())
        message.add_table(uint32_t(level - coded.getTable()[0]));
  };
  Type element = getElementTypeOrSelf(type);
  if (auto phase = dyn_cast<spike::PhaseType>(element)) {
    pb::PhaseCode &code = *message.mutable_phase();
    code.set_base(phase.getBase());
    code.set_phases(phase.getPhases());
    code.set_positive(phase.getSign() == spike::PhaseSign::Positive);
    message.set_scale(phase.getScale());
    message.set_train(true);
    return message;
  }
  if (auto train = dyn_cast<spike::TTFSType>(element)) {
    fill(train);
    message.set_train(true);
  } else if (int64_t steps = spike::getTimeSteps(element)) {
    rt::Coding coding = *spike::getCoding(element);
    message.set_bits(uint32_t(coding.bits));
    message.set_scale(coding.scale);
    message.set_train(true);
    message.set_steps(uint32_t(steps));
    if (isa<spike::CountType>(element))
      message.set_max_count(uint32_t(spike::getMaxCount(element)));
  } else {
    fill(cast<spike::LevelType>(element));
  }
  return message;
}

int32_t ImageBuilder::addConstant(const rt::Tensor &tensor, std::string name,
                                  Role role) {
  // Names are unique, so that two images can be compared by name.
  std::string base = name;
  for (unsigned i = 1; !constantNames.insert(name).second; ++i)
    name = base + "." + std::to_string(i);
  data.resize(llvm::alignTo(data.size(), sectionAlignment), '\0');
  pb::Constant *message = contents.constants.add_constants();
  message->set_name(name);
  message->set_role(role);
  message->set_type(fromDType(tensor.dtype()));
  for (int64_t size : tensor.shape())
    message->add_shape(size);
  message->set_offset(data.size());
  message->set_bytes(tensor.bytes());
  data.append(static_cast<const char *>(tensor.raw()), tensor.bytes());
  return contents.constants.constants_size() - 1;
}

FailureOr<int32_t> ImageBuilder::addConstant(TypedAttr attribute, Operation *op,
                                             StringRef suffix, Role role) {
  auto known = constants.find(attribute);
  if (known != constants.end()) {
    // Tables that are gathered from are embeddings, whoever came first.
    if (role == pb::Constant::EMBEDDING)
      contents.constants.mutable_constants(known->second)->set_role(role);
    return known->second;
  }
  FailureOr<rt::Tensor> tensor = onnx::resolveConstant(attribute, op->getLoc());
  if (failed(tensor))
    return failure();
  int32_t index = addConstant(*tensor, getNode(op) + suffix.str(), role);
  constants[attribute] = index;
  return index;
}

FailureOr<uint32_t> ImageBuilder::addValue(Value value) {
  auto [it, inserted] =
      values.try_emplace(value, contents.program.values_size());
  if (!inserted)
    return it->second;
  auto type = cast<RankedTensorType>(value.getType());
  std::optional<rt::DType> storage = getStorageType(type.getElementType());
  if (!storage)
    return emitError(value.getLoc(), "needs elements that a chip stores, has ")
           << type.getElementType();
  uint32_t index = it->second;
  pb::Value *message = contents.program.add_values();
  message->set_type(fromDType(*storage));
  for (int64_t size : type.getShape())
    message->add_shape(ShapedType::isDynamic(size) ? -1 : size);
  if (spike::getCoding(type) || spike::getPhaseCoding(type))
    *message->mutable_coding() = toMessage(type);
  message->set_constant(-1);
  return index;
}

FailureOr<int32_t> ImageBuilder::addConstantValue(TypedAttr attribute,
                                                  Operation *op,
                                                  StringRef suffix) {
  FailureOr<int32_t> constant =
      addConstant(attribute, op, suffix, pb::Constant::DIGITAL);
  if (failed(constant))
    return failure();
  auto [it, inserted] =
      constantValues.try_emplace(*constant, contents.program.values_size());
  if (inserted) {
    const pb::Constant &source = contents.constants.constants(*constant);
    pb::Value *message = contents.program.add_values();
    message->set_type(source.type());
    *message->mutable_shape() = source.shape();
    message->set_constant(*constant);
  }
  return int32_t(it->second);
}

/// Describes one input or output.
static void fillPort(pb::Port *port, const std::string &name,
                     const LengthAxes &lengths, const pb::Value &value,
                     uint32_t index) {
  port->set_name(name);
  port->set_type(value.type());
  *port->mutable_shape() = value.shape();
  port->set_value(index);
  for (int64_t axis : lengths.axes)
    port->add_length_axes(uint32_t(axis));
  port->set_padding(lengths.padding);
}

LogicalResult ImageBuilder::addArguments() {
  for (BlockArgument argument : function.getArguments()) {
    FailureOr<uint32_t> value = addValue(argument);
    FailureOr<LengthAxes> lengths =
        getArgumentLengths(function, argument.getArgNumber());
    if (failed(value) || failed(lengths))
      return failure();
    fillPort(contents.interface.add_inputs(),
             getArgumentName(function, argument.getArgNumber()), *lengths,
             contents.program.values(int(*value)), *value);
  }
  return success();
}

LogicalResult ImageBuilder::addResults(func::ReturnOp op) {
  for (auto [index, operand] : llvm::enumerate(op.getOperands())) {
    FailureOr<uint32_t> value = addValue(operand);
    FailureOr<LengthAxes> lengths = getResultLengths(function, index);
    if (failed(value) || failed(lengths))
      return failure();
    pb::Port *port = contents.interface.add_outputs();
    fillPort(port, getResultName(function, index), *lengths,
             contents.program.values(int(*value)), *value);
    if (isConstantResult(function, index))
      port->set_constant(true);
  }
  return success();
}

LogicalResult ImageBuilder::build() {
  contents.chip = makeChipSection(chip);
  if (failed(addArguments()))
    return failure();
  for (Operation &op : function.getBody().front())
    if (failed(addOp(&op)))
      return failure();
  auto rounds = module->getAttrOfType<IntegerAttr>(xbar::roundsAttrName);
  contents.layers.set_rounds(rounds ? uint32_t(rounds.getInt()) : 1);
  contents.routing = makeRouting(contents);
  contents.statistics = makeStatistics(contents);
  return success();
}
