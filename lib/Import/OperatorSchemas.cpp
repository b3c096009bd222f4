//===- OperatorSchemas.cpp - What a node of each operator may have --------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The schemas of the ONNX operators that the importer knows, as far as numbers
// of inputs and outputs and kinds of attributes go: ONNX's operator changelog,
// opsets 9 to 23. A model that breaks them is one that ONNX's checker refuses;
// read with defaults in the place of what it says, it would be another network.
//
//===----------------------------------------------------------------------===//

#include "OperatorSchemas.h"

#include "llvm/ADT/StringSwitch.h"

using namespace snn::import;

/// Sorted by operator, then by opset; a schema holds until the operator's next.
static constexpr OperatorSchema schemas[] = {
    {"Abs", 6, 1, 1, 1, 1, ""},
    {"Add", 7, 2, 2, 1, 1, ""},
    {"And", 7, 2, 2, 1, 1, ""},
    {"ArgMax", 1, 1, 1, 1, 1, "axis:i keepdims:i"},
    {"ArgMax", 12, 1, 1, 1, 1, "axis:i keepdims:i select_last_index:i"},
    {"AveragePool", 7, 1, 1, 1, 1,
     "auto_pad:s count_include_pad:i kernel_shape:is! pads:is strides:is"},
    {"AveragePool", 10, 1, 1, 1, 1,
     "auto_pad:s ceil_mode:i count_include_pad:i kernel_shape:is! pads:is "
     "strides:is"},
    {"AveragePool", 19, 1, 1, 1, 1,
     "auto_pad:s ceil_mode:i count_include_pad:i dilations:is kernel_shape:is! "
     "pads:is strides:is"},
    {"BatchNormalization", 9, 5, 5, 1, 5, "epsilon:f momentum:f"},
    {"BatchNormalization", 14, 5, 5, 1, 3,
     "epsilon:f momentum:f training_mode:i"},
    {"Bernoulli", 15, 1, 1, 1, 1, "dtype:i seed:f"},
    {"Cast", 9, 1, 1, 1, 1, "to:i!"},
    {"Cast", 19, 1, 1, 1, 1, "saturate:i to:i!"},
    {"Clip", 6, 1, 1, 1, 1, "max:f min:f"},
    {"Clip", 11, 1, 3, 1, 1, ""},
    {"Concat", 4, 1, -1, 1, 1, "axis:i!"},
    {"Constant", 9, 0, 0, 1, 1, "value:t!"},
    {"Constant", 11, 0, 0, 1, 1, "sparse_value:st value:t"},
    {"Constant", 12, 0, 0, 1, 1,
     "sparse_value:st value:t value_float:f value_floats:fs value_int:i "
     "value_ints:is value_string:s value_strings:ss"},
    {"ConstantOfShape", 9, 1, 1, 1, 1, "value:t"},
    {"Conv", 1, 2, 3, 1, 1,
     "auto_pad:s dilations:is group:i kernel_shape:is pads:is strides:is"},
    {"DequantizeLinear", 10, 2, 3, 1, 1, ""},
    {"DequantizeLinear", 13, 2, 3, 1, 1, "axis:i"},
    {"DequantizeLinear", 21, 2, 3, 1, 1, "axis:i block_size:i"},
    {"DequantizeLinear", 23, 2, 3, 1, 1, "axis:i block_size:i output_dtype:i"},
    {"Div", 7, 2, 2, 1, 1, ""},
    {"Dropout", 7, 1, 1, 1, 2, "ratio:f"},
    {"Dropout", 12, 1, 3, 1, 2, "seed:i"},
    {"Equal", 7, 2, 2, 1, 1, ""},
    {"Erf", 9, 1, 1, 1, 1, ""},
    {"Exp", 6, 1, 1, 1, 1, ""},
    {"Expand", 8, 2, 2, 1, 1, ""},
    {"Flatten", 9, 1, 1, 1, 1, "axis:i"},
    {"Gather", 1, 2, 2, 1, 1, "axis:i"},
    {"Gelu", 20, 1, 1, 1, 1, "approximate:s"},
    {"Gemm", 9, 3, 3, 1, 1, "alpha:f beta:f transA:i transB:i"},
    {"Gemm", 11, 2, 3, 1, 1, "alpha:f beta:f transA:i transB:i"},
    {"GlobalAveragePool", 1, 1, 1, 1, 1, ""},
    {"Greater", 9, 2, 2, 1, 1, ""},
    {"GreaterOrEqual", 12, 2, 2, 1, 1, ""},
    {"Identity", 1, 1, 1, 1, 1, ""},
    // Runtimes have it as an extension before 17, with attributes of their own.
    {"LayerNormalization", 1, 2, 3, 1, 3, "axis:i epsilon:f stash_type:i *"},
    {"LayerNormalization", 17, 2, 3, 1, 3, "axis:i epsilon:f stash_type:i"},
    {"Less", 9, 2, 2, 1, 1, ""},
    {"LessOrEqual", 12, 2, 2, 1, 1, ""},
    {"Log", 6, 1, 1, 1, 1, ""},
    {"Loop", 1, 3, -1, 1, -1, "body:g!"},
    {"Loop", 11, 2, -1, 1, -1, "body:g!"},
    {"MatMul", 9, 2, 2, 1, 1, ""},
    {"Max", 8, 1, -1, 1, 1, ""},
    {"MaxPool", 8, 1, 1, 1, 2,
     "auto_pad:s kernel_shape:is! pads:is storage_order:i strides:is"},
    {"MaxPool", 10, 1, 1, 1, 2,
     "auto_pad:s ceil_mode:i dilations:is kernel_shape:is! pads:is "
     "storage_order:i strides:is"},
    {"Min", 8, 1, -1, 1, 1, ""},
    {"Mul", 7, 2, 2, 1, 1, ""},
    {"Neg", 6, 1, 1, 1, 1, ""},
    {"Not", 1, 1, 1, 1, 1, ""},
    {"Or", 7, 2, 2, 1, 1, ""},
    {"Pad", 2, 1, 1, 1, 1, "mode:s pads:is! value:f"},
    {"Pad", 11, 2, 3, 1, 1, "mode:s"},
    {"Pad", 18, 2, 4, 1, 1, "mode:s"},
    {"Pow", 7, 2, 2, 1, 1, ""},
    {"QuantizeLinear", 10, 2, 3, 1, 1, ""},
    {"QuantizeLinear", 13, 2, 3, 1, 1, "axis:i"},
    {"QuantizeLinear", 19, 2, 3, 1, 1, "axis:i saturate:i"},
    {"QuantizeLinear", 21, 2, 3, 1, 1,
     "axis:i block_size:i output_dtype:i saturate:i"},
    {"QuantizeLinear", 23, 2, 3, 1, 1,
     "axis:i block_size:i output_dtype:i precision:i saturate:i"},
    {"RandomUniformLike", 1, 1, 1, 1, 1, "dtype:i high:f low:f seed:f"},
    {"Range", 11, 3, 3, 1, 1, ""},
    {"Reciprocal", 6, 1, 1, 1, 1, ""},
    {"ReduceMax", 1, 1, 1, 1, 1, "axes:is keepdims:i"},
    {"ReduceMax", 18, 1, 2, 1, 1, "keepdims:i noop_with_empty_axes:i"},
    {"ReduceMean", 1, 1, 1, 1, 1, "axes:is keepdims:i"},
    {"ReduceMean", 18, 1, 2, 1, 1, "keepdims:i noop_with_empty_axes:i"},
    {"ReduceSum", 1, 1, 1, 1, 1, "axes:is keepdims:i"},
    {"ReduceSum", 13, 1, 2, 1, 1, "keepdims:i noop_with_empty_axes:i"},
    {"Relu", 6, 1, 1, 1, 1, ""},
    {"Reshape", 5, 2, 2, 1, 1, ""},
    {"Reshape", 14, 2, 2, 1, 1, "allowzero:i"},
    {"ScatterND", 11, 3, 3, 1, 1, ""},
    {"ScatterND", 16, 3, 3, 1, 1, "reduction:s"},
    {"Shape", 1, 1, 1, 1, 1, ""},
    {"Shape", 15, 1, 1, 1, 1, "end:i start:i"},
    {"Sigmoid", 6, 1, 1, 1, 1, ""},
    {"Slice", 1, 1, 1, 1, 1, "axes:is ends:is! starts:is!"},
    {"Slice", 10, 3, 5, 1, 1, ""},
    {"Softmax", 1, 1, 1, 1, 1, "axis:i"},
    {"Split", 2, 1, 1, 1, -1, "axis:i split:is"},
    {"Split", 13, 1, 2, 1, -1, "axis:i"},
    {"Split", 18, 1, 2, 1, -1, "axis:i num_outputs:i"},
    {"Sqrt", 6, 1, 1, 1, 1, ""},
    {"Squeeze", 1, 1, 1, 1, 1, "axes:is"},
    {"Squeeze", 13, 1, 2, 1, 1, ""},
    {"Sub", 7, 2, 2, 1, 1, ""},
    {"Sum", 8, 1, -1, 1, 1, ""},
    {"Tanh", 6, 1, 1, 1, 1, ""},
    {"Tile", 6, 2, 2, 1, 1, ""},
    {"Transpose", 1, 1, 1, 1, 1, "perm:is"},
    {"Unsqueeze", 1, 1, 1, 1, 1, "axes:is!"},
    {"Unsqueeze", 13, 2, 2, 1, 1, ""},
    {"Where", 9, 3, 3, 1, 1, ""},
};

const OperatorSchema *snn::import::findSchema(llvm::StringRef op,
                                              int64_t opset) {
  const OperatorSchema *found = nullptr;
  for (const OperatorSchema &schema : schemas)
    if (schema.op == op && (!found || schema.since <= opset))
      found = &schema;
  return found;
}

std::vector<AttributeSchema> OperatorSchema::listAttributes() const {
  std::vector<AttributeSchema> list;
  llvm::StringRef rest = attributes;
  while (!rest.empty()) {
    auto [entry, behind] = rest.split(' ');
    rest = behind;
    if (entry == "*")
      continue;
    AttributeSchema attribute;
    attribute.isRequired = entry.consume_back("!");
    llvm::StringRef kind;
    std::tie(attribute.name, kind) = entry.split(':');
    attribute.kind = llvm::StringSwitch<AttributeEntry::Kind>(kind)
                         .Case("i", AttributeEntry::Int)
                         .Case("f", AttributeEntry::Float)
                         .Case("s", AttributeEntry::String)
                         .Case("t", AttributeEntry::Tensor)
                         .Case("is", AttributeEntry::Ints)
                         .Case("fs", AttributeEntry::Floats)
                         .Case("ss", AttributeEntry::Strings)
                         .Case("g", AttributeEntry::Graph)
                         .Default(AttributeEntry::Other);
    list.push_back(attribute);
  }
  return list;
}
