//===- Delegate.h - Operators imported as others ----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Handlers that write an operator as other operators, which their own handlers
// import under the name of the node. As with `Composer`, a null value is a step
// that failed with its error reported.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_IMPORT_DELEGATE_H
#define SNN_LIB_IMPORT_DELEGATE_H

#include "Importer.h"

namespace snn::import {

class Delegate {
public:
  using Term = Imported *;
  using Attribute = std::pair<std::string, AttributeEntry>;
  using Attributes = std::vector<Attribute>;

  explicit Delegate(Node &node) : node(node) {}

  static Attribute i64(std::string name, int64_t value);
  static Attribute ints(std::string name, llvm::ArrayRef<int64_t> values);
  static Attribute str(std::string name, std::string value);
  /// The node's own attributes, those in `except` excluded.
  Attributes own(llvm::ArrayRef<llvm::StringRef> except = {}) const;

  /// The result of the operator `type` ("Conv", "com.microsoft:Attention"). An
  /// absent operand is `absent()`. `output` names the result as an output of
  /// the node.
  Term op(llvm::StringRef type, llvm::ArrayRef<Term> operands,
          Attributes attributes = {}, llvm::StringRef output = "");
  /// Stands for an operand that is left out.
  static Term absent();
  /// Input `i` of the node, or `absent()`.
  Term in(size_t i) const { return node.has(i) ? node.in(i) : absent(); }
  /// The name of output 0.
  llvm::StringRef output() const {
    return node.entry.outputs.empty() ? llvm::StringRef()
                                      : node.entry.outputs.front();
  }

  /// x dequantised by inputs `scale` and `zero` of the node, along `axis` where
  /// these are vectors.
  Term dequantize(Term x, size_t scale, size_t zero, int64_t axis = 1);
  /// y quantised by inputs `scale` and `zero`, which becomes output 0.
  mlir::LogicalResult quantize(Term y, size_t scale, size_t zero);

private:
  Node &node;
  unsigned count = 0;
};

} // namespace snn::import

#endif // SNN_LIB_IMPORT_DELEGATE_H
