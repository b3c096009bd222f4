//===- AttentionFold.h - Scales and shifts inside of attention --*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   contexts   P V' = P (V - t) / s = (P V - t) / s, as the rows of P sum to 1:
//   the
//              columns of the values' projection are divided, their bias
//              shifted
//   queries    (Q / s) (s K)' = Q K': the columns of the queries' projection
//   are
//              divided, those of the keys' multiplied
//
// Heads are split, joined, turned and repeated by ops that only move elements.
// Which column of a projection an element is, those ops say themselves: they
// are run on the numbers of the columns. Rotary positions multiply the two
// channels of a pair by factors of a token and add them up: a scale that the
// pair shares goes through them.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CALIBRATION_ATTENTIONFOLD_H
#define SNN_LIB_CALIBRATION_ATTENTIONFOLD_H

#include "LinearFold.h"

namespace snn::calibration {

/// A number for every element of a tensor, which is the same for all samples
/// and, where an axis has one size only at run time, along that axis.
class ElementMap {
public:
  ElementMap() = default;
  /// I32; axes of unknown size have 1.
  explicit ElementMap(rt::Tensor sample) : sample(std::move(sample)) {}

  /// The numbers of the elements of a tensor of `shape`.
  std::vector<int32_t> of(const rt::Shape &shape) const;
  /// The numbers along the last axis, on which alone they depend.
  std::vector<int32_t> alongLastAxis() const;

private:
  rt::Tensor sample;
};

/// How the scales of one attention's queries or contexts are carried.
struct AttentionPlan {
  /// The output columns of a linear, by group; -1 is no column of this site.
  struct Columns {
    mlir::Operation *linear;
    std::vector<int32_t> groups;
    bool isInverse; ///< multiplied instead
  };
  /// Channels that share a column share a scale: they are one group.
  int64_t groups = 0;
  ElementMap channels; ///< the groups of the site's elements
  llvm::SmallVector<Columns, 2> columns;
  bool canShift = false;
};

/// The plan for a context or a query; nullopt where its values, or the keys,
/// are no columns of linears that only this attention reads.
std::optional<AttentionPlan> planContexts(spike::SiteOp site);
std::optional<AttentionPlan> planQueries(spike::SiteOp site);

/// Changes the projections; `scale` and `shift` have a number a group.
mlir::LogicalResult foldAttention(const AttentionPlan &plan, Folder &folder,
                                  llvm::ArrayRef<float> scale,
                                  llvm::ArrayRef<float> shift);

} // namespace snn::calibration

#endif // SNN_LIB_CALIBRATION_ATTENTIONFOLD_H
