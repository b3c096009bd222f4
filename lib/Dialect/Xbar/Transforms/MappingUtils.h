//===- MappingUtils.h - What mapping passes ask of layers -------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_DIALECT_XBAR_TRANSFORMS_MAPPINGUTILS_H
#define SNN_LIB_DIALECT_XBAR_TRANSFORMS_MAPPINGUTILS_H

#include "snn/Chip/Chip.h"
#include "snn/Dialect/Xbar/Xbar.h"

namespace snn::xbar {

/// The different values of a layer's weights, ascending; never empty.
using WeightValues = std::vector<int32_t>;
mlir::FailureOr<WeightValues> readWeightValues(const Layer &layer);

/// The levels that columns take which hold the slices of `values`.
image::DigitRange findDigits(const WeightValues &values,
                             image::Encoding encoding,
                             const image::Slicing &slicing);

/// Whether a layer's input drives a pass for each of its spikes.
bool isDrivenBySlots(const Layer &layer, const chip::Crossbar &crossbar);
/// Bits that one pass drives into a layer's rows.
int64_t bitsOfPass(const Layer &layer, const chip::Crossbar &crossbar);
/// Passes that drive the digits of a layer's input.
int64_t countPasses(const Layer &layer, const chip::Crossbar &crossbar);

/// Bytes of a core's buffer: the digits that one tile is driven with, all bits
/// of a row, and a 32-bit partial sum for every output of a column block.
int64_t digitBytes(const Layer &layer);
int64_t partialSumBytes(const Layer &layer, int64_t columnBlock);

/// How many tiles of one column block a core takes: as many as it has
/// crossbars, and as its buffer has room for digits beside the partial sums.
int64_t tilesPerCore(int64_t crossbars, int64_t bufferBytes, int64_t digitBytes,
                     int64_t sumBytes);

/// Bits of one key (or value) of a product: channels times bits of a level.
int64_t keyBits(ProductOp op);

/// How many keys of one head the engine of `op` holds: keys and values have
/// half of its memory each. None if `chip` does not have that engine.
std::optional<int64_t> keysHeld(ProductOp op, const chip::Chip &chip);

/// "12.5 %".
std::string percentText(int64_t part, int64_t whole);

} // namespace snn::xbar

#endif // SNN_LIB_DIALECT_XBAR_TRANSFORMS_MAPPINGUTILS_H
