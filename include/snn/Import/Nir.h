//===- Nir.h - NIR graphs to the onnx and spike dialects --------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_IMPORT_NIR_H
#define SNN_IMPORT_NIR_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/JSON.h"

#include <optional>
#include <string>
#include <vector>

namespace snn::nir {

/// How differential equations become steps.
enum class Integration { Euler, Exact };
/// What a spike does to a membrane.
enum class Reset { Hard, Subtract };

/// What a NIR file does not say.
struct Discretisation {
  std::optional<double> dt; ///< seconds of a time step
  std::optional<int64_t> steps;
  Integration integration = Integration::Euler;
  Reset reset = Reset::Hard;
};

/// How the compiled network stands to a node's equations.
enum class Fidelity {
  Faithful,    ///< the spikes of the stated discretisation, up to float32
  Approximate, ///< it runs, for a reason otherwise
  Unsupported
};
llvm::StringRef toString(Fidelity fidelity);

struct NodeLabel {
  std::string name, type;
  Fidelity fidelity = Fidelity::Faithful;
  std::string reason; ///< empty for what needs none
};

/// What `fidelity.json` says of an import.
struct Labels {
  std::string version; ///< of the package that wrote the file
  Discretisation discretisation;
  std::vector<NodeLabel> nodes;

  llvm::json::Object toJson() const;
};

/// Reads a .nir file as a module that holds `func.func @main`: linears,
/// convolutions and pooling as ops of the onnx dialect, neurons as `spike.lif`,
/// for inputs [steps, 1, shape] of each Input node. Weights are constants in
/// memory. `labels` gets a label for every node, also where the import fails
/// for unsupported ones, which one error names. With `isStrict`, approximate
/// nodes are an error, too. Returns null on failure.
mlir::OwningOpRef<mlir::ModuleOp>
importNir(llvm::StringRef path, mlir::MLIRContext &context,
          const Discretisation &discretisation, bool isStrict, Labels &labels);

} // namespace snn::nir

#endif // SNN_IMPORT_NIR_H
