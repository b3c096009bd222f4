//===- Xbar.h - The xbar dialect --------------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_XBAR_XBAR_H
#define SNN_DIALECT_XBAR_XBAR_H

#include "snn/Dialect/Spike/Spike.h"
#include "snn/image/Slicing.h"

#include "snn/Dialect/Xbar/XbarEnums.h.inc"
#include "snn/Dialect/Xbar/XbarOpsDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "snn/Dialect/Xbar/XbarAttrs.h.inc"

#include "snn/Dialect/Xbar/XbarInterfaces.h.inc"

#define GET_OP_CLASSES
#include "snn/Dialect/Xbar/XbarOps.h.inc"

namespace snn::xbar {

/// Names of the module's attributes.
constexpr llvm::StringLiteral chipAttrName = "xbar.chip";
constexpr llvm::StringLiteral roundsAttrName = "xbar.rounds";
constexpr llvm::StringLiteral programAttrName = "xbar.program";
constexpr llvm::StringLiteral verifiedAttrName = "xbar.verified";

/// The name of the unit that takes dynamic products without an engine.
constexpr llvm::StringLiteral digitalEngine = "digital";

/// What LayerOpInterface says of one op, and its sizes.
struct Layer {
  mlir::Operation *op;
  llvm::StringRef name;
  llvm::StringRef cellsOf; // the layer whose cells it uses; empty: its own
  mlir::Value input;
  mlir::TypedAttr weight;
  TilingAttr tiling;                   // may be null
  PlacementAttr placement;             // may be null
  std::optional<spike::Window> window; // of a convolution
  int64_t groups;
  int64_t inputs;  // K: of one group
  int64_t outputs; // N: of one group
  int64_t vectors; // input vectors of one run of the function

  bool hasOwnCells() const { return cellsOf.empty(); }
  /// The layer that uses this one's cells in passes of its own, if there is
  /// one.
  std::optional<Layer> getSecondPass() const;
  void setTiling(TilingAttr value);
  void setPlacement(PlacementAttr value);
  /// Used rows of row block `block`, used outputs of column block `block`.
  int64_t usedRows(int64_t block) const;
  int64_t usedOutputs(int64_t block) const;
  /// Logical cells that hold a digit of one copy, and of tile `tile` of it.
  int64_t usedCells() const;
  int64_t usedCells(int64_t tile) const;
};

/// The layer that `op` is, if it is one. Its types must be static.
std::optional<Layer> getLayer(mlir::Operation *op);

/// Whether two layers are of the same kind, weight and window, so that the
/// cells of one are right for the other.
bool haveSameWeights(mlir::Operation *a, mlir::Operation *b);

/// The layers below `root`, in execution order.
llvm::SmallVector<Layer> getLayers(mlir::Operation *root);

} // namespace snn::xbar

#endif // SNN_DIALECT_XBAR_XBAR_H
