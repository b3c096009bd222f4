//===- F64.h - A double as a type parameter ---------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A double that can be a parameter of a type: uniqued by its bits, printed as
// the shortest decimal that reads back to the same bits.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_F64_H
#define SNN_DIALECT_SPIKE_F64_H

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/Hashing.h"
#include "llvm/ADT/bit.h"

namespace snn::spike {

struct F64 {
  double value = 0;
  F64(double value = 0) : value(value) {}
  operator double() const { return value; }
  bool operator==(const F64 &other) const {
    return llvm::bit_cast<uint64_t>(value) ==
           llvm::bit_cast<uint64_t>(other.value);
  }
  friend llvm::hash_code hash_value(const F64 &f) {
    return llvm::hash_value(llvm::bit_cast<uint64_t>(f.value));
  }
};

/// The shortest decimal that reads back to `value`, with a dot, as MLIR's lexer
/// wants it.
std::string toShortest(double value);

} // namespace snn::spike

template <> struct mlir::FieldParser<snn::spike::F64> {
  static FailureOr<snn::spike::F64> parse(AsmParser &parser) {
    double value;
    if (parser.parseFloat(value))
      return failure();
    return snn::spike::F64(value);
  }
};

#endif // SNN_DIALECT_SPIKE_F64_H
