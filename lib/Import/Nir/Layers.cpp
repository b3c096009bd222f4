//===- Layers.cpp - NIR's linears, convolutions and pooling ---------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Importer.h"
#include "snn/Dialect/Onnx/Onnx.h"

#include <cmath>

using namespace mlir;
using namespace snn;
using namespace snn::nir;
using llvm::StringRef;

/// The most multiplications of a layer and step, and elements of its result.
static constexpr int64_t maxOutputs = int64_t(1) << 31;

LogicalResult NirImporter::takeBias(int node, int64_t outputs, Stage &stage) {
  FailureOr<Numbers> bias = numbers(node, "bias");
  if (failed(bias))
    return failure();
  if (bias->size() == 1)
    bias->resize(size_t(outputs), bias->front());
  if (int64_t(bias->size()) != outputs)
    return error(node) << "the parameter 'bias' needs " << outputs
                       << " numbers, has " << bias->size();
  stage.bias = std::move(*bias);
  return success();
}

LogicalResult NirImporter::importDense(int node, bool hasBias) {
  FailureOr<Sizes> in = inputShape(node);
  FailureOr<Numbers> weight = numbers(node, "weight");
  if (failed(in) || failed(weight))
    return failure();
  ArrayRef<int64_t> dims = find(node, "weight")->shape;
  if (dims.size() != 2)
    return error(node) << "the parameter 'weight' needs 2 axes, has "
                       << dims.size();
  int64_t features = in->empty() ? 1 : in->back();
  if (features != dims[1] || in->empty()) {
    InFlightDiagnostic wrong = error(node);
    wrong << "its weight needs " << dims[1] << " features, its input has "
          << features;
    for (int source : graph.nodes[node].from)
      if (graph.nodes[source].type == "Flatten" &&
          countElements(*in) == dims[1])
        wrong << "; start_dim 0 and end_dim -1 of '" << graph.nodes[source].name
              << "' would give them";
    return failure();
  }
  Sizes shape = *in;
  shape.back() = dims[0];
  if (countElements(*in) / features > maxOutputs / dims[0])
    return error(node) << "its result has more than " << maxOutputs
                       << " elements";
  Stage stage;
  stage.kind = Stage::Dense;
  stage.node = node;
  stage.shape = shape;
  stage.weight = std::move(*weight);
  stage.weightShape.assign(dims.begin(), dims.end());
  if (hasBias && failed(takeBias(node, dims[0], stage)))
    return failure();
  FailureOr<Stage> source = input(node);
  if (failed(source))
    return failure();
  // A factor of the inputs, and pooling, go into the weights.
  bool isMerged = false;
  if (source->kind == Stage::Pool && source->shape.size() == 1 &&
      poolInto(stage, *source)) {
    isMerged = true;
    Sizes flat = {steps, countElements(source->sourceShape)};
    stage.source = onnx::ReshapeOp::create(b, loc(source->node), type(flat),
                                           source->source, flat);
  } else if (source->kind == Stage::Plain && !source->factor.empty() &&
             (source->factor.size() == 1 || in->size() == 1)) {
    isMerged = true;
    for (size_t i = 0; i < stage.weight.size(); ++i)
      stage.weight[i] *= source->factor.size() == 1
                             ? source->factor[0]
                             : source->factor[i % size_t(features)];
    stage.source = source->source;
  }
  if (!isMerged)
    stage.source = emit(*source);
  stages[node] = std::move(stage);
  note(node, "weights are quantised by later phases");
  return success();
}

LogicalResult NirImporter::importScale(int node) {
  FailureOr<Sizes> in = inputShape(node);
  if (failed(in))
    return failure();
  FailureOr<Numbers> factor = neuronNumbers(node, "scale", countElements(*in));
  if (failed(factor))
    return failure();
  FailureOr<Stage> stage = scaledInput(node, *factor, {});
  if (failed(stage))
    return failure();
  stages[node] = std::move(*stage);
  return success();
}

LogicalResult NirImporter::importConv(int node, size_t axes) {
  FailureOr<Sizes> in = inputShape(node);
  FailureOr<Numbers> weight = numbers(node, "weight");
  FailureOr<Sizes> strides = sizes(node, "stride", axes, 1);
  FailureOr<Sizes> dilations = sizes(node, "dilation", axes, 1);
  FailureOr<Sizes> groups = sizes(node, "groups", 1, 1);
  if (failed(in) || failed(weight) || failed(strides) || failed(dilations) ||
      failed(groups))
    return failure();
  ArrayRef<int64_t> dims = find(node, "weight")->shape;
  if (dims.size() != axes + 2)
    return error(node) << "the parameter 'weight' needs " << axes + 2
                       << " axes, has " << dims.size();
  if (in->size() != axes + 1)
    return error(node) << "its input needs " << axes + 1 << " axes, has "
                       << in->size();
  int64_t group = (*groups)[0];
  if (group < 1 || dims[0] % group != 0 || (*in)[0] != dims[1] * group)
    return error(node) << "its weight needs " << dims[1] << " times " << group
                       << " channels, its input has " << (*in)[0];
  for (int64_t step : llvm::concat<int64_t>(*strides, *dilations))
    if (step < 1)
      return error(node) << "strides and dilations need to be at least 1";
  Stage stage;
  stage.kind = Stage::Conv;
  stage.node = node;
  stage.weight = std::move(*weight);
  stage.weightShape.assign(dims.begin(), dims.end());
  stage.strides = *strides;
  stage.dilations = *dilations;
  stage.groups = group;
  if (failed(
          readPads(node, stage.pads, dims.drop_front(2), *strides, *dilations)))
    return failure();
  stage.shape.push_back(dims[0]);
  for (size_t axis = 0; axis < axes; ++axis) {
    int64_t reach = (*dilations)[axis] * (dims[axis + 2] - 1) + 1;
    int64_t room =
        (*in)[axis + 1] + stage.pads[axis] + stage.pads[axes + axis] - reach;
    if (room < 0)
      return error(node) << "its kernel is larger than its padded input";
    stage.shape.push_back(room / (*strides)[axis] + 1);
  }
  double outputs = 1;
  for (int64_t size : stage.shape)
    outputs *= double(size);
  if (outputs > double(maxOutputs))
    return error(node) << "its result has more than " << maxOutputs
                       << " elements";
  if (find(node, "bias") && failed(takeBias(node, dims[0], stage)))
    return failure();
  FailureOr<Stage> source = input(node);
  if (failed(source))
    return failure();
  if (source->kind == Stage::Pool && source->shape == source->pooled &&
      poolIntoConv(stage, *source)) {
    stage.source = source->source;
  } else if (source->kind == Stage::Plain && source->factor.size() == 1) {
    for (double &value : stage.weight)
      value *= source->factor[0];
    stage.source = source->source;
  } else {
    stage.source = emit(*source);
  }
  stages[node] = std::move(stage);
  note(node, "weights are quantised by later phases");
  return success();
}

LogicalResult NirImporter::importPool(int node, bool isMean) {
  FailureOr<Sizes> in = inputShape(node);
  FailureOr<Sizes> kernel = sizes(node, "kernel_size", 2);
  FailureOr<Sizes> strides = sizes(node, "stride", 2);
  FailureOr<Sizes> pads = sizes(node, "padding", 2, 0);
  if (failed(in) || failed(kernel) || failed(strides) || failed(pads))
    return failure();
  if (in->size() != 3)
    return error(node) << "its input needs 3 axes, has " << in->size();
  Stage stage;
  stage.kind = Stage::Pool;
  stage.node = node;
  stage.sourceShape = *in;
  stage.kernel = *kernel;
  stage.strides = *strides;
  stage.pads = {(*pads)[0], (*pads)[1], (*pads)[0], (*pads)[1]};
  stage.pooled = {(*in)[0]};
  for (size_t axis = 0; axis < 2; ++axis) {
    int64_t room = (*in)[axis + 1] + 2 * (*pads)[axis] - (*kernel)[axis];
    if ((*kernel)[axis] < 1 || (*strides)[axis] < 1 || room < 0 ||
        (*pads)[axis] >= (*kernel)[axis])
      return error(node) << "its kernel, stride and padding do not fit its "
                            "input";
    stage.pooled.push_back(room / (*strides)[axis] + 1);
  }
  stage.shape = stage.pooled;
  stage.factor = {isMean ? 1.0 / double((*kernel)[0] * (*kernel)[1]) : 1.0};
  FailureOr<Stage> source = input(node);
  if (failed(source))
    return failure();
  if (source->kind == Stage::Plain && source->factor.size() == 1) {
    stage.factor[0] *= source->factor[0];
    stage.source = source->source;
  } else {
    stage.source = emit(*source);
  }
  stages[node] = std::move(stage);
  return success();
}

LogicalResult NirImporter::importFlatten(int node) {
  FailureOr<Sizes> in = inputShape(node);
  FailureOr<Numbers> first = numbers(node, "start_dim", 1);
  FailureOr<Numbers> last = numbers(node, "end_dim", -1);
  if (failed(in) || failed(first) || failed(last))
    return failure();
  int64_t rank = int64_t(in->size());
  auto toAxis = [&](double value) -> int64_t {
    if (value != std::floor(value) || value < double(-rank) ||
        value >= double(rank))
      return -1;
    return value < 0 ? int64_t(value) + rank : int64_t(value);
  };
  int64_t begin = toAxis(first->front()), end = toAxis(last->front());
  if (first->size() != 1 || last->size() != 1 || begin < 0 || end < begin)
    return error(node) << "needs start_dim and end_dim within its input's "
                       << rank << " axes, without batch and time";
  Sizes shape(in->begin(), in->begin() + begin);
  shape.push_back(countElements(
      ArrayRef(*in).slice(size_t(begin), size_t(end - begin + 1))));
  shape.append(in->begin() + end + 1, in->end());
  FailureOr<Stage> stage = input(node);
  if (failed(stage))
    return failure();
  if (stage->kind == Stage::Pool) {
    stage->shape = shape; // what is pooled keeps its own
    stages[node] = std::move(*stage);
    return success();
  }
  Numbers factor;
  if (stage->kind == Stage::Plain)
    factor = std::exchange(stage->factor, {});
  Value value = emit(*stage);
  Sizes all = {steps};
  all.append(shape);
  Stage flat =
      plain(onnx::ReshapeOp::create(b, loc(node), type(all), value, all), shape,
            node);
  flat.factor = std::move(factor); // of the same elements, in their order
  stages[node] = std::move(flat);
  return success();
}
