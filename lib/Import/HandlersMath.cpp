//===- HandlersMath.cpp - Elementwise operators and reductions ------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Blocks.h"
#include "Compose.h"

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

/// Sides that are one number broadcast to the shape of the condition are that
/// number, so that masks of a dynamic batch look like those of a known one.
static LogicalResult importWhere(Node &n) {
  if (failed(n.require(3)))
    return failure();
  auto side = [&](size_t i) {
    Imported *x = n.in(i);
    return x->splat && x->shape == n.in(0)->shape ? x->splat : x;
  };
  return n.emit<onnx::WhereOp>({n.in(0), side(1), side(2)});
}

static LogicalResult importGelu(Node &n) {
  if (failed(n.require(1)))
    return failure();
  return n.emit<onnx::GeluOp>(
      {n.in(0)}, {n.str("approximate", n.attr("approximate", "none"))});
}

static LogicalResult importMatMul(Node &n) {
  if (failed(n.require(2)))
    return failure();
  if (auto product = tryMultiplyBlocks(n, n.in(0), n.in(1)))
    return Composer(n).bind(*product);
  return n.emit<onnx::MatMulOp>({n.in(0), n.in(1)});
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

static LogicalResult importCastLike(Node &n) {
  if (failed(n.require(2)))
    return failure();
  Composer c(n);
  return c.bind(c.cast(n.in(0), n.in(1)->elementType));
}

static LogicalResult importMean(Node &n) {
  if (failed(n.require(std::max<size_t>(1, n.numInputs()))))
    return failure();
  Composer c(n);
  Imported *sum = n.in(0);
  for (size_t i = 1; i < n.numInputs(); ++i)
    sum = c.add(sum, n.in(i));
  return c.bind(
      c.div(sum, c.number(static_cast<double>(n.numInputs()), n.in(0))));
}

static LogicalResult importMod(Node &n) {
  if (failed(n.require(2)))
    return failure();
  return n.emit<onnx::ModOp>({n.in(0), n.in(1)},
                             {n.flag("fmod", n.attr("fmod", int64_t(0)))});
}

static LogicalResult importXor(Node &n) {
  if (failed(n.require(2)))
    return failure();
  Composer c(n);
  return c.bind(c.logicalNot(c.equal(n.in(0), n.in(1))));
}

/// NaN alone differs from itself.
static LogicalResult importIsNaN(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Composer c(n);
  return c.bind(c.logicalNot(c.equal(n.in(0), n.in(0))));
}

static LogicalResult importIsInf(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Composer c(n);
  Imported *x = n.in(0);
  bool positive = n.attr("detect_positive", int64_t(1)) != 0;
  bool negative = n.attr("detect_negative", int64_t(1)) != 0;
  if (positive && negative)
    x = c.abs(x);
  if (!positive && !negative)
    return c.bind(c.less(x, x));
  return c.bind(c.equal(x, c.number(positive ? infinity : -infinity, n.in(0))));
}

void snn::import::registerMathHandlers(OperatorTable &table) {
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
  table["Acos"] = importUnary<onnx::AcosOp>;
  table["Acosh"] = importUnary<onnx::AcoshOp>;
  table["Asin"] = importUnary<onnx::AsinOp>;
  table["Asinh"] = importUnary<onnx::AsinhOp>;
  table["Atan"] = importUnary<onnx::AtanOp>;
  table["Atanh"] = importUnary<onnx::AtanhOp>;
  table["Ceil"] = importUnary<onnx::CeilOp>;
  table["Cos"] = importUnary<onnx::CosOp>;
  table["Cosh"] = importUnary<onnx::CoshOp>;
  table["Floor"] = importUnary<onnx::FloorOp>;
  table["Round"] = importUnary<onnx::RoundOp>;
  table["Sign"] = importUnary<onnx::SignOp>;
  table["Sin"] = importUnary<onnx::SinOp>;
  table["Sinh"] = importUnary<onnx::SinhOp>;
  table["Tan"] = importUnary<onnx::TanOp>;
  table["CastLike"] = importCastLike;
  table["IsInf"] = importIsInf;
  table["IsNaN"] = importIsNaN;
  table["Mean"] = importMean;
  table["Mod"] = importMod;
  table["Xor"] = importXor;
  table["Not"] = importUnary<onnx::NotOp>;
  table["Gelu"] = importGelu;
  table["Clip"] = importClip;
  table["Cast"] = {
      importCast,
      "strings, complex numbers and types of 8 bits that are floats"};
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
  table["MatMul"] = importMatMul;
  table["Softmax"] = importSoftmax;
}
