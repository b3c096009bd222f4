//===- Neurons.cpp - NIR's neurons as steps -------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// With n = tau / dt, Euler's step of tau dv/dt = v_leak - v + R I is
// v + (v_leak + R I - v) / n; the exact solution is the same step with
// n = 1 / (1 - exp(-dt / tau)).
//
//===----------------------------------------------------------------------===//

#include "Importer.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Dialect/Spike/Spike.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace snn;
using namespace snn::nir;
using llvm::StringRef;

/// Quotients of numbers that were rounded to float32 are so far apart.
static constexpr double floatTolerance = 1e-6;

static bool isZero(const Numbers &values) {
  return llvm::all_of(values, [](double value) { return value == 0; });
}

/// x[i] * y[i], where each is one number or as many as elements.
static Numbers multiply(const Numbers &x, const Numbers &y, bool divide) {
  Numbers result(std::max(x.size(), y.size()));
  for (size_t i = 0; i < result.size(); ++i) {
    double left = x[x.size() == 1 ? 0 : i], right = y[y.size() == 1 ? 0 : i];
    result[i] = divide ? left / right : left * right;
  }
  return result;
}

FailureOr<double> NirImporter::stepsOf(int node, StringRef name,
                                       int64_t elements) {
  FailureOr<Numbers> tau = neuronNumbers(node, name, elements);
  if (failed(tau))
    return failure();
  if (tau->size() != 1)
    return unsupported(node, name + " differs between neurons");
  double value = tau->front(), dt = *time.dt;
  if (value <= 0)
    return error(node) << "the parameter '" << name << "' needs to be positive";
  if (time.integration == Integration::Exact)
    return 1 / -std::expm1(-dt / value);
  if (value / dt < 1 - floatTolerance)
    return unsupported(node, name + " " + toShort(value) +
                                 " is below the time step " + toShort(dt) +
                                 ", and Euler's method overshoots; --nir-dt of "
                                 "at most " +
                                 toShort(value) + " would do");
  return std::max(1.0, value / dt);
}

FailureOr<NirImporter::NeuronNumbers>
NirImporter::leakyNumbers(int node, StringRef tau, int64_t elements) {
  FailureOr<double> n = stepsOf(node, tau, elements);
  if (failed(n))
    return failure();
  FailureOr<Numbers> r = neuronNumbers(node, "r", elements);
  FailureOr<Numbers> rest = neuronNumbers(node, "v_leak", elements);
  if (failed(r) || failed(rest))
    return failure();
  NeuronNumbers result = {*n, true, *r, *rest, {}, {}};
  // snnTorch's and spikingjelly's neurons, which add their input as it is.
  bool isUnscaled = r->size() == 1 && isZero(*rest) &&
                    std::abs(r->front() / *n - 1) < floatTolerance;
  if (isUnscaled) {
    result.decaysInput = false;
    result.gain = {1};
  }
  return result;
}

LogicalResult NirImporter::createNeurons(int node, NeuronNumbers numbers) {
  FailureOr<Sizes> shape = inputShape(node);
  if (failed(shape))
    return failure();
  int64_t elements = countElements(*shape);
  FailureOr<Numbers> reset = neuronNumbers(node, "v_reset", elements, 0);
  if (failed(reset))
    return failure();
  if (reset->size() != 1)
    return unsupported(node, "v_reset differs between neurons");
  bool subtracts = time.reset == Reset::Subtract;
  if (subtracts && !isZero(*reset))
    return unsupported(node, "v_reset is not 0, from which --nir-reset "
                             "subtract has no meaning");
  if (!find(node, "v_reset") && !subtracts)
    note(node, "it has no v_reset: spikes reset it to 0");
  // Neurons of several thresholds are neurons of threshold 1 whose input is
  // divided by them, as everything else is 0.
  if (numbers.threshold.size() != 1) {
    if (!isZero(numbers.rest) || !isZero(*reset))
      return unsupported(node, "v_threshold differs between neurons, and "
                               "v_leak or v_reset is not 0");
    if (llvm::any_of(numbers.threshold, [](double t) { return t <= 0; }))
      return unsupported(node, "v_threshold differs between neurons, and is "
                               "not positive");
    numbers.gain = multiply(numbers.gain, numbers.threshold, /*divide=*/true);
    numbers.threshold = {1};
  }
  float threshold = float(numbers.threshold.front());
  // NIR's neurons fire above it, those of `spike.lif` at it.
  float first =
      std::nextafterf(threshold, std::numeric_limits<float>::infinity());
  FailureOr<Stage> in = scaledInput(node, numbers.gain, numbers.rest);
  if (failed(in))
    return failure();
  Value x = emit(*in);
  auto inputType = cast<RankedTensorType>(x.getType());
  Type train = inputType.clone(spike::getStepType(&context, /*max=*/1, steps));
  auto unit = [&](bool flag) { return flag ? b.getUnitAttr() : UnitAttr(); };
  auto lif = spike::LifOp::create(
      b, loc(node), train, Type(), x, b.getStringAttr(graph.nodes[node].name),
      b.getF64FloatAttr(float(numbers.steps)), b.getF64FloatAttr(first),
      b.getF64FloatAttr(float(reset->front())), unit(numbers.decaysInput),
      UnitAttr(),
      spike::ChargeOrderAttr::get(&context, spike::ChargeOrder::Tau),
      spike::ResetRuleAttr::get(&context, subtracts ? spike::ResetRule::Subtract
                                                    : spike::ResetRule::AtOnce),
      FloatAttr(), FloatAttr(),
      subtracts ? b.getF64FloatAttr(threshold) : FloatAttr(), FloatAttr(),
      DenseF32ArrayAttr(), DenseF32ArrayAttr(), IntegerAttr());
  Value spikes =
      spike::DequantizeOp::create(b, loc(node), inputType, lif.getResult());
  stages[node] = plain(spikes, *shape, node);
  note(node, "its membrane begins at 0");
  return success();
}

LogicalResult NirImporter::importLif(int node) {
  FailureOr<Sizes> shape = inputShape(node);
  if (failed(shape))
    return failure();
  int64_t elements = countElements(*shape);
  FailureOr<NeuronNumbers> leaky = leakyNumbers(node, "tau", elements);
  if (failed(leaky))
    return failure();
  FailureOr<Numbers> threshold = neuronNumbers(node, "v_threshold", elements);
  if (failed(threshold))
    return failure();
  leaky->threshold = *threshold;
  return createNeurons(node, std::move(*leaky));
}

LogicalResult NirImporter::importIf(int node) {
  FailureOr<Sizes> shape = inputShape(node);
  if (failed(shape))
    return failure();
  int64_t elements = countElements(*shape);
  FailureOr<Numbers> r = neuronNumbers(node, "r", elements);
  FailureOr<Numbers> threshold = neuronNumbers(node, "v_threshold", elements);
  if (failed(r) || failed(threshold))
    return failure();
  Numbers gain = multiply(*r, {*time.dt}, /*divide=*/false);
  for (double &value : gain) // 1 / dt in float32, and dt
    value = std::abs(value - 1) < floatTolerance ? 1 : value;
  NeuronNumbers neuron = {std::numeric_limits<double>::infinity(),
                          false,
                          std::move(gain),
                          {0},
                          *threshold,
                          {}};
  return createNeurons(node, std::move(neuron));
}

LogicalResult NirImporter::importCubaLif(int node) {
  FailureOr<Sizes> shape = inputShape(node);
  if (failed(shape))
    return failure();
  int64_t elements = countElements(*shape);
  FailureOr<Numbers> synapse = neuronNumbers(node, "tau_syn", elements);
  if (failed(synapse))
    return failure();
  bool isOneStep = synapse->size() == 1 &&
                   std::abs(synapse->front() / *time.dt - 1) < floatTolerance;
  if (!isOneStep || time.integration != Integration::Euler)
    return unsupported(node, "it has a current of its own, unless tau_syn is "
                             "--nir-dt and the integration Euler's");
  FailureOr<NeuronNumbers> leaky = leakyNumbers(node, "tau_mem", elements);
  if (failed(leaky))
    return failure();
  FailureOr<Numbers> gain = neuronNumbers(node, "w_in", elements, 1);
  FailureOr<Numbers> threshold = neuronNumbers(node, "v_threshold", elements);
  if (failed(gain) || failed(threshold))
    return failure();
  leaky->gain = multiply(leaky->gain, *gain, /*divide=*/false);
  leaky->threshold = *threshold;
  note(node, "its current is that of one step");
  return createNeurons(node, std::move(*leaky));
}

LogicalResult NirImporter::importThreshold(int node) {
  FailureOr<Sizes> shape = inputShape(node);
  if (failed(shape))
    return failure();
  FailureOr<Numbers> threshold =
      neuronNumbers(node, "threshold", countElements(*shape));
  if (failed(threshold))
    return failure();
  // v * (1 - 1 / 1) + x is x.
  return createNeurons(node, {1, false, {1}, {0}, *threshold, {}});
}

/// The last membrane of leaky integrators, as a sum over time of their inputs.
LogicalResult NirImporter::importReadOut(int node) {
  for (const GraphNode &other : graph.nodes)
    if (llvm::is_contained(other.from, node) && other.type != "Output")
      return unsupported(node, "its membrane is read by '" + other.name +
                                   "': only read-outs at the end are known");
  FailureOr<Sizes> shape = inputShape(node);
  if (failed(shape))
    return failure();
  FailureOr<NeuronNumbers> leaky =
      leakyNumbers(node, "tau", countElements(*shape));
  if (failed(leaky))
    return failure();
  FailureOr<Stage> in = scaledInput(node, leaky->gain, leaky->rest);
  if (failed(in))
    return failure();
  Value x = emit(*in);
  double keep = 1 - 1 / leaky->steps;
  std::vector<double> weights(static_cast<size_t>(steps));
  double weight = leaky->decaysInput ? 1 / leaky->steps : 1;
  for (int64_t step = steps; step-- > 0; weight *= keep)
    weights[size_t(step)] = weight;
  Sizes perStep = {steps};
  perStep.append(shape->size(), 1);
  Value factors =
      constant(graph.nodes[node].name + ".kernel", perStep, weights, loc(node));
  Value product = onnx::MulOp::create(b, loc(node), x.getType(), x, factors);
  Value sum = onnx::ReduceSumOp::create(b, loc(node), type(*shape), product,
                                        ArrayRef<int64_t>{0}, false);
  Stage stage = plain(sum, *shape, node);
  stage.isLastStep = true;
  stages[node] = std::move(stage);
  return approximate(node, "its membrane is read in the last step only");
}
