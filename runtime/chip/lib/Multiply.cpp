//===- Multiply.cpp - Currents, codes and shift-add -----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ArrayState.h"
#include "Purpose.h"
#include "isa/CrossbarLoops.h"
#include "ttfs/Packing.h"

#include "snn/vchip/Ladder.h"

#include "snn/runtime/Tensor.h"

#include <algorithm>
#include <cmath>

using namespace snn::vchip;
using namespace snn::vchip::detail;

/// Columns that are converted at a time: their cells of one row group stay in
/// the first level cache.
constexpr int64_t stripColumns = 128;
/// Input vectors that share one pass over the panels.
constexpr int64_t vectorBlock = 128;
/// Driven passes of one integer product: their sums stay in the second level
/// cache.
constexpr int64_t passBlock = 128;

/// The currents of columns by the equations of all nodes of their ladders.
static void solveColumns(const float *g, int64_t stride,
                         const ActiveRows &active, int64_t end, double ohms,
                         float *currents, int64_t columns) {
  auto size = static_cast<size_t>(end);
  std::vector<double> conductances(size, 0.0), volts(size, 0.0);
  for (int64_t i = 0; i < active.count; ++i)
    volts[active.rows[i]] = active.amplitudes ? active.amplitudes[i] : 1.0;
  for (int64_t c = 0; c < columns; ++c) {
    for (int64_t i = 0; i < active.count; ++i)
      conductances[active.rows[i]] =
          double(g[active.rows[i] * stride + c]) * 1e-6;
    currents[c] =
        static_cast<float>(solveLadder(conductances, volts, ohms) * 1e6);
  }
}

void CrossbarArray::sumWithWires(const State &state, int64_t first,
                                 const ActiveRows &active, int64_t columns,
                                 float *currents) const {
  const EffectSetting &setting = state.noise[Effect::IrDrop];
  auto sum = [&](const float *g, float *out) {
    if (setting.model == "exact")
      solveColumns(g, stride(), active, shape.tileRows, setting.magnitude, out,
                   columns);
    else // microsiemens times ohms
      crossbarLoops().ladder(g, stride(), active, shape.tileRows,
                             static_cast<float>(setting.magnitude * 1e-6), out,
                             columns);
  };
  sum(state.positive.data() + first, currents);
  if (state.negative.empty())
    return;
  alignas(64) float negative[stripColumns];
  sum(state.negative.data() + first, negative);
  for (int64_t c = 0; c < columns; ++c)
    currents[c] -= negative[c];
}

Conversion CrossbarArray::conversionOf(int64_t rowBlock) const {
  Conversion how = {};
  how.inverseStep = static_cast<float>(1 / codeStep(rowBlock));
  how.highest = static_cast<float>(highestCode());
  how.lowest =
      kind.encoding == CellEncoding::Differential ? -how.highest : 0.0f;
  return how;
}

void CrossbarArray::convertIntegers(const Conversions &block) const {
  const State &state = block.state;
  int64_t ld = stride(), passes = shape.drive.passes();
  int64_t rows = shape.rowsOf(block.rowBlock);
  Conversion how = conversionOf(block.rowBlock);
  // What the word lines of a row group do in each driven pass of a vector.
  struct DrivenPass {
    int64_t vector, pass;
  };
  std::vector<DrivenPass> driven;
  std::vector<uint8_t> lines;
  std::vector<int32_t> zeros(static_cast<size_t>(ld), 0);
  std::vector<int32_t> sums(static_cast<size_t>(passBlock * ld));
  for (int64_t g = 0; g < block.driven.groups(); ++g) {
    int64_t firstRow = g * shape.groupRows;
    int64_t count = std::min(shape.groupRows, rows - firstRow);
    int64_t groups = rt::detail::packedGroups(count);
    int64_t lda = groups * rt::detail::groupLevels;
    driven.clear();
    lines.assign(static_cast<size_t>(block.vectors * passes * lda), 0);
    for (int64_t v = 0; v < block.vectors; ++v)
      for (int64_t p = 0; p < passes; ++p) {
        DrivenRows::Span span = block.driven.span(v, g, p);
        if (span.count == 0)
          continue;
        uint8_t *line =
            lines.data() + static_cast<int64_t>(driven.size()) * lda - firstRow;
        for (int64_t i = 0; i < span.count; ++i)
          line[span.rows[i]] = span.amplitudes
                                   ? static_cast<uint8_t>(span.amplitudes[i])
                                   : uint8_t(1);
        driven.push_back({v, p});
      }
    how.sign = state.signs.empty()
                   ? nullptr
                   : state.signs.data() + (block.firstGroup + g) * ld;
    const int8_t *packed =
        state.packed.data() +
        state.packedBegins[static_cast<size_t>(block.firstGroup + g)];
    auto total = static_cast<int64_t>(driven.size());
    for (int64_t first = 0; first < total; first += passBlock) {
      int64_t here = std::min(passBlock, total - first);
      rt::detail::loops().productU8S8(lines.data() + first * lda, lda, here,
                                      packed, groups, ld, zeros.data(), nullptr,
                                      sums.data(), ld, shape.drive.bits);
      for (int64_t i = 0; i < here; ++i) {
        const DrivenPass &at = driven[static_cast<size_t>(first + i)];
        how.weight = static_cast<int32_t>(
            shape.drive.factors[static_cast<size_t>(at.pass)]);
        block.counters.saturations += crossbarLoops().convertIntegers(
            sums.data() + i * ld, how, block.codes + at.vector * ld, ld);
      }
    }
  }
}

void CrossbarArray::convertBlock(const Conversions &block) const {
  const CrossbarLoopTable &loops = crossbarLoops();
  const State &state = block.state;
  const NoiseModel &noise = state.noise;
  int64_t ld = stride(), used = shape.columns();
  int64_t firstRow = block.rowBlock * shape.tileRows;
  bool pair = kind.encoding == CellEncoding::Differential;
  auto stepOf = [&](int64_t column) {
    return static_cast<float>(kind.device.stepUs(shape.topLevel(column)));
  };
  double read =
      noise.has(Effect::ReadNoise) ? noise[Effect::ReadNoise].magnitude : 0.0;
  double output =
      noise.has(Effect::OutputNoise)
          ? noise[Effect::OutputNoise].magnitude * ((1 << shape.drive.bits) - 1)
          : 0.0;
  // Both count in the highest level of a column.
  bool uniform = state.topSquares.empty();
  if (uniform) {
    output *= shape.largestLevel;
    if (state.squares.empty())
      read *= shape.largestLevel;
  }
  bool noisy = read > 0 || output > 0;
  rt::PhiloxKey key =
      keyOfTime(noise.seed, ConversionPurpose ^ layer, noise.seconds);
  alignas(64) float random[stripColumns], variance[stripColumns];
  alignas(64) float sums[stripColumns];

  Conversion how = conversionOf(block.rowBlock);

  for (int64_t at = 0; at < ld; at += stripColumns) {
    int64_t columns = std::min(stripColumns, ld - at);
    int64_t usedHere = std::min(columns, used - at);
    const float *levels = state.levels.data() + firstRow * ld + at;
    how.gain = state.gains.empty()
                   ? nullptr
                   : state.gains.data() + block.rowBlock * ld + at;
    how.offset = state.offsets.empty()
                     ? nullptr
                     : state.offsets.data() + block.rowBlock * ld + at;
    for (int64_t g = 0; g < block.driven.groups(); ++g) {
      how.sign = state.signs.empty()
                     ? nullptr
                     : state.signs.data() + (block.firstGroup + g) * ld + at;
      for (int64_t v = 0; v < block.vectors; ++v)
        for (int64_t p = 0; p < shape.drive.passes(); ++p) {
          DrivenRows::Span span = block.driven.span(v, g, p);
          if (span.count == 0)
            continue;
          ActiveRows active = {span.rows, span.amplitudes, span.count};
          how.weight = static_cast<int32_t>(shape.drive.factors[p]);
          int32_t *codes = block.codes + v * ld + at;
          if (noisy) {
            // The sum of the cells' independent normal noise is normal: one
            // draw a column.
            double energy = static_cast<double>(span.count);
            if (span.amplitudes) {
              energy = 0;
              for (int64_t i = 0; i < span.count; ++i)
                energy += double(span.amplitudes[i]) * span.amplitudes[i];
            }
            float deviation = 1;
            bool each = !state.squares.empty();
            if (each) {
              loops.sum(state.squares.data() + firstRow * ld + at, ld, active,
                        true, variance, columns);
              for (int64_t c = 0; c < columns; ++c)
                variance[c] =
                    variance[c] * static_cast<float>(read * read) +
                    static_cast<float>(output * output) *
                        (uniform
                             ? 1.0f
                             : state.topSquares[static_cast<size_t>(at + c)]);
            } else {
              deviation = static_cast<float>(
                  std::sqrt(read * read * energy + output * output));
            }
            uint64_t vector =
                block.ids.first + static_cast<uint64_t>(v * block.idStep);
            uint32_t counter[3] = {
                static_cast<uint32_t>(vector),
                static_cast<uint32_t>(block.ids.sample),
                static_cast<uint32_t>(((block.firstGroup + g) << 10) | p)};
            loops.normals(counter, static_cast<uint32_t>(at / 4), key.low,
                          key.high, deviation,
                          each      ? variance
                          : uniform ? nullptr
                                    : state.topSquares.data() + at,
                          random, columns);
            std::fill(random + usedHere, random + columns, 0.0f);
            how.noise = random;
          }
          if (state.positive.empty()) {
            block.counters.saturations +=
                loops.sumAndConvert(levels, ld, active, how, codes, columns);
            continue;
          }
          sumWithWires(state, firstRow * ld + at, active, columns, sums);
          if (pair) {
            for (int64_t c = 0; c < columns; ++c)
              sums[c] /= stepOf(at + c);
          } else {
            // The reference takes away what cells of level 0 let through.
            float driven = 0;
            for (int64_t i = 0; i < span.count; ++i)
              driven += span.amplitudes ? span.amplitudes[i] : 1.0f;
            auto base = static_cast<float>(kind.device.gOffUs) * driven;
            for (int64_t c = 0; c < usedHere; ++c)
              sums[c] = (sums[c] - base) / stepOf(at + c);
          }
          block.counters.saturations +=
              loops.convert(sums, how, codes, columns);
        }
    }
  }
}

void CrossbarArray::addBlock(const State &state, int64_t rowBlock,
                             const DrivenRows &driven, int64_t vectors,
                             const int32_t *codes, Totals &totals) const {
  int64_t slices = shape.slices(), ld = stride();
  int64_t firstGroup = 0;
  for (int64_t block = 0; block < rowBlock; ++block)
    firstGroup += groupsOf(block);
  bool single = kind.encoding == CellEncoding::Single;
  double step = codeStep(rowBlock);
  for (int64_t v = 0; v < vectors; ++v) {
    double *scaled = totals.scaled.data() + v * shape.outputs;
    int64_t *integers = totals.integers.data() + v * shape.outputs;
    // What every output was raised by, and the complemented columns.
    int64_t digits = 0;
    if (single)
      for (int64_t g = 0; g < driven.groups(); ++g)
        digits += driven.digitSum(v, g);
    int64_t raised = shape.bias * digits;
    for (int64_t j = 0; j < shape.outputs; ++j) {
      const int32_t *code = codes + v * ld + j * slices;
      int64_t sum = 0;
      for (int64_t s = 0; s < slices; ++s)
        sum += shape.sliceFactors[static_cast<size_t>(s)] * code[s];
      scaled[j] += static_cast<double>(sum) * step;
      integers[j] -= raised;
    }
    if (state.signs.empty())
      continue;
    for (int64_t g = 0; g < driven.groups(); ++g) {
      const int32_t *sign = state.signs.data() + (firstGroup + g) * ld;
      int64_t full = driven.digitSum(v, g) * shape.largestLevel;
      if (full == 0)
        continue;
      for (int64_t j = 0; j < shape.outputs; ++j)
        for (int64_t s = 0; s < slices; ++s)
          if (sign[j * slices + s] < 0)
            integers[j] += full * shape.sliceFactors[static_cast<size_t>(s)];
    }
  }
}

void CrossbarArray::multiplyReplica(const State &state, const int16_t *digits,
                                    int64_t vectors, VectorIds ids,
                                    int64_t idStep, Totals &totals,
                                    CrossbarCounters &counters) const {
  int64_t ld = stride();
  std::vector<int32_t> codes(static_cast<size_t>(vectors * ld));
  int64_t firstGroup = 0;
  bool pair = kind.encoding == CellEncoding::Differential;
  int64_t tiles = shape.columnBlocks(), columns = shape.columns();
  for (int64_t block = 0; block < shape.rowBlocks(); ++block) {
    std::fill(codes.begin(), codes.end(), 0);
    DrivenRows driven(shape.drive, digits + block * shape.tileRows, vectors,
                      shape.inputs, shape.rowsOf(block), shape.groupRows);
    int64_t groups = driven.groups(), active = 0, read = 0;
    for (int64_t v = 0; v < vectors; ++v)
      for (int64_t g = 0; g < groups; ++g)
        for (int64_t p = 0; p < shape.drive.passes(); ++p) {
          int64_t count = driven.span(v, g, p).count;
          active += count;
          read += count > 0;
        }
    counters.conversions += read * columns;
    counters.drivenRows += active * tiles;
    counters.activeCells += active * columns * (pair ? 2 : 1);
    counters.drivenGroups += read * tiles;
    counters.skippedGroups +=
        (vectors * groups * shape.drive.passes() - read) * tiles;
    if (read) {
      Conversions all = {state, driven, block,        firstGroup, vectors,
                         ids,   idStep, codes.data(), counters};
      if (state.packed.empty())
        convertBlock(all);
      else
        convertIntegers(all);
      addBlock(state, block, driven, vectors, codes.data(), totals);
    }
    firstGroup += groups;
  }
}

void CrossbarArray::multiply(const int16_t *digits, int64_t vectors,
                             VectorIds ids, int32_t *sums,
                             CrossbarCounters &counters) const {
  std::vector<int64_t> wide(static_cast<size_t>(vectors * shape.outputs));
  multiply(digits, vectors, ids, wide.data(), counters);
  std::transform(wide.begin(), wide.end(), sums, [](int64_t sum) {
    return static_cast<int32_t>(std::clamp<int64_t>(sum, INT32_MIN, INT32_MAX));
  });
}

void CrossbarArray::multiply(const int16_t *digits, int64_t vectors,
                             VectorIds ids, int64_t *sums,
                             CrossbarCounters &counters) const {
  if (states.empty())
    throw rt::Error("crossbar array: multiply before program");
  counters.vectors += vectors;
  auto count = static_cast<int64_t>(states.size());
  Totals totals;
  std::vector<int16_t> gathered;
  for (int64_t r = 0; r < count; ++r) {
    // The first vector of replica r.
    int64_t first =
        (r - static_cast<int64_t>(ids.first % count) + count) % count;
    for (int64_t v = first; v < vectors; v += vectorBlock * count) {
      int64_t here = std::min(vectorBlock, (vectors - v + count - 1) / count);
      const int16_t *rows = digits + v * shape.inputs;
      if (count > 1) {
        gathered.resize(static_cast<size_t>(here * shape.inputs));
        for (int64_t i = 0; i < here; ++i)
          std::copy_n(rows + i * count * shape.inputs, shape.inputs,
                      gathered.data() + i * shape.inputs);
        rows = gathered.data();
      }
      auto size = static_cast<size_t>(here * shape.outputs);
      totals.scaled.assign(size, 0.0);
      totals.integers.assign(size, 0);
      multiplyReplica(*states[static_cast<size_t>(r)], rows, here,
                      {ids.sample, ids.first + static_cast<uint64_t>(v)}, count,
                      totals, counters);
      for (int64_t i = 0; i < here; ++i)
        for (int64_t j = 0; j < shape.outputs; ++j) {
          auto at = static_cast<size_t>(i * shape.outputs + j);
          // Wide of every sum of exact codes, and within what a double holds.
          constexpr double most = 0x1p52;
          double scaled = std::clamp(totals.scaled[at], -most, most);
          sums[(v + i * count) * shape.outputs + j] =
              static_cast<int64_t>(std::nearbyint(scaled)) +
              totals.integers[at];
        }
    }
  }
}
