//===- SilentOffset.h - The constant of silent inputs -----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_SILENTOFFSET_H
#define SNN_DIALECT_SPIKE_SILENTOFFSET_H

#include "snn/Dialect/Spike/Spike.h"

namespace snn::spike {

/// C[j] = (mask - zero) * sum_i w[i, j] of a product whose input is a train
/// (mttfs.md section 2); zeros for levels. I32 [outputs].
rt::Tensor silentOffset(LinearOp op, const rt::Tensor &weight);

/// The same for a convolution: I32 [O, spatial...], each position summing the
/// taps that lie inside the image.
rt::Tensor silentOffset(ConvOp op, const rt::Tensor &weight);

} // namespace snn::spike

#endif // SNN_DIALECT_SPIKE_SILENTOFFSET_H
