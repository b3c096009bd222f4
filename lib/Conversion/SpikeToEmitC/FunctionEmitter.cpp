//===- FunctionEmitter.cpp - The forward function of a simulator ----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FunctionEmitter.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/runtime/KernelTable.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace snn;

FunctionEmitter::FunctionEmitter(func::FuncOp function, OpBuilder &builder,
                                 ConstantTable &constants)
    : function(function), builder(builder), constants(constants),
      plan(function.getBody().front()) {}

static Type opaque(OpBuilder &builder, StringRef type) {
  return emitc::OpaqueType::get(builder.getContext(), type);
}

LogicalResult FunctionEmitter::emit() {
  OpBuilder::InsertionGuard guard(builder);
  auto type = builder.getFunctionType(
      {opaque(builder, "Run &"), opaque(builder, "const TensorList &"),
       opaque(builder, "const TensorOutputs &")},
      {});
  auto target =
      emitc::FuncOp::create(builder, function.getLoc(), "forward", type);
  target.setSpecifiersAttr(builder.getStrArrayAttr({"static"}));
  builder.setInsertionPointToStart(target.addEntryBlock());
  emitArguments(target);
  for (Operation &op : function.getBody().front())
    if (failed(emitOp(&op)))
      return failure();
  return success();
}

/// Names the function's parameters and the network's inputs and outputs.
void FunctionEmitter::emitArguments(emitc::FuncOp target) {
  Location loc = function.getLoc();
  Value run = target.getArgument(0);
  emitc::VerbatimOp::create(
      builder, loc, builder.getStringAttr("Run &run = {};"), ValueRange{run});
  auto name = [&](StringRef prefix, StringRef type, Value list, unsigned index,
                  Attribute onnxName) {
    auto text = dyn_cast_or_null<StringAttr>(onnxName);
    std::string identifier = identifiers.make(
        prefix, text ? text.getValue() : StringRef(std::to_string(index)));
    emitc::VerbatimOp::create(builder, loc,
                              builder.getStringAttr(type + " &" + identifier +
                                                    " = *{}[" + Twine(index) +
                                                    "];"),
                              ValueRange{list});
    return emitc::LiteralOp::create(builder, loc, opaque(builder, "Tensor"),
                                    builder.getStringAttr(identifier));
  };
  for (BlockArgument argument : function.getArguments()) {
    unsigned index = argument.getArgNumber();
    if (!argument.use_empty())
      variables[argument] =
          name("in_", "const Tensor", target.getArgument(1), index,
               function.getArgAttr(index, "onnx.name"));
  }
  for (auto [index, value] : llvm::enumerate(
           function.getBody().front().getTerminator()->getOperands())) {
    Value output = name("out_", "Tensor", target.getArgument(2), index,
                        function.getResultAttr(index, "onnx.name"));
    outputs.push_back(output);
    if (plan.output(value) == index)
      variables[value] = output;
  }
}

/// Names the ONNX node (or the op) above its statements.
void FunctionEmitter::comment(Operation *op) {
  StringRef name = onnx::getNodeName(op->getLoc());
  std::string text =
      cpp::comment(name.empty() ? op->getName().getStringRef() : name);
  if (text != lastComment)
    emitc::VerbatimOp::create(builder, op->getLoc(),
                              builder.getStringAttr(text));
  lastComment = text;
}

Value FunctionEmitter::use(Value value) {
  Value &variable = variables[value];
  if (variable)
    return variable;
  // Only a constant has no variable before its first use.
  auto constant = cast<onnx::ConstantOp>(value.getDefiningOp());
  StringRef key = constants.getKey(constant.getValue(),
                                   onnx::getNodeName(constant.getLoc()));
  auto argument = emitc::OpaqueAttr::get(builder.getContext(), cpp::quote(key));
  variable = emitc::CallOpaqueOp::create(builder, constant.getLoc(),
                                         opaque(builder, "const Tensor &"),
                                         "run.weights.tensor", ValueRange{},
                                         builder.getArrayAttr({argument}))
                 .getResult(0);
  return variable;
}

std::string FunctionEmitter::quoteKey(Operation *op, TypedAttr value,
                                      StringRef suffix) {
  std::string name = onnx::getNodeName(op->getLoc()).str();
  if (name.empty())
    name = op->getName().stripDialect().str();
  return cpp::quote(constants.getKey(value, name + suffix.str()));
}

std::string FunctionEmitter::weight(Operation *op, TypedAttr value,
                                    StringRef suffix, bool matrix) {
  return (Twine("run.weights.") + (matrix ? "matrix(" : "tensor(") +
          quoteKey(op, value, suffix) + ")")
      .str();
}

std::string FunctionEmitter::filters(spike::ConvOp op) {
  return "run.weights.filters(" + quoteKey(op, op.getWeight(), ".weight") +
         ", " + cpp::integer(op.getGroup()) + ")";
}

std::string FunctionEmitter::optionalWeight(Operation *op,
                                            std::optional<TypedAttr> value,
                                            StringRef suffix) {
  return value ? "&" + weight(op, *value, suffix) : "nullptr";
}

std::string FunctionEmitter::coding(Value coded) {
  Operation *site = spike::getProducingSite(coded);
  Type type = getElementTypeOrSelf(coded.getType());
  const void *key =
      site ? static_cast<const void *>(site) : type.getAsOpaquePointer();
  auto [it, inserted] = codingIndices.try_emplace(key, codings.size());
  if (inserted) {
    StringRef name = site ? spike::getSite(site)->name : StringRef("train");
    std::string identifier = identifiers.make("site_", name);
    if (std::optional<rt::PhaseCoding> phase = spike::getPhaseCoding(type))
      codings.push_back(
          {identifier, "PhaseCoding", cpp::coding(*phase), name.str()});
    else
      codings.push_back({identifier, "Coding",
                         cpp::coding(*spike::getCoding(type)), name.str()});
  }
  return codings[it->second].identifier;
}

/// Declares the variable that a result of an op is written to.
Value FunctionEmitter::declare(Value result) {
  Value &variable = variables[result];
  if (variable) // an output
    return variable;
  SmallVector<Attribute> arguments;
  StringRef callee = "Tensor"; // a view gets its storage from the kernel
  if (std::optional<int64_t> offset = plan.offset(result)) {
    callee = "run.buffer";
    std::string storage =
        cpp::storage(cast<RankedTensorType>(result.getType()));
    arguments = {emitc::OpaqueAttr::get(builder.getContext(), storage),
                 builder.getI64IntegerAttr(*offset)};
  }
  variable = emitc::CallOpaqueOp::create(
                 builder, result.getLoc(), opaque(builder, "Tensor"), callee,
                 ValueRange{}, builder.getArrayAttr(arguments))
                 .getResult(0);
  return variable;
}

LogicalResult FunctionEmitter::emitOp(Operation *op) {
  if (isa<onnx::ConstantOp>(op))
    return success();
  if (auto terminator = dyn_cast<func::ReturnOp>(op)) {
    emitReturn(terminator);
    return success();
  }
  // The op that ends a chain has the call of its ops.
  if (spike::isFused(op))
    return success();
  std::optional<spike::EpilogueChain> chain = spike::getEpilogueChain(op);
  // Constants come before the comment of the op that uses them first.
  for (Value operand : op->getOperands())
    if (!operand.getDefiningOp() || !spike::isFused(operand.getDefiningOp()))
      use(operand);
  if (chain)
    comment(chain->product);
  comment(op);
  beginCall(op);
  if (chain)
    return emitChain(*chain);
  if (auto kernel = dyn_cast<KernelOpInterface>(op);
      kernel && !kernel.getKernelName().empty())
    return emitKernelSite(kernel);
  struct Family {
    Emitted (FunctionEmitter::*emit)(Operation *);
    const char *header; // null: Simulator.h
  };
  for (Family family :
       {Family{&FunctionEmitter::emitSpike, nullptr},
        Family{&FunctionEmitter::emitPhase, "snn/runtime/Phase.h"},
        Family{&FunctionEmitter::emitNeurons, "snn/runtime/Sdsa.h"},
        Family{&FunctionEmitter::emitStochastic, "snn/runtime/Stochastic.h"}})
    if (Emitted emitted = (this->*family.emit)(op)) {
      if (family.header)
        headers.insert(family.header);
      return *emitted;
    }
  return op->emitOpError("has no call in the runtime");
}

LogicalResult FunctionEmitter::checkSite(const spike::Site &site) {
  // Integration runs on spikes; resident operands alone stay levels.
  if (!spike::isSpiking(site.kind) || spike::isTrain(site.result.getType()))
    return success();
  return site.result.getDefiningOp()->emitOpError("leaves the spiking site '")
         << site.name << "' at its levels; run spike-mttfs first";
}

/// A kernel, and the counts of the train that it makes, if it makes one.
LogicalResult FunctionEmitter::emitKernelSite(KernelOpInterface op) {
  std::optional<spike::Site> site = spike::getSite(op);
  if ((site && failed(checkSite(*site))) || failed(emitKernel(op)))
    return failure();
  if (op->hasTrait<DrawsNumbers>())
    headers.insert("snn/runtime/Stochastic.h");
  if (site && spike::isTrain(site->result.getType()))
    countSite(*site);
  return success();
}

/// Prints a kernel's attribute where the kernel has a parameter of `kind`;
/// nullopt where the two do not fit.
static std::optional<std::string> printAttribute(rt::ParameterKind kind,
                                                 Attribute attribute) {
  switch (kind) {
  case rt::ParameterKind::Integer:
    if (auto flag = dyn_cast<BoolAttr>(attribute))
      return std::string(flag.getValue() ? "1" : "0");
    if (auto integer = dyn_cast<IntegerAttr>(attribute))
      return cpp::integer(integer.getType().isUnsignedInteger()
                              ? int64_t(integer.getValue().getZExtValue())
                              : integer.getValue().getSExtValue());
    return std::nullopt;
  case rt::ParameterKind::Real:
    if (auto real = dyn_cast<FloatAttr>(attribute))
      return cpp::number(real.getValueAsDouble());
    return std::nullopt;
  case rt::ParameterKind::Integers:
    if (auto integers = dyn_cast<DenseI64ArrayAttr>(attribute))
      return cpp::list(integers.asArrayRef());
    return std::nullopt;
  case rt::ParameterKind::Text:
    if (auto text = dyn_cast<StringAttr>(attribute))
      return cpp::quote(text.getValue());
    return std::nullopt;
  default:
    return std::nullopt;
  }
}

LogicalResult FunctionEmitter::emitKernel(KernelOpInterface op) {
  StringRef name = op.getKernelName();
  const rt::Kernel *kernel = rt::findKernel(name);
  if (!kernel)
    return op->emitOpError("names the kernel '")
           << name << "', which the runtime does not have";
  SmallVector<Value> operands = op.getKernelOperands();
  SmallVector<Value> results = llvm::map_to_vector(
      op->getResults(), [&](Value result) { return declare(result); });
  SmallVector<Attribute> attributes = op.getKernelAttributes();
  SmallVector<KernelConstant> constants = op.getKernelConstants();
  auto operand = operands.begin(), result = results.begin();
  auto attribute = attributes.begin();
  auto constant = constants.begin();
  auto mismatch = [&]() {
    return op->emitOpError("does not fit the parameters of its kernel '")
           << name << "'";
  };

  CallBuilder statement = call(op, name);
  for (rt::ParameterKind kind : kernel->parameters) {
    switch (kind) {
    case rt::ParameterKind::Input:
      if (operand != operands.end() && *operand) {
        statement.tensor(use(*operand++));
        break;
      }
      if (operand != operands.end() || constant == constants.end() ||
          !constant->value)
        return mismatch();
      statement.text(weight(op, constant->value, "." + constant->name.str()));
      ++constant;
      break;
    case rt::ParameterKind::OptionalInput:
      if (operand != operands.end() || constant == constants.end()) {
        statement.address(operand == operands.end() ? Value()
                                                    : useOptional(*operand++));
        break;
      }
      statement.text(optionalWeight(
          op, constant->value ? std::optional(constant->value) : std::nullopt,
          "." + constant->name.str()));
      ++constant;
      break;
    case rt::ParameterKind::Coding: {
      Value coded = op.getKernelCoded();
      if (!coded)
        return mismatch();
      // The attributes of a coding.
      int64_t count = spike::getCoding(coded.getType())->hasTable() ? 6 : 5;
      if (attributes.end() - attribute < count)
        return mismatch();
      statement.text(coding(coded));
      attribute += count;
      break;
    }
    case rt::ParameterKind::InputList: {
      SmallVector<Value> list;
      while (operand != operands.end())
        list.push_back(use(*operand++));
      statement.addresses(list);
      break;
    }
    case rt::ParameterKind::Output:
      if (result == results.end())
        return mismatch();
      statement.tensor(*result++);
      break;
    case rt::ParameterKind::OutputList:
      statement.addresses(results);
      result = results.end();
      break;
    case rt::ParameterKind::Context:
      statement.text("run.context");
      break;
    default: {
      if (attribute == attributes.end())
        return mismatch();
      std::optional<std::string> text = printAttribute(kind, *attribute++);
      if (!text)
        return mismatch();
      statement.text(*text);
    }
    }
  }
  if (operand != operands.end() || constant != constants.end() ||
      result != results.end() || attribute != attributes.end())
    return mismatch();
  statement.create();
  return success();
}

/// Copies results that are no op's own: inputs, constants, views, repetitions.
void FunctionEmitter::emitReturn(func::ReturnOp op) {
  for (auto [index, value] : llvm::enumerate(op.getOperands()))
    if (plan.output(value) != index) {
      Value source = use(value);
      emitc::VerbatimOp::create(builder, op.getLoc(),
                                builder.getStringAttr("{} = {}.clone();"),
                                ValueRange{outputs[index], source});
    }
  emitc::ReturnOp::create(builder, op.getLoc(), Value());
}
