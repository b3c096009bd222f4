//===- Modes.h - Three executions of binary trains --------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What Lif.cpp, Sdsa.cpp and Stochastic.cpp hand to the execution of the
// context's mode: checked sizes and plain pointers. The executions are in
// BinaryFast.cpp, BinaryEvent.cpp and BinaryStepped.cpp (neurons, SDSA) and
// StochasticFast.cpp, StochasticEvent.cpp and StochasticStepped.cpp. They share
// this header: the generator and the membrane update, not what is done with
// them.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_BINARYMODES_H
#define SNN_LIB_BINARYMODES_H

#include "ttfs/Modes.h"

#include "snn/runtime/Philox.h"
#include "snn/runtime/Sdsa.h"
#include "snn/runtime/Stochastic.h"

namespace snn::rt::detail {

struct LifArguments {
  const float *x; ///< [steps, neurons]
  int64_t steps, neurons;
  const LifNeuron &neuron;
  uint8_t *train;
  float *membranes = nullptr; ///< those compared; null: not asked for

  /// Where the compared membrane of element `at` goes.
  float *membraneAt(int64_t at) const {
    return membranes ? membranes + at : nullptr;
  }
};

/// What multiplies the sum at `index` of head `product % heads`: one factor, or
/// one of a head, a token and a channel each.
struct SumScales {
  float all = 1;
  const float *values = nullptr; ///< null: `all`
  int64_t heads = 1, headStep = 0, tokenStep = 0, channelStep = 0;

  float at(int64_t product, int64_t token, int64_t channel) const {
    return values ? values[product % heads * headStep + token * tokenStep +
                           channel * channelStep]
                  : all;
  }
};

/// Matrices [products, tokens, channels], V [products, tokens, width].
struct SdsaArguments {
  const uint8_t *q, *k, *v, *mask; ///< mask [tokens, tokens] or null
  int64_t products, tokens, channels, width;
  int32_t variant;
  bool counts;   ///< some element of Q, K or V is above 1
  int32_t *sums; ///< [products, tokens or 1, width]; of sdsaSums only
  // Of sdsa only.
  int64_t steps = 1; ///< products are [steps, ...]
  SumScales scales{};
  LifNeuron neuron{};
  uint8_t *a = nullptr;

  bool isProduct() const { return variant >= 3; }
  int64_t matrix() const { return tokens * channels; }
  int64_t values() const { return tokens * width; }
  /// Sums of one product.
  int64_t sumCount() const { return isProduct() ? values() : channels; }
  /// The train that variants 1 and 2 mask.
  const uint8_t *gated() const { return variant == 1 ? q : v; }
  /// The neurons' input of a sum.
  float input(int64_t product, int64_t sum) const {
    return static_cast<float>(sums[product * sumCount() + sum]) *
           scales.at(product, sum / width, sum % width);
  }
};

/// The constant part of a Philox counter: sample, step, head and stage.
struct DrawSource {
  PhiloxKey key;
  uint32_t high, step, low; ///< words 1, 2 and 3

  DrawSource(PhiloxKey key, int64_t sample, int64_t step, int64_t head,
             int32_t stage)
      : key(key), high(static_cast<uint32_t>(sample >> 12)),
        step(static_cast<uint32_t>(step)),
        low(static_cast<uint32_t>((sample & 0xFFF) << 20) |
            static_cast<uint32_t>(head << 4) | static_cast<uint32_t>(stage)) {}
  uint32_t draw(int64_t index) const {
    return philox({{static_cast<uint32_t>(index), high, step, low}}, key)
        .word[0];
  }
};

/// Whether a draw fires an event of probability count / norm.
inline bool drawFires(uint32_t draw, int64_t norm, int64_t count) {
  return static_cast<int64_t>(
             (static_cast<uint64_t>(draw) * static_cast<uint64_t>(norm)) >>
             32) < count;
}

/// The first state of the shift register of a row and head.
inline uint32_t lfsr32Start(PhiloxKey key, int64_t sample, int64_t head,
                            int64_t row) {
  for (uint32_t n = 0;; ++n) {
    DrawSource source(key, sample, n, head, 15);
    uint32_t state =
        philox({{static_cast<uint32_t>(row), source.high, n, source.low}}, key)
            .word[1];
    if (state)
      return state;
  }
}

struct BernoulliArguments {
  const float *p; ///< [steps, batch, heads, elements]
  int64_t steps, batch, heads, elements;
  PhiloxKey key;
  int64_t sample; ///< number of the first sample
  int32_t stage;
  uint8_t *train;

  int64_t rows() const { return steps * batch * heads; }
  DrawSource source(int64_t row) const {
    return {key, sample + row / heads % batch, row / (heads * batch),
            row % heads, stage};
  }
};

struct SsaArguments {
  const uint8_t *q, *k, *v, *mask; ///< [steps, batch, heads, tokens, channels]
  int64_t steps, batch, heads, tokens, channels;
  PhiloxKey key;
  int64_t sample;
  const SsaParameters &parameters;
  uint8_t *a;

  int64_t matrix() const { return tokens * channels; }
  bool isLfsr() const { return parameters.generator == Generator::Lfsr32; }
  /// What the outputs of query `i` are divided by.
  int64_t norm(int64_t i) const {
    return parameters.norms.empty() ? parameters.normN : parameters.norms[i];
  }
  /// Whether key `j` is seen by query `i`.
  bool sees(int64_t i, int64_t j) const {
    return (!mask || mask[i * tokens + j]) && (!parameters.maskSelf || i != j);
  }
  DrawSource source(int64_t step, int64_t sampleInBatch, int64_t head,
                    DrawStage stage) const {
    return {key, sample + sampleInBatch, step, head,
            static_cast<int32_t>(stage)};
  }
};

namespace fast {
void lif(const LifArguments &a);
void sdsaSums(const SdsaArguments &a);
void sdsa(const SdsaArguments &a);
void bernoulli(const BernoulliArguments &a);
void ssa(const SsaArguments &a);
} // namespace fast

namespace event {
void lif(const LifArguments &a);
void sdsaSums(const SdsaArguments &a);
void sdsa(const SdsaArguments &a);
void bernoulli(const BernoulliArguments &a);
void ssa(const SsaArguments &a);
} // namespace event

namespace stepped {
void lif(const LifArguments &a);
void sdsaSums(const SdsaArguments &a);
void sdsa(const SdsaArguments &a);
void bernoulli(const BernoulliArguments &a);
void ssa(const SsaArguments &a);
} // namespace stepped

} // namespace snn::rt::detail

#endif // SNN_LIB_BINARYMODES_H
