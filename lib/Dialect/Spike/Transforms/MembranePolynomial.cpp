//===- MembranePolynomial.cpp - Arithmetic of exported membranes ----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MembranePolynomial.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "llvm/ADT/SetVector.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace snn;
using namespace snn::spike;

/// Longer chains of arithmetic are no neuron's.
static constexpr unsigned maxDepth = 24;
/// Terms of a higher degree occur in no neuron.
static constexpr size_t maxDegree = 4;

std::optional<double> snn::spike::getUniformFloat(Value value) {
  TypedAttr attribute = onnx::getConstantAttr(value);
  if (!attribute || !isa<FloatType>(getElementTypeOrSelf(attribute.getType())))
    return std::nullopt;
  if (auto dense = dyn_cast<DenseElementsAttr>(attribute)) {
    if (!dense.isSplat())
      return std::nullopt;
    return dense.getSplatValue<FloatAttr>().getValueAsDouble();
  }
  // Exporters store the zeros that a membrane starts from.
  llvm::Expected<rt::Tensor> tensor =
      onnx::readConstant(attribute, value.getLoc());
  if (!tensor) {
    // Whoever needs the value reports that it cannot be read.
    llvm::consumeError(tensor.takeError());
    return std::nullopt;
  }
  if (tensor->dtype() != rt::DType::F32 || tensor->size() == 0)
    return std::nullopt;
  const float *data = tensor->data<float>();
  if (!std::all_of(data, data + tensor->size(),
                   [&](float element) { return element == data[0]; }))
    return std::nullopt;
  return data[0];
}

std::optional<ChannelNumbers> snn::spike::getChannelNumbers(Value value) {
  TypedAttr attribute = onnx::getConstantAttr(value);
  auto type = attribute ? dyn_cast<RankedTensorType>(attribute.getType())
                        : RankedTensorType();
  if (!type || !type.getElementType().isF32())
    return std::nullopt;
  ChannelNumbers numbers;
  int64_t channels = 1;
  for (auto [axis, size] : llvm::enumerate(type.getShape())) {
    if (size == 1)
      continue;
    if (channels != 1)
      return std::nullopt;
    channels = size;
    numbers.behind = type.getRank() - 1 - int64_t(axis);
  }
  llvm::Expected<rt::Tensor> tensor =
      onnx::readConstant(attribute, value.getLoc());
  if (!tensor) {
    llvm::consumeError(tensor.takeError());
    return std::nullopt;
  }
  if (channels < 2 || tensor->size() != channels)
    return std::nullopt;
  numbers.values = tensor->toVector<float>();
  return numbers;
}

void Polynomial::add(const Monomial &monomial, double coefficient) {
  double &sum = coefficients[monomial];
  // What cancels up to the rounding of F32 constants is zero.
  double scale = std::max(std::fabs(sum), std::fabs(coefficient));
  sum += coefficient;
  if (std::fabs(sum) <= 1e-9 * scale)
    coefficients.erase(monomial);
}

Polynomial Polynomial::constant(double number) {
  Polynomial result;
  result.add({}, number);
  return result;
}

Polynomial Polynomial::variable(Value value) {
  Polynomial result;
  result.add({value.getAsOpaquePointer()}, 1);
  return result;
}

Polynomial Polynomial::plus(const Polynomial &other, double factor) const {
  Polynomial result = *this;
  for (const auto &[monomial, coefficient] : other.coefficients)
    result.add(monomial, factor * coefficient);
  return result;
}

Polynomial Polynomial::times(const Polynomial &other) const {
  Polynomial result;
  for (const auto &[a, left] : coefficients)
    for (const auto &[b, right] : other.coefficients) {
      Monomial product = a;
      product.insert(product.end(), b.begin(), b.end());
      std::sort(product.begin(), product.end());
      result.add(product, left * right);
    }
  return result;
}

std::optional<double> Polynomial::asConstant() const {
  if (coefficients.empty())
    return 0.0;
  if (coefficients.size() == 1 && coefficients.begin()->first.empty())
    return coefficients.begin()->second;
  return std::nullopt;
}

double Polynomial::coefficient(ArrayRef<Value> variables) const {
  Monomial monomial;
  for (Value variable : variables)
    monomial.push_back(variable.getAsOpaquePointer());
  std::sort(monomial.begin(), monomial.end());
  auto it = coefficients.find(monomial);
  return it == coefficients.end() ? 0.0 : it->second;
}

std::vector<Value> Polynomial::variables() const {
  std::vector<Value> result;
  for (const auto &[monomial, coefficient] : coefficients) {
    if (monomial.size() > maxDegree)
      continue;
    for (const void *variable : monomial) {
      Value value = Value::getFromOpaquePointer(variable);
      if (!llvm::is_contained(result, value))
        result.push_back(value);
    }
  }
  return result;
}

void MembraneExpander::stopAt(Value value, Value variable) {
  stops.try_emplace(value, variable ? variable : value);
}

std::optional<double> MembraneExpander::number(Value value) const {
  if (std::optional<double> uniform = getUniformFloat(value))
    return uniform;
  if (!channel || !onnx::getConstantAttr(value))
    return std::nullopt;
  auto [it, isNew] = ofChannels.try_emplace(value);
  if (isNew)
    if (std::optional<ChannelNumbers> numbers = getChannelNumbers(value))
      it->second = std::move(numbers->values);
  if (*channel >= int64_t(it->second.size()))
    return std::nullopt;
  return it->second[size_t(*channel)];
}

Polynomial MembraneExpander::expand(Value value, unsigned depth) const {
  if (auto it = stops.find(value); it != stops.end())
    return Polynomial::variable(it->second);
  if (std::optional<double> constant = number(value))
    return Polynomial::constant(*constant);
  Operation *op = value.getDefiningOp();
  if (!op || depth > maxDepth)
    return Polynomial::variable(value);
  auto operand = [&](unsigned index) {
    return expand(op->getOperand(index), depth + 1);
  };
  if (isa<onnx::AddOp>(op))
    return operand(0).plus(operand(1));
  if (isa<onnx::SubOp>(op))
    return operand(0).plus(operand(1), -1);
  if (isa<onnx::NegOp>(op))
    return operand(0).times(-1);
  if (isa<onnx::MulOp>(op))
    return operand(0).times(operand(1));
  if (isa<onnx::DivOp>(op))
    if (std::optional<double> divisor = operand(1).asConstant();
        divisor && *divisor != 0)
      return operand(0).times(1 / *divisor);
  if (auto where = dyn_cast<onnx::WhereOp>(op))
    if (auto it = stops.find(where.getCondition()); it != stops.end()) {
      // b + s (a - b)
      Polynomial a = operand(1), b = operand(2);
      return b.plus(Polynomial::variable(it->second).times(a.plus(b, -1)));
    }
  return Polynomial::variable(value);
}

bool snn::spike::isMembraneArithmetic(Operation *op) {
  return isa_and_nonnull<onnx::AddOp, onnx::SubOp, onnx::NegOp, onnx::MulOp,
                         onnx::DivOp, onnx::WhereOp>(op);
}

/// The operand that `op` raises to a constant, and that constant.
static std::optional<FlooredMembrane> matchRaise(Operation *op) {
  if (auto relu = dyn_cast_or_null<onnx::ReluOp>(op))
    return FlooredMembrane{relu->getOperand(0), 0};
  if (auto clip = dyn_cast_or_null<onnx::ClipOp>(op)) {
    double low = clip.getLo(), high = clip.getHi();
    if (std::isfinite(low) && high >= std::numeric_limits<float>::max())
      return FlooredMembrane{clip->getOperand(0), low};
  }
  if (isa_and_nonnull<onnx::MaxOp>(op) && op->getNumOperands() == 2)
    for (unsigned side : {1u, 0u})
      if (std::optional<double> number = getUniformFloat(op->getOperand(side)))
        if (op->getOperand(1 - side).getType() == op->getResult(0).getType())
          return FlooredMembrane{op->getOperand(1 - side), *number};
  return std::nullopt;
}

std::optional<FlooredMembrane> snn::spike::matchFloor(Value value) {
  Operation *op = value.getDefiningOp();
  if (std::optional<FlooredMembrane> raised = matchRaise(op))
    return raised;
  if (!isa_and_nonnull<onnx::AddOp>(op))
    return std::nullopt;
  for (unsigned side : {1u, 0u}) {
    std::optional<double> floor = getUniformFloat(op->getOperand(side));
    std::optional<FlooredMembrane> raised =
        matchRaise(op->getOperand(1 - side).getDefiningOp());
    if (!floor || !raised || raised->floor != 0)
      continue;
    Operation *inner = raised->membrane.getDefiningOp();
    if (!isa_and_nonnull<onnx::SubOp, onnx::AddOp>(inner))
      continue;
    double sign = isa<onnx::SubOp>(inner) ? 1 : -1;
    std::optional<double> taken = getUniformFloat(inner->getOperand(1));
    if (taken && sign * *taken == *floor &&
        inner->getOperand(0).getType() == value.getType())
      return FlooredMembrane{inner->getOperand(0), *floor};
  }
  return std::nullopt;
}

SmallVector<Value> MembraneExpander::findVariables(Value value) const {
  llvm::SetVector<Value> seen;
  SmallVector<Value> found;
  seen.insert(value);
  for (size_t next = 0; next < seen.size(); ++next) {
    if (auto it = stops.find(seen[next]); it != stops.end()) {
      if (!llvm::is_contained(found, it->second))
        found.push_back(it->second);
      continue;
    }
    Operation *op = seen[next].getDefiningOp();
    if (isMembraneArithmetic(op))
      seen.insert(op->operand_begin(), op->operand_end());
    else if (std::optional<FlooredMembrane> raised = matchRaise(op))
      seen.insert(raised->membrane);
  }
  return found;
}

namespace {
/// One expansion in chosen variables; remembers what it has seen.
struct PartialExpansion {
  const MembraneExpander &expander;
  const DenseMap<Value, Value> &stops;
  ArrayRef<Value> variables;
  Value root; // expanded though it may be a variable itself
  DenseMap<Value, bool> dependent{};
  bool isPolynomial = true;

  bool depends(Value value, unsigned depth = 0) {
    if (llvm::is_contained(variables, value))
      return true;
    if (auto it = stops.find(value); it != stops.end() && value != root)
      return llvm::is_contained(variables, it->second);
    if (auto it = dependent.find(value); it != dependent.end())
      return it->second;
    Operation *op = value.getDefiningOp();
    bool result = depth <= maxDepth && isMembraneArithmetic(op) &&
                  llvm::any_of(op->getOperands(), [&](Value operand) {
                    return depends(operand, depth + 1);
                  });
    return dependent[value] = result;
  }

  Polynomial expand(Value value, unsigned depth = 0) {
    if (llvm::is_contained(variables, value))
      return Polynomial::variable(value);
    if (auto it = stops.find(value); it != stops.end() && value != root &&
                                     llvm::is_contained(variables, it->second))
      return Polynomial::variable(it->second);
    if (!depends(value)) {
      // Zeros that a membrane starts from may be written as products.
      if (std::optional<double> number = expander.number(value))
        return Polynomial::constant(*number);
      if (std::optional<double> number = expander.expand(value).asConstant())
        return Polynomial::constant(*number);
      return Polynomial::variable(value);
    }
    Operation *op = value.getDefiningOp();
    auto operand = [&](unsigned index) {
      return expand(op->getOperand(index), depth + 1);
    };
    if (depth <= maxDepth) {
      if (isa<onnx::AddOp>(op))
        return operand(0).plus(operand(1));
      if (isa<onnx::SubOp>(op))
        return operand(0).plus(operand(1), -1);
      if (isa<onnx::NegOp>(op))
        return operand(0).times(-1);
      if (isa<onnx::MulOp>(op))
        return operand(0).times(operand(1));
      if (isa<onnx::DivOp>(op))
        if (std::optional<double> divisor = operand(1).asConstant();
            divisor && *divisor != 0)
          return operand(0).times(1 / *divisor);
      if (auto where = dyn_cast<onnx::WhereOp>(op))
        if (auto it = stops.find(where.getCondition()); it != stops.end()) {
          // b + s (a - b)
          Polynomial a = operand(1), b = operand(2);
          Polynomial s = llvm::is_contained(variables, it->second)
                             ? Polynomial::variable(it->second)
                             : Polynomial::variable(where.getCondition());
          return b.plus(s.times(a.plus(b, -1)));
        }
    }
    isPolynomial = false;
    return Polynomial::variable(value);
  }
};
} // namespace

std::optional<Polynomial>
MembraneExpander::expandIn(Value value, ArrayRef<Value> variables) const {
  PartialExpansion expansion{*this, stops, variables, value};
  Polynomial result = expansion.expand(value);
  if (!expansion.isPolynomial)
    return std::nullopt;
  return result;
}

std::optional<float> MembraneExpander::evaluate(Value value,
                                                const Numbers &numbers,
                                                unsigned depth) const {
  if (auto it = numbers.find(value); it != numbers.end())
    return it->second;
  if (auto it = stops.find(value); it != stops.end())
    if (auto number = numbers.find(it->second); number != numbers.end())
      return number->second;
  if (std::optional<double> constant = number(value))
    return float(*constant);
  Operation *op = value.getDefiningOp();
  if (depth > maxDepth)
    return std::nullopt;
  if (std::optional<FlooredMembrane> raised = matchRaise(op)) {
    std::optional<float> x = evaluate(raised->membrane, numbers, depth + 1);
    return x ? std::optional(std::max(*x, float(raised->floor))) : x;
  }
  if (!isMembraneArithmetic(op))
    return std::nullopt;
  auto operand = [&](unsigned index) {
    return evaluate(op->getOperand(index), numbers, depth + 1);
  };
  if (isa<onnx::NegOp>(op)) {
    std::optional<float> x = operand(0);
    return x ? std::optional(-*x) : std::nullopt;
  }
  if (isa<onnx::WhereOp>(op)) {
    std::optional<float> condition = operand(0);
    return condition ? operand(*condition != 0 ? 1 : 2) : std::nullopt;
  }
  std::optional<float> a = operand(0), b = operand(1);
  if (!a || !b) {
    // 0 * x, as a membrane that starts from 0 may be written.
    if (std::optional<double> number = expand(value).asConstant())
      return float(*number);
    return std::nullopt;
  }
  if (isa<onnx::AddOp>(op))
    return *a + *b;
  if (isa<onnx::SubOp>(op))
    return *a - *b;
  if (isa<onnx::MulOp>(op))
    return *a * *b;
  return *a / *b;
}
