//===- Modes.h - The three executions of a spiking layer --------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What Spiking.cpp hands to the execution of the context's mode: checked sizes
// and plain pointers. Integration and firing are in SpikingFast.cpp,
// SpikingEvent.cpp and SpikingStepped.cpp, which share nothing but this header.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_SPIKINGMODES_H
#define SNN_LIB_SPIKINGMODES_H

#include "isa/Isa.h"
#include "kernels/Convolution.h"
#include "ttfs/Channels.h"

#include "snn/runtime/Spiking.h"

// Integer loops that are exact in any order: compiled for several sets. Clang
// makes no clones of templates.
#if defined(__x86_64__) && defined(__GNUC__) && defined(__linux__) &&          \
    !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define SNN_CLONES_OF                                                          \
  __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define SNN_CLONES_OF
#endif
#if !defined(__clang__)
#define SNN_CLONES SNN_CLONES_OF
#define SNN_PLAIN_CLONES SNN_CLONES_OF
#elif __clang_major__ >= 22 && !__has_feature(address_sanitizer) &&            \
    !__has_feature(thread_sanitizer)
#define SNN_CLONES
#define SNN_PLAIN_CLONES SNN_CLONES_OF
#else
#define SNN_CLONES
#define SNN_PLAIN_CLONES
#endif
// A loop that every clone is to hold a copy of.
#if defined(__GNUC__)
#define SNN_INLINE inline __attribute__((always_inline))
#else
#define SNN_INLINE inline
#endif

namespace snn::rt::detail {

/// Calls the function of the mode.
template <typename Arguments>
void runInMode(Mode mode, const Arguments &a, void (*fast)(const Arguments &),
               void (*event)(const Arguments &),
               void (*stepped)(const Arguments &)) {
  switch (mode) {
  case Mode::Fast:
    return fast(a);
  case Mode::Event:
    return event(a);
  case Mode::Stepped:
    return stepped(a);
  }
}

/// A train as integers on one scale, which the fast products multiply: itself,
/// or with a table what its levels stand for.
class UniformTrain {
public:
  UniformTrain(const Tensor &train, const Coding &coding);
  const Tensor &train() const { return levels; }
  const Coding &coding() const { return code; }

private:
  Tensor levels;
  Coding code;
};

/// Throws where the operands of `linear` do not fit.
void checkLinear(const Tensor &train, const LinearWeights &weights,
                 const Tensor *offset, const Coding &coding);
/// The geometry of a convolution; throws where its operands do not fit.
ConvolutionGeometry checkConvolution(const Tensor &train,
                                     const ConvolutionWeights &weights,
                                     const Tensor *offset, const Coding &coding,
                                     const Ints &strides, const Ints &pads,
                                     const Ints &dilations);
/// Throws where thresholds do not fit the coding and the number of channels.
void checkThresholds(const Tensor &thresholds, int64_t channels,
                     const Coding &coding);

struct LinearArguments {
  const uint8_t *train; ///< [rows, inputs]
  int64_t rows;
  const LinearWeights &weights;
  const int32_t *offset; ///< [outputs] or null
  int32_t *membrane;     ///< [rows, outputs]
  const Coding &coding;
};

struct ConvolutionArguments {
  const uint8_t *train;
  const ConvolutionGeometry &geometry;
  const ConvolutionWeights &weights;
  const int32_t *offset; ///< [outputs, points] or null
  int32_t *membrane;
  const Coding &coding;
};

/// One matrix of a batch.
struct ProductArguments {
  const uint8_t *train; ///< [rows, inputs]
  int64_t rows, inputs, outputs;
  const uint8_t *resident; ///< [inputs, outputs], or its transpose
  bool transposed;
  int32_t residentBits, residentZero;
  int32_t *membrane; ///< [rows, outputs]
  const Coding &coding;

  /// The signed integer that a resident level stands for.
  int32_t residentValue(int64_t input, int64_t output) const {
    int32_t q = transposed ? resident[output * inputs + input]
                           : resident[input * outputs + output];
    return residentBits == 1 ? 2 * q - 1 : q - residentZero;
  }
};

/// The re-quantiser that thresholds were made from.
struct FireRequantiser {
  Channels channels;
  bool relu;
  int32_t deadZone; ///< around the zero point

  LevelRule rule(const Coding &coding) const {
    return {coding.scale, coding.zero, coding.maxLevel(),
            deadZone,     coding.mask, coding.radius};
  }
};

struct FireArguments {
  const int32_t *membrane; ///< [outer, channels, inner]
  int64_t outer, channels, inner;
  const int32_t *thresholds; ///< [channels or 1, T]
  bool sharedThresholds;     ///< one row for all channels
  uint8_t *train;
  const Coding &coding;
  const FireRequantiser *requantiser; ///< null: not known
};

class BlockEpilogue;

namespace fast {
void linear(const LinearArguments &a);
/// Hands the accumulators to `epilogue`, block by block; `membrane` is unused.
void linear(const LinearArguments &a, const BlockEpilogue &epilogue);
void convolution(const ConvolutionArguments &a);
void convolution(const ConvolutionArguments &a, const BlockEpilogue &epilogue);
void dynamicProduct(const ProductArguments &a);
void fire(const FireArguments &a);
} // namespace fast

namespace event {
void linear(const LinearArguments &a);
void convolution(const ConvolutionArguments &a);
void dynamicProduct(const ProductArguments &a);
void fire(const FireArguments &a);
} // namespace event

namespace stepped {
void linear(const LinearArguments &a);
void convolution(const ConvolutionArguments &a);
void dynamicProduct(const ProductArguments &a);
void fire(const FireArguments &a);
} // namespace stepped

} // namespace snn::rt::detail

#endif // SNN_LIB_SPIKINGMODES_H
