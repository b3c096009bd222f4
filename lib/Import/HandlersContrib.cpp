//===- HandlersContrib.cpp - Operators of ONNX Runtime's optimiser --------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operators of the domain com.microsoft that stand for several standard ones:
// activations, normalisations, products and embeddings. Attention is in
// HandlersAttention.cpp.
//
//===----------------------------------------------------------------------===//

#include "Compose.h"

using namespace mlir;
using namespace snn;
using namespace snn::import;
using Term = Composer::Term;

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

static Term gelu(Node &n, Composer &c, Term x, StringRef approximate) {
  return c.make<onnx::GeluOp>({x}, {n.str("approximate", approximate)});
}

static LogicalResult importErfGelu(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Composer c(n);
  return c.bind(gelu(n, c, n.in(0), "none"));
}

static LogicalResult importBiasGelu(Node &n) {
  if (failed(n.require(2)))
    return failure();
  Composer c(n);
  return c.bind(gelu(n, c, c.add(n.in(0), n.in(1)), "none"));
}

/// The bias is optional.
static LogicalResult importFastGelu(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Composer c(n);
  Term x = n.has(1) ? c.add(n.in(0), n.in(1)) : n.in(0);
  return c.bind(gelu(n, c, x, "tanh"));
}

static LogicalResult importQuickGelu(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Composer c(n);
  Term x = n.in(0), scaled = c.mul(c.number(n.attr("alpha", 1.702), x), x);
  return c.bind(c.mul(x, c.make<onnx::SigmoidOp>({scaled})));
}

/// Softmax over the axes from `axis` on, of data and a bias.
static LogicalResult importBiasSoftmax(Node &n) {
  if (failed(n.require(2)))
    return failure();
  Composer c(n);
  Term x = c.add(n.in(0), n.in(1));
  if (!x)
    return failure();
  FailureOr<int64_t> axis = n.axis(n.attr("axis", int64_t(1)), x->rank());
  if (failed(axis))
    return failure();
  DimExprs shape = x->shape;
  bool isLast = *axis == x->rank() - 1;
  Term rows = isLast ? x : c.flatten(x, *axis);
  return c.bind(
      c.reshape(c.make<onnx::SoftmaxOp>({rows}, {n.i64("axis", -1)}), shape));
}

//===----------------------------------------------------------------------===//
// Normalisations
//===----------------------------------------------------------------------===//

static Term oneOver(Composer &c, Term x) {
  return c.make<onnx::ReciprocalOp>({x});
}

/// Outputs 1 and 2 of a layer normalisation of `x`: its mean, and one over its
/// standard deviation.
static LogicalResult bindStatistics(Node &n, Composer &c, Term x,
                                    double epsilon) {
  if (!n.isUsed(1) && !n.isUsed(2))
    return success();
  if (!x)
    return failure();
  Ints last = {x->rank() - 1};
  Term mean = c.reduce<onnx::ReduceMeanOp>(x, last),
       difference = c.sub(x, mean);
  Term variance =
      c.reduce<onnx::ReduceMeanOp>(c.mul(difference, difference), last);
  if (failed(c.bind(mean, 1)))
    return failure();
  return c.bind(oneOver(c, c.sqrt(c.add(variance, c.number(epsilon, x)))), 2);
}

static Term layerNorm(Node &n, Composer &c, Term x, Term gamma, Term beta,
                      double epsilon) {
  SmallVector<Term> operands = {x, gamma};
  if (beta)
    operands.push_back(beta);
  return c.make<onnx::LayerNormalizationOp>(
      operands, {n.i64("axis", -1), n.f64("epsilon", epsilon)});
}

/// The normalised sum of input, skip and bias, which is output 3 itself.
static LogicalResult importSkipLayerNormalization(Node &n) {
  if (failed(n.require(3)))
    return failure();
  Composer c(n);
  double epsilon = n.attr("epsilon", 1e-12);
  Term sum = c.add(n.in(0), n.in(1));
  if (n.has(4))
    sum = c.add(sum, n.in(4));
  if (failed(c.bind(layerNorm(n, c, sum, n.in(2), n.in(3), epsilon))) ||
      failed(bindStatistics(n, c, sum, epsilon)))
    return failure();
  return c.bind(sum, 3);
}

/// x / sqrt(mean(x^2) + epsilon) over the axes from `axis` on; `inverse` takes
/// one over the root.
static Term rootMeanSquareNorm(Composer &c, Term x, int64_t axis, Term scale,
                               double epsilon, Term &inverse,
                               bool wantsInverse) {
  if (!x)
    return nullptr;
  Ints axes = llvm::to_vector(llvm::seq<int64_t>(axis, x->rank()));
  Term squares = c.reduce<onnx::ReduceMeanOp>(c.mul(x, x), axes);
  Term root = c.sqrt(c.add(squares, c.number(epsilon, x)));
  inverse = wantsInverse ? oneOver(c, root) : nullptr;
  return c.mul(c.div(x, root), scale);
}

static LogicalResult importSimplifiedLayerNormalization(Node &n) {
  if (failed(n.require(2)))
    return failure();
  Composer c(n);
  Term x = n.in(0), inverse = nullptr;
  FailureOr<int64_t> axis = n.axis(n.attr("axis", int64_t(-1)), x->rank());
  if (failed(axis))
    return failure();
  Term y = rootMeanSquareNorm(c, x, *axis, n.in(1), n.attr("epsilon", 1e-5),
                              inverse, n.isUsed(1));
  if (failed(c.bind(y)))
    return failure();
  return n.isUsed(1) ? c.bind(inverse, 1) : success();
}

static LogicalResult importSkipSimplifiedLayerNormalization(Node &n) {
  if (failed(n.require(3)))
    return failure();
  Composer c(n);
  Term sum = c.add(n.in(0), n.in(1)), inverse = nullptr;
  if (n.has(3))
    sum = c.add(sum, n.in(3));
  if (!sum)
    return failure();
  Term y = rootMeanSquareNorm(c, sum, sum->rank() - 1, n.in(2),
                              n.attr("epsilon", 1e-12), inverse, n.isUsed(2));
  if (failed(c.bind(y)) || (n.isUsed(2) && failed(c.bind(inverse, 2))))
    return failure();
  return c.bind(sum, 3);
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// `trans` swaps the last two axes; `transBatch` says that the first axis
/// stands behind the batch.
static Term transposeOperand(Composer &c, Term x, bool trans, bool transBatch) {
  if (!x || x->rank() < 2)
    return x;
  Ints permutation = llvm::to_vector(llvm::seq<int64_t>(0, x->rank()));
  if (transBatch)
    std::rotate(permutation.begin(), permutation.begin() + 1,
                permutation.end() - 1);
  if (trans)
    std::swap(permutation[permutation.size() - 1],
              permutation[permutation.size() - 2]);
  return c.transpose(x, permutation);
}

static LogicalResult importFusedMatMul(Node &n) {
  if (failed(n.require(2)))
    return failure();
  Composer c(n);
  auto has = [&](StringRef name) { return n.attr(name, int64_t(0)) != 0; };
  Term a = transposeOperand(c, n.in(0), has("transA"), has("transBatchA"));
  Term b = transposeOperand(c, n.in(1), has("transB"), has("transBatchB"));
  Term y = c.make<onnx::MatMulOp>({a, b});
  double alpha = n.attr("alpha", 1.0);
  if (alpha != 1)
    y = c.mul(y, c.number(alpha, y));
  return c.bind(y);
}

/// Imports `part`, an operator that the node stands for among others.
static LogicalResult importPart(Node &n, const NodeEntry &part) {
  Handler handler = findHandler(part.opType);
  if (!handler)
    return n.error() << "the activation '" << part.opType
                     << "' is not supported";
  Node inner(n.importer, part);
  if (failed(inner.resolveInputs()))
    return failure();
  return handler(inner);
}

/// The standard operator `opType`, `Add` of a further input, and an activation
/// whose parameters are in attributes of the names `parameters`.
static LogicalResult importFused(Node &n, StringRef opType, size_t inputs,
                                 ArrayRef<StringRef> parameters) {
  std::string result = n.entry.outputs.empty() ? "" : n.entry.outputs[0];
  NodeEntry product = n.entry;
  product.name = n.entry.label();
  product.domain.clear();
  product.opType = opType.str();
  product.inputs.resize(std::min(product.inputs.size(), inputs));
  product.outputs = {result + "/product"};
  NodeEntry sum, activation;
  sum.name = activation.name = product.name;
  std::string last = product.outputs[0];
  if (failed(importPart(n, product)))
    return failure();
  if (n.has(inputs)) {
    sum.opType = "Add";
    sum.inputs = {last, n.entry.inputs[inputs]};
    last = result + "/sum";
    sum.outputs = {last};
    if (failed(importPart(n, sum)))
      return failure();
  }
  activation.opType = n.attr("activation", "");
  if (activation.opType.empty())
    activation.opType = "Identity";
  activation.inputs = {last};
  activation.outputs = {result};
  constexpr StringRef plain[] = {"alpha", "beta", "gamma"};
  for (auto [stated, name] : llvm::zip(parameters, plain)) {
    auto it = n.entry.attributes.find(stated);
    if (it != n.entry.attributes.end())
      activation.attributes[name] = it->second;
  }
  return importPart(n, activation);
}

static LogicalResult importFusedGemm(Node &n) {
  if (failed(n.require(2)))
    return failure();
  return importFused(
      n, "Gemm", 3,
      {"activation_alpha", "activation_beta", "activation_gamma"});
}

/// Parameters of the activation are one list.
static LogicalResult importFusedConv(Node &n) {
  if (failed(n.require(2)))
    return failure();
  NodeEntry entry = n.entry;
  auto listed = entry.attributes.find("activation_params");
  std::vector<float> values;
  if (listed != entry.attributes.end())
    values = listed->second.floats;
  std::string activation = n.attr("activation", "");
  SmallVector<StringRef> names = {"alpha", "beta"};
  for (auto [name, value] : llvm::zip(names, values)) {
    AttributeEntry attribute;
    attribute.kind = AttributeEntry::Float;
    attribute.f = value;
    entry.attributes[("activation_" + name).str()] = attribute;
  }
  // Clip's bounds are attributes in its old form only.
  if (activation == "Clip")
    return n.error() << "the activation 'Clip' is not supported";
  Node named(n.importer, entry);
  if (failed(named.resolveInputs()))
    return failure();
  return importFused(named, "Conv", 3, {"activation_alpha", "activation_beta"});
}

//===----------------------------------------------------------------------===//
// Embeddings
//===----------------------------------------------------------------------===//

/// Words, positions and segments, summed and normalised; the number of unmasked
/// tokens is output 1, the sum output 2.
static LogicalResult importEmbedLayerNormalization(Node &n) {
  if (failed(n.require(1)))
    return failure();
  for (size_t input : {2, 3, 5, 6})
    if (!n.has(input))
      return n.error() << "'EmbedLayerNormalization' needs input " << input
                       << ", which is absent";
  Composer c(n);
  Term ids = n.in(0), positions = n.in(3);
  auto rows = [&](Term table, Term index) {
    return c.make<onnx::GatherOp>({table, index}, {n.i64("axis", 0)});
  };
  if (ids->rank() != 2 || (!n.has(8) && !ids->shape[1].isStatic()))
    return n.error() << "needs ids [batch, length] of known length, has "
                     << ids->type();
  Term sum = rows(n.in(2), ids);
  sum = c.add(sum, n.has(8) ? rows(positions, n.in(8))
                            : c.slice(positions, 0, 0, ids->shape[1].fixed));
  if (n.has(1)) {
    if (!n.has(4))
      return n.error() << "has segment ids without their embedding (input 4)";
    sum = c.add(sum, rows(n.in(4), n.in(1)));
  }
  if (failed(c.bind(
          layerNorm(n, c, sum, n.in(5), n.in(6), n.attr("epsilon", 1e-12)))))
    return failure();
  if (n.isUsed(1)) {
    Type i32 = n.importer.builder().getI32Type();
    Term counted = n.has(7)
                       ? c.cast(c.equal(n.in(7), c.number(1, n.in(7))), i32)
                       : c.cast(c.less(ids, ids), i32);
    if (failed(c.bind(c.reduce<onnx::ReduceSumOp>(counted, {1}, false), 1)))
      return failure();
  }
  return c.bind(sum, 2);
}

//===----------------------------------------------------------------------===//
// Earlier forms of standard operators
//===----------------------------------------------------------------------===//

/// Unsqueeze with one axis, which is a number.
static LogicalResult importExpandDims(Node &n) {
  if (failed(n.require(2)))
    return failure();
  Composer c(n);
  FailureOr<double> stated = n.constantNumber(1, "the axis");
  if (failed(stated))
    return failure();
  FailureOr<int64_t> axis =
      n.axis(static_cast<int64_t>(*stated), n.in(0)->rank() + 1);
  if (failed(axis))
    return failure();
  DimExprs shape = n.in(0)->shape;
  shape.insert(shape.begin() + *axis, DimExpr(1));
  return c.bind(c.reshape(n.in(0), shape));
}

void snn::import::registerContribHandlers(OperatorTable &table) {
  auto contrib = [&](StringRef name) -> Operator & {
    return table[("com.microsoft:" + name).str()];
  };
  contrib("BiasGelu") = importBiasGelu;
  contrib("BiasSoftmax") = importBiasSoftmax;
  contrib("EmbedLayerNormalization") = importEmbedLayerNormalization;
  contrib("FastGelu") = importFastGelu;
  contrib("FusedConv") = importFusedConv;
  contrib("FusedGemm") = importFusedGemm;
  contrib("FusedMatMul") = importFusedMatMul;
  contrib("TransposeMatMul") = importFusedMatMul;
  contrib("Gelu") = importErfGelu;
  contrib("QuickGelu") = importQuickGelu;
  contrib("SkipLayerNormalization") = importSkipLayerNormalization;
  contrib("SkipSimplifiedLayerNormalization") =
      importSkipSimplifiedLayerNormalization;
  // ONNX Runtime has it in the standard domain.
  contrib("SimplifiedLayerNormalization") = importSimplifiedLayerNormalization;
  table["SimplifiedLayerNormalization"] = importSimplifiedLayerNormalization;
  contrib("ExpandDims") = importExpandDims;
  // Before ONNX had them.
  for (StringRef name : {"GatherND", "Range", "Trilu", "Unique"})
    contrib(name) = table.lookup(name);
}
