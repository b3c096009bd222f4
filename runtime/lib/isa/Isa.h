//===- Isa.h - Inner loops compiled per instruction set ---------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The fast kernels' inner loops. FloatLoops.inc and IntegerLoops.inc are
// compiled once per instruction set; the processor's features choose a table at
// start, SNN_ISA=portable|avx2|avxvnni|avx512|amx or setIsa chooses a lesser
// one. All tables give the same bits.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_ISA_ISA_H
#define SNN_LIB_ISA_ISA_H

#include <cstdint>

namespace snn::rt::detail {

enum class Isa { Portable, Avx2, AvxVnni, Avx512, Amx };

enum UnaryLoop {
  UnaryNeg,
  UnaryAbs,
  UnarySqrt,
  UnaryReciprocal,
  UnaryExp,
  UnaryLog,
  UnaryErf,
  UnaryTanh,
  UnarySigmoid,
  UnaryRelu,
  UnarySilu,
  UnaryGelu,
  UnaryGeluTanh,
  UnaryLoopCount
};

enum BinaryLoop {
  BinaryAdd,
  BinarySub,
  BinaryMul,
  BinaryDiv,
  BinaryMin,
  BinaryMax,
  BinaryLoopCount
};

/// Columns of one panel of a packed integer weight matrix; levels of one group
/// of its reduction index. Layout: [panel][group][column in panel][level in
/// group].
constexpr int64_t panelColumns = 64;
constexpr int64_t groupLevels = 4;
/// A list of events is filled up to a multiple of this.
constexpr int64_t eventStep = 4;

/// How one row of accumulators becomes levels (LevelRow below).
struct LevelRule {
  float scale;      ///< of one level step
  int32_t zero;     ///< level of the value 0
  int32_t maxLevel; ///< T
  int32_t deadZone; ///< levels within this of zero become zero
  int32_t mask;     ///< then: levels within radius of mask become mask
  int32_t radius;
};

struct LoopTable {
  void (*unary[UnaryLoopCount])(const float *x, float *y, int64_t n);
  /// y[i] = a[i * sa] op b[i * sb]; the strides are 0 or 1.
  void (*binary[BinaryLoopCount])(const float *a, int64_t sa, const float *b,
                                  int64_t sb, float *y, int64_t n);
  /// The sum in the documented order.
  float (*sum)(const float *x, int64_t n);
  float (*maximum)(const float *x, int64_t n);
  void (*softmax)(const float *x, float *y, int64_t n);
  void (*layerNorm)(const float *x, float *y, int64_t n, const float *scale,
                    const float *bias, float epsilon);
  /// y = (x - mean) * factor + bias.
  void (*affine)(const float *x, float *y, int64_t n, float mean, float factor,
                 float bias);
  /// c[M, N] = a[M, K] b[K, N]. `panel` is scratch of floatPanel * K floats.
  void (*matmul)(const float *a, int64_t lda, const float *b, int64_t ldb,
                 float *c, int64_t ldc, int64_t m, int64_t n, int64_t k,
                 float *panel);

  /// x to levels.
  void (*encode)(const float *x, uint8_t *y, int64_t n, const LevelRule &rule);
  /// acc to floats; scale and bias step by ss and sb (0 or 1); bias may be
  /// null.
  void (*rescale)(const int32_t *acc, const float *scale, int64_t ss,
                  const float *bias, int64_t sb, float *y, int64_t n);
  /// acc to levels: `rescale`, max(0, .) if `relu`, `encode`.
  void (*requantize)(const int32_t *acc, const float *scale, int64_t ss,
                     const float *bias, int64_t sb, int64_t relu, uint8_t *y,
                     int64_t n, const LevelRule &rule);
  /// The same with GELU (the exact one) in the place of max(0, .), and then, if
  /// `factors` is not null, times one factor an element.
  void (*geluLevels)(const int32_t *acc, const float *scale, int64_t ss,
                     const float *bias, int64_t sb, const float *factors,
                     uint8_t *y, int64_t n, const LevelRule &rule);
  /// Levels of accumulators by thresholds that ascend from level to level: the
  /// number of thresholds that each reaches. Level t + 1 of accumulator i has
  /// thresholds[t * stride + i * sc]; sc is 0 or 1.
  void (*fire)(const int32_t *v, const int32_t *thresholds, int64_t stride,
               int64_t sc, uint8_t *levels, int64_t n, int32_t maxLevel,
               int32_t mask, int32_t radius);
  /// y = scale * (q - zero), q - zero exact.
  void (*dequantize)(const uint8_t *q, float *y, int64_t n, float scale,
                     int32_t factor, int32_t zero);

  /// out[m, n] = init[n] + rowInit[m] + sum_k a[m, k] * w[k, n] over packed w.
  /// Rows of `a` are readable for groups * 4 bytes; `init` has whole panels;
  /// rowInit may be null. Levels of `a` are below 2^bits.
  void (*productU8S8)(const uint8_t *a, int64_t lda, int64_t rows,
                      const int8_t *packed, int64_t groups, int64_t columns,
                      const int32_t *init, const int32_t *rowInit, int32_t *out,
                      int64_t ldo, int bits);
  /// One row of the same over a panel of weights of 1, 2 or 4 bits
  /// (NarrowWeights.cpp). `a` is zero behind its inputs.
  void (*narrowProduct)(const uint8_t *a, const uint8_t *packed, int bits,
                        int64_t groups, int64_t columns, const int32_t *init,
                        int32_t *out);
  /// out[m, n] = offset[n] (or 0) + sum_k (a[m, k] - mask) * w[k, n].
  void (*productU8S16)(const uint8_t *a, int64_t lda, int64_t rows,
                       const int16_t *w, int64_t inputs, int64_t columns,
                       int64_t ldw, int32_t mask, const int32_t *offset,
                       int32_t *out, int64_t ldo);
  /// out[i] = start + sum of taps[y][x] * image[y * pitch + i * stride + x]
  /// over `height` rows of `quads` times four taps. Strides up to 4; an image
  /// row is readable for 128 bytes behind what is read of it.
  void (*depthwiseRow)(const uint8_t *image, int64_t pitch, const int8_t *taps,
                       int64_t height, int64_t quads, int64_t stride,
                       int32_t start, int32_t *out, int64_t n);
  /// Packs factor * q - base, modulo 2^8, of q [inputs, outputs], or of its
  /// transpose; sums[output] = sum of q, as signed bytes where `flip` is 128
  /// rather than 0. Both results have whole panels.
  void (*packByInput)(const uint8_t *q, int64_t ldq, int64_t inputs,
                      int64_t outputs, int32_t factor, int32_t base,
                      int32_t flip, int8_t *packed, int32_t *sums);
  void (*packByOutput)(const uint8_t *q, int64_t inputs, int64_t outputs,
                       int32_t factor, int32_t base, int8_t *packed,
                       int32_t *sums);
  /// out[c * ldo + r] = in[r * ldi + c].
  void (*turnBytes)(const uint8_t *in, int64_t ldi, int64_t rows,
                    int64_t columns, uint8_t *out, int64_t ldo);
  void (*turnWords)(const int32_t *in, int64_t ldi, int64_t rows,
                    int64_t columns, int32_t *out, int64_t ldo);
  /// out[i] += weight * (q[i * step] - mask).
  void (*accumulateTap)(const uint8_t *q, int64_t step, int32_t mask,
                        int32_t weight, int32_t *out, int64_t n);

  /// Multiplies and adds bytes in registers, or where that is not known, next
  /// to them; `steps` is a measure of how long. How many products that were.
  int64_t (*peakProducts)(int64_t steps);

  /// How many of n levels are below `low` or above `high`.
  int64_t (*countOutside)(const uint8_t *levels, int64_t n, uint8_t low,
                          uint8_t high);
  /// Adds how often each of the 256 levels occurs to `counts`.
  void (*histogram)(const uint8_t *levels, int64_t n, int64_t *counts);
  /// How many of n levels are not `mask`, and how many groups of them have one
  /// that is not.
  void (*countEvents)(const uint8_t *levels, int64_t n, uint8_t mask,
                      int64_t *events, int64_t *groups);
  /// Lists the inputs whose level is not `mask`, and the differences to it; an
  /// input stands twice where the difference needs more than a byte. Whole
  /// steps, filled up with a difference of 0 at input 0. The lists have room
  /// for 2 * n + 16. Returns the length.
  int64_t (*listEvents)(const uint8_t *levels, int64_t n, int32_t mask,
                        int32_t maxLevel, int32_t *inputs, int8_t *differences);
  /// The same of whole groups: four bytes of differences each, and the sum of
  /// all differences.
  int64_t (*listGroups)(const uint8_t *levels, int64_t n, int32_t mask,
                        int32_t maxLevel, int32_t *groups, int32_t *differences,
                        int32_t *sum);
  /// out[c] = init[c] (or 0) + sum of difference * w[input * ldw + c] over the
  /// events, c < columns <= panelColumns.
  void (*eventProduct)(const int8_t *w, int64_t ldw, const int32_t *inputs,
                       const int8_t *differences, int64_t events,
                       int64_t columns, const int32_t *init, int32_t *out);
  /// The same over a panel of packed weights and a list of groups.
  void (*groupProduct)(const int8_t *panel, const int32_t *groups,
                       const int32_t *differences, int64_t count, int32_t sum,
                       int64_t columns, const int32_t *init, int32_t *out);

  /// c[M, widePanel] = a[M, K] panel[K, widePanel] in F64, k ascending from 0,
  /// products and sums rounded apart.
  void (*wideProduct)(const double *a, int64_t lda, const double *panel,
                      double *c, int64_t m, int64_t k);
  /// PhaseTable::codeOf of every u.
  void (*phaseCodes)(const float *u, int8_t *codes, int64_t n,
                     const float *thresholds, int32_t phases, bool unipolar);
};

/// Columns of a panel of the float product, at most.
constexpr int64_t floatPanel = 64;
/// Columns of a panel of the F64 product.
constexpr int64_t widePanel = 32;

extern const LoopTable portableLoops;
#if defined(__x86_64__)
extern const LoopTable avx2Loops;
extern const LoopTable avx512Loops;
/// LoopTable::histogram where populations of vectors can be counted.
void avx512Histogram(const uint8_t *levels, int64_t n, int64_t *counts);
/// LoopTable::peakProducts and productU8S8 with AVX-VNNI.
int64_t avxVnniPeakProducts(int64_t steps);
void avxVnniProductU8S8(const uint8_t *a, int64_t lda, int64_t rows,
                        const int8_t *packed, int64_t groups, int64_t columns,
                        const int32_t *init, const int32_t *rowInit,
                        int32_t *out, int64_t ldo, int bits);
/// LoopTable::peakProducts and productU8S8 on AMX tiles.
int64_t amxPeakProducts(int64_t steps);
void amxProductU8S8(const uint8_t *a, int64_t lda, int64_t rows,
                    const int8_t *packed, int64_t groups, int64_t columns,
                    const int32_t *init, const int32_t *rowInit, int32_t *out,
                    int64_t ldo, int bits);
#endif

/// The best set of this processor.
Isa bestIsa();
/// The set in use.
Isa currentIsa();
/// Uses `isa`, or the best one below it that this processor has. For tests; not
/// while kernels run.
void setIsa(Isa isa);
/// The loops of the set in use.
const LoopTable &loops();

} // namespace snn::rt::detail

#endif // SNN_LIB_ISA_ISA_H
