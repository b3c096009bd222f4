//===- MembranePolynomial.h - Arithmetic of exported membranes --*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Exporters write one neuron's step in many orders of additions and products,
// all of which are the same polynomial in the values that it reads.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_DIALECT_SPIKE_TRANSFORMS_MEMBRANEPOLYNOMIAL_H
#define SNN_LIB_DIALECT_SPIKE_TRANSFORMS_MEMBRANEPOLYNOMIAL_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <map>
#include <optional>
#include <vector>

namespace snn::spike {

/// The number that all elements of a float constant are.
std::optional<double> getUniformFloat(mlir::Value value);

/// A float constant that differs along one axis only.
struct ChannelNumbers {
  std::vector<float> values;
  int64_t behind = 0; ///< axes behind that axis
};
std::optional<ChannelNumbers> getChannelNumbers(mlir::Value value);

/// A polynomial with values of the program as its variables.
class Polynomial {
public:
  /// Variables in a fixed order, with repetitions; empty for the constant.
  using Monomial = std::vector<const void *>;

  static Polynomial constant(double number);
  static Polynomial variable(mlir::Value value);

  Polynomial plus(const Polynomial &other, double factor = 1) const;
  Polynomial times(const Polynomial &other) const;
  Polynomial times(double factor) const { return times(constant(factor)); }
  /// The number that the polynomial is; nullopt if it has variables.
  std::optional<double> asConstant() const;

  double coefficient(llvm::ArrayRef<mlir::Value> variables) const;
  /// The variables that occur.
  std::vector<mlir::Value> variables() const;
  /// The number of terms that are not zero.
  size_t terms() const { return coefficients.size(); }

private:
  void add(const Monomial &monomial, double coefficient);
  std::map<Monomial, double> coefficients;
};

/// Expands values to polynomials.
class MembraneExpander {
public:
  /// `value` stands for `variable` (itself, if that is null) wherever it
  /// occurs; a Bool value for the number 1 or 0.
  void stopAt(mlir::Value value, mlir::Value variable = {});
  /// From here on constants that differ between channels are numbers, those of
  /// `channel`; without one they are values like others.
  void setChannel(std::optional<int64_t> channel) { this->channel = channel; }
  /// The number that a constant is.
  std::optional<double> number(mlir::Value value) const;
  /// The polynomial that `value` is, in the values that are no sums, products
  /// or selections.
  Polynomial expand(mlir::Value value) const { return expand(value, 0); }

  /// The variables of `stopAt` that the arithmetic of `value` reaches, also
  /// through floors, the nearest first.
  llvm::SmallVector<mlir::Value> findVariables(mlir::Value value) const;
  /// The polynomial that `value` is in some of those variables, or in any
  /// values, and in values that depend on none of them, each as a whole;
  /// nullopt where it is none.
  std::optional<Polynomial>
  expandIn(mlir::Value value, llvm::ArrayRef<mlir::Value> variables) const;

  /// Numbers of variables and of other values.
  using Numbers = llvm::DenseMap<mlir::Value, float>;
  /// What the exported operations, each rounded to F32, make of `numbers`;
  /// nullopt where something else is read.
  std::optional<float> evaluate(mlir::Value value,
                                const Numbers &numbers) const {
    return evaluate(value, numbers, 0);
  }

private:
  Polynomial expand(mlir::Value value, unsigned depth) const;
  std::optional<float> evaluate(mlir::Value value, const Numbers &numbers,
                                unsigned depth) const;
  llvm::DenseMap<mlir::Value, mlir::Value> stops;
  std::optional<int64_t> channel;
  mutable llvm::DenseMap<mlir::Value, std::vector<float>> ofChannels;
};

/// Whether the membrane's arithmetic is followed through `op`.
bool isMembraneArithmetic(mlir::Operation *op);

/// A membrane that goes no lower than a number.
struct FlooredMembrane {
  mlir::Value membrane;
  double floor;
};
/// What `value` keeps from going lower: max(v - m, 0) + m, or max(v, m).
std::optional<FlooredMembrane> matchFloor(mlir::Value value);

} // namespace snn::spike

#endif // SNN_LIB_DIALECT_SPIKE_TRANSFORMS_MEMBRANEPOLYNOMIAL_H
