//===- Sdsa.h - Spike-driven self-attention ---------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Meta-SpikeFormer's attention (Yao et al., ICLR 2024, section 3.3; variant 1:
// Yao et al., NeurIPS 2023). Q, K and V are binary trains [..., H, N, d] (U8),
// whose leading axes are time, or time and batch, time-major. Sums are exact
// integers in every order; the membrane's input is F32(sum) * scale.
//
//   1  kv = sum_n K_n o V_n (per channel);  A_n = Q_n o LIF(scale * kv)
//   2  s = sum_n Q_n (per channel);         A_n = V_n o LIF(scale * s)
//   3  y = Q (K^T V);                       A = LIF(scale * y)
//   4  as 3, with a threshold that was trained
//
// Trains of variants 3 and 4 may hold counts, and V another number of channels;
// the result then has V's.
//
// Three executions, as in Lif.h:
//
//   fast     bit-packed rows and columns, AND and population count; counts as
//            products of bytes;
//   event    lists of the spikes of Q, K and V, a count as so many spikes;
//   stepped  step by step, plain loops over K^T V (variants 3 and 4) or over
//            tokens, membranes kept between steps.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_SDSA_H
#define SNN_RUNTIME_SDSA_H

#include "snn/runtime/Lif.h"

namespace snn::rt {

struct SdsaParameters {
  int32_t variant; ///< 1 to 4
  float scale;     ///< factor of the integer sums; 0.125 as published
  LifNeuron lif;   ///< the output's neurons
};

/// a = SDSA(q, k, v), U8 [..., H, N, d] like its operands. `mask` (U8 0 or 1,
/// [N, N], row: query; may be null) removes pairs of tokens from Q K^T;
/// variants 3 and 4 only. `scales` (F32 of rank 3 that broadcasts to [H, N, d
/// of V]; may be null; variants 3 and 4 only) are factors in place of the
/// scale. Throws `Error` for shapes that do not fit, a leading size that is no
/// multiple of `steps`, or a mask or scales with variant 1 or 2.
void sdsa(Context &context, const Tensor &q, const Tensor &k, const Tensor &v,
          const Tensor *mask, Tensor &a, int64_t steps,
          const SdsaParameters &parameters, const Tensor *scales = nullptr);

/// The integers that the neurons of `sdsa` see, before the scale: I32,
/// [..., H, N, d] (variants 3 and 4) or [..., H, 1, d] (1 and 2).
void sdsaSums(Context &context, const Tensor &q, const Tensor &k,
              const Tensor &v, const Tensor *mask, Tensor &sums,
              int32_t variant);

/// Adds the accumulations of one product to the site's `accumulations`:
/// variant 1 sum |K o V|; 2 sum |Q|; 3 and 4 sum_n |K_n| |V_n| + sum_n |Q_n| d
/// (with a mask: pairs that meet in Q K^T, then |V_j| per pair unequal to 0).
/// |x| are the elements that fire, whatever their count; d is that of V.
void countSdsa(Context &context, const char *site, const Tensor &q,
               const Tensor &k, const Tensor &v, const Tensor *mask,
               int32_t variant);

namespace reference {
/// Plain loops, for the interpreter and for tests.
void sdsaSums(const Tensor &q, const Tensor &k, const Tensor &v,
              const Tensor *mask, Tensor &sums, int32_t variant);
void sdsa(const Tensor &q, const Tensor &k, const Tensor &v, const Tensor *mask,
          Tensor &a, int64_t steps, const SdsaParameters &parameters,
          const Tensor *scales = nullptr);
} // namespace reference

} // namespace snn::rt

#endif // SNN_RUNTIME_SDSA_H
