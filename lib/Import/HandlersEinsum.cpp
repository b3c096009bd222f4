//===- HandlersEinsum.cpp - Einstein sums as matrix products --------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operands are multiplied from the left, two at a time. The labels of two
// operands are shared and kept (axes of the batch of matrices), shared and
// summed (the reduction of a product), or of one operand (rows and columns), so
// that a product is transposes, reshapes and one matrix product.
//
//===----------------------------------------------------------------------===//

#include "Compose.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace snn;
using namespace snn::import;
using Term = Composer::Term;

namespace {
/// A value and the label of each of its axes. Axes of an ellipsis have the
/// labels '0', '1', ..., from the last one on.
struct Labelled {
  Term value;
  std::string labels;
};

class EinsumBuilder {
public:
  explicit EinsumBuilder(Node &n) : n(n), c(n) {}
  LogicalResult run();

private:
  LogicalResult fail(const Twine &reason) {
    return n.error() << "the equation '" << n.attr("equation", "") << "' "
                     << reason;
  }
  /// The labels of a term with `rank` axes (-1: any).
  FailureOr<std::string> expandTerm(StringRef term, int64_t rank);
  bool takeDiagonals(Labelled &x);
  bool sumOver(Labelled &x, StringRef kept);
  /// `x` with its axes in the order of `labels`; those that it lacks have the
  /// size 1.
  Term arrange(const Labelled &x, StringRef labels);
  FailureOr<Labelled> multiply(Labelled a, Labelled b, StringRef kept);

  Node &n;
  Composer c;
  size_t ellipsis = 0;
};
} // namespace

FailureOr<std::string> EinsumBuilder::expandTerm(StringRef term, int64_t rank) {
  std::string labels;
  size_t dots = term.find("...");
  StringRef letters[2] = {term.substr(0, dots), ""};
  if (dots != StringRef::npos)
    letters[1] = term.substr(dots + 3);
  int64_t own = letters[0].size() + letters[1].size();
  size_t hidden = ellipsis;
  if (rank >= 0) {
    if (dots == StringRef::npos ? own != rank : own > rank) {
      (void)fail("does not fit an operand of rank " + Twine(rank));
      return failure();
    }
    hidden = rank - own;
  }
  if (hidden > 10) {
    (void)fail("hides more than ten axes");
    return failure();
  }
  for (StringRef part : letters)
    for (char label : part)
      if (!llvm::isAlpha(label)) {
        (void)fail("has the label '" + Twine(label) + "'");
        return failure();
      }
  labels = letters[0].str();
  if (dots != StringRef::npos) {
    for (size_t i = hidden; i-- > 0;)
      labels.push_back(static_cast<char>('0' + i));
    ellipsis = std::max(ellipsis, hidden);
  }
  labels += letters[1];
  return labels;
}

/// A label that occurs twice runs over the diagonal of its two axes.
bool EinsumBuilder::takeDiagonals(Labelled &x) {
  for (size_t i = 0; i < x.labels.size(); ++i) {
    size_t j = x.labels.find(x.labels[i], i + 1);
    if (j == std::string::npos)
      continue;
    DimExpr size = x.value->shape[i];
    if (!size.isStatic() || x.value->shape[j] != size) {
      (void)fail("takes the diagonal of axes of different sizes");
      return false;
    }
    // The two axes behind all others, as one, of which every (size + 1)st
    // element counts.
    Ints order;
    DimExprs shape;
    std::string labels;
    for (size_t axis = 0; axis < x.labels.size(); ++axis)
      if (axis != i && axis != j) {
        order.push_back(axis);
        shape.push_back(x.value->shape[axis]);
        labels.push_back(x.labels[axis]);
      }
    order.push_back(i);
    order.push_back(j);
    labels.push_back(x.labels[i]);
    int64_t n2 = size.fixed * size.fixed, rank = shape.size();
    shape.push_back(DimExpr(n2));
    Term flat = c.reshape(c.transpose(x.value, order), shape);
    x.value = c.make<onnx::SliceOp>(
        {flat}, {n.list("starts", {0}), n.list("ends", {n2}),
                 n.list("axes", {rank}), n.list("steps", {size.fixed + 1})});
    if (!x.value)
      return false;
    x.labels = labels;
    i = static_cast<size_t>(-1);
  }
  return true;
}

/// Adds along the axes whose labels are not in `kept`.
bool EinsumBuilder::sumOver(Labelled &x, StringRef kept) {
  Ints axes;
  std::string labels;
  for (auto [i, label] : llvm::enumerate(x.labels)) {
    if (kept.contains(label))
      labels.push_back(label);
    else
      axes.push_back(i);
  }
  if (axes.empty())
    return true;
  x.value = c.reduce<onnx::ReduceSumOp>(x.value, axes, /*keepdims=*/false);
  x.labels = labels;
  return x.value != nullptr;
}

Term EinsumBuilder::arrange(const Labelled &x, StringRef labels) {
  Ints order;
  DimExprs shape;
  for (char label : labels) {
    size_t at = x.labels.find(label);
    shape.push_back(at == std::string::npos ? DimExpr(1) : x.value->shape[at]);
    if (at != std::string::npos)
      order.push_back(at);
  }
  return c.reshape(c.transpose(x.value, order), shape);
}

/// The product of sizes, if it is linear in the batch.
static std::optional<DimExpr> product(ArrayRef<DimExpr> sizes) {
  DimExpr result = 1;
  for (DimExpr size : sizes) {
    std::optional<DimExpr> next = result.times(size);
    if (!next)
      return std::nullopt;
    result = *next;
  }
  return result;
}

FailureOr<Labelled> EinsumBuilder::multiply(Labelled a, Labelled b,
                                            StringRef kept) {
  // What only one of the two has and nobody needs is added up first.
  if (!sumOver(a, b.labels + kept.str()) || !sumOver(b, a.labels + kept.str()))
    return failure();
  std::string batch, rows, columns, summed;
  for (char label : a.labels) {
    if (!StringRef(b.labels).contains(label))
      rows.push_back(label);
    else if (kept.contains(label))
      batch.push_back(label);
    else
      summed.push_back(label);
  }
  for (char label : b.labels)
    if (!StringRef(a.labels).contains(label))
      columns.push_back(label);
  Labelled result;
  result.labels = batch + rows + columns;
  if (summed.empty()) {
    result.value = c.mul(arrange(a, result.labels), arrange(b, result.labels));
    if (!result.value)
      return failure();
    return result;
  }
  Term left = arrange(a, batch + rows + summed);
  Term right = arrange(b, batch + summed + columns);
  if (!left || !right)
    return failure();
  auto sizesOf = [](const Labelled &x, StringRef labels) {
    DimExprs sizes;
    for (char label : labels)
      sizes.push_back(x.value->shape[x.labels.find(label)]);
    return sizes;
  };
  DimExprs rowSizes = sizesOf(a, rows), columnSizes = sizesOf(b, columns);
  std::optional<DimExpr> m = product(rowSizes), k = product(sizesOf(a, summed)),
                         other = product(sizesOf(b, summed)),
                         p = product(columnSizes);
  if (!m || !k || !p || !other || *k != *other) {
    (void)fail("multiplies axes of different sizes, or of no multiple of the "
               "batch");
    return failure();
  }
  DimExprs shapeA(left->shape.begin(), left->shape.begin() + batch.size());
  DimExprs shapeB(right->shape.begin(), right->shape.begin() + batch.size());
  shapeA.append({*m, *k});
  shapeB.append({*k, *p});
  Term y = c.make<onnx::MatMulOp>(
      {c.reshape(left, shapeA), c.reshape(right, shapeB)});
  if (!y)
    return failure();
  DimExprs shape(y->shape.begin(), y->shape.begin() + batch.size());
  llvm::append_range(shape, rowSizes);
  llvm::append_range(shape, columnSizes);
  result.value = c.reshape(y, shape);
  if (!result.value)
    return failure();
  return result;
}

LogicalResult EinsumBuilder::run() {
  if (failed(n.require(std::max<size_t>(1, n.numInputs()))))
    return failure();
  std::string equation;
  for (char letter : n.attr("equation", ""))
    if (!llvm::isSpace(letter))
      equation.push_back(letter);
  StringRef text = equation;
  bool isExplicit = text.contains("->");
  auto [left, right] = text.split("->");
  SmallVector<StringRef> terms;
  left.split(terms, ',');
  if (terms.size() != n.numInputs())
    return fail("has " + Twine(terms.size()) + " terms, the node " +
                Twine(n.numInputs()) + " inputs");
  SmallVector<Labelled> operands;
  for (auto [i, term] : llvm::enumerate(terms)) {
    FailureOr<std::string> labels = expandTerm(term, n.in(i)->rank());
    if (failed(labels))
      return failure();
    operands.push_back({n.in(i), *labels});
  }
  std::string output;
  if (isExplicit) {
    FailureOr<std::string> labels = expandTerm(right, -1);
    if (failed(labels))
      return failure();
    output = *labels;
  } else {
    // The hidden axes, then what occurs once, by the alphabet.
    for (size_t i = ellipsis; i-- > 0;)
      output.push_back(static_cast<char>('0' + i));
    std::string all;
    for (const Labelled &x : operands)
      all += x.labels;
    for (const char *range :
         {"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"})
      for (char label : StringRef(range))
        if (llvm::count(all, label) == 1)
          output.push_back(label);
  }
  for (Labelled &x : operands)
    if (!takeDiagonals(x))
      return failure();
  Labelled result = operands.front();
  for (size_t i = 1; i < operands.size(); ++i) {
    std::string kept = output;
    for (size_t j = i + 1; j < operands.size(); ++j)
      kept += operands[j].labels;
    FailureOr<Labelled> next = multiply(result, operands[i], kept);
    if (failed(next))
      return failure();
    result = *next;
  }
  if (!sumOver(result, output))
    return failure();
  for (char label : output)
    if (!StringRef(result.labels).contains(label) ||
        llvm::count(output, label) != 1)
      return fail("has the label '" + Twine(label) +
                  "' behind the arrow, which no operand has once");
  return c.bind(arrange(result, output));
}

static LogicalResult importEinsum(Node &n) { return EinsumBuilder(n).run(); }

void snn::import::registerEinsumHandlers(OperatorTable &table) {
  table["Einsum"] = {
      importEinsum,
      "diagonals of axes of different sizes, ellipses of more than ten axes"};
}
