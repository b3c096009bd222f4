//===- ArrayState.h - The programmed cells of a layer -----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_VCHIP_LIB_ARRAYSTATE_H
#define SNN_VCHIP_LIB_ARRAYSTATE_H

#include "isa/CrossbarLoops.h"

#include "snn/vchip/CrossbarArray.h"

namespace snn::vchip {

/// One replica at one read-out time. Panels are [K, stride] with the columns of
/// all column blocks side by side: every tile of a row block sees the same
/// rows.
struct CrossbarArray::State {
  NoiseModel noise;
  /// Net current of a cell (pair) over the current of one level step.
  std::vector<float> levels;
  /// Sum of the squares of a pair's conductances over the square of one step;
  /// empty unless read noise is proportional to the conductance.
  std::vector<float> squares;
  /// Per column, the square of its highest level; empty where all columns have
  /// the same.
  std::vector<float> topSquares;
  /// Conductances in microsiemens; empty without wire resistance. `negative` is
  /// empty for single cells.
  std::vector<float> positive, negative;
  /// Per row block and column, in steps of the converter; empty without
  /// offsets.
  std::vector<float> offsets;
  /// Per row group of all row blocks and column: -1 where the column is stored
  /// complemented, else 1; empty where none is.
  std::vector<int32_t> signs;
  /// Compensation per row block and column; empty without.
  std::vector<float> gains;
  /// Ideal cells and converters: the levels of each row group, packed for the
  /// runtime's integer product, and where each group begins; else empty.
  std::vector<int8_t> packed;
  std::vector<size_t> packedBegins;
};

/// The sums of a batch: scaled codes, and what the digital unit knows exactly.
struct CrossbarArray::Totals {
  std::vector<double> scaled;
  std::vector<int64_t> integers;
};

/// The conversions of one row block.
struct CrossbarArray::Conversions {
  const State &state;
  const DrivenRows &driven;
  int64_t rowBlock;
  int64_t firstGroup; ///< number of the block's first row group
  int64_t vectors;
  VectorIds ids;
  int64_t idStep;
  int32_t *codes; ///< weighted codes [vectors, stride]
  CrossbarCounters &counters;
};

} // namespace snn::vchip

#endif // SNN_VCHIP_LIB_ARRAYSTATE_H
