//===- SiteUtils.h - Working with encode sites ------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_SITEUTILS_H
#define SNN_DIALECT_SPIKE_SITEUTILS_H

#include "snn/Dialect/Spike/Spike.h"

namespace snn::spike {

/// What SiteOpInterface says of one op.
struct Site {
  mlir::Operation *op;
  llvm::StringRef name;
  SiteKind kind;
  mlir::Value input;
  mlir::Value valid; // may be null
  llvm::ArrayRef<int64_t> tokenAxes;
  mlir::Value result;
};

/// The site that `op` is, if it is one.
std::optional<Site> getSite(mlir::Operation *op);

/// The sites of a function, in execution order.
llvm::SmallVector<Site> getSites(mlir::Operation *root);

/// Gives `value` the element type `element`, and with it every value that data
/// movement makes of it.
void setElementType(mlir::Value value, mlir::Type element);

/// The op that quantised or encoded `value`, seen through data movement; null
/// if there is none.
mlir::Operation *getProducingSite(mlir::Value value);

/// Whether `op` only moves elements: its result holds elements of its first
/// operand, whatever they are (reshape, transpose).
bool isDataMovement(mlir::Operation *op);

/// Whether `value` holds the spikes of a binary train, or counts of them, as
/// numbers, in whatever shape.
bool isStepSpikes(mlir::Value value);

/// The axis of `value` that holds `axis` of the site result it is moved from by
/// reshapes and transposes; nullopt if none does.
std::optional<int64_t> traceAxis(mlir::Value value, mlir::Value result,
                                 int64_t axis);

/// Which neurons of a site are on kept tokens: one flag per element of a tensor
/// of `shape`; empty when all are. `valid` is Bool [batch, tokens]. Samples are
/// along the first axis, or the second where tokens are along the first, with
/// heads possibly folded into them.
std::vector<bool> expandValidity(const rt::Shape &shape,
                                 const rt::Tensor *valid,
                                 llvm::ArrayRef<int64_t> tokenAxes);

/// How often each of `in` positions of one axis of a convolution's input is
/// read: its number of (result position, tap) pairs.
llvm::SmallVector<int64_t> countReadsAlongAxis(int64_t in, int64_t out,
                                               int64_t kernel, int64_t stride,
                                               int64_t dilation, int64_t pad);

} // namespace snn::spike

#endif // SNN_DIALECT_SPIKE_SITEUTILS_H
