//===- HandlersCache.cpp - Decoders: caches and rotary embeddings ---------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A cache that is written in place is a choice of rows, row by row, between the
// former cache and what is written.
//
//===----------------------------------------------------------------------===//

#include "Attention.h"

using namespace mlir;
using namespace snn;
using namespace snn::import;
using Term = Composer::Term;

//===----------------------------------------------------------------------===//
// Rotary embeddings
//===----------------------------------------------------------------------===//

/// The angles' cosines or sines for tokens of [B, H, S, D], as [B, 1, S, R]:
/// rows `index` [B, S] of a table, or without an index its first rows.
static Term angles(Node &n, Composer &c, Term table, Term index, Term x) {
  if (!x || !table)
    return nullptr;
  DimExpr one = 1, tokens = x->shape[2], half = table->shape.back();
  if (!index) {
    if (!tokens.isStatic()) {
      n.error() << "the number of tokens must be known; bind it with --shape";
      return nullptr;
    }
    return c.reshape(c.slice(table, 0, 0, tokens.fixed),
                     {one, one, tokens, half});
  }
  Term rows = c.make<onnx::GatherOp>({table, index}, {n.i64("axis", 0)});
  return rows ? c.reshape(rows, {rows->rank() == 3 ? rows->shape[0] : one, one,
                                 tokens, half})
              : nullptr;
}

/// [B, S, H * D] as [B, H, S, D]; values of rank 4 are that already.
static Term toHeads(Node &n, Composer &c, Term x, int64_t heads) {
  if (x->rank() == 4)
    return x;
  return splitHeads(n, c, x, heads);
}

/// ONNX's operator of opset 23: tables of all positions with an index, or of
/// each token without.
static LogicalResult importRotaryEmbedding(Node &n) {
  if (failed(n.require(3)))
    return failure();
  Composer c(n);
  Term x = n.in(0);
  Term y = toHeads(n, c, x, n.attr("num_heads", int64_t(0)));
  if (!y)
    return failure();
  auto table = [&](size_t input) -> Term {
    Term values = n.in(input);
    if (n.has(3))
      return angles(n, c, values, n.in(3), y);
    if (values->rank() != 3) {
      n.error() << "needs angles [batch, tokens, pairs] where there are no "
                   "position ids, has "
                << values->type();
      return nullptr;
    }
    return c.reshape(values, {values->shape[0], DimExpr(1), values->shape[1],
                              values->shape[2]});
  };
  int64_t depth = n.attr("rotary_embedding_dim", int64_t(0));
  Term turned = rotatePairs(n, c, y, table(1), table(2),
                            depth ? depth : y->shape[3].fixed,
                            n.attr("interleaved", int64_t(0)) != 0);
  return c.bind(x->rank() == 4 ? turned : joinHeads(c, turned));
}

/// com.microsoft's: one position id is that of the first token.
static LogicalResult importContribRotaryEmbedding(Node &n) {
  if (failed(n.require(4)))
    return failure();
  Composer c(n);
  Term x = n.in(0), ids = n.in(1), cosines = n.in(2);
  if (cosines->rank() != 2 || !cosines->shape[1].isStatic() ||
      n.attr("is_packed_batching", int64_t(0)))
    return n.error() << "'RotaryEmbedding' needs tables of rank 2 and batches "
                        "that are not packed, has "
                     << cosines->type();
  int64_t depth = n.attr("rotary_embedding_dim", int64_t(0));
  int64_t heads = n.attr("num_heads", int64_t(0));
  if (!depth)
    depth = 2 * cosines->shape[1].fixed;
  if (!heads && x->rank() == 3 && x->shape[2].isStatic())
    heads = x->shape[2].fixed / depth;
  Term y = toHeads(n, c, x, heads);
  if (!y)
    return failure();
  Term index = ids;
  if (ids->rank() == 1) {
    FailureOr<int64_t> tokens = knownSize(n, y, 2, "the number of tokens");
    if (failed(tokens))
      return failure();
    index = c.add(ids, c.cast(positions(c, 0, *tokens, {DimExpr(*tokens)}),
                              ids->elementType));
  }
  if (!index)
    return failure();
  Term turned = rotatePairs(n, c, y, angles(n, c, cosines, index, y),
                            angles(n, c, n.in(3), index, y), depth,
                            n.attr("interleaved", int64_t(0)) != 0);
  return c.bind(x->rank() == 4 ? turned : joinHeads(c, turned));
}

//===----------------------------------------------------------------------===//
// Writing into a cache
//===----------------------------------------------------------------------===//

/// A cache of P rows along axis 2 of [B, H, P, D] into which S rows are
/// written. Without `first` [B, 1] the rows stand at `known` of every sample.
namespace {
struct CacheWrite {
  int64_t size = 0;  // rows of the result
  int64_t count = 0; // rows that are written
  int64_t known = 0;
  Term first = nullptr;
  bool wraps = false;  // rows behind the last one are the first ones
  bool clears = false; // rows behind those that are written are 0
};
} // namespace

static Term writeRows(Node &n, Composer &c, Term cache, Term rows, int64_t axis,
                      const CacheWrite &write) {
  if (!cache || !rows)
    return nullptr;
  int64_t size = cache->shape[axis].fixed, end = write.known + write.count;
  auto zeros = [&](int64_t count) {
    DimExprs shape = cache->shape;
    shape[axis] = count;
    return c.expand(c.number(0, cache), shape);
  };
  if (!write.first && end <= write.size) {
    SmallVector<Term> parts;
    if (write.known > 0)
      parts.push_back(c.slice(cache, axis, 0, write.known));
    parts.push_back(rows);
    if (end < write.size)
      parts.push_back(write.clears ? zeros(write.size - end)
                                   : c.slice(cache, axis, end, size));
    return c.concat(parts, axis);
  }
  // Rows of the cache, those that are written and one of zeros, joined; the
  // result takes each of its rows from there.
  Ints permutation = llvm::to_vector(llvm::seq<int64_t>(0, cache->rank()));
  std::swap(permutation[1], permutation[axis]);
  SmallVector<Term> parts = {cache, rows};
  if (write.clears)
    parts.push_back(zeros(1));
  Term all = c.concat(parts, axis);
  Term first = write.first;
  if (!first)
    first = c.expand(c.reshape(c.indices({write.known}), {1, 1}),
                     {cache->shape[0], DimExpr(1)});
  first = c.cast(first, n.importer.builder().getI64Type());
  Term own = positions(c, 0, write.size, {DimExpr(1), DimExpr(write.size)});
  Term offset = c.sub(own, first);
  if (write.wraps)
    offset =
        c.make<onnx::ModOp>({offset, c.index(size)}, {n.flag("fmod", false)});
  Term isBehind = c.make<onnx::LessOrEqualOp>({c.index(write.count), offset});
  Term written = c.add(offset, c.index(size));
  Term rest =
      write.clears ? c.where(isBehind, c.index(size + write.count), own) : own;
  Term isWritten =
      c.make<onnx::AndOp>({c.make<onnx::LessOrEqualOp>({c.index(0), offset}),
                           c.logicalNot(isBehind)});
  Term index = c.where(isWritten, written, rest);
  return c.transpose(gatherRows(n, c, c.transpose(all, permutation), index),
                     permutation);
}

static LogicalResult importTensorScatter(Node &n) {
  if (failed(n.require(2)))
    return failure();
  Composer c(n);
  Term cache = n.in(0), update = n.in(1);
  FailureOr<int64_t> axis = n.axis(n.attr("axis", int64_t(-2)), cache->rank());
  if (failed(axis))
    return failure();
  if (*axis == 0 || update->rank() != cache->rank())
    return n.error() << "'TensorScatter' cannot write " << update->type()
                     << " into " << cache->type() << " along axis " << *axis;
  FailureOr<int64_t> size = knownSize(n, cache, *axis, "the cache's length");
  FailureOr<int64_t> count = knownSize(n, update, *axis, "the update's length");
  if (failed(size) || failed(count))
    return failure();
  std::string mode = n.attr("mode", "linear");
  if (mode != "linear" && mode != "circular")
    return n.error() << "the mode '" << mode << "' is unknown";
  CacheWrite write;
  write.size = *size;
  write.count = *count;
  write.wraps = mode == "circular";
  if (n.has(2)) {
    bool isOne = false;
    if (n.isConstant(2) && !n.in(2)->probed) {
      FailureOr<Ints> indices = n.constantInts(2, "the write indices");
      if (failed(indices))
        return failure();
      isOne = !indices->empty() && llvm::all_equal(*indices);
      if (isOne)
        write.known = indices->front();
    }
    if (!isOne)
      write.first = c.reshape(n.in(2), {cache->shape[0], DimExpr(1)});
  }
  if (*count > *size || write.known < 0 ||
      (!write.wraps && write.known + *count > *size))
    return n.error() << "'TensorScatter' writes " << *count << " rows at "
                     << write.known << " of " << *size;
  return c.bind(writeRows(n, c, cache, update, *axis, write));
}

//===----------------------------------------------------------------------===//
// com.microsoft:GroupQueryAttention
//===----------------------------------------------------------------------===//

namespace {
/// What the lengths of a GroupQueryAttention are.
struct Lengths {
  int64_t tokens = 0; // S
  int64_t past = 0;   // P
  int64_t keys = 0;   // rows of the present
  CacheWrite write;
};
} // namespace

/// The inputs 5 (the index of each sample's last token) and 6 (the longest
/// sample's number of tokens) against the sizes of the tensors.
static FailureOr<Lengths> readLengths(Node &n, Composer &c, Term q, Term past) {
  Lengths lengths;
  FailureOr<int64_t> tokens = knownSize(n, q, 2, "the number of tokens");
  if (failed(tokens))
    return failure();
  lengths.tokens = lengths.keys = *tokens;
  lengths.write.count = *tokens;
  lengths.write.size = *tokens;
  lengths.write.clears = true;
  if (!past)
    return lengths;
  FailureOr<int64_t> size = knownSize(n, past, 2, "the length of the past");
  if (failed(size))
    return failure();
  lengths.past = *size;
  if (*size == 0)
    return lengths;
  FailureOr<double> total = n.constantNumber(6, "the total sequence length");
  if (failed(total))
    return failure();
  int64_t all = static_cast<int64_t>(*total);
  lengths.keys = lengths.write.size = std::max(*size, all);
  if (all < *tokens || lengths.keys > *size + *tokens)
    return n.error() << "the total sequence length " << all
                     << " does not fit a past of " << *size << " and "
                     << *tokens << " tokens";
  // The first tokens of all are written to the front of the cache.
  if (all == *tokens)
    return lengths;
  lengths.write.known = all - *tokens;
  bool isKnown = false;
  if (n.isConstant(5) && !n.in(5)->probed) {
    auto last = n.importer.elements(*n.in(5), n.loc);
    if (failed(last))
      return failure();
    isKnown = *last && (*last)->dtype() == rt::DType::I32 &&
              llvm::all_of((*last)->toVector<int32_t>(),
                           [&](int32_t index) { return index == all - 1; });
  }
  if (!isKnown) {
    Type i64 = n.importer.builder().getI64Type();
    Term last = c.cast(c.reshape(n.in(5), {q->shape[0], DimExpr(1)}), i64);
    lengths.write.first = c.add(last, c.index(1 - *tokens));
    if (!lengths.write.first)
      return failure();
  }
  return lengths;
}

/// Token s of sample b sees the keys up to first(b) + s, and no more than
/// `window` of them unless that is negative.
static Term cacheMask(Node &n, Composer &c, const Lengths &lengths,
                      int64_t window, DimExpr batch) {
  const CacheWrite &write = lengths.write;
  if (!write.first)
    return lengths.keys == 1
               ? nullptr
               : additiveMask(n, c,
                              causalKeep(c, lengths.tokens, lengths.keys,
                                         write.known, window),
                              hiddenScore);
  DimExpr one = 1;
  Term own = positions(c, 0, lengths.tokens, {one, DimExpr(lengths.tokens)});
  Term row = c.reshape(c.add(write.first, own),
                       {batch, one, DimExpr(lengths.tokens), one});
  Term key =
      positions(c, 0, lengths.keys, {one, one, one, DimExpr(lengths.keys)});
  Term keep = c.make<onnx::LessOrEqualOp>({key, row});
  if (window >= 0)
    keep =
        c.make<onnx::AndOp>({keep, c.less(c.sub(row, c.index(window)), key)});
  return additiveMask(n, c, keep, hiddenScore);
}

static LogicalResult importGroupQueryAttention(Node &n) {
  if (failed(n.require(1)))
    return failure();
  for (StringRef name : {"k_quant_type", "v_quant_type"})
    if (n.attr(name, "NONE") != "NONE" || n.has(12) || n.has(13))
      return n.error() << "'GroupQueryAttention' with a quantised cache is not "
                          "supported";
  Composer c(n);
  int64_t count = n.attr("num_heads", int64_t(0));
  int64_t keyHeads = n.attr("kv_num_heads", int64_t(0));
  Term query = n.in(0), key = n.in(1), value = n.in(2);
  if (query->rank() != 3 || !query->shape[2].isStatic() || count < 1 ||
      keyHeads < 1 || n.has(1) != n.has(2) || !n.has(5))
    return n.error() << "'GroupQueryAttention' needs queries of rank 3, keys "
                        "with values, numbers of heads and lengths, has "
                     << query->type();
  if (!key) {
    int64_t depth = query->shape[2].fixed / (count + 2 * keyHeads);
    int64_t keys = count * depth, values = keys + keyHeads * depth;
    key = c.slice(query, 2, keys, values);
    value = c.slice(query, 2, values, values + keyHeads * depth);
    query = c.slice(query, 2, 0, keys);
  }
  Heads heads;
  heads.q = query ? splitHeads(n, c, query, count) : nullptr;
  heads.k = key ? splitHeads(n, c, key, keyHeads) : nullptr;
  heads.v = value ? splitHeads(n, c, value, keyHeads) : nullptr;
  if (!heads.q || !heads.k || !heads.v)
    return failure();
  FailureOr<Lengths> lengths = readLengths(n, c, heads.q, n.in(3));
  if (failed(lengths))
    return failure();
  const CacheWrite &write = lengths->write;

  if (n.attr("do_rotary", int64_t(0))) {
    if (!n.has(7) || !n.has(8))
      return n.error() << "needs the cosines and sines of its rotary embedding";
    Term index = n.in(9);
    DimExpr tokens = lengths->tokens;
    if (!index && (write.first || write.known)) {
      index = positions(c, write.first ? 0 : write.known, lengths->tokens,
                        {DimExpr(1), tokens});
      if (write.first)
        index = c.add(index, write.first);
    }
    int64_t depth = 2 * n.in(7)->shape.back().fixed;
    bool interleaved = n.attr("rotary_interleaved", int64_t(0)) != 0;
    for (Term *x : {&heads.q, &heads.k})
      *x = rotatePairs(n, c, *x, angles(n, c, n.in(7), index, heads.q),
                       angles(n, c, n.in(8), index, heads.q), depth,
                       interleaved);
  }
  if (lengths->past > 0) {
    heads.k = writeRows(n, c, n.in(3), heads.k, 2, write);
    heads.v = writeRows(n, c, n.in(4), heads.v, 2, write);
  }
  if (!heads.q || !heads.k || !heads.v)
    return failure();
  Term presentKeys = heads.k, presentValues = heads.v;
  heads.scale = n.attr("scale", 0.0);
  heads.softcap = n.attr("softcap", 0.0);
  if (n.has(11))
    heads.sink = n.in(11);
  else if (n.attr("smooth_softmax", int64_t(0)) == 1)
    heads.sink = c.number(0, heads.q);
  Term mask =
      cacheMask(n, c, *lengths, n.attr("local_window_size", int64_t(-1)),
                heads.q->shape[0]);
  if (mask)
    heads.masks.push_back(mask);
  if (n.has(10))
    heads.masks.push_back(n.in(10));
  if (failed(c.bind(joinHeads(c, attend(n, c, heads)))))
    return failure();
  if (n.isUsed(1) && failed(c.bind(presentKeys, 1)))
    return failure();
  return n.isUsed(2) ? c.bind(presentValues, 2) : success();
}

void snn::import::registerCacheHandlers(OperatorTable &table) {
  table["RotaryEmbedding"] = {
      importRotaryEmbedding,
      "tables with a rank other than 2 beside position ids"};
  table["TensorScatter"] = {
      importTensorScatter,
      "an update longer than the cache, an unknown length of the cache"};
  table["com.microsoft:GroupQueryAttention"] = {
      importGroupQueryAttention,
      "a quantised cache, queries with a rank other than 3"};
  table["com.microsoft:RotaryEmbedding"] = {
      importContribRotaryEmbedding,
      "packed batches, tables with a rank other than 2"};
}
