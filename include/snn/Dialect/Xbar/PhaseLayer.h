//===- PhaseLayer.h - Phase-coded layers on crossbars -----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `spike.phase_linear` and `spike.phase_conv` keep their form on a chip: their
// results are potentials, not integer accumulators. A layer that crossbars hold
// carries the attributes of `xbar.linear` under these names.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_XBAR_PHASELAYER_H
#define SNN_DIALECT_XBAR_PHASELAYER_H

#include "snn/Dialect/Xbar/Xbar.h"

namespace snn::xbar {

constexpr llvm::StringLiteral layerAttrName = "xbar.layer";
constexpr llvm::StringLiteral tilingAttrName = "xbar.tiling";
constexpr llvm::StringLiteral placementAttrName = "xbar.placement";

namespace detail {
/// Whether the tiling and placement of `op`, which may be null, fit its shapes.
mlir::LogicalResult verifyMapping(mlir::Operation *op, TilingAttr tiling,
                                  PlacementAttr placement);
} // namespace detail

} // namespace snn::xbar

#endif // SNN_DIALECT_XBAR_PHASELAYER_H
