//===- RecognizeGelu.cpp - Find GELUs -------------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Exporters order the factors of a GELU in many ways. Both forms are
// polynomials in x and f, where f is erf or tanh of a polynomial in x:
//
//   y = x / 2 + x f / 2,   f = erf(x / sqrt(2))
//                     or   f = tanh(sqrt(2 / pi) (x + 0.044715 x^3)).
//
// So the pass multiplies the ops out and compares coefficients.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"
#include "snn/Dialect/Onnx/Passes.h"
#include "llvm/ADT/SetVector.h"

#include <cmath>
#include <map>

using namespace mlir;
using namespace snn::onnx;

namespace snn::onnx {
#define GEN_PASS_DEF_ONNXRECOGNIZEGELU
#include "snn/Dialect/Onnx/Passes.h.inc"
} // namespace snn::onnx

namespace {

/// Coefficients by the powers of x and f.
using Polynomial = std::map<std::pair<unsigned, unsigned>, double>;

constexpr unsigned kMaxDegree = 4;
constexpr unsigned kMaxDepth = 8;

/// Writes values as polynomials in two of them.
class Expansion {
public:
  Expansion(Value x, Value f) : x(x), f(f) {}

  std::optional<Polynomial> expand(Value value, unsigned depth = 0) {
    if (value == x)
      return Polynomial{{{1, 0}, 1.0}};
    if (f && value == f)
      return Polynomial{{{0, 1}, 1.0}};
    if (std::optional<double> constant = getUniformConstant(value))
      return Polynomial{{{0, 0}, *constant}};
    Operation *op = value.getDefiningOp();
    if (!op || depth > kMaxDepth || value.getType() != x.getType())
      return std::nullopt;
    std::optional<Polynomial> result = expandOp(op, depth);
    if (result)
      ops.insert(op);
    return result;
  }

  /// The ops that were multiplied out.
  const llvm::SetVector<Operation *> &visited() const { return ops; }

private:
  static Polynomial sum(const Polynomial &a, const Polynomial &b, double sign) {
    Polynomial result = a;
    for (const auto &[powers, factor] : b)
      result[powers] += sign * factor;
    return result;
  }

  static std::optional<Polynomial> product(const Polynomial &a,
                                           const Polynomial &b) {
    Polynomial result;
    for (const auto &[p, u] : a)
      for (const auto &[q, v] : b) {
        auto powers = std::pair(p.first + q.first, p.second + q.second);
        if (powers.first + powers.second > kMaxDegree)
          return std::nullopt;
        result[powers] += u * v;
      }
    return result;
  }

  std::optional<Polynomial> expandOp(Operation *op, unsigned depth) {
    if (!isa<AddOp, SubOp, MulOp, DivOp, PowOp, NegOp>(op))
      return std::nullopt;
    std::optional<Polynomial> a = expand(op->getOperand(0), depth + 1);
    if (!a)
      return std::nullopt;
    if (isa<NegOp>(op))
      return sum({}, *a, -1);
    if (isa<PowOp>(op)) {
      std::optional<double> exponent = getUniformConstant(op->getOperand(1));
      if (exponent == 2.0)
        return product(*a, *a);
      std::optional<Polynomial> square =
          exponent == 3.0 ? product(*a, *a) : std::nullopt;
      return square ? product(*square, *a) : std::nullopt;
    }
    if (isa<DivOp>(op)) {
      std::optional<double> divisor = getUniformConstant(op->getOperand(1));
      if (!divisor || *divisor == 0)
        return std::nullopt;
      return product(*a, Polynomial{{{0, 0}, 1 / *divisor}});
    }
    std::optional<Polynomial> b = expand(op->getOperand(1), depth + 1);
    if (!b)
      return std::nullopt;
    if (isa<MulOp>(op))
      return product(*a, *b);
    return sum(*a, *b, isa<SubOp>(op) ? -1 : 1);
  }

  Value x, f;
  llvm::SetVector<Operation *> ops;
};

bool areNearly(const Polynomial &a, const Polynomial &wanted) {
  for (const auto &[powers, factor] : a) {
    auto it = wanted.find(powers);
    if (it == wanted.end() ? std::abs(factor) > 1e-6
                           : !isNearly(factor, it->second))
      return false;
  }
  return llvm::all_of(wanted,
                      [&](const auto &term) { return a.count(term.first); });
}

/// The erf and tanh ops above `root`, looked for through products and sums, the
/// closest first.
SmallVector<Operation *> findFunctions(Value root) {
  SmallVector<Operation *> functions;
  SmallVector<std::pair<Value, unsigned>> work = {{root, 0}};
  for (size_t i = 0; i < work.size() && i < 64; ++i) {
    auto [value, depth] = work[i];
    Operation *op = value.getDefiningOp();
    if (!op || depth > 4)
      continue;
    if (isa<ErfOp, TanhOp>(op) && !llvm::is_contained(functions, op))
      functions.push_back(op);
    if (isa<AddOp, MulOp, DivOp>(op))
      for (Value operand : op->getOperands())
        work.push_back({operand, depth + 1});
  }
  return functions;
}

/// The value that the argument of erf or tanh is the wanted polynomial of; adds
/// the ops in between to `ops`.
Value findArgument(Operation *function, const Polynomial &wanted,
                   llvm::SetVector<Operation *> &ops) {
  llvm::SetVector<Value> work;
  work.insert(function->getOperand(0));
  for (size_t i = 0; i < work.size() && i < 64; ++i) {
    Value x = work[i];
    Expansion expansion(x, {});
    if (std::optional<Polynomial> p = expansion.expand(function->getOperand(0));
        p && areNearly(*p, wanted)) {
      ops.insert_range(expansion.visited());
      return x;
    }
    Operation *op = x.getDefiningOp();
    if (op && isa<AddOp, SubOp, MulOp, DivOp, PowOp>(op))
      for (Value operand : op->getOperands())
        if (!getUniformConstant(operand))
          work.insert(operand);
  }
  return {};
}

template <typename OpTy> struct GeluPattern : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const final {
    for (Operation *function : findFunctions(op.getY()))
      if (Value x = match(op, function)) {
        rewriter.replaceOpWithNewOp<GeluOp>(
            op, op.getType(), x, isa<ErfOp>(function) ? "none" : "tanh");
        return success();
      }
    return rewriter.notifyMatchFailure(op, "ends no GELU");
  }

private:
  /// The x for which `op` is x (1 + f) / 2 with the erf or tanh `function`.
  static Value match(OpTy op, Operation *function) {
    const bool isErf = isa<ErfOp>(function);
    const double k = isErf ? std::sqrt(0.5) : std::sqrt(2 / M_PI);
    Polynomial argument = {{{1, 0}, k}};
    if (!isErf)
      argument[{3, 0}] = k * 0.044715;
    llvm::SetVector<Operation *> ops;
    Value x = findArgument(function, argument, ops);
    if (!x || x.getType() != op.getType())
      return {};
    Expansion expansion(x, function->getResult(0));
    std::optional<Polynomial> p = expansion.expand(op.getY());
    if (!p || !areNearly(*p, {{{1, 0}, 0.5}, {{1, 1}, 0.5}}))
      return {};
    ops.insert_range(expansion.visited());
    ops.insert(function);
    for (Operation *inner : ops)
      if (inner != op)
        for (Operation *user : inner->getUsers())
          if (!ops.contains(user))
            return {};
    return x;
  }
};

struct RecognizeGelu : snn::onnx::impl::OnnxRecognizeGeluBase<RecognizeGelu> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<GeluPattern<MulOp>, GeluPattern<DivOp>, GeluPattern<AddOp>>(
        &getContext());
    if (failed(applyRecognition(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
