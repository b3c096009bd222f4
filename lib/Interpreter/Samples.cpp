//===- Samples.cpp - Inputs and outputs of a function ---------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/Samples.h"
#include "snn/Dialect/Onnx/LengthAxes.h"
#include "snn/Dialect/Onnx/NarrowedInput.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Interpreter/Interpreter.h"
#include "snn/Interpreter/Lengths.h"
#include "snn/runtime/Kernels.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace snn;

/// Rows first..first+count of `tensor` along its first axis.
static rt::Tensor rows(const rt::Tensor &tensor, int64_t first, int64_t count) {
  rt::Shape shape = tensor.shape();
  shape[0] = count;
  rt::Tensor part(tensor.dtype(), shape);
  size_t rowBytes = tensor.bytes() / std::max<int64_t>(tensor.dim(0), 1);
  std::memcpy(part.raw(),
              static_cast<const char *>(tensor.raw()) + first * rowBytes,
              count * rowBytes);
  return part;
}

static std::string describe(const rt::Tensor &tensor) {
  return std::string(rt::name(tensor.dtype())) + " " +
         rt::toString(tensor.shape());
}

/// The array that goes to an argument; null if there is none.
static const rt::Tensor *findArray(func::FuncOp function, unsigned index,
                                   const rt::NamedArrays &arrays) {
  std::string name = getArgumentName(function, index);
  const rt::Tensor *array = nullptr;
  for (const auto &[key, tensor] : arrays)
    if (key == name)
      array = &tensor;
  if (!array && arrays.size() == 1 && function.getNumArguments() == 1 &&
      (arrays[0].first.empty() || arrays[0].first == "arr_0"))
    array = &arrays[0].second;
  return array;
}

/// How many tokens the array of an argument has, if that may vary.
static std::optional<int64_t> lengthOf(RankedTensorType type,
                                       const LengthAxes &lengths,
                                       const rt::Tensor &array) {
  rt::Port port;
  port.shape.assign(type.getShape().begin(), type.getShape().end());
  port.lengthAxes = lengths.axes;
  return rt::findLength(port, array);
}

FailureOr<std::vector<SampleTensors>>
snn::splitSamples(func::FuncOp function, const rt::NamedArrays &arrays,
                  int64_t group, int64_t limit) {
  std::vector<SampleTensors> arguments;
  std::optional<int64_t> samples, length;
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    std::string name = getArgumentName(function, i);
    auto type = cast<RankedTensorType>(function.getArgument(i).getType());
    const rt::Tensor *array = findArray(function, i, arrays);
    if (!array)
      return function.emitError("needs an input array named '")
             << name << "', which the data does not have";
    rt::Tensor tensor = *array;
    std::optional<rt::DType> wanted = getStorageType(type.getElementType());
    // A model of doubles computes in float32, and so are its inputs read.
    if (tensor.dtype() == rt::DType::F64 &&
        function.getArgAttr(i, narrowedAttrName))
      rt::cast(*array, tensor, "F32");
    if (!wanted || *wanted != tensor.dtype())
      return function.emitError("needs input '")
             << name << "' of type " << type << ", has " << describe(tensor);
    FailureOr<LengthAxes> lengths = getArgumentLengths(function, i);
    if (failed(lengths))
      return failure();
    if (std::optional<int64_t> found = lengthOf(type, *lengths, tensor)) {
      if (length && *length != *found)
        return function.emitError("needs inputs of one length; '")
               << name << "' has " << *found << " tokens, others have "
               << *length;
      length = found;
      if (int64_t full = type.getDimSize(lengths->axes.front()); full != *found)
        tensor = rt::withLength(tensor, lengths->axes, full, lengths->padding);
    }

    // The sample's own shape: the static batch, or `group` rows.
    bool fits = tensor.rank() == type.getRank();
    for (int64_t axis = 1; fits && axis < type.getRank(); ++axis)
      fits =
          type.isDynamicDim(axis) || tensor.dim(axis) == type.getDimSize(axis);
    if (!fits)
      return function.emitError("needs input '")
             << name << "' of type " << type << ", has " << describe(tensor);
    SampleTensors parts;
    if (type.getRank() == 0) {
      parts.push_back(tensor);
    } else {
      int64_t count =
          limit > 0 ? std::min(limit, tensor.dim(0)) : tensor.dim(0);
      int64_t step = type.isDynamicDim(0) ? group : type.getDimSize(0);
      if (count == 0)
        return function.emitError("needs rows of input '")
               << name << "', has none";
      if (!type.isDynamicDim(0) && (step == 0 || count % step != 0))
        return function.emitError("needs a multiple of ")
               << step << " rows of input '" << name << "', has " << count;
      for (int64_t first = 0; first < count; first += step)
        parts.push_back(rows(tensor, first, std::min(step, count - first)));
      if (samples && *samples != int64_t(parts.size()))
        return function.emitError(
                   "needs inputs with equal numbers of samples; '")
               << name << "' has " << parts.size() << ", others have "
               << *samples;
      samples = parts.size();
    }
    arguments.push_back(std::move(parts));
  }
  return arguments;
}

namespace {
/// SplitMix64 (Steele, Lea, Flood 2014): a small seeded generator.
class SplitMix {
public:
  explicit SplitMix(uint64_t seed) : state(seed) {}
  uint64_t next() {
    uint64_t z = (state += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  double uniform() { return double(next() >> 11) * 0x1p-53; }
  /// Normal variate (Box and Muller).
  double normal() {
    double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }

private:
  uint64_t state;
};
} // namespace

/// The number of rows of the table that `argument` indexes; 0 if it does not.
static int64_t tableSize(Value argument) {
  for (Operation *user : argument.getUsers()) {
    if (auto gather = dyn_cast<onnx::GatherOp>(user))
      if (gather.getIndices() == argument)
        return cast<RankedTensorType>(gather.getData().getType())
            .getDimSize(gather.getAxis() < 0
                            ? gather.getAxis() + cast<RankedTensorType>(
                                                     gather.getData().getType())
                                                     .getRank()
                            : gather.getAxis());
    if (isa<onnx::CastOp, onnx::ReshapeOp>(user))
      if (int64_t size = tableSize(user->getResult(0)))
        return size;
  }
  return 0;
}

/// Random inputs tell little of a network, and more of them no more.
static constexpr int64_t mostRandomSamples = 1 << 16;
static constexpr uint64_t largestRandomInputs = uint64_t(1) << 32;

static FailureOr<rt::NamedArrays> randomArrays(func::FuncOp function,
                                               int64_t count) {
  rt::NamedArrays arrays;
  uint64_t bytes = 0;
  SplitMix random(0x5eed);
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    auto type = cast<RankedTensorType>(function.getArgument(i).getType());
    rt::Shape shape(type.getShape().begin(), type.getShape().end());
    if (!shape.empty())
      if (llvm::MulOverflow(type.isDynamicDim(0) ? 1 : shape[0], count,
                            shape[0]))
        shape[0] = -1; // no size: reported below
    std::optional<rt::DType> dtype = getStorageType(type.getElementType());
    if (!dtype)
      return function.emitError("has an input of type ")
             << type << ", for which no random values are made";
    std::optional<int64_t> elements = onnx::countElements(shape);
    bytes += elements.value_or(0) * rt::byteWidth(*dtype);
    if (!elements || bytes > largestRandomInputs)
      return function.emitError("needs random inputs of at most ")
             << largestRandomInputs << " bytes, has " << count << " samples of "
             << type;
    rt::Tensor tensor(*dtype, shape);
    int64_t table = tableSize(function.getArgument(i));
    for (int64_t j = 0; j < tensor.size(); ++j) {
      int64_t integer = table ? int64_t(random.next() % table) : 1;
      switch (*dtype) {
      case rt::DType::F32:
        tensor.data<float>()[j] = float(random.normal());
        break;
      case rt::DType::F64:
        tensor.data<double>()[j] = random.normal();
        break;
      case rt::DType::I64:
        tensor.data<int64_t>()[j] = integer;
        break;
      case rt::DType::I32:
        tensor.data<int32_t>()[j] = int32_t(integer);
        break;
      case rt::DType::Bool:
        tensor.data<bool>()[j] = true;
        break;
      default:
        static_cast<uint8_t *>(tensor.raw())[j] = uint8_t(integer);
        break;
      }
    }
    arrays.emplace_back(getArgumentName(function, i), std::move(tensor));
  }
  return arrays;
}

FailureOr<std::vector<SampleTensors>>
snn::loadSamples(func::FuncOp function, StringRef inputs, int64_t group) {
  StringRef count = inputs;
  if (count.consume_front("random:")) {
    int64_t samples;
    if (count.getAsInteger(10, samples) || samples < 1)
      return function.emitError("needs random:N with a positive N, has '")
             << inputs << "'";
    if (samples > mostRandomSamples)
      return function.emitError("needs random:N with an N of at most ")
             << mostRandomSamples << ", has '" << inputs << "'";
    try {
      FailureOr<rt::NamedArrays> arrays = randomArrays(function, samples);
      if (failed(arrays))
        return failure();
      return splitSamples(function, *arrays, group);
    } catch (const std::exception &e) {
      return function.emitError("cannot draw inputs: ") << e.what();
    }
  }
  try {
    return splitSamples(function, rt::readArrays(inputs.str()), group);
  } catch (const std::exception &e) {
    return function.emitError("cannot read inputs: ") << e.what();
  }
}

rt::NamedArrays snn::joinResults(func::FuncOp function,
                                 const std::vector<SampleTensors> &results) {
  rt::NamedArrays arrays;
  for (auto [index, tensors] : llvm::enumerate(results)) {
    rt::Tensor joined = tensors[0];
    if (tensors.size() > 1 && joined.rank() > 0) {
      rt::Shape shape = joined.shape();
      shape[0] = 0;
      size_t bytes = 0;
      for (const rt::Tensor &tensor : tensors)
        shape[0] += tensor.dim(0);
      joined = rt::Tensor(joined.dtype(), shape);
      for (const rt::Tensor &tensor : tensors) {
        std::memcpy(static_cast<char *>(joined.raw()) + bytes, tensor.raw(),
                    tensor.bytes());
        bytes += tensor.bytes();
      }
    }
    arrays.emplace_back(getResultName(function, index), std::move(joined));
  }
  return arrays;
}

void snn::cutToLength(func::FuncOp function, const rt::NamedArrays &arrays,
                      rt::NamedArrays &results) {
  std::optional<int64_t> length;
  for (unsigned i = 0; i < function.getNumArguments() && !length; ++i) {
    FailureOr<LengthAxes> lengths = getArgumentLengths(function, i);
    const rt::Tensor *array = findArray(function, i, arrays);
    if (succeeded(lengths) && array)
      length = lengthOf(cast<RankedTensorType>(function.getArgumentTypes()[i]),
                        *lengths, *array);
  }
  if (!length)
    return;
  for (auto [index, entry] : llvm::enumerate(results))
    if (FailureOr<LengthAxes> lengths = getResultLengths(function, index);
        succeeded(lengths) && !lengths->axes.empty())
      entry.second = rt::withLength(entry.second, lengths->axes, *length);
}
