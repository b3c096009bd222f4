//===- ProcessMemory.h - How a program keeps its memory ---------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_PROCESSMEMORY_H
#define SNN_RUNTIME_PROCESSMEMORY_H

namespace snn::rt {

/// Tells the allocator to keep what is freed, up to some hundred MiB, instead
/// of giving it back to the system: programs take and free the same tensors for
/// every op and sample, and each return costs a fault and a cleared page per
/// 4 KiB when the memory is taken again. To be called once, at the start of a
/// program; a library leaves its host's allocator alone. Does nothing where the
/// C library has no such knobs, or where the user has set them ($MALLOC_...).
void keepFreedMemory();

} // namespace snn::rt

#endif // SNN_RUNTIME_PROCESSMEMORY_H
