//===- OnnxShapes.cpp - Types of data movement and quantisation -----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxDetail.h"
#include "mlir/IR/Builders.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace mlir;
using namespace snn::onnx;
using namespace snn::onnx::detail;

LogicalResult GatherOp::inferReturnTypes(MLIRContext *context,
                                         std::optional<Location> location,
                                         Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  auto properties = withDefaults<GatherOp>(context, adaptor.getProperties());
  FailureOr<RankedTensorType> data =
      getTensor(inference, adaptor.getData(), "data");
  FailureOr<RankedTensorType> indices =
      getTensor(inference, adaptor.getIndices(), "indices");
  if (failed(data) || failed(indices))
    return failure();
  FailureOr<int64_t> axis =
      toPositiveAxis(inference, properties.getAxis().getInt(), data->getRank());
  if (failed(axis))
    return failure();
  Dims dims(data->getShape().take_front(*axis));
  llvm::append_range(dims, indices->getShape());
  llvm::append_range(dims, data->getShape().drop_front(*axis + 1));
  types.push_back(data->clone(dims));
  return success();
}

LogicalResult ReshapeOp::inferReturnTypes(MLIRContext *,
                                          std::optional<Location> location,
                                          Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  FailureOr<RankedTensorType> x = getTensor(inference, adaptor.getX(), "x");
  FailureOr<ArrayRef<int64_t>> shape =
      getList(inference, adaptor.getProperties().shape, "shape", -1, -1);
  if (failed(x) || failed(shape))
    return failure();

  // Elements that the known axes of both sides hold.
  int64_t have = 1, open = 0, need = 1, computed = -1;
  for (int64_t size : x->getShape())
    if (size == kDynamic)
      ++open;
    else
      have *= size;
  for (auto [i, size] : llvm::enumerate(*shape)) {
    if (size != -1) {
      if (llvm::MulOverflow(need, size, need))
        return inference.fail("needs a shape with the elements of ",
                              toString(x->getShape()), ", has [", *shape, "]");
    } else if (computed >= 0) {
      return inference.fail("needs at most one -1 in 'shape'");
    } else {
      computed = i;
    }
  }
  Dims dims(*shape);
  auto mismatch = [&]() {
    return inference.fail("needs a shape with the elements of ",
                          toString(x->getShape()), ", has [", dims, "]");
  };
  if (computed >= 0) {
    if (open == 0) {
      if (need == 0 || have % need != 0)
        return mismatch();
      dims[computed] = have / need;
    } else {
      dims[computed] = kDynamic;
    }
  } else if (open == 0 ? have != need : have != 0 && need % have != 0) {
    return mismatch();
  }
  types.push_back(x->clone(dims));
  return success();
}

LogicalResult TransposeOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> location,
                                            Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  FailureOr<RankedTensorType> x = getTensor(inference, adaptor.getX(), "x");
  if (failed(x))
    return failure();
  FailureOr<ArrayRef<int64_t>> permutation =
      getList(inference, adaptor.getProperties().permutation, "permutation",
              x->getRank(), 0);
  if (failed(permutation))
    return failure();
  llvm::SmallVector<bool> seen(x->getRank());
  Dims dims;
  for (int64_t axis : *permutation) {
    if (axis >= x->getRank() || seen[axis])
      return inference.fail("needs a permutation of ", x->getRank(),
                            " axes, has [", *permutation, "]");
    seen[axis] = true;
    dims.push_back(x->getDimSize(axis));
  }
  types.push_back(x->clone(dims));
  return success();
}

LogicalResult ConcatOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> location,
                                         Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  IntegerAttr axisAttr = adaptor.getProperties().axis;
  if (!axisAttr)
    return inference.fail("needs the attribute 'axis'");
  if (adaptor.getInputs().empty())
    return inference.fail("needs at least one input");
  FailureOr<RankedTensorType> first =
      getTensor(inference, adaptor.getInputs().front(), "inputs");
  if (failed(first))
    return failure();
  FailureOr<int64_t> axis =
      toPositiveAxis(inference, axisAttr.getInt(), first->getRank());
  if (failed(axis))
    return failure();
  Dims dims(first->getShape());
  for (Value input : adaptor.getInputs().drop_front()) {
    FailureOr<RankedTensorType> type = getTensor(inference, input, "inputs");
    if (failed(type) || failed(checkSameElements(inference, *first, *type)))
      return failure();
    if (type->getRank() != first->getRank())
      return inference.fail("needs inputs of one rank, has ", first->getRank(),
                            " and ", type->getRank());
    for (int64_t i = 0; i < type->getRank(); ++i) {
      int64_t size = type->getDimSize(i);
      if (i == *axis) {
        bool known = size != kDynamic && dims[i] != kDynamic;
        if (!known)
          dims[i] = kDynamic;
        else if (llvm::AddOverflow(dims[i], size, dims[i]))
          return inference.fail("needs inputs whose sizes on axis ", *axis,
                                " add up to 64 bits");
      } else if (mayAgree(dims[i], size)) {
        dims[i] = merge(dims[i], size);
      } else {
        return inference.fail("needs inputs that agree outside axis ", *axis,
                              ", has ", toString(first->getShape()), " and ",
                              toString(type->getShape()));
      }
    }
  }
  types.push_back(first->clone(dims));
  return success();
}

LogicalResult SliceOp::inferReturnTypes(MLIRContext *,
                                        std::optional<Location> location,
                                        Adaptor adaptor,
                                        SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  const Properties &p = adaptor.getProperties();
  FailureOr<RankedTensorType> x = getTensor(inference, adaptor.getX(), "x");
  FailureOr<ArrayRef<int64_t>> list = getList(inference, p.axes, "axes");
  if (failed(x) || failed(list))
    return failure();
  int64_t count = list->size();
  FailureOr<Dims> axes = toPositiveAxes(inference, *list, x->getRank());
  FailureOr<ArrayRef<int64_t>> starts =
      getList(inference, p.starts, "starts", count);
  FailureOr<ArrayRef<int64_t>> ends = getList(inference, p.ends, "ends", count);
  FailureOr<ArrayRef<int64_t>> steps =
      getList(inference, p.steps, "steps", count);
  if (failed(axes) || failed(starts) || failed(ends) || failed(steps))
    return failure();
  Dims dims(x->getShape());
  for (int64_t i = 0; i < count; ++i) {
    int64_t step = (*steps)[i], start = (*starts)[i], end = (*ends)[i];
    int64_t &size = dims[(*axes)[i]];
    if (step == 0)
      return inference.fail("needs steps other than 0");
    if (size == kDynamic)
      continue;
    // Clamped as ONNX says: into [0, size] forwards, [-1, size - 1] backwards.
    int64_t lo = step > 0 ? 0 : -1, hi = step > 0 ? size : size - 1;
    auto clamp = [&](int64_t v) {
      return std::min(std::max(v < 0 ? v + size : v, lo), hi);
    };
    start = clamp(start);
    end = clamp(end);
    // Steps beyond the axis reach one element.
    step = std::min(std::max(step, -size - 1), size + 1);
    int64_t span = step > 0 ? end - start : start - end;
    size = span <= 0 ? 0 : (span + std::abs(step) - 1) / std::abs(step);
  }
  types.push_back(x->clone(dims));
  return success();
}

LogicalResult SplitOp::inferReturnTypes(MLIRContext *context,
                                        std::optional<Location> location,
                                        Adaptor adaptor,
                                        SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  auto properties = withDefaults<SplitOp>(context, adaptor.getProperties());
  FailureOr<RankedTensorType> x = getTensor(inference, adaptor.getX(), "x");
  FailureOr<ArrayRef<int64_t>> sizes =
      getList(inference, properties.getSizes(), "sizes", -1, 0);
  if (failed(x) || failed(sizes))
    return failure();
  FailureOr<int64_t> axis =
      toPositiveAxis(inference, properties.getAxis().getInt(), x->getRank());
  if (failed(axis))
    return failure();
  int64_t sum = 0;
  for (int64_t size : *sizes)
    if (llvm::AddOverflow(sum, size, sum))
      return inference.fail("needs sizes that add up to ", x->getDimSize(*axis),
                            ", has [", *sizes, "]");
  if (!mayAgree(sum, x->getDimSize(*axis)))
    return inference.fail("needs sizes that add up to ", x->getDimSize(*axis),
                          ", has ", sum);
  for (int64_t size : *sizes) {
    Dims dims(x->getShape());
    dims[*axis] = size;
    types.push_back(x->clone(dims));
  }
  return success();
}

LogicalResult ExpandOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> location,
                                         Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  FailureOr<RankedTensorType> x = getTensor(inference, adaptor.getX(), "x");
  FailureOr<ArrayRef<int64_t>> shape =
      getList(inference, adaptor.getProperties().shape, "shape", -1, -1);
  if (failed(x) || failed(shape))
    return failure();
  Dims target(*shape);
  for (int64_t &size : target) {
    if (size != -1)
      continue;
    if (!adaptor.getLike())
      return inference.fail("needs the operand 'like' for the -1 in 'shape'");
    FailureOr<RankedTensorType> like =
        getTensor(inference, adaptor.getLike(), "like");
    if (failed(like))
      return failure();
    if (like->getRank() == 0)
      return inference.fail("needs a 'like' with an axis, has a scalar");
    size = like->getDimSize(0);
  }
  FailureOr<Dims> dims = broadcast(inference, x->getShape(), target);
  if (failed(dims))
    return failure();
  types.push_back(x->clone(*dims));
  return success();
}

LogicalResult TileOp::inferReturnTypes(MLIRContext *,
                                       std::optional<Location> location,
                                       Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  FailureOr<RankedTensorType> x = getTensor(inference, adaptor.getX(), "x");
  if (failed(x))
    return failure();
  FailureOr<ArrayRef<int64_t>> repeats = getList(
      inference, adaptor.getProperties().repeats, "repeats", x->getRank(), 0);
  if (failed(repeats))
    return failure();
  Dims dims(x->getShape());
  for (auto [size, repeat] : llvm::zip(dims, *repeats))
    if (size != kDynamic && llvm::MulOverflow(size, repeat, size))
      return inference.fail("needs repeats of ", toString(x->getShape()),
                            " whose sizes fit 64 bits, has [", *repeats, "]");
  types.push_back(x->clone(dims));
  return success();
}

LogicalResult PadOp::inferReturnTypes(MLIRContext *context,
                                      std::optional<Location> location,
                                      Adaptor adaptor,
                                      SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  auto properties = withDefaults<PadOp>(context, adaptor.getProperties());
  FailureOr<RankedTensorType> x = getTensor(inference, adaptor.getX(), "x");
  if (failed(x))
    return failure();
  int64_t rank = x->getRank();
  FailureOr<ArrayRef<int64_t>> pads =
      getList(inference, properties.getPads(), "pads", 2 * rank);
  if (failed(pads))
    return failure();
  StringRef mode = properties.getMode().getValue();
  if (mode != "constant" && mode != "reflect" && mode != "edge" &&
      mode != "wrap")
    return inference.fail("needs 'mode' to be \"constant\", \"reflect\", "
                          "\"edge\" or \"wrap\", has \"",
                          mode, "\"");
  Dims dims(x->getShape());
  for (int64_t i = 0; i < rank; ++i) {
    int64_t begin = (*pads)[i], end = (*pads)[rank + i];
    if (dims[i] == kDynamic)
      continue;
    if (mode == "reflect" &&
        std::max(begin, end) >= std::max<int64_t>(dims[i], 1))
      return inference.fail("needs reflection by less than ", dims[i],
                            " elements on axis ", i, ", has ",
                            std::max(begin, end));
    if (llvm::AddOverflow(dims[i], begin, dims[i]) ||
        llvm::AddOverflow(dims[i], end, dims[i]))
      return inference.fail("needs pads of ", toString(x->getShape()),
                            " whose sizes fit 64 bits, has [", *pads, "]");
    if (dims[i] < 0)
      return inference.fail("needs a result axis ", i,
                            " of at least 0 elements, has ", dims[i]);
  }
  types.push_back(x->clone(dims));
  return success();
}

/// The only element of a dense constant as a double.
static std::optional<double> getScalar(Value value) {
  auto dense = dyn_cast_or_null<DenseElementsAttr>(getConstantAttr(value));
  if (!dense || dense.getNumElements() != 1)
    return std::nullopt;
  Type element = dense.getElementType();
  if (isa<FloatType>(element))
    return (*dense.value_begin<APFloat>()).convertToDouble();
  if (isa<IntegerType>(element))
    return static_cast<double>((*dense.value_begin<APInt>()).getSExtValue());
  return std::nullopt;
}

LogicalResult RangeOp::inferReturnTypes(MLIRContext *,
                                        std::optional<Location> location,
                                        Adaptor adaptor,
                                        SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  FailureOr<RankedTensorType> start =
      getTensor(inference, adaptor.getStart(), "start");
  FailureOr<RankedTensorType> limit =
      getTensor(inference, adaptor.getLimit(), "limit");
  FailureOr<RankedTensorType> delta =
      getTensor(inference, adaptor.getDelta(), "delta");
  if (failed(start) || failed(limit) || failed(delta) ||
      failed(checkSameElements(inference, *start, *limit)) ||
      failed(checkSameElements(inference, *start, *delta)))
    return failure();
  for (RankedTensorType type : {*start, *limit, *delta})
    if (type.getRank() != 0)
      return inference.fail("needs scalars, has ", toString(type.getShape()));
  std::optional<double> s = getScalar(adaptor.getStart());
  std::optional<double> l = getScalar(adaptor.getLimit());
  std::optional<double> d = getScalar(adaptor.getDelta());
  int64_t size = kDynamic;
  if (s && l && d) {
    if (*d == 0)
      return inference.fail("needs a delta other than 0");
    double count = std::ceil((*l - *s) / *d);
    if (!(count < 9.0e15))
      return inference.fail("needs a finite number of elements");
    size = count > 0 ? static_cast<int64_t>(count) : 0;
  }
  types.push_back(RankedTensorType::get({size}, start->getElementType()));
  return success();
}

//===----------------------------------------------------------------------===//
// Affine quantisation
//===----------------------------------------------------------------------===//

/// Checks scale and zero point of a tensor `x` whose levels have type `level`.
static LogicalResult checkScale(const Inference &inference, RankedTensorType x,
                                RankedTensorType scale, Value zeroPoint,
                                Type level, int64_t axis) {
  if (scale.getRank() > 1)
    return inference.fail("needs a scale that is a scalar or a vector, has ",
                          toString(scale.getShape()));
  if (scale.getRank() == 1 && scale.getDimSize(0) != 1) {
    FailureOr<int64_t> at = toPositiveAxis(inference, axis, x.getRank());
    if (failed(at))
      return failure();
    if (!mayAgree(scale.getDimSize(0), x.getDimSize(*at)))
      return inference.fail("needs a scale of ", x.getDimSize(*at),
                            " elements, has ", scale.getDimSize(0));
  }
  if (!zeroPoint)
    return success();
  FailureOr<RankedTensorType> zero =
      getTensor(inference, zeroPoint, "zeroPoint");
  if (failed(zero))
    return failure();
  if (zero->getElementType() != level)
    return inference.fail("needs a zero point of type ", level, ", has ",
                          zero->getElementType());
  if (failed(verifyCompatibleShape(zero->getShape(), scale.getShape())))
    return inference.fail("needs a zero point of the scale's shape ",
                          toString(scale.getShape()), ", has ",
                          toString(zero->getShape()));
  return success();
}

LogicalResult QuantizeLinearOp::inferReturnTypes(
    MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
    SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  auto properties =
      withDefaults<QuantizeLinearOp>(context, adaptor.getProperties());
  FailureOr<RankedTensorType> x = getTensor(inference, adaptor.getX(), "x");
  FailureOr<RankedTensorType> scale =
      getTensor(inference, adaptor.getScale(), "scale");
  if (failed(x) || failed(scale) ||
      failed(checkSameElements(inference, *x, *scale)))
    return failure();
  Type to = properties.getTo() ? properties.getTo().getValue() : Type();
  if (!to || !(to.isUnsignedInteger(8) || to.isSignlessInteger(8)))
    return inference.fail("needs 'to' to be ui8 or i8, has ", properties.to);
  if (failed(checkScale(inference, *x, *scale, adaptor.getZeroPoint(), to,
                        properties.getAxis().getInt())))
    return failure();
  types.push_back(x->clone(to));
  return success();
}

LogicalResult DequantizeLinearOp::inferReturnTypes(
    MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
    SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  auto properties =
      withDefaults<DequantizeLinearOp>(context, adaptor.getProperties());
  FailureOr<RankedTensorType> x = getTensor(inference, adaptor.getX(), "x");
  FailureOr<RankedTensorType> scale =
      getTensor(inference, adaptor.getScale(), "scale");
  if (failed(x) || failed(scale))
    return failure();
  Type level = x->getElementType();
  if (!level.isUnsignedInteger(8) && !level.isSignlessInteger(8) &&
      !level.isSignlessInteger(32))
    return inference.fail("needs an x of type ui8, i8 or i32, has ", level);
  if (failed(checkScale(inference, *x, *scale, adaptor.getZeroPoint(), level,
                        properties.getAxis().getInt())))
    return failure();
  types.push_back(x->clone(scale->getElementType()));
  return success();
}
