//===- SpikeInterfaces.td - Facts about spiking ops --------*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What passes, reports and counters ask an op. An interface states facts; it
// never says how an op integrates or fires: the interpreter, the modes of the
// simulator and the virtual chip each have their own execution, or their
// agreement would prove nothing.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_SPIKEINTERFACES_TD
#define SNN_DIALECT_SPIKE_SPIKEINTERFACES_TD

include "mlir/IR/OpBase.td"

def SiteOpInterface : OpInterface<"SiteOpInterface"> {
  let cppNamespace = "::snn::spike";
  let description = [{
    A site: an op at whose result the network is quantised or fires. Statistics,
    calibration and options name sites. An op with the attributes `site`, `kind` and
    `token_axes` and the operand `valid` has nothing to define.
  }];
  let methods = [
    InterfaceMethod<"The site's name, unique in the network.",
      "::llvm::StringRef", "getSite", (ins)>,
    InterfaceMethod<"What the quantised tensor feeds.",
      "::snn::spike::SiteKind", "getKind", (ins), [{}],
      [{ return ::snn::spike::SiteKind::Activation; }]>,
    InterfaceMethod<"What is quantised, or drives the neurons.",
      "::mlir::Value", "getSiteInput", (ins), [{}],
      [{ return $_op->getOperand(0); }]>,
    InterfaceMethod<"The levels or the train.", "::mlir::Value",
      "getSiteResult", (ins), [{}],
      [{ return $_op->getResult(0); }]>,
    InterfaceMethod<[{Which tokens the attention mask keeps, [batch, tokens]; null where
        all count.}],
      "::mlir::Value", "getValid", (ins), [{}], [{ return {}; }]>,
    InterfaceMethod<"The axes of the result that run over tokens.",
      "::llvm::ArrayRef<int64_t>", "getTokenAxes", (ins), [{}],
      [{ return {}; }]>,
    InterfaceMethod<[{Sets validity and token axes. Does nothing at a site that counts all
        its neurons, as those of binary trains.}],
      "void", "setTokens",
      (ins "::mlir::Value":$valid, "::llvm::ArrayRef<int64_t>":$axes),
      [{}], [{ return; }]>
  ];
}

def EventConsumerOpInterface : OpInterface<"EventConsumerOpInterface"> {
  let cppNamespace = "::snn::spike";
  let description = [{
    An op that integrates events: each spike of a train adds to the potentials of some
    neurons, its targets. The other factor is static (a weight, which crossbars hold)
    or dynamic (a resident operand, which an attention engine holds), or there is none.
  }];
  let methods = [
    InterfaceMethod<[{Whether events arrive at an operand, rather than stored levels,
        masks or divisors.}],
      "bool", "receivesEvents", (ins "unsigned":$operand), [{}],
      [{ return operand == 0; }]>,
    InterfaceMethod<[{The neurons that one event of an operand that receives them
        reaches.}],
      "::snn::spike::EventTargets", "getEventTargets",
      (ins "::mlir::OpOperand &":$operand)>,
    InterfaceMethod<"The static weight; null for another factor.",
      "::mlir::TypedAttr", "getWeight", (ins), [{}],
      [{ return {}; }]>,
    InterfaceMethod<[{The window in which a convolution reads its image; nullopt for any
        other op.}],
      "std::optional<::snn::spike::Window>", "getWindow", (ins), [{}],
      [{ return std::nullopt; }]>,
    InterfaceMethod<"The operand that is resident; null for another factor.",
      "::mlir::Value", "getResident", (ins), [{}],
      [{ return {}; }]>
  ];
}

def AttentionEngineOpInterface : OpInterface<"AttentionEngineOpInterface"> {
  let cppNamespace = "::snn::spike";
  let description = [{
    An op that an attention engine runs, or the digital unit of a chip without the
    engine. The op has an optional attribute `engine`, which names the unit.
  }];
  let methods = [
    InterfaceMethod<"The kind of engine that computes what the op does.",
      "::snn::chip::EngineKind", "getEngineKind", (ins)>,
    InterfaceMethod<
      "What attention it is part of, as in \"softmax attention\".",
      "::llvm::StringRef", "getAttentionName", (ins)>,
    InterfaceMethod<"Reports operands that the engine cannot take; fails.",
      "::llvm::LogicalResult", "verifyEngineOperands", (ins),
      [{}], [{ return ::llvm::success(); }]>,
    InterfaceMethod<[{Whether it sums integers; the digital unit of a chip without the
        engine then multiplies integers, otherwise floats.}],
      "bool", "sumsIntegers", (ins), [{}], [{ return true; }]>,
    InterfaceMethod<"The unit that it is bound to; nullopt before "
      "`spike-map-attention`.",
      "std::optional<::llvm::StringRef>", "getEngine", (ins)>,
    InterfaceMethod<"Binds it to a unit.", "void", "setEngine",
      (ins "::std::optional<::llvm::StringRef>":$engine)>
  ];
  let extraClassDeclaration = [{
    /// The engine as a chip's description spells it: "trace_woss".
    ::llvm::StringRef getEngineName();
    /// The same as options spell it: "trace-woss".
    std::string getEngineOption();
  }];
}

def NeuronOpInterface : OpInterface<"NeuronOpInterface"> {
  let cppNamespace = "::snn::spike";
  let description = [{
    An op whose results fire in neurons. What reports need to know of them: what
    makes them fire, how many are updated, what state they keep.
  }];
  let methods = [
    InterfaceMethod<"What makes the neurons fire.",
      "::snn::spike::NeuronModel", "getNeuronModel", (ins)>,
    InterfaceMethod<[{How many neurons are updated, or draw, in one run of the function:
        every time step counts. Shapes are static.}],
      "int64_t", "countNeurons", (ins), [{}],
      [{ return ::llvm::cast<::mlir::ShapedType>($_op->getResult(0).getType())
      .getNumElements(); }]>,
    InterfaceMethod<[{The membrane that neurons keep from step to step; nullopt where they
        fire from a potential that is already integrated, or by chance.}],
      "std::optional<::snn::rt::LifNeuron>", "getMembrane", (ins), [{}],
      [{ return std::nullopt; }]>
  ];
}

def SpikingAttentionOpInterface : OpInterface<"SpikingAttentionOpInterface"> {
  let cppNamespace = "::snn::spike";
  let description = [{
    Attention that takes binary trains and makes one: [T, B, heads, tokens, channels]
    or [T*B, heads, tokens, channels], in every time step and head.
  }];
  let methods = [
    InterfaceMethod<"The query.", "::mlir::Value", "getQ", (ins)>,
    InterfaceMethod<"The key.", "::mlir::Value", "getK", (ins)>,
    InterfaceMethod<"The value.", "::mlir::Value", "getV", (ins)>,
    InterfaceMethod<
      "Which keys a query may see, ui8 [tokens, tokens]; nullopt: all.",
      "std::optional<::mlir::TypedAttr>", "getMask", (ins)>,
    InterfaceMethod<"The number of time steps.", "int64_t", "getSteps",
      (ins)>
  ];
}

#endif // SNN_DIALECT_SPIKE_SPIKEINTERFACES_TD
