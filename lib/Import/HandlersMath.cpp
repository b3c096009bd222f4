//===- HandlersMath.cpp - Elementwise operators and reductions ------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Importer.h"

#include <cfloat>
#include <limits>

using namespace mlir;
using namespace snn;
using namespace snn::import;

static constexpr double infinity = std::numeric_limits<double>::infinity();

template <typename Op> static LogicalResult importUnary(Node &n) {
  if (failed(n.require(1)))
    return failure();
  return n.emit<Op>({n.in(0)});
}

template <typename Op> static LogicalResult importBinary(Node &n) {
  if (failed(n.require(2)))
    return failure();
  return n.emit<Op>({n.in(0), n.in(1)});
}

/// Sum, Min and Max of any number of inputs: a chain from the left.
template <typename Op> static LogicalResult importVariadic(Node &n) {
  if (failed(n.require(std::max<size_t>(1, n.numInputs()))))
    return failure();
  Imported *result = n.in(0);
  for (size_t i = 1; i < n.numInputs(); ++i) {
    FailureOr<Imported *> next = n.make<Op>({result, n.in(i)});
    if (failed(next))
      return failure();
    result = *next;
  }
  return n.bind(0, result);
}

static LogicalResult importWhere(Node &n) {
  if (failed(n.require(3)))
    return failure();
  return n.emit<onnx::WhereOp>({n.in(0), n.in(1), n.in(2)});
}

static LogicalResult importGelu(Node &n) {
  if (failed(n.require(1)))
    return failure();
  return n.emit<onnx::GeluOp>(
      {n.in(0)}, {n.str("approximate", n.attr("approximate", "none"))});
}

/// Bounds are attributes before opset 11 and inputs since; computed bounds
/// become Max and Min.
static LogicalResult importClip(Node &n) {
  if (failed(n.require(1)))
    return failure();
  double lo = -infinity, hi = infinity;
  if (n.opset() < 11) {
    // The default bounds are the largest floats.
    lo = n.attr("min", -infinity);
    hi = n.attr("max", infinity);
    lo = lo <= -FLT_MAX ? -infinity : lo;
    hi = hi >= FLT_MAX ? infinity : hi;
  }
  Imported *x = n.in(0);
  Imported *computed[2] = {};
  for (size_t i : {1, 2}) {
    if (n.opset() < 11 || !n.has(i))
      continue;
    if (!n.isConstant(i)) {
      computed[i - 1] = n.in(i);
      continue;
    }
    FailureOr<double> bound =
        n.constantNumber(i, i == 1 ? "the lower bound" : "the upper bound");
    if (failed(bound))
      return failure();
    (i == 1 ? lo : hi) = *bound;
  }
  if (computed[0] || computed[1]) {
    if (lo != -infinity)
      computed[0] = n.in(1);
    if (hi != infinity)
      computed[1] = n.in(2);
    if (computed[0]) {
      FailureOr<Imported *> y = n.make<onnx::MaxOp>({x, computed[0]});
      if (failed(y))
        return failure();
      x = *y;
    }
    if (computed[1]) {
      FailureOr<Imported *> y = n.make<onnx::MinOp>({x, computed[1]});
      if (failed(y))
        return failure();
      x = *y;
    }
    return n.bind(0, x);
  }
  // ONNX lets the upper bound win.
  return n.emit<onnx::ClipOp>({x},
                              {n.f64("lo", std::min(lo, hi)), n.f64("hi", hi)});
}

static LogicalResult importCast(Node &n) {
  if (failed(n.require(1)))
    return failure();
  int64_t to = n.attr("to", int64_t(0));
  std::optional<rt::DType> dtype = toDType(to);
  if (!dtype)
    return n.error() << "casts to " << dataTypeName(to)
                     << ", which is not supported";
  Type type = onnx::toElementType(n.importer.builder().getContext(), *dtype);
  if (type == n.in(0)->elementType)
    return n.bind(0, n.in(0));
  return n.emit<onnx::CastOp>({n.in(0)}, {n.type("to", type)});
}

/// Before 13, softmax is taken over the flattened axes from `axis` on.
static LogicalResult importSoftmax(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Imported *x = n.in(0);
  bool flattens = n.opset() < 13;
  FailureOr<int64_t> axis =
      n.axis(n.attr("axis", int64_t(flattens ? 1 : -1)), x->rank(), flattens);
  if (failed(axis))
    return failure();
  if (!flattens || *axis == x->rank() - 1)
    return n.emit<onnx::SoftmaxOp>({x}, {n.i64("axis", *axis)});
  FailureOr<Imported *> flat = n.flatten(x, *axis);
  if (failed(flat))
    return failure();
  FailureOr<Imported *> y =
      n.make<onnx::SoftmaxOp>({*flat}, {n.i64("axis", 1)});
  if (failed(y))
    return failure();
  FailureOr<Imported *> result = n.reshape(*y, x->shape);
  return failed(result) ? failure() : n.bind(0, *result);
}

/// Axes are an attribute before opset 18 (13 for ReduceSum) and an input since.
template <typename Op> static LogicalResult importReduce(Node &n) {
  if (failed(n.require(1)))
    return failure();
  int64_t rank = n.in(0)->rank();
  FailureOr<std::optional<Ints>> axes = n.axes("axes", 1, rank);
  if (failed(axes))
    return failure();
  Ints list = axes->value_or(Ints());
  if (list.empty() && n.attr("noop_with_empty_axes", int64_t(0)))
    return n.bind(0, n.in(0));
  if (list.empty())
    list = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  return n.emit<Op>({n.in(0)},
                    {n.list("axes", list),
                     n.flag("keepdims", n.attr("keepdims", int64_t(1)))});
}

static LogicalResult importArgMax(Node &n) {
  if (failed(n.require(1)))
    return failure();
  FailureOr<int64_t> axis = n.axis(n.attr("axis", int64_t(0)), n.in(0)->rank());
  if (failed(axis))
    return failure();
  return n.emit<onnx::ArgMaxOp>(
      {n.in(0)},
      {n.i64("axis", *axis), n.flag("keepdims", n.attr("keepdims", int64_t(1))),
       n.flag("selectLastIndex", n.attr("select_last_index", int64_t(0)))});
}

void snn::import::registerMathHandlers(llvm::StringMap<Handler> &table) {
  table["Neg"] = importUnary<onnx::NegOp>;
  table["Abs"] = importUnary<onnx::AbsOp>;
  table["Sqrt"] = importUnary<onnx::SqrtOp>;
  table["Reciprocal"] = importUnary<onnx::ReciprocalOp>;
  table["Exp"] = importUnary<onnx::ExpOp>;
  table["Log"] = importUnary<onnx::LogOp>;
  table["Erf"] = importUnary<onnx::ErfOp>;
  table["Tanh"] = importUnary<onnx::TanhOp>;
  table["Sigmoid"] = importUnary<onnx::SigmoidOp>;
  table["Relu"] = importUnary<onnx::ReluOp>;
  table["Not"] = importUnary<onnx::NotOp>;
  table["Gelu"] = importGelu;
  table["Clip"] = importClip;
  table["Cast"] = importCast;
  table["Add"] = importBinary<onnx::AddOp>;
  table["Sub"] = importBinary<onnx::SubOp>;
  table["Mul"] = importBinary<onnx::MulOp>;
  table["Div"] = importBinary<onnx::DivOp>;
  table["Pow"] = importBinary<onnx::PowOp>;
  table["Sum"] = importVariadic<onnx::AddOp>;
  table["Min"] = importVariadic<onnx::MinOp>;
  table["Max"] = importVariadic<onnx::MaxOp>;
  table["Equal"] = importBinary<onnx::EqualOp>;
  table["Less"] = importBinary<onnx::LessOp>;
  table["LessOrEqual"] = importBinary<onnx::LessOrEqualOp>;
  table["Greater"] = importBinary<onnx::GreaterOp>;
  table["GreaterOrEqual"] = importBinary<onnx::GreaterOrEqualOp>;
  table["And"] = importBinary<onnx::AndOp>;
  table["Or"] = importBinary<onnx::OrOp>;
  table["Where"] = importWhere;
  table["MatMul"] = importBinary<onnx::MatMulOp>;
  table["Softmax"] = importSoftmax;
  table["ReduceMean"] = importReduce<onnx::ReduceMeanOp>;
  table["ReduceSum"] = importReduce<onnx::ReduceSumOp>;
  table["ReduceMax"] = importReduce<onnx::ReduceMaxOp>;
  table["ArgMax"] = importArgMax;
}
