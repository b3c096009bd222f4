//===- Samples.cpp - The samples of a run ---------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/Samples.h"

#include "Parallel.h"
#include "Support.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <thread>
#include <unistd.h>

using namespace snn::rt;

NamedArrays snn::rt::readAllArrays(const std::vector<std::string> &paths) {
  NamedArrays arrays;
  for (const std::string &path : paths)
    for (auto &array : readArrays(path))
      arrays.push_back(std::move(array));
  return arrays;
}

void snn::rt::checkOutputName(const std::string &path, size_t outputs) {
  auto endsWith = [&](const char *suffix) {
    size_t n = std::strlen(suffix);
    return path.size() >= n && path.compare(path.size() - n, n, suffix) == 0;
  };
  if (!endsWith(".npz") && !(endsWith(".npy") && outputs == 1))
    throw Error("--output expects a .npz file" +
                std::string(outputs == 1 ? " or a .npy file" : "") + ", not '" +
                path + "'");
}

//===----------------------------------------------------------------------===//
// Arrays
//===----------------------------------------------------------------------===//

/// The array of a port.
static Tensor findArray(const Port &port, size_t ports,
                        const NamedArrays &arrays) {
  const Tensor *found = nullptr;
  for (const auto &[arrayName, tensor] : arrays)
    if (arrayName == port.name)
      found = &tensor;
  // A single array without a name is the single input.
  if (!found && ports == 1 && arrays.size() == 1 &&
      arrays.front().first.empty())
    found = &arrays.front().second;
  if (!found) {
    std::string have;
    for (const auto &[arrayName, tensor] : arrays)
      have += (have.empty() ? "'" : ", '") + arrayName + "'";
    throw Error("input '" + port.name + "' is missing; the files hold " +
                (have.empty() ? "nothing" : have));
  }
  if (found->dtype() != port.dtype)
    throw Error("input '" + port.name + "' has " + name(found->dtype()) +
                " elements, expected " + name(port.dtype));
  return *found;
}

Tensor snn::rt::withLength(const Tensor &tensor,
                           const std::vector<int64_t> &axes, int64_t length,
                           double padding) {
  Shape shape = tensor.shape(), kept = shape;
  for (int64_t axis : axes) {
    auto at = static_cast<size_t>(axis);
    kept[at] = std::min(shape[at], length);
    shape[at] = length;
  }
  Tensor result(tensor.dtype(), shape);
  if (kept != shape)
    detail::dispatch(tensor.dtype(), [&](auto zero) {
      using T = decltype(zero);
      std::fill_n(result.data<T>(), result.size(), static_cast<T>(padding));
    });
  if (elementCount(kept) == 0)
    return result;
  // Rows of the last axis, by their index in front of it.
  size_t width = byteWidth(tensor.dtype());
  size_t rank = shape.size();
  Shape index(rank, 0);
  for (;;) {
    int64_t from = 0, to = 0;
    for (size_t axis = 0; axis < rank; ++axis) {
      from = from * tensor.shape()[axis] + index[axis];
      to = to * shape[axis] + index[axis];
    }
    int64_t row = rank == 0 ? 1 : kept[rank - 1];
    std::memcpy(static_cast<char *>(result.raw()) +
                    static_cast<size_t>(to) * width,
                static_cast<const char *>(tensor.raw()) +
                    static_cast<size_t>(from) * width,
                static_cast<size_t>(row) * width);
    size_t axis = rank > 1 ? rank - 1 : 0;
    while (axis > 0 && ++index[axis - 1] == kept[axis - 1])
      index[--axis] = 0;
    if (axis == 0)
      return result;
  }
}

std::optional<int64_t> snn::rt::findLength(const Port &port,
                                           const Tensor &array) {
  if (port.lengthAxes.empty() || array.shape().size() != port.shape.size())
    return std::nullopt;
  std::optional<int64_t> length;
  for (size_t axis = 1; axis < port.shape.size(); ++axis) {
    int64_t size = array.shape()[axis];
    bool varies =
        std::find(port.lengthAxes.begin(), port.lengthAxes.end(),
                  static_cast<int64_t>(axis)) != port.lengthAxes.end();
    if (!varies && size != port.shape[axis])
      return std::nullopt;
    if (varies &&
        (size < 1 || size > port.shape[axis] || (length && *length != size)))
      return std::nullopt;
    if (varies)
      length = size;
  }
  return length;
}

/// The number of tokens of the inputs, where they have fewer than their ports;
/// `run` fills samples up. One that does not fit is left for `countSamples` to
/// refuse.
void SampleArrays::findSampleLength() {
  size_t first = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Port &port = inputPorts[i];
    std::optional<int64_t> found = findLength(port, inputs[i]);
    if (!found)
      continue;
    if (length && *length != *found)
      throw Error("input '" + port.name + "' has the length " +
                  std::to_string(*found) + ", input '" +
                  inputPorts[first].name + "' " + std::to_string(*length));
    if (!length)
      first = i;
    length = found;
  }
}

SampleArrays::SampleArrays(std::vector<Port> in, std::vector<Port> out,
                           const NamedArrays &arrays, int64_t limit)
    : inputPorts(std::move(in)), outputPorts(std::move(out)) {
  takeInputs(arrays);
  if (limit > 0)
    samples = std::min(samples, limit);
  for (const Port &port : outputPorts)
    outputs.emplace_back(port.dtype, shapeOf(port, samples));
}

SampleArrays::SampleArrays(std::vector<Port> in, std::vector<Port> out,
                           const NamedArrays &arrays,
                           std::vector<Tensor> places)
    : inputPorts(std::move(in)), outputPorts(std::move(out)),
      outputs(std::move(places)) {
  takeInputs(arrays);
  if (outputs.size() != outputPorts.size())
    throw Error("needs " + std::to_string(outputPorts.size()) +
                " arrays for outputs, has " + std::to_string(outputs.size()));
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Port &port = outputPorts[i];
    Shape shape = shapeOf(port, samples);
    if (outputs[i].dtype() != port.dtype || outputs[i].shape() != shape)
      throw Error("output '" + port.name + "' needs an array of shape " +
                  toString(shape) + " of " + name(port.dtype) + ", has " +
                  toString(outputs[i].shape()) + " of " +
                  name(outputs[i].dtype()));
  }
}

void SampleArrays::takeInputs(const NamedArrays &arrays) {
  for (const Port &port : inputPorts)
    inputs.push_back(findArray(port, inputPorts.size(), arrays));
  findSampleLength();
  countSamples();
}

Shape SampleArrays::shapeOf(const Port &output, int64_t samples) {
  Shape shape = output.shape;
  if (output.constant)
    return shape;
  if (shape.empty())
    return samples > 1 ? Shape{samples} : Shape{};
  if (__builtin_mul_overflow(shape[0], samples, &shape[0]))
    throw Error("output '" + output.name + "' of " + std::to_string(samples) +
                " samples is too large");
  return shape;
}

/// How many samples the inputs hold; checks every shape.
void SampleArrays::countSamples() {
  samples = -1;
  std::string first;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Port &port = inputPorts[i];
    const Shape &have = inputs[i].shape(), &want = port.shape;
    bool fits = have.size() == want.size();
    if (!findLength(port, inputs[i]))
      for (size_t axis = 1; fits && axis < want.size(); ++axis)
        fits = have[axis] == want[axis];
    if (fits && !want.empty())
      fits = want[0] > 0 && have[0] > 0 && have[0] % want[0] == 0;
    if (!fits) {
      std::string text = toString(want);
      throw Error("input '" + port.name + "' has shape " + toString(have) +
                  ", expected " + (want.empty() ? "" : "N*") + text +
                  (port.lengthAxes.empty() ? "" : ", or fewer tokens"));
    }
    if (want.empty())
      continue;
    int64_t n = have[0] / want[0];
    if (samples >= 0 && n != samples)
      throw Error("input '" + port.name + "' holds " + std::to_string(n) +
                  " samples, input '" + first + "' " + std::to_string(samples));
    samples = n;
    first = port.name;
  }
  if (samples < 0)
    samples = 1;
}

/// The part of a stacked array that belongs to one sample, of which it may hold
/// fewer tokens than the port has.
static Tensor sampleOf(const Tensor &stacked, const Port &port,
                       int64_t sample) {
  Shape shape = port.shape;
  for (int64_t axis : port.lengthAxes)
    shape[static_cast<size_t>(axis)] = stacked.dim(axis);
  auto size = static_cast<size_t>(byteCount(port.dtype, shape));
  bool shared = stacked.bytes() == size;
  const char *p = static_cast<const char *>(stacked.raw());
  return Tensor::borrow(port.dtype, std::move(shape),
                        p + (shared ? 0 : static_cast<size_t>(sample) * size),
                        size);
}

/// Whether another sample gives this result of all.
static bool isShared(const Port &port, int64_t sample) {
  return port.constant && sample != 0;
}

void SampleArrays::run(int64_t sample, const Forward &forward) const {
  std::vector<Tensor> in, out;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Port &port = inputPorts[i];
    Tensor one = sampleOf(inputs[i], port, sample);
    in.push_back(
        one.shape() == port.shape
            ? std::move(one)
            : withLength(
                  one, port.lengthAxes,
                  port.shape[static_cast<size_t>(port.lengthAxes.front())],
                  port.padding));
  }
  for (size_t i = 0; i < outputs.size(); ++i)
    out.push_back(isShared(outputPorts[i], sample)
                      ? Tensor(outputPorts[i].dtype, outputPorts[i].shape)
                      : sampleOf(outputs[i], outputPorts[i], sample));
  TensorList inputList;
  TensorOutputs outputList;
  for (const Tensor &t : in)
    inputList.push_back(&t);
  for (Tensor &t : out)
    outputList.push_back(&t);
  forward(inputList, outputList);
  // What the network put elsewhere moves into its place.
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Port &port = outputPorts[i];
    if (out[i].dtype() != port.dtype ||
        out[i].size() != elementCount(port.shape))
      throw Error("output '" + port.name + "' has shape " +
                  toString(out[i].shape()) + " of " + name(out[i].dtype()) +
                  ", expected " + toString(port.shape) + " of " +
                  name(port.dtype));
    if (isShared(port, sample))
      continue;
    Tensor place = sampleOf(outputs[i], port, sample);
    if (place.raw() != out[i].raw() && place.bytes())
      std::memcpy(place.raw(), out[i].raw(), place.bytes());
  }
}

NamedArrays SampleArrays::results() const {
  NamedArrays arrays;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Port &port = outputPorts[i];
    bool isCut = length && !port.lengthAxes.empty() && !port.constant;
    arrays.emplace_back(port.name,
                        isCut ? withLength(outputs[i], port.lengthAxes, *length)
                              : outputs[i]);
  }
  return arrays;
}

//===----------------------------------------------------------------------===//
// Threads
//===----------------------------------------------------------------------===//

namespace {
/// A line of progress on a terminal.
class Progress {
public:
  Progress(int64_t total, bool isShown)
      : total(total), visible(isShown && total > 1 && isatty(STDERR_FILENO)) {}
  void step() {
    int64_t now = ++done;
    if (visible) {
      std::lock_guard<std::mutex> guard(lock);
      std::fprintf(stderr, "\r%lld/%lld samples", static_cast<long long>(now),
                   static_cast<long long>(total));
    }
  }
  void clear() {
    if (visible && done)
      std::fprintf(stderr, "\r\033[K");
  }

private:
  int64_t total;
  bool visible;
  std::atomic<int64_t> done{0};
  std::mutex lock;
};
} // namespace

void snn::rt::forEachSample(
    int64_t count, unsigned threads,
    const std::function<std::function<void(int64_t)>()> &start,
    RunMonitor *monitor) {
  if (threads == 0)
    threads = std::thread::hardware_concurrency();
  threads = static_cast<unsigned>(std::clamp<int64_t>(
      std::min(threads, detail::mostThreads), 1, std::max<int64_t>(count, 1)));
  std::atomic<int64_t> next{0};
  Progress progress(count, /*isShown=*/!monitor);
  std::mutex lock;
  int64_t failedSample = count;
  std::string failure;

  auto work = [&] {
    int64_t sample = -1;
    auto fail = [&](const char *what) {
      std::lock_guard<std::mutex> guard(lock);
      if (sample < failedSample) {
        failedSample = sample;
        failure = what;
      }
    };
    try {
      std::function<void(int64_t)> run = start();
      while ((sample = next++) < count && !(monitor && monitor->isCancelled)) {
        run(sample);
        progress.step();
        if (monitor)
          ++monitor->done;
      }
    } catch (const std::exception &e) {
      fail(e.what());
      next = count;
    }
  };
  std::vector<std::thread> pool;
  detail::addThreads(pool, threads - 1, work);
  work();
  for (std::thread &t : pool)
    t.join();
  progress.clear();
  if (failedSample < count)
    throw Error(failedSample < 0 ? failure
                                 : "sample " + std::to_string(failedSample) +
                                       ": " + failure);
}
