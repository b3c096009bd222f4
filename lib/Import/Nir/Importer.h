//===- Importer.h - From a NIR graph to ops ---------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Nodes in order become stages; a stage becomes ops when something other than a
// factor, an offset or a pooled layer reads it, so that these are in the
// weights.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_IMPORT_NIR_IMPORTER_H
#define SNN_LIB_IMPORT_NIR_IMPORTER_H

#include "Graph.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "snn/Import/Nir.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

namespace snn::nir {

using Sizes = llvm::SmallVector<int64_t>;
/// The product of sizes that were checked.
inline int64_t countElements(llvm::ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}
/// A number in four digits, as messages have it.
inline std::string toShort(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.4g", value);
  return text;
}
/// Numbers of a layer: none (what has no effect), one for all elements, or one
/// for each.
using Numbers = std::vector<double>;

/// What a node gives, in part not made yet. Arrays have all steps on axis 0;
/// shapes are of one step.
struct Stage {
  enum Kind {
    Plain, ///< `source`, multiplied by `factor`
    Dense, ///< products of weight [out, in] and the last axis, and a bias
    Conv,  ///< a convolution with weight [out, in / groups, kernel...]
    Pool   ///< sums of windows, multiplied by `factor`
  };
  Kind kind = Plain;
  mlir::Value source;
  Sizes sourceShape, shape;
  Numbers factor;
  std::vector<double> weight;
  Sizes weightShape;
  Numbers bias; // one for each output channel
  Sizes kernel, strides, pads, dilations, pooled;
  int64_t groups = 1;
  int node = -1;           // whose name its ops have
  bool isLastStep = false; // there is no time left
};

class NirImporter {
public:
  NirImporter(mlir::MLIRContext &context, llvm::StringRef path, Graph graph,
              const Discretisation &discretisation, Labels &labels);

  /// The module; null where an error was reported.
  mlir::OwningOpRef<mlir::ModuleOp> run(bool isStrict);

private:
  using Result = llvm::LogicalResult;

  // Errors and labels.
  mlir::Location loc(int node) const;
  mlir::InFlightDiagnostic error(int node) const;
  Result unsupported(int node, const llvm::Twine &reason);
  Result approximate(int node, const llvm::Twine &reason);
  void note(int node, const llvm::Twine &reason);
  Result checkDiscretisation();
  Result reportLabels(bool isStrict);

  // Parameters.
  const Hdf5Dataset *find(int node, llvm::StringRef name) const;
  llvm::FailureOr<Numbers> numbers(int node, llvm::StringRef name,
                                   std::optional<double> otherwise = {});
  llvm::FailureOr<Sizes> sizes(int node, llvm::StringRef name, size_t count,
                               std::optional<int64_t> otherwise = {});
  /// As many numbers as elements, or one, of which all equal become one.
  llvm::FailureOr<Numbers> neuronNumbers(int node, llvm::StringRef name,
                                         int64_t elements,
                                         std::optional<double> otherwise = {});
  Result readPads(int node, Sizes &pads, llvm::ArrayRef<int64_t> kernel,
                  llvm::ArrayRef<int64_t> strides,
                  llvm::ArrayRef<int64_t> dilations);

  // Nodes.
  Result importNode(int node);
  Result importInput(int node);
  Result importDense(int node, bool hasBias);
  /// The bias of a layer: one number of every output, or one for all.
  Result takeBias(int node, int64_t outputs, Stage &stage);
  Result importScale(int node);
  Result importConv(int node, size_t axes);
  Result importPool(int node, bool isMean);
  Result importFlatten(int node);
  Result importLif(int node);
  Result importIf(int node);
  Result importCubaLif(int node);
  Result importThreshold(int node);
  Result importReadOut(int node);
  Result importOutput(int node);

  /// Neurons of one time constant, in steps, infinite for none. The input is
  /// multiplied by `gain` and `rest` is added to it.
  struct NeuronNumbers {
    double steps;
    bool decaysInput;
    Numbers gain, rest, threshold, reset;
  };
  Result createNeurons(int node, NeuronNumbers numbers);
  /// tau / dt, or its counterpart of the exact solution; fails, with a label,
  /// where there is none.
  llvm::FailureOr<double> stepsOf(int node, llvm::StringRef name,
                                  int64_t elements);
  llvm::FailureOr<NeuronNumbers> leakyNumbers(int node, llvm::StringRef tau,
                                              int64_t elements);

  // Stages.
  /// What a node reads: one stage, or the sum of several.
  llvm::FailureOr<Stage> input(int node);
  /// The same with every element multiplied and moved.
  llvm::FailureOr<Stage> scaledInput(int node, const Numbers &factor,
                                     const Numbers &offset);
  llvm::FailureOr<Sizes> inputShape(int node);
  /// Multiplies and moves what a stage gives, in its weights where they can.
  Stage scale(Stage stage, const Numbers &factor, const Numbers &offset,
              int node);
  bool scaleWeights(Stage &stage, const Numbers &factor,
                    const Numbers &offset) const;
  bool poolInto(Stage &dense, const Stage &pool) const;
  bool poolIntoConv(Stage &conv, const Stage &pool) const;
  mlir::Value emit(Stage &stage);
  mlir::Value emitConv(const Stage &stage, mlir::Location loc);
  Stage plain(mlir::Value value, llvm::ArrayRef<int64_t> shape, int node) const;
  /// The value of a stage that several nodes read is made once.
  Stage take(int source);

  mlir::Value constant(const llvm::Twine &name, llvm::ArrayRef<int64_t> shape,
                       llvm::ArrayRef<double> values, mlir::Location loc);
  mlir::Value spread(const Numbers &values, llvm::ArrayRef<int64_t> shape,
                     const llvm::Twine &name, mlir::Location loc);
  mlir::RankedTensorType type(llvm::ArrayRef<int64_t> shape) const;

  mlir::MLIRContext &context;
  std::string path;
  Graph graph;
  Discretisation time;
  Labels &labels;
  mlir::Location fileLoc;
  mlir::OpBuilder b;
  mlir::func::FuncOp function;
  int64_t steps = 0;
  std::vector<std::optional<Stage>> stages;
  llvm::SmallVector<mlir::Value> results;
  llvm::SmallVector<int> inputNodes, outputNodes;
  bool hasUnsupported = false;
};

} // namespace snn::nir

#endif // SNN_LIB_IMPORT_NIR_IMPORTER_H
