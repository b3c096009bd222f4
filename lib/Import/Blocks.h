//===- Blocks.h - Tensors quantised block by block --------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A scale for each run of `size` elements of an axis. Of a weight whose blocks
// divide the axis that a product sums over, the product is one for each block:
// a grouped convolution with a scale for each of its outputs, and a sum over
// the blocks.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_IMPORT_BLOCKS_H
#define SNN_LIB_IMPORT_BLOCKS_H

#include "Compose.h"

namespace snn::import {

/// The blocks along an axis of a tensor.
struct Blocks {
  int64_t axis = 0, size = 0;
  /// The size of the axis, and how many blocks that is; the last may be short.
  int64_t length = 0, count = 0;

  /// A scale or zero point of `count` along the axis for each element of it.
  Composer::Term spread(Composer &c, Composer::Term parameter) const;
};

/// What a weight was dequantised from.
struct BlockedWeight {
  Blocks blocks;
  Imported *levels = nullptr, *scale = nullptr, *zero = nullptr;
};

/// The blocks of a node's attributes; an error of the node if they do not fit.
std::optional<Blocks> readBlocks(Node &n);
/// Imports a DequantizeLinear with blocks.
mlir::LogicalResult dequantizeBlocks(Node &n);

/// x times the blocked matrix `w`, [inputs, outputs] with blocks along axis 0;
/// null after an error.
Composer::Term multiplyBlocks(Node &n, Composer::Term x,
                              const BlockedWeight &w);
/// The same if `weight` was dequantised in blocks along the axis to sum over
/// (axis 1 if `transposed`) and is a matrix; nothing otherwise.
std::optional<Composer::Term> tryMultiplyBlocks(Node &n, Composer::Term x,
                                                Imported *weight,
                                                bool transposed = false);

/// Whether `value` has one element.
bool isSingle(const Imported *value);

} // namespace snn::import

#endif // SNN_LIB_IMPORT_BLOCKS_H
