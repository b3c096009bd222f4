//===- Importer.h - Building the module of a model --------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The walk over a graph. Values that are known (shape arithmetic, small
// constants) are evaluated with the runtime's kernels and never become ops.
//
// A dynamic batch is handled by evaluation too, not by symbolic rules:
// everything that depends on the batch is computed for three sizes of it, and
// whatever is an affine function of the batch at all three is taken to be that
// function.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_IMPORT_IMPORTER_H
#define SNN_LIB_IMPORT_IMPORTER_H

#include "ModelFile.h"
#include "OperatorSchemas.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Import/Import.h"
#include "llvm/ADT/StringSet.h"

#include <array>
#include <memory>

namespace snn::import {

/// The batch sizes at which batch-dependent values are evaluated. Large primes:
/// no other size of a model is a multiple of one.
constexpr std::array<int64_t, 3> batchProbes = {1009, 2003, 3001};

/// A size: `fixed + perBatch * batch`.
struct DimExpr {
  int64_t fixed = 0;
  int64_t perBatch = 0;

  DimExpr(int64_t fixed = 0, int64_t perBatch = 0)
      : fixed(fixed), perBatch(perBatch) {}
  bool isStatic() const { return perBatch == 0; }
  bool isBatch() const { return fixed == 0 && perBatch == 1; }
  int64_t at(int64_t batch) const {
    // Sizes of a damaged model may wrap; inference then refuses them.
    return static_cast<int64_t>(static_cast<uint64_t>(fixed) +
                                static_cast<uint64_t>(perBatch) * batch);
  }
  /// The product, if it is linear (and no larger than a size can be).
  std::optional<DimExpr> times(DimExpr o) const;
  bool operator==(const DimExpr &o) const {
    return fixed == o.fixed && perBatch == o.perBatch;
  }
  bool operator!=(const DimExpr &o) const { return !(*this == o); }

  /// The function with these values at the probes, if it is affine.
  static std::optional<DimExpr> fit(const std::array<int64_t, 3> &values);
};

using onnx::countElements;

/// Functions that call each other, one in the other.
constexpr size_t maxCallDepth = 64;

using DimExprs = llvm::SmallVector<DimExpr>;
using Ints = llvm::SmallVector<int64_t>;

struct BlockedWeight; // Blocks.h

/// A value of the graph.
struct Imported {
  std::string name;
  mlir::Location loc;
  mlir::Type elementType;
  DimExprs shape;
  /// The value in the function, once something needs it.
  mlir::Value value;
  /// A constant's attribute, if it came with one.
  mlir::TypedAttr attribute;
  /// The elements, if they are known.
  std::optional<rt::Tensor> tensor;
  /// The elements for each batch of `batchProbes`, if they depend on it.
  std::optional<std::array<rt::Tensor, 3>> probed;
  /// An initialiser that stays in the file.
  bool isWeight = false;
  /// The number that every element is, of a constant that is broadcast to a
  /// size that depends on the batch.
  Imported *splat = nullptr;
  /// What the value is the concatenation of along `partsAxis`, after a write
  /// into a part of a tensor.
  llvm::SmallVector<Imported *, 0> parts;
  int64_t partsAxis = 0;
  /// The TensorProto data type of a tensor of the file; 0 for other values.
  int32_t dataType = 0;
  /// What the value, or its transposition, was dequantised from in blocks.
  std::shared_ptr<const BlockedWeight> blocked;
  bool isBlockedTransposed = false;

  Imported(llvm::StringRef name, mlir::Location loc)
      : name(name.str()), loc(loc) {}
  bool isKnown() const { return !isWeight && (tensor || probed); }
  int64_t rank() const { return shape.size(); }
  bool hasStaticShape() const {
    return llvm::all_of(shape, [](DimExpr d) { return d.isStatic(); });
  }
  /// The type, with dynamic dimensions or with the batch of a probe.
  mlir::RankedTensorType type() const;
  mlir::RankedTensorType type(int64_t batch) const;
};

/// The opsets that are read as they are.
constexpr int64_t minOpset = 7, maxOpset = 25;

class Node;
using Handler = mlir::LogicalResult (*)(Node &node);

/// What reads an operator, declared where its handler is.
struct Operator {
  Operator() = default;
  Operator(Handler handler, llvm::StringLiteral refused = "")
      : handler(handler), refused(refused) {}
  Handler handler = nullptr;
  /// The forms that the handler refuses, for users; what every operator refuses
  /// (shapes and axes that cannot be evaluated) is left out.
  llvm::StringRef refused;
};

/// By name, behind the domain and a colon where it is not the standard one.
using OperatorTable = llvm::StringMap<Operator>;

const OperatorTable &getOperators();
/// The handler of an operator, or null.
Handler findHandler(llvm::StringRef qualifiedType);
void registerActivationHandlers(OperatorTable &table);
void registerAttentionHandlers(OperatorTable &table);
void registerCacheHandlers(OperatorTable &table);
void registerContribHandlers(OperatorTable &table);
void registerBlockHandlers(OperatorTable &table);
void registerControlHandlers(OperatorTable &table);
void registerEinsumHandlers(OperatorTable &table);
void registerIndexingHandlers(OperatorTable &table);
void registerMathHandlers(OperatorTable &table);
void registerNetworkHandlers(OperatorTable &table);
void registerQonnxHandlers(OperatorTable &table);
void registerQOperatorHandlers(OperatorTable &table);
void registerQuantiseHandlers(OperatorTable &table);
void registerRandomHandlers(OperatorTable &table);
void registerReduceHandlers(OperatorTable &table);
void registerResizeHandlers(OperatorTable &table);
void registerShapeHandlers(OperatorTable &table);

/// Finds the two draws of every stochastic attention, of its scores and of its
/// output: they number their elements by head, and belong to one layer.
void assignDrawStages(mlir::ModuleOp module);

/// Fails unless the node has the inputs, outputs and attributes of its operator
/// in `opset`.
mlir::LogicalResult checkNode(OperatorSchemas &schemas, const NodeEntry &node,
                              int64_t opset, mlir::Location loc);
/// Fails where a name of the graph or of the bodies in it holds a NUL.
mlir::LogicalResult checkNames(const GraphEntry &graph, mlir::Location loc);
/// Fails where the value cannot be of the type that the model declares for it,
/// whatever the batch. `isForeign`: it stems from an operator of another domain
/// than ONNX's, whose result ONNX's checker cannot know; runtimes take such
/// files, and a shape that is declared wrongly is a warning.
mlir::LogicalResult checkDeclared(const Imported &value,
                                  const ValueEntry &declared,
                                  mlir::Location loc, bool isForeign = false);

/// Imports one model.
class Importer {
public:
  Importer(mlir::MLIRContext &context, llvm::StringRef path,
           const ModelEntry &model, const ImportOptions &options);
  mlir::OwningOpRef<mlir::ModuleOp> run();

  /// Takes open sizes of inputs from those of the arrays; that of the batch
  /// only with `bindsBatch`.
  void bindTo(const ArrayShapes &arrays, bool bindsBatch) {
    this->arrays = &arrays;
    this->bindsBatch = bindsBatch;
  }
  /// "bind the first dimension of 'x' with --shape", and its symbol.
  std::string batchBinding() const;
  /// Whether an input's first dimension was left open.
  bool hasBatch() const { return !batchInput.empty(); }

  /// Of the model, or of the function whose body is imported.
  int64_t opset() const { return bodyOpset ? bodyOpset : model.opset; }
  mlir::OpBuilder &builder() { return opBuilder; }
  mlir::Location nodeLoc(llvm::StringRef name) const;

  /// A new value of which nothing is known yet.
  Imported *make(llvm::StringRef name, mlir::Location loc);
  Imported *makeConstant(llvm::StringRef name, mlir::Location loc,
                         rt::Tensor tensor);
  /// A constant that the archive in memory holds, and that is not folded.
  Imported *makeWeight(llvm::StringRef name, mlir::Location loc,
                       rt::Tensor tensor);
  /// A constant of static shape whose elements are equal.
  Imported *makeSplat(llvm::StringRef name, mlir::Location loc,
                      const rt::Tensor &element, llvm::ArrayRef<int64_t> shape);
  Imported *makeDims(llvm::StringRef name, mlir::Location loc,
                     llvm::ArrayRef<DimExpr> dims);
  /// A constant that the model file holds, under `key` in its archive. Elements
  /// of a `weight` take no part in folding.
  mlir::FailureOr<Imported *> makeStored(const TensorEntry &entry,
                                         llvm::StringRef key, bool weight,
                                         mlir::Location loc);
  /// The value of that name; null, after an error at `loc`, if it has a fault.
  Imported *lookup(llvm::StringRef name, mlir::Location loc);

  /// The value in the function, which may add a constant op. Fails when it
  /// depends on the batch.
  mlir::FailureOr<mlir::Value> materialize(Imported &value, mlir::Location loc);
  /// The elements of a constant, read from the file if need be. Null when the
  /// value is not a constant, or when it depends on the batch.
  mlir::FailureOr<const rt::Tensor *> elements(Imported &value,
                                               mlir::Location loc);

  /// Makes the op, or evaluates it when its operands are known (`mayFold`).
  /// The results get the names in `names`.
  mlir::FailureOr<llvm::SmallVector<Imported *>>
  emit(llvm::StringRef op, llvm::ArrayRef<Imported *> operands,
       llvm::ArrayRef<mlir::NamedAttribute> attributes,
       llvm::ArrayRef<std::string> names, mlir::Location loc, bool mayFold);

  /// Imports a body once, with `arguments` as its inputs, and returns its
  /// outputs. Its names are known to it alone; its ops are called
  /// `scope`/node`suffix`.
  mlir::FailureOr<llvm::SmallVector<Imported *>>
  importBody(const GraphEntry &body, llvm::ArrayRef<Imported *> arguments,
             llvm::StringRef scope, llvm::StringRef suffix);

  /// Enters a loop of `trips` iterations at `loc`; fails if the loops around it
  /// and it have too many together.
  mlir::LogicalResult enterLoop(int64_t trips, mlir::Location loc);
  void leaveLoop(int64_t trips) { openTrips /= std::max<int64_t>(trips, 1); }

  /// The number of the next operator that draws random numbers.
  int64_t nextRandomLayer() { return randomLayers++; }

  /// An argument whose first dimension is the batch; null if there is none.
  Imported *batchArgument() { return batch; }

private:
  friend class Node;
  friend class Delegate;

  /// Finds who defines each value; fails if two do.
  mlir::LogicalResult indexValues();
  /// The nodes that the outputs need, in the order of the file.
  mlir::FailureOr<llvm::SmallVector<const NodeEntry *>> findLive();
  /// Names of bodies count as used when something in the body uses them.
  void markUsedInBodies(const NodeEntry &node);
  void markUsed(const GraphEntry &body);
  mlir::LogicalResult
  checkOperators(llvm::ArrayRef<const NodeEntry *> nodes) const;
  /// Puts each node after those it needs.
  mlir::LogicalResult
  sort(llvm::SmallVectorImpl<const NodeEntry *> &nodes) const;
  void createModule();
  mlir::LogicalResult importInputs();
  mlir::LogicalResult importNode(const NodeEntry &entry);
  /// Replaces a node whose operator is a function by the function's body.
  mlir::LogicalResult importCall(Node &node);
  /// Whether `node` has a handler, or is a function of the model or of ONNX.
  bool isSupported(const NodeEntry &node, int64_t opset) const;
  /// Holds a value of the graph against what the model declares of it.
  mlir::LogicalResult checkOutput(llvm::StringRef name, mlir::Location loc);
  mlir::LogicalResult importOutputs();
  void eraseDeadOps();
  mlir::LogicalResult inputShape(const ValueEntry &input, mlir::Location loc,
                                 const std::map<std::string, int64_t> &bound,
                                 DimExprs &shape);
  std::string bindingHint(const ValueEntry &input, llvm::StringRef symbol);
  /// Whether `name` is an input that no initialiser stands for.
  bool isInput(llvm::StringRef name) const;
  /// The names of the inputs' dynamic dimensions.
  llvm::StringSet<> symbols() const;
  const Ints *arrayShape(const ValueEntry &input);
  bool isLength(const DimEntry &dim, std::optional<int64_t> given);
  void bindLengths(std::map<std::string, int64_t> &bound);
  void bindToArrays(std::map<std::string, int64_t> &bound);
  mlir::LogicalResult checkShapeOptions();
  mlir::FailureOr<std::map<std::string, int64_t>> boundParams();

  bool canFold(llvm::StringRef op, llvm::ArrayRef<Imported *> operands);
  /// Evaluates the op; nothing if the runtime cannot, or if the result is
  /// large. Integers that are too many for the program's text are left in
  /// `large`.
  mlir::FailureOr<std::optional<llvm::SmallVector<Imported *>>>
  fold(mlir::OperationState &state, llvm::ArrayRef<Imported *> operands,
       llvm::ArrayRef<std::string> names,
       llvm::SmallVectorImpl<rt::Tensor> &large);
  bool fitsText(const rt::Tensor &tensor);
  mlir::LogicalResult inferTypes(mlir::Operation *op,
                                 std::optional<mlir::Location> loc,
                                 mlir::ValueRange operands,
                                 llvm::SmallVectorImpl<mlir::Type> &types);
  mlir::LogicalResult inferDims(mlir::Operation *op,
                                llvm::ArrayRef<Imported *> operands,
                                llvm::ArrayRef<Imported *> results,
                                mlir::Location loc);

  mlir::MLIRContext &context;
  std::string path, archive;
  const ModelEntry &model;
  const ImportOptions &options;
  const ArrayShapes *arrays = nullptr;
  bool bindsBatch = false;
  mlir::Location fileLoc;
  mlir::OpBuilder opBuilder;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp function;
  std::vector<std::unique_ptr<Imported>> storage;
  llvm::StringMap<Imported *> values;
  llvm::StringMap<const TensorEntry *> initializers;
  llvm::StringMap<const NodeEntry *> producers;
  /// Types that the model states of results, by name.
  llvm::StringMap<const ValueEntry *> declared;
  /// Values of the graph that stem from operators of other domains.
  llvm::StringSet<> foreign;
  /// Names that live nodes or the graph's outputs use.
  llvm::StringSet<> used;
  llvm::DenseMap<mlir::Attribute, mlir::Value> sharedConstants;
  Imported *batch = nullptr;
  /// Around and behind the names of nodes of a body.
  std::string scope, scopeSuffix;
  int64_t bodyOpset = 0;
  /// Functions that are being expanded, against recursion.
  llvm::SmallVector<std::string> calls;
  /// The name of the batch dimension and the input that has it first.
  std::string batchParam, batchInput;
  int64_t randomLayers = 0;
  OperatorSchemas schemas;
  /// Iterations of the loops around what is imported now, and nodes that
  /// the bodies of loops and functions have become.
  int64_t openTrips = 1, bodyNodes = 0;
  /// Bytes that folding may still add to the text of the module.
  int64_t foldBudget = 400 * 1024;
};

/// A node during its import: access to inputs and attributes with their errors,
/// and the making of ops.
class Node {
public:
  Node(Importer &importer, const NodeEntry &entry)
      : importer(importer), entry(entry), loc(importer.nodeLoc(entry.label())) {
  }

  Importer &importer;
  const NodeEntry &entry;
  mlir::Location loc;

  int64_t opset() const { return importer.opset(); }
  mlir::InFlightDiagnostic error() const;

  /// Checks the number of inputs and that each of them exists.
  mlir::LogicalResult resolveInputs();
  size_t numInputs() const { return inputs.size(); }
  size_t numOutputs() const { return entry.outputs.size(); }
  bool has(size_t i) const { return i < inputs.size() && inputs[i]; }
  Imported *in(size_t i) const { return has(i) ? inputs[i] : nullptr; }
  /// Fails unless inputs 0 to n-1 are there.
  mlir::LogicalResult require(size_t n) const;
  /// Whether output `i` is used by a node or is an output of the graph.
  bool isUsed(size_t i) const;

  bool hasAttr(llvm::StringRef name) const;
  int64_t attr(llvm::StringRef name, int64_t fallback) const;
  double attr(llvm::StringRef name, double fallback) const;
  std::string attr(llvm::StringRef name, const char *fallback) const;
  std::optional<Ints> ints(llvm::StringRef name) const;

  /// The integers of input `i`, which must be a constant; `what` names it in
  /// the error. With a dynamic batch, `dims` allows functions of it.
  mlir::FailureOr<Ints> constantInts(size_t i, llvm::StringRef what) const;
  mlir::FailureOr<DimExprs> dims(size_t i, llvm::StringRef what) const;
  /// The one number in input `i`, a constant; with `forLargeBatch` also that of
  /// a value that depends on the batch, for a large one.
  mlir::FailureOr<double> constantNumber(size_t i, llvm::StringRef what,
                                         bool forLargeBatch = false) const;
  /// The same as an integer, which an index or a count must be.
  mlir::FailureOr<int64_t> constantInt(size_t i, llvm::StringRef what) const;
  /// Whether `constantNumber` would find a constant.
  bool isConstant(size_t i) const;
  /// Axes of the attribute `name` or, when the node has none, of input `i`;
  /// nothing if neither is there. Normalised to [0, rank) and sorted.
  mlir::FailureOr<std::optional<Ints>> axes(llvm::StringRef name, size_t i,
                                            int64_t rank) const;
  mlir::FailureOr<int64_t> axis(int64_t axis, int64_t rank,
                                bool mayBeRank = false) const;

  /// Output `i` is `value`.
  mlir::LogicalResult bind(size_t i, Imported *value);
  /// Output 0 is the result of a new op.
  template <typename Op>
  mlir::LogicalResult emit(llvm::ArrayRef<Imported *> operands,
                           llvm::ArrayRef<mlir::NamedAttribute> attrs = {}) {
    mlir::FailureOr<Imported *> result = make<Op>(operands, attrs);
    return mlir::failed(result) ? mlir::failure() : bind(0, *result);
  }
  /// The result of a new op.
  template <typename Op>
  mlir::FailureOr<Imported *>
  make(llvm::ArrayRef<Imported *> operands,
       llvm::ArrayRef<mlir::NamedAttribute> attrs = {}, bool mayFold = true) {
    auto results = importer.emit(Op::getOperationName(), operands, attrs,
                                 {entry.label()}, loc, mayFold);
    if (mlir::failed(results))
      return mlir::failure();
    return results->front();
  }
  /// `x` under a shape in which one size may depend on the batch; `x` itself if
  /// it has that shape.
  mlir::FailureOr<Imported *> reshape(Imported *x, llvm::ArrayRef<DimExpr> to);
  /// `x` as a matrix: the axes before `axis`, and the rest.
  mlir::FailureOr<Imported *> flatten(Imported *x, int64_t axis);
  /// `x` broadcast to a shape in which sizes may be the batch.
  mlir::FailureOr<Imported *> expand(Imported *x, llvm::ArrayRef<DimExpr> to);

  /// Positions `first` to before `end` of an axis of static size; `x` itself if
  /// these are all.
  mlir::FailureOr<Imported *> slice(Imported *x, int64_t axis, int64_t first,
                                    int64_t end);
  /// Appends parts that, joined along `axis`, are that slice (none if empty).
  mlir::LogicalResult appendParts(Imported *x, int64_t axis, int64_t first,
                                  int64_t end,
                                  llvm::SmallVectorImpl<Imported *> &parts);
  /// The parts joined along `axis`.
  mlir::FailureOr<Imported *> concat(llvm::ArrayRef<Imported *> parts,
                                     int64_t axis);

  mlir::NamedAttribute i64(llvm::StringRef name, int64_t value) const;
  mlir::NamedAttribute f64(llvm::StringRef name, double value) const;
  mlir::NamedAttribute flag(llvm::StringRef name, bool value) const;
  mlir::NamedAttribute str(llvm::StringRef name, llvm::StringRef value) const;
  mlir::NamedAttribute list(llvm::StringRef name,
                            llvm::ArrayRef<int64_t> value) const;
  mlir::NamedAttribute type(llvm::StringRef name, mlir::Type value) const;

private:
  /// `expand` where sizes are multiples of the batch.
  mlir::FailureOr<Imported *> expandMultiples(Imported *x,
                                              llvm::ArrayRef<DimExpr> to);

  llvm::SmallVector<Imported *> inputs;
};

} // namespace snn::import

#endif // SNN_LIB_IMPORT_IMPORTER_H
