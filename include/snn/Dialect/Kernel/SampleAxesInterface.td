//===- SampleAxesInterface.td - Ops that keep samples apart --*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_KERNEL_SAMPLEAXESINTERFACE_TD
#define SNN_DIALECT_KERNEL_SAMPLEAXESINTERFACE_TD

include "mlir/IR/OpBase.td"

def SampleAxesInterface : OpInterface<"SampleAxesInterface"> {
  let cppNamespace = "::snn";
  let description = [{
    An op says when it keeps the samples of a batch apart, so that a network for
    a batch can be specialised to one sample. `axes` says which axis of a value
    is the batch; a value without one is the same for all samples. The methods
    are asked once the operands have been specialised and before the results are
    (`SampleAxes::getType` is the type before).

    There is no default: an op that does not say so does not compile.
  }];
  let methods = [
    InterfaceMethod<[{Fails, with an error at the op that says how, if a result of one
        sample depends on another sample. An operand with a batch axis is there.}],
      "::llvm::LogicalResult", "checkSampleAxes",
      (ins "const ::snn::SampleAxes &":$axes)>,
    InterfaceMethod<[{How often all samples follow each other on the batch axis of the
        results of an op that keeps samples apart; fails, with an error, if
        operands disagree.}],
      "::mlir::FailureOr<int64_t>", "countSampleGroups",
      (ins "const ::snn::SampleAxes &":$axes)>,
    InterfaceMethod<[{Replaces what stands for the batch in attributes and operands,
        once operands and results have the types of one sample.}],
      "void", "bindBatch", (ins)>
  ];
}

// When an op keeps samples apart: C++ for the bodies of the interface's methods,
// in which `axes` is the question; the base classes of ops make the methods of
// it. `check` is an expression of type LogicalResult.
class SampleRule<string check,
                 string groups = "axes.countOperandGroups(*this)",
                 string bind = ""> {
  string checkCpp = check;
  string groupsCpp = groups;
  string bindCpp = bind;
}

/// Always: elementwise ops align the batch axes of their operands (two that do
/// not meet are two dynamic axes of the result, which is refused for every op),
/// and movement that takes whole axes along.
def KeepsSamples : SampleRule<"::llvm::success()">;

/// Unless the batch is axis `axis` of `operand`, an expression that may be
/// negative; `how` ends in front of "the batch axis", as in "it normalises".
class MixesAlong<string operand, string axis, string how>
    : SampleRule<"axes.checkAxis(*this, " # operand # ", " # axis # ", \""
                 # how # "\")">;

/// Unless the batch is one of the axes of `operand` in the list `axes`; all axes
/// are meant when it is empty.
class MixesAlongEach<string operand, string axes, string how>
    : SampleRule<"axes.checkAxes(*this, " # operand # ", " # axes # ", \""
                 # how # "\")">;

/// Unless the batch is axis `first` of `operand` or behind it.
class MixesFrom<string operand, string first, string how>
    : SampleRule<"axes.checkAxisBelow(*this, " # operand # ", " # first
                 # ", \"" # how # "\")">;

#endif // SNN_DIALECT_KERNEL_SAMPLEAXESINTERFACE_TD
