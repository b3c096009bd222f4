//===- Masks.h - What a masked key is ---------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An additive attention mask removes keys with numbers that are only large:
// exporters write -100 (Swin), -10000 (BERT), the least F32 or -inf. Three
// questions are asked of such a number, with a bound of its own each: at or
// below it the answer is yes, and so it is for NaN.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_MASKS_H
#define SNN_RUNTIME_MASKS_H

namespace snn::rt {

/// Does the key take no part in a softmax? A score that is 50 below the largest
/// has the weight e^-50 = 2e-22, which no F32 sum shows. Phase coding asks,
/// where a masked key is silent and no winner.
constexpr double softmaxMaskedFrom = -50;

/// Is there no token at all, but padding, which no statistic counts? Far below
/// the bound of a softmax, because the tokens that Swin's shifted windows keep
/// apart with -100, and those that a bias weakens by their distance, are there.
constexpr double paddingFrom = -1000;

/// May a mask that is added hide what a constant replaces (Where)? The weight
/// of the constant must vanish beside any score that is kept, so that this
/// bound lies far below any score. The number that is then added is far lower
/// still: it absorbs the score, because in a row that is hidden as a whole the
/// scores have been replaced, and are gone.
constexpr double scoreFillFrom = -10000;

/// At or below this a term leaves nothing of the score that it is added to:
/// that is how scores that a constant replaces are hidden.
constexpr double absorbsFrom = -0x1p64;

} // namespace snn::rt

#endif // SNN_RUNTIME_MASKS_H
