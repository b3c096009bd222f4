//===- KernelTable.cpp - Kernels by name ------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The table's entries unpack a uniform call into the typed parameters of each
// kernel. The typed signature is the only description of a kernel's operands.
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/KernelTable.h"

#include "snn/runtime/Kernels.h"
#include "snn/runtime/Spiking.h"
#include "snn/runtime/Stochastic.h"

#include <algorithm>
#include <tuple>

using namespace snn::rt;

namespace {

/// Hands out the operands of a call in the order of the parameters.
class Unpacker {
public:
  Unpacker(const char *name, const KernelCall &call) : name(name), call(call) {}

  const Tensor *optionalInput() {
    return input < call.inputs.size() ? call.inputs[input++] : nullptr;
  }
  const Tensor &requiredInput() {
    if (input >= call.inputs.size())
      fail("expects more than " + std::to_string(call.inputs.size()) +
           " inputs");
    const Tensor *t = call.inputs[input++];
    if (!t)
      fail("needs its input " + std::to_string(input - 1));
    return *t;
  }
  TensorList remainingInputs() {
    TensorList rest;
    while (input < call.inputs.size())
      rest.push_back(&requiredInput());
    return rest;
  }
  Tensor &requiredOutput() {
    if (output >= call.outputs.size())
      fail("expects more than " + std::to_string(call.outputs.size()) +
           " outputs");
    Tensor *t = call.outputs[output++];
    if (!t)
      fail("needs its output " + std::to_string(output - 1));
    return *t;
  }
  const TensorOutputs &allOutputs() {
    for (const Tensor *t : call.outputs)
      if (!t)
        fail("needs all its outputs");
    output = call.outputs.size();
    return call.outputs;
  }
  template <typename T> const T &nextAttribute(const char *kind) {
    if (attribute >= call.attributes.size())
      fail("expects more than " + std::to_string(call.attributes.size()) +
           " attributes");
    const T *value = std::get_if<T>(&call.attributes[attribute]);
    if (!value)
      fail("expects attribute " + std::to_string(attribute) + " to be " + kind);
    ++attribute;
    return *value;
  }
  /// A coding is five attributes: bits, zero, mask, radius, scale. A table is
  /// a sixth.
  Coding coding() {
    Coding c{};
    c.bits = static_cast<int32_t>(nextAttribute<int64_t>("an integer"));
    c.zero = static_cast<int32_t>(nextAttribute<int64_t>("an integer"));
    c.mask = static_cast<int32_t>(nextAttribute<int64_t>("an integer"));
    c.radius = static_cast<int32_t>(nextAttribute<int64_t>("an integer"));
    c.scale = static_cast<float>(nextAttribute<double>("a number"));
    if (attribute >= call.attributes.size() ||
        !std::holds_alternative<Ints>(call.attributes[attribute]))
      return c;
    const Ints &table = nextAttribute<Ints>("a list of integers");
    if (c.bits < 1 || c.bits > 6 ||
        static_cast<int32_t>(table.size()) != c.maxLevel() + 1)
      fail("has a table of " + std::to_string(table.size()) + " levels");
    for (size_t q = 0; q < table.size(); ++q) {
      if (table[q] < 0 || table[q] > 255 || (q > 0 && table[q] <= table[q - 1]))
        fail("has a table that does not ascend from 0 to at most 255");
      c.table[q] = static_cast<uint8_t>(table[q]);
    }
    return c;
  }
  Context context() const { return call.context ? *call.context : Context(); }
  /// Everything that the call names must have been wanted.
  void finish() {
    if (input < call.inputs.size())
      fail("has " + std::to_string(call.inputs.size()) + " inputs, expects " +
           std::to_string(input));
    if (output < call.outputs.size())
      fail("has " + std::to_string(call.outputs.size()) + " outputs, expects " +
           std::to_string(output));
    if (attribute < call.attributes.size())
      fail("has " + std::to_string(call.attributes.size()) +
           " attributes, expects " + std::to_string(attribute));
  }

private:
  [[noreturn]] void fail(const std::string &what) const {
    throw Error("call of kernel '" + std::string(name) + "' " + what);
  }

  const char *name;
  const KernelCall &call;
  size_t input = 0, output = 0, attribute = 0;
};

/// How a parameter of type T is taken from the call and kept until the kernel
/// runs.
template <typename T> struct Parameter;
template <> struct Parameter<const Tensor &> {
  static constexpr ParameterKind kind = ParameterKind::Input;
  const Tensor &value;
  explicit Parameter(Unpacker &u) : value(u.requiredInput()) {}
};
template <> struct Parameter<const Tensor *> {
  static constexpr ParameterKind kind = ParameterKind::OptionalInput;
  const Tensor *value;
  explicit Parameter(Unpacker &u) : value(u.optionalInput()) {}
};
template <> struct Parameter<const TensorList &> {
  static constexpr ParameterKind kind = ParameterKind::InputList;
  TensorList value;
  explicit Parameter(Unpacker &u) : value(u.remainingInputs()) {}
};
template <> struct Parameter<Tensor &> {
  static constexpr ParameterKind kind = ParameterKind::Output;
  Tensor &value;
  explicit Parameter(Unpacker &u) : value(u.requiredOutput()) {}
};
template <> struct Parameter<const TensorOutputs &> {
  static constexpr ParameterKind kind = ParameterKind::OutputList;
  const TensorOutputs &value;
  explicit Parameter(Unpacker &u) : value(u.allOutputs()) {}
};
template <> struct Parameter<int64_t> {
  static constexpr ParameterKind kind = ParameterKind::Integer;
  int64_t value;
  explicit Parameter(Unpacker &u)
      : value(u.nextAttribute<int64_t>("an integer")) {}
};
template <> struct Parameter<double> {
  static constexpr ParameterKind kind = ParameterKind::Real;
  double value;
  explicit Parameter(Unpacker &u)
      : value(u.nextAttribute<double>("a number")) {}
};
template <> struct Parameter<const Ints &> {
  static constexpr ParameterKind kind = ParameterKind::Integers;
  const Ints &value;
  explicit Parameter(Unpacker &u)
      : value(u.nextAttribute<Ints>("a list of integers")) {}
};
template <> struct Parameter<const std::string &> {
  static constexpr ParameterKind kind = ParameterKind::Text;
  const std::string &value;
  explicit Parameter(Unpacker &u)
      : value(u.nextAttribute<std::string>("a string")) {}
};
template <> struct Parameter<const Coding &> {
  static constexpr ParameterKind kind = ParameterKind::Coding;
  Coding value;
  explicit Parameter(Unpacker &u) : value(u.coding()) {}
};
/// A kernel that counts is called without counters.
template <> struct Parameter<Context &> {
  static constexpr ParameterKind kind = ParameterKind::Context;
  Context value;
  explicit Parameter(Unpacker &u) : value(u.context()) {
    value.statistics = nullptr;
  }
};

template <typename... Args>
std::vector<ParameterKind> parameterKinds(void (*)(Args...)) {
  return {Parameter<Args>::kind...};
}

template <typename... Args>
void invokeUnpacked(const char *name, void (*kernel)(Args...),
                    const KernelCall &call) {
  Unpacker unpacker(name, call);
  // The braces fix the order: first parameter first.
  std::tuple<Parameter<Args>...> parameters{Parameter<Args>(unpacker)...};
  unpacker.finish();
  std::apply([&](auto &...p) { kernel(p.value...); }, parameters);
}

} // namespace

// clang-format off
#define KERNEL(FUNCTION)                                                       \
  Kernel{#FUNCTION, [](const KernelCall &call) {                               \
           invokeUnpacked(#FUNCTION, &snn::rt::FUNCTION, call);                \
         },                                                                    \
         parameterKinds(&snn::rt::FUNCTION)}
// clang-format on

const std::vector<Kernel> &snn::rt::kernelTable() {
  static const std::vector<Kernel> table = [] {
    std::vector<Kernel> kernels = {
        KERNEL(abs),
        KERNEL(acos),
        KERNEL(acosh),
        KERNEL(add),
        KERNEL(arg_max),
        KERNEL(arg_min),
        KERNEL(asin),
        KERNEL(asinh),
        KERNEL(atan),
        KERNEL(atanh),
        KERNEL(attention),
        KERNEL(average_pool),
        KERNEL(batch_normalization),
        KERNEL(cast),
        KERNEL(ceil),
        KERNEL(clip),
        KERNEL(concat),
        KERNEL(conv),
        KERNEL(cos),
        KERNEL(cosh),
        KERNEL(cum_sum),
        KERNEL(dequantize),
        KERNEL(dequantize_linear),
        KERNEL(div),
        KERNEL(encode),
        KERNEL(equal),
        KERNEL(erf),
        KERNEL(exp),
        KERNEL(expand),
        KERNEL(floor),
        KERNEL(gather),
        KERNEL(gather_elements),
        KERNEL(gather_nd),
        KERNEL(gelu),
        KERNEL(gemm),
        KERNEL(global_average_pool),
        KERNEL(greater),
        KERNEL(greater_or_equal),
        KERNEL(layer_normalization),
        KERNEL(less),
        KERNEL(less_or_equal),
        KERNEL(log),
        KERNEL(logical_and),
        KERNEL(logical_not),
        KERNEL(logical_or),
        KERNEL(matmul),
        KERNEL(max_pool),
        KERNEL(max_pool_indices),
        KERNEL(maximum),
        KERNEL(minimum),
        KERNEL(mod),
        KERNEL(mul),
        KERNEL(neg),
        KERNEL(pad),
        KERNEL(pow),
        KERNEL(quantize),
        KERNEL(quantize_linear),
        KERNEL(random_uniform_like),
        KERNEL(range),
        KERNEL(reciprocal),
        KERNEL(reduce_max),
        KERNEL(reduce_mean),
        KERNEL(reduce_min),
        KERNEL(reduce_prod),
        KERNEL(reduce_sum),
        KERNEL(relu),
        KERNEL(requantize),
        KERNEL(rescale),
        KERNEL(reshape),
        KERNEL(resize),
        KERNEL(round),
        KERNEL(scatter_elements),
        KERNEL(scatter_nd),
        KERNEL(sigmoid),
        KERNEL(sign),
        KERNEL(silu),
        KERNEL(sin),
        KERNEL(sinh),
        KERNEL(slice),
        KERNEL(softmax),
        KERNEL(split),
        KERNEL(sqrt),
        KERNEL(sub),
        KERNEL(tan),
        KERNEL(tanh),
        KERNEL(tile),
        KERNEL(token_mask),
        KERNEL(top_k),
        KERNEL(train_add),
        KERNEL(train_and),
        KERNEL(train_and_not),
        KERNEL(train_max_pool),
        KERNEL(train_numbers),
        KERNEL(train_slots),
        KERNEL(train_sum),
        KERNEL(transpose),
        KERNEL(where),
    };
    std::sort(kernels.begin(), kernels.end(),
              [](const Kernel &a, const Kernel &b) { return a.name < b.name; });
    return kernels;
  }();
  return table;
}

const Kernel *snn::rt::findKernel(std::string_view name) {
  const std::vector<Kernel> &table = kernelTable();
  auto it = std::lower_bound(
      table.begin(), table.end(), name,
      [](const Kernel &k, std::string_view n) { return k.name < n; });
  return it != table.end() && it->name == name ? &*it : nullptr;
}
