//===- HandlersQOperator.cpp - Operators on quantised tensors -------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An operator on levels is the one on the values that these stand for, between
// dequantisers and a quantiser. An integer product is one of dequantisers with
// scale 1; what it is multiplied by, to give levels again, is the one number
// that ONNX Runtime takes, so that the levels are the same.
//
//===----------------------------------------------------------------------===//

#include "Blocks.h"
#include "Compose.h"
#include "Delegate.h"

using namespace mlir;
using namespace snn;
using namespace snn::import;
using llvm::ArrayRef;
using llvm::StringRef;

using Term = Delegate::Term;

static LogicalResult bindTo(Node &n, Term value) {
  return value ? n.bind(0, value) : failure();
}

//===----------------------------------------------------------------------===//
// Elementwise operators and pooling
//===----------------------------------------------------------------------===//

/// One input: X, its scale and zero point, the result's.
static LogicalResult importUnary(Node &n, StringRef type,
                                 Delegate::Attributes attributes) {
  if (failed(n.require(4)))
    return failure();
  Delegate d(n);
  return d.quantize(
      d.op(type, {d.dequantize(n.in(0), 1, 2)}, std::move(attributes)), 3, 4);
}

template <const char *const &type>
static LogicalResult importPlainUnary(Node &n) {
  return importUnary(n, type, Delegate(n).own());
}

/// Two inputs, each with scale and zero point, then the result's.
template <const char *const &type> static LogicalResult importBinary(Node &n) {
  if (failed(n.require(7)))
    return failure();
  Delegate d(n);
  Term a = d.dequantize(n.in(0), 1, 2), b = d.dequantize(n.in(3), 4, 5);
  return d.quantize(d.op(type, {a, b}), 6, 7);
}

static const char *const add = "Add";
static const char *const mul = "Mul";
static const char *const sigmoid = "Sigmoid";
static const char *const leakyRelu = "LeakyRelu";
static const char *const reduceMean = "ReduceMean";

static LogicalResult importQSoftmax(Node &n) {
  // The axis means what it did in the opset that the node states.
  int64_t opset = n.attr("opset", int64_t(13));
  int64_t rank = n.has(0) ? n.in(0)->rank() : 0;
  FailureOr<int64_t> axis =
      n.axis(n.attr("axis", int64_t(opset < 13 ? 1 : -1)), rank);
  if (failed(axis))
    return failure();
  if (opset < 13 && *axis != rank - 1)
    return n.error() << "is a softmax over all axes from " << *axis
                     << " on, which is not supported";
  Delegate d(n);
  return importUnary(n, "Softmax", {d.i64("axis", *axis)});
}

/// Channels last where the node says so: between two transpositions.
static Term withChannelsFirst(Node &n, Term x,
                              llvm::function_ref<Term(Term)> make) {
  Composer c(n);
  if (!x || n.attr("channels_last", int64_t(0)) == 0)
    return x ? make(x) : nullptr;
  Ints first = {0, x->rank() - 1}, last = {0};
  for (int64_t a = 1; a < x->rank() - 1; ++a) {
    first.push_back(a);
    last.push_back(a + 1);
  }
  last.push_back(1);
  Term y = make(c.transpose(x, first));
  return y ? c.transpose(y, last) : nullptr;
}

template <const char *const &type> static LogicalResult importPool(Node &n) {
  if (failed(n.require(4)))
    return failure();
  Delegate d(n);
  Term x = d.dequantize(n.in(0), 1, 2);
  Term y = withChannelsFirst(n, x, [&](Term first) {
    return d.op(type, {first}, d.own({"channels_last"}));
  });
  return d.quantize(y, 3, 4);
}

static const char *const averagePool = "AveragePool";
static const char *const globalAveragePool = "GlobalAveragePool";

/// Y's scale and zero point, then triples of inputs.
static LogicalResult importQConcat(Node &n) {
  if (n.numInputs() < 5 || n.numInputs() % 3 != 2)
    return n.error() << "needs a scale, a zero point and triples of inputs, "
                        "has "
                     << n.numInputs() << " inputs";
  Delegate d(n);
  SmallVector<Term> parts;
  for (size_t i = 2; i < n.numInputs(); i += 3)
    parts.push_back(n.has(i) ? d.dequantize(n.in(i), i + 1, i + 2) : nullptr);
  if (llvm::is_contained(parts, nullptr))
    return n.require(n.numInputs());
  return d.quantize(d.op("Concat", parts, d.own()), 0, 1);
}

static LogicalResult importQWhere(Node &n) {
  if (failed(n.require(8)))
    return failure();
  Delegate d(n);
  Term x = d.dequantize(n.in(1), 2, 3), y = d.dequantize(n.in(4), 5, 6);
  return d.quantize(d.op("Where", {n.in(0), x, y}), 7, 8);
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// The scale and the zero point of a product's right operand: one, or one for
/// each column.
static FailureOr<Imported *> perColumn(Node &n, size_t i, Imported *matrix) {
  if (!n.has(i))
    return Delegate::absent();
  Imported *value = n.in(i);
  int64_t ones = llvm::count(value->shape, DimExpr(1));
  if (ones == value->rank())
    return n.reshape(value, {});
  if (ones == value->rank() - 1 && value->shape.back() != DimExpr(1))
    return n.reshape(value, {value->shape.back()});
  return n.error() << "'" << n.entry.opType << "' needs one value or one for "
                   << "each column as input " << i << " of a matrix "
                   << matrix->type() << ", has " << value->type();
}

/// The right operand of a product with its scale and zero point.
static Term dequantizeRight(Node &n, Delegate &d, Imported *matrix, Term scale,
                            size_t zero) {
  FailureOr<Imported *> z = perColumn(n, zero, matrix);
  if (failed(z) || !scale)
    return nullptr;
  // Scale and zero point have the same shape.
  Composer c(n);
  if (*z != Delegate::absent() && (*z)->rank() != scale->rank()) {
    Imported *&scalar = (*z)->rank() == 0 ? *z : scale;
    Imported *vector = (*z)->rank() == 0 ? scale : *z;
    scalar = c.expand(scalar, vector->shape);
  }
  return d.op("DequantizeLinear", {matrix, scale, *z},
              {d.i64("axis", matrix->rank() - 1)});
}

static Term dequantizeRight(Node &n, Delegate &d, Imported *matrix,
                            size_t scale, size_t zero) {
  FailureOr<Imported *> s = perColumn(n, scale, matrix);
  return failed(s) ? nullptr : dequantizeRight(n, d, matrix, *s, zero);
}

static Term one(Node &n) {
  return n.importer.makeConstant(n.entry.label(), n.loc,
                                 rt::Tensor::scalar<float>(1));
}

/// The integers of the left operand, whose zero point is one number.
static Term leftIntegers(Node &n, Delegate &d, size_t zero) {
  if (n.has(zero) && !llvm::all_of(n.in(zero)->shape,
                                   [](DimExpr s) { return s == DimExpr(1); })) {
    n.error() << "has a zero point for each row of its left operand, which is "
                 "not supported";
    return nullptr;
  }
  return d.op("DequantizeLinear", {n.in(0), one(n), d.in(zero)});
}

/// An integer product, multiplied by (left * right) / result, as levels that
/// the last inputs describe.
static LogicalResult requantize(Node &n, Term product, Term factor,
                                size_t scale, size_t zero) {
  Composer c(n);
  Delegate d(n);
  if (!product || !factor)
    return failure();
  factor = c.div(factor, c.reshape(n.in(scale), {}));
  Term q = d.op("QuantizeLinear", {c.mul(product, factor), one(n), d.in(zero)},
                {}, d.output());
  return bindTo(n, q);
}

static LogicalResult importQMatMul(Node &n) {
  if (failed(n.require(7)))
    return failure();
  Delegate d(n);
  Composer c(n);
  if (!isSingle(n.in(1)))
    return n.error() << "has a scale for each row of its left operand, which "
                        "is not supported";
  FailureOr<Imported *> scale = perColumn(n, 4, n.in(3));
  Term a = leftIntegers(n, d, 2);
  if (failed(scale) || !a)
    return failure();
  Term b = dequantizeRight(n, d, n.in(3), one(n), 5);
  return requantize(n, d.op("MatMul", {a, b}),
                    c.mul(c.reshape(n.in(1), {}), *scale), 6, 7);
}

/// A, scale, zero; B, scale, zero; C of 32 bits in the unit of the product that
/// alpha has scaled; the result's scale and zero, without which it is in float.
static LogicalResult importQGemm(Node &n) {
  if (failed(n.require(5)))
    return failure();
  Delegate d(n);
  Composer c(n);
  Term a = leftIntegers(n, d, 2);
  FailureOr<Imported *> scale = perColumn(n, 4, n.in(3));
  if (failed(scale) || !a)
    return failure();
  if (n.attr("transA", int64_t(0)))
    a = c.transpose(a, {1, 0});
  Term matrix =
      n.attr("transB", int64_t(0)) ? c.transpose(n.in(3), {1, 0}) : n.in(3);
  if (!a || !matrix)
    return failure();
  Term b = dequantizeRight(n, d, matrix, one(n), 5);
  Term product = d.op("MatMul", {a, b});
  if (n.has(6))
    product = c.add(product, c.cast(n.in(6), a->elementType));
  Term factor = c.mul(c.mul(c.reshape(n.in(1), {}), *scale),
                      c.number(n.attr("alpha", 1.0), *scale));
  if (n.has(7))
    return requantize(n, product, factor, 7, 8);
  return c.bind(c.mul(product, factor));
}

static LogicalResult importQConv(Node &n) {
  if (failed(n.require(7)))
    return failure();
  Delegate d(n);
  Composer c(n);
  Imported *w = n.in(3), *scale = n.in(4);
  Term x = leftIntegers(n, d, 2);
  if (!x || w->rank() < 3)
    return x ? n.error() << "the weight of '" << n.entry.opType
                         << "' has the rank " << w->rank()
             : failure();
  if (!isSingle(scale) && scale->rank() != 1)
    return n.error() << "needs one scale or one for each output, has "
                     << scale->type();
  Term unit = one(n);
  if (n.has(5) && !isSingle(n.in(5)))
    unit = c.expand(unit, n.in(5)->shape);
  Term integers =
      d.op("DequantizeLinear", {w, unit, d.in(5)}, {d.i64("axis", 0)});
  Term bias =
      n.has(8) && x ? c.cast(n.in(8), x->elementType) : Delegate::absent();
  // One factor for each channel, which is the last axis where these are last.
  bool isLast = n.attr("channels_last", int64_t(0)) != 0;
  DimExprs shape;
  if (!isSingle(scale))
    shape.push_back(scale->shape[0]);
  Term factor = c.mul(c.reshape(n.in(1), {}), c.reshape(scale, shape));
  if (!isSingle(scale) && !isLast) {
    shape.append(w->rank() - 2, DimExpr(1));
    factor = c.reshape(factor, shape);
  }
  Term y = withChannelsFirst(n, x, [&](Term first) {
    return d.op("Conv", {first, integers, bias}, d.own({"channels_last"}));
  });
  return requantize(n, y, factor, 6, 7);
}

//===----------------------------------------------------------------------===//
// Integer products
//===----------------------------------------------------------------------===//

static LogicalResult importMatMulInteger(Node &n) {
  if (failed(n.require(2)))
    return failure();
  Delegate d(n);
  Term a = leftIntegers(n, d, 2);
  Term b = a ? dequantizeRight(n, d, n.in(1), one(n), 3) : nullptr;
  Composer c(n);
  return c.bind(
      c.cast(d.op("MatMul", {a, b}), n.importer.builder().getI32Type()));
}

static LogicalResult importConvInteger(Node &n) {
  if (failed(n.require(2)))
    return failure();
  Delegate d(n);
  Composer c(n);
  Term x = leftIntegers(n, d, 2);
  Term scale = one(n);
  if (n.has(3) && n.in(3)->rank() == 1)
    scale = c.expand(scale, n.in(3)->shape);
  Term w =
      d.op("DequantizeLinear", {n.in(1), scale, d.in(3)}, {d.i64("axis", 0)});
  return c.bind(
      c.cast(d.op("Conv", {x, w}, d.own()), n.importer.builder().getI32Type()));
}

namespace {
/// What DynamicQuantizeLinear makes of a tensor.
struct Dynamic {
  Term levels, scale, zero;
};
} // namespace

/// The range of x, 0 included, on 256 levels.
static Dynamic quantizeDynamically(Node &n, Term x, StringRef output) {
  Composer c(n);
  Ints axes = llvm::to_vector(llvm::seq<int64_t>(0, x->rank()));
  Term zero = c.number(0, x), levels = c.number(255, x);
  Term low = x, high = x;
  if (!axes.empty()) {
    low = c.reduce<onnx::ReduceMinOp>(x, axes, /*keepdims=*/false);
    high = c.reduce<onnx::ReduceMaxOp>(x, axes, /*keepdims=*/false);
  }
  low = c.minimum(low, zero);
  high = c.maximum(high, zero);
  Term range = c.sub(high, low);
  Term scale =
      c.where(c.equal(range, zero), c.number(1, x), c.div(range, levels));
  Term level = c.make<onnx::RoundOp>({c.sub(zero, c.div(low, scale))});
  level = c.make<onnx::ClipOp>({level}, {n.f64("lo", 0), n.f64("hi", 255)});
  Type u8 =
      onnx::toElementType(n.importer.builder().getContext(), rt::DType::U8);
  Term point = c.cast(level, u8);
  Term q = c.make<onnx::QuantizeLinearOp>(
      {x, scale, point},
      {n.i64("axis", 1), n.type("to", u8), n.str("onnx.output", output)});
  return {q, scale, point};
}

static LogicalResult importDynamicQuantize(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Composer c(n);
  Dynamic dynamic = quantizeDynamically(n, n.in(0), Delegate(n).output());
  if (failed(c.bind(dynamic.levels)) || failed(c.bind(dynamic.scale, 1)) ||
      failed(c.bind(dynamic.zero, 2)))
    return failure();
  return success();
}

/// A in float, B with scale and zero point, a bias.
static LogicalResult importDynamicQuantizeMatMul(Node &n) {
  if (failed(n.require(3)))
    return failure();
  Delegate d(n);
  Composer c(n);
  Dynamic dynamic =
      quantizeDynamically(n, n.in(0), n.entry.label() + "/quantized");
  Term a =
      d.op("DequantizeLinear", {dynamic.levels, dynamic.scale, dynamic.zero});
  Term b = dequantizeRight(n, d, n.in(1), 2, 3);
  Term y = d.op("MatMul", {a, b});
  return c.bind(n.has(4) ? c.add(y, n.in(4)) : y);
}

/// A and B as levels, their scales, their zero points, a bias. The scale of A
/// may be computed.
static LogicalResult importMatMulIntegerToFloat(Node &n) {
  if (failed(n.require(4)))
    return failure();
  Delegate d(n);
  Composer c(n);
  Term a = d.dequantize(n.in(0), 2, 4);
  Term b = dequantizeRight(n, d, n.in(1), 3, 5);
  Term y = d.op("MatMul", {a, b});
  return c.bind(n.has(6) ? c.add(y, n.in(6)) : y);
}

//===----------------------------------------------------------------------===//
// Attention and embeddings
//===----------------------------------------------------------------------===//

/// The input's projections are integer products; the rest is Attention's.
static LogicalResult importQAttention(Node &n) {
  if (failed(n.require(5)))
    return failure();
  Delegate d(n);
  Term x = d.dequantize(n.in(0), 3, 6);
  Term w = dequantizeRight(n, d, n.in(1), 4, 7);
  return bindTo(n,
                d.op("com.microsoft:Attention",
                     {x, w, n.in(2), d.in(5), d.in(8)}, d.own(), d.output()));
}

/// Ids, segments; tables and parameters as levels; a mask; scales, zero points.
static LogicalResult importQEmbedLayerNormalization(Node &n) {
  // Segments and their table may be absent.
  for (size_t i : {0, 2, 3, 5, 6})
    if (!n.has(i))
      return n.error() << "'" << n.entry.opType << "' needs input " << i;
  Delegate d(n);
  SmallVector<Term> operands = {n.in(0), d.in(1)};
  for (size_t i = 2; i < 7; ++i)
    operands.push_back(n.has(i) ? d.dequantize(n.in(i), i + 6, i + 11)
                                : Delegate::absent());
  operands.push_back(d.in(7));
  return bindTo(n, d.op("com.microsoft:EmbedLayerNormalization", operands,
                        d.own(), d.output()));
}

void snn::import::registerQOperatorHandlers(OperatorTable &table) {
  table["QLinearMatMul"] = {
      importQMatMul, "a scale or zero point for each row of the left operand"};
  table["QLinearConv"] = importQConv;
  table["MatMulInteger"] = {importMatMulInteger,
                            "a zero point for each row of the left operand"};
  table["ConvInteger"] = importConvInteger;
  table["DynamicQuantizeLinear"] = importDynamicQuantize;
  table["com.microsoft:QLinearConv"] = importQConv;
  table["com.microsoft:QLinearAdd"] = importBinary<add>;
  table["com.microsoft:QLinearMul"] = importBinary<mul>;
  table["com.microsoft:QLinearSigmoid"] = importPlainUnary<sigmoid>;
  table["com.microsoft:QLinearLeakyRelu"] = importPlainUnary<leakyRelu>;
  table["com.microsoft:QLinearReduceMean"] = importPlainUnary<reduceMean>;
  table["com.microsoft:QLinearSoftmax"] = {importQSoftmax,
                                           "a softmax over several axes"};
  table["com.microsoft:QLinearAveragePool"] = importPool<averagePool>;
  table["com.microsoft:QLinearGlobalAveragePool"] =
      importPool<globalAveragePool>;
  table["com.microsoft:QLinearConcat"] = importQConcat;
  table["com.microsoft:QLinearWhere"] = importQWhere;
  table["com.microsoft:QGemm"] = importQGemm;
  table["com.microsoft:DynamicQuantizeMatMul"] = importDynamicQuantizeMatMul;
  table["com.microsoft:MatMulIntegerToFloat"] = importMatMulIntegerToFloat;
  table["com.microsoft:QAttention"] = importQAttention;
  table["com.microsoft:QEmbedLayerNormalization"] =
      importQEmbedLayerNormalization;
}
