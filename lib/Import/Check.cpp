//===- Check.cpp - What ONNX's checker asks of a model --------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A model that contradicts itself is refused at the node: an attribute of
// another kind than its operator's is no default, and a declared shape is a
// promise.
//
//===----------------------------------------------------------------------===//

#include "Importer.h"

using namespace mlir;
using namespace snn;
using namespace snn::import;
using llvm::StringRef;

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

static StringRef describe(AttributeEntry::Kind kind) {
  switch (kind) {
  case AttributeEntry::Int:
    return "an integer";
  case AttributeEntry::Float:
    return "a float";
  case AttributeEntry::String:
    return "a string";
  case AttributeEntry::Tensor:
    return "a tensor";
  case AttributeEntry::Ints:
    return "integers";
  case AttributeEntry::Floats:
    return "floats";
  case AttributeEntry::Strings:
    return "strings";
  case AttributeEntry::Graph:
    return "a graph";
  case AttributeEntry::Other:
    return "a value of another kind";
  }
  llvm_unreachable("all kinds are covered");
}

/// "2 inputs", "1 to 3 inputs", "at least 1 input".
static std::string describeCount(int least, int most, StringRef what) {
  std::string text =
      most < 0        ? "at least " + std::to_string(least)
      : least == most ? std::to_string(least)
                      : std::to_string(least) + " to " + std::to_string(most);
  int last = most < 0 ? least : most;
  return text + " " + what.str() + (last == 1 ? "" : "s");
}

static LogicalResult checkCount(const NodeEntry &node, size_t count, int least,
                                int most, StringRef what, Location loc) {
  if (count >= size_t(least) && (most < 0 || count <= size_t(most)))
    return success();
  return emitError(loc) << "'" << node.opType << "' needs "
                        << describeCount(least, most, what) << ", has "
                        << count;
}

static LogicalResult checkAttributes(const NodeEntry &node,
                                     const OperatorSchema &schema,
                                     int64_t opset, Location loc) {
  if (!node.repeatedAttribute.empty())
    return emitError(loc) << "'" << node.opType << "' has the attribute '"
                          << node.repeatedAttribute << "' twice";
  const std::vector<AttributeSchema> &known = schema.attributes;
  for (const auto &item : node.attributes) {
    StringRef name = item.first();
    auto attribute = llvm::find_if(
        known, [&](const AttributeSchema &a) { return a.name == name; });
    if (attribute == known.end() && schema.hasOthers)
      continue;
    if (attribute == known.end())
      return emitError(loc) << "'" << node.opType << "' of opset " << opset
                            << " has no attribute '" << name << "'";
    if (!item.second.isConsistent)
      return emitError(loc)
             << "the attribute '" << name << "' of '" << node.opType
             << "' says that it is " << describe(item.second.kind)
             << ", and holds a value of another kind, too";
    if (attribute->kind != item.second.kind)
      return emitError(loc)
             << "'" << node.opType << "' needs " << describe(attribute->kind)
             << " for the attribute '" << name << "', has "
             << describe(item.second.kind);
  }
  for (const AttributeSchema &attribute : known)
    if (attribute.isRequired && !node.attributes.contains(attribute.name))
      return emitError(loc) << "'" << node.opType << "' needs the attribute '"
                            << attribute.name << "'";
  // Of the ways to state a constant, a node uses one.
  if (node.opType == "Constant" && node.attributes.size() != 1)
    return emitError(loc) << "'Constant' needs one value, has "
                          << node.attributes.size();
  return success();
}

LogicalResult snn::import::checkNode(OperatorSchemas &schemas,
                                     const NodeEntry &node, int64_t opset,
                                     Location loc) {
  if (!node.domain.empty())
    return success();
  const OperatorSchema *schema = schemas.find(node.opType, opset);
  if (!schema)
    return success();
  if (schema->since > opset)
    return emitError(loc) << "'" << node.opType
                          << "' is an operator since opset " << schema->since
                          << ", the model imports opset " << opset;
  if (failed(checkCount(node, node.inputs.size(), schema->minInputs,
                        schema->maxInputs, "input", loc)) ||
      failed(checkCount(node, node.outputs.size(), schema->minOutputs,
                        schema->maxOutputs, "output", loc)))
    return failure();
  return checkAttributes(node, *schema, opset, loc);
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

/// A name with a NUL ends early in every file and program that holds it as a C
/// string, where it may be the name of something else.
static LogicalResult checkName(StringRef name, StringRef what, Location loc) {
  size_t at = name.find('\0');
  if (at == StringRef::npos)
    return success();
  return emitError(loc) << "the name of " << what << " that begins with '"
                        << name.take_front(at) << "' holds a NUL";
}

LogicalResult snn::import::checkNames(const GraphEntry &graph, Location loc) {
  for (const auto *values : {&graph.inputs, &graph.outputs})
    for (const ValueEntry &value : *values)
      if (failed(checkName(value.name, "a value", loc)))
        return failure();
  for (const TensorEntry &entry : graph.initializers)
    if (failed(checkName(entry.name, "an initializer", loc)))
      return failure();
  for (const NodeEntry &node : graph.nodes) {
    if (failed(checkName(node.name, "a node", loc)))
      return failure();
    for (const auto *names : {&node.inputs, &node.outputs})
      for (const std::string &name : *names)
        if (failed(checkName(name, "a value", loc)))
          return failure();
    for (const auto &attribute : node.attributes)
      if (attribute.second.graph &&
          failed(checkNames(*attribute.second.graph, loc)))
        return failure();
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Declared types
//===----------------------------------------------------------------------===//

/// "2x?x4"; "scalar" for no dimension.
template <typename Dims, typename Print>
static std::string joinDims(const Dims &dims, Print print) {
  std::string text;
  for (const auto &dim : dims)
    text += (text.empty() ? "" : "x") + print(dim);
  return text.empty() ? "scalar" : text;
}

/// Whether a size can be the declared one for some batch.
static bool mayBe(DimExpr dim, const DimEntry &declared) {
  // 0 is an old way to say "unknown", too.
  if (declared.isDynamic() || declared.size == 0)
    return true;
  if (dim.isStatic())
    return dim.fixed == declared.size;
  int64_t rest = declared.size - dim.fixed;
  return rest % dim.perBatch == 0 && rest / dim.perBatch >= 1;
}

LogicalResult snn::import::checkDeclared(const Imported &value,
                                         const ValueEntry &declared,
                                         Location loc, bool isForeign) {
  if (!declared.problem.empty())
    return emitError(loc) << "'" << declared.name << "' " << declared.problem;
  if (!declared.isTensor)
    return success();
  std::optional<rt::DType> type = toDType(declared.elementType);
  Type stated = type
                    ? onnx::toElementType(value.elementType.getContext(), *type)
                    : Type();
  if (declared.elementType != 0 && stated != value.elementType)
    return emitError(loc) << "the model declares '" << declared.name
                          << "' with elements of type "
                          << dataTypeName(declared.elementType)
                          << ", the graph makes " << value.elementType;
  if (!declared.hasShape)
    return success();
  bool fits = declared.dims.size() == value.shape.size();
  for (size_t i = 0; fits && i < declared.dims.size(); ++i)
    fits = mayBe(value.shape[i], declared.dims[i]);
  if (fits)
    return success();
  InFlightDiagnostic report = isForeign ? emitWarning(loc) : emitError(loc);
  report << "the model declares '" << declared.name << "' with the shape "
         << joinDims(declared.dims,
                     [](const DimEntry &dim) {
                       return dim.isDynamic() ? std::string("?")
                                              : std::to_string(dim.size);
                     })
         << ", the graph makes " << joinDims(value.shape, [](DimExpr dim) {
              return dim.isStatic() ? std::to_string(dim.fixed)
                                    : std::string("?");
            });
  return success(isForeign);
}
