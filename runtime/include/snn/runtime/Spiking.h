//===- Spiking.h - Integration and firing of the simulator ------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a simulator calls for a spiking network. Each operation exists three
// times, and no two share the integration or the firing:
//
//   fast     one integer product over the levels, vectorised;
//   event    a list of (slot, source) per token, sorted by slot; every event
//            adds weight * (T - t - m) to the membranes of its targets;
//   stepped  slot by slot: V += S; S += r(t), then V += -m*S + (m-z)*sum w;
//            neurons fire on a descending staircase and are latched.
//
// All give the same integers (mttfs.md section 2). Trains are U8 tensors of
// levels, see Tensor.h; membranes are I32.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_SPIKING_H
#define SNN_RUNTIME_SPIKING_H

#include "snn/runtime/Coding.h"
#include "snn/runtime/Tensor.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace snn::rt {

enum class Mode { Fast, Event, Stepped };

/// What one encode site did, summed over samples.
struct SiteStatistics {
  int64_t neurons = 0;    ///< neuron-windows on valid tokens
  int64_t spikes = 0;     ///< those that fired
  int64_t allNeurons = 0; ///< the same two with removed tokens included
  int64_t allSpikes = 0;
  int64_t synapticOperations = 0; ///< events times targets, all consumers
  std::vector<int64_t> slots;     ///< spikes (valid) by slot 0..T
  int32_t maxLevel = 0, mask = 0, radius = 0;
  /// The largest count of a train of counts, whose `spikes` are the neurons
  /// that fire, however often; 0 at sites of other trains.
  int32_t maxCount = 0;
  // Phase coding (Phase.h) only; `slots` then are the phases 0..T-1.
  int32_t phases = 0;        ///< T; 0 at sites of other codings
  int64_t unfiredSteps = 0;  ///< phases spent un-fired; a silent neuron: T
  int64_t nearThreshold = 0; ///< neurons within 1e-6 of a threshold
  // Attention of binary trains (Sdsa.h, Stochastic.h) only.
  int64_t accumulations = 0; ///< additions of attention products
  int64_t ands = 0;          ///< AND gates that were evaluated
  int64_t coincidences = 0;  ///< ANDs of scores that gave 1
  int64_t draws = 0;         ///< random numbers
  int64_t comparisons = 0;   ///< of a random number with a count
};

/// Spike counts of a run, by site name; merged over threads.
struct Statistics {
  std::map<std::string, SiteStatistics> sites;
  void merge(const Statistics &other);
};

class Recorder; // Recorder.h

/// The state of one thread's run: its mode, its counters, its scratch space.
struct Context {
  Mode mode = Mode::Fast;
  Statistics *statistics = nullptr; ///< null: count nothing
  Recorder *recorder = nullptr;     ///< null: keep no trains
  /// The number of the (first) sample in the whole run, never in its batch:
  /// random numbers depend on it.
  int64_t sample = 0;
  int64_t batch = 1;            ///< samples that tensors hold: 1 in a simulator
  std::optional<uint64_t> seed; ///< replaces the seeds that were compiled in
};

namespace detail {
class NarrowWeights;
} // namespace detail

/// A static weight matrix [inputs, outputs] (I8 or I16) as the simulator keeps
/// it: the mapped integers, the column sums and the packed form that the fast
/// product wants (built once, on first use; I8 only).
class LinearWeights {
public:
  LinearWeights() = default;
  explicit LinearWeights(Tensor matrix);
  const Tensor &matrix() const { return integers; }
  int64_t inputs() const { return integers.dim(0); }
  int64_t outputs() const { return integers.dim(1); }
  const std::vector<int32_t> &columnSums() const { return sums; }
  /// Opaque packed storage for the fast kernel.
  const std::shared_ptr<const void> &packed() const { return packedStorage; }
  /// The form for products of one row; null for I16.
  const detail::NarrowWeights *narrow() const { return narrowForm.get(); }

private:
  Tensor integers;
  std::vector<int32_t> sums;
  std::shared_ptr<const void> packedStorage;
  std::shared_ptr<const detail::NarrowWeights> narrowForm;
};

/// Static convolution weights [O, I/group, kernel...] (I8 or I16) as the
/// simulator keeps them: the mapped integers, the sums of each output's taps,
/// and the form that the fast product wants.
class ConvolutionWeights {
public:
  ConvolutionWeights() = default;
  ConvolutionWeights(Tensor weights, int64_t group);
  const Tensor &integers() const { return values; }
  int64_t group() const { return groups; }
  /// Few outputs that read one channel each: they are not packed.
  bool isDepthwise() const {
    return values.dim(1) == 1 && values.dim(0) <= 4 * groups;
  }
  const std::vector<int32_t> &tapSums() const { return sums; }
  /// Opaque storage for the fast kernel, group after group.
  const void *packed() const { return prepared.get(); }

private:
  Tensor values;
  int64_t groups = 1;
  std::vector<int32_t> sums;
  std::shared_ptr<const void> prepared;
};

/// Digital encode: quantises x (quantizeLevel), applies `deadZone` (levels
/// within that radius of the zero point become the zero point; 0 for none),
/// then the coding's own dead zone. Writes the train.
void encode(Context &context, const Tensor &x, Tensor &train,
            const Coding &coding, int64_t deadZone);

/// membrane[..., j] = offset[j] + sum_i w[i, j] * (T - t_i - m) over the
/// spiking i. `offset` is C, may be null (zero), one value per output.
void linear(Context &context, const Tensor &train, const LinearWeights &weights,
            const Tensor *offset, Tensor &membrane, const Coding &coding);

/// The same for a convolution over NCHW trains; weights [O, I/group, kh, kw]
/// (I8 or I16). Padded taps are no inputs. `offset` is [O, OH, OW] or null.
void convolution(Context &context, const Tensor &train, const Tensor &weights,
                 const Tensor *offset, Tensor &membrane, const Coding &coding,
                 const Ints &strides, const Ints &pads, const Ints &dilations,
                 int64_t group);

/// The same with weights that were prepared once.
void convolution(Context &context, const Tensor &train,
                 const ConvolutionWeights &weights, const Tensor *offset,
                 Tensor &membrane, const Coding &coding, const Ints &strides,
                 const Ints &pads, const Ints &dilations);

/// Dynamic product: trains [..., M, K] against resident levels [..., K, N]
/// (U8, zero point `residentZero`, an operand of `residentBits` bits: 1 bit
/// means 2q - 1). Adds (m - z) * kappa[n], kappa = column sums of the resident
/// operand, computed here. `transposed`: resident levels are [..., N, K].
void dynamicProduct(Context &context, const Tensor &train,
                    const Tensor &resident, Tensor &membrane,
                    const Coding &coding, int64_t residentBits,
                    int64_t residentZero, int64_t transposed);

/// Fires by thresholds [channels, T] (I32; column v-1 is the least membrane
/// potential that reaches level v; INT32_MAX for an unreachable level; channels
/// may be 1). `channelAxis` is the membrane's axis that picks the row. Levels
/// within the coding's window stay silent.
void fire(Context &context, const Tensor &membrane, const Tensor &thresholds,
          Tensor &train, const Coding &coding, int64_t channelAxis);

/// The same by thresholds that `buildThresholds` made from the re-quantiser of
/// `scale`, `bias` (null: no addition), `relu` and `deadZone`. The number of
/// thresholds that a potential reaches is that re-quantiser's level, for every
/// accumulator of the product; the fast execution computes it, event and
/// stepped fire by the thresholds.
void fire(Context &context, const Tensor &membrane, const Tensor &thresholds,
          const Tensor &scale, const Tensor *bias, Tensor &train,
          const Coding &coding, int64_t relu, int64_t deadZone,
          int64_t channelAxis);

// Plain digital steps of the spiking network, one implementation (digital
// unit).
/// value = acc * scale[c] + bias[c] (rescaleAccumulator); bias may be null
/// (then there is no addition).
void rescale(const Tensor &membrane, const Tensor &scale, const Tensor *bias,
             Tensor &y, int64_t channelAxis);
/// Levels of a resident operand: quantizeLevel, then the dead zone.
void quantize(const Tensor &x, Tensor &levels, const Coding &coding);
/// Requantises an accumulator: rescale, optional relu, quantizeLevel, dead
/// zone. The re-quantiser f of mttfs.md section 3.
void requantize(const Tensor &membrane, const Tensor &scale, const Tensor *bias,
                Tensor &levels, const Coding &coding, int64_t relu,
                int64_t channelAxis);
/// scale * (q - zero) (1 bit resident operands: scale * (2q - 1)).
void dequantize(const Tensor &levels, Tensor &y, const Coding &coding);
/// Bool [..]: true where an additive attention mask keeps its key (> -1000).
void token_mask(const Tensor &mask, Tensor &valid, const Ints &shape);

/// Counts a train at its site, and keeps it if it is to be recorded. `valid` is
/// Bool [batch, tokens] or null; `tokenAxes` names the axes of the train that
/// run over tokens (a neuron is valid when all of them are; axis 0 is the
/// batch). Each event of a valid neuron has `targets`, its synaptic operations.
void countSpikes(Context &context, const char *site, const Tensor &train,
                 const Coding &coding, const Tensor *valid,
                 const Ints &tokenAxes, int64_t targets = 0);
/// Says that a site's train holds counts up to `maxCount`.
void markCounts(Context &context, const char *site, int64_t maxCount);
/// Adds events * targets to the site's synaptic operations, valid neurons only.
void countSynapticOperations(Context &context, const char *site,
                             const Tensor &train, const Coding &coding,
                             const Tensor *valid, const Ints &tokenAxes,
                             int64_t targets);
/// The same for a convolution with weights of shape `weights`, whose input
/// `train` is: an event has one target per output that a tap carries it to, and
/// so fewer near the border. The rest as for `convolution`.
void countConvolutionOperations(Context &context, const char *site,
                                const Tensor &train, const Coding &coding,
                                const Tensor *valid, const Ints &tokenAxes,
                                const Shape &weights, const Ints &strides,
                                const Ints &pads, const Ints &dilations,
                                int64_t group);

} // namespace snn::rt

#endif // SNN_RUNTIME_SPIKING_H
