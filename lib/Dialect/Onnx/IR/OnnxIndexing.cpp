//===- OnnxIndexing.cpp - Types of ops that pick, write, sort and resize --===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxDetail.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace snn::onnx;
using namespace snn::onnx::detail;

//===----------------------------------------------------------------------===//
// Elements by index
//===----------------------------------------------------------------------===//

/// Checks indices that stand for elements of `data`, and the axis they are on.
static LogicalResult checkElementIndices(const Inference &inference,
                                         RankedTensorType data,
                                         RankedTensorType indices,
                                         int64_t stated) {
  if (indices.getRank() != data.getRank())
    return inference.fail("needs indices of rank ", data.getRank(), ", has ",
                          indices.getRank());
  FailureOr<int64_t> axis = toPositiveAxis(inference, stated, data.getRank());
  if (failed(axis))
    return failure();
  for (int64_t i = 0; i < data.getRank(); ++i) {
    int64_t have = indices.getDimSize(i), most = data.getDimSize(i);
    if (i != *axis && have != kDynamic && most != kDynamic && have > most)
      return inference.fail("needs at most ", most, " indices on axis ", i,
                            ", has ", have);
  }
  return success();
}

static LogicalResult checkReduction(const Inference &inference,
                                    StringAttr reduction) {
  for (StringRef known : {"none", "add", "mul", "min", "max"})
    if (reduction.getValue() == known)
      return success();
  return inference.fail("needs 'reduction' to be \"none\", \"add\", \"mul\", "
                        "\"min\" or \"max\", has \"",
                        reduction.getValue(), "\"");
}

LogicalResult GatherElementsOp::inferReturnTypes(
    MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
    SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  auto properties =
      withDefaults<GatherElementsOp>(context, adaptor.getProperties());
  FailureOr<RankedTensorType> data =
      getTensor(inference, adaptor.getData(), "data");
  FailureOr<RankedTensorType> indices =
      getTensor(inference, adaptor.getIndices(), "indices");
  if (failed(data) || failed(indices) ||
      failed(checkElementIndices(inference, *data, *indices,
                                 properties.getAxis().getInt())))
    return failure();
  types.push_back(data->clone(indices->getShape()));
  return success();
}

LogicalResult ScatterElementsOp::inferReturnTypes(
    MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
    SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  auto properties =
      withDefaults<ScatterElementsOp>(context, adaptor.getProperties());
  FailureOr<RankedTensorType> data =
      getTensor(inference, adaptor.getData(), "data");
  FailureOr<RankedTensorType> indices =
      getTensor(inference, adaptor.getIndices(), "indices");
  FailureOr<RankedTensorType> updates =
      getTensor(inference, adaptor.getUpdates(), "updates");
  if (failed(data) || failed(indices) || failed(updates) ||
      failed(checkSameElements(inference, *data, *updates)) ||
      failed(checkElementIndices(inference, *data, *indices,
                                 properties.getAxis().getInt())) ||
      failed(checkReduction(inference, properties.getReduction())))
    return failure();
  if (failed(verifyCompatibleShape(updates->getShape(), indices->getShape())))
    return inference.fail("needs updates of the shape of the indices, ",
                          toString(indices->getShape()), ", has ",
                          toString(updates->getShape()));
  types.push_back(*data);
  return success();
}

//===----------------------------------------------------------------------===//
// Slices by index tuples
//===----------------------------------------------------------------------===//

/// The shape of what the tuples in the last axis of `indices` name.
static FailureOr<Dims> inferSlices(const Inference &inference,
                                   RankedTensorType data,
                                   RankedTensorType indices, int64_t shared) {
  if (data.getRank() == 0 || indices.getRank() == 0) {
    (void)inference.fail("needs data and indices with an axis, has ",
                         toString(data.getShape()), " and ",
                         toString(indices.getShape()));
    return failure();
  }
  if (shared < 0 || shared >= std::min(data.getRank(), indices.getRank())) {
    (void)inference.fail("needs 'batchDims' in [0, ",
                         std::min(data.getRank(), indices.getRank()), "), has ",
                         shared);
    return failure();
  }
  Dims dims;
  for (int64_t i = 0; i < shared; ++i) {
    int64_t a = data.getDimSize(i), b = indices.getDimSize(i);
    if (!mayAgree(a, b)) {
      (void)inference.fail("needs indices with the batch axes of ",
                           toString(data.getShape()), ", has ",
                           toString(indices.getShape()));
      return failure();
    }
    dims.push_back(merge(a, b));
  }
  int64_t length = indices.getShape().back();
  if (length == kDynamic || length < 1 || shared + length > data.getRank()) {
    (void)inference.fail("needs tuples of 1 to ", data.getRank() - shared,
                         " indices, has ", toString(indices.getShape()));
    return failure();
  }
  llvm::append_range(dims, indices.getShape().drop_front(shared).drop_back());
  llvm::append_range(dims, data.getShape().drop_front(shared + length));
  return dims;
}

LogicalResult GatherNDOp::inferReturnTypes(MLIRContext *context,
                                           std::optional<Location> location,
                                           Adaptor adaptor,
                                           SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  auto properties = withDefaults<GatherNDOp>(context, adaptor.getProperties());
  FailureOr<RankedTensorType> data =
      getTensor(inference, adaptor.getData(), "data");
  FailureOr<RankedTensorType> indices =
      getTensor(inference, adaptor.getIndices(), "indices");
  if (failed(data) || failed(indices))
    return failure();
  FailureOr<Dims> dims = inferSlices(inference, *data, *indices,
                                     properties.getBatchDims().getInt());
  if (failed(dims))
    return failure();
  types.push_back(data->clone(*dims));
  return success();
}

LogicalResult ScatterNDOp::inferReturnTypes(MLIRContext *context,
                                            std::optional<Location> location,
                                            Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  auto properties = withDefaults<ScatterNDOp>(context, adaptor.getProperties());
  FailureOr<RankedTensorType> data =
      getTensor(inference, adaptor.getData(), "data");
  FailureOr<RankedTensorType> indices =
      getTensor(inference, adaptor.getIndices(), "indices");
  FailureOr<RankedTensorType> updates =
      getTensor(inference, adaptor.getUpdates(), "updates");
  if (failed(data) || failed(indices) || failed(updates) ||
      failed(checkSameElements(inference, *data, *updates)) ||
      failed(checkReduction(inference, properties.getReduction())))
    return failure();
  FailureOr<Dims> dims = inferSlices(inference, *data, *indices, 0);
  if (failed(dims))
    return failure();
  if (failed(verifyCompatibleShape(updates->getShape(), *dims)))
    return inference.fail("needs updates of shape ", toString(*dims), ", has ",
                          toString(updates->getShape()));
  types.push_back(*data);
  return success();
}

//===----------------------------------------------------------------------===//
// Along an axis
//===----------------------------------------------------------------------===//

LogicalResult CumSumOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> location,
                                         Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  FailureOr<RankedTensorType> x = getTensor(inference, adaptor.getX(), "x");
  if (failed(x))
    return failure();
  IntegerAttr axis = adaptor.getProperties().axis;
  if (!axis)
    return inference.fail("needs the attribute 'axis'");
  if (failed(toPositiveAxis(inference, axis.getInt(), x->getRank())))
    return failure();
  types.push_back(*x);
  return success();
}

LogicalResult TopKOp::inferReturnTypes(MLIRContext *context,
                                       std::optional<Location> location,
                                       Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  auto properties = withDefaults<TopKOp>(context, adaptor.getProperties());
  FailureOr<RankedTensorType> x = getTensor(inference, adaptor.getX(), "x");
  if (failed(x))
    return failure();
  if (!properties.k)
    return inference.fail("needs the attribute 'k'");
  FailureOr<int64_t> axis =
      toPositiveAxis(inference, properties.getAxis().getInt(), x->getRank());
  if (failed(axis))
    return failure();
  int64_t k = properties.k.getInt(), size = x->getDimSize(*axis);
  if (k < 0 || (size != kDynamic && k > size))
    return inference.fail("needs a k from 0 to ", size, ", has ", k);
  Dims dims(x->getShape());
  dims[*axis] = k;
  types.push_back(x->clone(dims));
  types.push_back(x->clone(dims, IntegerType::get(context, 64)));
  return success();
}

//===----------------------------------------------------------------------===//
// Resize
//===----------------------------------------------------------------------===//

/// Fails unless `value` is one of `known`.
static LogicalResult checkName(const Inference &inference, StringRef attribute,
                               StringAttr value, ArrayRef<StringRef> known) {
  if (llvm::is_contained(known, value.getValue()))
    return success();
  std::string list;
  llvm::raw_string_ostream os(list);
  llvm::interleaveComma(known, os,
                        [&](StringRef name) { os << '"' << name << '"'; });
  return inference.fail("needs '", attribute, "' to be one of ", list,
                        ", has \"", value.getValue(), "\"");
}

/// Fails unless `value`, if it is there, is a vector of `size` elements.
static LogicalResult checkVector(const Inference &inference, StringRef name,
                                 Value value, int64_t size) {
  if (!value)
    return success();
  FailureOr<RankedTensorType> type = getTensor(inference, value, name);
  if (failed(type))
    return failure();
  if (type->getRank() != 1 || type->getDimSize(0) != size)
    return inference.fail("needs ", size, " elements in '", name, "', has ",
                          toString(type->getShape()));
  return success();
}

LogicalResult ResizeOp::inferReturnTypes(MLIRContext *context,
                                         std::optional<Location> location,
                                         Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  auto properties = withDefaults<ResizeOp>(context, adaptor.getProperties());
  FailureOr<RankedTensorType> x = getTensor(inference, adaptor.getX(), "x");
  if (failed(x))
    return failure();
  int64_t rank = x->getRank();
  FailureOr<ArrayRef<int64_t>> sizes =
      getList(inference, properties.sizes, "sizes", rank, -1);
  if (failed(sizes) ||
      failed(checkName(inference, "mode", properties.getMode(),
                       {"nearest", "linear", "cubic"})) ||
      failed(checkName(inference, "transform", properties.getTransform(),
                       {"half_pixel", "half_pixel_symmetric",
                        "pytorch_half_pixel", "align_corners", "asymmetric",
                        "tf_half_pixel_for_nn", "tf_crop_and_resize"})) ||
      failed(checkName(
          inference, "rounding", properties.getRounding(),
          {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"})) ||
      failed(checkVector(inference, "scales", adaptor.getScales(), rank)) ||
      failed(checkVector(inference, "roi", adaptor.getRoi(), 2 * rank)))
    return failure();
  if (properties.getMode().getValue() != "nearest" &&
      !x->getElementType().isF32())
    return inference.fail("needs elements of type f32 to interpolate, has ",
                          x->getElementType());
  if (properties.getTransform().getValue() == "tf_crop_and_resize" &&
      !adaptor.getRoi())
    return inference.fail("needs the operand 'roi'");
  Dims dims(x->getShape());
  for (auto [dim, size] : llvm::zip(dims, *sizes))
    if (size != -1)
      dim = size;
  types.push_back(x->clone(dims));
  return success();
}

snn::DigitalCost snn::onnx::detail::getCost(ResizeOp op) {
  if (op.getMode() == "nearest")
    return DigitalCost::ofResult(0, 0);
  double taps = op.getMode() == "cubic" ? 4 : 2, total = 0;
  for (int64_t size : op.getSizes())
    total += size == -1 ? 0 : taps;
  return DigitalCost::ofResult(total, 0);
}
