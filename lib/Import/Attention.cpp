//===- Attention.cpp - Operators that are attention -----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Attention.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace snn;
using namespace snn::import;
using Term = Composer::Term;

const double snn::import::hiddenScore = std::numeric_limits<float>::lowest();

FailureOr<int64_t> snn::import::knownSize(Node &n, Imported *x, int64_t axis,
                                          StringRef what) {
  DimExpr size = x->shape[axis];
  if (!size.isStatic())
    return n.error() << what << " (axis " << axis << " of '" << x->name
                     << "') must be known; bind it with --shape";
  return size.fixed;
}

Term snn::import::splitHeads(Node &n, Composer &c, Term x, int64_t heads) {
  if (!x)
    return nullptr;
  if (x->rank() != 3 || !x->shape[2].isStatic() || heads < 1 ||
      x->shape[2].fixed % heads != 0) {
    n.error() << "cannot split " << x->type() << " ('" << x->name << "') into "
              << heads << " heads";
    return nullptr;
  }
  int64_t depth = x->shape[2].fixed / heads;
  DimExprs shape = {x->shape[0], x->shape[1], DimExpr(heads), DimExpr(depth)};
  return c.transpose(c.reshape(x, shape), {0, 2, 1, 3});
}

Term snn::import::joinHeads(Composer &c, Term x) {
  Term rows = c.transpose(x, {0, 2, 1, 3});
  if (!rows)
    return nullptr;
  std::optional<DimExpr> width = rows->shape[2].times(rows->shape[3]);
  DimExprs shape = {rows->shape[0], rows->shape[1], width.value_or(DimExpr())};
  return c.reshape(rows, shape);
}

Term snn::import::positions(Composer &c, int64_t first, int64_t count,
                            ArrayRef<DimExpr> shape) {
  return c.reshape(
      c.indices(llvm::to_vector(llvm::seq<int64_t>(first, first + count))),
      shape);
}

Term snn::import::additiveMask(Node &n, Composer &c, Term keep, double fill) {
  auto number = [&](double value) {
    return n.importer.makeConstant(
        n.entry.label(), n.loc, rt::Tensor::scalar(static_cast<float>(value)));
  };
  return c.where(keep, number(0), number(fill));
}

Term snn::import::causalKeep(Composer &c, int64_t rows, int64_t keys,
                             int64_t offset, int64_t window) {
  Term row = positions(c, offset, rows, {DimExpr(rows), DimExpr(1)});
  Term key = positions(c, 0, keys, {DimExpr(1), DimExpr(keys)});
  Term keep = c.make<onnx::LessOrEqualOp>({key, row});
  if (window < 0)
    return keep;
  Term first =
      positions(c, offset - window + 1, rows, {DimExpr(rows), DimExpr(1)});
  return c.make<onnx::AndOp>({keep, c.make<onnx::LessOrEqualOp>({first, key})});
}

Term snn::import::rotatePairs(Node &n, Composer &c, Term x, Term cosines,
                              Term sines, int64_t depth, bool interleaved) {
  if (!x || !cosines || !sines)
    return nullptr;
  int64_t last = x->rank() - 1, width = x->shape[last].fixed, half = depth / 2;
  if (depth < 2 || depth % 2 || depth > width ||
      cosines->shape.back() != DimExpr(half) ||
      sines->shape.back() != DimExpr(half)) {
    n.error() << "needs cosines and sines of " << half << " pairs of " << width
              << " channels, has " << cosines->type() << " and "
              << sines->type();
    return nullptr;
  }
  Term turned = c.slice(x, last, 0, depth), a, b;
  if (!turned)
    return nullptr;
  DimExprs pairs = turned->shape, ends = turned->shape, whole = turned->shape;
  if (interleaved) {
    pairs.back() = half;
    pairs.push_back(2);
    ends.back() = half;
    Term split = c.reshape(turned, pairs);
    a = c.reshape(c.slice(split, last + 1, 0, 1), ends);
    b = c.reshape(c.slice(split, last + 1, 1, 2), ends);
  } else {
    a = c.slice(turned, last, 0, half);
    b = c.slice(turned, last, half, depth);
  }
  Term first = c.sub(c.mul(a, cosines), c.mul(b, sines));
  Term second = c.add(c.mul(a, sines), c.mul(b, cosines));
  Term y;
  if (interleaved) {
    ends.push_back(1);
    y = c.concat({c.reshape(first, ends), c.reshape(second, ends)}, last + 1);
    y = c.reshape(y, whole);
  } else {
    y = c.concat({first, second}, last);
  }
  return depth == width ? y
                        : c.concat({y, c.slice(x, last, depth, width)}, last);
}

Term snn::import::gatherRows(Node &n, Composer &c, Term x, Term index) {
  if (!x || !index)
    return nullptr;
  DimExprs tuples = index->shape;
  tuples.push_back(1);
  return c.make<onnx::GatherNDOp>({x, c.reshape(index, tuples)},
                                  {n.i64("batchDims", 1)});
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

/// [B, K, T, D] with each head `groups` times, one behind the other.
static Term repeatHeads(Composer &c, Term x, int64_t groups) {
  if (!x || groups == 1)
    return x;
  DimExprs apart = x->shape, repeated = x->shape, whole = x->shape;
  apart.insert(apart.begin() + 2, DimExpr(1));
  repeated.insert(repeated.begin() + 2, DimExpr(groups));
  whole[1] = x->shape[1].fixed * groups;
  return c.reshape(c.expand(c.reshape(x, apart), repeated), whole);
}

Term snn::import::attend(Node &n, Composer &c, Heads heads, ScoreStage wanted,
                         Term *scores) {
  Term q = heads.q, k = heads.k, v = heads.v;
  if (!q || !k || !v || llvm::is_contained(heads.masks, nullptr))
    return nullptr;
  FailureOr<int64_t> count = knownSize(n, q, 1, "the number of heads");
  FailureOr<int64_t> keyHeads = knownSize(n, k, 1, "the number of heads");
  if (failed(count) || failed(keyHeads))
    return nullptr;
  if (*keyHeads < 1 || *count % *keyHeads != 0 ||
      v->shape[1] != DimExpr(*keyHeads)) {
    n.error() << "cannot share keys " << k->type() << " and values "
              << v->type() << " among the heads of " << q->type();
    return nullptr;
  }
  int64_t groups = *count / *keyHeads;
  double scale = heads.scale
                     ? heads.scale
                     : 1 / std::sqrt(static_cast<double>(q->shape[3].fixed));
  k = repeatHeads(c, k, groups);
  v = repeatHeads(c, v, groups);
  Term mask = nullptr;
  for (Term next : heads.masks)
    mask = mask ? c.add(mask, next) : next;
  if (!q || !k || !v || (!heads.masks.empty() && !mask))
    return nullptr;
  if (!heads.softcap && !heads.sink && wanted == ScoreStage::None) {
    SmallVector<Term> operands = {q, k, v};
    if (mask)
      operands.push_back(mask);
    return c.make<onnx::AttentionOp>(operands, {n.f64("scale", scale)});
  }

  Term s = c.make<onnx::MatMulOp>({q, c.transpose(k, {0, 1, 3, 2})});
  s = c.mul(s, c.number(scale, s));
  auto keep = [&](ScoreStage stage) {
    if (wanted == stage && scores)
      *scores = s;
  };
  keep(ScoreStage::Products);
  if (heads.softcap) {
    Term limit = c.number(heads.softcap, s);
    s = c.mul(limit, c.make<onnx::TanhOp>({c.div(s, limit)}));
  }
  keep(ScoreStage::Capped);
  if (mask)
    s = c.add(s, mask);
  keep(ScoreStage::Masked);
  if (!s)
    return nullptr;
  int64_t keys = s->shape.back().fixed;
  if (heads.sink) {
    // One more key, which has this score and no value.
    DimExprs column = s->shape;
    column[3] = 1;
    Term sink = heads.sink;
    if (sink->rank() == 1)
      sink = c.reshape(sink, {DimExpr(1), q->shape[1], DimExpr(1), DimExpr(1)});
    s = c.concat({s, c.expand(sink, column)}, 3);
  }
  s = c.make<onnx::SoftmaxOp>({s}, {n.i64("axis", -1)});
  if (heads.sink)
    s = c.slice(s, 3, 0, keys);
  keep(ScoreStage::Probabilities);
  return c.make<onnx::MatMulOp>({s, v});
}
