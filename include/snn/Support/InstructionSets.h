//===- InstructionSets.h - Loops for several instruction sets ---*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_SUPPORT_INSTRUCTIONSETS_H
#define SNN_SUPPORT_INSTRUCTIONSETS_H

/// In front of a function that is to be compiled for several instruction sets,
/// of which the machine's is taken. No template: clang clones none.
#if defined(__x86_64__) && defined(__linux__) &&                               \
    !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#if !defined(__clang__)
#define SNN_CLONES __attribute__((target_clones("default", "avx2", "avx512f")))
#elif __clang_major__ >= 22
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#define SNN_CLONES __attribute__((target_clones("default", "avx2", "avx512f")))
#endif
#endif
#endif
#ifndef SNN_CLONES
#define SNN_CLONES
#endif

#endif // SNN_SUPPORT_INSTRUCTIONSETS_H
