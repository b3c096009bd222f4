//===- Functions.cpp - Operators that are functions -----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Functions.h"
#include "ModelProto.h"
#include "onnx/defs/schema.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"

#include <set>

using namespace snn;
using namespace snn::import;
using llvm::ArrayRef;
using llvm::StringRef;

//===----------------------------------------------------------------------===//
// ONNX's own bodies
//===----------------------------------------------------------------------===//

/// The newest definition that is not newer than `opset`.
static const ::onnx::OpSchema *findSchema(const NodeEntry &node,
                                          int64_t opset) {
  if (!node.domain.empty())
    return nullptr;
  return ::onnx::OpSchemaRegistry::Schema(node.opType, static_cast<int>(opset),
                                          "");
}

bool snn::import::isSameInOpsets(const NodeEntry &node, int64_t a, int64_t b) {
  const ::onnx::OpSchema *first = findSchema(node, a),
                         *second = findSchema(node, b);
  return first && second && first->SinceVersion() == second->SinceVersion();
}

bool snn::import::hasStandardBody(const NodeEntry &node, int64_t opset) {
  const ::onnx::OpSchema *schema = findSchema(node, opset);
  return schema &&
         (schema->HasFunction() || schema->HasContextDependentFunction());
}

std::vector<std::string> snn::import::listStandardBodies(int64_t first,
                                                         int64_t last) {
  std::set<std::string> names;
  for (const ::onnx::OpSchema &schema :
       ::onnx::OpSchemaRegistry::get_all_schemas_with_history()) {
    bool hasBody = schema.HasFunction() || schema.HasContextDependentFunction();
    // Sequences and optional values are no tensors.
    auto isTensor = [](const ::onnx::OpSchema::FormalParameter &parameter) {
      return llvm::all_of(parameter.GetTypes(), [](const std::string *type) {
        return StringRef(*type).starts_with("tensor(");
      });
    };
    if (!schema.domain().empty() || !hasBody || schema.Deprecated() ||
        schema.SinceVersion() > last ||
        !llvm::all_of(schema.inputs(), isTensor) ||
        !llvm::all_of(schema.outputs(), isTensor))
      continue;
    const ::onnx::OpSchema *newest = ::onnx::OpSchemaRegistry::Schema(
        schema.Name(), static_cast<int>(last), "");
    if (schema.SinceVersion() >= first || newest == &schema ||
        (newest && newest->SinceVersion() > first))
      names.insert(schema.Name());
  }
  return {names.begin(), names.end()};
}

/// The node as protobuf again, for builders of bodies, which read attributes
/// and which inputs and outputs there are.
static ::onnx::NodeProto toProto(const NodeEntry &node) {
  ::onnx::NodeProto proto;
  proto.set_op_type(node.opType);
  for (const std::string &input : node.inputs)
    proto.add_input(input);
  for (const std::string &output : node.outputs)
    proto.add_output(output);
  for (const auto &item : node.attributes) {
    const AttributeEntry &entry = item.second;
    ::onnx::AttributeProto &attribute = *proto.add_attribute();
    attribute.set_name(item.first().str());
    switch (entry.kind) {
    case AttributeEntry::Int:
      attribute.set_type(::onnx::AttributeProto::INT);
      attribute.set_i(entry.i);
      break;
    case AttributeEntry::Float:
      attribute.set_type(::onnx::AttributeProto::FLOAT);
      attribute.set_f(static_cast<float>(entry.f));
      break;
    case AttributeEntry::String:
      attribute.set_type(::onnx::AttributeProto::STRING);
      attribute.set_s(entry.s);
      break;
    case AttributeEntry::Ints:
      attribute.set_type(::onnx::AttributeProto::INTS);
      for (int64_t value : entry.ints)
        attribute.add_ints(value);
      break;
    case AttributeEntry::Floats:
      attribute.set_type(::onnx::AttributeProto::FLOATS);
      for (float value : entry.floats)
        attribute.add_floats(value);
      break;
    default: // no body is built of tensors and graphs
      proto.mutable_attribute()->RemoveLast();
      break;
    }
  }
  return proto;
}

std::optional<FunctionEntry>
snn::import::findStandardBody(const NodeEntry &node, int64_t opset,
                              ArrayRef<int32_t> inputTypes) {
  const ::onnx::OpSchema *schema = findSchema(node, opset);
  if (!schema)
    return std::nullopt;
  std::optional<FunctionEntry> function;
  if (schema->HasFunction()) {
    function = convertFunction(*schema->GetFunction(), "");
  } else if (schema->HasContextDependentFunction()) {
    std::vector<::onnx::TypeProto> types;
    for (int32_t type : inputTypes) {
      types.emplace_back();
      if (type)
        types.back().mutable_tensor_type()->set_elem_type(type);
    }
    ::onnx::NodeProto call = toProto(node);
    ::onnx::FunctionBodyBuildContextImpl context(call, types);
    ::onnx::FunctionProto body;
    if (!schema->BuildContextDependentFunction(context, body))
      return std::nullopt;
    function = convertFunction(body, "");
    // Builders may leave the formal inputs and outputs to the schema.
    if (function->inputs.empty())
      for (const auto &input : schema->inputs())
        function->inputs.emplace_back(input.GetName());
    if (function->outputs.empty())
      for (const auto &output : schema->outputs())
        function->outputs.emplace_back(output.GetName());
  }
  if (!function)
    return std::nullopt;
  if (function->opset == 0)
    function->opset = opset;
  for (const auto &[name, attribute] : schema->attributes())
    if (attribute.default_value.type() != ::onnx::AttributeProto::UNDEFINED)
      function->defaults[name] = convertAttribute(attribute.default_value, "");
  return function;
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

namespace {
/// Copies a body for one call.
class Instantiator {
public:
  Instantiator(const FunctionEntry &function, const NodeEntry &call)
      : function(function), call(call) {
    for (auto [i, input] : llvm::enumerate(function.inputs))
      if (i >= call.inputs.size() || call.inputs[i].empty())
        absent.insert(input.name);
  }

  NodeEntry copy(const NodeEntry &node) {
    NodeEntry result = node;
    for (auto *names : {&result.inputs, &result.captures})
      for (std::string &name : *names)
        if (absent.contains(name))
          name.clear();
    result.attributes.clear();
    for (const auto &item : node.attributes)
      if (const AttributeEntry *entry = resolve(item.second))
        result.attributes[item.first()] = copy(*entry);
    return result;
  }

private:
  /// The attribute that is meant; null if neither call nor definition has it.
  const AttributeEntry *resolve(const AttributeEntry &entry) const {
    if (entry.reference.empty())
      return &entry;
    auto stated = call.attributes.find(entry.reference);
    if (stated != call.attributes.end())
      return &stated->second;
    auto usual = function.defaults.find(entry.reference);
    return usual == function.defaults.end() ? nullptr : &usual->second;
  }

  AttributeEntry copy(const AttributeEntry &entry) {
    AttributeEntry result = entry;
    if (!entry.graph)
      return result;
    GraphEntry graph = *entry.graph;
    for (NodeEntry &node : graph.nodes)
      node = copy(node);
    result.graph = std::make_shared<const GraphEntry>(std::move(graph));
    return result;
  }

  const FunctionEntry &function;
  const NodeEntry &call;
  llvm::StringSet<> absent;
};
} // namespace

GraphEntry snn::import::instantiate(const FunctionEntry &function,
                                    const NodeEntry &call) {
  GraphEntry body;
  body.inputs = function.inputs;
  llvm::StringSet<> needed;
  for (auto [i, output] : llvm::enumerate(function.outputs))
    if (i < call.outputs.size() && !call.outputs[i].empty()) {
      body.outputs.push_back(output);
      needed.insert(output.name);
    }
  Instantiator instantiator(function, call);
  // A body is sorted: walked backwards, users come before what they use.
  for (const NodeEntry &node : llvm::reverse(function.nodes)) {
    if (llvm::none_of(node.outputs, [&](const std::string &name) {
          return needed.contains(name);
        }))
      continue;
    body.nodes.push_back(instantiator.copy(node));
    for (const std::string &input : body.nodes.back().inputs)
      needed.insert(input);
    for (const std::string &captured : body.nodes.back().captures)
      needed.insert(captured);
  }
  std::reverse(body.nodes.begin(), body.nodes.end());
  return body;
}
