//===- KernelTable.h - Kernels by name --------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one table of the digital unit's kernels. A kernel is an ordinary typed
// function whose parameters stand in the order inputs, outputs, attributes:
//
//   void softmax(const Tensor &x, Tensor &y, int64_t axis);
//
// Emitted simulators call it as it stands; the interpreter calls it through
// this table with the operands and attributes that the op names through its
// kernel interface. Parameters: `const Tensor &` (required input),
// `const Tensor *` (optional input, null when absent), `const TensorList &`
// (all remaining inputs), `Tensor &` (output), `const TensorOutputs &` (all
// outputs), then `int64_t`, `double`, `const Ints &`, `const std::string &`.
// `const Coding &` takes five attributes: bits, zero, mask, radius (integers)
// and scale (a number), and a list of integers where it has a table. A leading
// `Context &` is no operand: a call through the table counts nothing, and takes
// samples and seed from the call.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_KERNELTABLE_H
#define SNN_RUNTIME_KERNELTABLE_H

#include "snn/runtime/Spiking.h"

#include <string_view>
#include <variant>

namespace snn::rt {

using KernelAttribute = std::variant<int64_t, double, Ints, std::string>;

/// The operands of one call through the table. An absent optional input is a
/// null pointer in its place.
struct KernelCall {
  TensorList inputs;
  TensorOutputs outputs;
  std::vector<KernelAttribute> attributes;
  /// Samples and seed, for kernels that draw random numbers; may be null.
  const Context *context = nullptr;
};

/// What one parameter of a kernel is, in the order above.
enum class ParameterKind : uint8_t {
  Context,
  Input,
  OptionalInput,
  InputList,
  Output,
  OutputList,
  Integer,
  Real,
  Integers,
  Text,
  Coding
};

struct Kernel {
  std::string_view name;
  void (*invoke)(const KernelCall &call);
  /// The kernel's parameters, read off its C++ type.
  std::vector<ParameterKind> parameters;
};

/// All kernels, sorted by name.
const std::vector<Kernel> &kernelTable();
/// The kernel of that name, or null.
const Kernel *findKernel(std::string_view name);

} // namespace snn::rt

#endif // SNN_RUNTIME_KERNELTABLE_H
