//===- Stages.cpp - Ops of what NIR nodes give ----------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Importer.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace snn;
using namespace snn::nir;
using llvm::StringRef;

/// Weights that pooling is merged into grow by the pooled windows; beyond so
/// many elements pooling stays on its own.
static constexpr int64_t maxMergedWeights = int64_t(1) << 28;

static bool isNeutral(const Numbers &values, double neutral) {
  return values.empty() || (values.size() == 1 && values[0] == neutral);
}

RankedTensorType NirImporter::type(ArrayRef<int64_t> shape) const {
  return RankedTensorType::get(shape, Float32Type::get(&context));
}

Value NirImporter::constant(const Twine &name, ArrayRef<int64_t> shape,
                            ArrayRef<double> values, Location loc) {
  rt::Tensor tensor(rt::DType::F32, rt::Shape(shape.begin(), shape.end()));
  std::copy(values.begin(), values.end(), tensor.data<float>());
  TypedAttr attribute = onnx::makeConstantAttr(
      &context, name.str(), std::move(tensor), Float32Type::get(&context));
  return onnx::ConstantOp::create(b, loc, attribute.getType(), attribute);
}

/// Numbers of a layer as something that broadcasts to it.
Value NirImporter::spread(const Numbers &values, ArrayRef<int64_t> shape,
                          const Twine &name, Location loc) {
  if (values.size() == 1)
    return constant(name, {}, values, loc);
  return constant(name, shape, values, loc);
}

Stage NirImporter::plain(Value value, ArrayRef<int64_t> shape, int node) const {
  Stage stage;
  stage.source = value;
  stage.shape.assign(shape);
  stage.node = node;
  return stage;
}

Stage NirImporter::take(int source) {
  Stage &stage = *stages[source];
  if (graph.nodes[source].readers > 1 && stage.kind != Stage::Plain) {
    bool isLastStep = stage.isLastStep;
    stage = plain(emit(stage), stage.shape, stage.node);
    stage.isLastStep = isLastStep;
  }
  return stage;
}

FailureOr<Sizes> NirImporter::inputShape(int node) {
  const GraphNode &entry = graph.nodes[node];
  const Stage &first = *stages[entry.from.front()];
  for (int source : entry.from) {
    const Stage &other = *stages[source];
    if (other.isLastStep && entry.type != "Output")
      return error(node) << "it reads '" << graph.nodes[source].name
                         << "', of which there is the last step only";
    if (other.shape != first.shape || other.isLastStep != first.isLastStep)
      return error(node) << "'" << graph.nodes[entry.from.front()].name
                         << "' and '" << graph.nodes[source].name
                         << "', whose sum it reads, have different shapes";
  }
  return Sizes(first.shape);
}

FailureOr<Stage> NirImporter::input(int node) {
  return scaledInput(node, {}, {});
}

FailureOr<Stage> NirImporter::scaledInput(int node, const Numbers &factor,
                                          const Numbers &offset) {
  if (failed(inputShape(node)))
    return failure();
  ArrayRef<int> from = graph.nodes[node].from;
  if (from.size() == 1)
    return scale(take(from[0]), factor, offset, node);
  Value sum;
  Stage first;
  for (int source : from) {
    // What is added is added once.
    Stage part = scale(take(source), factor, sum ? Numbers() : offset, node);
    Value value = emit(part);
    if (!sum)
      first = part;
    sum = sum ? Value(onnx::AddOp::create(b, loc(node), value.getType(), sum,
                                          value))
              : value;
  }
  Stage result = plain(sum, first.shape, node);
  result.isLastStep = first.isLastStep;
  return result;
}

/// The number for output channel `c` of a layer whose numbers are the same
/// within a channel; none where they are not.
static std::optional<Numbers> perChannel(const Numbers &values, double neutral,
                                         int64_t channels, int64_t inner) {
  if (values.empty())
    return Numbers(size_t(channels), neutral);
  if (values.size() == 1)
    return Numbers(size_t(channels), values[0]);
  if (int64_t(values.size()) != channels * inner)
    return std::nullopt;
  Numbers result;
  for (int64_t c = 0; c < channels; ++c) {
    ArrayRef<double> channel =
        ArrayRef(values).slice(size_t(c * inner), size_t(inner));
    if (!llvm::all_equal(channel))
      return std::nullopt;
    result.push_back(channel.front());
  }
  return result;
}

bool NirImporter::scaleWeights(Stage &stage, const Numbers &factor,
                               const Numbers &offset) const {
  bool isDense = stage.kind == Stage::Dense;
  // Channels are the last axis of products, the first of convolutions.
  if (isDense && stage.shape.size() != 1 &&
      (factor.size() > 1 || offset.size() > 1))
    return false;
  int64_t channels = stage.weightShape[0];
  int64_t inner = isDense ? 1 : countElements(stage.shape) / channels;
  std::optional<Numbers> factors = perChannel(factor, 1, channels, inner);
  std::optional<Numbers> offsets = perChannel(offset, 0, channels, inner);
  if (!factors || !offsets)
    return false;
  int64_t each = int64_t(stage.weight.size()) / channels;
  for (int64_t i = 0; i < int64_t(stage.weight.size()); ++i)
    stage.weight[size_t(i)] *= (*factors)[size_t(i / each)];
  if (stage.bias.empty() && isNeutral(offset, 0))
    return true;
  stage.bias.resize(size_t(channels), 0.0);
  for (size_t c = 0; c < size_t(channels); ++c)
    stage.bias[c] = stage.bias[c] * (*factors)[c] + (*offsets)[c];
  return true;
}

Stage NirImporter::scale(Stage stage, const Numbers &factor,
                         const Numbers &offset, int node) {
  if (isNeutral(factor, 1) && isNeutral(offset, 0))
    return stage;
  if (stage.kind == Stage::Dense || stage.kind == Stage::Conv) {
    if (scaleWeights(stage, factor, offset))
      return stage;
  } else if (isNeutral(offset, 0) && isNeutral(stage.factor, 1) &&
             (stage.kind == Stage::Plain || factor.size() == 1)) {
    stage.factor = factor;
    return stage;
  }
  bool isLastStep = stage.isLastStep;
  Value value = emit(stage);
  Location at = loc(node);
  StringRef name = graph.nodes[node].name;
  if (!isNeutral(factor, 1))
    value =
        onnx::MulOp::create(b, at, value.getType(), value,
                            spread(factor, stage.shape, name + ".factor", at));
  if (!isNeutral(offset, 0))
    value =
        onnx::AddOp::create(b, at, value.getType(), value,
                            spread(offset, stage.shape, name + ".offset", at));
  Stage result = plain(value, stage.shape, node);
  result.isLastStep = isLastStep;
  return result;
}

//===----------------------------------------------------------------------===//
// Pooling in the weights behind it
//===----------------------------------------------------------------------===//

/// Products of a flattened, pooled layer as products of the layer itself.
bool NirImporter::poolInto(Stage &dense, const Stage &pool) const {
  int64_t channels = pool.sourceShape[0], height = pool.sourceShape[1],
          width = pool.sourceShape[2];
  int64_t rows = pool.pooled[1], columns = pool.pooled[2];
  int64_t outputs = dense.weightShape[0];
  int64_t inputs = channels * height * width;
  if (dense.weightShape[1] != countElements(pool.pooled) ||
      inputs > maxMergedWeights / outputs)
    return false;
  double factor = pool.factor.empty() ? 1 : pool.factor[0];
  std::vector<double> merged(size_t(outputs * inputs), 0.0);
  for (int64_t o = 0; o < outputs; ++o)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t q = 0; q < columns; ++q) {
          double weight =
              factor * dense.weight[size_t(
                           ((o * channels + c) * rows + r) * columns + q)];
          for (int64_t i = 0; i < pool.kernel[0]; ++i)
            for (int64_t j = 0; j < pool.kernel[1]; ++j) {
              int64_t y = r * pool.strides[0] - pool.pads[0] + i;
              int64_t x = q * pool.strides[1] - pool.pads[1] + j;
              if (y >= 0 && y < height && x >= 0 && x < width)
                merged[size_t(((o * channels + c) * height + y) * width + x)] +=
                    weight;
            }
        }
  dense.weight = std::move(merged);
  dense.weightShape = {outputs, inputs};
  return true;
}

/// A convolution of a pooled layer as one of the layer itself. Its padding is
/// zero, so windows that begin in it must hold nothing of the layer.
bool NirImporter::poolIntoConv(Stage &conv, const Stage &pool) const {
  if (conv.weightShape.size() != 4)
    return false;
  Sizes kernel, strides, pads(4), dilations = {1, 1};
  for (int axis = 0; axis < 2; ++axis) {
    int64_t stride = pool.strides[axis], before = pool.pads[axis],
            window = pool.kernel[axis], size = pool.sourceShape[axis + 1];
    auto isApart = [&](int64_t index) {
      int64_t first = index * stride - before;
      return first + window <= 0 || first >= size;
    };
    for (int64_t index = 1; index <= conv.pads[axis]; ++index)
      if (!isApart(-index))
        return false;
    for (int64_t index = 0; index < conv.pads[2 + axis]; ++index)
      if (!isApart(pool.pooled[axis + 1] + index))
        return false;
    int64_t reach = conv.dilations[axis] * (conv.weightShape[2 + axis] - 1);
    kernel.push_back(reach * stride + window);
    strides.push_back(stride * conv.strides[axis]);
    pads[axis] = before + stride * conv.pads[axis];
    // So that there are as many windows as before.
    int64_t windows = conv.shape[axis + 1];
    pads[2 + axis] = std::max<int64_t>(0, (windows - 1) * strides[axis] +
                                              kernel[axis] - size - pads[axis]);
    if ((size + pads[axis] + pads[2 + axis] - kernel[axis]) / strides[axis] +
            1 !=
        windows)
      return false;
  }
  int64_t maps = conv.weightShape[0] * conv.weightShape[1];
  if (kernel[0] * kernel[1] > maxMergedWeights / maps)
    return false;
  double factor = pool.factor.empty() ? 1 : pool.factor[0];
  int64_t rows = conv.weightShape[2], columns = conv.weightShape[3];
  std::vector<double> merged(size_t(maps * kernel[0] * kernel[1]), 0.0);
  for (int64_t m = 0; m < maps; ++m)
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t q = 0; q < columns; ++q) {
        double weight =
            factor * conv.weight[size_t((m * rows + r) * columns + q)];
        for (int64_t i = 0; i < pool.kernel[0]; ++i)
          for (int64_t j = 0; j < pool.kernel[1]; ++j) {
            int64_t y = r * conv.dilations[0] * pool.strides[0] + i;
            int64_t x = q * conv.dilations[1] * pool.strides[1] + j;
            merged[size_t((m * kernel[0] + y) * kernel[1] + x)] += weight;
          }
      }
  conv.weight = std::move(merged);
  conv.weightShape = {conv.weightShape[0], conv.weightShape[1], kernel[0],
                      kernel[1]};
  conv.strides = strides;
  conv.pads = pads;
  conv.dilations = dilations;
  return true;
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

Value NirImporter::emitConv(const Stage &stage, Location loc) {
  StringRef name = graph.nodes[stage.node].name;
  Sizes shape = {steps};
  shape.append(stage.shape);
  Value bias;
  if (!stage.bias.empty())
    bias = constant(name + ".bias", {stage.weightShape[0]}, stage.bias, loc);
  return onnx::ConvOp::create(
      b, loc, type(shape), stage.source,
      constant(name + ".weight", stage.weightShape, stage.weight, loc), bias,
      b.getDenseI64ArrayAttr(stage.strides), b.getDenseI64ArrayAttr(stage.pads),
      b.getDenseI64ArrayAttr(stage.dilations),
      b.getI64IntegerAttr(stage.groups));
}

Value NirImporter::emit(Stage &stage) {
  Location at = loc(stage.node);
  StringRef name = graph.nodes[stage.node].name;
  Sizes shape;
  if (!stage.isLastStep)
    shape.push_back(steps);
  shape.append(stage.shape);
  switch (stage.kind) {
  case Stage::Plain:
    if (isNeutral(stage.factor, 1))
      return stage.source;
    return onnx::MulOp::create(
        b, at, stage.source.getType(), stage.source,
        spread(stage.factor, stage.shape, name + ".factor", at));
  case Stage::Dense: {
    int64_t outputs = stage.weightShape[0], inputs = stage.weightShape[1];
    std::vector<double> turned(stage.weight.size());
    for (int64_t o = 0; o < outputs; ++o)
      for (int64_t i = 0; i < inputs; ++i)
        turned[size_t(i * outputs + o)] = stage.weight[size_t(o * inputs + i)];
    Value value = onnx::MatMulOp::create(
        b, at, type(shape), stage.source,
        constant(name + ".weight", {inputs, outputs}, turned, at));
    if (!stage.bias.empty())
      value = onnx::AddOp::create(
          b, at, type(shape), value,
          constant(name + ".bias", {outputs}, stage.bias, at));
    return value;
  }
  case Stage::Conv:
    return emitConv(stage, at);
  case Stage::Pool: {
    (void)approximate(stage.node,
                      "its sums are no spikes, and no weights behind it take "
                      "them in: it is a layer of its own");
    int64_t channels = stage.sourceShape[0];
    Stage conv = stage;
    conv.kind = Stage::Conv;
    conv.shape = stage.pooled;
    conv.weightShape = {channels, 1, stage.kernel[0], stage.kernel[1]};
    conv.weight.assign(size_t(countElements(conv.weightShape)),
                       stage.factor.empty() ? 1 : stage.factor[0]);
    conv.bias.clear();
    conv.dilations = {1, 1};
    conv.groups = channels;
    Value value = emitConv(conv, at);
    if (stage.shape != stage.pooled)
      value = onnx::ReshapeOp::create(b, at, type(shape), value, shape);
    return value;
  }
  }
  llvm_unreachable("unknown stage");
}
