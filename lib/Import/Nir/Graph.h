//===- Graph.h - The nodes and edges of a NIR file --------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One flat graph: subgraphs are inlined, the names of their nodes joined with
// `/`.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_IMPORT_NIR_GRAPH_H
#define SNN_LIB_IMPORT_NIR_GRAPH_H

#include "Hdf5.h"
#include "llvm/ADT/SmallVector.h"

namespace snn::nir {

struct GraphNode {
  std::string name, type;
  std::map<std::string, Hdf5Dataset> parameters;
  /// The nodes whose outputs its input is the sum of, each once.
  std::vector<int> from;
  /// How many nodes read it.
  int readers = 0;
  /// Whether its output depends on itself; `loop` names the edge that closes
  /// the cycle.
  bool isRecurrent = false;
  std::string loop;
};

struct Graph {
  std::string version;
  std::vector<GraphNode> nodes;
  /// Nodes in an order in which each comes behind those that it reads; those of
  /// cycles, and behind them, are left out.
  std::vector<int> order;
};

/// Makes a graph of what a file holds. Consumes `root`, whose arrays it keeps.
/// The error names the node or the edge.
llvm::Expected<Graph> makeGraph(Hdf5Group root);

} // namespace snn::nir

#endif // SNN_LIB_IMPORT_NIR_GRAPH_H
