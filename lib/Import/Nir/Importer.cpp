//===- Importer.cpp - From a NIR graph to ops -----------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Importer.h"
#include "mlir/IR/Verifier.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Dialect/Spike/Spike.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Path.h"

#include <cmath>

using namespace mlir;
using namespace snn;
using namespace snn::nir;
using llvm::StringRef;

/// What the type of trains has room for.
static constexpr int64_t maxSteps = 65536;
/// Elements of an array of one step, and of all.
static constexpr int64_t maxElements = int64_t(1) << 31;
static constexpr int64_t maxAllElements = int64_t(1) << 34;

static std::string toText(ArrayRef<int64_t> shape) {
  return "[" +
         llvm::join(llvm::map_range(
                        shape, [](int64_t n) { return std::to_string(n); }),
                    ", ") +
         "]";
}

NirImporter::NirImporter(MLIRContext &context, StringRef path, Graph graph,
                         const Discretisation &discretisation, Labels &labels)
    : context(context), path(path), graph(std::move(graph)),
      time(discretisation), labels(labels),
      fileLoc(FileLineColLoc::get(&context, path, 0, 0)), b(&context),
      stages(this->graph.nodes.size()) {}

//===----------------------------------------------------------------------===//
// Errors and labels
//===----------------------------------------------------------------------===//

Location NirImporter::loc(int node) const {
  return NameLoc::get(StringAttr::get(&context, graph.nodes[node].name),
                      fileLoc);
}

InFlightDiagnostic NirImporter::error(int node) const {
  return emitError(loc(node));
}

/// Joins reasons with semicolons.
static void addReason(NodeLabel &label, const Twine &reason) {
  std::string text = reason.str();
  if (StringRef(label.reason).contains(text))
    return;
  label.reason += (label.reason.empty() ? "" : "; ") + text;
}

LogicalResult NirImporter::unsupported(int node, const Twine &reason) {
  labels.nodes[node].fidelity = Fidelity::Unsupported;
  labels.nodes[node].reason = reason.str();
  hasUnsupported = true;
  return failure();
}

LogicalResult NirImporter::approximate(int node, const Twine &reason) {
  if (labels.nodes[node].fidelity == Fidelity::Faithful)
    labels.nodes[node].fidelity = Fidelity::Approximate;
  addReason(labels.nodes[node], reason);
  return success();
}

void NirImporter::note(int node, const Twine &reason) {
  addReason(labels.nodes[node], reason);
}

/// The parameter that holds a node's time constant; empty if it has none.
static StringRef getTauName(StringRef type) {
  return llvm::StringSwitch<StringRef>(type)
      .Cases({"LIF", "LI"}, "tau")
      .Cases({"CubaLIF", "CubaLI"}, "tau_mem")
      .Default("");
}

LogicalResult NirImporter::checkDiscretisation() {
  if (!time.dt) {
    InFlightDiagnostic missing = emitError(fileLoc);
    missing << "needs --nir-dt SECONDS, which NIR does not say; snnTorch and "
               "spikingjelly write files for 1e-4, norse for 1e-3";
    constexpr int mostNotes = 16;
    int noted = 0;
    for (auto [index, node] : llvm::enumerate(graph.nodes)) {
      const Hdf5Dataset *tau = find(int(index), getTauName(node.type));
      if (!tau || tau->numbers.empty() || ++noted > mostNotes)
        continue;
      missing.attachNote(loc(int(index)))
          << "'" << node.name
          << "' has tau / dt = " << toShort(tau->numbers.front() / 1e-4)
          << " with 1e-4, " << toShort(tau->numbers.front() / 1e-3)
          << " with 1e-3";
    }
    return failure();
  }
  if (!std::isfinite(*time.dt) || *time.dt <= 0)
    return emitError(fileLoc) << "--nir-dt needs a positive number of seconds";
  if (!time.steps)
    return emitError(fileLoc)
           << "needs --nir-steps N, the number of time steps of a sample";
  if (*time.steps < 1 || *time.steps > maxSteps)
    return emitError(fileLoc)
           << "--nir-steps needs 1 to " << maxSteps << ", has " << *time.steps;
  steps = *time.steps;
  return success();
}

LogicalResult NirImporter::reportLabels(bool isStrict) {
  auto report = [&](Fidelity fidelity, StringRef what) {
    std::string text;
    int count = 0;
    for (const NodeLabel &label : labels.nodes)
      if (label.fidelity == fidelity && ++count)
        text += (text.empty() ? "'" : ", '") + label.name + "' (" + label.type +
                ": " + label.reason + ")";
    if (count > 0)
      emitError(fileLoc) << what << text;
    return count > 0;
  };
  if (report(Fidelity::Unsupported, "unsupported nodes: "))
    return failure();
  if (isStrict && report(Fidelity::Approximate,
                         "approximate nodes, which --nir-strict refuses: "))
    return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

const Hdf5Dataset *NirImporter::find(int node, StringRef name) const {
  auto found = graph.nodes[node].parameters.find(name.str());
  return found == graph.nodes[node].parameters.end() ? nullptr : &found->second;
}

FailureOr<Numbers> NirImporter::numbers(int node, StringRef name,
                                        std::optional<double> otherwise) {
  const Hdf5Dataset *data = find(node, name);
  if (!data) {
    if (otherwise)
      return Numbers{*otherwise};
    return error(node) << "'" << graph.nodes[node].type
                       << "' has no parameter '" << name << "'";
  }
  if (data->isText || data->numbers.empty())
    return error(node) << "the parameter '" << name << "' needs numbers";
  for (double value : data->numbers)
    if (!std::isfinite(value) || std::abs(value) > 3.4e38)
      return error(node) << "the parameter '" << name
                         << "' holds a number that is not finite";
  return data->numbers;
}

FailureOr<Sizes> NirImporter::sizes(int node, StringRef name, size_t count,
                                    std::optional<int64_t> otherwise) {
  FailureOr<Numbers> values = numbers(
      node, name,
      otherwise ? std::optional<double>(double(*otherwise)) : std::nullopt);
  if (failed(values))
    return failure();
  if (values->size() == 1)
    values->resize(count, values->front());
  if (values->size() != count)
    return error(node) << "the parameter '" << name << "' needs 1 or " << count
                       << " numbers, has " << values->size();
  Sizes result;
  for (double value : *values) {
    if (value != std::floor(value) || value < 0 || value > 1e6)
      return error(node) << "the parameter '" << name
                         << "' needs whole numbers up to a million";
    result.push_back(int64_t(value));
  }
  return result;
}

FailureOr<Numbers> NirImporter::neuronNumbers(int node, StringRef name,
                                              int64_t elements,
                                              std::optional<double> otherwise) {
  FailureOr<Numbers> values = numbers(node, name, otherwise);
  if (failed(values))
    return failure();
  if (values->size() != 1 && int64_t(values->size()) != elements)
    return error(node) << "the parameter '" << name << "' needs 1 or "
                       << elements << " numbers, has " << values->size();
  if (llvm::all_equal(*values))
    values->resize(1);
  return values;
}

LogicalResult NirImporter::readPads(int node, Sizes &pads,
                                    ArrayRef<int64_t> kernel,
                                    ArrayRef<int64_t> strides,
                                    ArrayRef<int64_t> dilations) {
  size_t axes = kernel.size();
  const Hdf5Dataset *data = find(node, "padding");
  if (!data || !data->isText) {
    FailureOr<Sizes> both = sizes(node, "padding", axes, 0);
    if (failed(both))
      return failure();
    pads = *both;
    pads.append(both->begin(), both->end());
    return success();
  }
  StringRef text;
  if (data->strings.size() == 1)
    text = data->strings.front();
  pads.assign(2 * axes, 0);
  if (text == "valid")
    return success();
  if (text != "same")
    return error(node) << "the parameter 'padding' needs numbers, same or "
                          "valid, has '"
                       << text << "'";
  for (size_t axis = 0; axis < axes; ++axis) {
    if (strides[axis] != 1)
      return error(node) << "padding 'same' needs a stride of 1";
    int64_t all = dilations[axis] * (kernel[axis] - 1);
    pads[axis] = all / 2;
    pads[axes + axis] = all - all / 2;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

LogicalResult NirImporter::importInput(int node) {
  FailureOr<Numbers> dims = numbers(node, "shape");
  if (failed(dims))
    return failure();
  Sizes shape;
  double elements = 1;
  for (double size : *dims) {
    elements *= size;
    if (size != std::floor(size) || size < 1 || elements > maxElements ||
        shape.size() >= 6)
      return error(node) << "the parameter 'shape' needs up to six positive "
                            "sizes, of at most "
                         << maxElements << " elements";
    shape.push_back(int64_t(size));
  }
  if (int64_t(elements) > maxAllElements / steps)
    return error(node) << steps << " steps of " << toText(shape)
                       << " are more than " << maxAllElements << " elements";
  Sizes outer = {steps, 1}, folded = {steps};
  outer.append(shape);
  folded.append(shape);
  Value argument =
      function.getBody().front().addArgument(type(outer), loc(node));
  inputNodes.push_back(node);
  Value value =
      onnx::ReshapeOp::create(b, loc(node), type(folded), argument, folded);
  stages[node] = plain(value, shape, node);
  return success();
}

LogicalResult NirImporter::importOutput(int node) {
  FailureOr<Stage> in = input(node);
  if (failed(in))
    return failure();
  Value value = emit(*in);
  Sizes shape = {in->isLastStep ? 1 : steps, 1};
  shape.append(in->shape);
  results.push_back(
      onnx::ReshapeOp::create(b, loc(node), type(shape), value, shape));
  outputNodes.push_back(node);
  if (find(node, "shape")) {
    FailureOr<Numbers> stated = numbers(node, "shape");
    if (failed(stated))
      return failure();
    Sizes dims;
    for (double size : *stated)
      dims.push_back(size >= 1 && size <= double(maxElements) ? int64_t(size)
                                                              : 0);
    if (dims != in->shape)
      emitWarning(loc(node)) << "the output's shape is " << toText(in->shape)
                             << ", the file says " << toText(dims);
  }
  return success();
}

LogicalResult NirImporter::importNode(int node) {
  StringRef type = graph.nodes[node].type;
  if (type == "Input") {
    if (!graph.nodes[node].from.empty())
      return error(node) << "an edge ends at the graph's Input";
    return importInput(node);
  }
  if (graph.nodes[node].from.empty())
    return error(node) << "no edge ends at it";
  // What an unsupported node feeds cannot be told more of.
  for (int source : graph.nodes[node].from)
    if (!stages[source])
      return failure();
  auto handler = llvm::StringSwitch<std::function<LogicalResult()>>(type)
                     .Case("Affine", [&] { return importDense(node, true); })
                     .Case("Linear", [&] { return importDense(node, false); })
                     .Case("Scale", [&] { return importScale(node); })
                     .Case("Conv1d", [&] { return importConv(node, 1); })
                     .Case("Conv2d", [&] { return importConv(node, 2); })
                     .Case("SumPool2d", [&] { return importPool(node, false); })
                     .Case("AvgPool2d", [&] { return importPool(node, true); })
                     .Case("Flatten", [&] { return importFlatten(node); })
                     .Case("LIF", [&] { return importLif(node); })
                     .Case("IF", [&] { return importIf(node); })
                     .Case("CubaLIF", [&] { return importCubaLif(node); })
                     .Case("Threshold", [&] { return importThreshold(node); })
                     .Case("LI", [&] { return importReadOut(node); })
                     .Case("Output", [&] { return importOutput(node); })
                     .Case("Identity",
                           [&]() -> LogicalResult {
                             FailureOr<Stage> in = input(node);
                             if (failed(in))
                               return failure();
                             stages[node] = *in;
                             return success();
                           })
                     .Default(nullptr);
  if (!handler)
    return unsupported(node, "there is no such node in the network's codings");
  return handler();
}

OwningOpRef<ModuleOp> NirImporter::run(bool isStrict) {
  for (const GraphNode &node : graph.nodes)
    labels.nodes.push_back(
        {node.name, node.type == "Identity" ? "Input or Output" : node.type,
         Fidelity::Faithful, ""});
  labels.version = graph.version;
  if (failed(checkDiscretisation()))
    return nullptr;
  std::string name;
  for (char c : llvm::sys::path::stem(path))
    name.push_back(llvm::isAlnum(c) ? c : '_');
  OwningOpRef<ModuleOp> module = ModuleOp::create(fileLoc, "nir_" + name);
  (*module)->setAttr("onnx.opset", b.getI64IntegerAttr(17));
  (*module)->setAttr("onnx.source", b.getStringAttr(path));
  (*module)->setAttr("onnx.metadata", b.getDictionaryAttr({}));
  b.setInsertionPointToEnd(module->getBody());
  function =
      func::FuncOp::create(b, fileLoc, "main", b.getFunctionType({}, {}));
  b.setInsertionPointToStart(function.addEntryBlock());

  for (auto [index, node] : llvm::enumerate(graph.nodes))
    if (node.isRecurrent)
      (void)unsupported(int(index),
                        "it is recurrent, by the edge " + node.loop);
  for (int node : graph.order)
    if (failed(importNode(node))) {
      bool isRefused = llvm::any_of(graph.nodes[node].from, [&](int source) {
        return !stages[source].has_value();
      });
      if (!isRefused && labels.nodes[node].fidelity != Fidelity::Unsupported)
        return nullptr; // an error says why
    }
  if (failed(reportLabels(isStrict)))
    return nullptr;
  if (results.empty() || inputNodes.empty()) {
    emitError(fileLoc) << "the graph has no "
                       << (results.empty() ? "Output" : "Input")
                       << " that an edge leads to";
    return nullptr;
  }
  func::ReturnOp::create(b, fileLoc, results);
  function.setType(b.getFunctionType(function.getBody().getArgumentTypes(),
                                     TypeRange(ValueRange(results))));
  SmallVector<Attribute> attributes;
  for (int node : outputNodes)
    attributes.push_back(b.getDictionaryAttr(
        b.getNamedAttr("onnx.name", b.getStringAttr(graph.nodes[node].name))));
  function.setResAttrsAttr(b.getArrayAttr(attributes));
  for (auto [index, node] : llvm::enumerate(inputNodes))
    function.setArgAttr(unsigned(index), "onnx.name",
                        b.getStringAttr(graph.nodes[node].name));
  if (failed(verify(*module)))
    return nullptr;
  return module;
}

//===----------------------------------------------------------------------===//
// The interface
//===----------------------------------------------------------------------===//

StringRef nir::toString(Fidelity fidelity) {
  switch (fidelity) {
  case Fidelity::Faithful:
    return "faithful";
  case Fidelity::Approximate:
    return "approximate";
  case Fidelity::Unsupported:
    return "unsupported";
  }
  llvm_unreachable("unknown fidelity");
}

llvm::json::Object Labels::toJson() const {
  llvm::json::Array list;
  for (const NodeLabel &label : nodes)
    list.push_back(llvm::json::Object{{"name", label.name},
                                      {"type", label.type},
                                      {"label", nir::toString(label.fidelity)},
                                      {"reason", label.reason}});
  const Discretisation &d = discretisation;
  return llvm::json::Object{
      {"schema_version", 1},
      {"nir_version", version},
      {"dt", d.dt ? llvm::json::Value(*d.dt) : nullptr},
      {"steps", d.steps ? llvm::json::Value(*d.steps) : nullptr},
      {"integration", d.integration == Integration::Euler ? "euler" : "exact"},
      {"reset", d.reset == Reset::Hard ? "hard" : "subtract"},
      {"nodes", std::move(list)}};
}

OwningOpRef<ModuleOp> nir::importNir(StringRef path, MLIRContext &context,
                                     const Discretisation &discretisation,
                                     bool isStrict, Labels &labels) {
  context
      .loadDialect<func::FuncDialect, onnx::OnnxDialect, spike::SpikeDialect>();
  labels = {};
  labels.discretisation = discretisation;
  Location fileLoc = FileLineColLoc::get(&context, path, 0, 0);
  llvm::Expected<Hdf5Group> root = readHdf5(path);
  if (!root) {
    emitError(fileLoc) << llvm::toString(root.takeError());
    return nullptr;
  }
  llvm::Expected<Graph> graph = makeGraph(std::move(*root));
  if (!graph) {
    emitError(fileLoc) << llvm::toString(graph.takeError());
    return nullptr;
  }
  return NirImporter(context, path, std::move(*graph), discretisation, labels)
      .run(isStrict);
}
