//===- HandlersQonnx.cpp - QONNX quantisers -------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Quantisers of any width that take and give floats (QONNX, arXiv 2206.07527):
// QuantizeLinear, Clip and DequantizeLinear up to 8 bits, a formula above.
//
//===----------------------------------------------------------------------===//

#include "Compose.h"

#include <cmath>

using namespace mlir;
using namespace snn;
using namespace snn::import;
using llvm::StringRef;

using Term = Composer::Term;

static Term clip(Composer &c, Node &n, Term x, double lo, double hi) {
  return c.make<onnx::ClipOp>({x}, {n.f64("lo", lo), n.f64("hi", hi)});
}

/// The rounding of integers and a half by its name; the name in any case.
static FailureOr<Term> roundAs(Node &n, Term x, StringRef mode) {
  Composer c(n);
  std::string name = mode.upper();
  auto awayFromSign = [&](Term magnitude) {
    return c.mul(c.make<onnx::SignOp>({x}), magnitude);
  };
  auto floor = [&](Term y) { return c.make<onnx::FloorOp>({y}); };
  auto ceil = [&](Term y) { return c.make<onnx::CeilOp>({y}); };
  Term half = c.number(0.5, x);
  if (name == "ROUND" || name == "HALF_EVEN")
    return c.make<onnx::RoundOp>({x});
  if (name == "FLOOR")
    return floor(x);
  if (name == "CEIL")
    return ceil(x);
  if (name == "ROUND_TO_ZERO" || name == "DOWN")
    return awayFromSign(floor(c.abs(x)));
  if (name == "UP")
    return awayFromSign(ceil(c.abs(x)));
  if (name == "HALF_UP")
    return awayFromSign(floor(c.add(c.abs(x), half)));
  if (name == "HALF_DOWN")
    return awayFromSign(ceil(c.sub(c.abs(x), half)));
  return n.error() << "has the rounding mode '" << mode
                   << "', which is unknown";
}

namespace {
/// The parameters of a quantiser: one scale, or one along an axis.
struct Parameters {
  Term scale;
  rt::Tensor zero; // integers as F32, one or as many as the scale
  int64_t axis = 1;
  bool fits = false; // whether QuantizeLinear has such parameters
};
} // namespace

static std::optional<rt::Tensor> readFloats(Node &n, Imported *value) {
  auto tensor = n.importer.elements(*value, n.loc);
  if (failed(tensor) || !*tensor || (*tensor)->dtype() != rt::DType::F32)
    return std::nullopt;
  return **tensor;
}

/// Reads the parameters of a quantiser of the range lo to hi.
static Parameters readParameters(Node &n, size_t scaleInput, size_t zeroInput,
                                 double lo, double hi) {
  Parameters result;
  Imported *x = n.in(0), *scale = n.in(scaleInput);
  result.scale = scale;
  std::optional<rt::Tensor> scales = readFloats(n, scale);
  std::optional<rt::Tensor> zeros = readFloats(n, n.in(zeroInput));
  if (!scales || !zeros || scales->size() == 0 || zeros->size() == 0)
    return result;
  std::vector<float> values = scales->toVector<float>();
  std::vector<float> points = zeros->toVector<float>();
  for (float point : points)
    if (point != std::nearbyint(point) || point < lo || point > hi)
      return result;
  if (llvm::all_equal(points))
    points.resize(1);
  // Equal scales are those of the whole tensor.
  bool isOne = llvm::all_equal(values) && points.size() == 1;
  if (isOne) {
    values.resize(1);
  } else {
    int64_t lead = x->rank() - scale->rank(), axis = -1;
    for (auto [a, dim] : llvm::enumerate(scale->shape)) {
      if (dim == DimExpr(1))
        continue;
      if (axis >= 0 || lead < 0 || dim != x->shape[lead + a])
        return result;
      axis = lead + a;
    }
    if (axis < 0 || (points.size() != 1 && points.size() != values.size()))
      return result;
    result.axis = axis;
    if (points.size() == 1)
      points.assign(values.size(), points[0]);
  }
  auto vector = [&](const std::vector<float> &elements) {
    rt::Shape shape;
    if (!isOne)
      shape.push_back(elements.size());
    return rt::Tensor::fromVector(shape, elements);
  };
  result.scale = n.importer.makeConstant(scale->name, n.loc, vector(values));
  result.zero = vector(points);
  result.fits = true;
  return result;
}

/// QuantizeLinear, Clip where the range is narrower than 8 bits,
/// DequantizeLinear.
static Term quantizeTo(Node &n, Term x, const Parameters &p, double lo,
                       double hi) {
  Composer c(n);
  bool isSigned = lo < 0;
  Type level = onnx::toElementType(n.importer.builder().getContext(),
                                   isSigned ? rt::DType::I8 : rt::DType::U8);
  rt::Tensor levels;
  rt::Tensor zero(isSigned ? rt::DType::I8 : rt::DType::U8, p.zero.shape());
  for (int64_t i = 0; i < zero.size(); ++i)
    static_cast<uint8_t *>(zero.raw())[i] =
        static_cast<uint8_t>(static_cast<int>(p.zero.data<float>()[i]));
  Term point = n.importer.makeConstant(n.entry.label(), n.loc, zero);
  Term q = c.make<onnx::QuantizeLinearOp>(
      {x, p.scale, point},
      {n.i64("axis", p.axis), n.type("to", level),
       n.str("onnx.output",
             n.entry.outputs.empty() ? "" : n.entry.outputs[0])});
  if (lo != (isSigned ? -128 : 0) || hi != (isSigned ? 127 : 255))
    q = clip(c, n, q, lo, hi);
  return c.make<onnx::DequantizeLinearOp>({q, p.scale, point},
                                          {n.i64("axis", p.axis)});
}

/// x, scale, zero point, width; signed, narrow, rounding_mode.
static LogicalResult importQuant(Node &n) {
  if (failed(n.require(4)))
    return failure();
  FailureOr<double> bits = n.constantNumber(3, "the width");
  if (failed(bits))
    return failure();
  bool isSigned = n.attr("signed", int64_t(1)) != 0;
  bool isNarrow = n.attr("narrow", int64_t(0)) != 0;
  if (*bits != std::floor(*bits) || *bits < 1 || *bits > 64)
    return n.error() << "needs a width of whole bits from 1 to 64, has "
                     << *bits;
  Imported *x = n.in(0);
  bool isConstant = x->isKnown() || x->isWeight;
  if (*bits > 8 && *bits <= 16 && !isConstant)
    return n.error() << "quantises an activation to " << int64_t(*bits)
                     << " bits, but sites have at most 8; train or export the "
                        "model with at most 8 bits, or compile the float model "
                        "with --calibrate";
  double half = std::exp2(*bits - 1);
  double lo = isSigned ? -half + isNarrow : 0;
  double hi = isSigned ? half - 1 : 2 * half - 1 - isNarrow;
  std::string mode = n.attr("rounding_mode", "ROUND");
  Composer c(n);
  Parameters p = readParameters(n, 1, 2, lo, hi);
  bool isPlain = StringRef(mode).equals_insensitive("ROUND") ||
                 StringRef(mode).equals_insensitive("HALF_EVEN");
  bool hasZero = !p.fits || llvm::any_of(p.zero.toVector<float>(),
                                         [](float z) { return z != 0; });
  if (*bits <= 8 && p.fits && isPlain && !hasZero)
    return c.bind(quantizeTo(n, x, p, lo, hi));
  // The zero point is added before rounding.
  Term scale = n.in(1), zero = n.in(2);
  FailureOr<Term> rounded = roundAs(n, c.add(c.div(x, scale), zero), mode);
  if (failed(rounded))
    return failure();
  Term values = c.mul(c.sub(clip(c, n, *rounded, lo, hi), zero), scale);
  if (!values)
    return failure();
  // The values are levels; they keep a quantiser of their own.
  if (*bits <= 8 && p.fits)
    values = quantizeTo(n, values, p, lo, hi);
  return c.bind(values);
}

/// +scale or -scale by the sign of x.
static LogicalResult importBipolarQuant(Node &n) {
  if (failed(n.require(2)))
    return failure();
  Composer c(n);
  Imported *x = n.in(0);
  Term sign =
      c.where(c.less(x, c.number(0, x)), c.number(-1, x), c.number(1, x));
  Term values = c.mul(sign, n.in(1));
  if (!values)
    return failure();
  std::optional<rt::Tensor> scales = readFloats(n, n.in(1));
  if (!scales || scales->size() != 1)
    return c.bind(values);
  Parameters p;
  p.scale = n.importer.makeConstant(
      n.in(1)->name, n.loc, rt::Tensor::scalar(scales->data<float>()[0]));
  p.zero = rt::Tensor::scalar<float>(0);
  return c.bind(quantizeTo(n, values, p, -1, 1));
}

/// Whether the values come from unsigned levels, through pooling or other ops
/// on their first operand.
static bool isUnsigned(Imported *x) {
  Operation *op = x->value ? x->value.getDefiningOp() : nullptr;
  for (unsigned depth = 0; op && depth < 16; ++depth) {
    if (auto dequantize = dyn_cast<onnx::DequantizeLinearOp>(op))
      return cast<RankedTensorType>(dequantize.getX().getType())
          .getElementType()
          .isUnsignedInteger();
    if (isa<onnx::ReluOp>(op))
      return true;
    if (op->getNumOperands() == 0)
      return false;
    op = op->getOperand(0).getDefiningOp();
  }
  return false;
}

/// Drops the lowest bits of levels: x, scale, zero point, the widths before and
/// after; since version 2 of the domain the scale after, too.
static LogicalResult importTrunc(Node &n) {
  if (failed(n.require(5)))
    return failure();
  bool hasScale = n.numInputs() > 5;
  Composer c(n);
  Imported *x = n.in(0);
  Term scale = n.in(1), zero = n.in(2);
  FailureOr<double> before = n.constantNumber(3, "the width before");
  FailureOr<double> after =
      n.constantNumber(hasScale ? 5 : 4, "the width after");
  if (failed(before) || failed(after))
    return failure();
  if (*after != std::floor(*after) || *after < 1 || *after > 64)
    return n.error() << "needs a width of whole bits from 1 to 64, has "
                     << *after;
  Term factor = c.number(std::exp2(*before - *after), x), unit = scale;
  if (hasScale) {
    factor = c.div(n.in(4), scale);
    unit = n.in(4);
  }
  Term levels = c.make<onnx::RoundOp>({c.add(c.div(x, scale), zero)});
  FailureOr<Term> cut =
      roundAs(n, c.div(levels, factor), n.attr("rounding_mode", "FLOOR"));
  if (failed(cut))
    return failure();
  Term offset = hasScale ? c.div(zero, factor) : zero;
  Term values = *cut;
  bool isSigned =
      n.hasAttr("signed") ? n.attr("signed", int64_t(1)) != 0 : !isUnsigned(x);
  double half = std::exp2(*after - 1);
  double lo = isSigned ? -half + double(n.attr("narrow", int64_t(0))) : 0;
  double hi = isSigned ? half - 1 : 2 * half - 1;
  if (hasScale)
    values = clip(c, n, values, lo, hi);
  values = c.mul(c.sub(values, offset), unit);
  std::optional<rt::Tensor> units = readFloats(n, unit);
  std::optional<rt::Tensor> offsets = readFloats(n, offset);
  if (!values)
    return failure();
  if (*after > 8 || !units || units->size() != 1 || !offsets ||
      offsets->size() != 1 || offsets->data<float>()[0] != 0)
    return c.bind(values);
  Parameters p;
  p.scale = n.importer.makeConstant(
      unit->name, n.loc, rt::Tensor::scalar(units->data<float>()[0]));
  p.zero = rt::Tensor::scalar<float>(0);
  return c.bind(quantizeTo(n, values, p, lo, hi));
}

void snn::import::registerQonnxHandlers(OperatorTable &table) {
  table["qonnx.custom_op.general:Quant"] = {
      importQuant, "activations of more than 8 bits, fractions of bits"};
  table["qonnx.custom_op.general:IntQuant"] = {
      importQuant, "activations of more than 8 bits, fractions of bits"};
  table["qonnx.custom_op.general:BipolarQuant"] = importBipolarQuant;
  table["qonnx.custom_op.general:Trunc"] = {importTrunc, "fractions of bits"};
  // The domains that exporters wrote before.
  for (const char *domain : {"finn.custom_op.general:", "onnx.brevitas:"})
    for (const char *type : {"Quant", "IntQuant", "BipolarQuant", "Trunc"})
      table[std::string(domain) + type] =
          table[std::string("qonnx.custom_op.general:") + type];
}
