//===- OnnxProducts.cpp - Types of products, reductions and pooling -------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxDetail.h"
#include "mlir/IR/Builders.h"

#include <cmath>

using namespace mlir;
using namespace snn::onnx;
using namespace snn::onnx::detail;

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

LogicalResult MatMulOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> location,
                                         Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  FailureOr<RankedTensorType> a = getTensor(inference, adaptor.getA(), "a");
  FailureOr<RankedTensorType> b = getTensor(inference, adaptor.getB(), "b");
  if (failed(a) || failed(b) || failed(checkSameElements(inference, *a, *b)))
    return failure();
  if (a->getRank() == 0 || b->getRank() == 0)
    return inference.fail("needs operands with an axis, has a scalar");
  Dims l(a->getShape()), r(b->getShape());
  bool row = l.size() == 1, column = r.size() == 1;
  if (row)
    l.insert(l.begin(), 1);
  if (column)
    r.push_back(1);
  int64_t k = l.back(), rows = r[r.size() - 2];
  if (!mayAgree(k, rows))
    return inference.fail("needs ", k, " rows on the right, has ", rows, ": ",
                          toString(a->getShape()), " times ",
                          toString(b->getShape()));
  FailureOr<Dims> dims =
      broadcast(inference, ArrayRef(l).drop_back(2), ArrayRef(r).drop_back(2));
  if (failed(dims))
    return failure();
  if (!row)
    dims->push_back(l[l.size() - 2]);
  if (!column)
    dims->push_back(r.back());
  types.push_back(a->clone(*dims));
  return success();
}

LogicalResult GemmOp::inferReturnTypes(MLIRContext *context,
                                       std::optional<Location> location,
                                       Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  auto properties = withDefaults<GemmOp>(context, adaptor.getProperties());
  FailureOr<RankedTensorType> a = getTensor(inference, adaptor.getA(), "a");
  FailureOr<RankedTensorType> b = getTensor(inference, adaptor.getB(), "b");
  if (failed(a) || failed(b) || failed(checkSameElements(inference, *a, *b)))
    return failure();
  if (a->getRank() != 2 || b->getRank() != 2)
    return inference.fail("needs matrices, has ", toString(a->getShape()),
                          " and ", toString(b->getShape()));
  bool transA = properties.getTransA().getValue();
  bool transB = properties.getTransB().getValue();
  int64_t k = a->getDimSize(transA ? 0 : 1), rows = b->getDimSize(transB);
  if (!mayAgree(k, rows))
    return inference.fail("needs ", k, " rows on the right, has ", rows);
  Dims dims = {a->getDimSize(transA), b->getDimSize(transB ? 0 : 1)};
  if (adaptor.getC()) {
    FailureOr<RankedTensorType> c = getTensor(inference, adaptor.getC(), "c");
    if (failed(c) || failed(checkSameElements(inference, *a, *c)) ||
        failed(checkBroadcastsTo(inference, c->getShape(), dims, "c")))
      return failure();
  }
  types.push_back(a->clone(dims));
  return success();
}

/// Elements of a result axis of a sliding window; the windows that start in the
/// padding behind the input are not counted.
static FailureOr<int64_t> slide(const Inference &inference, int64_t size,
                                int64_t kernel, int64_t stride, int64_t begin,
                                int64_t end, int64_t dilation, bool ceilMode) {
  if (size == kDynamic || kernel == kDynamic)
    return kDynamic;
  if (kernel < 1) {
    (void)inference.fail("needs a window of at least 1 element, has ", kernel);
    return failure();
  }
  // Larger entries are no window's, and sums of smaller ones fit 64 bits.
  constexpr int64_t most = int64_t(1) << 31;
  for (int64_t entry : {kernel, stride, begin, end, dilation})
    if (entry > most) {
      (void)inference.fail("needs a window of entries up to ", most, ", has ",
                           entry);
      return failure();
    }
  int64_t span = dilation * (kernel - 1) + 1, room = size + begin + end - span;
  if (room < 0) {
    (void)inference.fail("needs at least ", span,
                         " elements for the window, has ", size + begin + end);
    return failure();
  }
  int64_t result = (room + (ceilMode ? stride - 1 : 0)) / stride + 1;
  if (ceilMode && (result - 1) * stride >= size + begin)
    --result;
  return result;
}

LogicalResult ConvOp::inferReturnTypes(MLIRContext *context,
                                       std::optional<Location> location,
                                       Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  auto properties = withDefaults<ConvOp>(context, adaptor.getProperties());
  FailureOr<RankedTensorType> x = getTensor(inference, adaptor.getX(), "x");
  FailureOr<RankedTensorType> w = getTensor(inference, adaptor.getW(), "w");
  if (failed(x) || failed(w) || failed(checkSameElements(inference, *x, *w)))
    return failure();
  int64_t rank = x->getRank(), axes = rank - 2;
  if (rank != 3 && rank != 4)
    return inference.fail("needs an x of rank 3 or 4, has ", rank);
  if (w->getRank() != rank)
    return inference.fail("needs a w of rank ", rank, ", has ", w->getRank());
  FailureOr<ArrayRef<int64_t>> strides =
      getList(inference, properties.getStrides(), "strides", axes, 1);
  FailureOr<ArrayRef<int64_t>> pads =
      getList(inference, properties.getPads(), "pads", 2 * axes, 0);
  FailureOr<ArrayRef<int64_t>> dilations =
      getList(inference, properties.getDilations(), "dilations", axes, 1);
  if (failed(strides) || failed(pads) || failed(dilations))
    return failure();
  int64_t group = properties.getGroup().getInt();
  int64_t channels = x->getDimSize(1), outputs = w->getDimSize(0);
  if (group < 1 || (channels != kDynamic && channels % group) ||
      (outputs != kDynamic && outputs % group))
    return inference.fail("needs a group that divides ", channels,
                          " inputs and ", outputs, " outputs, has ", group);
  if (channels != kDynamic && !mayAgree(w->getDimSize(1), channels / group))
    return inference.fail("needs ", channels / group,
                          " input channels in w, has ", w->getDimSize(1));
  if (adaptor.getBias()) {
    FailureOr<RankedTensorType> bias =
        getTensor(inference, adaptor.getBias(), "bias");
    if (failed(bias) || failed(checkSameElements(inference, *x, *bias)))
      return failure();
    if (bias->getRank() != 1 || !mayAgree(bias->getDimSize(0), outputs))
      return inference.fail("needs a bias of ", outputs, " elements, has ",
                            toString(bias->getShape()));
  }
  Dims dims = {x->getDimSize(0), outputs};
  for (int64_t i = 0; i < axes; ++i) {
    FailureOr<int64_t> size =
        slide(inference, x->getDimSize(2 + i), w->getDimSize(2 + i),
              (*strides)[i], (*pads)[i], (*pads)[axes + i], (*dilations)[i],
              /*ceilMode=*/false);
    if (failed(size))
      return failure();
    dims.push_back(*size);
  }
  types.push_back(x->clone(dims));
  return success();
}

LogicalResult AttentionOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> location,
                                            Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  FloatAttr scale = adaptor.getProperties().scale;
  if (!scale || !std::isfinite(scale.getValueAsDouble()))
    return inference.fail("needs a finite 'scale', has ", Attribute(scale));
  FailureOr<RankedTensorType> q = getTensor(inference, adaptor.getQ(), "q");
  FailureOr<RankedTensorType> k = getTensor(inference, adaptor.getK(), "k");
  FailureOr<RankedTensorType> v = getTensor(inference, adaptor.getV(), "v");
  if (failed(q) || failed(k) || failed(v) ||
      failed(checkSameElements(inference, *q, *k)) ||
      failed(checkSameElements(inference, *q, *v)))
    return failure();
  for (RankedTensorType type : {*q, *k, *v})
    if (type.getRank() < 2)
      return inference.fail("needs operands of rank 2 or more, has ",
                            toString(type.getShape()));
  auto size = [](RankedTensorType type, int64_t fromEnd) {
    return type.getDimSize(type.getRank() - fromEnd);
  };
  if (!mayAgree(size(*q, 1), size(*k, 1)))
    return inference.fail("needs keys of depth ", size(*q, 1), ", has ",
                          size(*k, 1));
  if (!mayAgree(size(*k, 2), size(*v, 2)))
    return inference.fail("needs ", size(*k, 2), " values, has ", size(*v, 2));
  FailureOr<Dims> scores = broadcast(inference, q->getShape().drop_back(2),
                                     k->getShape().drop_back(2));
  if (failed(scores))
    return failure();
  FailureOr<Dims> dims =
      broadcast(inference, *scores, v->getShape().drop_back(2));
  if (failed(dims))
    return failure();
  if (adaptor.getMask()) {
    FailureOr<RankedTensorType> mask =
        getTensor(inference, adaptor.getMask(), "mask");
    scores->append({size(*q, 2), size(*k, 2)});
    if (failed(mask) || failed(checkSameElements(inference, *q, *mask)) ||
        failed(checkBroadcastsTo(inference, mask->getShape(), *scores, "mask")))
      return failure();
  }
  dims->append({size(*q, 2), size(*v, 1)});
  types.push_back(q->clone(*dims));
  return success();
}

//===----------------------------------------------------------------------===//
// Reductions and normalisations
//===----------------------------------------------------------------------===//

LogicalResult SoftmaxOp::inferReturnTypes(MLIRContext *context,
                                          std::optional<Location> location,
                                          Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  auto properties = withDefaults<SoftmaxOp>(context, adaptor.getProperties());
  FailureOr<RankedTensorType> x = getTensor(inference, adaptor.getX(), "x");
  if (failed(x) || failed(toPositiveAxis(
                       inference, properties.getAxis().getInt(), x->getRank())))
    return failure();
  types.push_back(*x);
  return success();
}

template <typename OpTy>
static LogicalResult
inferReduction(MLIRContext *context, std::optional<Location> location,
               typename OpTy::Adaptor adaptor, SmallVectorImpl<Type> &types) {
  Inference inference{location, OpTy::getOperationName()};
  auto properties = withDefaults<OpTy>(context, adaptor.getProperties());
  FailureOr<RankedTensorType> x = getTensor(inference, adaptor.getX(), "x");
  FailureOr<ArrayRef<int64_t>> list =
      getList(inference, properties.getAxes(), "axes");
  if (failed(x) || failed(list))
    return failure();
  FailureOr<Dims> axes = toPositiveAxes(inference, *list, x->getRank());
  if (failed(axes))
    return failure();
  bool keepdims = properties.getKeepdims().getValue();
  Dims dims;
  for (auto [i, size] : llvm::enumerate(x->getShape())) {
    if (!axes->empty() && !llvm::is_contained(*axes, static_cast<int64_t>(i)))
      dims.push_back(size);
    else if (keepdims)
      dims.push_back(1);
  }
  types.push_back(x->clone(dims));
  return success();
}

#define SNN_REDUCTION(OP)                                                      \
  LogicalResult OP::inferReturnTypes(                                          \
      MLIRContext *context, std::optional<Location> location, Adaptor adaptor, \
      SmallVectorImpl<Type> &types) {                                          \
    return inferReduction<OP>(context, location, adaptor, types);              \
  }
SNN_REDUCTION(ReduceMeanOp)
SNN_REDUCTION(ReduceSumOp)
SNN_REDUCTION(ReduceMaxOp)
SNN_REDUCTION(ReduceMinOp)
SNN_REDUCTION(ReduceProdOp)
#undef SNN_REDUCTION

LogicalResult LayerNormalizationOp::inferReturnTypes(
    MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
    SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  auto properties =
      withDefaults<LayerNormalizationOp>(context, adaptor.getProperties());
  FailureOr<RankedTensorType> x = getTensor(inference, adaptor.getX(), "x");
  FailureOr<RankedTensorType> scale =
      getTensor(inference, adaptor.getScale(), "scale");
  if (failed(x) || failed(scale) ||
      failed(checkSameElements(inference, *x, *scale)))
    return failure();
  FailureOr<int64_t> axis =
      toPositiveAxis(inference, properties.getAxis().getInt(), x->getRank());
  if (failed(axis))
    return failure();
  ArrayRef<int64_t> normalized = x->getShape().drop_front(*axis);
  if (failed(
          checkBroadcastsTo(inference, scale->getShape(), normalized, "scale")))
    return failure();
  if (adaptor.getBias()) {
    FailureOr<RankedTensorType> bias =
        getTensor(inference, adaptor.getBias(), "bias");
    if (failed(bias) || failed(checkSameElements(inference, *x, *bias)) ||
        failed(
            checkBroadcastsTo(inference, bias->getShape(), normalized, "bias")))
      return failure();
  }
  if (!(properties.getEpsilon().getValueAsDouble() >= 0))
    return inference.fail("needs an epsilon of at least 0, has ",
                          properties.getEpsilon().getValueAsDouble());
  types.push_back(*x);
  return success();
}

LogicalResult BatchNormalizationOp::inferReturnTypes(
    MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
    SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  auto properties =
      withDefaults<BatchNormalizationOp>(context, adaptor.getProperties());
  FailureOr<RankedTensorType> x = getTensor(inference, adaptor.getX(), "x");
  if (failed(x))
    return failure();
  if (x->getRank() < 2)
    return inference.fail("needs an x of rank 2 or more, has ", x->getRank());
  std::pair<StringRef, Value> vectors[] = {{"scale", adaptor.getScale()},
                                           {"bias", adaptor.getBias()},
                                           {"mean", adaptor.getMean()},
                                           {"variance", adaptor.getVariance()}};
  for (auto [name, value] : vectors) {
    FailureOr<RankedTensorType> type = getTensor(inference, value, name);
    if (failed(type) || failed(checkSameElements(inference, *x, *type)))
      return failure();
    if (type->getRank() != 1 ||
        !mayAgree(type->getDimSize(0), x->getDimSize(1)))
      return inference.fail("needs a ", name, " of ", x->getDimSize(1),
                            " elements, has ", toString(type->getShape()));
  }
  if (!(properties.getEpsilon().getValueAsDouble() >= 0))
    return inference.fail("needs an epsilon of at least 0, has ",
                          properties.getEpsilon().getValueAsDouble());
  types.push_back(*x);
  return success();
}

static LogicalResult inferExtreme(const Inference &inference, Value value,
                                  int64_t stated, bool keepdims,
                                  SmallVectorImpl<Type> &types) {
  FailureOr<RankedTensorType> x = getTensor(inference, value, "x");
  if (failed(x))
    return failure();
  FailureOr<int64_t> axis = toPositiveAxis(inference, stated, x->getRank());
  if (failed(axis))
    return failure();
  Dims dims(x->getShape());
  if (keepdims)
    dims[*axis] = 1;
  else
    dims.erase(dims.begin() + *axis);
  types.push_back(
      RankedTensorType::get(dims, IntegerType::get(x->getContext(), 64)));
  return success();
}

#define SNN_EXTREME(OP)                                                        \
  LogicalResult OP::inferReturnTypes(                                          \
      MLIRContext *context, std::optional<Location> location, Adaptor adaptor, \
      SmallVectorImpl<Type> &types) {                                          \
    auto properties = withDefaults<OP>(context, adaptor.getProperties());      \
    return inferExtreme({location, getOperationName()}, adaptor.getX(),        \
                        properties.getAxis().getInt(),                         \
                        properties.getKeepdims().getValue(), types);           \
  }
SNN_EXTREME(ArgMaxOp)
SNN_EXTREME(ArgMinOp)
#undef SNN_EXTREME

//===----------------------------------------------------------------------===//
// Pooling
//===----------------------------------------------------------------------===//

LogicalResult GlobalAveragePoolOp::inferReturnTypes(
    MLIRContext *, std::optional<Location> location, Adaptor adaptor,
    SmallVectorImpl<Type> &types) {
  Inference inference{location, getOperationName()};
  FailureOr<RankedTensorType> x = getTensor(inference, adaptor.getX(), "x");
  if (failed(x))
    return failure();
  if (x->getRank() < 3)
    return inference.fail("needs an x of rank 3 or more, has ", x->getRank());
  Dims dims(x->getRank(), 1);
  dims[0] = x->getDimSize(0);
  dims[1] = x->getDimSize(1);
  types.push_back(x->clone(dims));
  return success();
}

static LogicalResult
inferPool(const Inference &inference, Value value, DenseI64ArrayAttr kernelAttr,
          DenseI64ArrayAttr stridesAttr, DenseI64ArrayAttr padsAttr,
          DenseI64ArrayAttr dilationsAttr, bool hasDilations, bool ceilMode,
          SmallVectorImpl<Type> &types) {
  FailureOr<RankedTensorType> x = getTensor(inference, value, "x");
  if (failed(x))
    return failure();
  int64_t axes = x->getRank() - 2;
  if (axes != 1 && axes != 2)
    return inference.fail("needs an x of rank 3 or 4, has ", x->getRank());
  FailureOr<ArrayRef<int64_t>> kernel =
      getList(inference, kernelAttr, "kernel", axes, 1);
  FailureOr<ArrayRef<int64_t>> strides =
      getList(inference, stridesAttr, "strides", axes, 1);
  FailureOr<ArrayRef<int64_t>> pads =
      getList(inference, padsAttr, "pads", 2 * axes, 0);
  Dims ones(axes, 1);
  FailureOr<ArrayRef<int64_t>> dilations = ArrayRef<int64_t>(ones);
  if (hasDilations)
    dilations = getList(inference, dilationsAttr, "dilations", axes, 1);
  if (failed(kernel) || failed(strides) || failed(pads) || failed(dilations))
    return failure();
  Dims dims(x->getShape());
  for (int64_t i = 0; i < axes; ++i) {
    FailureOr<int64_t> size =
        slide(inference, dims[2 + i], (*kernel)[i], (*strides)[i], (*pads)[i],
              (*pads)[axes + i], (*dilations)[i], ceilMode);
    if (failed(size))
      return failure();
    dims[2 + i] = *size;
  }
  types.push_back(x->clone(dims));
  return success();
}

LogicalResult AveragePoolOp::inferReturnTypes(MLIRContext *context,
                                              std::optional<Location> location,
                                              Adaptor adaptor,
                                              SmallVectorImpl<Type> &types) {
  auto properties =
      withDefaults<AveragePoolOp>(context, adaptor.getProperties());
  return inferPool({location, getOperationName()}, adaptor.getX(),
                   properties.getKernel(), properties.getStrides(),
                   properties.getPads(), {}, /*hasDilations=*/false,
                   properties.getCeilMode().getValue(), types);
}

LogicalResult MaxPoolOp::inferReturnTypes(MLIRContext *context,
                                          std::optional<Location> location,
                                          Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  auto properties = withDefaults<MaxPoolOp>(context, adaptor.getProperties());
  return inferPool(
      {location, getOperationName()}, adaptor.getX(), properties.getKernel(),
      properties.getStrides(), properties.getPads(), properties.getDilations(),
      /*hasDilations=*/true, properties.getCeilMode().getValue(), types);
}

LogicalResult MaxPoolIndicesOp::inferReturnTypes(
    MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
    SmallVectorImpl<Type> &types) {
  auto properties =
      withDefaults<MaxPoolIndicesOp>(context, adaptor.getProperties());
  if (failed(inferPool({location, getOperationName()}, adaptor.getX(),
                       properties.getKernel(), properties.getStrides(),
                       properties.getPads(), properties.getDilations(),
                       /*hasDilations=*/true,
                       properties.getCeilMode().getValue(), types)))
    return failure();
  types[0] =
      cast<RankedTensorType>(types[0]).clone(IntegerType::get(context, 64));
  return success();
}

//===----------------------------------------------------------------------===//
// Cost
//===----------------------------------------------------------------------===//

/// As a double, because large models' products exceed 2^63.
static double elementsOf(Value value) {
  double n = 1;
  for (int64_t extent : cast<RankedTensorType>(value.getType()).getShape())
    n *= double(extent);
  return n;
}

double snn::onnx::detail::countProducts(MatMulOp op) {
  auto a = cast<RankedTensorType>(op.getA().getType());
  return elementsOf(op.getY()) * double(a.getShape().back());
}

double snn::onnx::detail::countProducts(GemmOp op) {
  auto a = cast<RankedTensorType>(op.getA().getType());
  return elementsOf(op.getY()) * double(a.getDimSize(op.getTransA() ? 0 : 1));
}

double snn::onnx::detail::countProducts(ConvOp op) {
  auto weight = cast<RankedTensorType>(op.getW().getType());
  return elementsOf(op.getY()) * double(weight.getNumElements()) /
         double(weight.getDimSize(0));
}

/// Scores, and their product with the values.
double snn::onnx::detail::countProducts(AttentionOp op) {
  auto key = cast<RankedTensorType>(op.getK().getType());
  return 2 * elementsOf(op.getQ()) * double(key.getDimSize(key.getRank() - 2));
}
