//===- WriteNir.cpp - Networks of neurons as NIR graphs -------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// NIR has neither time nor batch: every value is known by the nodes whose sum
// it is, and by its shape in one step.
//
//===----------------------------------------------------------------------===//

#include "NirFile.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Dialect/Spike/Neuron.h"
#include "snn/Dialect/Spike/Spike.h"
#include "snn/Dialect/Spike/StaticWeight.h"
#include "snn/Target/Nir/Nir.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace snn;
using namespace snn::nir;
using llvm::StringRef;

using Sizes = SmallVector<int64_t>;

namespace {

/// A value in one step.
struct Known {
  SmallVector<std::string, 1> sources;
  Sizes shape;
};

class GraphWriter {
public:
  GraphWriter(func::FuncOp function, double dt) : function(function), dt(dt) {}

  FailureOr<FileGraph> run();

private:
  LogicalResult refuse(Operation *op, const Twine &why);
  LogicalResult add(Operation *op);
  LogicalResult addNeurons(spike::LifOp op);
  LogicalResult addProduct(Operation *op, Value weight, bool isTurned,
                           Value bias);
  LogicalResult addSum(onnx::AddOp op);
  LogicalResult addFactor(onnx::MulOp op);
  LogicalResult addConv(onnx::ConvOp op);
  LogicalResult addReshape(onnx::ReshapeOp op);
  LogicalResult addMean(onnx::ReduceMeanOp op);
  LogicalResult addOutputs(func::ReturnOp op);
  void addInputs();

  Known *find(Value value) {
    auto found = known.find(value);
    return found == known.end() ? nullptr : &found->second;
  }
  /// A node behind `in`, and its name.
  std::string addNode(StringRef name, StringRef type, const Known &in,
                      std::vector<std::pair<std::string, FileArray>> numbers);
  std::string makeName(StringRef name);
  FailureOr<rt::Tensor> readWeight(Operation *op, Value value);
  /// Gives an input of the network the shape that a layer needs.
  bool reshapeInput(Known &in, ArrayRef<int64_t> shape);

  func::FuncOp function;
  double dt;
  int64_t steps = 0;
  FileGraph graph;
  DenseMap<Value, Known> known;
  llvm::StringSet<> names;
  std::vector<std::string> refused;
};

Sizes withoutOnes(ArrayRef<int64_t> shape) {
  Sizes result;
  for (int64_t size : shape)
    if (size != 1)
      result.push_back(size);
  return result;
}

int64_t count(ArrayRef<int64_t> shape) {
  int64_t product = 1;
  for (int64_t size : shape)
    product *= size;
  return product;
}

FileArray floats(const rt::Tensor &tensor) {
  const float *data = tensor.data<float>();
  return {tensor.shape(), std::vector<float>(data, data + tensor.size())};
}
FileArray integers(ArrayRef<int64_t> values) {
  return {{int64_t(values.size())}, values.vec()};
}
/// One number for every neuron.
FileArray spread(ArrayRef<int64_t> shape, double value) {
  return {shape.vec(), std::vector<double>(size_t(count(shape)), value)};
}

} // namespace

std::string GraphWriter::makeName(StringRef name) {
  std::string base;
  for (char c : name) // a slash would be a group
    base.push_back(c == '/' ? '.' : c);
  base = StringRef(base).ltrim('.').str();
  if (base.empty())
    base = "node";
  std::string unique = base;
  for (unsigned number = 2; !names.insert(unique).second; ++number)
    unique = base + "_" + std::to_string(number);
  return unique;
}

std::string
GraphWriter::addNode(StringRef name, StringRef type, const Known &in,
                     std::vector<std::pair<std::string, FileArray>> numbers) {
  std::string unique = makeName(name);
  graph.nodes.push_back({unique, type.str(), std::move(numbers)});
  for (const std::string &source : in.sources)
    graph.edges.emplace_back(source, unique);
  return unique;
}

LogicalResult GraphWriter::refuse(Operation *op, const Twine &why) {
  std::string text = "'" + onnx::getNodeName(op->getLoc()).str() + "' (" +
                     op->getName().getStringRef().str();
  std::string reason = why.str();
  refused.push_back(text + (reason.empty() ? "" : ": " + reason) + ")");
  return failure();
}

FailureOr<rt::Tensor> GraphWriter::readWeight(Operation *op, Value value) {
  llvm::Expected<spike::StaticWeight> weight =
      spike::readStaticWeight(value, op->getLoc());
  if (!weight) {
    (void)refuse(op, llvm::toString(weight.takeError()));
    return failure();
  }
  if (weight->quantised) {
    (void)refuse(op, "its weights are integers");
    return failure();
  }
  if (weight->values.dtype() != rt::DType::F32) {
    (void)refuse(op, "its weights are not float32");
    return failure();
  }
  return weight->values;
}

bool GraphWriter::reshapeInput(Known &in, ArrayRef<int64_t> shape) {
  if (ArrayRef<int64_t>(in.shape) == shape)
    return true;
  if (in.sources.size() != 1 || withoutOnes(in.shape) != withoutOnes(shape))
    return false;
  for (FileNode &node : graph.nodes)
    if (node.name == in.sources[0] && node.type == "Input" &&
        llvm::none_of(graph.edges, [&](const auto &edge) {
          return edge.first == node.name;
        })) {
      node.parameters[0].second = integers(shape);
      in.shape.assign(shape);
      return true;
    }
  return false;
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

void GraphWriter::addInputs() {
  for (BlockArgument argument : function.getArguments()) {
    ArrayRef<int64_t> dims =
        cast<RankedTensorType>(argument.getType()).getShape();
    bool hasTime = !dims.empty() && dims[0] == steps;
    if (hasTime)
      dims = dims.drop_front();
    // The batch: the first axis, or the one behind time where that is open, or
    // 1 beside others.
    bool isFolded = hasTime && (dims.size() < 2 || dims[0] > 1);
    if (!dims.empty() && !isFolded)
      dims = dims.drop_front();
    auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                      "onnx.name");
    Known in;
    in.shape.assign(dims);
    in.sources = {addNode(name ? name.getValue() : "input", "Input", {},
                          {{"shape", integers(dims)}})};
    known[argument] = in;
  }
}

LogicalResult GraphWriter::addNeurons(spike::LifOp op) {
  const Known &in = *find(op.getX());
  rt::LifNeuron neuron = spike::getNeuron(op);
  if (op.getMembranes())
    return refuse(op, "its membranes are read");
  if (!neuron.levels.empty())
    return refuse(op, "it fires several times in a step");
  if (neuron.hasFloor())
    return refuse(op, "its membrane has a floor");
  if (!neuron.constants.empty())
    return refuse(op, "its channels have time constants of their own");
  bool subtracts = (neuron.rule == rt::ResetRule::AtOnce && neuron.softReset) ||
                   neuron.rule == rt::ResetRule::Subtract;
  if (!subtracts && neuron.rule != rt::ResetRule::AtOnce)
    return refuse(op, "its reset, " + stringifyResetRule(op.getRule()) +
                          ", is none of NIR's");
  // NIR's neurons fire above the threshold.
  float threshold = std::nextafterf(neuron.threshold,
                                    -std::numeric_limits<float>::infinity());
  float amount =
      neuron.rule == rt::ResetRule::Subtract ? neuron.amount : neuron.threshold;
  if (subtracts && amount != threshold && amount != neuron.threshold)
    return refuse(op, "what it subtracts is not its threshold");
  if (subtracts)
    emitWarning(op.getLoc())
        << "its spikes subtract the threshold, which NIR cannot say: a reader "
           "has to be told (--nir-reset subtract)";
  double n = neuron.tau, r = 1; // of x
  bool isRounded = false;       // in other places than the op
  switch (neuron.order) {
  case rt::ChargeOrder::Tau:
    r = neuron.decayInput ? 1 : n;
    break;
  case rt::ChargeOrder::DecayFactor:
    n = 1 / double(neuron.factor);
    isRounded = true;
    break;
  case rt::ChargeOrder::LeakTau:
    r = n;
    isRounded = true;
    break;
  case rt::ChargeOrder::LeakFactor:
    n = r = 1 / double(neuron.factor);
    isRounded = true;
    break;
  case rt::ChargeOrder::Affine:
    n = 1 / (1 - double(neuron.factor));
    r = double(neuron.gain) * n;
    isRounded = true;
    break;
  }
  if (isRounded)
    emitWarning(op.getLoc()) << "its membranes are rounded elsewhere than "
                                "those of NIR's equations";
  std::string name;
  if (std::isinf(n)) {
    name = addNode(
        op.getSite(), "IF", in,
        {{"r", spread(in.shape, double(neuron.order == rt::ChargeOrder::Affine
                                           ? neuron.gain
                                           : 1) /
                                    dt)},
         {"v_threshold", spread(in.shape, threshold)},
         {"v_reset", spread(in.shape, neuron.reset)}});
  } else if (!(n >= 1)) {
    return refuse(op, "its time constant is below a step");
  } else {
    name = addNode(op.getSite(), "LIF", in,
                   {{"tau", spread(in.shape, n * dt)},
                    {"r", spread(in.shape, r)},
                    {"v_leak", spread(in.shape, 0)},
                    {"v_threshold", spread(in.shape, threshold)},
                    {"v_reset", spread(in.shape, neuron.reset)}});
  }
  known[op.getResult()] = {{name}, in.shape};
  return success();
}

/// The layer's weight is `weight` [in, out], or [out, in] where it is turned.
LogicalResult GraphWriter::addProduct(Operation *op, Value weight,
                                      bool isTurned, Value bias) {
  Known &in = *find(op->getOperand(0));
  FailureOr<rt::Tensor> values = readWeight(op, weight);
  if (failed(values))
    return failure();
  if (values->rank() != 2)
    return refuse(op, "its weight has not two axes");
  int64_t inputs = values->dim(isTurned ? 1 : 0);
  int64_t outputs = values->dim(isTurned ? 0 : 1);
  if ((in.shape.empty() || in.shape.back() != inputs) &&
      !reshapeInput(in, {inputs}))
    return refuse(op, "its input is not what NIR's layers would give");
  FileArray turned{{outputs, inputs},
                   std::vector<float>(size_t(values->size()))};
  auto &numbers = std::get<std::vector<float>>(turned.values);
  for (int64_t o = 0; o < outputs; ++o)
    for (int64_t i = 0; i < inputs; ++i)
      numbers[size_t(o * inputs + i)] =
          values->data<float>()[isTurned ? o * inputs + i : i * outputs + o];
  std::vector<std::pair<std::string, FileArray>> parameters = {
      {"weight", std::move(turned)}};
  Value result = op->getResult(0);
  // A bias that is added to it, and to nothing else.
  auto sum = result.hasOneUse()
                 ? dyn_cast<onnx::AddOp>(*result.getUsers().begin())
                 : onnx::AddOp();
  if (!bias && sum) {
    Value other = sum.getA() == result ? sum.getB() : sum.getA();
    auto type = cast<RankedTensorType>(other.getType());
    if (onnx::getConstantAttr(other) && type.hasStaticShape() &&
        type.getNumElements() == outputs) {
      bias = other;
      result = sum.getResult();
    }
  }
  if (bias) {
    FailureOr<rt::Tensor> added = readWeight(op, bias);
    if (failed(added))
      return failure();
    if (added->size() != outputs)
      return refuse(op, "its bias is not one number for each output");
    FileArray array = floats(*added);
    array.shape = {outputs};
    parameters.push_back({"bias", std::move(array)});
  }
  Known out = {{}, in.shape};
  out.shape.back() = outputs;
  out.sources = {addNode(onnx::getNodeName(op->getLoc()),
                         bias ? "Affine" : "Linear", in,
                         std::move(parameters))};
  known[op->getResult(0)] = out;
  if (result != op->getResult(0))
    known[result] = out;
  return success();
}

LogicalResult GraphWriter::addSum(onnx::AddOp op) {
  if (find(op.getResult()))
    return success(); // a layer's bias
  Known *left = find(op.getA()), *right = find(op.getB());
  if (!left || !right)
    return refuse(op, "it adds a constant that no layer takes in");
  if (left->shape != right->shape)
    return refuse(op, "it adds different shapes");
  Known sum = *left;
  for (const std::string &source : right->sources) {
    // Edges are a set.
    if (llvm::is_contained(sum.sources, source))
      return refuse(op, "it adds a value to itself");
    sum.sources.push_back(source);
  }
  known[op.getResult()] = std::move(sum);
  return success();
}

LogicalResult GraphWriter::addFactor(onnx::MulOp op) {
  bool isLeft = onnx::getConstantAttr(op.getA()) != nullptr;
  Value factor = isLeft ? op.getA() : op.getB();
  Known *in = find(isLeft ? op.getB() : op.getA());
  auto type = cast<RankedTensorType>(factor.getType());
  if (!in || !onnx::getConstantAttr(factor))
    return refuse(op, "");
  // Not a number for each step.
  ArrayRef<int64_t> dims = type.getShape();
  while (!dims.empty() && dims[0] == 1)
    dims = dims.drop_front();
  FailureOr<rt::Tensor> values = readWeight(op, factor);
  if (failed(values))
    return failure();
  if (values->size() != 1 && dims != ArrayRef<int64_t>(in->shape))
    return refuse(op, "its factors are not one for each element");
  FileArray scale = floats(*values);
  auto &numbers = std::get<std::vector<float>>(scale.values);
  numbers.resize(size_t(count(in->shape)), numbers[0]);
  scale.shape.assign(in->shape.begin(), in->shape.end());
  Known out = {{addNode(onnx::getNodeName(op.getLoc()), "Scale", *in,
                        {{"scale", std::move(scale)}})},
               in->shape};
  known[op.getResult()] = std::move(out);
  return success();
}

LogicalResult GraphWriter::addConv(onnx::ConvOp op) {
  Known &in = *find(op.getX());
  FailureOr<rt::Tensor> weight = readWeight(op, op.getW());
  if (failed(weight))
    return failure();
  auto type = cast<RankedTensorType>(op.getX().getType());
  ArrayRef<int64_t> needed = type.getShape().drop_front();
  if (!reshapeInput(in, needed))
    return refuse(op, "its input is not what NIR's layers would give");
  size_t axes = needed.size() - 1;
  ArrayRef<int64_t> pads = op.getPads();
  if (pads.take_front(axes) != pads.drop_front(axes))
    return refuse(op, "its padding differs between the ends of an axis");
  pads = pads.take_front(axes);
  ArrayRef<int64_t> kernel =
      ArrayRef(weight->shape().data(), weight->shape().size()).drop_front(2);
  int64_t channels = needed[0];
  // Sums or means of windows are a layer of equal weights for each channel.
  const float *data = weight->data<float>();
  bool isPool =
      axes == 2 && !op.getBias() && op.getGroup() == channels &&
      weight->dim(0) == channels &&
      llvm::all_equal(ArrayRef(data, size_t(weight->size()))) &&
      llvm::all_of(op.getDilations(), [](int64_t d) { return d == 1; });
  float mean = 1 / float(count(kernel));
  isPool &= data[0] == 1 || data[0] == mean;
  StringRef name = onnx::getNodeName(op.getLoc());
  Known out;
  out.shape.assign(
      cast<RankedTensorType>(op.getType()).getShape().drop_front());
  if (isPool) {
    out.sources = {addNode(name, data[0] == 1 ? "SumPool2d" : "AvgPool2d", in,
                           {{"kernel_size", integers(kernel)},
                            {"stride", integers(op.getStrides())},
                            {"padding", integers(pads)}})};
    known[op.getResult()] = std::move(out);
    return success();
  }
  FileArray bias{{weight->dim(0)},
                 std::vector<float>(size_t(weight->dim(0)), 0.0f)};
  if (op.getBias()) {
    FailureOr<rt::Tensor> values = readWeight(op, op.getBias());
    if (failed(values))
      return failure();
    bias = floats(*values);
  }
  // Numbers of Conv1d are scalars.
  auto list = [&](ArrayRef<int64_t> values) {
    FileArray array = integers(values);
    if (axes == 1)
      array.shape.clear();
    return array;
  };
  std::vector<std::pair<std::string, FileArray>> parameters;
  parameters.push_back({"weight", floats(*weight)});
  parameters.push_back({"bias", std::move(bias)});
  parameters.push_back({"stride", list(op.getStrides())});
  parameters.push_back({"padding", list(pads)});
  parameters.push_back({"dilation", list(op.getDilations())});
  parameters.push_back(
      {"groups", {{}, std::vector<int64_t>{int64_t(op.getGroup())}}});
  FileArray size = integers(needed.drop_front());
  if (axes == 1)
    size.shape.clear();
  parameters.push_back({"input_shape", std::move(size)});
  out.sources = {addNode(name, axes == 1 ? "Conv1d" : "Conv2d", in,
                         std::move(parameters))};
  known[op.getResult()] = std::move(out);
  return success();
}

LogicalResult GraphWriter::addReshape(onnx::ReshapeOp op) {
  const Known in = *find(op.getX());
  auto type = cast<RankedTensorType>(op.getType());
  Sizes target;
  for (int64_t size : type.getShape())
    if (!ShapedType::isDynamic(size))
      target.push_back(size);
  // Time, where it is an axis, folded or not, is no part of a step.
  if (!target.empty() && target[0] == steps)
    target.erase(target.begin());
  if (withoutOnes(target) == withoutOnes(in.shape)) {
    known[op.getResult()] = in;
    return success();
  }
  if (withoutOnes(target) != withoutOnes({count(in.shape)}))
    return refuse(op, "it is no flattening");
  Known out = {{addNode(onnx::getNodeName(op.getLoc()), "Flatten", in,
                        {{"start_dim", {{}, std::vector<int64_t>{0}}},
                         {"end_dim", {{}, std::vector<int64_t>{-1}}},
                         {"input_type", integers(in.shape)}})},
               {count(in.shape)}};
  known[op.getResult()] = std::move(out);
  return success();
}

/// A mean over time at the end is the reader's.
LogicalResult GraphWriter::addMean(onnx::ReduceMeanOp op) {
  bool isLast = llvm::all_of(op->getUsers(), [](Operation *user) {
    return isa<func::ReturnOp>(user);
  });
  ArrayRef<int64_t> axes = op.getAxes();
  auto type = cast<RankedTensorType>(op.getX().getType());
  if (!isLast || axes.size() != 1 || axes[0] != 0 ||
      type.getDimSize(0) != steps)
    return refuse(op, "");
  emitWarning(op.getLoc()) << "the mean over time is left out: a reader takes "
                              "it from the network's output";
  known[op.getResult()] = *find(op.getX());
  return success();
}

LogicalResult GraphWriter::addOutputs(func::ReturnOp op) {
  for (auto [index, value] : llvm::enumerate(op.getOperands())) {
    const Known *out = find(value);
    if (!out)
      continue; // what it depends on was refused
    auto name =
        function.getResultAttrOfType<StringAttr>(unsigned(index), "onnx.name");
    addNode(name ? name.getValue() : "output", "Output", *out,
            {{"shape", integers(out->shape)}});
  }
  return success();
}

LogicalResult GraphWriter::add(Operation *op) {
  if (isa<onnx::ConstantOp>(op) || onnx::getConstantAttr(op->getResult(0)))
    return success();
  // Static weights are read where they are used; what hangs on a refused op
  // has no name.
  bool isKnown = llvm::any_of(op->getOperands(), [&](Value operand) {
    return find(operand) != nullptr;
  });
  if (!isKnown)
    return success();
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](spike::LifOp lif) { return addNeurons(lif); })
      .Case([&](spike::DequantizeOp decode) -> LogicalResult {
        if (decode.getUnit())
          return refuse(op, "its spikes stand for another number than 1");
        known[decode.getResult()] = Known(*find(decode.getX()));
        return success();
      })
      .Case([&](onnx::MatMulOp product) -> LogicalResult {
        if (!find(product.getA()) || !spike::isStaticWeight(product.getB()))
          return refuse(op, "its second operand is no constant");
        return addProduct(op, product.getB(), false, Value());
      })
      .Case([&](onnx::GemmOp product) -> LogicalResult {
        if (!find(product.getA()) || !spike::isStaticWeight(product.getB()) ||
            product.getTransA() || product.getAlpha() != 1 ||
            (product.getC() && product.getBeta() != 1))
          return refuse(op, "it has factors, or no constant weight");
        return addProduct(op, product.getB(), product.getTransB(),
                          product.getC());
      })
      .Case([&](onnx::AddOp sum) { return addSum(sum); })
      .Case([&](onnx::MulOp product) { return addFactor(product); })
      .Case([&](onnx::ConvOp conv) { return addConv(conv); })
      .Case([&](onnx::ReshapeOp reshape) { return addReshape(reshape); })
      .Case([&](onnx::ReduceMeanOp mean) { return addMean(mean); })
      .Case([&](onnx::ExpandOp expand) -> LogicalResult {
        // The same input in every step.
        auto from = cast<RankedTensorType>(expand.getX().getType());
        auto to = cast<RankedTensorType>(expand.getType());
        if (to.getDimSize(0) != steps ||
            withoutOnes(to.getShape().drop_front()) !=
                withoutOnes(from.getShape().take_back(to.getRank() - 1)))
          return refuse(op, "it repeats other axes than time");
        emitWarning(op->getLoc()) << "the input is the same in all steps: a "
                                     "reader has to give it in each";
        known[expand.getResult()] = Known(*find(expand.getX()));
        return success();
      })
      .Default([&](Operation *) { return refuse(op, ""); });
}

FailureOr<FileGraph> GraphWriter::run() {
  for (spike::LifOp op : function.getOps<spike::LifOp>()) {
    int64_t own = op.getSteps();
    if (steps != 0 && own != steps)
      return op.emitError("has ") << own << " steps, others have " << steps
                                  << ": NIR's networks have one time";
    steps = own;
  }
  if (steps == 0)
    return function.emitError("has no LIF neurons, which is what NIR's "
                              "networks are made of");
  addInputs();
  for (Operation &op : function.getBody().front()) {
    if (auto end = dyn_cast<func::ReturnOp>(op))
      (void)addOutputs(end);
    else
      (void)add(&op);
  }
  if (!refused.empty())
    return function.emitError("has no NIR node for ")
           << llvm::join(refused, ", ");
  return std::move(graph);
}

LogicalResult nir::writeNir(ModuleOp module, StringRef path, double dt) {
  auto function = module.lookupSymbol<func::FuncOp>("main");
  if (!function)
    return module.emitError("has no function 'main'");
  FailureOr<FileGraph> graph = GraphWriter(function, dt).run();
  if (failed(graph))
    return failure();
  if (llvm::Error error = writeFile(*graph, path))
    return module.emitError(llvm::toString(std::move(error)));
  return success();
}
