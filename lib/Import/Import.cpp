//===- Import.cpp - ONNX protobuf to the onnx dialect ---------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The function around the graph: nodes, outputs, attributes of the module.
//
//===----------------------------------------------------------------------===//

#include "snn/Import/Import.h"
#include "Functions.h"
#include "Importer.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "snn/Dialect/Onnx/NarrowedInput.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace snn;
using namespace snn::import;
using llvm::StringRef;

/// Iterations of nested loops are time steps; there are no more of them.
static constexpr int64_t maxIterations = 4096;
/// Nodes that the bodies of all loops and functions may become.
static constexpr int64_t maxBodyNodes = int64_t(1) << 17;

//===----------------------------------------------------------------------===//
// Module and function
//===----------------------------------------------------------------------===//

/// A name of letters, digits and underscores.
static std::string cleanName(StringRef name) {
  std::string clean;
  for (char c : name)
    clean.push_back(llvm::isAlnum(c) ? c : '_');
  StringRef trimmed = StringRef(clean).trim('_');
  if (trimmed.empty())
    return "model";
  return llvm::isDigit(trimmed.front()) ? ("m" + trimmed).str() : trimmed.str();
}

void Importer::createModule() {
  StringRef name = model.graphName;
  if (cleanName(name) == "model")
    name = llvm::sys::path::stem(path);
  module = ModuleOp::create(fileLoc, cleanName(name));
  Operation *op = *module;
  op->setAttr("onnx.opset", opBuilder.getI64IntegerAttr(model.opset));
  op->setAttr("onnx.source", opBuilder.getStringAttr(path));
  SmallVector<NamedAttribute> metadata;
  for (const auto &[key, value] : model.metadata)
    if (!key.empty())
      metadata.push_back(
          opBuilder.getNamedAttr(key, opBuilder.getStringAttr(value)));
  op->setAttr("onnx.metadata", opBuilder.getDictionaryAttr(metadata));
  opBuilder.setInsertionPointToEnd(module->getBody());
  function = func::FuncOp::create(opBuilder, fileLoc, "main",
                                  opBuilder.getFunctionType({}, {}));
  opBuilder.setInsertionPointToStart(function.addEntryBlock());
}

//===----------------------------------------------------------------------===//
// Nodes and outputs
//===----------------------------------------------------------------------===//

LogicalResult Importer::importNode(const NodeEntry &entry) {
  Node node(*this, entry);
  // A model's own operator comes before one of that name that is known.
  bool isOwn = model.functions.contains(entry.qualifiedType());
  if ((!isOwn && failed(checkNode(schemas, entry, opset(), node.loc))) ||
      failed(node.resolveInputs()))
    return failure();
  Handler handler = isOwn ? nullptr : findHandler(entry.qualifiedType());
  if (failed(handler ? handler(node) : importCall(node)))
    return failure();
  for (size_t i = 0; i < entry.outputs.size(); ++i)
    if (node.isUsed(i) && !values.contains(entry.outputs[i]))
      return node.error() << "'" << entry.opType << "' has the output '"
                          << entry.outputs[i] << "', which is not supported";
  // Names of a body are its own; what the model declares is of the graph's.
  if (!scope.empty())
    return success();
  bool isForeign = !isOwn && !entry.domain.empty();
  for (const std::string &input : entry.inputs)
    isForeign |= foreign.contains(input);
  if (isForeign)
    for (const std::string &output : entry.outputs)
      if (!output.empty())
        foreign.insert(output);
  for (const std::string &output : entry.outputs)
    if (failed(checkOutput(output, node.loc)))
      return failure();
  return success();
}

LogicalResult Importer::checkOutput(StringRef name, Location loc) {
  const Imported *value = values.lookup(name);
  const ValueEntry *stated = declared.lookup(name);
  return value && stated
             ? checkDeclared(*value, *stated, loc, foreign.contains(name))
             : success();
}

LogicalResult Importer::enterLoop(int64_t trips, Location loc) {
  if (trips > maxIterations)
    return emitError(loc) << "'Loop' runs " << trips << " times; 0 to "
                          << maxIterations << " are supported";
  int64_t factor = std::max<int64_t>(trips, 1);
  if (openTrips * factor > maxIterations)
    return emitError(loc) << "'Loop' runs " << trips << " times in each of "
                          << openTrips << " iterations around it; 0 to "
                          << maxIterations << " are supported in all";
  openTrips *= factor;
  return success();
}

/// The TensorProto data type of elements, for ONNX's builders of bodies.
static int32_t toDataType(Type type) {
  for (int32_t dataType : {1, 2, 3, 5, 6, 7, 9})
    if (std::optional<rt::DType> dtype = toDType(dataType))
      if (onnx::toElementType(type.getContext(), *dtype) == type)
        return dataType;
  return 0;
}

LogicalResult Importer::importCall(Node &node) {
  const NodeEntry &entry = node.entry;
  std::string type = entry.qualifiedType();
  if (llvm::is_contained(calls, type))
    return node.error() << "the function '" << type << "' calls itself";
  if (calls.size() >= maxCallDepth)
    return node.error() << "the function '" << type << "' is called inside of "
                        << calls.size() << " others; at most " << maxCallDepth
                        << " are supported";
  std::optional<FunctionEntry> function;
  if (auto own = model.functions.find(type); own != model.functions.end()) {
    function = own->second;
  } else {
    SmallVector<int32_t> types;
    for (size_t i = 0; i < node.numInputs(); ++i)
      types.push_back(node.has(i) ? toDataType(node.in(i)->elementType) : 0);
    function = findStandardBody(entry, opset(), types);
  }
  if (!function)
    return node.error() << "the operator '" << type << "' is not supported";
  if (entry.inputs.size() > function->inputs.size() ||
      entry.outputs.size() > function->outputs.size())
    return node.error() << "'" << type << "' has " << function->inputs.size()
                        << " inputs and " << function->outputs.size()
                        << " outputs, the node " << entry.inputs.size()
                        << " and " << entry.outputs.size();
  GraphEntry body = instantiate(*function, entry);
  for (const NodeEntry &inner : body.nodes)
    if (!isSupported(inner, function->opset))
      return node.error() << "the body of '" << type
                          << "' has the unsupported operator '"
                          << inner.qualifiedType() << "'";
  markUsed(body);
  SmallVector<Imported *> arguments;
  for (size_t i = 0; i < body.inputs.size(); ++i)
    arguments.push_back(node.in(i));
  int64_t outerOpset = bodyOpset;
  bodyOpset = function->opset;
  calls.push_back(type);
  FailureOr<SmallVector<Imported *>> results =
      importBody(body, arguments, entry.label(), "");
  calls.pop_back();
  bodyOpset = outerOpset;
  if (failed(results))
    return failure();
  auto next = results->begin();
  for (size_t i = 0; i < entry.outputs.size(); ++i)
    if (!entry.outputs[i].empty() && failed(node.bind(i, *next++)))
      return failure();
  return success();
}

FailureOr<SmallVector<Imported *>>
Importer::importBody(const GraphEntry &body, ArrayRef<Imported *> arguments,
                     StringRef label, StringRef suffix) {
  Location loc = nodeLoc(label);
  // Names of the body hide those of the graph around it.
  SmallVector<std::pair<std::string, Imported *>> hidden;
  auto hide = [&](const std::string &name) {
    hidden.emplace_back(name, values.lookup(name));
    values.erase(name);
  };
  for (const ValueEntry &input : body.inputs)
    hide(input.name);
  for (const TensorEntry &entry : body.initializers)
    hide(entry.name);
  for (const NodeEntry &node : body.nodes)
    for (const std::string &output : node.outputs)
      if (!output.empty())
        hide(output);
  std::string outerScope = scope, outerSuffix = scopeSuffix;
  scope = (scope.empty() ? "" : scope + "/") + label.str();
  scopeSuffix = suffix.str() + outerSuffix;

  for (auto [input, argument] : llvm::zip(body.inputs, arguments))
    values[input.name] = argument;
  LogicalResult result = success();
  for (const TensorEntry &entry : body.initializers) {
    if (!entry.inlined)
      result = emitError(loc)
               << "the tensor '" << entry.name
               << "' of the body cannot be used: " << entry.problem;
    else
      values[entry.name] = makeConstant(entry.name, loc, *entry.inlined);
  }
  SmallVector<Imported *> outputs;
  for (const NodeEntry &node : body.nodes)
    if (succeeded(result)) {
      if (++bodyNodes > maxBodyNodes)
        result = emitError(loc)
                 << "the loops and functions of the model make more than "
                 << maxBodyNodes << " nodes";
      else
        result = importNode(node);
    }
  for (const ValueEntry &output : body.outputs)
    if (succeeded(result)) {
      outputs.push_back(lookup(output.name, loc));
      result = success(outputs.back() != nullptr);
    }

  scope = outerScope;
  scopeSuffix = outerSuffix;
  for (auto &[name, value] : llvm::reverse(hidden)) {
    if (value)
      values[name] = value;
    else
      values.erase(name);
  }
  if (failed(result))
    return failure();
  return outputs;
}

/// TensorProto.DOUBLE.
static constexpr int32_t doubleDataType = 11;

LogicalResult Importer::importOutputs() {
  SmallVector<Value> results;
  SmallVector<Attribute> attributes;
  for (const ValueEntry &output : model.outputs) {
    Imported *value = lookup(output.name, fileLoc);
    if (!value || failed(checkDeclared(*value, output, fileLoc,
                                       foreign.contains(output.name))))
      return failure();
    FailureOr<Value> result = materialize(*value, fileLoc);
    if (failed(result))
      return failure();
    results.push_back(*result);
    attributes.push_back(opBuilder.getDictionaryAttr(opBuilder.getNamedAttr(
        "onnx.name", opBuilder.getStringAttr(output.name))));
  }
  func::ReturnOp::create(opBuilder, fileLoc, results);
  function.setType(opBuilder.getFunctionType(
      function.getBody().getArgumentTypes(), TypeRange(ValueRange(results))));
  function.setResAttrsAttr(opBuilder.getArrayAttr(attributes));
  unsigned argument = 0;
  for (const ValueEntry &input : model.inputs) {
    if (initializers.contains(input.name))
      continue;
    function.setArgAttr(argument, "onnx.name",
                        opBuilder.getStringAttr(input.name));
    if (input.elementType == doubleDataType)
      function.setArgAttr(argument, narrowedAttrName,
                          TypeAttr::get(opBuilder.getF64Type()));
    ++argument;
  }
  return success();
}

void Importer::eraseDeadOps() {
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
    if (isOpTriviallyDead(&op))
      op.erase();
}

OwningOpRef<ModuleOp> Importer::run() {
  auto refuseOpset = [&] {
    return emitError(fileLoc)
           << "opset " << model.opset << " is not supported (" << minOpset
           << " to " << maxOpset << " are)";
  };
  if (model.opset < 1 || model.opset > maxOpset) {
    refuseOpset();
    return nullptr;
  }
  if (!model.convertedTypes.empty()) {
    InFlightDiagnostic warning = emitWarning(fileLoc);
    warning << "the model has elements of type ";
    llvm::interleaveComma(model.convertedTypes, warning,
                          [&](int32_t type) { warning << dataTypeName(type); });
    warning << ", which are computed as ";
    std::set<std::string> stands;
    for (int32_t type : model.convertedTypes)
      stands.insert(dataTypeName(*toDType(type) == rt::DType::F32   ? 1
                                 : *toDType(type) == rt::DType::I32 ? 6
                                                                    : 7));
    llvm::interleaveComma(stands, warning);
  }
  if (failed(indexValues()))
    return nullptr;
  auto nodes = findLive();
  if (failed(nodes))
    return nullptr;
  // Older models are read where their operators have not changed since.
  if (model.opset < minOpset) {
    auto changed = llvm::find_if(*nodes, [&](const NodeEntry *node) {
      return !isSameInOpsets(*node, model.opset, minOpset);
    });
    if (changed != nodes->end()) {
      refuseOpset() << "; '" << (*changed)->opType << "' has changed since";
      return nullptr;
    }
    bodyOpset = minOpset;
  }
  if (failed(checkOperators(*nodes)) || failed(sort(*nodes)))
    return nullptr;
  createModule();
  if (failed(importInputs()))
    return nullptr;
  for (const NodeEntry *node : *nodes)
    if (failed(importNode(*node)))
      return nullptr;
  if (failed(importOutputs()))
    return nullptr;
  eraseDeadOps();
  assignDrawStages(*module);
  if (failed(verify(*module)))
    return nullptr;
  return std::move(module);
}

/// Collects diagnostics, to be emitted or forgotten.
namespace {
class HeldDiagnostics : public ScopedDiagnosticHandler {
public:
  explicit HeldDiagnostics(MLIRContext *context)
      : ScopedDiagnosticHandler(context) {
    setHandler([this](Diagnostic &diagnostic) {
      held.push_back(std::move(diagnostic));
      return success();
    });
  }
  std::vector<Diagnostic> held;
};
} // namespace

static llvm::Expected<ArrayShapes> readArrayShapes(const ImportOptions &options,
                                                   const ModelEntry &model) {
  bool isNeeded = llvm::any_of(model.inputs, [](const ValueEntry &input) {
    return !input.hasShape || llvm::any_of(input.dims, [](const DimEntry &dim) {
      return dim.isDynamic() || dim.size == 0;
    });
  });
  if (!options.arrays || !isNeeded)
    return ArrayShapes();
  return options.arrays();
}

OwningOpRef<ModuleOp> snn::importOnnx(StringRef path, MLIRContext &context,
                                      const ImportOptions &options) {
  context.loadDialect<func::FuncDialect, onnx::OnnxDialect>();
  Location fileLoc = FileLineColLoc::get(&context, path, 0, 0);
  llvm::Expected<ModelEntry> model = readModelFile(path);
  if (!model) {
    emitError(fileLoc) << llvm::toString(model.takeError());
    return nullptr;
  }
  llvm::Expected<ArrayShapes> arrays = readArrayShapes(options, *model);
  if (!arrays) {
    emitError(fileLoc) << llvm::toString(arrays.takeError());
    return nullptr;
  }
  if (arrays->empty())
    return Importer(context, path, *model, options).run();

  // The batch stays dynamic where the model works for every one.
  OwningOpRef<ModuleOp> module;
  std::vector<Diagnostic> held;
  bool hasBatch = false;
  {
    HeldDiagnostics diagnostics(&context);
    Importer importer(context, path, *model, options);
    importer.bindTo(*arrays, /*bindsBatch=*/false);
    module = importer.run();
    hasBatch = importer.hasBatch();
    held = std::move(diagnostics.held);
  }
  if (module || !hasBatch) {
    for (Diagnostic &diagnostic : held)
      context.getDiagEngine().emit(std::move(diagnostic));
    return module;
  }
  Importer importer(context, path, *model, options);
  importer.bindTo(*arrays, /*bindsBatch=*/true);
  module = importer.run();
  if (module && options.oneSample) {
    auto error = llvm::find_if(held, [](const Diagnostic &diagnostic) {
      return diagnostic.getSeverity() == DiagnosticSeverity::Error;
    });
    if (error != held.end())
      emitWarning(fileLoc) << "the batch is bound to 1; with a dynamic batch: "
                           << error->str();
  }
  return module;
}
