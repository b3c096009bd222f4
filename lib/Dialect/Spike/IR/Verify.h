//===- Verify.h - What verifiers of spike ops share -------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_DIALECT_SPIKE_IR_VERIFY_H
#define SNN_LIB_DIALECT_SPIKE_IR_VERIFY_H

#include "snn/Dialect/Kernel/SampleAxes.h"
#include "snn/Dialect/Spike/ProductVerifiers.h"

namespace snn::spike::detail {

mlir::RankedTensorType tensorType(mlir::Value value);

/// "2x?x4"; "a scalar".
std::string shapeText(llvm::ArrayRef<int64_t> shape);

/// The time steps of a binary train.
int64_t stepsOf(mlir::Value train);

/// Axis 0 holds whole time steps. With a batch that is not known, it may be.
mlir::LogicalResult verifyTime(mlir::Operation *op, mlir::Value train);

/// The mask of an attention, if it has one, is [tokens, tokens] of ui8.
mlir::LogicalResult verifyTokenMask(mlir::Operation *op,
                                    std::optional<mlir::TypedAttr> mask,
                                    int64_t tokens);

/// A site's validity is [batch, tokens], and its token axes are axes of it.
mlir::LogicalResult verifySite(mlir::Operation *op, mlir::Value x,
                               mlir::Value valid,
                               llvm::ArrayRef<int64_t> tokenAxes);

/// A per-channel parameter has one value or one per element of the axis.
mlir::LogicalResult verifyChannel(mlir::Operation *op, mlir::Value x,
                                  mlir::TypedAttr attribute, int64_t axis,
                                  llvm::StringRef what);

/// The result of the shape that `shape` is.
mlir::LogicalResult verifyShape(mlir::Operation *op, mlir::Value result,
                                llvm::ArrayRef<int64_t> shape);

/// Starts the diagnostic of a rule that verifier and shape inference share.
using EmitError = llvm::function_ref<mlir::InFlightDiagnostic()>;
using ShapeOrFailure = mlir::FailureOr<llvm::SmallVector<int64_t>>;

/// Weights of a product: i8 or i16, of phase codes also f32.
enum class WeightElements { Integers, Numbers };

/// The shape of x [..., K] through `weight` [K, N].
ShapeOrFailure inferLinear(EmitError emitError, mlir::Value x,
                           mlir::TypedAttr weight, WeightElements elements);

/// The shape of x [B, C, spatial...] through `weight` [O, C/group, kernel...].
ShapeOrFailure inferConvolution(EmitError emitError, mlir::Value x,
                                mlir::TypedAttr weight, WeightElements elements,
                                const Window &window);

/// The shape of lhs [..., i, c] times rhs [..., c, j] (transposed: [..., j,
/// c]).
ShapeOrFailure inferProduct(EmitError emitError, mlir::Value lhs,
                            mlir::Value rhs, bool transposed);

/// Results have the shapes that the op's `inferShapes` gives.
template <typename Op> mlir::LogicalResult verifyShapes(Op op) {
  llvm::SmallVector<mlir::ShapedTypeComponents> shapes;
  auto emitError = [&]() { return op.emitOpError(); };
  if (failed(Op::inferShapes(emitError, typename Op::Adaptor(op), shapes)))
    return mlir::failure();
  for (auto [result, shape] : llvm::zip(op->getResults(), shapes))
    if (failed(verifyShape(op, result, shape.getDims())))
      return mlir::failure();
  return mlir::success();
}

/// Appends a shape that was inferred.
mlir::LogicalResult
append(const ShapeOrFailure &shape,
       llvm::SmallVectorImpl<mlir::ShapedTypeComponents> &shapes);

/// Fails when the batch axis is the axis of several time steps of a binary
/// train that `op` makes.
mlir::LogicalResult checkTimeAxis(const SampleAxes &axes, mlir::Operation *op);

/// Fails unless an attention of binary trains runs over no samples.
mlir::LogicalResult checkAttentionAxes(const SampleAxes &axes,
                                       mlir::Operation *op);

/// Fails when a product of activations contracts samples.
mlir::LogicalResult checkContraction(const SampleAxes &axes,
                                     mlir::Operation *op, mlir::Value lhs,
                                     mlir::Value rhs, bool transposed);

} // namespace snn::spike::detail

#endif // SNN_LIB_DIALECT_SPIKE_IR_VERIFY_H
