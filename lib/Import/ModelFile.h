//===- ModelFile.h - What an .onnx file says --------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The contents of an ONNX protobuf in plain structures, without the weights'
// bytes. Protobuf headers stay inside ModelFile.cpp.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_IMPORT_MODELFILE_H
#define SNN_LIB_IMPORT_MODELFILE_H

#include "snn/Dialect/Onnx/PackedTypes.h"
#include "snn/runtime/Tensor.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace snn::import {

/// A TensorProto. The data is in `inlined`, or stays in the model file or in an
/// external file.
struct TensorEntry {
  std::string name;
  rt::Shape dims;
  int32_t dataType = 0;
  /// Small data that the model file holds itself.
  std::optional<rt::Tensor> inlined;
  /// Why the tensor cannot be used (element type, data that does not fit its
  /// shape, missing external data); reported only if the tensor is needed.
  std::string problem;
};

struct GraphEntry;

/// A node's attribute; `kind` says which field counts.
struct AttributeEntry {
  enum Kind { Int, Float, String, Tensor, Ints, Floats, Strings, Graph, Other };
  Kind kind = Other;
  /// No field but the one of `kind` is filled.
  bool isConsistent = true;
  int64_t i = 0;
  double f = 0;
  std::string s;
  std::vector<int64_t> ints;
  std::vector<float> floats;
  /// In a function's body: the attribute of the call that is meant.
  std::string reference;
  TensorEntry tensor;
  std::shared_ptr<const GraphEntry> graph;
};

struct NodeEntry {
  std::string name, opType, domain;
  std::vector<std::string> inputs, outputs;
  /// Values of enclosing graphs that the graphs in its attributes use.
  std::vector<std::string> captures;
  llvm::StringMap<AttributeEntry> attributes;
  /// An attribute that the node has more than once; empty if there is none.
  std::string repeatedAttribute;

  /// "Gelu" or "com.microsoft:Gelu".
  std::string qualifiedType() const {
    return domain.empty() ? opType : domain + ":" + opType;
  }
  /// The node's name, or its first output's if it has none.
  const std::string &label() const;
};

/// A dimension of a graph input: a size, or a name (perhaps empty) if dynamic.
struct DimEntry {
  int64_t size = -1;
  std::string param;
  bool isDynamic() const { return size < 0; }
};

struct ValueEntry {
  ValueEntry() = default;
  explicit ValueEntry(std::string name) : name(std::move(name)) {}

  std::string name;
  bool isTensor = false;
  bool hasShape = false;
  int32_t elementType = 0;
  std::vector<DimEntry> dims;
  /// What is wrong with the type, reported if the value is needed.
  std::string problem;
};

/// A model's graph, or the body of a control flow node.
struct GraphEntry {
  std::vector<NodeEntry> nodes;
  std::vector<ValueEntry> inputs, outputs;
  std::vector<TensorEntry> initializers;
};

/// An operator as a body of others.
struct FunctionEntry : GraphEntry {
  int64_t opset = 0;
  /// Attributes that a call may leave out.
  llvm::StringMap<AttributeEntry> defaults;
};

struct ModelEntry : GraphEntry {
  /// Types of values between the nodes, where the model states them.
  std::vector<ValueEntry> declared;
  std::string graphName;
  int64_t opset = 0;
  /// The model's own operators, by qualified type.
  llvm::StringMap<FunctionEntry> functions;
  /// Data types that the model uses and that stand for others (`isConverted`).
  std::set<int32_t> convertedTypes;
  std::map<std::string, std::string> metadata;
};

/// Reads the file. The error says what is wrong, without the path.
llvm::Expected<ModelEntry> readModelFile(llvm::StringRef path);

/// The element type that stands for a TensorProto data type, if there is one:
/// the runtime's own, or for float16, bfloat16 and double float32, for unsigned
/// integers of more than 8 bits the next signed type, for integers of less than
/// 8 bits those of 8 bits.
std::optional<rt::DType> toDType(int32_t dataType);
/// Whether `toDType` is another type than the file's.
bool isConverted(int32_t dataType);
/// Whether elements are integers of 16 bits.
bool is16Bit(int64_t dataType);
/// "FLOAT16"; "number 42" for an unknown one.
std::string dataTypeName(int32_t dataType);

/// A copy of a serialised ModelProto in which every long data field of an
/// initialiser or a tensor attribute is replaced by an `external_data` entry
/// whose key is `strippedBytesKey` or `strippedElementsKey` and whose value is
/// the length in bytes (raw data) or elements. The error names the first byte
/// that is not protobuf.
llvm::Expected<std::string> stripWeights(llvm::StringRef bytes);
constexpr llvm::StringLiteral strippedBytesKey = "snnc.bytes";
constexpr llvm::StringLiteral strippedElementsKey = "snnc.elements";

} // namespace snn::import

#endif // SNN_LIB_IMPORT_MODELFILE_H
