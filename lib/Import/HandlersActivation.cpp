//===- HandlersActivation.cpp - Activation functions ----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Formulas of elementwise ops. Where ONNX writes a case distinction, the two
// sides are the parts of x above and below 0, of which one is 0: exact, and
// free of infinities on the side that does not count.
//
//===----------------------------------------------------------------------===//

#include "Compose.h"

using namespace mlir;
using namespace snn;
using namespace snn::import;
using Term = Composer::Term;

static Term above(Composer &c, Term x) { return c.maximum(x, c.number(0, x)); }
static Term below(Composer &c, Term x) { return c.minimum(x, c.number(0, x)); }

/// alpha * (e^(x / inner) - 1) of the part of x below 0.
static Term exponentialPart(Composer &c, Term x, double alpha, double inner) {
  Term negative = below(c, x);
  if (inner != 1)
    negative = c.div(negative, c.number(inner, x));
  return c.mul(c.number(alpha, x), c.sub(c.exp(negative), c.number(1, x)));
}

static LogicalResult importElu(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Composer c(n);
  Term x = n.in(0);
  return c.bind(
      c.add(above(c, x), exponentialPart(c, x, n.attr("alpha", 1.0), 1)));
}

static LogicalResult importCelu(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Composer c(n);
  Term x = n.in(0);
  double alpha = n.attr("alpha", 1.0);
  return c.bind(c.add(above(c, x), exponentialPart(c, x, alpha, alpha)));
}

static LogicalResult importSelu(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Composer c(n);
  Term x = n.in(0);
  double alpha = n.attr("alpha", 1.67326319217681884765625);
  double gamma = n.attr("gamma", 1.05070102214813232421875);
  return c.bind(c.mul(c.number(gamma, x),
                      c.add(above(c, x), exponentialPart(c, x, alpha, 1))));
}

static LogicalResult importLeakyRelu(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Composer c(n);
  Term x = n.in(0);
  return c.bind(c.add(above(c, x),
                      c.mul(c.number(n.attr("alpha", 0.01), x), below(c, x))));
}

static LogicalResult importPRelu(Node &n) {
  if (failed(n.require(2)))
    return failure();
  Composer c(n);
  Term x = n.in(0);
  return c.bind(c.add(above(c, x), c.mul(n.in(1), below(c, x))));
}

static LogicalResult importThresholdedRelu(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Composer c(n);
  Term x = n.in(0);
  return c.bind(
      c.where(c.less(c.number(n.attr("alpha", 1.0), x), x), x, c.number(0, x)));
}

/// ln(1 + e^x), without the overflow of e^x.
static Term softplus(Composer &c, Term x) {
  Term decay = c.exp(c.make<onnx::NegOp>({c.abs(x)}));
  return c.add(above(c, x), c.log(c.add(c.number(1, x), decay)));
}

static LogicalResult importSoftplus(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Composer c(n);
  return c.bind(softplus(c, n.in(0)));
}

static LogicalResult importSoftsign(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Composer c(n);
  Term x = n.in(0);
  return c.bind(c.div(x, c.add(c.number(1, x), c.abs(x))));
}

static Term hardSigmoid(Node &n, Composer &c, Term x, double alpha,
                        double beta) {
  Term line = c.add(c.mul(c.number(alpha, x), x), c.number(beta, x));
  return c.make<onnx::ClipOp>({line}, {n.f64("lo", 0), n.f64("hi", 1)});
}

static LogicalResult importHardSigmoid(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Composer c(n);
  return c.bind(
      hardSigmoid(n, c, n.in(0), n.attr("alpha", 0.2), n.attr("beta", 0.5)));
}

static LogicalResult importHardSwish(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Composer c(n);
  return c.bind(c.mul(n.in(0), hardSigmoid(n, c, n.in(0), 1.0 / 6, 0.5)));
}

static LogicalResult importMish(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Composer c(n);
  return c.bind(c.mul(n.in(0), c.make<onnx::TanhOp>({softplus(c, n.in(0))})));
}

static LogicalResult importSwish(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Composer c(n);
  Term x = n.in(0);
  double alpha = n.attr("alpha", 1.0);
  if (alpha == 1)
    return c.bind(c.make<onnx::SiluOp>({x}));
  return c.bind(
      c.mul(x, c.make<onnx::SigmoidOp>({c.mul(c.number(alpha, x), x)})));
}

static LogicalResult importShrink(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Composer c(n);
  Term x = n.in(0);
  double bias = n.attr("bias", 0.0), lambda = n.attr("lambd", 0.5);
  Term low = c.less(x, c.number(-lambda, x));
  Term high = c.less(c.number(lambda, x), x);
  Term inner = c.where(high, c.sub(x, c.number(bias, x)), c.number(0, x));
  return c.bind(c.where(low, c.add(x, c.number(bias, x)), inner));
}

//===----------------------------------------------------------------------===//
// Along an axis
//===----------------------------------------------------------------------===//

/// Runs `make(matrix or x, axis)`; before opset 13 over the flattened axes from
/// `axis` on.
template <typename Make>
static LogicalResult importAlongAxis(Node &n, Make make) {
  if (failed(n.require(1)))
    return failure();
  Term x = n.in(0);
  bool flattens = n.opset() < 13;
  FailureOr<int64_t> axis =
      n.axis(n.attr("axis", int64_t(flattens ? 1 : -1)), x->rank(), flattens);
  if (failed(axis))
    return failure();
  Composer c(n);
  if (!flattens)
    return c.bind(make(c, x, *axis));
  Term y = make(c, c.flatten(x, *axis), 1);
  return c.bind(c.reshape(y, x->shape));
}

static LogicalResult importLogSoftmax(Node &n) {
  return importAlongAxis(n, [](Composer &c, Term x, int64_t axis) {
    Term shifted = c.sub(x, c.reduce<onnx::ReduceMaxOp>(x, {axis}));
    return c.sub(shifted,
                 c.log(c.reduce<onnx::ReduceSumOp>(c.exp(shifted), {axis})));
  });
}

static LogicalResult importHardmax(Node &n) {
  return importAlongAxis(n, [&](Composer &c, Term x, int64_t axis) -> Term {
    if (!x)
      return nullptr;
    if (!x->shape[axis].isStatic()) {
      n.error() << "the axis of Hardmax is the batch, which is dynamic";
      return nullptr;
    }
    Term best = c.make<onnx::ArgMaxOp>({x}, {n.i64("axis", axis)});
    Ints positions =
        llvm::to_vector(llvm::seq<int64_t>(0, x->shape[axis].fixed));
    DimExprs shape(x->rank(), DimExpr(1));
    shape[axis] = x->shape[axis];
    Term own = c.reshape(c.indices(positions), shape);
    return c.cast(c.equal(best, own), x->elementType);
  });
}

void snn::import::registerActivationHandlers(OperatorTable &table) {
  table["Celu"] = importCelu;
  table["Elu"] = importElu;
  table["HardSigmoid"] = importHardSigmoid;
  table["HardSwish"] = importHardSwish;
  table["Hardmax"] = {importHardmax, "a batch that is dynamic, as the axis"};
  table["LeakyRelu"] = importLeakyRelu;
  table["LogSoftmax"] = importLogSoftmax;
  table["Mish"] = importMish;
  table["PRelu"] = importPRelu;
  table["Selu"] = importSelu;
  table["Shrink"] = importShrink;
  table["Softplus"] = importSoftplus;
  table["Softsign"] = importSoftsign;
  table["Swish"] = importSwish;
  table["ThresholdedRelu"] = importThresholdedRelu;
}
