//===- SpikeToEmitC.cpp - From the spike dialect to EmitC -----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The frame of the program: its head, coding constants, the model's description
// and main. The network itself is FunctionEmitter's.
//
//===----------------------------------------------------------------------===//

#include "FunctionEmitter.h"
#include "snn/Conversion/SpikeToEmitC/Passes.h"
#include "snn/Dialect/Onnx/LengthAxes.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Dialect/Spike/Facts.h"
#include "llvm/Support/Path.h"

namespace snn {
#define GEN_PASS_DEF_SPIKETOEMITC
#include "snn/Conversion/SpikeToEmitC/Passes.h.inc"
} // namespace snn

using namespace mlir;
using namespace snn;

namespace {

/// Emits the program of one network in front of it.
class ProgramEmitter {
public:
  ProgramEmitter(ModuleOp module, func::FuncOp function)
      : module(module), function(function), builder(function),
        network(function, builder, constants) {}
  LogicalResult emit();

private:
  void line(const Twine &text) {
    emitc::VerbatimOp::create(builder, function.getLoc(),
                              builder.getStringAttr(text));
  }
  void emitHead();
  void emitIncludes();
  void emitCodings();
  LogicalResult emitModel();
  std::string modelName();
  StringRef codingName();
  SmallVector<spike::Site> getEncodeSites();
  std::string port(Type type, Attribute onnxName, StringRef otherwise,
                   unsigned index, const LengthAxes &lengths,
                   bool isConstant = false);

  ModuleOp module;
  func::FuncOp function;
  OpBuilder builder;
  ConstantTable constants;
  FunctionEmitter network;
};

std::string ProgramEmitter::modelName() {
  std::string name;
  if (auto source = module->getAttrOfType<StringAttr>("onnx.source"))
    name = source.str();
  else if (auto file = function.getLoc()->findInstanceOf<FileLineColLoc>())
    name = file.getFilename().str();
  name = llvm::sys::path::filename(name).str();
  return name.empty() ? "network" : name;
}

/// "plain ttfs" where every spiking site is silent at level 0 only.
StringRef ProgramEmitter::codingName() {
  bool plain = true, phases = false, binary = false;
  for (const spike::Site &site : getEncodeSites()) {
    Type element = getElementTypeOrSelf(site.result.getType());
    phases |= isa<spike::PhaseType>(element);
    binary |= spike::isStepTrain(element);
    if (auto train = dyn_cast<spike::TTFSType>(element))
      plain &= train.getMask() == 0 && train.getRadius() == 0;
  }
  if (phases)
    return "phase";
  if (binary)
    return "lif";
  return getEncodeSites().empty() ? "none" : plain ? "plain ttfs" : "mttfs";
}

/// The sites that make spikes.
SmallVector<spike::Site> ProgramEmitter::getEncodeSites() {
  SmallVector<spike::Site> sites = spike::getSites(function);
  llvm::erase_if(sites, [](const spike::Site &site) {
    Type type = site.result.getType();
    return !spike::isTrain(type) && !spike::getPhaseCoding(type);
  });
  return sites;
}

void ProgramEmitter::emitHead() {
  line(cpp::comment("Spiking simulator of " + modelName() + ", coding " +
                    codingName().str() + ", " +
                    std::to_string(getEncodeSites().size()) +
                    " encode sites. Made by snnc."));
  line("//");
  line("// Needs only SNNC's runtime and the weights beside the binary:");
  line("//   c++ -std=c++17 -O0 -ffp-contract=off sim.cpp -o sim "
       "-I<snnc>/include -L<snnc>/lib -lsnn_runtime -lz -pthread");
  line("//   ./sim --input X.npz --output Y.npz [--mode fast|event|stepped] "
       "[--stats S.json]");
}

void ProgramEmitter::emitIncludes() {
  std::set<std::string> headers = network.getHeaders();
  if (codingName() == "lif") // random neurons, too
    headers.insert("snn/runtime/Sdsa.h");
  auto include = [&](StringRef header) {
    emitc::IncludeOp::create(builder, function.getLoc(), header,
                             /*is_standard_include=*/false);
  };
  include("snn/runtime/Simulator.h");
  for (const std::string &header : headers)
    include(header);
  line("");
  line("using namespace snn::rt;");
  line("");
}

void ProgramEmitter::emitCodings() {
  if (network.getCodings().empty())
    return;
  bool phases = codingName() == "phase";
  line(phases ? "// Phase codes: base, phases, scale, positive only, release."
              : "// Quantised tensors: bits, zero point, mask level, radius, "
                "scale, and levels that are not uniform.");
  for (const CodingConstant &constant : network.getCodings())
    line("static constexpr " + constant.type + " " + constant.identifier +
         constant.value + "; " + cpp::comment(constant.comment));
  line("");
}

std::string ProgramEmitter::port(Type type, Attribute onnxName,
                                 StringRef otherwise, unsigned index,
                                 const LengthAxes &lengths, bool isConstant) {
  auto text = dyn_cast_or_null<StringAttr>(onnxName);
  std::string name =
      text ? text.str() : otherwise.str() + std::to_string(index);
  return "Port{" + cpp::quote(name) + ", " +
         cpp::storage(cast<RankedTensorType>(type)) +
         (isConstant ? ", true}"
          : lengths.axes.empty()
              ? "}"
              : ", false, " + cpp::list(lengths.axes) + ", " +
                    cpp::number(lengths.padding) + "}");
}

LogicalResult ProgramEmitter::emitModel() {
  SmallVector<std::string> inputs, outputs;
  for (auto [index, type] : llvm::enumerate(function.getArgumentTypes())) {
    FailureOr<LengthAxes> lengths = getArgumentLengths(function, index);
    if (failed(lengths))
      return failure();
    inputs.push_back(port(type, function.getArgAttr(index, "onnx.name"), "arg",
                          index, *lengths));
  }
  for (auto [index, type] : llvm::enumerate(function.getResultTypes())) {
    FailureOr<LengthAxes> lengths = getResultLengths(function, index);
    if (failed(lengths))
      return failure();
    outputs.push_back(port(type, function.getResultAttr(index, "onnx.name"),
                           "result", index, *lengths,
                           isConstantResult(function, index)));
  }
  line("");
  line("// For --profile: node, ops, multiply-accumulates, other operations, "
       "bytes.");
  ArrayRef<ProfiledCall> calls = network.getCalls();
  line("static const ProfiledOp ops[] = {");
  for (const ProfiledCall &call : calls)
    line("    {" + cpp::quote(call.name) + ", " + cpp::quote(call.kind) + ", " +
         cpp::number(call.products) + ", " + cpp::number(call.operations) +
         ", " + cpp::number(call.bytes) + "},");
  if (calls.empty()) // no array is empty
    line("    {},");
  line("};");
  line("");
  line("static const Model model{");
  line("    " + cpp::quote(modelName()) + ", " + cpp::quote(codingName()) +
       ",");
  line("    " + cpp::list(inputs) + ",");
  line("    " + cpp::list(outputs) + ",");
  line("    " + cpp::integer(network.getPlan().bytes()) + ", forward, ops, " +
       cpp::integer(int64_t(calls.size())) + "};");
  line("");
  line("Program snn::rt::getProgram() {");
  line("  return {model, {SNN_COMPILATION_DIGEST, SNN_WEIGHTS_HASH, "
       "SNN_RELEASE}};");
  line("}");
  line("");
  line("int main(int argc, char **argv) {");
  line("  return simulatorMain(argc, argv, model);");
  line("}");
  return success();
}

LogicalResult ProgramEmitter::emit() {
  emitHead();
  Block *block = builder.getInsertionBlock();
  Operation *lastOfHead = &*std::prev(builder.getInsertionPoint());
  if (failed(network.emit()))
    return failure();
  // What the network used stands before it.
  builder.setInsertionPointAfter(lastOfHead);
  emitIncludes();
  emitCodings();
  if (network.countsKeptTokens()) {
    line("// The number of tokens that an attention mask keeps.");
    line("static int64_t countKept(const Tensor &valid) {");
    line("  const bool *keep = valid.data<bool>();");
    line("  int64_t kept = 0;");
    line("  for (int64_t i = 0; i < valid.size(); ++i)");
    line("    kept += keep[i];");
    line("  return kept;");
    line("}");
    line("");
  }
  builder.setInsertionPoint(block, function->getIterator());
  if (failed(emitModel()))
    return failure();
  spike::facts(module).getConstantsAttrHelper().setAttr(
      module, constants.getConstants(module.getContext()));
  spike::facts(module).getWeightsAttrHelper().setAttr(
      module, builder.getStringAttr("weights.safetensors"));
  return success();
}

/// Tensors of a program have literal shapes and elements that the runtime has.
LogicalResult verifyTensors(func::FuncOp function) {
  auto verify = [](Operation *op, StringRef what, Type type) -> LogicalResult {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !tensor.hasStaticShape())
      return op->emitOpError("needs ")
             << what << " of static shape, has " << type;
    if (!getStorageType(tensor.getElementType()))
      return op->emitOpError("has ")
             << what
             << " that the runtime cannot hold: " << tensor.getElementType();
    return success();
  };
  for (Type type : function.getArgumentTypes())
    if (failed(verify(function, "inputs", type)))
      return failure();
  // The program holds names as C strings, which end at a NUL.
  for (ArrayAttr list :
       {function.getArgAttrsAttr(), function.getResAttrsAttr()})
    for (Attribute entry : list ? list.getValue() : ArrayRef<Attribute>())
      if (auto name =
              cast<DictionaryAttr>(entry).getAs<StringAttr>("onnx.name");
          name && name.getValue().contains('\0'))
        return function.emitOpError("has an input or output whose name holds a "
                                    "NUL");
  for (Operation &op : function.getBody().front())
    for (Type type : op.getResultTypes())
      if (failed(verify(&op, "results", type)))
        return failure();
  return success();
}

struct SpikeToEmitC : snn::impl::SpikeToEmitCBase<SpikeToEmitC> {
  using SpikeToEmitCBase::SpikeToEmitCBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto functions = llvm::to_vector(module.getOps<func::FuncOp>());
    if (functions.size() != 1 || functions[0].isExternal() ||
        !functions[0].getBody().hasOneBlock()) {
      module.emitError("needs one function without control flow, the network");
      return signalPassFailure();
    }
    if (failed(verifyTensors(functions[0])) ||
        failed(ProgramEmitter(module, functions[0]).emit()))
      return signalPassFailure();
    functions[0].erase();
  }
};

} // namespace
