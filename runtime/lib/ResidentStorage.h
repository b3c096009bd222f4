//===- ResidentStorage.h - Memory of what stays -----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Weights in the form that kernels want are made at the start and read to the
// end. Matrices of some hundred KiB lie side by side in large pages: each page
// of 4 KiB would cost a fault when it is filled, and a miss of the address
// cache whenever a product reads it.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_RESIDENTSTORAGE_H
#define SNN_LIB_RESIDENTSTORAGE_H

#include "snn/runtime/Tensor.h"

namespace snn::rt::detail {

/// Storage for a tensor that lives as long as the network, on a cache line's
/// boundary; it counts as memory in use as a tensor's does. The pages go back
/// when nothing that was cut from them is left. Thread-safe.
std::shared_ptr<void> residentStorage(DType type, const Shape &shape);

} // namespace snn::rt::detail

#endif // SNN_LIB_RESIDENTSTORAGE_H
