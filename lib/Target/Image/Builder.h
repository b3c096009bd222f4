//===- Builder.h - From IR to the messages of an image ----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_TARGET_IMAGE_BUILDER_H
#define SNN_LIB_TARGET_IMAGE_BUILDER_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "snn/Chip/Chip.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Dialect/Spike/Spike.h"
#include "snn/Dialect/Xbar/Xbar.h"
#include "snn/image/Image.h"
#include "llvm/ADT/StringSet.h"

namespace snn::detail {

/// Collects one image. The parts fill `contents` and the raw sections; every
/// failure is reported at the op that caused it.
class ImageBuilder {
public:
  ImageBuilder(mlir::ModuleOp module, mlir::func::FuncOp function,
               const chip::Chip &chip)
      : module(module), function(function), chip(chip) {}

  /// Fills everything.
  mlir::LogicalResult build();

  image::Contents contents;
  image::BitPacker conductances;
  std::string data;

private:
  using Role = image::pb::Constant::Role;

  // Builder.cpp: constants, values, the interface.
  /// The index of the constant `attribute`, added when it is new.
  mlir::FailureOr<int32_t> addConstant(mlir::TypedAttr attribute,
                                       mlir::Operation *op,
                                       llvm::StringRef suffix, Role role);
  int32_t addConstant(const rt::Tensor &tensor, std::string name, Role role);
  /// The index of an SSA value, added when it is new.
  mlir::FailureOr<uint32_t> addValue(mlir::Value value);
  /// A value of the program that is a constant attribute of an op.
  mlir::FailureOr<int32_t> addConstantValue(mlir::TypedAttr attribute,
                                            mlir::Operation *op,
                                            llvm::StringRef suffix);
  mlir::LogicalResult addArguments();
  mlir::LogicalResult addResults(mlir::func::ReturnOp op);

  // Layers.cpp: crossbar layers.
  mlir::FailureOr<uint32_t> addLayer(const xbar::Layer &layer);
  mlir::LogicalResult addTiles(const xbar::Layer &layer,
                               image::pb::Layer &message);
  mlir::LogicalResult packTile(const xbar::Layer &layer,
                               llvm::ArrayRef<int32_t> weights,
                               image::pb::Tile &tile,
                               image::pb::Layer &message);

  // Program.cpp: one instruction an op.
  mlir::LogicalResult addOp(mlir::Operation *op);
  mlir::LogicalResult addKernelOp(KernelOpInterface op);
  mlir::LogicalResult addProduct(xbar::ProductOp op);
  // Families of ops that fire; nullopt for an op of another.
  using Added = std::optional<mlir::LogicalResult>;
  Added addFire(mlir::Operation *op);
  mlir::LogicalResult addThresholds(spike::FireOp op);
  // Phase.cpp: phase coding.
  Added addPhaseOp(mlir::Operation *op);
  // Neurons.cpp: networks that are trained to spike.
  Added addNeurons(mlir::Operation *op);
  Added addAttention(mlir::Operation *op);
  mlir::LogicalResult addUnit(spike::LifOp op);
  mlir::LogicalResult addUnit(spike::BernoulliOp op);
  mlir::FailureOr<image::pb::SpikingAttention *>
  addSpikingAttention(spike::SpikingAttentionOpInterface op);

  /// An instruction with the results of `op`.
  mlir::FailureOr<image::pb::Instruction *>
  addInstruction(mlir::Operation *op, llvm::ArrayRef<mlir::Value> operands);

  mlir::ModuleOp module;
  mlir::func::FuncOp function;
  const chip::Chip &chip;
  llvm::DenseMap<mlir::Attribute, int32_t> constants;
  llvm::DenseMap<int32_t, uint32_t> constantValues;
  llvm::DenseMap<mlir::Value, uint32_t> values;
  llvm::StringSet<> constantNames;
};

/// The message of a coding.
image::pb::Coding toMessage(mlir::Type type);

/// The ONNX node of an op, or the op's name.
std::string getNode(mlir::Operation *op);

} // namespace snn::detail

#endif // SNN_LIB_TARGET_IMAGE_BUILDER_H
