//===- Modes.h - The three executions of phase coding -----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What Phase.cpp hands to the execution of the context's mode: checked sizes
// and plain pointers. Integration and firing are in PhaseFast.cpp,
// PhaseEvent.cpp and PhaseStepped.cpp (softmax: PhaseWoss.cpp), which share the
// tables of a coding and nothing else.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_PHASEMODES_H
#define SNN_LIB_PHASEMODES_H

#include "ttfs/Modes.h"

#include "snn/runtime/Phase.h"

namespace snn::rt::detail {

/// c of the convention that phase t is worth B^-(t + c).
inline int32_t phaseOffset(const PhaseCoding &coding) {
  return coding.release == PhaseRelease::Swin ? 1 : 0;
}

/// The phase of a code that is not silent.
inline int32_t phaseOfCode(int8_t code) {
  return (code > 0 ? code : -code) - 1;
}
inline double signOfCode(int8_t code) {
  return code > 0 ? 1.0 : code < 0 ? -1.0 : 0.0;
}

/// B^n, n >= 0, by multiplications from left to right.
inline double power(double base, int32_t n) {
  double result = 1.0;
  for (int32_t i = 0; i < n; ++i)
    result *= base;
  return result;
}

/// Values that fire.
struct PhaseFireArguments {
  const float *u; ///< x / scale
  int64_t count;
  int8_t *train;
  const PhaseCoding &coding;
  const PhaseTable &table;
};

/// Spikes that are read as values.
struct PhaseDecodeArguments {
  const int8_t *train;
  int64_t count;
  /// Scale of element i: scales[i * scaleStep].
  const float *scales;
  int64_t scaleStep;
  float *y;
  const PhaseCoding &coding;
  const PhaseTable &table;
};

/// What becomes of a sum: sum * factor[j] + bias[j].
struct PhaseOutputs {
  std::vector<double> factor;
  std::vector<double> bias; ///< empty: none

  float value(double sum, int64_t j) const {
    double product = sum * factor[j];
    return static_cast<float>(bias.empty() ? product : product + bias[j]);
  }
};

struct PhaseLinearArguments {
  const int8_t *train; ///< [rows, inputs]
  int64_t rows, inputs, outputs;
  const Tensor &weights; ///< [inputs, outputs]
  const PhaseOutputs &finish;
  float *y; ///< [rows, outputs]
  const PhaseCoding &coding;
  const PhaseTable &table;
};

struct PhaseConvolutionArguments {
  const int8_t *train;
  const ConvolutionGeometry &geometry;
  const Tensor &weights;
  const PhaseOutputs &finish;
  float *y;
  const PhaseCoding &coding;
  const PhaseTable &table;
};

/// One matrix of a batch.
struct PhaseProductArguments {
  const int8_t *a; ///< [rows, inputs]
  const int8_t *b; ///< [inputs, outputs], or its transpose
  bool transposed;
  int64_t rows, inputs, outputs;
  double factor;
  const float *divisor; ///< [rows] or null
  bool signBug;
  float *y; ///< [rows, outputs]
  const PhaseCoding &coding;
  const PhaseTable &table;

  int8_t codeB(int64_t input, int64_t output) const {
    return transposed ? b[output * inputs + input]
                      : b[input * outputs + output];
  }
  /// factor * sum, divided by the row's divisor.
  float value(double sum, int64_t row) const {
    double product = sum * factor;
    if (!divisor)
      return static_cast<float>(product);
    double z = divisor[row];
    return z == 0.0 ? 0.0f : static_cast<float>(product / z);
  }
};

/// One row of scores.
struct PhaseWossArguments {
  const int8_t *scores;
  int64_t keys;
  const double *multiplicative; ///< [keys]
  const double *additive;       ///< [keys]
  const bool *masked;           ///< [keys]: silent, and no winner
  /// No mask but 0/1 factors on the keys that are not masked: the winner is the
  /// first positive spike.
  bool plain;
  int8_t *train;
  float *z;
  const PhaseCoding &scoreCoding, &coding;
  const PhaseTable &scoreTable, &table;
};

#define SNN_PHASE_MODE(MODE)                                                   \
  namespace MODE {                                                             \
  void phaseFire(const PhaseFireArguments &a);                                 \
  void phaseDecode(const PhaseDecodeArguments &a);                             \
  void phaseLinear(const PhaseLinearArguments &a);                             \
  void phaseConvolution(const PhaseConvolutionArguments &a);                   \
  void phaseProduct(const PhaseProductArguments &a);                           \
  void phaseWoss(const PhaseWossArguments &a);                                 \
  }
SNN_PHASE_MODE(fast)
SNN_PHASE_MODE(event)
SNN_PHASE_MODE(stepped)
#undef SNN_PHASE_MODE

} // namespace snn::rt::detail

#endif // SNN_LIB_PHASEMODES_H
