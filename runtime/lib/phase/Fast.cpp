//===- Fast.cpp - Phase coding in closed form -------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The firing phase is looked up, spikes are decoded by table, and every layer
// is an F64 matrix product of decoded values that adds in ascending order.
//
//===----------------------------------------------------------------------===//

#include "Support.h"
#include "isa/Isa.h"
#include "phase/Modes.h"

#include <algorithm>
#include <cmath>

using namespace snn::rt;
using namespace snn::rt::detail;

namespace {
struct LeftTag;
struct PanelTag;
struct SumTag;

/// sign * B^-t by code.
class UnitValues {
public:
  explicit UnitValues(const PhaseTable &table) {
    for (int code = -127; code <= 127; ++code)
      if (std::abs(code) <= table.phases())
        values[code + 128] = table.unitValue(static_cast<int8_t>(code));
  }
  double operator[](int8_t code) const { return values[code + 128]; }

private:
  double values[256] = {};
};
} // namespace

/// Rows of the left operand that are worked on together.
static constexpr int64_t rowBlock = 256;

/// Sums left[rows, inputs] * right[inputs, outputs] panel by panel.
/// `fill(panel, first, columns)` writes the columns [first, first + columns) of
/// the right operand, widePanel apart; `take(row, column, sum)` gets the sums.
template <typename Fill, typename Take>
static void multiply(const double *left, int64_t rows, int64_t inputs,
                     int64_t outputs, Fill fill, Take take) {
  double *panel = scratch<double, PanelTag>(inputs * widePanel + 1);
  double *sums = scratch<double, SumTag>(rows * widePanel);
  for (int64_t j = 0; j < outputs; j += widePanel) {
    int64_t columns = std::min(widePanel, outputs - j);
    if (columns < widePanel)
      std::fill(panel, panel + inputs * widePanel, 0.0);
    fill(panel, j, columns);
    loops().wideProduct(left, inputs, panel, sums, rows, inputs);
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < columns; ++c)
        take(r, j + c, sums[r * widePanel + c]);
  }
}

void fast::phaseFire(const PhaseFireArguments &a) {
  loops().phaseCodes(a.u, a.train, a.count, a.table.thresholds.data(),
                     a.table.phases(), a.coding.unipolar);
}

void fast::phaseDecode(const PhaseDecodeArguments &a) {
  UnitValues values(a.table);
  for (int64_t i = 0; i < a.count; ++i)
    a.y[i] = static_cast<float>(values[a.train[i]] *
                                static_cast<double>(a.scales[i * a.scaleStep]));
}

/// sums[j] += u * weights[j].
template <typename Weight>
SNN_CLONES static void addRow(double *__restrict sums,
                              const Weight *__restrict weights, double u,
                              int64_t count) {
  for (int64_t j = 0; j < count; ++j)
    sums[j] += u * static_cast<double>(weights[j]);
}

/// A few rows: weights are read once, in place, and not packed.
static void linearOfFewRows(const PhaseLinearArguments &a,
                            const UnitValues &values) {
  std::vector<double> sums(a.outputs);
  for (int64_t r = 0; r < a.rows; ++r) {
    std::fill(sums.begin(), sums.end(), 0.0);
    dispatch(a.weights.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T *w = a.weights.data<T>();
      for (int64_t i = 0; i < a.inputs; ++i)
        addRow(sums.data(), w + i * a.outputs,
               values[a.train[r * a.inputs + i]], a.outputs);
    });
    for (int64_t j = 0; j < a.outputs; ++j)
      a.y[r * a.outputs + j] = a.finish.value(sums[j], j);
  }
}

void fast::phaseLinear(const PhaseLinearArguments &a) {
  UnitValues values(a.table);
  if (a.rows <= 3)
    return linearOfFewRows(a, values);
  for (int64_t first = 0; first < a.rows; first += rowBlock) {
    int64_t rows = std::min(rowBlock, a.rows - first), n = rows * a.inputs;
    double *left = scratch<double, LeftTag>(n + 1);
    const int8_t *codes = a.train + first * a.inputs;
    for (int64_t i = 0; i < n; ++i)
      left[i] = values[codes[i]];
    float *y = a.y + first * a.outputs;
    dispatch(a.weights.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T *w = a.weights.data<T>();
      multiply(
          left, rows, a.inputs, a.outputs,
          [&](double *panel, int64_t j, int64_t columns) {
            for (int64_t i = 0; i < a.inputs; ++i)
              for (int64_t c = 0; c < columns; ++c)
                panel[i * widePanel + c] =
                    static_cast<double>(w[i * a.outputs + j + c]);
          },
          [&](int64_t r, int64_t j, double sum) {
            y[r * a.outputs + j] = a.finish.value(sum, j);
          });
    });
  }
}

void fast::phaseConvolution(const PhaseConvolutionArguments &a) {
  const ConvolutionGeometry &g = a.geometry;
  int64_t outputs = g.outputs / g.group, taps = g.taps();
  int64_t points = g.outHeight * g.outWidth;
  UnitValues values(a.table);
  std::vector<int8_t> columns(taps * points);
  std::vector<double> left(outputs * taps);
  for (int64_t s = 0; s < g.group; ++s) {
    dispatch(a.weights.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T *w = a.weights.data<T>() + s * outputs * taps;
      std::copy(w, w + outputs * taps, left.begin());
    });
    for (int64_t b = 0; b < g.batch; ++b) {
      g.unfold(a.train + (b * g.group + s) * g.groupInputs * g.height * g.width,
               columns.data(), static_cast<int8_t>(0));
      multiply(
          left.data(), outputs, taps, points,
          [&](double *panel, int64_t p, int64_t count) {
            for (int64_t i = 0; i < taps; ++i)
              for (int64_t c = 0; c < count; ++c)
                panel[i * widePanel + c] = values[columns[i * points + p + c]];
          },
          [&](int64_t j, int64_t p, double sum) {
            int64_t channel = s * outputs + j;
            a.y[(b * g.outputs + channel) * points + p] =
                a.finish.value(sum, channel);
          });
    }
  }
}

void fast::phaseProduct(const PhaseProductArguments &a) {
  UnitValues values(a.table);
  int64_t n = a.rows * a.inputs;
  double *left = scratch<double, LeftTag>(n + 1);
  for (int64_t i = 0; i < n; ++i)
    left[i] = values[a.a[i]];
  multiply(
      left, a.rows, a.inputs, a.outputs,
      [&](double *panel, int64_t j, int64_t columns) {
        for (int64_t i = 0; i < a.inputs; ++i)
          for (int64_t c = 0; c < columns; ++c)
            panel[i * widePanel + c] = values[a.codeB(i, j + c)];
      },
      [&](int64_t r, int64_t j, double sum) {
        for (int64_t i = 0; a.signBug && i < a.inputs; ++i) {
          int8_t p = a.a[r * a.inputs + i], q = a.codeB(i, j);
          if (p < 0 && q != 0 && phaseOfCode(p) == phaseOfCode(q))
            sum += 2.0 * (values[p] * values[q]);
        }
        a.y[r * a.outputs + j] = a.value(sum, r);
      });
}

void fast::phaseWoss(const PhaseWossArguments &a) {
  double logB = a.table.logBase;
  PhaseRelease release = a.coding.release;
  std::vector<double> logits(a.keys);
  double most = -INFINITY;
  bool positive = false;
  for (int64_t k = 0; k < a.keys; ++k) {
    float score = static_cast<float>(a.scoreTable.unitValue(a.scores[k]) *
                                     static_cast<double>(a.scoreCoding.scale));
    logits[k] =
        static_cast<double>(score) * a.multiplicative[k] + a.additive[k];
    if (a.masked[k])
      continue;
    most = std::max(most, logits[k]);
    positive |= logits[k] > 0;
  }
  if (release != PhaseRelease::None && !positive)
    most = 0.0;
  double sum = 0.0;
  for (int64_t k = 0; k < a.keys; ++k) {
    a.train[k] = 0;
    if (a.masked[k])
      continue;
    double distance = most - logits[k], phase;
    if (release == PhaseRelease::Swin)
      phase = std::ceil(a.coding.base * distance / logB + 0.5);
    else if (release == PhaseRelease::Bert)
      phase = 1.0 + std::ceil(distance / logB);
    else
      phase = std::floor(distance / logB + 0.5);
    if (!(phase < a.coding.phases))
      continue;
    int32_t t = static_cast<int32_t>(phase);
    a.train[k] = static_cast<int8_t>(t + 1);
    sum += a.table.levels[t];
  }
  *a.z = static_cast<float>(sum);
}
