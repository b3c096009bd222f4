//===- OnnxDetail.h - Shared by the onnx dialect's sources ------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_DIALECT_ONNX_ONNXDETAIL_H
#define SNN_LIB_DIALECT_ONNX_ONNXDETAIL_H

#include "snn/Dialect/Onnx/Onnx.h"

#include <limits>

namespace snn::onnx::detail {

constexpr int64_t kDynamic = mlir::ShapedType::kDynamic;

/// Whether types that a program states may stand for inferred ones: equal up to
/// dimensions that one of them leaves open.
bool areCompatible(mlir::TypeRange stated, mlir::TypeRange inferred);

/// Fails unless `op` has the results that follow from its operands.
mlir::LogicalResult verifyResultTypes(mlir::Operation *op);

/// One value of a kernel's attribute list. Types become the runtime's names.
mlir::Attribute kernelAttribute(mlir::MLIRContext *context, int64_t value);
mlir::Attribute kernelAttribute(mlir::MLIRContext *context, bool value);
mlir::Attribute kernelAttribute(mlir::MLIRContext *context, double value);
mlir::Attribute kernelAttribute(mlir::MLIRContext *context,
                                llvm::StringRef value);
mlir::Attribute kernelAttribute(mlir::MLIRContext *context,
                                llvm::ArrayRef<int64_t> value);
mlir::Attribute kernelAttribute(mlir::MLIRContext *context, mlir::Type value);

template <typename... Values>
llvm::SmallVector<mlir::Attribute>
kernelAttributes([[maybe_unused]] mlir::MLIRContext *context,
                 Values... values) {
  return {kernelAttribute(context, values)...};
}

/// The place and name that errors of one inference carry.
struct Inference {
  std::optional<mlir::Location> location;
  llvm::StringRef name;

  template <typename... Args> mlir::LogicalResult fail(Args &&...args) const {
    return mlir::emitOptionalError(location, "'", name, "' op ",
                                   std::forward<Args>(args)...);
  }
};

using Dims = llvm::SmallVector<int64_t>;

/// "2x?x4"; "scalar" for no axis.
std::string toString(llvm::ArrayRef<int64_t> dims);

/// Fails where products of the sizes could overflow: operands and results have
/// at most 2^40 elements.
mlir::LogicalResult checkCountable(const Inference &inference,
                                   llvm::ArrayRef<int64_t> dims,
                                   llvm::StringRef name);

/// The ranked tensor type of an operand, of countable size.
mlir::FailureOr<mlir::RankedTensorType>
getTensor(const Inference &inference, mlir::Value value, llvm::StringRef name);

/// `axis` counted from the front; fails when it is outside [-rank, rank).
mlir::FailureOr<int64_t> toPositiveAxis(const Inference &inference,
                                        int64_t axis, int64_t rank);

/// Axes counted from the front, each at most once.
mlir::FailureOr<Dims> toPositiveAxes(const Inference &inference,
                                     llvm::ArrayRef<int64_t> axes,
                                     int64_t rank);

/// The values of a required list attribute with `size` entries (-1: any
/// number), none below `least`.
mlir::FailureOr<llvm::ArrayRef<int64_t>>
getList(const Inference &inference, mlir::DenseI64ArrayAttr attribute,
        llvm::StringRef name, int64_t size = -1,
        int64_t least = std::numeric_limits<int64_t>::min());

/// numpy's broadcast of two shapes. A dynamic axis stays dynamic unless the
/// other side has more than one element there.
mlir::FailureOr<Dims> broadcast(const Inference &inference,
                                llvm::ArrayRef<int64_t> a,
                                llvm::ArrayRef<int64_t> b);

/// Fails unless `dims` broadcasts to `target` without changing it.
mlir::LogicalResult checkBroadcastsTo(const Inference &inference,
                                      llvm::ArrayRef<int64_t> dims,
                                      llvm::ArrayRef<int64_t> target,
                                      llvm::StringRef name);

/// Fails unless the two types have one element type.
mlir::LogicalResult checkSameElements(const Inference &inference,
                                      mlir::RankedTensorType a,
                                      mlir::RankedTensorType b);

// Shape rules that classes of ops name (`shapeRule`).

/// The type of `x`.
mlir::LogicalResult inferUnary(const Inference &inference, mlir::Value x,
                               llvm::SmallVectorImpl<mlir::Type> &types);

/// The broadcast shape of `a` and `b`, whose elements have to be of one type
/// if `sameElements`. `element` is the result's element type; null means that
/// of `a`.
mlir::LogicalResult inferBinary(const Inference &inference, mlir::Value a,
                                mlir::Value b, bool sameElements,
                                mlir::Type element,
                                llvm::SmallVectorImpl<mlir::Type> &types);

/// Whether two axes can have one size.
inline bool mayAgree(int64_t a, int64_t b) {
  return a == b || a == kDynamic || b == kDynamic;
}
/// The size of an axis that two tensors share.
inline int64_t merge(int64_t a, int64_t b) { return a == kDynamic ? b : a; }

/// The properties with the usual values filled in, as inference may run before
/// the op exists.
template <typename OpTy>
typename OpTy::Properties
withDefaults(mlir::MLIRContext *context,
             const typename OpTy::Properties &properties) {
  typename OpTy::Properties result = properties;
  OpTy::populateDefaultProperties(
      mlir::OperationName(OpTy::getOperationName(), context), result);
  return result;
}

/// Multiply-adds of a product of static shapes.
double countProducts(MatMulOp op);
double countProducts(GemmOp op);
double countProducts(ConvOp op);
double countProducts(AttentionOp op);
/// The taps of an interpolation.
DigitalCost getCost(ResizeOp op);

/// SampleAxesInterface: fails, with an error, when `op` mixes samples.
mlir::LogicalResult checkSamples(MatMulOp op, const SampleAxes &axes);
mlir::LogicalResult checkSamples(GemmOp op, const SampleAxes &axes);
mlir::LogicalResult checkSamples(AttentionOp op, const SampleAxes &axes);
mlir::LogicalResult checkSamples(ReshapeOp op, const SampleAxes &axes);
mlir::LogicalResult checkSamples(ConcatOp op, const SampleAxes &axes);
mlir::LogicalResult checkSamples(SliceOp op, const SampleAxes &axes);
mlir::LogicalResult checkSamples(PadOp op, const SampleAxes &axes);
mlir::LogicalResult checkSamples(GatherElementsOp op, const SampleAxes &axes);
mlir::LogicalResult checkSamples(GatherNDOp op, const SampleAxes &axes);
mlir::LogicalResult checkSamples(ScatterElementsOp op, const SampleAxes &axes);
mlir::LogicalResult checkSamples(ScatterNDOp op, const SampleAxes &axes);
mlir::LogicalResult checkSamples(ResizeOp op, const SampleAxes &axes);

/// SampleAxesInterface: the groups of samples in the result of `op`.
mlir::FailureOr<int64_t> countReshapedGroups(ReshapeOp op,
                                             const SampleAxes &axes);
mlir::FailureOr<int64_t> countTiledGroups(TileOp op, const SampleAxes &axes);

/// SampleAxesInterface: `op` without the batch in its shape.
void bindBatch(ExpandOp op);

} // namespace snn::onnx::detail

#endif // SNN_LIB_DIALECT_ONNX_ONNXDETAIL_H
