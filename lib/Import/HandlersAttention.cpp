//===- HandlersAttention.cpp - Attention of ONNX and ONNX Runtime ---------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Attention of one length: ONNX's operator, and Attention and
// MultiHeadAttention of com.microsoft. Attention over a cache that is written
// in place is in HandlersCache.cpp.
//
//===----------------------------------------------------------------------===//

#include "Attention.h"

using namespace mlir;
using namespace snn;
using namespace snn::import;
using Term = Composer::Term;

/// Axis 2 of the past and the present, joined.
static Term appendToPast(Composer &c, Term past, Term x) {
  return past ? c.concat({past, x}, 2) : x;
}

/// Refuses what changes the result and is not computed.
static LogicalResult refuse(Node &n, ArrayRef<StringRef> attributes,
                            ArrayRef<size_t> inputs) {
  for (StringRef name : attributes)
    if (n.attr(name, int64_t(0)) != 0)
      return n.error() << "'" << n.entry.opType << "' with '" << name
                       << "' is not supported";
  for (size_t input : inputs)
    if (n.has(input))
      return n.error() << "'" << n.entry.opType << "' with input " << input
                       << " ('" << n.in(input)->name << "') is not supported";
  return success();
}

//===----------------------------------------------------------------------===//
// Masks of ONNX Runtime
//===----------------------------------------------------------------------===//

/// The keys of [B, H, S, T] that a mask of int32 keeps: [B, T] and [B, S, T]
/// say so by numbers above 0, [B] and [2 B] by the end and the start of each
/// sample's keys.
static Term keptKeys(Node &n, Composer &c, Term mask, DimExpr batch,
                     int64_t keys) {
  DimExpr one = 1, all = keys;
  if (mask->rank() == 2 || mask->rank() == 3) {
    DimExpr rows = mask->rank() == 3 ? mask->shape[1] : one;
    if (mask->shape.back() == all)
      return c.reshape(c.less(c.number(0, mask), mask),
                       {mask->shape[0], one, rows, all});
  } else if (mask->rank() == 1) {
    Term key =
        c.cast(positions(c, 0, keys, {one, one, one, all}), mask->elementType);
    auto column = [&](Term bound) {
      return c.reshape(bound, {batch, one, one, one});
    };
    if (mask->shape[0] == batch)
      return c.less(key, column(mask));
    if (batch.isStatic() && mask->shape[0] == DimExpr(2 * batch.fixed)) {
      Term end = column(c.slice(mask, 0, 0, batch.fixed));
      Term start = column(c.slice(mask, 0, batch.fixed, 2 * batch.fixed));
      return c.make<onnx::AndOp>(
          {c.less(key, end), c.make<onnx::LessOrEqualOp>({start, key})});
    }
  }
  n.error() << "the mask '" << mask->name << "' of type " << mask->type()
            << " does not say which of " << keys << " keys are kept";
  return nullptr;
}

/// Appends what hides keys: the mask input, later tokens, and a bias.
static LogicalResult addMasks(Node &n, Composer &c, Heads &heads, Term mask,
                              Term bias, bool unidirectional) {
  if (!heads.q || !heads.k)
    return failure();
  FailureOr<int64_t> rows = knownSize(n, heads.q, 2, "the number of queries");
  FailureOr<int64_t> keys = knownSize(n, heads.k, 2, "the number of keys");
  if (failed(rows) || failed(keys))
    return failure();
  // A mask of one number a sample, [B, 1], stands for none.
  if (mask && mask->rank() == 2 && mask->shape[1] == DimExpr(1) && *keys != 1)
    mask = nullptr;
  if (mask) {
    Term keep = keptKeys(n, c, mask, heads.q->shape[0], *keys);
    heads.masks.push_back(
        additiveMask(n, c, keep, n.attr("mask_filter_value", -10000.0)));
  }
  if (unidirectional && *rows > 1)
    heads.masks.push_back(additiveMask(
        n, c, causalKeep(c, *rows, *keys, *keys - *rows), hiddenScore));
  if (bias)
    heads.masks.push_back(bias);
  return success(!llvm::is_contained(heads.masks, nullptr));
}

//===----------------------------------------------------------------------===//
// com.microsoft:Attention
//===----------------------------------------------------------------------===//

/// Half `i` of a cache [2, B, H, P, D].
static Term cacheHalf(Composer &c, Term past, int64_t i) {
  Term half = c.slice(past, 0, i, i + 1);
  return half ? c.reshape(half, ArrayRef(half->shape).drop_front()) : nullptr;
}

static Term joinHalves(Composer &c, Term k, Term v) {
  auto half = [&](Term x) -> Term {
    if (!x)
      return nullptr;
    DimExprs shape = x->shape;
    shape.insert(shape.begin(), DimExpr(1));
    return c.reshape(x, shape);
  };
  return c.concat({half(k), half(v)}, 0);
}

/// The parts of the last axis of x.
static FailureOr<SmallVector<Term>> splitLast(Node &n, Term x,
                                              ArrayRef<int64_t> sizes) {
  if (!x)
    return failure();
  SmallVector<std::string> names(sizes.size(), n.entry.label());
  auto parts = n.importer.emit(
      onnx::SplitOp::getOperationName(), {x},
      {n.i64("axis", x->rank() - 1), n.list("sizes", sizes)}, names, n.loc,
      /*mayFold=*/true);
  if (failed(parts))
    return failure();
  return SmallVector<Term>(parts->begin(), parts->end());
}

/// Queries, keys and values are one product of the input and packed weights.
static LogicalResult importPackedAttention(Node &n) {
  if (failed(n.require(2)) ||
      failed(refuse(n, {"past_present_share_buffer", "do_rotary"}, {6})))
    return failure();
  Composer c(n);
  Term x = n.in(0), weight = n.in(1), bias = n.in(2), past = n.in(4);
  int64_t count = n.attr("num_heads", int64_t(0));
  if (x->rank() != 3 || weight->rank() != 2 || !weight->shape[1].isStatic())
    return n.error() << "needs an input of rank 3 and a weight of rank 2, has "
                     << x->type() << " and " << weight->type();
  int64_t width = weight->shape[1].fixed;
  Ints sizes = n.ints("qkv_hidden_sizes").value_or(Ints(3, width / 3));
  if (sizes.size() != 3 || sizes[0] + sizes[1] + sizes[2] != width)
    return n.error() << "cannot make queries, keys and values of " << width
                     << " channels";
  Term packed = c.make<onnx::MatMulOp>({x, weight});
  if (bias)
    packed = c.add(packed, bias);
  FailureOr<SmallVector<Term>> parts = splitLast(n, packed, sizes);
  if (failed(parts))
    return failure();
  Heads heads;
  heads.q = splitHeads(n, c, (*parts)[0], count);
  heads.k = splitHeads(n, c, (*parts)[1], count);
  heads.v = splitHeads(n, c, (*parts)[2], count);
  heads.scale = n.attr("scale", 0.0);
  if (past) {
    heads.k = appendToPast(c, cacheHalf(c, past, 0), heads.k);
    heads.v = appendToPast(c, cacheHalf(c, past, 1), heads.v);
  }
  if (failed(addMasks(n, c, heads, n.in(3), n.in(5),
                      n.attr("unidirectional", int64_t(0)) != 0)) ||
      failed(c.bind(joinHeads(c, attend(n, c, heads)))))
    return failure();
  return n.isUsed(1) ? c.bind(joinHalves(c, heads.k, heads.v), 1) : success();
}

//===----------------------------------------------------------------------===//
// com.microsoft:MultiHeadAttention
//===----------------------------------------------------------------------===//

/// Part `i` of tensors packed as [B, T, H, parts, D], with heads outside.
static Term packedHeads(Composer &c, Term x, int64_t i) {
  Term part = c.slice(x, 3, i, i + 1);
  if (!part)
    return nullptr;
  DimExprs shape = part->shape;
  shape.erase(shape.begin() + 3);
  return c.transpose(c.reshape(part, shape), {0, 2, 1, 3});
}

static LogicalResult importMultiHeadAttention(Node &n) {
  if (failed(n.require(1)) || failed(refuse(n, {}, {8, 9})))
    return failure();
  Composer c(n);
  int64_t count = n.attr("num_heads", int64_t(0));
  Term query = n.in(0), key = n.in(1), value = n.in(2), bias = n.in(3);
  Heads heads;
  heads.scale = n.attr("scale", 0.0);
  auto biasPart = [&](int64_t first, int64_t size) -> Term {
    return bias ? c.slice(bias, 0, first, first + size) : nullptr;
  };
  auto project = [&](Term x, int64_t first) -> Term {
    FailureOr<int64_t> width = knownSize(n, x, x->rank() - 1, "the width");
    if (failed(width))
      return nullptr;
    if (bias)
      x = c.add(x, biasPart(first, *width));
    return splitHeads(n, c, x, count);
  };
  // A bias of packed tensors lies as [parts, H, D].
  auto unpack = [&](Term x, int64_t part, int64_t biasIndex) -> Term {
    Term result = packedHeads(c, x, part);
    if (!bias || !result)
      return result;
    int64_t depth = result->shape[3].fixed;
    return c.add(result,
                 c.reshape(biasPart(biasIndex * count * depth, count * depth),
                           {DimExpr(count), DimExpr(1), DimExpr(depth)}));
  };
  if (query->rank() == 5) {
    heads.q = unpack(query, 0, 0);
    heads.k = unpack(query, 1, 1);
    heads.v = unpack(query, 2, 2);
  } else if (query->rank() == 3 && key) {
    heads.q = project(query, 0);
    int64_t width = query->shape[2].fixed;
    if (key->rank() == 5) {
      heads.k = unpack(key, 0, 1);
      heads.v = unpack(key, 1, 2);
    } else if (value && key->rank() == 3 && value->rank() == 3) {
      heads.k = project(key, width);
      heads.v = project(value, 2 * width);
    } else if (value && key->rank() == 4 && value->rank() == 4) {
      // Keys and values of a cache, heads outside.
      heads.k = key;
      heads.v = value;
    }
  }
  if (!heads.q || !heads.k || !heads.v) {
    InFlightDiagnostic error = n.error();
    error << "'MultiHeadAttention' cannot take a query of type "
          << query->type();
    if (key)
      error << " and a key of type " << key->type();
    return error;
  }
  if (n.has(6) != n.has(7))
    return n.error() << "needs past keys and values, has one of them";
  heads.k = appendToPast(c, n.in(6), heads.k);
  heads.v = appendToPast(c, n.in(7), heads.v);
  Term scores = nullptr;
  if (failed(addMasks(n, c, heads, n.in(4), n.in(5),
                      n.attr("unidirectional", int64_t(0)) != 0)) ||
      failed(c.bind(joinHeads(
          c, attend(n, c, heads,
                    n.isUsed(3) ? ScoreStage::Products : ScoreStage::None,
                    &scores)))))
    return failure();
  if ((n.isUsed(1) && failed(c.bind(heads.k, 1))) ||
      (n.isUsed(2) && failed(c.bind(heads.v, 2))))
    return failure();
  return n.isUsed(3) ? c.bind(scores, 3) : success();
}

//===----------------------------------------------------------------------===//
// ONNX's Attention, opsets 23 and 24
//===----------------------------------------------------------------------===//

namespace {
/// What hides keys from queries: [B, H, S, T] or less.
struct Visibility {
  Term keep = nullptr;  // of bools; null: all
  Term added = nullptr; // to the scores
  /// Whether a query may see no key at all.
  bool mayBeEmpty = false;
};
} // namespace

static Term both(Composer &c, Term a, Term b) {
  return a ? c.make<onnx::AndOp>({a, b}) : b;
}

/// Takes in the mask input, [B, H, S, T] or less; keys behind its last column
/// are hidden.
static LogicalResult addMask(Node &n, Composer &c, Term mask, int64_t keys,
                             Visibility &visible) {
  bool isBool = mask->elementType.isSignlessInteger(1);
  int64_t last = mask->rank() - 1;
  FailureOr<int64_t> given = knownSize(n, mask, last, "the width of the mask");
  if (failed(given))
    return failure();
  if (*given != 1 && *given < keys) {
    DimExprs missing = mask->shape;
    missing[last] = keys - *given;
    Term fill = c.number(isBool ? 0 : hiddenScore, mask);
    mask = c.concat({mask, c.expand(fill, missing)}, last);
  }
  if (!mask)
    return failure();
  visible.mayBeEmpty = true;
  if (!isBool)
    visible.added = mask;
  visible.keep = isBool ? both(c, visible.keep, mask) : visible.keep;
  return success(isBool ? visible.keep != nullptr : true);
}

/// 0 for the queries that see no key, as ONNX has it since opset 24; x for the
/// others.
static Term clearEmptyRows(Node &n, Composer &c, Term x,
                           const Visibility &visible) {
  if (!x || !visible.mayBeEmpty)
    return x;
  Term keep = visible.keep;
  if (visible.added)
    keep = both(c, keep,
                c.less(c.number(hiddenScore, visible.added), visible.added));
  if (!keep)
    return nullptr;
  Type f32 = n.importer.builder().getF32Type();
  Term any = c.reduce<onnx::ReduceMaxOp>(c.cast(keep, f32), {keep->rank() - 1});
  if (!any)
    return nullptr;
  if (any->isKnown() && any->tensor &&
      llvm::all_of(any->tensor->toVector<float>(),
                   [](float value) { return value > 0; }))
    return x;
  return c.where(c.less(c.number(0, any), any), x, c.number(0, x));
}

static LogicalResult importAttention(Node &n) {
  if (failed(n.require(3)))
    return failure();
  Composer c(n);
  Heads heads;
  bool isFlat = n.in(0)->rank() == 3;
  auto take = [&](size_t input, StringRef name) {
    Term x = n.in(input);
    return isFlat ? splitHeads(n, c, x, n.attr(name, int64_t(0))) : x;
  };
  for (size_t input : {0, 1, 2})
    if (n.in(input)->rank() != (isFlat ? 3 : 4))
      return n.error() << "'Attention' needs inputs of one rank, 3 or 4, has "
                       << n.in(input)->type();
  heads.q = take(0, "q_num_heads");
  heads.k = appendToPast(c, n.in(4), take(1, "kv_num_heads"));
  heads.v = appendToPast(c, n.in(5), take(2, "kv_num_heads"));
  if (!heads.q || !heads.k || !heads.v)
    return failure();
  heads.scale = n.attr("scale", 0.0);
  heads.softcap = n.attr("softcap", 0.0);
  FailureOr<int64_t> rows = knownSize(n, heads.q, 2, "the number of queries");
  FailureOr<int64_t> keys = knownSize(n, heads.k, 2, "the number of keys");
  if (failed(rows) || failed(keys))
    return failure();
  Visibility visible;
  if (n.has(3) && failed(addMask(n, c, n.in(3), *keys, visible)))
    return failure();
  DimExpr one = 1, columns = *keys;
  Term key = positions(c, 0, *keys, {one, one, one, columns}), counts = nullptr;
  if (n.has(6)) {
    // Keys behind each sample's own number are padding.
    counts = c.cast(c.reshape(n.in(6), {heads.q->shape[0], one, one, one}),
                    n.importer.builder().getI64Type());
    visible.keep = both(c, visible.keep, c.less(key, counts));
    visible.mayBeEmpty = true;
  }
  if (n.attr("is_causal", int64_t(0)) != 0) {
    // The last query stands at the end of the keys that count.
    int64_t past = n.has(4) ? n.in(4)->shape[2].fixed : 0;
    Term keep;
    if (counts) {
      Term row = positions(c, -*rows, *rows, {one, one, DimExpr(*rows), one});
      keep = c.make<onnx::LessOrEqualOp>({key, c.add(row, counts)});
    } else {
      keep = causalKeep(c, *rows, *keys, past);
    }
    visible.keep = both(c, visible.keep, keep);
  }
  if (visible.keep)
    heads.masks.push_back(additiveMask(n, c, visible.keep, hiddenScore));
  if (visible.added)
    heads.masks.push_back(visible.added);
  constexpr ScoreStage stages[] = {ScoreStage::Products, ScoreStage::Capped,
                                   ScoreStage::Masked,
                                   ScoreStage::Probabilities};
  int64_t mode = n.attr("qk_matmul_output_mode", int64_t(0));
  if (mode < 0 || mode > 3)
    return n.error() << "the qk_matmul_output_mode " << mode << " is unknown";
  Term scores = nullptr;
  Term y = attend(n, c, heads, n.isUsed(3) ? stages[mode] : ScoreStage::None,
                  &scores);
  y = clearEmptyRows(n, c, y, visible);
  if (mode == 3)
    scores = clearEmptyRows(n, c, scores, visible);
  if (failed(c.bind(isFlat ? joinHeads(c, y) : y)) ||
      (n.isUsed(1) && failed(c.bind(heads.k, 1))) ||
      (n.isUsed(2) && failed(c.bind(heads.v, 2))))
    return failure();
  return n.isUsed(3) ? c.bind(scores, 3) : success();
}

void snn::import::registerAttentionHandlers(OperatorTable &table) {
  table["Attention"] = {importAttention, "ranks other than 3 and 4"};
  table["com.microsoft:Attention"] = {
      importPackedAttention, "do_rotary, past_present_share_buffer, a past "
                             "sequence length, weights that are no matrix"};
  table["com.microsoft:MultiHeadAttention"] = {
      importMultiHeadAttention, "cache indirection, a past sequence length, "
                                "one of past key and past value"};
}
