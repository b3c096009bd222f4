//===- Graph.cpp - The nodes and edges of a NIR file ----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Graph.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/Twine.h"

#include <deque>
#include <set>

using namespace snn;
using namespace snn::nir;
using llvm::createStringError;
using llvm::Error;
using llvm::StringRef;
using llvm::Twine;

static constexpr int maxNesting = 16;
static constexpr size_t maxNodes = 1'000'000;

namespace {

/// Inlines graphs, then orders the nodes.
class GraphBuilder {
public:
  Error add(Hdf5Group &graph, const std::string &prefix, int depth);
  Error finish(Graph &result);

private:
  /// A name in a graph: a node, or a subgraph with those of its nodes that take
  /// what is sent to it and give what is read from it.
  struct Named {
    std::vector<int> takes, gives;
  };

  Error addEdges(const Hdf5Group &graph, const std::string &prefix,
                 const llvm::StringMap<Named> &names);
  void markCycles();

  std::vector<GraphNode> nodes;
  std::vector<int> inputs, outputs; // of the graph that was added last
  std::set<std::pair<int, int>> edges;
};

} // namespace

static llvm::Expected<std::string> getType(const Hdf5Group &group,
                                           const Twine &name) {
  auto found = group.datasets.find("type");
  if (found == group.datasets.end() || !found->second.isText ||
      found->second.strings.size() != 1)
    return createStringError("the node '" + name + "' has no type");
  return found->second.strings.front();
}

Error GraphBuilder::add(Hdf5Group &graph, const std::string &prefix,
                        int depth) {
  if (depth > maxNesting)
    return createStringError("graphs nest deeper than " + Twine(maxNesting) +
                             ": '" + prefix + "'");
  auto list = graph.groups.find("nodes");
  if (list == graph.groups.end())
    return createStringError("the graph '" + prefix + "' has no nodes");
  llvm::StringMap<Named> names;
  std::vector<int> myInputs, myOutputs;
  for (auto &[key, group] : list->second.groups) {
    std::string name = prefix + key;
    llvm::Expected<std::string> type = getType(group, name);
    if (!type)
      return type.takeError();
    Named &named = names[key];
    if (*type == "NIRGraph") {
      if (Error error = add(group, name + "/", depth + 1))
        return error;
      named.takes = inputs;
      named.gives = outputs;
      continue;
    }
    if (nodes.size() >= maxNodes)
      return createStringError("it has more than " + Twine(maxNodes) +
                               " nodes");
    GraphNode node;
    node.name = name;
    node.type = *type;
    node.parameters = std::move(group.datasets);
    int index = int(nodes.size());
    named.takes = named.gives = {index};
    if (node.type == "Input")
      myInputs.push_back(index);
    if (node.type == "Output")
      myOutputs.push_back(index);
    nodes.push_back(std::move(node));
  }
  if (Error error = addEdges(graph, prefix, names))
    return error;
  // Ends of inner graphs only pass on.
  if (depth > 0)
    for (int end : llvm::concat<int>(myInputs, myOutputs))
      nodes[end].type = "Identity";
  inputs = std::move(myInputs);
  outputs = std::move(myOutputs);
  return Error::success();
}

Error GraphBuilder::addEdges(const Hdf5Group &graph, const std::string &prefix,
                             const llvm::StringMap<Named> &names) {
  auto found = graph.datasets.find("edges");
  if (found == graph.datasets.end())
    return createStringError("the graph '" + prefix + "' has no edges");
  const Hdf5Dataset &list = found->second;
  if (list.size() == 0)
    return Error::success();
  if (!list.isText || list.shape.size() != 2 || list.shape[1] != 2)
    return createStringError("the edges of the graph '" + prefix +
                             "' are no pairs of names");
  for (size_t i = 0; i < list.strings.size(); i += 2) {
    const std::string &from = list.strings[i], &to = list.strings[i + 1];
    for (const std::string &end : {from, to})
      if (!names.contains(end))
        return createStringError("the edge '" + prefix + from + "' -> '" +
                                 prefix + to + "' names the node '" + prefix +
                                 end + "', which is not there");
    const Named &source = names.find(from)->second,
                &target = names.find(to)->second;
    if (source.gives.empty())
      return createStringError("the edge '" + prefix + from + "' -> '" +
                               prefix + to +
                               "' begins at a graph without an Output");
    if (target.takes.empty())
      return createStringError("the edge '" + prefix + from + "' -> '" +
                               prefix + to +
                               "' ends at a graph without an Input");
    if (source.gives.size() != 1 || target.takes.size() != 1)
      return createStringError("the edge '" + prefix + from + "' -> '" +
                               prefix + to +
                               "' is of a graph with several inputs or "
                               "outputs; it does not say which");
    edges.insert({source.gives.front(), target.takes.front()});
  }
  return Error::success();
}

/// Marks the nodes that are left once what reads nothing unordered, and what
/// nothing unordered reads, is taken away.
void GraphBuilder::markCycles() {
  std::vector<int> waits(nodes.size(), 0), readers(nodes.size(), 0);
  std::vector<std::vector<int>> next(nodes.size());
  for (auto [from, to] : edges) {
    next[from].push_back(to);
    ++waits[to];
    ++readers[from];
  }
  std::vector<bool> isGone(nodes.size(), false);
  auto strip = [&](std::vector<int> &count, bool forward) {
    std::deque<int> ready;
    for (size_t i = 0; i < nodes.size(); ++i)
      if (!isGone[i] && count[i] == 0)
        ready.push_back(int(i));
    while (!ready.empty()) {
      int node = ready.front();
      ready.pop_front();
      if (isGone[node])
        continue;
      isGone[node] = true;
      const std::vector<int> &others = forward ? next[node] : nodes[node].from;
      for (int other : others)
        if (!isGone[other] && --count[other] == 0)
          ready.push_back(other);
      for (int other : forward ? nodes[node].from : next[node])
        --(forward ? readers : waits)[other];
    }
  };
  strip(waits, /*forward=*/true);
  strip(readers, /*forward=*/false);
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (isGone[i])
      continue;
    nodes[i].isRecurrent = true;
    for (int other : next[i])
      if (!isGone[other]) {
        nodes[i].loop =
            "'" + nodes[i].name + "' -> '" + nodes[other].name + "'";
        break;
      }
  }
}

Error GraphBuilder::finish(Graph &result) {
  for (auto [from, to] : edges) {
    nodes[to].from.push_back(from);
    ++nodes[from].readers;
  }
  markCycles();
  std::vector<size_t> waits(nodes.size());
  std::vector<std::vector<int>> next(nodes.size());
  std::deque<int> ready;
  for (size_t i = 0; i < nodes.size(); ++i) {
    waits[i] = nodes[i].from.size();
    for (int source : nodes[i].from)
      next[source].push_back(int(i));
    if (waits[i] == 0)
      ready.push_back(int(i));
  }
  while (!ready.empty()) {
    int node = ready.front();
    ready.pop_front();
    result.order.push_back(node);
    for (int other : next[node])
      if (--waits[other] == 0)
        ready.push_back(other);
  }
  result.nodes = std::move(nodes);
  return Error::success();
}

llvm::Expected<Graph> snn::nir::makeGraph(Hdf5Group root) {
  Graph graph;
  auto version = root.datasets.find("version");
  if (version != root.datasets.end() && version->second.isText &&
      version->second.strings.size() == 1)
    graph.version = version->second.strings.front();
  auto top = root.groups.find("node");
  if (top == root.groups.end())
    return createStringError("it is no NIR file: it has no group '/node'");
  llvm::Expected<std::string> type = getType(top->second, "/node");
  if (!type)
    return type.takeError();
  if (*type != "NIRGraph")
    return createStringError("'/node' needs the type NIRGraph, has '" + *type +
                             "'");
  GraphBuilder builder;
  if (Error error = builder.add(top->second, "", 0))
    return std::move(error);
  if (Error error = builder.finish(graph))
    return std::move(error);
  return graph;
}
