//===- OnnxArchive.cpp - The tensors of an .onnx file ---------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Scans the wire format for tensors, so that a weight is a view of the mapped
// file. Parsing the model with the protobuf library would copy every weight.
//
// Field numbers are those of onnx/onnx.proto.
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Onnx/Archive.h"
#include "snn/Dialect/Onnx/PackedTypes.h"
#include "snn/Support/InputFile.h"
#include "snn/runtime/Wire.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"

#include <cstring>
#include <mutex>
#include <sys/mman.h>

using namespace snn::onnx;
namespace rt = snn::rt;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

static Error makeError(const Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

/// LLVM's view of bytes that the reader of the wire format gives.
static StringRef toRef(std::string_view bytes) {
  return StringRef(bytes.data(), bytes.size());
}

namespace {
/// What is kept of one tensor: its header and views of its data.
struct Entry {
  int32_t dataType = 0;
  rt::Shape shape;
  StringRef raw;
  bool hasRaw = false;
  /// float_data, int32_data, int64_data or double_data: packed bytes, or single
  /// numbers of writers that do not pack.
  llvm::SmallVector<StringRef, 1> packed;
  std::vector<uint64_t> single;
  bool isExternal = false;
  std::string location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
};

/// onnx::TensorProto::DataType.
enum DataType : int32_t {
  Float = 1,
  UInt8 = 2,
  Int8 = 3,
  UInt16 = 4,
  Int16 = 5,
  Int32 = 6,
  Int64 = 7,
  Bool = 9,
  Float16 = 10,
  Double = 11,
  UInt32 = 12,
  UInt64 = 13,
  BFloat16 = 16,
};

/// How elements lie in raw data, and as what they are handed out.
struct Storage {
  size_t width;
  rt::DType type;
};

class OnnxArchive : public Archive {
public:
  OnnxArchive(StringRef path, std::unique_ptr<llvm::MemoryBuffer> buffer)
      : path(path.str()), file(std::move(buffer)) {}

  Error scan();
  Expected<rt::Tensor> get(StringRef key) override;
  void releasePages() override;

private:
  bool scanGraph(StringRef bytes);
  bool scanConstant(StringRef node);
  bool scanTensor(StringRef bytes, std::string &name, Entry &entry);
  bool scanExternal(StringRef bytes, Entry &entry);
  Expected<StringRef> mapExternal(const Entry &entry, uint64_t size);
  rt::Tensor copyOrView(const Entry &entry, Storage storage, StringRef raw);
  Expected<rt::Tensor> decodeTyped(const Entry &entry, Storage storage);

  std::string path;
  std::unique_ptr<llvm::MemoryBuffer> file;
  llvm::StringMap<Entry> entries;
  std::mutex lock; // guards `external`
  llvm::StringMap<std::unique_ptr<llvm::MemoryBuffer>> external;
};
} // namespace

//===----------------------------------------------------------------------===//
// Scanning
//===----------------------------------------------------------------------===//

Error OnnxArchive::scan() {
  rt::WireReader model(file->getBuffer());
  rt::WireField field;
  bool ok = true, hasGraph = false;
  while (ok && model.next(field))
    if (field.number == 7 && field.isBytes()) { // ModelProto.graph
      hasGraph = true;
      ok = scanGraph(toRef(field.bytes));
    }
  if (!ok || model.hasFailed())
    return makeError(path + ": is no ONNX model: bad protobuf encoding");
  if (!hasGraph)
    return makeError(path + ": is no ONNX model: has no graph");
  return Error::success();
}

bool OnnxArchive::scanGraph(StringRef bytes) {
  rt::WireReader graph(bytes);
  rt::WireField field;
  while (graph.next(field)) {
    if (field.number == 5 && field.isBytes()) { // GraphProto.initializer
      std::string name;
      Entry entry;
      if (!scanTensor(toRef(field.bytes), name, entry))
        return false;
      entries.try_emplace(name, std::move(entry));
    } else if (field.number == 1 && field.isBytes()) { // GraphProto.node
      if (!scanConstant(toRef(field.bytes)))
        return false;
    }
  }
  return !graph.hasFailed();
}

/// The tensor of a `Constant` node goes by the name of the node's output.
bool OnnxArchive::scanConstant(StringRef bytes) {
  rt::WireReader node(bytes);
  rt::WireField field;
  StringRef output, type, tensor;
  while (node.next(field)) {
    if (!field.isBytes())
      continue;
    if (field.number == 2) { // NodeProto.output
      output = toRef(field.bytes);
    } else if (field.number == 4) { // NodeProto.op_type
      type = toRef(field.bytes);
    } else if (field.number == 5) { // NodeProto.attribute
      rt::WireReader attribute(field.bytes);
      rt::WireField part;
      StringRef name, value;
      while (attribute.next(part)) {
        if (part.number == 1 && part.isBytes()) // AttributeProto.name
          name = toRef(part.bytes);
        else if (part.number == 5 && part.isBytes()) // AttributeProto.t
          value = toRef(part.bytes);
      }
      if (attribute.hasFailed())
        return false;
      if (name == "value")
        tensor = value;
    }
  }
  if (node.hasFailed())
    return false;
  if (type != "Constant" || tensor.empty())
    return true;
  std::string name;
  Entry entry;
  if (!scanTensor(tensor, name, entry))
    return false;
  entries.try_emplace(output, std::move(entry));
  return true;
}

bool OnnxArchive::scanTensor(StringRef bytes, std::string &name, Entry &entry) {
  rt::WireReader tensor(bytes);
  rt::WireField field;
  while (tensor.next(field)) {
    switch (field.number) {
    case 1: // dims, packed or not
      if (!field.isBytes()) {
        entry.shape.push_back(static_cast<int64_t>(field.value));
        break;
      }
      for (rt::WireReader dims(field.bytes); !dims.atEnd();) {
        uint64_t size;
        if (!dims.readVarint(size))
          return false;
        entry.shape.push_back(static_cast<int64_t>(size));
      }
      break;
    case 2:
      entry.dataType = static_cast<int32_t>(field.value);
      break;
    case 4:  // float_data
    case 5:  // int32_data
    case 7:  // int64_data
    case 10: // double_data
    case 11: // uint64_data
      if (field.isBytes())
        entry.packed.push_back(toRef(field.bytes));
      else
        entry.single.push_back(field.value);
      break;
    case 8:
      name = field.bytes;
      break;
    case 9:
      entry.raw = toRef(field.bytes);
      entry.hasRaw = field.isBytes();
      break;
    case 13:
      if (!scanExternal(toRef(field.bytes), entry))
        return false;
      break;
    case 14: // data_location; 1 is EXTERNAL
      entry.isExternal = field.value == 1;
      break;
    default:
      break;
    }
  }
  return !tensor.hasFailed();
}

bool OnnxArchive::scanExternal(StringRef bytes, Entry &entry) {
  rt::WireReader pair(bytes);
  rt::WireField field;
  StringRef key, value;
  while (pair.next(field)) {
    if (field.number == 1)
      key = toRef(field.bytes);
    else if (field.number == 2)
      value = toRef(field.bytes);
  }
  if (pair.hasFailed())
    return false;
  uint64_t number = 0;
  if (key == "location")
    entry.location = value.str();
  else if (key == "offset")
    return !value.getAsInteger(10, entry.offset);
  else if (key == "length") {
    if (value.getAsInteger(10, number))
      return false;
    entry.length = number;
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Data
//===----------------------------------------------------------------------===//

static std::optional<Storage> getStorage(int32_t dataType) {
  if (packedWidth(dataType))
    return Storage{1, isPackedSigned(dataType) ? rt::DType::I8 : rt::DType::U8};
  switch (dataType) {
  case Float:
    return Storage{4, rt::DType::F32};
  case UInt8:
    return Storage{1, rt::DType::U8};
  case Int8:
    return Storage{1, rt::DType::I8};
  case Int16:
    return Storage{2, rt::DType::I16};
  case Int32:
    return Storage{4, rt::DType::I32};
  case Int64:
    return Storage{8, rt::DType::I64};
  case UInt16:
    return Storage{2, rt::DType::I32};
  case UInt32:
    return Storage{4, rt::DType::I64};
  case UInt64:
    return Storage{8, rt::DType::I64};
  case Bool:
    return Storage{1, rt::DType::Bool};
  case Float16:
  case BFloat16:
    return Storage{2, rt::DType::F32};
  case Double:
    return Storage{8, rt::DType::F64};
  default:
    return std::nullopt;
  }
}

/// A half float of either kind as a float.
static float widen(uint16_t bits, int32_t dataType) {
  if (dataType == BFloat16)
    return llvm::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
  llvm::APFloat value(llvm::APFloat::IEEEhalf(), llvm::APInt(16, bits));
  bool exact;
  value.convert(llvm::APFloat::IEEEsingle(), llvm::APFloat::rmNearestTiesToEven,
                &exact);
  return value.convertToFloat();
}

/// Bytes of the elements as the file stores them; nothing when a size is
/// negative or the product is too large.
static std::optional<uint64_t> storedBytes(const rt::Shape &shape,
                                           size_t width) {
  int64_t bytes = static_cast<int64_t>(width);
  for (int64_t size : shape)
    if (size < 0 || llvm::MulOverflow<int64_t>(bytes, size, bytes))
      return std::nullopt;
  return bytes;
}

/// A view of stored elements, or a tensor of its own where the file does not
/// align them or stores them narrower than they are handed out.
static rt::Tensor decodeRaw(const Entry &entry, Storage storage,
                            StringRef raw) {
  if (std::optional<int> bits = packedWidth(entry.dataType)) {
    rt::Tensor tensor(storage.type, entry.shape);
    for (int64_t i = 0, count = tensor.size(); i < count; ++i)
      static_cast<uint8_t *>(tensor.raw())[i] =
          unpackElement(raw.data(), i, *bits, isPackedSigned(entry.dataType));
    return tensor;
  }
  bool isWidened = storage.width != rt::byteWidth(storage.type);
  bool isAligned = reinterpret_cast<uintptr_t>(raw.data()) % storage.width == 0;
  if (!isWidened && isAligned)
    return rt::Tensor::borrow(storage.type, entry.shape, raw.data(),
                              raw.size());
  rt::Tensor tensor(storage.type, entry.shape);
  if (!isWidened) {
    if (!raw.empty())
      std::memcpy(tensor.raw(), raw.data(), raw.size());
    return tensor;
  }
  for (int64_t i = 0, count = tensor.size(); i < count; ++i) {
    const char *from = raw.data() + i * storage.width;
    if (entry.dataType == UInt32)
      tensor.data<int64_t>()[i] = llvm::support::endian::read32le(from);
    else if (entry.dataType == UInt16)
      tensor.data<int32_t>()[i] = llvm::support::endian::read16le(from);
    else
      tensor.data<float>()[i] =
          widen(llvm::support::endian::read16le(from), entry.dataType);
  }
  return tensor;
}

Expected<rt::Tensor> OnnxArchive::decodeTyped(const Entry &entry,
                                              Storage storage) {
  std::optional<int> packed = packedWidth(entry.dataType);
  rt::Tensor tensor(storage.type, entry.shape);
  // Packed elements come as bytes that hold several.
  rt::Tensor bytesOfPacked;
  if (packed)
    bytesOfPacked =
        rt::Tensor(rt::DType::U8, {packedBytes(tensor.size(), *packed)});
  const int64_t count = packed ? bytesOfPacked.size() : tensor.size();
  int64_t at = 0;
  auto put = [&](uint64_t bits) {
    if (at >= count) {
      ++at;
      return;
    }
    if (packed) {
      bytesOfPacked.data<uint8_t>()[at++] = static_cast<uint8_t>(bits);
      return;
    }
    switch (storage.type) {
    case rt::DType::F32:
      tensor.data<float>()[at] =
          entry.dataType == Float
              ? llvm::bit_cast<float>(static_cast<uint32_t>(bits))
              : widen(static_cast<uint16_t>(bits), entry.dataType);
      break;
    case rt::DType::F64:
      tensor.data<double>()[at] = llvm::bit_cast<double>(bits);
      break;
    case rt::DType::Bool:
      tensor.data<bool>()[at] = bits != 0;
      break;
    case rt::DType::U8:
      tensor.data<uint8_t>()[at] = static_cast<uint8_t>(bits);
      break;
    case rt::DType::I8:
      tensor.data<int8_t>()[at] = static_cast<int8_t>(bits);
      break;
    case rt::DType::I16:
      tensor.data<int16_t>()[at] = static_cast<int16_t>(bits);
      break;
    case rt::DType::I32:
      tensor.data<int32_t>()[at] = static_cast<int32_t>(bits);
      break;
    case rt::DType::I64:
      tensor.data<int64_t>()[at] = static_cast<int64_t>(bits);
      break;
    }
    ++at;
  };
  // Floats and doubles are packed at their width, everything else as varints.
  size_t fixed = entry.dataType == Float ? 4 : entry.dataType == Double ? 8 : 0;
  for (StringRef bytes : entry.packed) {
    rt::WireReader values(bytes);
    while (!values.atEnd()) {
      uint64_t bits = 0;
      if (fixed ? !values.readFixed(fixed, bits) : !values.readVarint(bits))
        return makeError("has badly packed data");
      put(bits);
    }
  }
  for (uint64_t bits : entry.single)
    put(bits);
  if (at != count)
    return makeError("needs " + Twine(count) + " elements, has " + Twine(at));
  if (packed)
    return decodeRaw(
        entry, storage,
        StringRef(reinterpret_cast<const char *>(bytesOfPacked.data<uint8_t>()),
                  count));
  return tensor;
}

Expected<StringRef> OnnxArchive::mapExternal(const Entry &entry,
                                             uint64_t size) {
  if (entry.location.empty())
    return makeError("has external data without a location");
  Expected<std::string> name =
      snn::resolveInFolder(llvm::sys::path::parent_path(path), entry.location);
  if (!name) {
    llvm::consumeError(name.takeError());
    return makeError("has external data outside the model's directory: '" +
                     entry.location + "'");
  }
  if (entry.length && *entry.length != size)
    return makeError("needs " + Twine(size) + " bytes of external data, has " +
                     Twine(*entry.length));
  std::lock_guard<std::mutex> guard(lock);
  std::unique_ptr<llvm::MemoryBuffer> &buffer = external[entry.location];
  if (!buffer) {
    auto opened = snn::readRegularFile(*name);
    if (!opened)
      return makeError("cannot read the external data '" + *name +
                       "': " + llvm::toString(opened.takeError()));
    buffer = std::move(*opened);
  }
  StringRef bytes = buffer->getBuffer();
  if (entry.offset > bytes.size() || size > bytes.size() - entry.offset)
    return makeError("needs bytes " + Twine(entry.offset) + " to " +
                     Twine(entry.offset + size) + " of the external data '" +
                     entry.location + "', which has " + Twine(bytes.size()));
  return bytes.substr(entry.offset, size);
}

/// Gives back the whole pages of `bytes`, which lie in `buffer`.
static void release(const llvm::MemoryBuffer &buffer, StringRef bytes) {
  // Bytes that are not mapped would be lost.
  if (buffer.getBufferKind() != llvm::MemoryBuffer::MemoryBuffer_MMap)
    return;
  auto page = static_cast<uintptr_t>(llvm::sys::Process::getPageSizeEstimate());
  uintptr_t begin =
      llvm::alignTo(reinterpret_cast<uintptr_t>(bytes.begin()), page);
  uintptr_t end = reinterpret_cast<uintptr_t>(bytes.end()) / page * page;
  if (begin < end)
    madvise(reinterpret_cast<void *>(begin), end - begin, MADV_DONTNEED);
}

void OnnxArchive::releasePages() {
  release(*file, file->getBuffer());
  std::lock_guard<std::mutex> guard(lock);
  for (auto &mapped : external)
    if (mapped.second)
      release(*mapped.second, mapped.second->getBuffer());
}

/// decodeRaw of mapped bytes. What was copied is not kept a second time.
rt::Tensor OnnxArchive::copyOrView(const Entry &entry, Storage storage,
                                   StringRef raw) {
  rt::Tensor tensor = decodeRaw(entry, storage, raw);
  if (tensor.raw() == raw.data())
    return tensor;
  const llvm::MemoryBuffer *buffer = file.get();
  if (entry.isExternal) {
    std::lock_guard<std::mutex> guard(lock);
    buffer = external[entry.location].get();
  }
  release(*buffer, raw);
  return tensor;
}

Expected<rt::Tensor> OnnxArchive::get(StringRef key) {
  auto it = entries.find(key);
  if (it == entries.end())
    return makeError(path + ": has no tensor '" + key + "'");
  const Entry &entry = it->second;
  auto fail = [&](const Twine &message) {
    return makeError(path + ": tensor '" + key + "' " + message);
  };
  std::optional<Storage> storage = getStorage(entry.dataType);
  if (!storage)
    return fail("has the unsupported element type " + Twine(entry.dataType));
  std::optional<uint64_t> bytes = storedBytes(entry.shape, storage->width);
  if (!bytes)
    return fail("has an impossible shape");
  if (std::optional<int> bits = packedWidth(entry.dataType))
    *bytes = packedBytes(*bytes, *bits);
  if (entry.isExternal) {
    Expected<StringRef> raw = mapExternal(entry, *bytes);
    if (!raw)
      return fail(llvm::toString(raw.takeError()));
    return copyOrView(entry, *storage, *raw);
  }
  if (entry.hasRaw) {
    if (entry.raw.size() != *bytes)
      return fail("needs " + Twine(*bytes) + " bytes, has " +
                  Twine(entry.raw.size()));
    return copyOrView(entry, *storage, entry.raw);
  }
  // A bad shape must not allocate more than the file can fill.
  if (*bytes / storage->width > file->getBufferSize())
    return fail("needs " + Twine(*bytes / storage->width) +
                " elements, more than the file has bytes");
  Expected<rt::Tensor> tensor = decodeTyped(entry, *storage);
  if (!tensor)
    return fail(llvm::toString(tensor.takeError()));
  return tensor;
}

Expected<std::unique_ptr<Archive>> snn::onnx::openOnnxArchive(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return makeError(path + ": " + buffer.getError().message());
  auto archive = std::make_unique<OnnxArchive>(path, std::move(*buffer));
  if (Error error = archive->scan())
    return error;
  return archive;
}
