//===- Port.h - Inputs and outputs of a network -----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_PORT_H
#define SNN_RUNTIME_PORT_H

#include "snn/runtime/Tensor.h"

#include <string>
#include <vector>

namespace snn::rt {

/// An input or output of the network, for one sample.
struct Port {
  std::string name;
  DType dtype;
  Shape shape; ///< of one sample; axis 0 is the sample's own batch
  /// Depends on no input: given once, in this shape, not for every sample.
  bool constant = false;
  /// Axes that run over tokens, ascending and behind axis 0: an input may be
  /// shorter along them and is filled up with `padding`; an output is cut.
  std::vector<int64_t> lengthAxes = {};
  double padding = 0;
};

} // namespace snn::rt

#endif // SNN_RUNTIME_PORT_H
