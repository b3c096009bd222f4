//===- ImportPadded.cpp - One network for several lengths -----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Equivalence/ImportPadded.h"
#include "Difference.h"
#include "mlir/IR/Diagnostics.h"
#include "snn/Dialect/Onnx/LengthAxes.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Interpreter/Interpreter.h"
#include "snn/runtime/Samples.h"
#include "llvm/Support/Format.h"

#include <cmath>

using namespace mlir;
using namespace snn;

namespace {

/// A sample's tensor for every argument or result.
using Tensors = SmallVector<rt::Tensor>;

/// More trials than any model's inputs have plausible paddings.
constexpr size_t mostTrials = 64;

/// The model at the bound length, and the search for its paddings.
class Padded {
public:
  Padded(func::FuncOp function, int64_t bound)
      : function(function), bound(bound) {}

  /// Finds what varies between the network and the one of `length` tokens.
  LogicalResult findAxes(func::FuncOp shorter, int64_t length);

  /// A sample of `length` tokens for `shorter`: of a data file, or drawn.
  FailureOr<Tensors> makeSample(func::FuncOp shorter, StringRef inputs,
                                int64_t length);

  /// The greatest length up to `length` that the data has.
  FailureOr<int64_t> limitLength(StringRef inputs, int64_t length);

  /// Tries paddings until the results are those of `shorter`.
  LogicalResult findPadding(func::FuncOp shorter, const Tensors &sample,
                            int64_t length);

  /// Says in attributes what was found.
  void mark() const {
    for (auto [index, lengths] : llvm::enumerate(arguments))
      if (!lengths.axes.empty())
        setArgumentLengths(function, index, lengths);
    for (auto [index, lengths] : llvm::enumerate(results))
      if (!lengths.axes.empty())
        setResultLengths(function, index, lengths);
  }

private:
  LogicalResult findAxes(Type full, Type part, int64_t length,
                         const Twine &owner, LengthAxes &lengths);
  FailureOr<rt::NamedArrays> readInputs(StringRef inputs);
  SmallVector<double> getCandidates(unsigned argument);
  FailureOr<Tensors> run(func::FuncOp network, const Tensors &sample);

  func::FuncOp function;
  int64_t bound;
  SmallVector<LengthAxes> arguments, results;
};

LogicalResult Padded::findAxes(Type full, Type part, int64_t length,
                               const Twine &owner, LengthAxes &lengths) {
  auto a = cast<RankedTensorType>(full), b = cast<RankedTensorType>(part);
  bool isSame = a.getRank() == b.getRank();
  for (int64_t axis = 0; isSame && axis < a.getRank(); ++axis) {
    int64_t size = a.getDimSize(axis), other = b.getDimSize(axis);
    if (size == other)
      continue;
    if (size != bound || other != length) {
      isSame = false;
      break;
    }
    if (axis == 0)
      return function.emitError("--pad-to: ")
             << owner
             << " has its length along the first axis, which must hold samples";
    lengths.axes.push_back(axis);
  }
  if (isSame)
    return success();
  return function.emitError("--pad-to: ")
         << owner << " is " << a << " at the length " << bound << " and " << b
         << " at " << length << ": its size is neither fixed nor the length";
}

LogicalResult Padded::findAxes(func::FuncOp shorter, int64_t length) {
  arguments.assign(function.getNumArguments(), {});
  results.assign(function.getNumResults(), {});
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (failed(findAxes(function.getArgumentTypes()[i],
                        shorter.getArgumentTypes()[i], length,
                        "input '" + getArgumentName(function, i) + "'",
                        arguments[i])))
      return failure();
  for (unsigned i = 0; i < function.getNumResults(); ++i)
    if (failed(findAxes(
            function.getResultTypes()[i], shorter.getResultTypes()[i], length,
            "output '" + getResultName(function, i) + "'", results[i])))
      return failure();
  if (llvm::all_of(arguments, [](const LengthAxes &lengths) {
        return lengths.axes.empty();
      }))
    return function.emitError("--pad-to: no input has a dimension behind the "
                              "first that is open in the model");
  return success();
}

/// The arrays of `inputs` by the names of arguments; none where they are drawn.
FailureOr<rt::NamedArrays> Padded::readInputs(StringRef inputs) {
  rt::NamedArrays arrays;
  if (inputs.empty() || inputs.starts_with("random:"))
    return arrays;
  try {
    arrays = rt::readArrays(inputs.str());
  } catch (const std::exception &e) {
    return function.emitError("cannot read inputs: ") << e.what();
  }
  if (arrays.size() == 1 && function.getNumArguments() == 1)
    arrays[0].first = getArgumentName(function, 0);
  return arrays;
}

FailureOr<int64_t> Padded::limitLength(StringRef inputs, int64_t length) {
  FailureOr<rt::NamedArrays> arrays = readInputs(inputs);
  if (failed(arrays))
    return failure();
  for (auto [index, lengths] : llvm::enumerate(arguments))
    for (const auto &[name, tensor] : *arrays)
      if (!lengths.axes.empty() && name == getArgumentName(function, index) &&
          tensor.rank() > lengths.axes.front())
        length = std::min(length, tensor.dim(lengths.axes.front()));
  return length;
}

FailureOr<Tensors> Padded::makeSample(func::FuncOp shorter, StringRef inputs,
                                      int64_t length) {
  FailureOr<rt::NamedArrays> arrays = readInputs(inputs);
  if (failed(arrays))
    return failure();
  bool isDrawn = arrays->empty();
  for (auto &[name, tensor] : *arrays)
    for (auto [index, lengths] : llvm::enumerate(arguments)) {
      if (name != getArgumentName(function, index))
        continue;
      auto type = cast<RankedTensorType>(shorter.getArgumentTypes()[index]);
      if (tensor.rank() != type.getRank() || tensor.rank() == 0)
        continue; // what splits the samples says so
      int64_t rows = type.isDynamicDim(0) ? 1 : type.getDimSize(0);
      if (tensor.dim(0) >= rows)
        tensor = rt::withLength(tensor, {0}, rows);
      if (!lengths.axes.empty())
        tensor = rt::withLength(tensor, lengths.axes, length);
    }
  FailureOr<std::vector<SampleTensors>> samples =
      isDrawn ? loadSamples(shorter, "random:1", /*group=*/1)
              : splitSamples(shorter, *arrays, /*group=*/1);
  if (failed(samples))
    return failure();
  Tensors sample;
  for (auto [lengths, argument] : llvm::zip(arguments, *samples)) {
    rt::Tensor tensor = argument[0];
    // Drawn numbers that are no indices are 1: as a mask they would all mean
    // the same.
    if (isDrawn && !lengths.axes.empty()) {
      auto mix = [&](auto *values) {
        if (std::all_of(values, values + tensor.size(),
                        [](auto value) { return value == 1; }))
          for (int64_t i = 0; i < tensor.size(); i += 2)
            values[i] = 0;
      };
      if (tensor.dtype() == rt::DType::Bool)
        mix(tensor.data<bool>());
      else if (tensor.dtype() == rt::DType::I64)
        mix(tensor.data<int64_t>());
      else if (tensor.dtype() == rt::DType::I32)
        mix(tensor.data<int32_t>());
    }
    sample.push_back(tensor);
  }
  return sample;
}

/// Numbers that an input may be filled up with, the likeliest first.
SmallVector<double> Padded::getCandidates(unsigned argument) {
  SmallVector<double> candidates;
  auto add = [&](double value) {
    if (!llvm::is_contained(candidates, value))
      candidates.push_back(value);
  };
  // What the graph compares it with.
  SmallVector<Value> open = {function.getArgument(argument)};
  DenseSet<Operation *> seen;
  while (!open.empty()) {
    Value value = open.pop_back_val();
    for (OpOperand &use : value.getUses()) {
      Operation *user = use.getOwner();
      if (!seen.insert(user).second)
        continue;
      if (isa<onnx::CastOp, onnx::ReshapeOp, onnx::ExpandOp, onnx::TransposeOp>(
              user))
        llvm::append_range(open, user->getResults());
      if (!isa<onnx::EqualOp>(user))
        continue;
      auto dense = dyn_cast_or_null<DenseElementsAttr>(
          onnx::getConstantAttr(user->getOperand(1 - use.getOperandNumber())));
      if (!dense || !dense.isSplat())
        continue;
      if (isa<IntegerType>(dense.getElementType()))
        add(double(dense.getSplatValue<APInt>().getSExtValue()));
      else if (double number = dense.getSplatValue<APFloat>().convertToDouble();
               std::isfinite(number))
        add(number);
    }
  }
  add(0);
  add(1);
  auto type = cast<RankedTensorType>(function.getArgumentTypes()[argument]);
  if (isa<FloatType>(type.getElementType())) {
    // Masks that are added to scores.
    add(-10000);
    add(std::numeric_limits<float>::lowest());
  }
  return candidates;
}

FailureOr<Tensors> Padded::run(func::FuncOp network, const Tensors &sample) {
  std::vector<SampleTensors> values;
  for (const rt::Tensor &tensor : sample)
    values.push_back({tensor});
  FailureOr<std::vector<SampleTensors>> ran = Interpreter(network).run(values);
  if (failed(ran))
    return failure();
  Tensors tensors;
  for (const SampleTensors &result : *ran)
    tensors.push_back(result[0]);
  return tensors;
}

/// Whether a result tells something: equal NaNs do not.
bool isInformative(const rt::Tensor &tensor) {
  if (tensor.dtype() != rt::DType::F32)
    return tensor.size() > 0;
  const float *values = tensor.data<float>();
  return std::any_of(values, values + tensor.size(),
                     [](float value) { return std::isfinite(value); });
}

LogicalResult Padded::findPadding(func::FuncOp shorter, const Tensors &sample,
                                  int64_t length) {
  FailureOr<Tensors> wanted = run(shorter, sample);
  if (failed(wanted))
    return failure();
  if (llvm::none_of(*wanted, isInformative))
    return function.emitError("--pad-to: a sample of ")
           << length
           << " tokens has no finite result, which proves nothing of "
              "its padding; needs other inputs (--calibrate)";
  SmallVector<SmallVector<double>> candidates;
  for (auto [index, lengths] : llvm::enumerate(arguments))
    candidates.push_back(lengths.axes.empty() ? SmallVector<double>{0}
                                              : getCandidates(index));
  SmallVector<size_t> choice(candidates.size(), 0);
  double least = std::numeric_limits<double>::infinity();
  std::string leastOutput;
  for (size_t trial = 0; trial < mostTrials; ++trial) {
    Tensors filled;
    for (auto [index, tensor] : llvm::enumerate(sample)) {
      arguments[index].padding = candidates[index][choice[index]];
      filled.push_back(arguments[index].axes.empty()
                           ? tensor
                           : rt::withLength(tensor, arguments[index].axes,
                                            bound, arguments[index].padding));
    }
    double worst = 0;
    std::string worstOutput;
    FailureOr<Tensors> have = [&]() -> FailureOr<Tensors> {
      // An index outside of its table is a padding that does not do.
      ScopedDiagnosticHandler quiet(function.getContext(),
                                    [](Diagnostic &) { return success(); });
      return run(function, filled);
    }();
    if (failed(have)) {
      worst = std::numeric_limits<double>::infinity();
    } else {
      for (auto [index, tensor] : llvm::enumerate(*have)) {
        double difference = compareToRange(
            (*wanted)[index],
            results[index].axes.empty()
                ? tensor
                : rt::withLength(tensor, results[index].axes, length));
        if (difference > worst) {
          worst = difference;
          worstOutput = getResultName(function, index);
        }
      }
      if (worst <= rangeTolerance)
        return success();
    }
    if (worst < least) {
      least = worst;
      leastOutput = worstOutput;
    }
    // The next choice: the last input varies first.
    size_t index = choice.size();
    while (index > 0 && ++choice[index - 1] == candidates[index - 1].size())
      choice[--index] = 0;
    if (index == 0)
      break;
  }
  auto error = function.emitError("--pad-to: the model does not mask its "
                                  "padding: ");
  if (std::isfinite(least)) {
    std::string percent;
    llvm::raw_string_ostream(percent) << llvm::format("%.3g", 100 * least);
    error << "output '" << leastOutput << "' of " << length
          << " tokens differs by " << percent
          << " % of its range or more when they are filled up to " << bound;
  } else {
    error << length << " tokens have other results when they are filled up to "
          << bound;
  }
  error << ", with";
  bool isFirst = true;
  for (auto [index, lengths] : llvm::enumerate(arguments)) {
    if (lengths.axes.empty())
      continue;
    error << (isFirst ? " '" : "; '") << getArgumentName(function, index)
          << "' ";
    isFirst = false;
    llvm::interleave(
        candidates[index], error,
        [&](double value) {
          std::string text;
          llvm::raw_string_ostream(text) << llvm::format("%g", value);
          error << text;
        },
        ", ");
  }
  return error;
}

} // namespace

OwningOpRef<ModuleOp> snn::importPadded(StringRef path, MLIRContext &context,
                                        const ImportOptions &options,
                                        StringRef inputs) {
  if (!path.ends_with(".onnx")) {
    emitError(FileLineColLoc::get(&context, path, 0, 0),
              "--pad-to needs an .onnx model");
    return nullptr;
  }
  OwningOpRef<ModuleOp> module = importOnnx(path, context, options);
  func::FuncOp function = module ? getEntryPoint(*module) : nullptr;
  if (!function)
    return nullptr;
  int64_t bound = options.lengths->bound;
  Padded padded(function, bound);
  // A second round where the data is shorter than the length that is tried.
  for (int64_t length = (bound + 1) / 2;;) {
    ImportOptions shorterOptions = options;
    shorterOptions.lengths->size = length;
    // The model's warnings have been printed.
    ScopedDiagnosticHandler once(&context, [](Diagnostic &diagnostic) {
      return success(diagnostic.getSeverity() != DiagnosticSeverity::Error);
    });
    OwningOpRef<ModuleOp> part = importOnnx(path, context, shorterOptions);
    func::FuncOp shorter = part ? getEntryPoint(*part) : nullptr;
    if (!shorter || failed(padded.findAxes(shorter, length)))
      return nullptr;
    FailureOr<int64_t> limit = padded.limitLength(inputs, length);
    if (failed(limit))
      return nullptr;
    if (*limit < 1) {
      function.emitError("--pad-to: the inputs have no tokens");
      return nullptr;
    }
    if (*limit != length) {
      length = *limit;
      continue;
    }
    FailureOr<Tensors> sample = padded.makeSample(shorter, inputs, length);
    if (failed(sample) || failed(padded.findPadding(shorter, *sample, length)))
      return nullptr;
    padded.mark();
    return module;
  }
}
