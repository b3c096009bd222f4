//===- SpikingUnits.h - Units of networks trained to spike ------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Neurons and attention engines of binary spike trains, event by event. Axis 0
// of a train is time, or time folded with the batch, time-major. Nothing here
// calls the runtime's kernels of the same name: their equality is a test. Only
// the membrane update and the generator are shared, as they are the contract.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_VCHIP_LIB_SPIKINGUNITS_H
#define SNN_VCHIP_LIB_SPIKINGUNITS_H

#include "snn/image/Image.h"
#include "snn/runtime/Spiking.h"

#include <optional>

namespace snn::vchip {

/// What the random numbers of a run depend on beside the image.
struct DrawSource {
  uint64_t sample = 0;          ///< in the whole run
  std::optional<uint64_t> seed; ///< replaces the image's
};

/// Leaky integrate-and-fire neurons: membranes stay in the unit, inputs (F32)
/// come step by step. Returns the train, U8 of the shape of `x`; `compared`, if
/// it is not null, gets the membranes that were compared with the levels, F32.
rt::Tensor runLif(const image::pb::Lif &unit, const rt::Tensor &x,
                  rt::Tensor *compared = nullptr);

/// Bernoulli neurons: probabilities (F32) to a train.
rt::Tensor runBernoulli(const image::pb::Bernoulli &unit, const rt::Tensor &p,
                        const DrawSource &source,
                        rt::SiteStatistics &statistics);

/// Attention of trains q, k, v [time..., H, N, d], of `runSdsa` also of counts
/// and with another number of channels of v; `mask` (U8 0 or 1, [N, N]) may be
/// null. Returns the train, U8 of the shape of `v`, and adds the operations
/// that were carried out.
rt::Tensor runSdsa(const image::pb::SpikingAttention &attention,
                   const rt::Tensor &q, const rt::Tensor &k,
                   const rt::Tensor &v, const rt::Tensor *mask,
                   rt::SiteStatistics &statistics);
rt::Tensor runSsa(const image::pb::SpikingAttention &attention,
                  const rt::Tensor &q, const rt::Tensor &k, const rt::Tensor &v,
                  const rt::Tensor *mask, const DrawSource &source,
                  rt::SiteStatistics &statistics);

/// Attention of any kind.
inline rt::Tensor runAttention(const image::pb::SpikingAttention &attention,
                               const rt::Tensor &q, const rt::Tensor &k,
                               const rt::Tensor &v, const rt::Tensor *mask,
                               const DrawSource &source,
                               rt::SiteStatistics &statistics) {
  switch (attention.kind_case()) {
  case image::pb::SpikingAttention::kSdsa:
    return runSdsa(attention, q, k, v, mask, statistics);
  case image::pb::SpikingAttention::kSsa:
    return runSsa(attention, q, k, v, mask, source, statistics);
  default:
    throw rt::Error("attention '" + attention.node() + "' is of no kind");
  }
}

/// The extents of a train of heads.
struct HeadShape {
  int64_t steps, batch, heads, tokens, channels;
  int64_t width; ///< channels of the values

  /// Throws `rt::Error` for shapes that do not fit.
  HeadShape(const char *unit, const rt::Tensor &q, const rt::Tensor &k,
            const rt::Tensor &v, const rt::Tensor *mask, int64_t steps);
  int64_t headSize() const { return tokens * channels; }
  int64_t valueSize() const { return tokens * width; }
  /// The number of a head among all.
  int64_t index(int64_t step, int64_t sample, int64_t head) const {
    return (step * batch + sample) * heads + head;
  }
  /// The first element of a head.
  int64_t offset(int64_t step, int64_t sample, int64_t head) const {
    return index(step, sample, head) * headSize();
  }
};

/// The spikes of a head, token by token.
class TokenSpikes {
public:
  /// Reads [tokens, channels].
  TokenSpikes(const uint8_t *train, int64_t tokens, int64_t channels);
  struct Range {
    const int32_t *first, *last;
    const int32_t *begin() const { return first; }
    const int32_t *end() const { return last; }
    int64_t size() const { return last - first; }
  };
  /// The channels on which a token spikes, ascending.
  Range of(int64_t token) const {
    return {channels.data() + begins[static_cast<size_t>(token)],
            channels.data() + begins[static_cast<size_t>(token) + 1]};
  }

private:
  std::vector<int32_t> channels;
  std::vector<size_t> begins;
};

} // namespace snn::vchip

#endif // SNN_VCHIP_LIB_SPIKINGUNITS_H
