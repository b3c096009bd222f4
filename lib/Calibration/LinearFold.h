//===- LinearFold.h - Linears that take scales and shifts -------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CALIBRATION_LINEARFOLD_H
#define SNN_LIB_CALIBRATION_LINEARFOLD_H

#include "snn/Dialect/Spike/Spike.h"

namespace snn::calibration {

/// Whether `value` is a constant of floats, one a channel.
bool isChannelConstant(mlir::Value value, int64_t channels);

/// The weight operand of a linear with static float weights, and its axis of
/// input channels.
struct Linear {
  mlir::OpOperand *weight = nullptr;
  int64_t inputAxis = 0;
  double alpha = 1;
};
std::optional<Linear> matchLinear(mlir::Operation *op);

/// The addition of a constant per channel that alone reads `product`.
onnx::AddOp findBias(mlir::Value product, int64_t channels);

/// The linear, with or without a bias of constants, whose columns `value` is;
/// null where there is none, or a factor of 0 takes its bias away.
mlir::Operation *findLinear(mlir::Value value);

/// Reads, changes and replaces constants of one network, on behalf of a site.
class Folder {
public:
  explicit Folder(spike::SiteOp site) : site(site) {}

  /// Every element becomes f(element, index on `axis`); the constant gets a new
  /// value at this operand alone.
  mlir::LogicalResult change(mlir::OpOperand &operand, int64_t axis,
                             llvm::function_ref<double(double, int64_t)> f);

  /// Adds `term` to the output columns of a linear: to its bias, or as one.
  mlir::LogicalResult addTerm(mlir::Operation *linear,
                              llvm::ArrayRef<double> term);

  /// The output columns of a linear, its bias included, divided by `divisor`,
  /// and `term` added, which may be empty.
  mlir::LogicalResult changeColumns(mlir::Operation *linear,
                                    llvm::ArrayRef<double> divisor,
                                    llvm::ArrayRef<double> term);

  mlir::Value makeConstant(mlir::OpBuilder &b, mlir::Location loc,
                           llvm::StringRef name, rt::Tensor tensor);
  mlir::Value makeVector(mlir::OpBuilder &b, llvm::StringRef suffix,
                         llvm::ArrayRef<double> numbers);
  /// A location with a name for an op that is put before or behind the site.
  mlir::Location nameLocation(llvm::StringRef suffix);

private:
  spike::SiteOp site;
};

} // namespace snn::calibration

#endif // SNN_LIB_CALIBRATION_LINEARFOLD_H
