//===- Kernels.h - The digital unit's kernels -------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Float and data-movement operations, each with the meaning of the ONNX
// operator of the same name (opset 17 unless a comment says otherwise).
//
// Bit equality across instruction sets and threads: every float sum runs in 16
// lanes, lane l adding the elements l, l + 16, l + 32, ... in ascending order,
// and the lanes are then added as a tree: l + (l ^ 8), ^ 4, ^ 2, ^ 1. Matrix
// products and convolutions add their products in ascending order of the
// reduction index, starting from 0. Nothing is contracted to a fused
// multiply-add. exp, erf, tanh and log are the polynomials of Math.h. Rounding
// is half to even.
//
// Kernels allocate their outputs. Shapes that do not fit throw `Error`.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_KERNELS_H
#define SNN_RUNTIME_KERNELS_H

#include "snn/runtime/Tensor.h"

namespace snn::rt {

// Elementwise, one operand. F32 (neg, abs and relu also I32 and I64).
void neg(const Tensor &x, Tensor &y);
void abs(const Tensor &x, Tensor &y);
void sqrt(const Tensor &x, Tensor &y);
void reciprocal(const Tensor &x, Tensor &y);
void exp(const Tensor &x, Tensor &y);
void log(const Tensor &x, Tensor &y);
void erf(const Tensor &x, Tensor &y);
void tanh(const Tensor &x, Tensor &y);
void sigmoid(const Tensor &x, Tensor &y);
void relu(const Tensor &x, Tensor &y);
/// x * sigmoid(x).
void silu(const Tensor &x, Tensor &y);
/// `approximate` is "none" (erf) or "tanh" (opset 20). In this order of
/// operations: (0.5 x)(1 + erf(x * 0.70710678)) and (0.5 x)(1 + tanh(0.79788456
/// (x + 0.044715 (x x x)))).
void gelu(const Tensor &x, Tensor &y, const std::string &approximate);
/// Clamps to [lo, hi]; infinities mean no bound. F32, and I32, I64, I8, U8.
void clip(const Tensor &x, Tensor &y, double lo, double hi);
void logical_not(const Tensor &x, Tensor &y);
// Circular and hyperbolic functions and their inverses: rounded to F32 from
// double-precision series (Trigonometry.h).
void sin(const Tensor &x, Tensor &y);
void cos(const Tensor &x, Tensor &y);
void tan(const Tensor &x, Tensor &y);
void asin(const Tensor &x, Tensor &y);
void acos(const Tensor &x, Tensor &y);
void atan(const Tensor &x, Tensor &y);
void sinh(const Tensor &x, Tensor &y);
void cosh(const Tensor &x, Tensor &y);
void asinh(const Tensor &x, Tensor &y);
void acosh(const Tensor &x, Tensor &y);
void atanh(const Tensor &x, Tensor &y);
void floor(const Tensor &x, Tensor &y);
void ceil(const Tensor &x, Tensor &y);
/// Half to even.
void round(const Tensor &x, Tensor &y);
/// -1, 0 or 1; NaN stays. Any numbers.
void sign(const Tensor &x, Tensor &y);
/// Converts between all element types as ONNX Cast does; `to` is a DType name
/// ("F32", "I64", "BOOL", ...).
void cast(const Tensor &x, Tensor &y, const std::string &to);

// Elementwise, two operands of one element type, numpy broadcasting. F32, I64,
// I32, I16, I8, U8 (pow: F32, I64, I32; the exponent may be of another type).
// Integers wrap. Comparisons give Bool.
void add(const Tensor &a, const Tensor &b, Tensor &y);
void sub(const Tensor &a, const Tensor &b, Tensor &y);
void mul(const Tensor &a, const Tensor &b, Tensor &y);
void div(const Tensor &a, const Tensor &b, Tensor &y);
void pow(const Tensor &a, const Tensor &b, Tensor &y);
/// The remainder with the sign of the divisor, or of the dividend with `fmod`.
/// Any numbers.
void mod(const Tensor &a, const Tensor &b, Tensor &y, int64_t fmod);
void minimum(const Tensor &a, const Tensor &b, Tensor &y);
void maximum(const Tensor &a, const Tensor &b, Tensor &y);
void equal(const Tensor &a, const Tensor &b, Tensor &y);
void less(const Tensor &a, const Tensor &b, Tensor &y);
void less_or_equal(const Tensor &a, const Tensor &b, Tensor &y);
void greater(const Tensor &a, const Tensor &b, Tensor &y);
void greater_or_equal(const Tensor &a, const Tensor &b, Tensor &y);
void logical_and(const Tensor &a, const Tensor &b, Tensor &y);
void logical_or(const Tensor &a, const Tensor &b, Tensor &y);
/// Any element type for a, b.
void where(const Tensor &condition, const Tensor &a, const Tensor &b,
           Tensor &y);

// Float products (F32).
void matmul(const Tensor &a, const Tensor &b, Tensor &y);
void gemm(const Tensor &a, const Tensor &b, const Tensor *c, Tensor &y,
          double alpha, double beta, int64_t transA, int64_t transB);
/// NCHW (also one spatial axis, NCW). `pads` is begin..., end....
void conv(const Tensor &x, const Tensor &w, const Tensor *bias, Tensor &y,
          const Ints &strides, const Ints &pads, const Ints &dilations,
          int64_t group);
/// softmax(scale * q k^T + mask) v over the last two axes: q [..., M, D],
/// k [..., N, D], v [..., N, E]; the mask is additive and broadcast to
/// [..., M, N].
void attention(const Tensor &q, const Tensor &k, const Tensor &v,
               const Tensor *mask, Tensor &y, double scale);

// Reductions and normalisations (F32). Axes may be negative; an empty list
// means all axes.
void softmax(const Tensor &x, Tensor &y, int64_t axis);
void reduce_mean(const Tensor &x, Tensor &y, const Ints &axes,
                 int64_t keepdims);
/// F32, I64, I32.
void reduce_sum(const Tensor &x, Tensor &y, const Ints &axes, int64_t keepdims);
void reduce_max(const Tensor &x, Tensor &y, const Ints &axes, int64_t keepdims);
void reduce_min(const Tensor &x, Tensor &y, const Ints &axes, int64_t keepdims);
/// In ascending order of the elements; integers wrap.
void reduce_prod(const Tensor &x, Tensor &y, const Ints &axes,
                 int64_t keepdims);
/// Mean, then variance of the differences, then (x - mean) / sqrt(variance +
/// epsilon) * scale + bias, over the axes from `axis` on.
void layer_normalization(const Tensor &x, const Tensor &scale,
                         const Tensor *bias, Tensor &y, int64_t axis,
                         double epsilon);
/// Inference form, channel axis 1.
void batch_normalization(const Tensor &x, const Tensor &scale,
                         const Tensor &bias, const Tensor &mean,
                         const Tensor &variance, Tensor &y, double epsilon);
/// The first (or last) index of the largest element. I64.
void arg_max(const Tensor &x, Tensor &y, int64_t axis, int64_t keepdims,
             int64_t selectLastIndex);
/// The same of the smallest element.
void arg_min(const Tensor &x, Tensor &y, int64_t axis, int64_t keepdims,
             int64_t selectLastIndex);
/// The running sum along an axis, in the order of the axis (from its end with
/// `reverse`), of the elements before each with `exclusive`. F32, I64, I32;
/// integers wrap.
void cum_sum(const Tensor &x, Tensor &y, int64_t axis, int64_t exclusive,
             int64_t reverse);
/// The k largest (or smallest) elements along an axis, sorted, and their
/// indices (I64); equal elements in the order of their indices, NaN behind all
/// numbers.
void top_k(const Tensor &x, Tensor &values, Tensor &indices, int64_t k,
           int64_t axis, int64_t largest);

// Pooling over NCHW (F32).
void global_average_pool(const Tensor &x, Tensor &y);
void average_pool(const Tensor &x, Tensor &y, const Ints &kernel,
                  const Ints &strides, const Ints &pads, int64_t ceilMode,
                  int64_t countIncludePad);
void max_pool(const Tensor &x, Tensor &y, const Ints &kernel,
              const Ints &strides, const Ints &pads, const Ints &dilations,
              int64_t ceilMode);
/// Where in the operand the first maximum of each window is: the position in
/// the row-major (with `storageOrder`: column-major) plane, plus those of the
/// planes before. I64.
void max_pool_indices(const Tensor &x, Tensor &y, const Ints &kernel,
                      const Ints &strides, const Ints &pads,
                      const Ints &dilations, int64_t ceilMode,
                      int64_t storageOrder);

// Trains of spikes or counts (U8): `train_and` is 1 where both are,
// `train_and_not` where a is 1 and b is 0, of trains of 0 and 1; `train_add`
// throws `Error` for a sum above 255. Shapes broadcast as numpy's do.
void train_and(const Tensor &a, const Tensor &b, Tensor &y);
void train_and_not(const Tensor &a, const Tensor &b, Tensor &y);
void train_add(const Tensor &a, const Tensor &b, Tensor &y);
/// Sums along `axes` (empty: all); throws `Error` for one above 255.
void train_sum(const Tensor &x, Tensor &y, const Ints &axes, int64_t keepdims);
/// A new axis 0: 1 in its element t where a count is at least `levels[t]`.
void train_slots(const Tensor &x, Tensor &y, const Ints &levels);
/// F32: the elements, each worth `unit`.
void train_numbers(const Tensor &x, Tensor &y, double unit);
/// `max_pool` of a train; a window that holds padding only is silent.
void train_max_pool(const Tensor &x, Tensor &y, const Ints &kernel,
                    const Ints &strides, const Ints &pads,
                    const Ints &dilations, int64_t ceilMode);

/// Interpolates x to `sizes`, of which -1 leaves an axis as it is (opset 19;
/// `mode` is nearest, linear or cubic, and only nearest takes other elements
/// than F32). `scales` and `roi` are F32 vectors with one and two numbers for
/// each axis; without scales they are the quotients of the sizes. Axis after
/// axis, first to last; sums of taps in ascending order from 0.
void resize(const Tensor &x, const Tensor *scales, const Tensor *roi, Tensor &y,
            const Ints &sizes, const std::string &mode,
            const std::string &transform, const std::string &rounding,
            double cubicCoefficient, int64_t excludeOutside,
            double extrapolation, int64_t antialias);

// Data movement, any element type.
/// Indices are I64 or I32 and may be negative; out of range throws.
void gather(const Tensor &data, const Tensor &indices, Tensor &y, int64_t axis);
/// y[i...] = data[i..., with indices[i...] on `axis`].
void gather_elements(const Tensor &data, const Tensor &indices, Tensor &y,
                     int64_t axis);
/// The last axis of `indices` holds index tuples into the axes of `data` behind
/// `batchDims` axes that both share.
void gather_nd(const Tensor &data, const Tensor &indices, Tensor &y,
               int64_t batchDims);
/// `data` with elements (or slices) replaced, in the order of the updates, or
/// combined with what is there: `reduction` is none, add, mul, min or max.
void scatter_elements(const Tensor &data, const Tensor &indices,
                      const Tensor &updates, Tensor &y, int64_t axis,
                      const std::string &reduction);
void scatter_nd(const Tensor &data, const Tensor &indices,
                const Tensor &updates, Tensor &y, const std::string &reduction);
/// `shape` may hold one -1 (computed). Shares the storage of x.
void reshape(const Tensor &x, Tensor &y, const Ints &shape);
void transpose(const Tensor &x, Tensor &y, const Ints &permutation);
void concat(const TensorList &inputs, Tensor &y, int64_t axis);
/// All four lists have one entry per sliced axis; negative steps allowed; ends
/// are clamped as ONNX says.
void slice(const Tensor &x, Tensor &y, const Ints &starts, const Ints &ends,
           const Ints &axes, const Ints &steps);
void split(const Tensor &x, const TensorOutputs &ys, int64_t axis,
           const Ints &sizes);
/// Broadcasts x to `shape` (numpy rules both ways, as ONNX Expand). A -1 in
/// `shape` stands for the first axis of `like` (the run-time batch).
void expand(const Tensor &x, const Tensor *like, Tensor &y, const Ints &shape);
void tile(const Tensor &x, Tensor &y, const Ints &repeats);
/// `mode` is "constant", "reflect", "edge" or "wrap"; `pads` is begin...,
/// end... and may be negative.
void pad(const Tensor &x, Tensor &y, const Ints &pads, const std::string &mode,
         double value);
/// start, start + delta, ... below limit; scalars of one type.
void range(const Tensor &start, const Tensor &limit, const Tensor &delta,
           Tensor &y);

// Affine quantisation. Scale is a scalar or a vector along `axis`; a missing
// zero point is 0. `to` is the result type: "U8" or "I8" ("I32" is refused).
void quantize_linear(const Tensor &x, const Tensor &scale,
                     const Tensor *zeroPoint, Tensor &y, int64_t axis,
                     const std::string &to);
/// x is U8, I8 or I32.
void dequantize_linear(const Tensor &x, const Tensor &scale,
                       const Tensor *zeroPoint, Tensor &y, int64_t axis);

} // namespace snn::rt

#endif // SNN_RUNTIME_KERNELS_H
