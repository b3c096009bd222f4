//===- Attention.h - Attention of binary trains in an image -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What readers of images know of each kind of attention and of neurons: which
// engine runs it, whether a message is right and fits its trains, and how
// people read it. A new kind is added in Attention.cpp alone.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_IMAGE_ATTENTION_H
#define SNN_IMAGE_ATTENTION_H

#include "snn/image/image.pb.h"

#include <string>

namespace snn::image {

/// What an attention is applied to.
struct AttentionTrains {
  int64_t tokens, channels;
  bool hasMask;
  int64_t heads = -1;         ///< -1: not known
  int64_t valueChannels = -1; ///< of V, and of the result; -1: `channels`
  /// The largest product of an element each of Q, K and V; 1: binary trains.
  int64_t largestProduct = 1;
};

/// The chip's name of the engines that run attention of this kind; empty where
/// the message is of none.
std::string getEngineKind(const pb::SpikingAttention &attention);

/// What is wrong with a message, as a predicate of its owner ("divides by
/// nothing"); empty for nothing.
std::string findFault(const pb::LifNeuron &neuron);
std::string findFault(const pb::SpikingAttention &attention);
/// The same of an attention without a fault of its own that is applied to
/// trains.
std::string findFault(const pb::SpikingAttention &attention,
                      const AttentionTrains &trains);

/// A message in a line: "tau 2, threshold 1", "sdsa 3, scale 0.125, ...".
std::string describe(const pb::LifNeuron &neuron);
std::string describe(const pb::SpikingAttention &attention);

} // namespace snn::image

#endif // SNN_IMAGE_ATTENTION_H
