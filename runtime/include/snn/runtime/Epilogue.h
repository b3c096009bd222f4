//===- Epilogue.h - What follows a product in the same call -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `spike-fuse-epilogues` marks chains of ops whose accumulators one call can
// consume. The fast execution applies the steps block by block, while the
// accumulators are in the first-level cache, so that no 32-bit sum reaches
// memory. Event and stepped run one step after the other, as written.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_EPILOGUE_H
#define SNN_RUNTIME_EPILOGUE_H

#include "snn/runtime/Spiking.h"

namespace snn::rt {

/// An elementwise function of one float.
enum class Activation : uint8_t { None, Relu, Silu, Gelu, GeluTanh };

/// The steps after an accumulator, by channel. Either `fire`, or
/// `requantize`, or `rescale` and then, in this order and each at most once,
/// `activate`, `multiply`, `add`, `encode`. Keeps pointers to its operands.
class Epilogue {
public:
  /// `snn::rt::fire` with the re-quantiser behind the thresholds.
  Epilogue &fire(const Tensor &thresholds, const Tensor &scale,
                 const Tensor *bias, const Coding &coding, int64_t relu,
                 int64_t deadZone);
  /// `snn::rt::requantize`.
  Epilogue &requantize(const Tensor &scale, const Tensor *bias,
                       const Coding &coding, int64_t relu);
  /// `snn::rt::rescale`.
  Epilogue &rescale(const Tensor &scale, const Tensor *bias);
  Epilogue &activate(Activation function);
  /// The product with one factor a channel, [channels]; of `linear` only.
  Epilogue &multiply(const Tensor &factors);
  /// The sum with `other`, which has the result's shape.
  Epilogue &add(const Tensor &other);
  /// `snn::rt::encode`; `quantize` is the one without a dead zone of its own.
  Epilogue &encode(const Coding &coding, int64_t deadZone);

  /// Whether the result is levels rather than floats.
  bool makesLevels() const { return levels.has_value(); }
  /// Runs the steps one after the other; `axis` runs over channels.
  void run(Context &context, const Tensor &membrane, Tensor &y,
           int64_t axis) const;

  const Tensor *thresholds = nullptr; ///< of `fire`
  const Tensor *scale = nullptr;
  const Tensor *bias = nullptr;
  bool relu = false; ///< between rescaling and the levels
  Activation activation = Activation::None;
  const Tensor *factors = nullptr;
  const Tensor *addend = nullptr;
  std::optional<Coding> levels;
  int64_t deadZone = 0;
};

/// `linear`, then the steps of `epilogue`; y is U8 where they end in levels,
/// else F32.
void linear(Context &context, const Tensor &train, const LinearWeights &weights,
            const Tensor *offset, Tensor &y, const Coding &coding,
            const Epilogue &epilogue);

/// The same after `convolution`, whose channels are axis 1.
void convolution(Context &context, const Tensor &train,
                 const ConvolutionWeights &weights, const Tensor *offset,
                 Tensor &y, const Coding &coding, const Ints &strides,
                 const Ints &pads, const Ints &dilations,
                 const Epilogue &epilogue);

} // namespace snn::rt

#endif // SNN_RUNTIME_EPILOGUE_H
