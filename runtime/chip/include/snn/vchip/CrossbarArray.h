//===- CrossbarArray.h - The crossbars of one layer -------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tiles of cells that together hold K x N weights, as slices in neighbouring
// columns. It knows levels and conductances, never weights:
//
//   levels -> conductances (device effects) -> per pass, row block and row
//   group the currents of the columns -> ADC codes -> digital sum over row
//   groups and passes (weighted with the pass's factor) and slices (with
//   theirs)
//
// A tile's codes are added as integers. Where a code is not one level unit (a
// calibrated converter's step) each row block's sum is scaled in double, added
// over the row blocks in ascending order and rounded half to even once; what
// follows from counts of driven digits is added as an integer.
//
// Global drift compensation multiplies a tile's outputs, as the converters see
// them (their reference is scaled), by alpha = m(0) / m(t), m the mean
// magnitude of the outputs when the rows are driven one by one.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_VCHIP_CROSSBARARRAY_H
#define SNN_VCHIP_CROSSBARARRAY_H

#include "snn/vchip/Devices.h"
#include "snn/vchip/DrivenRows.h"

#include <memory>
#include <string>

namespace snn::vchip {
namespace detail {
struct ActiveRows;
struct Conversion;
} // namespace detail

/// Differential: a level is signed, the difference of two cells. Single: a
/// level is one cell's, columns may be stored complemented.
enum class CellEncoding { Differential, Single };

/// What all crossbars of a chip have in common.
struct CrossbarKind {
  CellDevice device;
  CellEncoding encoding = CellEncoding::Differential;
  int64_t adcsPerCrossbar = 1;
};

/// How one layer (or one group of it) is cut.
struct ArrayGeometry {
  int64_t inputs = 0, outputs = 0;
  /// Rows of a whole tile, and outputs of a whole tile.
  int64_t tileRows = 0, tileOutputs = 0;
  /// Per slice: what a level counts.
  std::vector<int64_t> sliceFactors;
  /// Single cells: what every weight was raised by.
  int64_t bias = 0;
  /// The largest magnitude of a level: it takes the device's highest
  /// conductance, so that every layer uses the whole range of its cells. Of
  /// single cells always the device's highest level.
  int32_t largestLevel = 1;
  /// The same per slice, if slices differ; empty: `largestLevel`.
  std::vector<int32_t> sliceLevels;
  /// Rows that are converted together.
  int64_t groupRows = 0;
  int64_t adcBits = 1;
  /// Per row block the largest sum that the converter represents, in levels
  /// times amplitudes; empty: a code is one level unit (lossless).
  std::vector<double> adcRanges;
  DriveSchedule drive;

  int64_t slices() const { return static_cast<int64_t>(sliceFactors.size()); }
  int64_t columns() const { return outputs * slices(); }
  /// The level of a column that takes the highest conductance.
  int32_t topLevel(int64_t column) const {
    return sliceLevels.empty()
               ? largestLevel
               : sliceLevels[static_cast<size_t>(column % slices())];
  }
  int64_t rowBlocks() const { return (inputs + tileRows - 1) / tileRows; }
  int64_t columnBlocks() const {
    return (outputs + tileOutputs - 1) / tileOutputs;
  }
  /// Rows of one row block that hold weights.
  int64_t rowsOf(int64_t rowBlock) const;
  /// Outputs of one column block.
  int64_t outputsOf(int64_t columnBlock) const;
};

/// The contents of one tile of one replica.
struct TileContents {
  uint32_t crossbar = 0; ///< where it is; cells of equal places are equal
  /// Row-major [rows of the row block, columns of the column block].
  std::vector<int8_t> levels;
  /// Per row group and column: stored complemented. Empty: none.
  std::vector<bool> flips;
};

/// What a run did in crossbars.
struct CrossbarCounters {
  int64_t vectors = 0;       ///< input vectors (tokens, windows)
  int64_t conversions = 0;   ///< of the used logical columns
  int64_t drivenRows = 0;    ///< word lines raised, counted in every tile
  int64_t activeCells = 0;   ///< cells on raised word lines, both of a pair
  int64_t drivenGroups = 0;  ///< row groups read, counted in every tile
  int64_t skippedGroups = 0; ///< row groups without an active row
  int64_t saturations = 0;   ///< conversions outside of the range

  void merge(const CrossbarCounters &other);
};

/// Which input vectors these are, for noise that is drawn per conversion.
struct VectorIds {
  uint64_t sample = 0; ///< in the whole run
  uint64_t first = 0;  ///< number of the first vector within the sample
};

class CrossbarArray {
public:
  /// `layer` sets the short-term noise of arrays apart. Throws rt::Error on a
  /// geometry that contradicts itself.
  CrossbarArray(const CrossbarKind &kind, const ArrayGeometry &geometry,
                uint32_t layer);

  /// Writes all tiles of a replica, in the order column block, row block, and
  /// lets them age. Replicas that were not written repeat the first one.
  /// With ideal devices sums are computed in integers; `analog` computes them
  /// from conductances all the same.
  void program(int64_t replica, const std::vector<TileContents> &tiles,
               const NoiseModel &noise, bool analog = false);

  /// sums[v, j] = sum over the rows of digit * weight, as the chip computes it.
  /// Vector v runs on replica (number of the vector) mod replicas. Digits are
  /// [vectors, K].
  void multiply(const int16_t *digits, int64_t vectors, VectorIds ids,
                int64_t *sums, CrossbarCounters &counters) const;
  /// The same for sums that are known to fit 32 bits; others are clamped.
  void multiply(const int16_t *digits, int64_t vectors, VectorIds ids,
                int32_t *sums, CrossbarCounters &counters) const;

  const ArrayGeometry &geometry() const { return shape; }
  int64_t replicas() const { return static_cast<int64_t>(states.size()); }
  /// The compensation factor of a column in a row block (1 without).
  double compensation(int64_t replica, int64_t rowBlock, int64_t column) const;
  /// The net level that a column shows for one row, as its current says: the
  /// conductance over one level step.
  float level(int64_t replica, int64_t row, int64_t column) const;

private:
  struct State;
  struct Conversions;
  struct Totals;
  void programTile(State &state, const TileContents &tile, int64_t columnBlock,
                   int64_t rowBlock) const;
  void multiplyReplica(const State &state, const int16_t *digits,
                       int64_t vectors, VectorIds ids, int64_t idStep,
                       Totals &totals, CrossbarCounters &counters) const;
  detail::Conversion conversionOf(int64_t rowBlock) const;
  /// Codes from conductances.
  void convertBlock(const Conversions &block) const;
  /// The same for ideal cells, whose sums are integers.
  void convertIntegers(const Conversions &block) const;
  void packIdeal(State &state) const;
  /// Net currents of columns with wire resistance, microamperes at 1 V.
  void sumWithWires(const State &state, int64_t first,
                    const detail::ActiveRows &active, int64_t columns,
                    float *currents) const;
  void addBlock(const State &state, int64_t rowBlock, const DrivenRows &driven,
                int64_t vectors, const int32_t *codes, Totals &totals) const;
  /// Columns of a panel, padded for the loops.
  int64_t stride() const;
  int64_t groupsOf(int64_t rowBlock) const;
  /// The largest positive code; the smallest is its negative, or 0.
  double highestCode() const;
  double codeStep(int64_t rowBlock) const;

  CrossbarKind kind;
  ArrayGeometry shape;
  uint32_t layer;
  std::vector<std::shared_ptr<const State>> states;
};

} // namespace snn::vchip

#endif // SNN_VCHIP_CROSSBARARRAY_H
