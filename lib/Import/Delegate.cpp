//===- Delegate.cpp - Operators imported as others ------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Delegate.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace snn;
using namespace snn::import;
using llvm::ArrayRef;
using llvm::StringRef;

Delegate::Attribute Delegate::i64(std::string name, int64_t value) {
  AttributeEntry entry;
  entry.kind = AttributeEntry::Int;
  entry.i = value;
  return {std::move(name), entry};
}

Delegate::Attribute Delegate::ints(std::string name, ArrayRef<int64_t> values) {
  AttributeEntry entry;
  entry.kind = AttributeEntry::Ints;
  entry.ints = values.vec();
  return {std::move(name), entry};
}

Delegate::Attribute Delegate::str(std::string name, std::string value) {
  AttributeEntry entry;
  entry.kind = AttributeEntry::String;
  entry.s = std::move(value);
  return {std::move(name), entry};
}

Delegate::Attributes Delegate::own(ArrayRef<StringRef> except) const {
  Attributes attributes;
  for (const auto &attribute : node.entry.attributes)
    if (!llvm::is_contained(except, attribute.getKey()))
      attributes.emplace_back(attribute.getKey().str(), attribute.getValue());
  return attributes;
}

Imported *Delegate::absent() {
  alignas(Imported) static char none; // only its address is used
  return reinterpret_cast<Imported *>(&none);
}

Imported *Delegate::op(StringRef type, ArrayRef<Term> operands,
                       Attributes attributes, StringRef output) {
  if (llvm::is_contained(operands, nullptr))
    return nullptr;
  NodeEntry inner;
  inner.name = node.entry.label();
  auto [domain, name] = type.rsplit(':');
  inner.opType = (name.empty() ? domain : name).str();
  inner.domain = name.empty() ? "" : domain.str();
  for (auto &[key, value] : attributes)
    inner.attributes[key] = value;
  Importer &importer = node.importer;
  for (Term operand : operands) {
    if (operand == absent()) {
      inner.inputs.emplace_back();
      continue;
    }
    // Names that no file can hold.
    std::string name =
        "\1" + llvm::utohexstr(reinterpret_cast<uintptr_t>(operand));
    importer.values[name] = operand;
    inner.inputs.push_back(std::move(name));
  }
  std::string result = output.str();
  if (result.empty())
    result = "\2" + llvm::utohexstr(reinterpret_cast<uintptr_t>(&node)) + "." +
             std::to_string(count++);
  inner.outputs = {result};
  importer.used.insert(result);
  Handler handler = findHandler(inner.qualifiedType());
  if (!handler) {
    node.error() << "needs the operator '" << type
                 << "', which is not supported";
    return nullptr;
  }
  Node made(importer, inner);
  if (failed(made.resolveInputs()) || failed(handler(made)))
    return nullptr;
  return importer.values.lookup(result);
}

Imported *Delegate::dequantize(Term x, size_t scale, size_t zero,
                               int64_t axis) {
  return op("DequantizeLinear", {x, in(scale), in(zero)}, {i64("axis", axis)});
}

LogicalResult Delegate::quantize(Term y, size_t scale, size_t zero) {
  Term q = op("QuantizeLinear", {y, in(scale), in(zero)}, {}, output());
  return q ? node.bind(0, q) : failure();
}
