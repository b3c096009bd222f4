//===- Stochastic.h - Bernoulli neurons and stochastic attention *- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Stochastic spiking attention (Song, Katti, Simeone, Rajendran: AICAS 2024;
// Xpikeformer, TVLSI 2025). docs/xpikeformer.md says what SNNC computes.
//
// Random numbers are functions of what they are for. Philox4x32-10 has the key
// (seed_lo, seed_hi XOR layer) and the counter
//   (index, b div 4096, t, ((b mod 4096) << 20) | (h << 4) | stage),
// of which word 0 is taken: t is the time step, h the head, b the number of the
// sample in the whole run, and the index i * N + j for the scores of a head
// (stage 0), i * d + m for its output (stage 1), the element within sample and
// step for an encoder (stage 2, h = 0). Batches, threads and processes
// therefore give the same bits.
//
// A draw u fires an event of probability c / n iff floor(u * n / 2^32) < c: 0
// never fires, n always.
//
// Three executions that share nothing but the generator (as in Lif.h):
//
//   fast     bit-packed rows and columns, AND and population count, draws of a
//            row at once;
//   event    lists of spikes; where nothing can fire nothing is drawn;
//   stepped  step by step as the array of attention cells does it: channel by
//            channel, a counter a cell, then a comparison.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_STOCHASTIC_H
#define SNN_RUNTIME_STOCHASTIC_H

#include "snn/runtime/Spiking.h"

#include <cstdint>
#include <vector>

namespace snn::rt {

/// What a random number is for.
enum class DrawStage : int32_t { Score = 0, Output = 1, Encoder = 2 };

enum class Generator : int32_t {
  Philox, ///< independent numbers
  Lfsr32  ///< a shift register per row and head, as hardware has: correlated
};

/// Which sequence an operation draws from. `Context::seed`, if set, replaces
/// the seed.
struct RandomStream {
  uint64_t seed;
  int32_t layer; ///< ordinal of the operation in the imported graph
};

/// train = Bernoulli(p): F32 probabilities, [steps * batch, ...] or [steps,
/// batch, ...], batch being Context::batch; U8 train of the same shape. Fires
/// iff u / 2^32 < p, exactly; p <= 0 and NaN never, p >= 1 always. `stage` is
/// Encoder for a neuron that stands alone; Score and Output number elements by
/// head, as attention does, over axes [..., H, rows, columns].
void bernoulli(Context &context, const Tensor &p, Tensor &train, int64_t steps,
               const RandomStream &stream, DrawStage stage);

struct SsaParameters {
  RandomStream stream;
  Generator generator;
  int64_t normD; ///< denominator of the scores: d, or a power of two above
  int64_t normN; ///< denominator of the output: N, or a power of two above
  bool reuseRow; ///< one draw for all keys of a query, one for its channels
  bool maskSelf; ///< no token attends to itself
  /// Denominators of the outputs of each query; empty: normN for all.
  std::vector<int64_t> norms{};
};

/// S_ij ~ Bernoulli(sum_m q_im k_jm / normD), S &= mask; A_im ~
/// Bernoulli(sum_j S_ij v_jm / normN), or norms[i]. Trains U8 [..., H, N, d],
/// leading axes time and batch, time-major; `mask` U8 0 or 1, [N, N] (row:
/// query), may be null. Throws `Error` for shapes that do not fit, leading axes
/// that are not steps * Context::batch, a norm that a count can exceed (of
/// `norms`: that is not positive, or another number of them than tokens), or
/// numbers outside of the counter's fields (index < 2^32, sample < 2^44, heads
/// < 65536).
void ssa(Context &context, const Tensor &q, const Tensor &k, const Tensor &v,
         const Tensor *mask, Tensor &a, int64_t steps,
         const SsaParameters &parameters);

/// Adds the operations of stochastic attention to the site's counters: 2 N N d
/// ANDs, the coincidences (ANDs of the scores that are 1), a comparison per
/// score and per output element, and as many random numbers (with `reuseRow`
/// two a query), per head and step.
void countSsa(Context &context, const char *site, const Tensor &q,
              const Tensor &k, const SsaParameters &parameters);
/// Adds a random number and a comparison per neuron and step of a Bernoulli
/// layer.
void countBernoulli(Context &context, const char *site, const Tensor &train);

/// The uniform numbers that a float graph draws before it compares, so that
/// the graph as imported fires with `bernoulli`: F32 y = (u >> 8) / 2^24 of
/// the shape of `like`, u as `bernoulli` draws it.
void randomUniform(const Context &context, const Shape &like, Tensor &y,
                   int64_t steps, const RandomStream &stream, DrawStage stage);

/// The same as a kernel of the digital unit, by numbers.
void random_uniform_like(Context &context, const Tensor &like, Tensor &y,
                         int64_t seed, int64_t layer, int64_t steps,
                         int64_t stage);

/// One Galois step of x^32 + x^22 + x^2 + x + 1; never 0 for a state not 0.
constexpr uint32_t lfsr32Step(uint32_t state) {
  return (state >> 1) ^ ((state & 1) ? 0x80200003u : 0u);
}

namespace reference {
/// Plain loops, for the interpreter and for tests.
void bernoulli(const Context &context, const Tensor &p, Tensor &train,
               int64_t steps, const RandomStream &stream, DrawStage stage);
void ssa(const Context &context, const Tensor &q, const Tensor &k,
         const Tensor &v, const Tensor *mask, Tensor &a, int64_t steps,
         const SsaParameters &parameters);
} // namespace reference

} // namespace snn::rt

#endif // SNN_RUNTIME_STOCHASTIC_H
