//===- FuzzSupport.h - What the fuzz targets share --------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_TEST_FUZZ_FUZZSUPPORT_H
#define SNN_TEST_FUZZ_FUZZSUPPORT_H

#include <cstddef>
#include <cstdint>
#include <google/protobuf/message.h>
#include <random>
#include <string>

namespace snn::fuzz {

/// A file of this process that holds `data`, for readers that take a path. Its
/// name ends with `suffix`.
std::string writeInput(const uint8_t *data, size_t size,
                       const std::string &suffix);

/// Changes some fields of a message, at any depth: other numbers (limits among
/// them), other texts, elements repeated, swapped or dropped, messages cleared.
void mutate(google::protobuf::Message &message, std::mt19937 &random);

} // namespace snn::fuzz

// Of libFuzzer; the driver of ours calls the same.
extern "C" {
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);
__attribute__((weak)) size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                                     size_t maxSize,
                                                     unsigned seed);
}

#endif // SNN_TEST_FUZZ_FUZZSUPPORT_H
