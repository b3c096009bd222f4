//===- OnnxOps.td - Ops of the onnx dialect ----------------*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_ONNX_ONNXOPS_TD
#define SNN_DIALECT_ONNX_ONNXOPS_TD

include "mlir/IR/BuiltinAttributes.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "snn/Dialect/Kernel/DataMovement.td"
include "snn/Dialect/Kernel/DigitalCostInterface.td"
include "snn/Dialect/Kernel/DrawsNumbers.td"
include "snn/Dialect/Kernel/KernelOpInterface.td"
include "snn/Dialect/Kernel/SampleAxesInterface.td"
include "snn/Dialect/Onnx/OnnxDialect.td"

def Onnx_FloatTensor : RankedTensorOf<[AnyFloat]>;
def Onnx_NumberTensor : RankedTensorOf<[AnyFloat, AnyInteger]>;
def Onnx_BoolTensor : RankedTensorOf<[I1]>;
def Onnx_IndexTensor : RankedTensorOf<[I32, I64]>;

// Numbers whose accessors and builders take int64_t and double.
def Onnx_IntAttr
    : TypedSignlessIntegerAttrBase<I64, "int64_t", "64-bit integer attribute"> {
  let convertFromStorage = "$_self.getInt()";
}
def Onnx_FloatAttr : FloatAttrBase<F64, "64-bit float attribute"> {
  let returnType = "double";
  let convertFromStorage = "$_self.getValueAsDouble()";
}

// Attributes that ops leave out when they hold the usual value.
class Onnx_IntOr<string value> : DefaultValuedAttr<Onnx_IntAttr, value>;
class Onnx_FloatOr<string value> : DefaultValuedAttr<Onnx_FloatAttr, value>;
class Onnx_FlagOr<string value> : DefaultValuedAttr<BoolAttr, value>;
class Onnx_StringOr<string value> : DefaultValuedStrAttr<StrAttr, value>;

// Result types follow from operands and attributes; a program may state more or
// less of a dynamic shape. The ops verify this themselves, which gives one error
// that says what does not fit (the interface's own check adds a second one).
def Onnx_InferTypes : InferTypeOpAdaptorBase<[{
  static bool isCompatibleReturnTypes(::mlir::TypeRange l,
                                      ::mlir::TypeRange r);
  static ::llvm::LogicalResult refineReturnTypes(
      ::mlir::MLIRContext *, std::optional<::mlir::Location>,
      ::mlir::ValueRange, ::mlir::DictionaryAttr, ::mlir::OpaqueProperties,
      ::mlir::RegionRange, ::llvm::SmallVectorImpl<::mlir::Type> &) {
    return ::mlir::success();
  }
}]>;

// An op that the digital unit executes. `kernel` is the runtime function;
// `attributes` are C++ expressions for the values of its attribute parameters,
// `inputs` for its inputs when some are optional. What an op costs and when it
// keeps samples apart has no usual value: an op without it is an error here.
class Onnx_Op<string mnemonic, string kernel, string attributes = "",
              string inputs = "", list<Trait> traits = []>
    : Op<Onnx_Dialect, mnemonic,
         !listconcat(traits,
             [Pure, Onnx_InferTypes,
              DeclareOpInterfaceMethods<DigitalCostInterface>,
              DeclareOpInterfaceMethods<KernelOpInterface,
                  ["getKernelName", "getKernelAttributes",
                   "getKernelOperands"]>,
              DeclareOpInterfaceMethods<SampleAxesInterface>])> {
  DigitalCost cost = ?;
  SampleRule samples = ?;
  // The shape rule of a class of ops, a call; an op without one defines
  // `inferReturnTypes`.
  string shapeRule = "";
  let assemblyFormat =
      "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::verify() {
      return ::snn::onnx::detail::verifyResultTypes(*this);
    }
    bool $cppClass::isCompatibleReturnTypes(::mlir::TypeRange l,
                                            ::mlir::TypeRange r) {
      return ::snn::onnx::detail::areCompatible(l, r);
    }
    ::llvm::StringRef $cppClass::getKernelName() {
      return "}] # kernel # [{";
    }
    ::llvm::SmallVector<::mlir::Attribute> $cppClass::getKernelAttributes() {
      return ::snn::onnx::detail::kernelAttributes(
          getContext()}] # !if(!empty(attributes), "", ", ") # attributes # [{);
    }
    ::llvm::SmallVector<::mlir::Value> $cppClass::getKernelOperands() {
  }] # !if(!empty(inputs),
           "return ::llvm::to_vector_of<::mlir::Value>((*this)->getOperands());",
           "return {" # inputs # "};") # [{
    }
    ::snn::DigitalCost $cppClass::getDigitalCost() {
      return }] # cost.cpp # [{;
    }
    ::llvm::LogicalResult
    $cppClass::checkSampleAxes(const ::snn::SampleAxes &axes) {
      return }] # samples.checkCpp # [{;
    }
    ::mlir::FailureOr<int64_t>
    $cppClass::countSampleGroups(const ::snn::SampleAxes &axes) {
      return }] # samples.groupsCpp # [{;
    }
    void $cppClass::bindBatch() }] # "{ " # samples.bindCpp # " }" #
      !if(!empty(shapeRule), "", [{
    ::llvm::LogicalResult $cppClass::inferReturnTypes(
        [[maybe_unused]] ::mlir::MLIRContext *context,
        std::optional<::mlir::Location> location, Adaptor adaptor,
        ::llvm::SmallVectorImpl<::mlir::Type> &types) {
      ::snn::onnx::detail::Inference inference{location, getOperationName()};
      return ::snn::onnx::detail::}] # shapeRule # [{;
    }
  }]);
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

def Onnx_ConstantOp : Op<Onnx_Dialect, "constant",
    [ConstantLike, Pure, Onnx_InferTypes]> {
  let summary = "A tensor known at compile time";
  let description = [{
    Holds a small tensor as dense elements, or names a large one in a weight
    archive with `#onnx.param`. The result has the type of the value.

    Errors: a value that is neither, or whose type is not a ranked tensor.

    Source: ONNX `Constant` and the graph's initialisers.

    ```mlir
    %half = onnx.constant dense<5.0e-01> : tensor<f32>
    %w = onnx.constant #onnx.param<"m.onnx", "fc.weight"> : tensor<4x8xf32>
    ```
  }];
  let arguments = (ins TypedAttrInterface:$value);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "attr-dict $value";
  let hasFolder = 1;
  let hasVerifier = 1;
  let extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::verify() {
      return ::snn::onnx::detail::verifyResultTypes(*this);
    }
    bool $cppClass::isCompatibleReturnTypes(::mlir::TypeRange l,
                                            ::mlir::TypeRange r) {
      return l == r;
    }
  }];
}

//===----------------------------------------------------------------------===//
// Elementwise, one operand
//===----------------------------------------------------------------------===//

class Onnx_UnaryOp<string mnemonic, Type type = Onnx_FloatTensor,
                   string kernel = mnemonic, string attributes = "">
    : Onnx_Op<mnemonic, kernel, attributes> {
  let samples = KeepsSamples;
  let shapeRule = "inferUnary(inference, adaptor.getX(), types)";
  let arguments = (ins type:$x);
  let results = (outs type:$y);
}

def Onnx_NegOp : Onnx_UnaryOp<"neg", Onnx_NumberTensor> {
  let summary = "-x";
  let description = [{
    The negative of each element; the result has the type of `x`.

    Errors: elements that are not numbers.

    Source: ONNX `Neg` (opset 13).

    ```mlir
    %y = onnx.neg %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<1>;
}

def Onnx_AbsOp : Onnx_UnaryOp<"abs", Onnx_NumberTensor> {
  let summary = "The magnitude of each element";
  let description = [{
    |x| for each element; the result has the type of `x`.

    Errors: elements that are not numbers.

    Source: ONNX `Abs` (opset 13).

    ```mlir
    %y = onnx.abs %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<1>;
}

def Onnx_SqrtOp : Onnx_UnaryOp<"sqrt"> {
  let summary = "The square root of each element";
  let description = [{
    The correctly rounded square root; NaN for negative elements. The result has
    the type of `x`.

    Errors: elements that are not floats.

    Source: ONNX `Sqrt` (opset 13).

    ```mlir
    %y = onnx.sqrt %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<0, 1>;
}

def Onnx_ReciprocalOp : Onnx_UnaryOp<"reciprocal"> {
  let summary = "1 / x";
  let description = [{
    One divided by each element; infinity for zero. The result has the type of
    `x`.

    Errors: elements that are not floats.

    Source: ONNX `Reciprocal` (opset 13).

    ```mlir
    %y = onnx.reciprocal %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<0, 1>;
}

def Onnx_ExpOp : Onnx_UnaryOp<"exp"> {
  let summary = "e to the power of each element";
  let description = [{
    The exponential by the runtime's own polynomial, so that every machine gives
    the same bits. The result has the type of `x`.

    Errors: elements that are not floats.

    Source: ONNX `Exp` (opset 13).

    ```mlir
    %y = onnx.exp %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<0, 1>;
}

def Onnx_LogOp : Onnx_UnaryOp<"log"> {
  let summary = "The natural logarithm of each element";
  let description = [{
    The logarithm to base e by the runtime's own polynomial. The result has the
    type of `x`.

    Errors: elements that are not floats.

    Source: ONNX `Log` (opset 13).

    ```mlir
    %y = onnx.log %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<0, 1>;
}

def Onnx_ErfOp : Onnx_UnaryOp<"erf"> {
  let summary = "The Gauss error function of each element";
  let description = [{
    2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x, by the runtime's
    own polynomial. The result has the type of `x`.

    Errors: elements that are not floats.

    Source: ONNX `Erf` (opset 13).

    ```mlir
    %y = onnx.erf %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<0, 1>;
}

def Onnx_TanhOp : Onnx_UnaryOp<"tanh"> {
  let summary = "The hyperbolic tangent of each element";
  let description = [{
    tanh(x) by the runtime's own polynomial; in [-1, 1]. The result has the type
    of `x`.

    Errors: elements that are not floats.

    Source: ONNX `Tanh` (opset 13).

    ```mlir
    %y = onnx.tanh %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<0, 1>;
}

def Onnx_SigmoidOp : Onnx_UnaryOp<"sigmoid"> {
  let summary = "The logistic function of each element";
  let description = [{
    1 / (1 + exp(-x)); in [0, 1]. The result has the type of `x`.

    Errors: elements that are not floats.

    Source: ONNX `Sigmoid` (opset 13).

    ```mlir
    %y = onnx.sigmoid %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<0, 1>;
}

def Onnx_SinOp : Onnx_UnaryOp<"sin"> {
  let summary = "The sine of each element";
  let description = [{
    The sine of an angle in radians, any size, by the runtime's own series,
    rounded to float once. The result has the type of `x`.

    Errors: elements that are not floats.

    Source: ONNX `Sin` (opset 7).

    ```mlir
    %y = onnx.sin %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<0, 1>;
}

def Onnx_CosOp : Onnx_UnaryOp<"cos"> {
  let summary = "The cosine of each element";
  let description = [{
    The cosine of an angle in radians, any size, by the runtime's own series,
    rounded to float once. The result has the type of `x`.

    Errors: elements that are not floats.

    Source: ONNX `Cos` (opset 7).

    ```mlir
    %y = onnx.cos %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<0, 1>;
}

def Onnx_TanOp : Onnx_UnaryOp<"tan"> {
  let summary = "The tangent of each element";
  let description = [{
    The tangent of an angle in radians, any size, by the runtime's own series,
    rounded to float once. The result has the type of `x`.

    Errors: elements that are not floats.

    Source: ONNX `Tan` (opset 7).

    ```mlir
    %y = onnx.tan %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<0, 1>;
}

def Onnx_AsinOp : Onnx_UnaryOp<"asin"> {
  let summary = "The inverse sine of each element";
  let description = [{
    The angle in [-pi/2, pi/2] whose sine is the element, NaN outside of [-1,
    1], by the runtime's own series, rounded to float once. The result has the
    type of `x`.

    Errors: elements that are not floats.

    Source: ONNX `Asin` (opset 7).

    ```mlir
    %y = onnx.asin %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<0, 1>;
}

def Onnx_AcosOp : Onnx_UnaryOp<"acos"> {
  let summary = "The inverse cosine of each element";
  let description = [{
    The angle in [0, pi] whose cosine is the element, NaN outside of [-1, 1], by
    the runtime's own series, rounded to float once. The result has the type of
    `x`.

    Errors: elements that are not floats.

    Source: ONNX `Acos` (opset 7).

    ```mlir
    %y = onnx.acos %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<0, 1>;
}

def Onnx_AtanOp : Onnx_UnaryOp<"atan"> {
  let summary = "The inverse tangent of each element";
  let description = [{
    The angle in (-pi/2, pi/2) whose tangent is the element, by the runtime's
    own series, rounded to float once. The result has the type of `x`.

    Errors: elements that are not floats.

    Source: ONNX `Atan` (opset 7).

    ```mlir
    %y = onnx.atan %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<0, 1>;
}

def Onnx_SinhOp : Onnx_UnaryOp<"sinh"> {
  let summary = "The hyperbolic sine of each element";
  let description = [{
    (e^x - e^-x) / 2 by the runtime's own series, rounded to float once. The
    result has the type of `x`.

    Errors: elements that are not floats.

    Source: ONNX `Sinh` (opset 9).

    ```mlir
    %y = onnx.sinh %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<0, 1>;
}

def Onnx_CoshOp : Onnx_UnaryOp<"cosh"> {
  let summary = "The hyperbolic cosine of each element";
  let description = [{
    (e^x + e^-x) / 2 by the runtime's own series, rounded to float once. The
    result has the type of `x`.

    Errors: elements that are not floats.

    Source: ONNX `Cosh` (opset 9).

    ```mlir
    %y = onnx.cosh %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<0, 1>;
}

def Onnx_AsinhOp : Onnx_UnaryOp<"asinh"> {
  let summary = "The inverse hyperbolic sine of each element";
  let description = [{
    ln(x + sqrt(x^2 + 1)) by the runtime's own series, rounded to float once.
    The result has the type of `x`.

    Errors: elements that are not floats.

    Source: ONNX `Asinh` (opset 9).

    ```mlir
    %y = onnx.asinh %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<0, 1>;
}

def Onnx_AcoshOp : Onnx_UnaryOp<"acosh"> {
  let summary = "The inverse hyperbolic cosine of each element";
  let description = [{
    ln(x + sqrt(x^2 - 1)), NaN below 1, by the runtime's own series, rounded to
    float once. The result has the type of `x`.

    Errors: elements that are not floats.

    Source: ONNX `Acosh` (opset 9).

    ```mlir
    %y = onnx.acosh %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<0, 1>;
}

def Onnx_AtanhOp : Onnx_UnaryOp<"atanh"> {
  let summary = "The inverse hyperbolic tangent of each element";
  let description = [{
    ln((1 + x) / (1 - x)) / 2, NaN outside of [-1, 1], by the runtime's own
    series, rounded to float once. The result has the type of `x`.

    Errors: elements that are not floats.

    Source: ONNX `Atanh` (opset 9).

    ```mlir
    %y = onnx.atanh %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<0, 1>;
}

def Onnx_FloorOp : Onnx_UnaryOp<"floor"> {
  let summary = "The largest integer that is not above each element";
  let description = [{
    Rounds towards minus infinity. The result has the type of `x`.

    Errors: elements that are not floats.

    Source: ONNX `Floor` (opset 13).

    ```mlir
    %y = onnx.floor %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<1>;
}

def Onnx_CeilOp : Onnx_UnaryOp<"ceil"> {
  let summary = "The smallest integer that is not below each element";
  let description = [{
    Rounds towards infinity. The result has the type of `x`.

    Errors: elements that are not floats.

    Source: ONNX `Ceil` (opset 13).

    ```mlir
    %y = onnx.ceil %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<1>;
}

def Onnx_RoundOp : Onnx_UnaryOp<"round"> {
  let summary = "The nearest integer to each element";
  let description = [{
    Rounds to the nearest integer, half to even. The result has the type of `x`.

    Errors: elements that are not floats.

    Source: ONNX `Round` (opset 11).

    ```mlir
    %y = onnx.round %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<1>;
}

def Onnx_SignOp : Onnx_UnaryOp<"sign", Onnx_NumberTensor> {
  let summary = "The sign of each element";
  let description = [{
    -1 where the element is negative, 1 where it is positive; zero and NaN stay.
    The result has the type of `x`.

    Errors: elements that are not numbers; when run, elements that are i1.

    Source: ONNX `Sign` (opset 13).

    ```mlir
    %y = onnx.sign %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<1>;
}

def Onnx_ReluOp : Onnx_UnaryOp<"relu", Onnx_NumberTensor> {
  let summary = "max(x, 0)";
  let description = [{
    Each element, or zero where it is negative. The result has the type of `x`.

    Errors: elements that are not numbers.

    Source: ONNX `Relu` (opset 14).

    ```mlir
    %y = onnx.relu %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<1>;
}

def Onnx_SiluOp : Onnx_UnaryOp<"silu"> {
  let summary = "x * sigmoid(x)";
  let description = [{
    The sigmoid-weighted linear unit, also called swish. The result has the type
    of `x`.

    Errors: elements that are not floats.

    Source: the subgraph `Mul(x, Sigmoid(x))`, which `onnx-recognize-silu`
    finds.

    ```mlir
    %y = onnx.silu %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<1, 1>;
}

def Onnx_GeluOp : Onnx_UnaryOp<"gelu", Onnx_FloatTensor, "gelu",
                               "getApproximate()"> {
  let summary = "The Gaussian error linear unit";
  let description = [{
    With `approximate` "none" (the usual value) x * (1 + erf(x / sqrt(2))) / 2;
    with "tanh" x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2. The
    result has the type of `x`.

    Errors: elements that are not floats; another `approximate`.

    Source: ONNX `Gelu` (opset 20), and the subgraphs that `onnx-recognize-gelu`
    finds.

    ```mlir
    %y = onnx.gelu %x {approximate = "tanh"} : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let shapeRule = ""; // after checking its attributes
  let cost = CostOfResult<3, 1>;
  let arguments = (ins Onnx_FloatTensor:$x,
                       Onnx_StringOr<"none">:$approximate);
}

def Onnx_ClipOp : Onnx_UnaryOp<"clip", Onnx_NumberTensor, "clip",
    "getLo(), getHi()"> {
  let summary = "Each element, limited to [lo, hi]";
  let description = [{
    min(max(x, lo), hi). An infinite bound (the usual value) is none. The result
    has the type of `x`.

    Errors: elements that are not numbers; `lo` above `hi`; a bound that is NaN.

    Source: ONNX `Clip` (opset 13) with constant bounds.

    ```mlir
    %y = onnx.clip %x {hi = 6.0, lo = 0.0} : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let shapeRule = ""; // after checking its attributes
  let cost = CostOfResult<1>;
  let arguments = (ins Onnx_NumberTensor:$x,
      Onnx_FloatOr<"-std::numeric_limits<double>::infinity()">:$lo,
      Onnx_FloatOr<"std::numeric_limits<double>::infinity()">:$hi);
}

def Onnx_NotOp : Onnx_UnaryOp<"not", Onnx_BoolTensor, "logical_not"> {
  let summary = "The logical complement of each element";
  let description = [{
    True where `x` is false. The result has the type of `x`.

    Errors: elements that are not i1.

    Source: ONNX `Not` (opset 1).

    ```mlir
    %y = onnx.not %x : (tensor<?x8xi1>) -> tensor<?x8xi1>
    ```
  }];
  let cost = CostOfResult<1>;
}

def Onnx_CastOp : Onnx_UnaryOp<"cast", Onnx_NumberTensor, "cast", "getTo()"> {
  let summary = "Each element in another type";
  let description = [{
    Converts to the element type `to`: floats to integers towards zero, numbers
    to i1 as "not zero", i1 to 0 and 1. The result has the shape of `x`.

    Errors: a type `to` that is no number type.

    Source: ONNX `Cast` (opset 13).

    ```mlir
    %y = onnx.cast %x {to = f32} : (tensor<?x8xi64>) -> tensor<?x8xf32>
    ```
  }];
  let shapeRule = ""; // after checking its attributes
  let cost = CostOfResult<1>;
  let arguments = (ins Onnx_NumberTensor:$x, TypeAttr:$to);
  let hasCanonicalizer = 1;
  let hasFolder = 1;
}

//===----------------------------------------------------------------------===//
// Random numbers
//===----------------------------------------------------------------------===//

def Onnx_RandomUniformLikeOp : Onnx_Op<"random_uniform_like", "random_uniform_like",
    "getSeed(), getLayerId(), getSteps(), getStage()", "", [DrawsNumbers]> {
  let summary = "Uniform random numbers of a tensor's shape";
  let description = [{
    Numbers from [0, 1), multiples of 2^-24, as f32. ONNX leaves the generator open; here
    it is Philox4x32-10 with the key (`seed`, `layer_id`) and a counter made of time step,
    sample and element, so that the numbers depend on what they are for and not on
    batches or threads: see `spike.bernoulli`, which draws the same. `steps` is the
    number of time steps on axis 0 (the axis holds steps, or steps and batch), `stage`
    how elements are numbered (0 and 1: within the head of an attention; 2: within the
    sample), `layer_id` the ordinal of the random operator in the graph. The import sets
    all four.

    Errors: less than one step; a stage other than 0, 1 and 2; a negative `layer_id`.

    Source: ONNX `RandomUniformLike` and `Bernoulli` (opset 15).

    ```mlir
    %u = onnx.random_uniform_like %p {layer_id = 0 : i64, steps = 4 : i64}
        : (tensor<4x?x8xf32>) -> tensor<4x?x8xf32>
    ```
  }];
  // Ten rounds of two products, four exclusive ors and two additions for four
  // numbers, and the scaling of each.
  let cost = CostOfResult<21>;
  let samples = KeepsSamples;
  let arguments = (ins Onnx_NumberTensor:$like, Onnx_IntOr<"0">:$seed,
                       Onnx_IntOr<"0">:$layer_id, Onnx_IntOr<"1">:$steps,
                       Onnx_IntOr<"2">:$stage);
  let results = (outs Onnx_FloatTensor:$y);
}

//===----------------------------------------------------------------------===//
// Elementwise, several operands
//===----------------------------------------------------------------------===//

class Onnx_BinaryOp<string mnemonic, Type type = Onnx_NumberTensor,
                    string kernel = mnemonic, Type resultType = type>
    : Onnx_Op<mnemonic, kernel> {
  let samples = KeepsSamples;
  string sameElements = "true";
  string resultElement = "{}"; // that of `a`
  let shapeRule = "inferBinary(inference, adaptor.getA(), adaptor.getB(), " #
                  sameElements # ", " # resultElement # ", types)";
  let arguments = (ins type:$a, type:$b);
  let results = (outs resultType:$y);
}

def Onnx_AddOp : Onnx_BinaryOp<"add"> {
  let summary = "a + b";
  let description = [{
    The sum of the elements, with numpy broadcasting of the shapes.

    Errors: operands of different element types; shapes that do not broadcast.

    Source: ONNX `Add` (opset 14), `Sum` (opset 13) two operands at a time.

    ```mlir
    %y = onnx.add %a, %b : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let hasFolder = 1;
  let cost = CostOfResult<1>;
}

def Onnx_SubOp : Onnx_BinaryOp<"sub"> {
  let summary = "a - b";
  let description = [{
    The difference of the elements, with numpy broadcasting of the shapes.

    Errors: operands of different element types; shapes that do not broadcast.

    Source: ONNX `Sub` (opset 14).

    ```mlir
    %y = onnx.sub %a, %b : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let hasFolder = 1;
  let cost = CostOfResult<1>;
}

def Onnx_MulOp : Onnx_BinaryOp<"mul"> {
  let summary = "a * b";
  let description = [{
    The product of the elements, with numpy broadcasting of the shapes.

    Errors: operands of different element types; shapes that do not broadcast.

    Source: ONNX `Mul` (opset 14).

    ```mlir
    %y = onnx.mul %a, %b : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let hasFolder = 1;
  let cost = CostOfResult<1>;
}

def Onnx_DivOp : Onnx_BinaryOp<"div"> {
  let summary = "a / b";
  let description = [{
    The quotient of the elements, with numpy broadcasting of the shapes. Integer
    division truncates towards zero.

    Errors: operands of different element types; shapes that do not broadcast.
    When run: an integer zero in `b`.

    Source: ONNX `Div` (opset 14).

    ```mlir
    %y = onnx.div %a, %b : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let hasFolder = 1;
  let cost = CostOfResult<0, 1>;
}

def Onnx_PowOp : Onnx_BinaryOp<"pow"> {
  let summary = "a to the power of b";
  let description = [{
    Each element of `a` raised to the element of `b`, with numpy broadcasting.
    `b` may have another element type; the result has that of `a`.

    Errors: shapes that do not broadcast.

    Source: ONNX `Pow` (opset 15).

    ```mlir
    %y = onnx.pow %a, %b : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
    ```
  }];
  let sameElements = "false";
  let cost = CostOfResult<0, 1>;
}

def Onnx_ModOp : Onnx_Op<"mod", "mod", "getFmod()"> {
  let summary = "The remainder of a / b";
  let description = [{
    The remainder of the elements, with numpy broadcasting of the shapes: with
    the sign of the divisor, or with that of the dividend if `fmod` is true (C's
    fmod, exact).

    Errors: operands of different element types; shapes that do not broadcast.
    When run: an integer zero in `b`; elements that are i1.

    Source: ONNX `Mod` (opset 13).

    ```mlir
    %y = onnx.mod %a, %b {fmod = true} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let shapeRule = "inferBinary(inference, adaptor.getA(), adaptor.getB(), "
                  "/*sameElements=*/true, {}, types)";
  let cost = CostOfResult<0, 1>;
  let samples = KeepsSamples;
  let arguments = (ins Onnx_NumberTensor:$a, Onnx_NumberTensor:$b,
                       Onnx_FlagOr<"false">:$fmod);
  let results = (outs Onnx_NumberTensor:$y);
}

def Onnx_MinOp : Onnx_BinaryOp<"min", Onnx_NumberTensor, "minimum"> {
  let summary = "The smaller of a and b";
  let description = [{
    The minimum of the elements, with numpy broadcasting of the shapes.

    Errors: operands of different element types; shapes that do not broadcast.

    Source: ONNX `Min` (opset 13), two operands at a time.

    ```mlir
    %y = onnx.min %a, %b : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<1>;
}

def Onnx_MaxOp : Onnx_BinaryOp<"max", Onnx_NumberTensor, "maximum"> {
  let summary = "The larger of a and b";
  let description = [{
    The maximum of the elements, with numpy broadcasting of the shapes.

    Errors: operands of different element types; shapes that do not broadcast.

    Source: ONNX `Max` (opset 13), two operands at a time.

    ```mlir
    %y = onnx.max %a, %b : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<1>;
}

class Onnx_CompareOp<string mnemonic>
    : Onnx_BinaryOp<mnemonic, Onnx_NumberTensor, mnemonic, Onnx_BoolTensor> {
  let resultElement = "::mlir::IntegerType::get(context, 1)";
}

def Onnx_EqualOp : Onnx_CompareOp<"equal"> {
  let summary = "a == b";
  let description = [{
    Compares the elements, with numpy broadcasting of the shapes; the result is
    i1.

    Errors: operands of different element types; shapes that do not broadcast.

    Source: ONNX `Equal` (opset 13).

    ```mlir
    %y = onnx.equal %a, %b : (tensor<?x8xi64>, tensor<i64>) -> tensor<?x8xi1>
    ```
  }];
  let cost = CostOfResult<1>;
}

def Onnx_LessOp : Onnx_CompareOp<"less"> {
  let summary = "a < b";
  let description = [{
    Compares the elements, with numpy broadcasting of the shapes; the result is
    i1.

    Errors: operands of different element types; shapes that do not broadcast.

    Source: ONNX `Less` (opset 13).

    ```mlir
    %y = onnx.less %a, %b : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi1>
    ```
  }];
  let cost = CostOfResult<1>;
}

def Onnx_LessOrEqualOp : Onnx_CompareOp<"less_or_equal"> {
  let summary = "a <= b";
  let description = [{
    Compares the elements, with numpy broadcasting of the shapes; the result is
    i1.

    Errors: operands of different element types; shapes that do not broadcast.

    Source: ONNX `LessOrEqual` (opset 16).

    ```mlir
    %y = onnx.less_or_equal %a, %b : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi1>
    ```
  }];
  let cost = CostOfResult<1>;
}

def Onnx_GreaterOp : Onnx_CompareOp<"greater"> {
  let summary = "a > b";
  let description = [{
    Compares the elements, with numpy broadcasting of the shapes; the result is
    i1.

    Errors: operands of different element types; shapes that do not broadcast.

    Source: ONNX `Greater` (opset 13).

    ```mlir
    %y = onnx.greater %a, %b : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi1>
    ```
  }];
  let cost = CostOfResult<1>;
}

def Onnx_GreaterOrEqualOp : Onnx_CompareOp<"greater_or_equal"> {
  let summary = "a >= b";
  let description = [{
    Compares the elements, with numpy broadcasting of the shapes; the result is
    i1.

    Errors: operands of different element types; shapes that do not broadcast.

    Source: ONNX `GreaterOrEqual` (opset 16).

    ```mlir
    %y = onnx.greater_or_equal %a, %b : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi1>
    ```
  }];
  let cost = CostOfResult<1>;
}

def Onnx_AndOp : Onnx_BinaryOp<"and", Onnx_BoolTensor, "logical_and"> {
  let summary = "Logical and";
  let description = [{
    True where both elements are, with numpy broadcasting of the shapes.

    Errors: elements that are not i1; shapes that do not broadcast.

    Source: ONNX `And` (opset 7).

    ```mlir
    %y = onnx.and %a, %b : (tensor<?x8xi1>, tensor<8xi1>) -> tensor<?x8xi1>
    ```
  }];
  let cost = CostOfResult<1>;
}

def Onnx_OrOp : Onnx_BinaryOp<"or", Onnx_BoolTensor, "logical_or"> {
  let summary = "Logical or";
  let description = [{
    True where one of the elements is, with numpy broadcasting of the shapes.

    Errors: elements that are not i1; shapes that do not broadcast.

    Source: ONNX `Or` (opset 7).

    ```mlir
    %y = onnx.or %a, %b : (tensor<?x8xi1>, tensor<8xi1>) -> tensor<?x8xi1>
    ```
  }];
  let cost = CostOfResult<1>;
}

def Onnx_WhereOp : Onnx_Op<"where", "where"> {
  let summary = "a where the condition holds, b elsewhere";
  let description = [{
    Chooses elements, with numpy broadcasting of the three shapes. `a` and `b`
    may have any element type, the same for both.

    Errors: a condition that is not i1; `a` and `b` of different element types;
    shapes that do not broadcast.

    Source: ONNX `Where` (opset 16).

    ```mlir
    %y = onnx.where %c, %a, %b : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<1>;
  let samples = KeepsSamples;
  let arguments = (ins Onnx_BoolTensor:$condition, AnyRankedTensor:$a,
                       AnyRankedTensor:$b);
  let results = (outs AnyRankedTensor:$y);
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

def Onnx_MatMulOp : Onnx_Op<"matmul", "matmul"> {
  let summary = "Matrix product over the last two axes";
  let description = [{
    As numpy.matmul: [..., M, K] times [..., K, N] gives [..., M, N]; the
    leading axes broadcast; a vector operand is a row (left) or a column (right)
    whose axis of size 1 is dropped. Products are added in ascending order of
    the reduction index.

    Errors: a scalar operand; operands that are not floats of one type;
    different reduction lengths; leading axes that do not broadcast.

    Source: ONNX `MatMul` (opset 13).

    ```mlir
    %y = onnx.matmul %a, %b : (tensor<?x4x8xf32>, tensor<8x16xf32>) -> tensor<?x4x16xf32>
    ```
  }];
  let cost = CostOfProduct<"::snn::onnx::detail::countProducts(*this)">;
  let samples = SampleRule<"::snn::onnx::detail::checkSamples(*this, axes)">;
  let arguments = (ins Onnx_FloatTensor:$a, Onnx_FloatTensor:$b);
  let results = (outs Onnx_FloatTensor:$y);
}

def Onnx_GemmOp : Onnx_Op<"gemm", "gemm",
    "getAlpha(), getBeta(), "
    "getTransA(), getTransB()",
    "getA(), getB(), getC()"> {
  let summary = "alpha * A B + beta * C";
  let description = [{
    The product of two matrices, each transposed first if `transA` or `transB`
    says so, plus `beta` times `c`, which broadcasts to the result [M, N]. The
    usual attributes are 1, 1, false, false.

    Errors: operands that are not matrices, or not floats of one type; different
    reduction lengths; a `c` that does not broadcast to [M, N].

    Source: ONNX `Gemm` (opset 13).

    ```mlir
    %y = onnx.gemm %a, %b, %c {transB = true} : (tensor<?x8xf32>, tensor<16x8xf32>, tensor<16xf32>) -> tensor<?x16xf32>
    ```
  }];
  let cost = CostOfProduct<"::snn::onnx::detail::countProducts(*this)">;
  let samples = SampleRule<"::snn::onnx::detail::checkSamples(*this, axes)">;
  let arguments = (ins Onnx_FloatTensor:$a, Onnx_FloatTensor:$b,
                       Optional<Onnx_FloatTensor>:$c,
                       Onnx_FloatOr<"1.0">:$alpha, Onnx_FloatOr<"1.0">:$beta,
                       Onnx_FlagOr<"false">:$transA,
                       Onnx_FlagOr<"false">:$transB);
  let results = (outs Onnx_FloatTensor:$y);
}

def Onnx_ConvOp : Onnx_Op<"conv", "conv",
    "getStrides(), getPads(), getDilations(), getGroup()",
    "getX(), getW(), getBias()"> {
  let summary = "Convolution";
  let description = [{
    Cross-correlation of x [N, C, spatial...] with w [M, C / group, kernel...]
    plus a bias [M], over one or two spatial axes. `strides` and `dilations`
    have one entry per spatial axis, `pads` the begins and then the ends, in
    elements; the padding is zero. A result axis has (in + pads - dilation *
    (kernel - 1) - 1) / stride + 1 elements, rounded down.

    Errors: ranks other than 3 and 4; channels that do not fit `group`; lists of
    the wrong length; strides or dilations below 1; a kernel larger than the
    padded input.

    Source: ONNX `Conv` (opset 11); `auto_pad` is made explicit on import.

    ```mlir
    %y = onnx.conv %x, %w, %b {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 4, 4>}
        : (tensor<?x3x32x32xf32>, tensor<64x3x4x4xf32>, tensor<64xf32>) -> tensor<?x64x8x8xf32>
    ```
  }];
  let cost = CostOfProduct<"::snn::onnx::detail::countProducts(*this)">;
  let samples = MixesFrom<"getX()", "1", "the convolution runs over the batch axis">;
  let arguments = (ins Onnx_FloatTensor:$x, Onnx_FloatTensor:$w,
                       Optional<Onnx_FloatTensor>:$bias,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
                       DenseI64ArrayAttr:$dilations,
                       Onnx_IntOr<"1">:$group);
  let results = (outs Onnx_FloatTensor:$y);
}

def Onnx_AttentionOp : Onnx_Op<"attention", "attention",
    "getScale()", "getQ(), getK(), getV(), getMask()"> {
  let summary = "softmax(scale * Q K^T + mask) V";
  let description = [{
    Scaled dot-product attention over the last two axes: q [..., M, D], k [...,
    N, D] (not transposed), v [..., N, E] give [..., M, E]. The mask is added to
    the scores and broadcasts to [..., M, N]. Heads are leading axes; leading
    axes broadcast.

    Errors: ranks below 2; operands that are not floats of one type; depths or
    lengths that differ; a mask that does not broadcast to the scores; a scale
    that is not finite.

    Source: the subgraph that `onnx-recognize-attention` finds.

    ```mlir
    %y = onnx.attention %q, %k, %v, %m {scale = 1.25e-01}
        : (tensor<?x12x128x64xf32>, tensor<?x12x128x64xf32>, tensor<?x12x128x64xf32>, tensor<?x1x1x128xf32>) -> tensor<?x12x128x64xf32>
    ```
  }];
  let cost = CostOfProduct<"::snn::onnx::detail::countProducts(*this)">;
  let samples = SampleRule<"::snn::onnx::detail::checkSamples(*this, axes)">;
  let arguments = (ins Onnx_FloatTensor:$q, Onnx_FloatTensor:$k,
                       Onnx_FloatTensor:$v, Optional<Onnx_FloatTensor>:$mask,
                       Onnx_FloatAttr:$scale);
  let results = (outs Onnx_FloatTensor:$y);
}

//===----------------------------------------------------------------------===//
// Reductions and normalisations
//===----------------------------------------------------------------------===//

def Onnx_SoftmaxOp : Onnx_Op<"softmax", "softmax", "getAxis()"> {
  let summary = "exp(x) / sum(exp(x)) along one axis";
  let description = [{
    The maximum along `axis` (the last one unless given) is subtracted first.
    The result has the type of `x`.

    Errors: elements that are not floats; an axis outside [-rank, rank).

    Source: ONNX `Softmax` (opset 13; older opsets' flattening form is rewritten
    on import).

    ```mlir
    %y = onnx.softmax %x {axis = 1 : i64} : (tensor<?x8x4xf32>) -> tensor<?x8x4xf32>
    ```
  }];
  // Maximum, difference, sum and quotient of a row.
  let cost = CostOfResult<4, 1>;
  let samples = MixesAlong<"getX()", "getAxis()", "it normalises">;
  let arguments = (ins Onnx_FloatTensor:$x, Onnx_IntOr<"-1">:$axis);
  let results = (outs Onnx_FloatTensor:$y);
}

class Onnx_ReduceOp<string mnemonic, Type type>
    : Onnx_Op<mnemonic, mnemonic, "getAxes(), getKeepdims()"> {
  let samples = MixesAlongEach<"getX()", "getAxes()", "it reduces">;
  let arguments = (ins type:$x, DenseI64ArrayAttr:$axes,
                       Onnx_FlagOr<"true">:$keepdims);
  let results = (outs type:$y);
}

def Onnx_ReduceMeanOp : Onnx_ReduceOp<"reduce_mean", Onnx_FloatTensor> {
  let summary = "The mean along some axes";
  let description = [{
    Adds the elements along `axes` (all axes when the list is empty) and divides
    by their number. Reduced axes stay with size 1 unless `keepdims` is false.
    Axes may be negative.

    Errors: elements that are not floats; an axis outside [-rank, rank) or given
    twice.

    Source: ONNX `ReduceMean` (opset 18).

    ```mlir
    %y = onnx.reduce_mean %x {axes = array<i64: -1>} : (tensor<?x8x4xf32>) -> tensor<?x8x1xf32>
    ```
  }];
  let cost = CostOfOperand<1>;
}

def Onnx_ReduceSumOp : Onnx_ReduceOp<"reduce_sum", Onnx_NumberTensor> {
  let summary = "The sum along some axes";
  let description = [{
    Adds the elements along `axes` (all axes when the list is empty). Reduced
    axes stay with size 1 unless `keepdims` is false. Axes may be negative.

    Errors: an axis outside [-rank, rank) or given twice.

    Source: ONNX `ReduceSum` (opset 13).

    ```mlir
    %y = onnx.reduce_sum %x {axes = array<i64: 1>, keepdims = false} : (tensor<?x8x4xf32>) -> tensor<?x4xf32>
    ```
  }];
  let cost = CostOfOperand<1>;
}

def Onnx_ReduceMaxOp : Onnx_ReduceOp<"reduce_max", Onnx_NumberTensor> {
  let summary = "The largest element along some axes";
  let description = [{
    The maximum along `axes` (all axes when the list is empty). Reduced axes
    stay with size 1 unless `keepdims` is false. Axes may be negative.

    Errors: an axis outside [-rank, rank) or given twice.

    Source: ONNX `ReduceMax` (opset 18).

    ```mlir
    %y = onnx.reduce_max %x {axes = array<i64: -1>} : (tensor<?x8x4xf32>) -> tensor<?x8x1xf32>
    ```
  }];
  let cost = CostOfOperand<1>;
}

def Onnx_ReduceMinOp : Onnx_ReduceOp<"reduce_min", Onnx_NumberTensor> {
  let summary = "The smallest element along some axes";
  let description = [{
    The minimum along `axes` (all axes when the list is empty); NaN wins.
    Reduced axes stay with size 1 unless `keepdims` is false. Axes may be
    negative.

    Errors: an axis outside [-rank, rank) or given twice.

    Source: ONNX `ReduceMin` (opset 18).

    ```mlir
    %y = onnx.reduce_min %x {axes = array<i64: -1>} : (tensor<?x8x4xf32>) -> tensor<?x8x1xf32>
    ```
  }];
  let cost = CostOfOperand<1>;
}

def Onnx_ReduceProdOp : Onnx_ReduceOp<"reduce_prod", Onnx_NumberTensor> {
  let summary = "The product along some axes";
  let description = [{
    Multiplies the elements along `axes` (all axes when the list is empty) in
    ascending order; integers wrap. Reduced axes stay with size 1 unless
    `keepdims` is false. Axes may be negative.

    Errors: an axis outside [-rank, rank) or given twice.

    Source: ONNX `ReduceProd` (opset 18).

    ```mlir
    %y = onnx.reduce_prod %x {axes = array<i64: 1>, keepdims = false} : (tensor<?x8x4xf32>) -> tensor<?x4xf32>
    ```
  }];
  let cost = CostOfOperand<1>;
}

def Onnx_LayerNormalizationOp : Onnx_Op<"layer_normalization",
    "layer_normalization", "getAxis(), getEpsilon()",
    "getX(), getScale(), getBias()"> {
  let summary = "Layer normalisation";
  let description = [{
    (x - mean) / sqrt(variance + epsilon) * scale + bias, where mean and
    variance are taken over the axes from `axis` on. `scale` and `bias` have the
    shape of those axes, or broadcast to it. The result has the type of `x`.

    Errors: an axis outside [-rank, rank); a scale or bias that does not fit; a
    negative epsilon; operands that are not floats of one type.

    Source: ONNX `LayerNormalization` (opset 17), and the subgraph that
    `onnx-recognize-layer-norm` finds.

    ```mlir
    %y = onnx.layer_normalization %x, %s, %b {epsilon = 9.9999999999999998E-13}
        : (tensor<?x128x768xf32>, tensor<768xf32>, tensor<768xf32>) -> tensor<?x128x768xf32>
    ```
  }];
  // Sum, difference, square and its sum, scale and bias.
  let cost = CostOfResult<4>;
  let samples = MixesFrom<"getX()", "getAxis()", "it normalises the batch axis">;
  let arguments = (ins Onnx_FloatTensor:$x, Onnx_FloatTensor:$scale,
                       Optional<Onnx_FloatTensor>:$bias,
                       Onnx_IntOr<"-1">:$axis, Onnx_FloatOr<"1.0e-5">:$epsilon);
  let results = (outs Onnx_FloatTensor:$y);
}

def Onnx_BatchNormalizationOp : Onnx_Op<"batch_normalization",
    "batch_normalization", "getEpsilon()"> {
  let summary = "Batch normalisation with fixed statistics";
  let description = [{
    (x - mean) / sqrt(variance + epsilon) * scale + bias for each channel; axis
    1 of `x` [N, C, ...] is the channel, the other operands have the shape [C].
    The result has the type of `x`.

    Errors: an `x` of rank below 2; parameters that are not vectors of C
    elements; a negative epsilon; operands that are not floats of one type.

    Source: ONNX `BatchNormalization` (opset 15) in inference form.

    ```mlir
    %y = onnx.batch_normalization %x, %s, %b, %m, %v
        : (tensor<?x8x4x4xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<?x8x4x4xf32>
    ```
  }];
  let cost = CostOfResult<1>;
  let samples = KeepsSamples;
  let arguments = (ins Onnx_FloatTensor:$x, Onnx_FloatTensor:$scale,
                       Onnx_FloatTensor:$bias, Onnx_FloatTensor:$mean,
                       Onnx_FloatTensor:$variance,
                       Onnx_FloatOr<"1.0e-5">:$epsilon);
  let results = (outs Onnx_FloatTensor:$y);
}

def Onnx_ArgMaxOp : Onnx_Op<"arg_max", "arg_max",
    "getAxis(), getKeepdims(), getSelectLastIndex()"> {
  let summary = "The index of the largest element along an axis";
  let description = [{
    The first index of the maximum, or the last with `selectLastIndex`, as i64.
    The axis stays with size 1 unless `keepdims` is false.

    Errors: an axis outside [-rank, rank).

    Source: ONNX `ArgMax` (opset 13).

    ```mlir
    %y = onnx.arg_max %x {axis = -1 : i64, keepdims = false} : (tensor<?x10xf32>) -> tensor<?xi64>
    ```
  }];
  let cost = CostOfOperand<1>;
  let samples = MixesAlong<"getX()", "getAxis()", "it reduces">;
  let arguments = (ins Onnx_NumberTensor:$x, Onnx_IntOr<"0">:$axis,
                       Onnx_FlagOr<"true">:$keepdims,
                       Onnx_FlagOr<"false">:$selectLastIndex);
  let results = (outs Onnx_IndexTensor:$y);
}

def Onnx_ArgMinOp : Onnx_Op<"arg_min", "arg_min",
    "getAxis(), getKeepdims(), getSelectLastIndex()"> {
  let summary = "The index of the smallest element along an axis";
  let description = [{
    The first index of the minimum, or the last with `selectLastIndex`, as i64.
    The axis stays with size 1 unless `keepdims` is false.

    Errors: an axis outside [-rank, rank).

    Source: ONNX `ArgMin` (opset 13).

    ```mlir
    %y = onnx.arg_min %x {axis = -1 : i64, keepdims = false} : (tensor<?x10xf32>) -> tensor<?xi64>
    ```
  }];
  let cost = CostOfOperand<1>;
  let samples = MixesAlong<"getX()", "getAxis()", "it reduces">;
  let arguments = (ins Onnx_NumberTensor:$x, Onnx_IntOr<"0">:$axis,
                       Onnx_FlagOr<"true">:$keepdims,
                       Onnx_FlagOr<"false">:$selectLastIndex);
  let results = (outs Onnx_IndexTensor:$y);
}

def Onnx_CumSumOp : Onnx_Op<"cum_sum", "cum_sum",
    "getAxis(), getExclusive(), getReverse()"> {
  let summary = "The running sum along an axis";
  let description = [{
    Each element plus all before it on `axis`, added in the order of the axis;
    all before it alone with `exclusive`; from the end of the axis with
    `reverse`. Integers wrap. The result has the type of `x`.

    Errors: an axis outside [-rank, rank).

    Source: ONNX `CumSum` (opset 14) with a constant axis.

    ```mlir
    %y = onnx.cum_sum %x {axis = 1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let cost = CostOfResult<1>;
  let samples = MixesAlong<"getX()", "getAxis()", "it adds along">;
  let arguments = (ins Onnx_NumberTensor:$x, Onnx_IntAttr:$axis,
                       Onnx_FlagOr<"false">:$exclusive,
                       Onnx_FlagOr<"false">:$reverse);
  let results = (outs Onnx_NumberTensor:$y);
}

def Onnx_TopKOp : Onnx_Op<"top_k", "top_k",
    "getK(), getAxis(), getLargest()"> {
  let summary = "The k largest elements along an axis and their indices";
  let description = [{
    The `k` largest elements along `axis` (the smallest, if `largest` is false),
    best first, and where they are (i64). Equal elements come in the order of
    their indices, NaN comes last.

    Errors: an axis outside [-rank, rank); a `k` below 0 or above the axis.

    Source: ONNX `TopK` (opset 11) with a constant k.

    ```mlir
    %v, %i = onnx.top_k %x {k = 3 : i64} : (tensor<?x8xf32>) -> (tensor<?x3xf32>, tensor<?x3xi64>)
    ```
  }];
  // A comparison for each element and place.
  let cost = DigitalCost<"::snn::DigitalCost::ofOperand(double(getK()), 0)">;
  let samples = MixesAlong<"getX()", "getAxis()", "it sorts">;
  let arguments = (ins Onnx_NumberTensor:$x, Onnx_IntAttr:$k,
                       Onnx_IntOr<"-1">:$axis, Onnx_FlagOr<"true">:$largest);
  let results = (outs Onnx_NumberTensor:$values, Onnx_IndexTensor:$indices);
}

//===----------------------------------------------------------------------===//
// Pooling
//===----------------------------------------------------------------------===//

def Onnx_GlobalAveragePoolOp : Onnx_Op<"global_average_pool",
                                       "global_average_pool"> {
  let summary = "The mean over all spatial axes";
  let description = [{
    x [N, C, spatial...] gives [N, C, 1...].

    Errors: a rank below 3; elements that are not floats.

    Source: ONNX `GlobalAveragePool` (opset 1).

    ```mlir
    %y = onnx.global_average_pool %x : (tensor<?x8x4x4xf32>) -> tensor<?x8x1x1xf32>
    ```
  }];
  let cost = CostOfOperand<1>;
  let samples = MixesFrom<"getX()", "2", "it pools the batch axis">;
  let arguments = (ins Onnx_FloatTensor:$x);
  let results = (outs Onnx_FloatTensor:$y);
}

def Onnx_AveragePoolOp : Onnx_Op<"average_pool", "average_pool",
    "getKernel(), getStrides(), getPads(), getCeilMode(), "
    "getCountIncludePad()"> {
  let summary = "The mean over windows";
  let description = [{
    x is [N, C, spatial...] with one or two spatial axes. Windows of `kernel`
    elements move by `strides`; `pads` holds the begins and then the ends. The
    mean counts padding only with `countIncludePad`. A result axis has (in +
    pads - kernel) / stride + 1 elements, rounded down, or up with `ceilMode`
    (but no window starts in the padding behind the input).

    Errors: a rank other than 3 and 4; lists of the wrong length; entries below
    1 (`pads`: below 0); a window larger than the padded input.

    Source: ONNX `AveragePool` (opset 11); `auto_pad` is made explicit on
    import.

    ```mlir
    %y = onnx.average_pool %x {kernel = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>}
        : (tensor<?x8x4x4xf32>) -> tensor<?x8x2x2xf32>
    ```
  }];
  let cost = CostOfOperand<1>;
  let samples = MixesFrom<"getX()", "2", "it pools the batch axis">;
  let arguments = (ins Onnx_FloatTensor:$x, DenseI64ArrayAttr:$kernel,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
                       Onnx_FlagOr<"false">:$ceilMode,
                       Onnx_FlagOr<"false">:$countIncludePad);
  let results = (outs Onnx_FloatTensor:$y);
}

def Onnx_MaxPoolOp : Onnx_Op<"max_pool", "max_pool",
    "getKernel(), getStrides(), getPads(), getDilations(), getCeilMode()"> {
  let summary = "The maximum over windows";
  let description = [{
    x is [N, C, spatial...] with one or two spatial axes. Windows of `kernel`
    elements, `dilations` apart, move by `strides`; `pads` holds the begins and
    then the ends, and padding never wins.
    Result axes are as for `onnx.conv`, rounded up with `ceilMode`.

    Errors: a rank other than 3 and 4; lists of the wrong length; entries below
    1 (`pads`: below 0); a window larger than the padded input.

    Source: ONNX `MaxPool` (opset 12) without its second output.

    ```mlir
    %y = onnx.max_pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>}
        : (tensor<?x8x8x8xf32>) -> tensor<?x8x4x4xf32>
    ```
  }];
  let cost = CostOfOperand<1>;
  let samples = MixesFrom<"getX()", "2", "it pools the batch axis">;
  let arguments = (ins Onnx_FloatTensor:$x, DenseI64ArrayAttr:$kernel,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
                       DenseI64ArrayAttr:$dilations,
                       Onnx_FlagOr<"false">:$ceilMode);
  let results = (outs Onnx_FloatTensor:$y);
}

def Onnx_MaxPoolIndicesOp : Onnx_Op<"max_pool_indices", "max_pool_indices",
    "getKernel(), getStrides(), getPads(), getDilations(), getCeilMode(), "
    "getColumnMajor()"> {
  let summary = "Where the maxima of windows are";
  let description = [{
    For each window of `onnx.max_pool` the position of its first maximum among
    all elements of `x`, as i64: row-major, or with `columnMajor` column-major
    within a plane.

    Errors: as for `onnx.max_pool`. When run: a window that holds padding only.

    Source: the second output of ONNX `MaxPool` (opset 12).

    ```mlir
    %y = onnx.max_pool_indices %x {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>}
        : (tensor<1x8x8x8xf32>) -> tensor<1x8x4x4xi64>
    ```
  }];
  let cost = CostOfOperand<1>;
  let samples = SampleRule<"axes.getAxis(getX()) ? axes.fail(*this, "
      "\"its positions count from the first sample\") : ::llvm::success()">;
  let arguments = (ins Onnx_FloatTensor:$x, DenseI64ArrayAttr:$kernel,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
                       DenseI64ArrayAttr:$dilations,
                       Onnx_FlagOr<"false">:$ceilMode,
                       Onnx_FlagOr<"false">:$columnMajor);
  let results = (outs Onnx_IndexTensor:$y);
}

def Onnx_ResizeOp : Onnx_Op<"resize", "resize",
    "getSizes(), getMode(), getTransform(), getRounding(), "
    "getCubicCoefficient(), getExcludeOutside(), getExtrapolation(), "
    "getAntialias()",
    "getX(), getScales(), getRoi()", [AttrSizedOperandSegments]> {
  let summary = "A tensor interpolated to other sizes";
  let description = [{
    Resizes each axis to `sizes[i]` elements; -1 leaves an axis as it is.
    `mode` says how elements between positions are made: "nearest", "linear" or
    "cubic" (with `cubicCoefficient` a); `transform` says which position of `x`
    an element stands for (ONNX's coordinate_transformation_mode), `rounding`
    which index that is ("nearest"; ONNX's nearest_mode). `scales` [rank] are
    the factors between positions, without it the quotients of the sizes; `roi`
    [2 rank] is the region of "tf_crop_and_resize", beyond which elements are
    `extrapolation`. With `excludeOutside` taps beyond the border have no
    weight; with `antialias` the taps of a smaller result span all elements that
    it stands for. The result has the element type of `x`.

    Errors: a list whose length is not the rank; entries below -1; an unknown
    mode, transform or rounding; interpolation of elements that are not floats;
    "tf_crop_and_resize" without `roi`; scales or a region of another length.

    Source: ONNX `Resize` (opset 19) with constant scales or sizes, `Upsample`
    (opset 9).

    ```mlir
    %y = onnx.resize %x {mode = "linear", sizes = array<i64: -1, -1, 8, 8>} : (tensor<?x3x4x4xf32>) -> tensor<?x3x8x8xf32>
    ```
  }];
  let cost = DigitalCost<"::snn::onnx::detail::getCost(*this)">;
  let samples = SampleRule<"::snn::onnx::detail::checkSamples(*this, axes)">;
  let arguments = (ins Onnx_NumberTensor:$x, Optional<Onnx_FloatTensor>:$scales,
                       Optional<Onnx_FloatTensor>:$roi,
                       DenseI64ArrayAttr:$sizes, Onnx_StringOr<"nearest">:$mode,
                       Onnx_StringOr<"half_pixel">:$transform,
                       Onnx_StringOr<"round_prefer_floor">:$rounding,
                       Onnx_FloatOr<"-0.75">:$cubicCoefficient,
                       Onnx_FlagOr<"false">:$excludeOutside,
                       Onnx_FloatOr<"0.0">:$extrapolation,
                       Onnx_FlagOr<"false">:$antialias);
  let results = (outs Onnx_NumberTensor:$y);
  let assemblyFormat = [{
    $x (`scales` $scales^)? (`roi` $roi^)? attr-dict
    `:` functional-type(operands, results)
  }];
}

//===----------------------------------------------------------------------===//
// Data movement: any element type
//===----------------------------------------------------------------------===//

def Onnx_GatherOp : Onnx_Op<"gather", "gather", "getAxis()"> {
  let summary = "Slices of a tensor by index";
  let description = [{
    Replaces axis `axis` of `data` by the axes of `indices`; indices are i32 or
    i64 and may be negative. An embedding is a gather along axis 0.

    Errors: an axis outside [-rank, rank); indices of another type. When run: an
    index out of range.

    Source: ONNX `Gather` (opset 13).

    ```mlir
    %y = onnx.gather %data, %indices : (tensor<30522x768xf32>, tensor<?x128xi64>) -> tensor<?x128x768xf32>
    ```
  }];
  let cost = NoArithmetic;
  let samples = MixesAlong<"getData()", "getAxis()", "it picks from">;
  let arguments = (ins AnyRankedTensor:$data, Onnx_IndexTensor:$indices,
                       Onnx_IntOr<"0">:$axis);
  let results = (outs AnyRankedTensor:$y);
}

def Onnx_GatherElementsOp : Onnx_Op<"gather_elements", "gather_elements",
                                    "getAxis()"> {
  let summary = "Elements of a tensor, one index each";
  let description = [{
    Element i of the result is the element of `data` with the same index, except
    that its index on `axis` is `indices[i]` (i32 or i64, may be negative). The
    result has the shape of `indices`.

    Errors: operands of different ranks; indices that are larger than `data` on
    another axis; an axis outside [-rank, rank). When run: an index out of
    range.

    Source: ONNX `GatherElements` (opset 13).

    ```mlir
    %y = onnx.gather_elements %data, %indices {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
    ```
  }];
  let cost = NoArithmetic;
  let samples = SampleRule<"::snn::onnx::detail::checkSamples(*this, axes)">;
  let arguments = (ins AnyRankedTensor:$data, Onnx_IndexTensor:$indices,
                       Onnx_IntOr<"0">:$axis);
  let results = (outs AnyRankedTensor:$y);
}

def Onnx_GatherNDOp : Onnx_Op<"gather_nd", "gather_nd", "getBatchDims()"> {
  let summary = "Slices of a tensor by index tuples";
  let description = [{
    The last axis of `indices` [B..., I..., L] holds tuples of L indices (i32 or
    i64, may be negative) into the axes of `data` [B..., D...] behind the first
    `batchDims` ones, which both share. The result is [B..., I..., the rest of
    D...].

    Errors: scalars; tuples that are longer than the axes; batch axes that
    differ; a `batchDims` that is negative or not below both ranks. When run: an
    index out of range.

    Source: ONNX `GatherND` (opset 13).

    ```mlir
    %y = onnx.gather_nd %data, %indices : (tensor<4x8xf32>, tensor<5x1xi64>) -> tensor<5x8xf32>
    ```
  }];
  let cost = NoArithmetic;
  let samples = SampleRule<"::snn::onnx::detail::checkSamples(*this, axes)">;
  let arguments = (ins AnyRankedTensor:$data, Onnx_IndexTensor:$indices,
                       Onnx_IntOr<"0">:$batchDims);
  let results = (outs AnyRankedTensor:$y);
}

def Onnx_ScatterElementsOp : Onnx_Op<"scatter_elements", "scatter_elements",
                                     "getAxis(), getReduction()"> {
  let summary = "A tensor with elements written by index";
  let description = [{
    `data`, in which the element with the index of update i, except that its
    index on `axis` is `indices[i]`, becomes `updates[i]`; in the order of the
    updates. `reduction` combines an update with what is there: "none" (the
    usual value: replaces it), "add", "mul", "min" or "max".

    Errors: operands of different ranks or (data and updates) element types;
    updates that do not have the shape of the indices; indices that are larger
    than `data` on another axis; an axis outside [-rank, rank); another
    reduction. When run: an index out of range.

    Source: ONNX `ScatterElements` (opset 18), `Scatter` (opset 9).

    ```mlir
    %y = onnx.scatter_elements %data, %i, %u {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>, tensor<?x2xf32>) -> tensor<?x8xf32>
    ```
  }];
  // At most one operation for each element, if updates are combined.
  let cost = DigitalCost<"::snn::DigitalCost::ofResult("
                         "getReduction() == \"none\" ? 0 : 1, 0)">;
  let samples = SampleRule<"::snn::onnx::detail::checkSamples(*this, axes)">;
  let arguments = (ins AnyRankedTensor:$data, Onnx_IndexTensor:$indices,
                       AnyRankedTensor:$updates, Onnx_IntOr<"0">:$axis,
                       Onnx_StringOr<"none">:$reduction);
  let results = (outs AnyRankedTensor:$y);
}

def Onnx_ScatterNDOp : Onnx_Op<"scatter_nd", "scatter_nd", "getReduction()"> {
  let summary = "A tensor with slices written by index tuples";
  let description = [{
    `data`, in which the slices that the tuples in the last axis of `indices`
    name (as for `onnx.gather_nd`) become those of `updates`, in their order.
    `reduction` combines an update with what is there, as for
    `onnx.scatter_elements`.

    Errors: scalars; tuples that are longer than the axes of `data`; updates of
    another shape or element type than the slices; another reduction. When run:
    an index out of range.

    Source: ONNX `ScatterND` (opset 18), where the indices are no box of the
    tensor; those become slices and concatenations.

    ```mlir
    %y = onnx.scatter_nd %data, %i, %u : (tensor<4x8xf32>, tensor<2x1xi64>, tensor<2x8xf32>) -> tensor<4x8xf32>
    ```
  }];
  // At most one operation for each element, if updates are combined.
  let cost = DigitalCost<"::snn::DigitalCost::ofResult("
                         "getReduction() == \"none\" ? 0 : 1, 0)">;
  let samples = SampleRule<"::snn::onnx::detail::checkSamples(*this, axes)">;
  let arguments = (ins AnyRankedTensor:$data, Onnx_IndexTensor:$indices,
                       AnyRankedTensor:$updates,
                       Onnx_StringOr<"none">:$reduction);
  let results = (outs AnyRankedTensor:$y);
}

def Onnx_ReshapeOp : Onnx_Op<"reshape", "reshape", "getShape()", "",
                             [DataMovement]> {
  let summary = "The same elements under another shape";
  let description = [{
    `shape` is the new shape; one entry may be -1 and is computed. The result
    keeps the element type. With a dynamic batch the -1 stands for the batch
    whenever the other axes hold one sample.

    Errors: more than one -1; other negative entries; a number of elements that
    differs.

    Source: ONNX `Reshape` (opset 14), `Flatten`, `Squeeze`, `Unsqueeze` (13).

    ```mlir
    %y = onnx.reshape %x [-1, 128, 12, 64] : (tensor<?x128x768xf32>) -> tensor<?x128x12x64xf32>
    ```
  }];
  let cost = NoArithmetic;
  let samples = SampleRule<"::snn::onnx::detail::checkSamples(*this, axes)",
                           "::snn::onnx::detail::countReshapedGroups(*this, axes)",
                           "setShape(getType().getShape());">;
  let arguments = (ins AnyRankedTensor:$x, DenseI64ArrayAttr:$shape);
  let results = (outs AnyRankedTensor:$y);
  let assemblyFormat =
      "$x $shape attr-dict `:` functional-type(operands, results)";
  let hasCanonicalizer = 1;
  let hasFolder = 1;
}

def Onnx_TransposeOp : Onnx_Op<"transpose", "transpose", "getPermutation()", "",
                             [DataMovement]> {
  let summary = "The axes in another order";
  let description = [{
    Axis i of the result is axis `permutation[i]` of `x`.

    Errors: a list that is not a permutation of the axes.

    Source: ONNX `Transpose` (opset 13).

    ```mlir
    %y = onnx.transpose %x [0, 2, 1, 3] : (tensor<?x128x12x64xf32>) -> tensor<?x12x128x64xf32>
    ```
  }];
  let cost = NoArithmetic;
  let samples = KeepsSamples;
  let arguments = (ins AnyRankedTensor:$x, DenseI64ArrayAttr:$permutation);
  let results = (outs AnyRankedTensor:$y);
  let assemblyFormat =
      "$x $permutation attr-dict `:` functional-type(operands, results)";
  let hasCanonicalizer = 1;
  let hasFolder = 1;
}

def Onnx_ConcatOp : Onnx_Op<"concat", "concat", "getAxis()"> {
  let summary = "Tensors joined along an axis";
  let description = [{
    The inputs one after another along `axis`; their other axes and element
    types agree.

    Errors: no input; inputs of different ranks, element types or other axes; an
    axis outside [-rank, rank).

    Source: ONNX `Concat` (opset 13).

    ```mlir
    %y = onnx.concat %a, %b {axis = 1 : i64} : (tensor<?x1x8xf32>, tensor<?x64x8xf32>) -> tensor<?x65x8xf32>
    ```
  }];
  let cost = NoArithmetic;
  let samples = SampleRule<"::snn::onnx::detail::checkSamples(*this, axes)">;
  let arguments = (ins Variadic<AnyRankedTensor>:$inputs, Onnx_IntAttr:$axis);
  let results = (outs AnyRankedTensor:$y);
  let hasFolder = 1;
}

def Onnx_SliceOp : Onnx_Op<"slice", "slice",
    "getStarts(), getEnds(), getAxes(), getSteps()", "", [DataMovement]> {
  let summary = "A part of a tensor";
  let description = [{
    For each entry of `axes`, the elements from `start` to before `end` in steps
    of `step`. Negative starts and ends count from the end of the axis, both are
    clamped to it, and steps may be negative.

    Errors: lists of different lengths; an axis outside [-rank, rank) or given
    twice; a step of 0.

    Source: ONNX `Slice` (opset 13) with constant operands.

    ```mlir
    %y = onnx.slice %x {axes = array<i64: 1>, ends = array<i64: 1>, starts = array<i64: 0>, steps = array<i64: 1>}
        : (tensor<?x128x768xf32>) -> tensor<?x1x768xf32>
    ```
  }];
  let cost = NoArithmetic;
  let samples = SampleRule<"::snn::onnx::detail::checkSamples(*this, axes)">;
  let arguments = (ins AnyRankedTensor:$x, DenseI64ArrayAttr:$starts,
                       DenseI64ArrayAttr:$ends, DenseI64ArrayAttr:$axes,
                       DenseI64ArrayAttr:$steps);
  let results = (outs AnyRankedTensor:$y);
}

def Onnx_SplitOp : Onnx_Op<"split", "split", "getAxis(), getSizes()", "",
                           [DataMovement]> {
  let summary = "A tensor cut along an axis";
  let description = [{
    One result per entry of `sizes`: the parts of `x` of those lengths along
    `axis`.

    Errors: an axis outside [-rank, rank); sizes that are negative or whose sum
    is not the axis.

    Source: ONNX `Split` (opset 18).

    ```mlir
    %q, %k = onnx.split %x {axis = 2 : i64, sizes = array<i64: 8, 8>} : (tensor<?x4x16xf32>) -> (tensor<?x4x8xf32>, tensor<?x4x8xf32>)
    ```
  }];
  let cost = NoArithmetic;
  let samples = MixesAlong<"getX()", "getAxis()", "it splits">;
  let arguments = (ins AnyRankedTensor:$x, Onnx_IntOr<"0">:$axis,
                       DenseI64ArrayAttr:$sizes);
  let results = (outs Variadic<AnyRankedTensor>:$ys);
}

def Onnx_ExpandOp : Onnx_Op<"expand", "expand", "getShape()",
                            "getX(), getLike()", [DataMovement]> {
  let summary = "A tensor broadcast to a shape";
  let description = [{
    Broadcasts `x` and `shape` against each other by numpy's rules. A -1 in
    `shape` stands for the first axis of `like`, which is the run-time batch.

    Errors: shapes that do not broadcast; a -1 without `like`; other negative
    entries; a scalar `like`.

    Source: ONNX `Expand` (opset 13), `ConstantOfShape` of the run-time batch.

    ```mlir
    %y = onnx.expand %cls, %x {shape = array<i64: -1, 1, 8>} : (tensor<1x1x8xf32>, tensor<?x64x8xf32>) -> tensor<?x1x8xf32>
    ```
  }];
  let cost = NoArithmetic;
  let samples = SampleRule<"::llvm::success()",
                           "axes.countOperandGroups(*this)",
                           "::snn::onnx::detail::bindBatch(*this);">;
  let arguments = (ins AnyRankedTensor:$x, Optional<AnyRankedTensor>:$like,
                       DenseI64ArrayAttr:$shape);
  let results = (outs AnyRankedTensor:$y);
  let hasFolder = 1;
}

def Onnx_TileOp : Onnx_Op<"tile", "tile", "getRepeats()", "",
                          [DataMovement]> {
  let summary = "A tensor repeated along its axes";
  let description = [{
    Repeats `x` `repeats[i]` times along axis i.

    Errors: a list whose length is not the rank; negative entries.

    Source: ONNX `Tile` (opset 13).

    ```mlir
    %y = onnx.tile %x {repeats = array<i64: 1, 2>} : (tensor<?x8xf32>) -> tensor<?x16xf32>
    ```
  }];
  let cost = NoArithmetic;
  let samples = SampleRule<"::llvm::success()",
                           "::snn::onnx::detail::countTiledGroups(*this, axes)">;
  let arguments = (ins AnyRankedTensor:$x, DenseI64ArrayAttr:$repeats);
  let results = (outs AnyRankedTensor:$y);
}

def Onnx_PadOp : Onnx_Op<"pad", "pad",
    "getPads(), getMode(), getValue()"> {
  let summary = "A tensor with borders";
  let description = [{
    Adds `pads` elements around `x`: the begins of all axes, then the ends; a
    negative entry removes elements. `mode` is "constant" (the usual value, with
    `value`, 0 unless given), "reflect", "edge" or "wrap".

    Errors: a list whose length is not twice the rank; another mode; a result
    axis below 0; reflection by more than the axis less one.

    Source: ONNX `Pad` (opset 13) with constant operands.

    ```mlir
    %y = onnx.pad %x {pads = array<i64: 0, 1, 0, 1>} : (tensor<?x8xf32>) -> tensor<?x10xf32>
    ```
  }];
  let cost = NoArithmetic;
  let samples = SampleRule<"::snn::onnx::detail::checkSamples(*this, axes)">;
  let arguments = (ins AnyRankedTensor:$x, DenseI64ArrayAttr:$pads,
                       Onnx_StringOr<"constant">:$mode,
                       Onnx_FloatOr<"0.0">:$value);
  let results = (outs AnyRankedTensor:$y);
}

def Onnx_RangeOp : Onnx_Op<"range", "range"> {
  let summary = "start, start + delta, ... below limit";
  let description = [{
    Operands are scalars of one type. The result is a vector whose length is
    known when all three are constants; otherwise it is dynamic.

    Errors: operands that are not scalars, or of different types. When run: a
    `delta` of 0.

    Source: ONNX `Range` (opset 11).

    ```mlir
    %y = onnx.range %start, %limit, %delta : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<16xi64>
    ```
  }];
  let cost = CostOfResult<1>;
  let samples = KeepsSamples;
  let arguments = (ins Onnx_NumberTensor:$start, Onnx_NumberTensor:$limit,
                       Onnx_NumberTensor:$delta);
  let results = (outs Onnx_NumberTensor:$y);
}

//===----------------------------------------------------------------------===//
// Affine quantisation
//===----------------------------------------------------------------------===//

def Onnx_QuantizeLinearOp : Onnx_Op<"quantize_linear", "quantize_linear",
    "getAxis(), getTo()", "getX(), getScale(), getZeroPoint()"> {
  let summary = "Floats to levels";
  let description = [{
    saturate(round(x / scale) + zeroPoint) in the element type `to` (ui8 or i8),
    rounding half to even. The scale is a scalar, or a vector along `axis`; the
    zero point has the shape of the scale and the type `to`, and is 0 when
    absent.

    Errors: another `to`; a scale that is neither a scalar nor a vector of the
    axis; a zero point that does not fit.

    Source: ONNX `QuantizeLinear` (opset 13).

    ```mlir
    %q = onnx.quantize_linear %x, %s, %z {to = ui8} : (tensor<?x8xf32>, tensor<f32>, tensor<ui8>) -> tensor<?x8xui8>
    ```
  }];
  let cost = CostOfResult<1>;
  let samples = KeepsSamples;
  let arguments = (ins Onnx_FloatTensor:$x, Onnx_FloatTensor:$scale,
                       Optional<Onnx_NumberTensor>:$zeroPoint,
                       Onnx_IntOr<"1">:$axis, TypeAttr:$to);
  let results = (outs Onnx_NumberTensor:$y);
}

def Onnx_DequantizeLinearOp : Onnx_Op<"dequantize_linear",
    "dequantize_linear", "getAxis()", "getX(), getScale(), getZeroPoint()"> {
  let summary = "Levels to floats";
  let description = [{
    (x - zeroPoint) * scale, with x of type ui8, i8 or i32. The scale is a
    scalar, or a vector along `axis`; the zero point has the shape of the scale
    and the type of `x`, and is 0 when absent. The result has the scale's
    element type.

    Errors: an `x` of another type; a scale that is neither a scalar nor a
    vector of the axis; a zero point that does not fit.

    Source: ONNX `DequantizeLinear` (opset 13).

    ```mlir
    %x = onnx.dequantize_linear %q, %s, %z {axis = 0 : i64} : (tensor<4x8xi8>, tensor<4xf32>, tensor<4xi8>) -> tensor<4x8xf32>
    ```
  }];
  let cost = CostOfResult<1>;
  let samples = KeepsSamples;
  let arguments = (ins Onnx_NumberTensor:$x, Onnx_FloatTensor:$scale,
                       Optional<Onnx_NumberTensor>:$zeroPoint,
                       Onnx_IntOr<"1">:$axis);
  let results = (outs Onnx_FloatTensor:$y);
}

#endif // SNN_DIALECT_ONNX_ONNXOPS_TD
