//===- NeuronForm.h - The neuron that membranes follow ----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A step's membrane is a polynomial in the former membrane h', its spikes s'
// and the input x. Which neuron it is follows from the coefficients; in which
// order the neuron computes, from running the exported operations on numbers.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_DIALECT_SPIKE_TRANSFORMS_NEURONFORM_H
#define SNN_LIB_DIALECT_SPIKE_TRANSFORMS_NEURONFORM_H

#include "MembranePolynomial.h"
#include "snn/runtime/Lif.h"

#include <optional>
#include <string>

namespace snn::spike {

/// Equal up to the rounding of F32 constants.
bool isNear(double a, double b);

/// h = keep (h' - s' h' + ...) + rise x + offset + spike s'.
struct StepForm {
  enum Kind { Unreset, Subtracts, Hard, Clears };
  Kind kind = Unreset;
  double keep = 0;             // of h'
  double rise = 1;             // of x
  double offset = 0;           // alone
  double spike = 0;            // of s'
  mlir::Value input;           // x
  std::optional<double> floor; // of h' behind its reset
  bool hasChannels = false;    // constants differ; these are of channel 0

  /// The membrane that a hard reset leaves.
  double reset() const { return kind == Hard ? spike / keep : 0; }
  bool isLike(const StepForm &other) const;

  /// The form of `h`, a polynomial in `membrane`, `spikes` and one input;
  /// otherwise why it is none. With `thresholds`, a constant for each channel,
  /// membranes and inputs are in units of it, and so is what spikes take off.
  static std::optional<StepForm> match(const Polynomial &h,
                                       mlir::Value membrane, mlir::Value spikes,
                                       mlir::Value thresholds,
                                       std::string &problem);
};

/// One step as it was exported: what makes of numbers for h', s' and x the
/// membrane.
using ExportedStep =
    llvm::function_ref<std::optional<float>(float h, float spikes, float x)>;

/// The neuron of steps like `form` whose spikes are those of `levels` (its
/// threshold and levels). `isSame` says whether the exported steps compute what
/// a neuron does, bit for bit; `isExact`, whether they do for the one that is
/// returned.
rt::LifNeuron
chooseNeuron(const StepForm &form, const rt::LifNeuron &levels,
             llvm::function_ref<bool(const rt::LifNeuron &)> isSame,
             bool &isExact);

/// Whether `step` computes what the neuron does, on `samples` numbers around
/// its levels.
bool computesAs(const rt::LifNeuron &neuron, ExportedStep step, int samples);

/// Whether the neuron's charge divides, which no product replaces: a division
/// by a power of two is one.
bool isDivided(const rt::LifNeuron &neuron);
/// Whether it multiplies by what no quotient replaces.
bool isMultiplied(const rt::LifNeuron &neuron);

} // namespace snn::spike

#endif // SNN_LIB_DIALECT_SPIKE_TRANSFORMS_NEURONFORM_H
