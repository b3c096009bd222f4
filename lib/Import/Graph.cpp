//===- Graph.cpp - Order and soundness of a model's graph -----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Functions.h"
#include "Importer.h"
#include "llvm/ADT/DenseMap.h"

#include <functional>
#include <queue>

using namespace mlir;
using namespace snn;
using namespace snn::import;
using llvm::ArrayRef;
using llvm::StringRef;

const OperatorTable &snn::import::getOperators() {
  static const OperatorTable operators = [] {
    OperatorTable table;
    registerActivationHandlers(table);
    registerBlockHandlers(table);
    registerControlHandlers(table);
    registerEinsumHandlers(table);
    registerIndexingHandlers(table);
    registerMathHandlers(table);
    registerNetworkHandlers(table);
    registerQonnxHandlers(table);
    registerQOperatorHandlers(table);
    registerQuantiseHandlers(table);
    registerRandomHandlers(table);
    registerReduceHandlers(table);
    registerResizeHandlers(table);
    registerShapeHandlers(table);
    registerAttentionHandlers(table);
    registerCacheHandlers(table);
    registerContribHandlers(table);
    return table;
  }();
  return operators;
}

Handler snn::import::findHandler(StringRef qualifiedType) {
  return getOperators().lookup(qualifiedType).handler;
}

LogicalResult Importer::indexValues() {
  if (failed(checkNames(model, fileLoc)))
    return failure();
  for (const auto &function : model.functions)
    if (failed(checkNames(function.second, fileLoc)))
      return failure();
  for (const auto *values : {&model.declared, &model.outputs})
    for (const ValueEntry &value : *values)
      declared[value.name] = &value;
  llvm::StringSet<> inputs;
  for (const ValueEntry &input : model.inputs)
    if (!inputs.insert(input.name).second)
      return emitError(fileLoc)
             << "two inputs have the name '" << input.name << "'";
  for (const TensorEntry &entry : model.initializers)
    if (!initializers.try_emplace(entry.name, &entry).second)
      return emitError(fileLoc)
             << "two initializers have the name '" << entry.name << "'";
  // Some optimisers give several Constants one name; ONNX Runtime takes the
  // last.
  unsigned redefined = 0;
  for (const NodeEntry &node : model.nodes)
    for (const std::string &output : node.outputs) {
      if (output.empty())
        continue;
      auto [producer, isNew] = producers.try_emplace(output, &node);
      if (!isNew && node.opType == "Constant" &&
          producer->second->opType == "Constant") {
        producer->second = &node;
        ++redefined;
        continue;
      }
      if (!isNew || inputs.contains(output) || initializers.contains(output))
        return emitError(nodeLoc(node.label()))
               << "defines the value '" << output
               << "', which is already defined";
    }
  if (redefined)
    emitWarning(fileLoc) << redefined
                         << " Constant nodes define a value again; the last "
                            "definition is used";
  return success();
}

FailureOr<SmallVector<const NodeEntry *>> Importer::findLive() {
  llvm::DenseSet<const NodeEntry *> live;
  SmallVector<const NodeEntry *> worklist;
  auto use = [&](StringRef name) {
    used.insert(name);
    const NodeEntry *producer = producers.lookup(name);
    if (producer && live.insert(producer).second)
      worklist.push_back(producer);
  };
  for (const ValueEntry &output : model.outputs)
    use(output.name);
  while (!worklist.empty()) {
    const NodeEntry *node = worklist.pop_back_val();
    for (const std::string &input : node->inputs)
      if (!input.empty())
        use(input);
    llvm::for_each(node->captures, use);
    markUsedInBodies(*node);
  }
  llvm::StringSet<> inputs;
  for (const ValueEntry &input : model.inputs)
    inputs.insert(input.name);
  auto isDefined = [&](StringRef name) {
    return name.empty() || producers.contains(name) || inputs.contains(name) ||
           initializers.contains(name);
  };
  SmallVector<const NodeEntry *> nodes;
  for (const NodeEntry &node : model.nodes) {
    if (!live.contains(&node))
      continue;
    for (const auto *names : {&node.inputs, &node.captures})
      for (const std::string &input : *names)
        if (!isDefined(input))
          return emitError(nodeLoc(node.label()))
                 << "uses the value '" << input << "', which nothing defines";
    nodes.push_back(&node);
  }
  for (const ValueEntry &output : model.outputs)
    if (output.name.empty() || !isDefined(output.name))
      return emitError(fileLoc) << "the output '" << output.name
                                << "' is a value that nothing defines";
  return nodes;
}

void Importer::markUsedInBodies(const NodeEntry &node) {
  for (const auto &attribute : node.attributes)
    if (attribute.second.graph)
      markUsed(*attribute.second.graph);
}

void Importer::markUsed(const GraphEntry &body) {
  for (const ValueEntry &output : body.outputs)
    used.insert(output.name);
  for (const NodeEntry &inner : body.nodes) {
    for (const std::string &input : inner.inputs)
      used.insert(input);
    markUsedInBodies(inner);
  }
}

bool Importer::isSupported(const NodeEntry &node, int64_t opset) const {
  std::string type = node.qualifiedType();
  return model.functions.contains(type) || findHandler(type) ||
         hasStandardBody(node, opset);
}

LogicalResult
Importer::checkOperators(ArrayRef<const NodeEntry *> nodes) const {
  std::map<std::string, unsigned> unsupported;
  llvm::StringSet<> seen;
  // How deep the function lies; calls that are deeper are refused as they come.
  size_t depth = 0;
  std::function<void(const NodeEntry &, int64_t)> check =
      [&](const NodeEntry &node, int64_t opset) {
        std::string type = node.qualifiedType();
        auto function = model.functions.find(type);
        if (function != model.functions.end()) {
          if (depth > maxCallDepth || !seen.insert(type).second)
            return;
          ++depth;
          for (const NodeEntry &inner : function->second.nodes)
            check(inner, function->second.opset);
          --depth;
          return;
        }
        if (!isSupported(node, opset)) {
          ++unsupported[type];
          return;
        }
        for (const auto &attribute : node.attributes)
          if (attribute.second.graph)
            for (const NodeEntry &inner : attribute.second.graph->nodes)
              check(inner, opset);
      };
  for (const NodeEntry *node : nodes)
    check(*node, opset());
  if (unsupported.empty())
    return success();
  InFlightDiagnostic error = emitError(fileLoc);
  error << "unsupported operators: ";
  llvm::interleaveComma(unsupported, error, [&](const auto &entry) {
    error << entry.first << " (" << entry.second << ")";
  });
  return error;
}

LogicalResult Importer::sort(SmallVectorImpl<const NodeEntry *> &nodes) const {
  llvm::DenseMap<const NodeEntry *, unsigned> index;
  for (auto [i, node] : llvm::enumerate(nodes))
    index[node] = i;
  SmallVector<SmallVector<unsigned>> users(nodes.size());
  SmallVector<unsigned> missing(nodes.size());
  for (auto [i, node] : llvm::enumerate(nodes))
    for (const auto *names : {&node->inputs, &node->captures})
      for (const std::string &input : *names)
        if (const NodeEntry *producer = producers.lookup(input)) {
          users[index[producer]].push_back(i);
          ++missing[i];
        }
  // The earliest node of the file that is ready comes first, so that a sorted
  // file keeps its order.
  std::priority_queue<unsigned, std::vector<unsigned>, std::greater<>> ready;
  for (unsigned i = 0; i < nodes.size(); ++i)
    if (missing[i] == 0)
      ready.push(i);
  SmallVector<const NodeEntry *> sorted;
  while (!ready.empty()) {
    unsigned i = ready.top();
    ready.pop();
    sorted.push_back(nodes[i]);
    for (unsigned user : users[i])
      if (--missing[user] == 0)
        ready.push(user);
  }
  if (sorted.size() == nodes.size()) {
    nodes.assign(sorted.begin(), sorted.end());
    return success();
  }
  // Walking backwards through nodes that are not ready ends in a cycle.
  const NodeEntry *node = nullptr;
  for (unsigned i = 0; i < nodes.size() && !node; ++i)
    if (missing[i])
      node = nodes[i];
  llvm::DenseSet<const NodeEntry *> seen;
  while (seen.insert(node).second)
    for (const std::string &input :
         llvm::concat<const std::string>(node->inputs, node->captures)) {
      const NodeEntry *producer = producers.lookup(input);
      if (producer && missing[index[producer]]) {
        node = producer;
        break;
      }
    }
  return emitError(nodeLoc(node->label()))
         << "the graph has a cycle through this node";
}
