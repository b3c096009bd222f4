//===- ModelFile.cpp - What an .onnx file says ----------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelFile.h"
#include "ModelProto.h"
#include "snn/Support/InputFile.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/Twine.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <charconv>
#include <cstring>

using namespace snn;
using namespace snn::import;
using llvm::StringRef;
using llvm::Twine;
using Proto = ::onnx::TensorProto;

static llvm::Error makeError(const Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

const std::string &NodeEntry::label() const {
  if (!name.empty())
    return name;
  for (const std::string &output : outputs)
    if (!output.empty())
      return output;
  return opType;
}

std::optional<rt::DType> snn::import::toDType(int32_t dataType) {
  if (snn::onnx::packedWidth(dataType))
    return snn::onnx::isPackedSigned(dataType) ? rt::DType::I8 : rt::DType::U8;
  switch (dataType) {
  case Proto::FLOAT:
  case Proto::FLOAT16:
  case Proto::BFLOAT16:
  case Proto::DOUBLE:
    return rt::DType::F32;
  case Proto::UINT8:
    return rt::DType::U8;
  case Proto::INT8:
    return rt::DType::I8;
  case Proto::INT16:
    return rt::DType::I16;
  case Proto::INT32:
  case Proto::UINT16:
    return rt::DType::I32;
  case Proto::INT64:
  case Proto::UINT32:
  case Proto::UINT64:
    return rt::DType::I64;
  case Proto::BOOL:
    return rt::DType::Bool;
  default:
    return std::nullopt;
  }
}

bool snn::import::isConverted(int32_t dataType) {
  switch (dataType) {
  case Proto::FLOAT16:
  case Proto::BFLOAT16:
  case Proto::DOUBLE:
  case Proto::UINT16:
  case Proto::UINT32:
  case Proto::UINT64:
    return true;
  default:
    return false;
  }
}

bool snn::import::is16Bit(int64_t dataType) {
  return dataType == Proto::UINT16 || dataType == Proto::INT16;
}

/// Bytes of an element in the file, if it is not packed.
static size_t storedWidth(int32_t dataType) {
  switch (dataType) {
  case Proto::FLOAT16:
  case Proto::BFLOAT16:
  case Proto::UINT16:
    return 2;
  case Proto::UINT32:
    return 4;
  case Proto::DOUBLE:
    return 8;
  default:
    return rt::byteWidth(*toDType(dataType));
  }
}

/// Bytes of `count` elements in the file.
static uint64_t storedBytes(int32_t dataType, int64_t count) {
  if (std::optional<int> bits = snn::onnx::packedWidth(dataType))
    return snn::onnx::packedBytes(count, *bits);
  return count * storedWidth(dataType);
}

std::string snn::import::dataTypeName(int32_t dataType) {
  if (std::optional<int> bits = snn::onnx::packedWidth(dataType))
    return (snn::onnx::isPackedSigned(dataType) ? "INT" : "UINT") +
           std::to_string(*bits);
  if (Proto::DataType_IsValid(dataType))
    return Proto::DataType_Name(static_cast<Proto::DataType>(dataType));
  return "number " + std::to_string(dataType);
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

/// The number of elements of `dims`, or nothing if it is negative or too large.
static std::optional<int64_t> countElements(const rt::Shape &dims) {
  int64_t count = 1;
  for (int64_t dim : dims)
    if (dim < 0 || llvm::MulOverflow(count, dim, count) ||
        count > (int64_t(1) << 48))
      return std::nullopt;
  return count;
}

/// Copies typed data (float_data, int32_data, ...) to elements of `T`.
template <typename T, typename Field>
static void copyField(const Field &field, rt::Tensor &tensor) {
  std::transform(field.begin(), field.end(), tensor.data<T>(),
                 [](auto value) { return static_cast<T>(value); });
}

/// A float of 16 bits, of either kind.
static float widenHalf(uint16_t bits, int32_t dataType) {
  if (dataType == Proto::BFLOAT16)
    return llvm::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
  llvm::APFloat value(llvm::APFloat::IEEEhalf(), llvm::APInt(16, bits));
  bool isExact;
  value.convert(llvm::APFloat::IEEEsingle(), llvm::APFloat::rmNearestTiesToEven,
                &isExact);
  return value.convertToFloat();
}

/// The typed field that holds data of a type, as visit(field).
template <typename Visit>
static auto visitTypedData(const Proto &proto, Visit visit) {
  switch (proto.data_type()) {
  case Proto::FLOAT:
    return visit(proto.float_data());
  case Proto::DOUBLE:
    return visit(proto.double_data());
  case Proto::INT64:
    return visit(proto.int64_data());
  case Proto::UINT32:
  case Proto::UINT64:
    return visit(proto.uint64_data());
  default:
    return visit(proto.int32_data());
  }
}

static void copyRawData(int32_t dataType, StringRef bytes, rt::Tensor &tensor);

/// Fills `tensor` from the typed field of its data type, which has as many
/// elements.
static void copyTypedData(const Proto &proto, rt::Tensor &tensor) {
  if (snn::onnx::packedWidth(proto.data_type())) {
    std::string bytes(proto.int32_data().begin(), proto.int32_data().end());
    return copyRawData(proto.data_type(), bytes, tensor);
  }
  visitTypedData(proto, [&](const auto &field) {
    switch (tensor.dtype()) {
    case rt::DType::F32:
      if (storedWidth(proto.data_type()) == 2)
        std::transform(
            field.begin(), field.end(), tensor.data<float>(), [&](auto bits) {
              return widenHalf(static_cast<uint16_t>(bits), proto.data_type());
            });
      else
        copyField<float>(field, tensor);
      break;
    case rt::DType::F64:
      copyField<double>(field, tensor);
      break;
    case rt::DType::I64:
      copyField<int64_t>(field, tensor);
      break;
    case rt::DType::I32:
      copyField<int32_t>(field, tensor);
      break;
    case rt::DType::I16:
      copyField<int16_t>(field, tensor);
      break;
    case rt::DType::I8:
      copyField<int8_t>(field, tensor);
      break;
    case rt::DType::U8:
      copyField<uint8_t>(field, tensor);
      break;
    case rt::DType::Bool:
      copyField<bool>(field, tensor);
      break;
    }
  });
}

/// Fills `tensor` from the elements of `dataType` at `bytes`.
static void copyRawData(int32_t dataType, StringRef bytes, rt::Tensor &tensor) {
  using namespace llvm::support::endian;
  if (std::optional<int> bits = snn::onnx::packedWidth(dataType)) {
    for (int64_t i = 0, count = tensor.size(); i < count; ++i)
      static_cast<uint8_t *>(tensor.raw())[i] = snn::onnx::unpackElement(
          bytes.data(), i, *bits, snn::onnx::isPackedSigned(dataType));
    return;
  }
  auto each = [&](auto *out, auto read) {
    size_t width = storedWidth(dataType);
    for (int64_t i = 0, count = tensor.size(); i < count; ++i)
      out[i] = read(bytes.data() + i * width);
  };
  switch (dataType) {
  case Proto::BOOL:
    return each(tensor.data<bool>(), [](const char *p) { return *p != 0; });
  case Proto::FLOAT16:
  case Proto::BFLOAT16:
    return each(tensor.data<float>(), [&](const char *p) {
      return widenHalf(read16le(p), dataType);
    });
  case Proto::DOUBLE:
    return each(tensor.data<float>(), [](const char *p) {
      return static_cast<float>(llvm::bit_cast<double>(read64le(p)));
    });
  case Proto::UINT16:
    return each(tensor.data<int32_t>(), [](const char *p) {
      return static_cast<int32_t>(read16le(p));
    });
  case Proto::UINT32:
    return each(tensor.data<int64_t>(), [](const char *p) {
      return static_cast<int64_t>(read32le(p));
    });
  default:
    if (!bytes.empty())
      std::memcpy(tensor.raw(), bytes.data(), bytes.size());
  }
}

namespace {
/// The `external_data` entries of a tensor, and what `stripWeights` left there.
struct DataEntries {
  std::string location;
  uint64_t offset = 0;
  std::optional<uint64_t> length, strippedBytes, strippedElements;
  std::string problem;

  explicit DataEntries(const Proto &proto) {
    for (const auto &entry : proto.external_data()) {
      StringRef key = entry.key(), value = entry.value();
      uint64_t number = 0;
      if (key == "location") {
        location = value.str();
      } else if (key == "offset" || key == "length" ||
                 key == strippedBytesKey || key == strippedElementsKey) {
        if (value.getAsInteger(10, number))
          problem = ("its external data has the " + key + " '" + value +
                     "', which is not a number")
                        .str();
        else if (key == "offset")
          offset = number;
        else if (key == "length")
          length = number;
        else if (key == strippedBytesKey)
          strippedBytes = number;
        else
          strippedElements = number;
      }
    }
  }
};
} // namespace

/// What is wrong with the external data of a tensor of `bytes` bytes; empty if
/// nothing is.
static std::string checkExternal(const DataEntries &data, uint64_t bytes,
                                 StringRef directory) {
  if (data.location.empty())
    return "its external data has no location";
  llvm::Expected<std::string> path = resolveInFolder(directory, data.location);
  if (!path)
    return llvm::toString(path.takeError());
  if (data.length && *data.length != bytes)
    return "its external data has " + std::to_string(*data.length) +
           " bytes, its shape needs " + std::to_string(bytes);
  uint64_t size = 0;
  if (llvm::Error error = checkRegularFile(*path))
    return "external data file '" + *path +
           "': " + llvm::toString(std::move(error));
  if (std::error_code error = llvm::sys::fs::file_size(*path, size))
    return "external data file '" + *path + "': " + error.message();
  if (data.offset > size || bytes > size - data.offset)
    return ("external data file '" + *path + "' is too short: " + Twine(size) +
            " bytes, needed are " + Twine(bytes) + " from byte " +
            Twine(data.offset))
        .str();
  return "";
}

static TensorEntry convertTensor(const Proto &proto, StringRef directory) {
  TensorEntry entry;
  entry.name = proto.name();
  entry.dims.assign(proto.dims().begin(), proto.dims().end());
  entry.dataType = proto.data_type();
  std::optional<rt::DType> type = toDType(entry.dataType);
  if (!type) {
    entry.problem = "element type " + dataTypeName(entry.dataType) +
                    " is not supported; convert the model to float32";
    return entry;
  }
  std::optional<int64_t> count = countElements(entry.dims);
  if (!count) {
    entry.problem = "the shape is not one of a tensor";
    return entry;
  }
  uint64_t bytes = storedBytes(entry.dataType, *count);
  // The typed field holds elements, or the bytes of packed ones.
  uint64_t entries = snn::onnx::packedWidth(entry.dataType) ? bytes : *count;
  DataEntries data(proto);
  entry.problem = data.problem;
  if (!entry.problem.empty())
    return entry;
  if (proto.has_segment()) {
    entry.problem = "it is split into segments, which is not supported";
    return entry;
  }
  if (proto.data_location() == Proto::EXTERNAL) {
    entry.problem = checkExternal(data, bytes, directory);
    return entry;
  }
  auto wrongSize = [&](uint64_t has, uint64_t needs, const char *unit) {
    entry.problem = "it holds " + std::to_string(has) + " " + unit +
                    ", its shape needs " + std::to_string(needs);
  };
  if (data.strippedBytes || data.strippedElements) {
    if (data.strippedBytes && *data.strippedBytes != bytes)
      wrongSize(*data.strippedBytes, bytes, "bytes");
    else if (data.strippedElements && *data.strippedElements != entries)
      wrongSize(*data.strippedElements, entries, "elements");
    return entry;
  }
  if (proto.has_raw_data()) {
    if (proto.raw_data().size() != bytes) {
      wrongSize(proto.raw_data().size(), bytes, "bytes");
      return entry;
    }
    rt::Tensor tensor(*type, entry.dims);
    copyRawData(entry.dataType, proto.raw_data(), tensor);
    entry.inlined = tensor;
    return entry;
  }
  int64_t present = visitTypedData(
      proto, [](const auto &field) { return int64_t(field.size()); });
  if (static_cast<uint64_t>(present) != entries) {
    wrongSize(present, entries, "elements");
    return entry;
  }
  rt::Tensor tensor(*type, entry.dims);
  copyTypedData(proto, tensor);
  entry.inlined = tensor;
  return entry;
}

//===----------------------------------------------------------------------===//
// Nodes, values, the model
//===----------------------------------------------------------------------===//

/// The double whose shortest decimal is that of `value`: an attribute 1e-5 is
/// meant, and printed, as 1e-5.
static double widen(float value) {
  char text[32];
  auto [end, error] = std::to_chars(text, text + sizeof text, value);
  double result = value;
  if (error == std::errc())
    std::from_chars(text, end, result);
  return static_cast<float>(result) == value ? result : value;
}

static GraphEntry convertGraph(const ::onnx::GraphProto &graph,
                               StringRef directory);

AttributeEntry
snn::import::convertAttribute(const ::onnx::AttributeProto &proto,
                              StringRef directory) {
  using Type = ::onnx::AttributeProto;
  AttributeEntry entry;
  entry.reference = proto.ref_attr_name();
  const std::pair<int, bool> filled[] = {
      {Type::INT, proto.has_i()},
      {Type::FLOAT, proto.has_f()},
      {Type::STRING, proto.has_s()},
      {Type::TENSOR, proto.has_t()},
      {Type::GRAPH, proto.has_g()},
      {Type::INTS, proto.ints_size() != 0},
      {Type::FLOATS, proto.floats_size() != 0},
      {Type::STRINGS, proto.strings_size() != 0}};
  // Old exporters leave the type out.
  int type = proto.type();
  if (type == Type::UNDEFINED)
    type = proto.has_i()         ? Type::INT
           : proto.has_f()       ? Type::FLOAT
           : proto.has_s()       ? Type::STRING
           : proto.has_t()       ? Type::TENSOR
           : proto.ints_size()   ? Type::INTS
           : proto.floats_size() ? Type::FLOATS
           : proto.has_g()       ? Type::GRAPH
                                 : Type::UNDEFINED;
  entry.isConsistent = llvm::all_of(
      filled, [&](auto field) { return !field.second || field.first == type; });
  switch (type) {
  case Type::INT:
    entry.kind = AttributeEntry::Int;
    entry.i = proto.i();
    break;
  case Type::FLOAT:
    entry.kind = AttributeEntry::Float;
    entry.f = widen(proto.f());
    break;
  case Type::STRING:
    entry.kind = AttributeEntry::String;
    entry.s = proto.s();
    break;
  case Type::TENSOR:
    entry.kind = AttributeEntry::Tensor;
    entry.tensor = convertTensor(proto.t(), directory);
    break;
  case Type::INTS:
    entry.kind = AttributeEntry::Ints;
    entry.ints.assign(proto.ints().begin(), proto.ints().end());
    break;
  case Type::FLOATS:
    entry.kind = AttributeEntry::Floats;
    entry.floats.assign(proto.floats().begin(), proto.floats().end());
    break;
  case Type::STRINGS:
    entry.kind = AttributeEntry::Strings;
    break;
  case Type::GRAPH:
    entry.kind = AttributeEntry::Graph;
    entry.graph =
        std::make_shared<const GraphEntry>(convertGraph(proto.g(), directory));
    break;
  default:
    break;
  }
  return entry;
}

/// "" for the standard domain, which has two names.
static std::string cleanDomain(const std::string &domain) {
  return domain == "ai.onnx" ? "" : domain;
}

/// The values that `graph` uses without defining them.
static std::vector<std::string> findCaptures(const GraphEntry &graph) {
  llvm::StringSet<> known;
  std::vector<std::string> captures;
  for (const ValueEntry &input : graph.inputs)
    known.insert(input.name);
  for (const TensorEntry &entry : graph.initializers)
    known.insert(entry.name);
  auto use = [&](const std::string &name) {
    if (!name.empty() && known.insert(name).second)
      captures.push_back(name);
  };
  for (const NodeEntry &node : graph.nodes) {
    llvm::for_each(node.inputs, use);
    llvm::for_each(node.captures, use);
    for (const std::string &output : node.outputs)
      known.insert(output);
  }
  for (const ValueEntry &output : graph.outputs)
    use(output.name);
  return captures;
}

static NodeEntry convertNode(const ::onnx::NodeProto &proto,
                             StringRef directory) {
  NodeEntry node;
  node.name = proto.name();
  node.opType = proto.op_type();
  node.domain = cleanDomain(proto.domain());
  node.inputs.assign(proto.input().begin(), proto.input().end());
  node.outputs.assign(proto.output().begin(), proto.output().end());
  for (const auto &attribute : proto.attribute()) {
    AttributeEntry entry = convertAttribute(attribute, directory);
    if (entry.graph)
      llvm::append_range(node.captures, findCaptures(*entry.graph));
    if (!node.attributes.try_emplace(attribute.name(), std::move(entry)).second)
      node.repeatedAttribute = attribute.name();
  }
  return node;
}

static ValueEntry convertValue(const ::onnx::ValueInfoProto &proto) {
  ValueEntry value;
  value.name = proto.name();
  value.isTensor = proto.type().has_tensor_type();
  const auto &type = proto.type().tensor_type();
  value.elementType = type.elem_type();
  value.hasShape = type.has_shape();
  for (const auto &dim : type.shape().dim()) {
    DimEntry entry;
    // -1 is an old way to say "unknown".
    if (dim.has_dim_value() && dim.dim_value() < -1)
      value.problem = "has the negative dimension " +
                      std::to_string(dim.dim_value()) + " (axis " +
                      std::to_string(value.dims.size()) + ")";
    else if (dim.has_dim_value() && dim.dim_value() >= 0)
      entry.size = dim.dim_value();
    else if (dim.has_dim_param())
      entry.param = dim.dim_param();
    value.dims.push_back(entry);
  }
  return value;
}

/// ONNX lets nodes share a name. Sites and layers are told apart by it, so the
/// later ones get a number.
static void makeNamesUnique(std::vector<NodeEntry> &nodes) {
  llvm::StringSet<> taken;
  std::vector<NodeEntry *> later;
  for (NodeEntry &node : nodes)
    if (!taken.insert(node.label()).second)
      later.push_back(&node);
  llvm::StringMap<unsigned> numbers;
  for (NodeEntry *node : later) {
    std::string name;
    unsigned &number = numbers[node->label()];
    do
      name = node->label() + "#" + std::to_string(++number + 1);
    while (!taken.insert(name).second);
    node->name = std::move(name);
  }
}

static GraphEntry convertGraph(const ::onnx::GraphProto &graph,
                               StringRef directory) {
  GraphEntry entry;
  for (const auto &node : graph.node())
    entry.nodes.push_back(convertNode(node, directory));
  makeNamesUnique(entry.nodes);
  for (const auto &input : graph.input())
    entry.inputs.push_back(convertValue(input));
  for (const auto &output : graph.output())
    entry.outputs.push_back(convertValue(output));
  for (const auto &initializer : graph.initializer())
    entry.initializers.push_back(convertTensor(initializer, directory));
  for (const auto &sparse : graph.sparse_initializer()) {
    TensorEntry tensor;
    tensor.name = sparse.values().name();
    tensor.problem = "sparse initializers are not supported";
    entry.initializers.push_back(std::move(tensor));
  }
  return entry;
}

FunctionEntry snn::import::convertFunction(const ::onnx::FunctionProto &proto,
                                           StringRef directory) {
  FunctionEntry function;
  for (const std::string &input : proto.input())
    function.inputs.emplace_back(input);
  for (const std::string &output : proto.output())
    function.outputs.emplace_back(output);
  for (const auto &node : proto.node())
    function.nodes.push_back(convertNode(node, directory));
  makeNamesUnique(function.nodes);
  for (const auto &import : proto.opset_import())
    if (cleanDomain(import.domain()).empty())
      function.opset = import.version();
  return function;
}

/// Adds the data types of values and tensors that other types stand for.
static void collectConverted(const ::onnx::GraphProto &graph,
                             std::set<int32_t> &types) {
  auto add = [&](int32_t type) {
    if (isConverted(type))
      types.insert(type);
  };
  for (const auto *values : {&graph.input(), &graph.output()})
    for (const auto &value : *values)
      add(value.type().tensor_type().elem_type());
  for (const auto &initializer : graph.initializer())
    add(initializer.data_type());
  for (const auto &node : graph.node())
    for (const auto &attribute : node.attribute()) {
      if (attribute.has_t())
        add(attribute.t().data_type());
      if (attribute.has_g())
        collectConverted(attribute.g(), types);
      if (node.op_type() == "Cast" && attribute.name() == "to")
        add(static_cast<int32_t>(attribute.i()));
    }
}

llvm::Expected<ModelEntry> snn::import::readModelFile(StringRef path) {
  llvm::sys::fs::file_status status;
  if (std::error_code error = llvm::sys::fs::status(path, status))
    return makeError("cannot open the file: " + error.message());
  if (llvm::sys::fs::is_directory(status))
    return makeError("is a directory, not an ONNX model");
  if (!llvm::sys::fs::is_regular_file(status))
    return makeError("is no regular file, and no ONNX model");
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return makeError("cannot read the file: " + buffer.getError().message());
  StringRef bytes = (*buffer)->getBuffer();
  if (bytes.empty())
    return makeError("not an ONNX model: the file is empty");
  llvm::Expected<std::string> reduced = stripWeights(bytes);
  if (!reduced)
    return reduced.takeError();
  google::protobuf::SetLogHandler(nullptr);
  ::onnx::ModelProto proto;
  if (!proto.ParseFromString(*reduced))
    return makeError("not an ONNX model: its protobuf cannot be parsed");
  if (!proto.has_graph() || proto.graph().output_size() == 0)
    return makeError("not an ONNX model: it holds no graph with outputs");

  ModelEntry model;
  for (const auto &import : proto.opset_import()) {
    if (!cleanDomain(import.domain()).empty())
      continue;
    if (model.opset != 0 && model.opset != import.version())
      return makeError("imports opset " + Twine(model.opset) + " and opset " +
                       Twine(import.version()) + " of ai.onnx");
    model.opset = import.version();
  }
  if (model.opset == 0)
    return makeError("not an ONNX model: it imports no opset of ai.onnx");
  for (const auto &property : proto.metadata_props())
    model.metadata[property.key()] = property.value();

  StringRef directory = llvm::sys::path::parent_path(path);
  for (const auto &own : proto.functions()) {
    FunctionEntry function = convertFunction(own, directory);
    if (function.opset == 0)
      function.opset = model.opset;
    std::string domain = cleanDomain(own.domain());
    model.functions[domain.empty() ? own.name() : domain + ":" + own.name()] =
        std::move(function);
  }
  collectConverted(proto.graph(), model.convertedTypes);
  model.graphName = proto.graph().name();
  static_cast<GraphEntry &>(model) = convertGraph(proto.graph(), directory);
  for (const auto &value : proto.graph().value_info())
    model.declared.push_back(convertValue(value));
  return model;
}
