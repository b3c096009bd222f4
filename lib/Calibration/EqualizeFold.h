//===- EqualizeFold.h - Where a channel's scale and shift go ----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A site's x becomes x' = (x - shift) / scale, per channel of its last axis:
//
//   before it  in the gain and the bias of a normalisation, in the gain of an
//              RMS normalisation, in the columns of a linear behind which only
//              a ReLU or a gate stands, or a product of attention; else as a
//              multiplication and an addition
//   after it   W' = diag(scale) W, b' = b + shift W
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CALIBRATION_EQUALIZEFOLD_H
#define SNN_LIB_CALIBRATION_EQUALIZEFOLD_H

#include "AttentionFold.h"

#include <memory>

namespace snn::calibration {

/// What takes the scale of a site's channels.
enum class ScaleCarrier {
  Norm,     ///< gain and bias of a normalisation
  Gain,     ///< a factor per channel
  Columns,  ///< of a linear, through a ReLU or a gate
  Digital,  ///< a multiplication of its own
  Attention ///< columns of the projections of an attention
};

/// How a site can be equalised.
struct EqualizePlan {
  spike::SiteOp site;
  ScaleCarrier carrier = ScaleCarrier::Digital;
  /// The normalisation, factor or linear that carries the scale.
  mlir::Operation *op = nullptr;
  unsigned gain = 0; ///< its operand that is a factor
  bool canShift = false;
  /// Of a query or a context, whose channels are groups of columns; else null.
  std::shared_ptr<AttentionPlan> attention;

  int64_t channels() const {
    if (attention)
      return attention->groups;
    spike::SiteOp op = site;
    return llvm::cast<mlir::RankedTensorType>(op.getX().getType())
        .getShape()
        .back();
  }
};

/// The plan for `site`; nullopt, with a remark, where a reader of the site is
/// no linear with static float weights or where there is nothing to gain.
/// `withAttention`: also for queries and contexts.
std::optional<EqualizePlan> planEqualisation(spike::SiteOp site,
                                             bool withAttention);

/// Carries out a plan. The network computes what it did, but for rounding.
/// `scale` is positive; `shift` is empty or one number a channel.
mlir::LogicalResult foldEqualisation(const EqualizePlan &plan,
                                     llvm::ArrayRef<float> scale,
                                     llvm::ArrayRef<float> shift);

} // namespace snn::calibration

#endif // SNN_LIB_CALIBRATION_EQUALIZEFOLD_H
