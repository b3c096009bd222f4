//===- Attention.h - Operators that are attention ---------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the attention operators of ONNX and of ONNX Runtime have in common:
// heads, masks, caches and rotary embeddings. Each handler brings its inputs to
// `Heads`; the values are of rank 4, [batch, heads, tokens, depth].
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_IMPORT_ATTENTION_H
#define SNN_LIB_IMPORT_ATTENTION_H

#include "Compose.h"

namespace snn::import {

/// The operands of one attention, and how its scores become probabilities.
struct Heads {
  using Term = Composer::Term;

  Term q = nullptr; // [B, H, S, D]
  Term k = nullptr; // [B, K, T, D]; H is a multiple of K
  Term v = nullptr; // [B, K, T, E]
  llvm::SmallVector<Term>
      masks;           // added to the scores; broadcast to [B, H, S, T]
  double scale = 0;    // 0: one over the root of D
  double softcap = 0;  // softcap * tanh(score / softcap), unless 0
  Term sink = nullptr; // [H] or a scalar: a score that takes no value
};

/// What may be asked of the scores of an attention, [B, H, S, T].
enum class ScoreStage { None, Products, Capped, Masked, Probabilities };

/// softmax(scale Q K^T + masks) V as [B, H, S, E]: one attention op, or, where
/// the scores take part in more than that, its steps. `scores` gets the scores
/// of the stage `wanted`. Keys and values that heads share are repeated.
Composer::Term attend(Node &n, Composer &c, Heads heads,
                      ScoreStage wanted = ScoreStage::None,
                      Composer::Term *scores = nullptr);

/// [B, S, heads * depth] as [B, heads, S, depth]; reports a size that does not
/// divide.
Composer::Term splitHeads(Node &n, Composer &c, Composer::Term x,
                          int64_t heads);
/// [B, heads, S, depth] as [B, S, heads * depth].
Composer::Term joinHeads(Composer &c, Composer::Term x);

/// The size of an axis, or an error that `what` must be known.
mlir::FailureOr<int64_t> knownSize(Node &n, Imported *x, int64_t axis,
                                   llvm::StringRef what);

/// Indices `first` to before `first + count` in the given shape.
Composer::Term positions(Composer &c, int64_t first, int64_t count,
                         llvm::ArrayRef<DimExpr> shape);
/// 0 where `keep` holds, `fill` elsewhere.
Composer::Term additiveMask(Node &n, Composer &c, Composer::Term keep,
                            double fill);
/// Whether token t of `keys` may be seen from row s, [rows, keys]: t <= s +
/// offset, and t > s + offset - window unless that is negative.
Composer::Term causalKeep(Composer &c, int64_t rows, int64_t keys,
                          int64_t offset, int64_t window = -1);

/// Turns pairs of the first `depth` channels of the last axis of x. The angles'
/// cosines and sines [..., depth / 2] broadcast to x; pairs are neighbours
/// (`interleaved`) or half of `depth` apart.
Composer::Term rotatePairs(Node &n, Composer &c, Composer::Term x,
                           Composer::Term cosines, Composer::Term sines,
                           int64_t depth, bool interleaved);

/// Rows `index` [B, N] of axis 1 of x [B, M, ...].
Composer::Term gatherRows(Node &n, Composer &c, Composer::Term x,
                          Composer::Term index);

/// The least float32, with which ONNX Runtime hides scores.
extern const double hiddenScore;

} // namespace snn::import

#endif // SNN_LIB_IMPORT_ATTENTION_H
