//===- FunctionEmitter.h - The forward function of a simulator --*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CONVERSION_SPIKETOEMITC_FUNCTIONEMITTER_H
#define SNN_LIB_CONVERSION_SPIKETOEMITC_FUNCTIONEMITTER_H

#include "BufferPlan.h"
#include "CallBuilder.h"
#include "ConstantTable.h"
#include "CppText.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "snn/Dialect/Kernel/Kernel.h"
#include "snn/Dialect/Spike/Epilogue.h"
#include "snn/Dialect/Spike/SiteUtils.h"

#include <set>

namespace snn {

/// The coding constants of a program.
struct CodingConstant {
  std::string identifier;
  std::string type;    // "Coding" or "PhaseCoding"
  std::string value;   // its initialiser
  std::string comment; // what is coded
};

/// A call of the program and its work; see ProfiledOp of the runtime.
struct ProfiledCall {
  std::string name, kind;
  double products = 0, operations = 0, bytes = 0;
};

/// Emits the body of `forward` for a network, op by op.
class FunctionEmitter {
public:
  FunctionEmitter(mlir::func::FuncOp function, mlir::OpBuilder &builder,
                  ConstantTable &constants);

  /// Creates `emitc.func @forward`; the other parts of the program follow from
  /// what it used.
  mlir::LogicalResult emit();
  const BufferPlan &getPlan() const { return plan; }
  llvm::ArrayRef<CodingConstant> getCodings() const { return codings; }
  llvm::ArrayRef<ProfiledCall> getCalls() const { return calls; }
  /// The headers that the program's calls are declared in, beside the
  /// simulator's own.
  const std::set<std::string> &getHeaders() const { return headers; }
  /// Whether the program calls its function `countKept`.
  bool countsKeptTokens() const { return !keptCounts.empty(); }

private:
  // Statements.
  void comment(mlir::Operation *op);
  void emitArguments(mlir::emitc::FuncOp target);
  /// Says that the call that ends in `op` begins.
  void beginCall(mlir::Operation *op);
  static void addWork(mlir::Operation *op, ProfiledCall &work);
  mlir::LogicalResult emitOp(mlir::Operation *op);
  mlir::LogicalResult emitKernelSite(KernelOpInterface op);
  mlir::LogicalResult emitKernel(KernelOpInterface op);
  mlir::LogicalResult emitChain(const spike::EpilogueChain &chain);
  /// The start of an Epilogue's step, up to the bias.
  template <typename Op>
  std::string openStep(llvm::StringRef name, Op op, mlir::TypedAttr scale,
                       llvm::StringRef first = "");
  /// Fails where `site` spikes and its result is levels.
  static mlir::LogicalResult checkSite(const spike::Site &site);
  // The families of ops that integrate and fire; nullopt for an op of another.
  using Emitted = std::optional<mlir::LogicalResult>;
  Emitted emitSpike(mlir::Operation *op);
  Emitted emitPhase(mlir::Operation *op);
  Emitted emitNeurons(mlir::Operation *op);
  Emitted emitStochastic(mlir::Operation *op);
  void emitReturn(mlir::func::ReturnOp op);
  mlir::Value declare(mlir::Value result);

  // Arguments of calls.
  CallBuilder call(mlir::Operation *op, llvm::StringRef callee) {
    return CallBuilder(builder, op->getLoc(), callee);
  }
  /// The program's variable for a value of the network.
  mlir::Value use(mlir::Value value);
  mlir::Value useOptional(mlir::Value value) {
    return value ? use(value) : mlir::Value();
  }
  /// The quoted key of `value`, with the op's name and `suffix` in it.
  std::string quoteKey(mlir::Operation *op, mlir::TypedAttr value,
                       llvm::StringRef suffix);
  /// `run.weights.tensor("key")`, with the op's name and `suffix` as key.
  std::string weight(mlir::Operation *op, mlir::TypedAttr value,
                     llvm::StringRef suffix, bool matrix = false);
  /// `run.weights.filters("key", group)`.
  std::string filters(spike::ConvOp op);
  std::string optionalWeight(mlir::Operation *op,
                             std::optional<mlir::TypedAttr> value,
                             llvm::StringRef suffix);
  /// The coding constant of a site's result, or of a tensor that comes from
  /// one.
  std::string coding(mlir::Value coded);

  // Counting.
  /// What integrates a whole train: the targets of an event, and the masks
  /// whose kept tokens are further ones.
  struct Consumers {
    int64_t targets = 0;
    llvm::SmallVector<mlir::Value> masked;
  };
  void countSite(const spike::Site &site);
  void countPhaseSite(const spike::Site &site);
  static Consumers findConsumers(const spike::Site &site);
  void countMasked(const spike::Site &site, const Consumers &consumers);
  void countConsumer(mlir::OpOperand &operand);
  CallBuilder countTargets(mlir::Operation *op, llvm::StringRef site,
                           mlir::Value train, mlir::Value valid,
                           llvm::ArrayRef<int64_t> tokenAxes);
  void countConvolution(mlir::OpOperand &operand, const spike::Site &site);
  mlir::Value countKept(mlir::Value valid, mlir::Operation *op);

  mlir::func::FuncOp function;
  mlir::OpBuilder &builder;
  ConstantTable &constants;
  BufferPlan plan;
  cpp::Identifiers identifiers;
  llvm::DenseMap<mlir::Value, mlir::Value> variables;
  llvm::SmallVector<mlir::Value> outputs;
  llvm::DenseMap<mlir::Value, mlir::Value> keptCounts;
  llvm::DenseMap<const void *, unsigned> codingIndices; // by site or type
  std::vector<CodingConstant> codings;
  std::vector<ProfiledCall> calls;
  std::set<std::string> headers;
  std::string lastComment;
};

} // namespace snn

#endif // SNN_LIB_CONVERSION_SPIKETOEMITC_FUNCTIONEMITTER_H
