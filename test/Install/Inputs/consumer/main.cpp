//===- main.cpp - Uses the installed runtime ------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One encode and one linear of the worked example in docs/mttfs.md.
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/KernelTable.h"
#include "snn/runtime/Spiking.h"

#include <cstdio>

using namespace snn::rt;

int main() {
  Coding coding{4, 8, 8, 1, 1.0f};
  Tensor x = Tensor::fromVector<float>({1, 5}, {0, 3, -1, -6, 1});
  Tensor w = Tensor::fromVector<int8_t>({5, 1}, {1, -1, 1, 1, -1});
  LinearWeights weights(w);
  for (Mode mode : {Mode::Fast, Mode::Event, Mode::Stepped}) {
    Context context;
    context.mode = mode;
    Tensor train, membrane;
    encode(context, x, train, coding, 0);
    linear(context, train, weights, nullptr, membrane, coding);
    std::printf("membrane %d\n", membrane.data<int32_t>()[0]);
  }
  std::printf("softmax %s\n", findKernel("softmax") ? "found" : "missing");
}
