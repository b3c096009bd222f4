//===- OperatorSchemas.cpp - What a node of an operator may have ----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Numbers of inputs and outputs and kinds of attributes, by the schemas of the
// ONNX library and, for the opsets that are newer than the library, a table. A
// model that breaks them is one that ONNX's checker refuses; read with defaults
// in the place of what it says, it would be another network.
//
//===----------------------------------------------------------------------===//

#include "OperatorSchemas.h"
#include "ModelProto.h"
#include "onnx/defs/schema.h"
#include "llvm/ADT/StringSwitch.h"

using namespace snn::import;
using llvm::StringRef;

//===----------------------------------------------------------------------===//
// Opsets above the library's
//===----------------------------------------------------------------------===//

namespace {
struct NewSchema {
  llvm::StringLiteral op;
  int since;
  int minInputs, maxInputs, minOutputs, maxOutputs;
  /// "axis:i perm:is! ...": name, kind (i, f, s, t or g, and lists is, fs, ss),
  /// and '!' where there is no default.
  llvm::StringLiteral attributes;
};
} // namespace

/// The opset that Debian's library ends with.
static constexpr int64_t libraryOpset = 17;

#define RESIZE                                                                 \
  "antialias:i axes:is coordinate_transformation_mode:s cubic_coeff_a:f "      \
  "exclude_outside:i extrapolation_value:f keep_aspect_ratio_policy:s mode:s " \
  "nearest_mode:s"

/// What opsets 18 to 25 changed in these respects (ONNX's operator changelog),
/// by operator and opset; element types aside, all else is as before.
static constexpr NewSchema newSchemas[] = {
    {"AffineGrid", 20, 2, 2, 1, 1, "align_corners:i"},
    {"Attention", 23, 3, 6, 1, 4,
     "is_causal:i kv_num_heads:i q_num_heads:i qk_matmul_output_mode:i scale:f "
     "softcap:f softmax_precision:i"},
    {"Attention", 24, 3, 7, 1, 4,
     "is_causal:i kv_num_heads:i q_num_heads:i qk_matmul_output_mode:i scale:f "
     "softcap:f softmax_precision:i"},
    {"AveragePool", 19, 1, 1, 1, 1,
     "auto_pad:s ceil_mode:i count_include_pad:i dilations:is kernel_shape:is! "
     "pads:is strides:is"},
    {"BitwiseAnd", 18, 2, 2, 1, 1, ""},
    {"BitwiseNot", 18, 1, 1, 1, 1, ""},
    {"BitwiseOr", 18, 2, 2, 1, 1, ""},
    {"BitwiseXor", 18, 2, 2, 1, 1, ""},
    {"Cast", 19, 1, 1, 1, 1, "saturate:i to:i!"},
    {"Cast", 24, 1, 1, 1, 1, "round_mode:s saturate:i to:i!"},
    {"CastLike", 19, 2, 2, 1, 1, "saturate:i"},
    {"CastLike", 24, 2, 2, 1, 1, "round_mode:s saturate:i"},
    {"CenterCropPad", 18, 2, 2, 1, 1, "axes:is"},
    {"Col2Im", 18, 3, 3, 1, 1, "dilations:is pads:is strides:is"},
    {"DequantizeLinear", 21, 2, 3, 1, 1, "axis:i block_size:i"},
    {"DequantizeLinear", 23, 2, 3, 1, 1, "axis:i block_size:i output_dtype:i"},
    {"DFT", 20, 1, 3, 1, 1, "inverse:i onesided:i"},
    {"Gelu", 20, 1, 1, 1, 1, "approximate:s"},
    {"GroupNormalization", 18, 3, 3, 1, 1, "epsilon:f num_groups:i!"},
    {"GroupNormalization", 21, 3, 3, 1, 1,
     "epsilon:f num_groups:i! stash_type:i"},
    {"LpPool", 18, 1, 1, 1, 1,
     "auto_pad:s ceil_mode:i dilations:is kernel_shape:is! p:i pads:is "
     "strides:is"},
    {"Mish", 18, 1, 1, 1, 1, ""},
    {"Pad", 18, 2, 4, 1, 1, "mode:s"},
    {"QuantizeLinear", 19, 2, 3, 1, 1, "axis:i saturate:i"},
    {"QuantizeLinear", 21, 2, 3, 1, 1,
     "axis:i block_size:i output_dtype:i saturate:i"},
    {"QuantizeLinear", 23, 2, 3, 1, 1,
     "axis:i block_size:i output_dtype:i precision:i saturate:i"},
    {"RMSNormalization", 23, 2, 2, 1, 1, "axis:i epsilon:f stash_type:i"},
    {"ReduceL1", 18, 1, 2, 1, 1, "keepdims:i noop_with_empty_axes:i"},
    {"ReduceL2", 18, 1, 2, 1, 1, "keepdims:i noop_with_empty_axes:i"},
    {"ReduceLogSum", 18, 1, 2, 1, 1, "keepdims:i noop_with_empty_axes:i"},
    {"ReduceLogSumExp", 18, 1, 2, 1, 1, "keepdims:i noop_with_empty_axes:i"},
    {"ReduceMax", 18, 1, 2, 1, 1, "keepdims:i noop_with_empty_axes:i"},
    {"ReduceMean", 18, 1, 2, 1, 1, "keepdims:i noop_with_empty_axes:i"},
    {"ReduceMin", 18, 1, 2, 1, 1, "keepdims:i noop_with_empty_axes:i"},
    {"ReduceProd", 18, 1, 2, 1, 1, "keepdims:i noop_with_empty_axes:i"},
    {"ReduceSumSquare", 18, 1, 2, 1, 1, "keepdims:i noop_with_empty_axes:i"},
    {"Resize", 18, 1, 4, 1, 1, RESIZE},
    {"RotaryEmbedding", 23, 3, 4, 1, 1,
     "interleaved:i num_heads:i rotary_embedding_dim:i"},
    {"Split", 18, 1, 2, 1, -1, "axis:i num_outputs:i"},
    {"Swish", 24, 1, 1, 1, 1, "alpha:f"},
};

#undef RESIZE

static OperatorSchema toSchema(const NewSchema &entry) {
  OperatorSchema schema;
  schema.since = entry.since;
  schema.minInputs = entry.minInputs;
  schema.maxInputs = entry.maxInputs;
  schema.minOutputs = entry.minOutputs;
  schema.maxOutputs = entry.maxOutputs;
  StringRef rest = entry.attributes;
  while (!rest.empty()) {
    auto [item, behind] = rest.split(' ');
    rest = behind;
    AttributeSchema attribute;
    attribute.isRequired = item.consume_back("!");
    auto [name, kind] = item.split(':');
    attribute.name = name.str();
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
    schema.attributes.push_back(std::move(attribute));
  }
  return schema;
}

//===----------------------------------------------------------------------===//
// The library's
//===----------------------------------------------------------------------===//

static AttributeEntry::Kind toKind(::onnx::AttributeProto::AttributeType type) {
  switch (type) {
  case ::onnx::AttributeProto::INT:
    return AttributeEntry::Int;
  case ::onnx::AttributeProto::FLOAT:
    return AttributeEntry::Float;
  case ::onnx::AttributeProto::STRING:
    return AttributeEntry::String;
  case ::onnx::AttributeProto::TENSOR:
    return AttributeEntry::Tensor;
  case ::onnx::AttributeProto::INTS:
    return AttributeEntry::Ints;
  case ::onnx::AttributeProto::FLOATS:
    return AttributeEntry::Floats;
  case ::onnx::AttributeProto::STRINGS:
    return AttributeEntry::Strings;
  case ::onnx::AttributeProto::GRAPH:
    return AttributeEntry::Graph;
  default:
    return AttributeEntry::Other;
  }
}

static OperatorSchema toSchema(const ::onnx::OpSchema &library) {
  auto limit = [](int most) {
    return most == std::numeric_limits<int>::max() ? -1 : most;
  };
  OperatorSchema schema;
  schema.since = library.SinceVersion();
  schema.isDeprecated = library.Deprecated();
  schema.minInputs = library.min_input();
  schema.maxInputs = limit(library.max_input());
  schema.minOutputs = library.min_output();
  schema.maxOutputs = limit(library.max_output());
  for (const auto &[name, attribute] : library.attributes())
    schema.attributes.push_back(
        {name, toKind(attribute.type), attribute.required});
  return schema;
}

/// Runtimes have these as extensions of older opsets, with attributes of their
/// own.
static bool isExtension(StringRef op) { return op == "LayerNormalization"; }

static std::optional<OperatorSchema> makeSchema(StringRef op, int64_t opset) {
  const NewSchema *first = nullptr, *found = nullptr;
  for (const NewSchema &entry : newSchemas) {
    if (entry.op != op)
      continue;
    if (!first)
      first = &entry;
    if (entry.since <= opset)
      found = &entry;
  }
  if (found)
    return toSchema(*found);
  using Registry = ::onnx::OpSchemaRegistry;
  std::string name = op.str();
  int version = static_cast<int>(std::min(opset, libraryOpset));
  if (const ::onnx::OpSchema *schema = Registry::Schema(name, version, ""))
    return toSchema(*schema);
  for (; version <= libraryOpset; ++version)
    if (const ::onnx::OpSchema *schema = Registry::Schema(name, version, "")) {
      OperatorSchema newer = toSchema(*schema);
      if (isExtension(op)) {
        newer.since = 1;
        newer.hasOthers = true;
      }
      return newer;
    }
  if (first)
    return toSchema(*first);
  return std::nullopt;
}

const OperatorSchema *OperatorSchemas::find(StringRef op, int64_t opset) {
  auto [it, isNew] = made[opset].try_emplace(op);
  if (isNew)
    it->second = makeSchema(op, opset);
  return it->second ? &*it->second : nullptr;
}
