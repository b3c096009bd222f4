//===- Phase.h - One-spike phase coding -------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// SpikedAttention (Hwang et al., NeurIPS 2024): a neuron fires at most once, in
// phase t of T, and its spike has a sign. It stands for sign * scale * B^-t; a
// silent neuron stands for 0. docs/spikedattention.md says what SNNC computes.
//
// A train is an I8 tensor: 0 is silent, +(t + 1) or -(t + 1) is a spike of that
// sign in phase t. Movements of data need not know the coding; a pad with 0 is
// silent.
//
// Each operation that integrates or fires exists three times, and no two share
// the integration or the firing:
//
//   fast     table look-ups and sums over the inputs in ascending order;
//   event    a list of (time, source), sorted by time; an event adds its
//            weights times B^-t, and a neuron's firing time is solved for;
//   stepped  phase by phase: membranes grow by B a phase, take up the weights
//            of the spikes of that phase, and fire at a fixed threshold; trace
//            products keep a decaying trace and latches.
//
// Arithmetic. Levels B^-t are F64. Sums are F64 and rounded to F32 once, at the
// value that leaves the operation. The division x / scale is F32, thresholds
// are rounded to F32, and a threshold is reached with >=. Fast is the reference
// bit for bit. Event and stepped differ from it only where |x / scale| is
// within 1e-6, relative, of a threshold, which countPhases counts.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_PHASE_H
#define SNN_RUNTIME_PHASE_H

#include "snn/runtime/Spiking.h"

#include <cstdint>
#include <vector>

namespace snn::rt {

/// Reproduces a released implementation where it differs from the corrected
/// form (docs/spikedattention.md).
enum class PhaseRelease : int32_t {
  None, ///< the corrected form
  Swin, ///< levels B^-(t+1); softmax of B times the logits
  Bert  ///< softmax phases rounded up
};

/// The coding of one site.
struct PhaseCoding {
  double base;    ///< B, in (1, 2]
  int32_t phases; ///< T, 1 to 127
  float scale;    ///< value of a spike in phase 0; 1 where scales are a tensor
  bool unipolar;  ///< negative values are silent (ReLU); else spikes are signed
  PhaseRelease release;
};

/// The tables of a base and a number of phases; computed in F64.
struct PhaseTable {
  double logBase;                ///< ln B
  std::vector<double> levels;    ///< B^-t, t = 0..T-1 (Swin: B^-(t+1))
  std::vector<float> thresholds; ///< B^-t (1 + 1/B) / 2, rounded to F32

  explicit PhaseTable(const PhaseCoding &coding);
  int32_t phases() const { return static_cast<int32_t>(thresholds.size()); }
  /// The first phase whose threshold `magnitude` (not negative) reaches, or T:
  /// silent. NaN is silent.
  int32_t phaseOf(float magnitude) const;
  /// The code of u = x / scale: 0, or +-(phase + 1).
  int8_t codeOf(float u, bool unipolar) const;
  /// sign * B^-t; 0 for a silent neuron.
  double unitValue(int8_t code) const {
    return code > 0 ? levels[code - 1] : code < 0 ? -levels[-code - 1] : 0.0;
  }
};

// Every function throws `Error` for a coding out of range, a train that is not
// I8, or shapes that do not fit. Outputs are allocated.

/// Fires: train = the code of x / scale (F32 division). `scales` (F32, may be
/// null) replaces the coding's scale and is broadcast to x: [C] for channels
/// that come last, [C, 1, 1] for NCHW, [N, 1] for tokens. ReLU is a unipolar
/// coding.
void phaseEncode(Context &context, const Tensor &x, const Tensor *scales,
                 Tensor &train, const PhaseCoding &coding);

/// y = sign * scale * B^-t, the product in F64 rounded to F32; 0 if silent.
/// `scales` as in phaseEncode.
void phaseDecode(Context &context, const Tensor &train, const Tensor *scales,
                 Tensor &y, const PhaseCoding &coding);

/// A skip connection: y = value + phaseDecode(train), an F32 addition; operands
/// of one shape.
void phaseResidual(Context &context, const Tensor &value, const Tensor &train,
                   const Tensor *scales, Tensor &y, const PhaseCoding &coding);

/// y[..., j] = F32(sum_i(w[i, j] u_i) * f[j] + bias[j]), u_i = sign * B^-t,
/// everything in F64, i ascending from 0.
/// `weights` [inputs, outputs] is F32, I8 or I16. f[j] = scale of the coding *
/// weightScale[j] (F32 [1] or [outputs]; null: 1), a product in F64. `bias`
/// (F32 [outputs]) may be null. Scales of single inputs are folded into F32
/// weights by the compiler, with a coding of scale 1.
void phaseLinear(Context &context, const Tensor &train, const Tensor &weights,
                 const Tensor *weightScale, const Tensor *bias, Tensor &y,
                 const PhaseCoding &coding);

/// The same for a convolution over NCHW (or NCW) trains; weights [O, I/group,
/// kh, kw]; weightScale [1] or [O], bias [O]. The sum runs over channels, then
/// kernel rows, then columns; padded taps are silent. `pads` is begin...,
/// end....
void phaseConvolution(Context &context, const Tensor &train,
                      const Tensor &weights, const Tensor *weightScale,
                      const Tensor *bias, Tensor &y, const PhaseCoding &coding,
                      const Ints &strides, const Ints &pads,
                      const Ints &dilations, int64_t group);

/// Trace-driven product of two trains, equal to the product of their decoded
/// values: a [..., M, K] times b [..., K, N] (or [..., N, K], `transposed`),
/// batches broadcast.
/// y = F32(sum_k(u_a u_b) * (scale of a * scale of b * scale)) in F64, k
/// ascending from 0; factors multiplied from left to right. `divisor` (F32
/// [..., M, 1], may be null; the Z of phaseWoss): the F64 value is divided by
/// it before rounding, and is 0 where it is 0. Base and phases of both trains
/// must be equal. `signBug` reproduces the released double-count correction, in
/// which pairs that fire together count three times where a's spike is
/// negative.
void phaseProduct(Context &context, const Tensor &a, const Tensor &b,
                  const Tensor *divisor, Tensor &y, const PhaseCoding &codingA,
                  const PhaseCoding &codingB, double scale, int64_t transposed,
                  int64_t signBug);

/// Winner-oriented spike shift: a softmax's numerators over the last axis.
/// logit_i = F64(phaseDecode(scores_i)) * multiplicative_i + additive_i (masks
/// F32, broadcast to the scores, may be null). A key whose additive mask is not
/// above -50 is masked: it is silent and no winner. Spike i fires in phase
/// floor((max - logit_i) / ln B + 1/2), silent from phase T on; max runs over
/// the keys that are not masked, so that the winner fires in phase 0. Trains
/// are positive, a weight is B^-phase, Z [..., 1] is their sum (F64, ascending,
/// rounded once). A row that is masked as a whole is silent, with Z = 0.
/// Base and phases of `coding` are those of the fired train; its scale must
/// be 1.
/// PhaseRelease::Swin (of `coding`): phase 1 + round(B d / ln B); Bert:
/// 1 + ceil(d / ln B); both subtract nothing from a row without a positive
/// score, and may leave such a row silent, with Z = 0.
void phaseWoss(Context &context, const Tensor &scores,
               const Tensor *multiplicative, const Tensor *additive,
               Tensor &train, Tensor &z, const PhaseCoding &scoreCoding,
               const PhaseCoding &coding);

/// What countPhases and countPhaseOperations add up is in SiteStatistics:
/// spikes by phase, `unfiredSteps` (phases that neurons spend un-fired; a
/// silent neuron T) and `nearThreshold`. `x` (with `scales`, as given to
/// phaseEncode; may be null) is what the site encoded: neurons with
/// |x / scale| within 1e-6, relative, of a threshold are counted. `valid` and
/// `tokenAxes` as in countSpikes.
void countPhases(Context &context, const char *site, const Tensor &train,
                 const Tensor *x, const Tensor *scales,
                 const PhaseCoding &coding, const Tensor *valid,
                 const Ints &tokenAxes);
/// Adds spikes * targets to the site's synaptic operations, valid neurons only.
void countPhaseOperations(Context &context, const char *site,
                          const Tensor &train, const Tensor *valid,
                          const Ints &tokenAxes, int64_t targets);

} // namespace snn::rt

#endif // SNN_RUNTIME_PHASE_H
