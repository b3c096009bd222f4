//===- HandlersReduce.cpp - Reductions and normalisations -----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Compose.h"

using namespace mlir;
using namespace snn;
using namespace snn::import;
using Term = Composer::Term;

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

/// The axes that the node reduces, all if it names none; no axis where an empty
/// list says that nothing is reduced. They are an attribute before opset 18 (13
/// for ReduceSum) and an input since.
static FailureOr<Ints> reducedAxes(Node &n) {
  int64_t rank = n.in(0)->rank();
  FailureOr<std::optional<Ints>> axes = n.axes("axes", 1, rank);
  if (failed(axes))
    return failure();
  Ints list = axes->value_or(Ints());
  if (list.empty() && !n.attr("noop_with_empty_axes", int64_t(0)))
    list = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  return list;
}

/// Writes a reduction as `prepare`, the op, and `finish`; either may be null.
template <typename Op>
static LogicalResult
importReduceOf(Node &n, Term (*prepare)(Composer &, Term) = nullptr,
               Term (*finish)(Composer &, Term) = nullptr) {
  if (failed(n.require(1)))
    return failure();
  FailureOr<Ints> axes = reducedAxes(n);
  if (failed(axes))
    return failure();
  Composer c(n);
  Term x = prepare ? prepare(c, n.in(0)) : n.in(0);
  if (!axes->empty())
    x = c.reduce<Op>(x, *axes, n.attr("keepdims", int64_t(1)) != 0);
  return c.bind(finish && x ? finish(c, x) : x);
}

template <typename Op> static LogicalResult importReduce(Node &n) {
  return importReduceOf<Op>(n);
}

static Term magnitude(Composer &c, Term x) { return c.abs(x); }
static Term square(Composer &c, Term x) { return c.mul(x, x); }
static Term root(Composer &c, Term x) { return c.sqrt(x); }
static Term logarithm(Composer &c, Term x) { return c.log(x); }

static LogicalResult importReduceL1(Node &n) {
  return importReduceOf<onnx::ReduceSumOp>(n, magnitude);
}
static LogicalResult importReduceL2(Node &n) {
  return importReduceOf<onnx::ReduceSumOp>(n, square, root);
}
static LogicalResult importReduceSumSquare(Node &n) {
  return importReduceOf<onnx::ReduceSumOp>(n, square);
}
static LogicalResult importReduceLogSum(Node &n) {
  return importReduceOf<onnx::ReduceSumOp>(n, nullptr, logarithm);
}

/// max + ln(sum(e^(x - max))), so that nothing overflows.
static LogicalResult importReduceLogSumExp(Node &n) {
  if (failed(n.require(1)))
    return failure();
  FailureOr<Ints> axes = reducedAxes(n);
  if (failed(axes))
    return failure();
  Composer c(n);
  Term x = n.in(0);
  if (axes->empty())
    return n.bind(0, x);
  Term top = c.reduce<onnx::ReduceMaxOp>(x, *axes);
  Term sum = c.reduce<onnx::ReduceSumOp>(c.exp(c.sub(x, top)), *axes);
  Term y = c.add(top, c.log(sum));
  if (!y || n.attr("keepdims", int64_t(1)))
    return c.bind(y);
  DimExprs shape;
  for (auto [i, dim] : llvm::enumerate(y->shape))
    if (!llvm::is_contained(*axes, static_cast<int64_t>(i)))
      shape.push_back(dim);
  return c.bind(c.reshape(y, shape));
}

template <typename Op> static LogicalResult importExtreme(Node &n) {
  if (failed(n.require(1)))
    return failure();
  FailureOr<int64_t> axis = n.axis(n.attr("axis", int64_t(0)), n.in(0)->rank());
  if (failed(axis))
    return failure();
  return n.emit<Op>(
      {n.in(0)},
      {n.i64("axis", *axis), n.flag("keepdims", n.attr("keepdims", int64_t(1))),
       n.flag("selectLastIndex", n.attr("select_last_index", int64_t(0)))});
}

static LogicalResult importCumSum(Node &n) {
  if (failed(n.require(2)))
    return failure();
  FailureOr<int64_t> stated = n.constantInt(1, "the axis");
  if (failed(stated))
    return failure();
  FailureOr<int64_t> axis = n.axis(*stated, n.in(0)->rank());
  if (failed(axis))
    return failure();
  return n.emit<onnx::CumSumOp>(
      {n.in(0)}, {n.i64("axis", *axis),
                  n.flag("exclusive", n.attr("exclusive", int64_t(0))),
                  n.flag("reverse", n.attr("reverse", int64_t(0)))});
}

/// The number of elements is an attribute before opset 10 and an input since.
static LogicalResult importTopK(Node &n) {
  if (failed(n.require(n.opset() < 10 ? 1 : 2)))
    return failure();
  int64_t k = n.attr("k", int64_t(0));
  if (n.opset() >= 10) {
    FailureOr<int64_t> read = n.constantInt(1, "the number of elements");
    if (failed(read))
      return failure();
    k = *read;
  }
  FailureOr<int64_t> axis =
      n.axis(n.attr("axis", int64_t(-1)), n.in(0)->rank());
  if (failed(axis))
    return failure();
  // Unsorted means any order; sorted is one.
  std::string names[2] = {n.entry.label(), n.entry.label()};
  auto results =
      n.importer.emit(onnx::TopKOp::getOperationName(), {n.in(0)},
                      {n.i64("k", k), n.i64("axis", *axis),
                       n.flag("largest", n.attr("largest", int64_t(1)))},
                      names, n.loc, /*mayFold=*/true);
  if (failed(results) || failed(n.bind(0, (*results)[0])))
    return failure();
  return n.bind(1, (*results)[1]);
}

//===----------------------------------------------------------------------===//
// Normalisations
//===----------------------------------------------------------------------===//

/// x normalised over the axes from `axis` on.
static Term normalise(Node &n, Composer &c, Term x, int64_t axis,
                      double epsilon) {
  if (!x)
    return nullptr;
  Term one = n.importer.makeConstant(n.entry.label(), n.loc,
                                     rt::Tensor::fromVector<float>({1}, {1}));
  return c.make<onnx::LayerNormalizationOp>(
      {x, one}, {n.i64("axis", axis), n.f64("epsilon", epsilon)});
}

/// A vector of channels against x [N, C, ...].
static Term perChannel(Composer &c, Term vector, Term x) {
  DimExprs shape = {x->shape[1]};
  shape.append(x->rank() - 2, DimExpr(1));
  return c.reshape(vector, shape);
}

static LogicalResult importInstanceNormalization(Node &n) {
  if (failed(n.require(3)))
    return failure();
  Term x = n.in(0);
  if (x->rank() < 3)
    return n.error() << "'InstanceNormalization' needs an input of rank 3 or "
                        "more, has "
                     << x->rank();
  Composer c(n);
  Term y = normalise(n, c, x, 2, n.attr("epsilon", 1e-5));
  return c.bind(
      c.add(c.mul(y, perChannel(c, n.in(1), x)), perChannel(c, n.in(2), x)));
}

/// Scale and bias have one number a group before opset 21, one a channel since.
static LogicalResult importGroupNormalization(Node &n) {
  if (failed(n.require(3)))
    return failure();
  Term x = n.in(0);
  int64_t groups = n.attr("num_groups", int64_t(0));
  if (x->rank() < 3 || !x->shape[1].isStatic() || groups < 1 ||
      x->shape[1].fixed % groups != 0)
    return n.error() << "'GroupNormalization' cannot make " << groups
                     << " groups of the channels of " << x->type();
  Composer c(n);
  int64_t channels = x->shape[1].fixed / groups;
  // [N, groups, the channels of a group and all behind them].
  DimExpr rest = DimExpr(channels);
  for (DimExpr dim : llvm::drop_begin(x->shape, 2)) {
    std::optional<DimExpr> product = rest.times(dim);
    if (!product)
      return n.error() << "the product of the dimensions of " << x->type()
                       << " is no multiple of the batch size";
    rest = *product;
  }
  DimExprs grouped = {x->shape[0], DimExpr(groups), rest};
  Term y = normalise(n, c, c.reshape(x, grouped), 2, n.attr("epsilon", 1e-5));
  auto broadcast = [&](Term vector) -> Term {
    if (vector->rank() == 1 && vector->shape[0] == DimExpr(groups) &&
        n.opset() < 21) {
      DimExprs perGroup = {DimExpr(groups), DimExpr(1)};
      DimExprs all = {DimExpr(groups), DimExpr(channels)};
      vector =
          c.reshape(c.expand(c.reshape(vector, perGroup), all), {x->shape[1]});
    }
    return vector ? perChannel(c, vector, x) : nullptr;
  };
  Term scale = broadcast(n.in(1)), bias = broadcast(n.in(2));
  return c.bind(c.add(c.mul(c.reshape(y, x->shape), scale), bias));
}

/// (x - mean) / (sqrt(mean of squares - mean^2) + 1e-9), as ONNX writes it.
static LogicalResult importMeanVarianceNormalization(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Composer c(n);
  Term x = n.in(0);
  Ints axes;
  for (int64_t stated : n.ints("axes").value_or(Ints{0, 2, 3})) {
    FailureOr<int64_t> axis = n.axis(stated, x->rank());
    if (failed(axis))
      return failure();
    axes.push_back(*axis);
  }
  Term mean = c.reduce<onnx::ReduceMeanOp>(x, axes);
  Term squares = c.reduce<onnx::ReduceMeanOp>(c.mul(x, x), axes);
  Term deviation = c.sqrt(c.sub(squares, c.mul(mean, mean)));
  return c.bind(c.div(c.sub(x, mean), c.add(deviation, c.number(1e-9, x))));
}

/// The squares of neighbouring channels are averaged by a pooling over
/// channels.
static LogicalResult importLrn(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Composer c(n);
  Term x = n.in(0);
  int64_t size = n.attr("size", int64_t(0));
  if (size < 1 || x->rank() < 2)
    return n.error() << "'LRN' needs a size of 1 or more and channels, has the "
                        "size "
                     << size << " and " << x->type();
  DimExpr rest = 1;
  for (DimExpr dim : llvm::drop_begin(x->shape, 2)) {
    std::optional<DimExpr> product = rest.times(dim);
    if (!product)
      return n.error() << "the product of the dimensions of " << x->type()
                       << " is no multiple of the batch size";
    rest = *product;
  }
  DimExprs plane = {x->shape[0], DimExpr(1), x->shape[1], rest};
  Term mean = c.make<onnx::AveragePoolOp>(
      {c.reshape(c.mul(x, x), plane)},
      {n.list("kernel", {size, 1}), n.list("strides", {1, 1}),
       n.list("pads", {(size - 1) / 2, 0, size / 2, 0}),
       n.flag("countIncludePad", true)});
  Term base = c.add(
      c.number(n.attr("bias", 1.0), x),
      c.mul(c.number(n.attr("alpha", 1e-4), x), c.reshape(mean, x->shape)));
  return c.bind(
      c.div(x, c.make<onnx::PowOp>({base, c.number(n.attr("beta", 0.75), x)})));
}

/// Also below opset 17, where runtimes know it as an extension.
static LogicalResult importLayerNormalization(Node &n) {
  if (failed(n.require(2)))
    return failure();
  Term x = n.in(0);
  FailureOr<int64_t> axis = n.axis(n.attr("axis", int64_t(-1)), x->rank());
  if (failed(axis))
    return failure();
  double epsilon = n.attr("epsilon", 1e-5);
  int64_t stated = *axis == x->rank() - 1 ? -1 : *axis;
  SmallVector<Imported *> operands = {x, n.in(1)};
  if (n.has(2))
    operands.push_back(n.in(2));
  if (failed(n.emit<onnx::LayerNormalizationOp>(
          operands, {n.i64("axis", stated), n.f64("epsilon", epsilon)})))
    return failure();
  if (!n.isUsed(1) && !n.isUsed(2))
    return success();
  // The mean, and one over the standard deviation.
  Composer c(n);
  Ints axes = llvm::to_vector(llvm::seq<int64_t>(*axis, x->rank()));
  Term mean = c.reduce<onnx::ReduceMeanOp>(x, axes);
  Term difference = c.sub(x, mean);
  Term variance =
      c.reduce<onnx::ReduceMeanOp>(c.mul(difference, difference), axes);
  if (failed(c.bind(mean, 1)))
    return failure();
  return c.bind(c.make<onnx::ReciprocalOp>(
                    {c.sqrt(c.add(variance, c.number(epsilon, x)))}),
                2);
}

/// The operator of opset 23: no mean is subtracted.
static LogicalResult importRmsNormalization(Node &n) {
  if (failed(n.require(2)))
    return failure();
  Term x = n.in(0);
  FailureOr<int64_t> axis = n.axis(n.attr("axis", int64_t(-1)), x->rank());
  if (failed(axis))
    return failure();
  Composer c(n);
  Ints axes = llvm::to_vector(llvm::seq<int64_t>(*axis, x->rank()));
  Term squares = c.reduce<onnx::ReduceMeanOp>(c.mul(x, x), axes);
  Term root = c.sqrt(c.add(squares, c.number(n.attr("epsilon", 1e-5), x)));
  return c.bind(c.mul(c.div(x, root), n.in(1)));
}

void snn::import::registerReduceHandlers(OperatorTable &table) {
  table["ArgMax"] = importExtreme<onnx::ArgMaxOp>;
  table["ArgMin"] = importExtreme<onnx::ArgMinOp>;
  table["CumSum"] = importCumSum;
  table["GroupNormalization"] = importGroupNormalization;
  table["InstanceNormalization"] = {importInstanceNormalization,
                                    "ranks below 3"};
  table["LRN"] = importLrn;
  table["LayerNormalization"] = importLayerNormalization;
  table["MeanVarianceNormalization"] = importMeanVarianceNormalization;
  table["RMSNormalization"] = importRmsNormalization;
  table["ReduceL1"] = importReduceL1;
  table["ReduceL2"] = importReduceL2;
  table["ReduceLogSum"] = importReduceLogSum;
  table["ReduceLogSumExp"] = importReduceLogSumExp;
  table["ReduceMax"] = importReduce<onnx::ReduceMaxOp>;
  table["ReduceMean"] = importReduce<onnx::ReduceMeanOp>;
  table["ReduceMin"] = importReduce<onnx::ReduceMinOp>;
  table["ReduceProd"] = importReduce<onnx::ReduceProdOp>;
  table["ReduceSum"] = importReduce<onnx::ReduceSumOp>;
  table["ReduceSumSquare"] = importReduceSumSquare;
  table["TopK"] = importTopK;
}
