//===- Equivalence.cpp - The first op at which two levels differ
//--------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Equivalence/Equivalence.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Dialect/Xbar/Xbar.h"
#include "snn/Interpreter/Interpreter.h"
#include "snn/Pipeline/LoadModule.h"
#include "snn/Target/Cpp/Simulator.h"
#include "snn/image/Verify.h"
#include "snn/runtime/DataFile.h"
#include "snn/vchip/VirtualChip.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/WithColor.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace snn;

namespace {

/// What a value of a run is called in both modules.
struct Trace {
  std::vector<std::string> order;
  llvm::StringMap<SampleTensors> values;
  bool quantised = false; ///< has levels or trains
};

FailureOr<Trace> runTraced(ModuleOp module, const rt::NamedArrays &inputs,
                           int64_t limit, std::optional<uint64_t> seed) {
  func::FuncOp function = getEntryPoint(module);
  if (!function)
    return failure();
  FailureOr<std::vector<SampleTensors>> samples =
      splitSamples(function, inputs, 32, limit);
  if (failed(samples))
    return failure();
  Trace trace;
  auto record = [&](std::string key, const SampleTensors &values) {
    if (trace.values.try_emplace(key, values).second)
      trace.order.push_back(std::move(key));
  };
  llvm::StringMap<unsigned> counts;
  Interpreter interpreter(function);
  interpreter.setRandom(seed, 0);
  interpreter.setAfter(
      [&](Operation *op, ArrayRef<const SampleTensors *> results) {
        if (op->getNumResults() != 1 || isa<onnx::ConstantOp>(op))
          return success();
        if (std::optional<spike::Site> site = spike::getSite(op)) {
          if (!isa<spike::SiteOp>(op)) {
            trace.quantised = true;
            record("site " + site->name.str(), *results[0]);
          }
          return success();
        }
        StringRef node = onnx::getNodeName(op->getLoc());
        if (node.empty() || spike::isDataMovement(op))
          return success();
        // An op's name says what it computes; accumulators and their real
        // values stem from one node.
        std::string key = op->getName().stripDialect().str() + " " + node.str();
        if (isa<spike::RescaleOp>(op))
          key = "real " + node.str();
        if (isa<xbar::ProductOp>(op))
          key = "matmul " + node.str();
        unsigned number = counts[key]++;
        if (number)
          key += " #" + std::to_string(number);
        record(std::move(key), *results[0]);
        return success();
      });
  FailureOr<std::vector<SampleTensors>> results = interpreter.run(*samples);
  if (failed(results))
    return failure();
  for (auto [index, values] : llvm::enumerate(*results))
    record("result " + getResultName(function, index), values);
  return trace;
}

/// The first `limit` samples; all for 0.
rt::NamedArrays firstSamples(const rt::NamedArrays &arrays, int64_t limit) {
  rt::NamedArrays first;
  for (const auto &[name, array] : arrays) {
    std::vector<int64_t> shape = array.shape();
    if (limit > 0 && !shape.empty())
      shape[0] = std::min(shape[0], limit);
    rt::Tensor tensor(array.dtype(), shape);
    std::memcpy(tensor.raw(), array.raw(), tensor.bytes());
    first.emplace_back(name, std::move(tensor));
  }
  return first;
}

/// A module of the sim phase, which runs as a whole: its results alone.
FailureOr<Trace> runSimulatorTraced(ModuleOp module,
                                    const rt::NamedArrays &inputs,
                                    int64_t limit,
                                    std::optional<uint64_t> seed) {
  SmallString<128> input, output;
  if (std::error_code error =
          llvm::sys::fs::createTemporaryFile("snn-run", "npz", input)) {
    llvm::WithColor::error()
        << "cannot make a temporary file: " << error.message() << '\n';
    return failure();
  }
  llvm::FileRemover removeInput(input);
  output = input;
  output += ".out.npz";
  llvm::FileRemover removeOutput(output);
  try {
    rt::writeArrays(input.str().str(), firstSamples(inputs, limit));
    RunOptions run;
    run.input = input.str();
    run.output = output.str();
    run.seed = seed;
    if (failed(runSimulatorModule(module, run)))
      return failure();
    Trace trace;
    trace.quantised = true;
    for (const auto &[name, tensor] : rt::readArrays(run.output)) {
      std::string key = "result " + name;
      trace.values[key].push_back(tensor);
      trace.order.push_back(std::move(key));
    }
    return trace;
  } catch (const std::exception &e) {
    llvm::WithColor::error() << e.what() << '\n';
    return failure();
  }
}

/// The name of an instruction's result in both modules; empty: it has none.
std::string keyOf(const image::Image &image,
                  const image::pb::Instruction &instruction) {
  if (instruction.has_site())
    return "site " + instruction.site().name();
  if (instruction.node().empty() || instruction.results_size() != 1)
    return "";
  if (instruction.has_product())
    return "matmul " + instruction.node();
  if (instruction.has_layer()) {
    bool conv = image.layers()
                    .layers(static_cast<int>(instruction.layer()))
                    .has_convolution();
    return (conv ? "conv " : "linear ") + instruction.node();
  }
  const std::string &kernel = instruction.kernel().name();
  return (kernel == "rescale" ? "real" : kernel) + " " + instruction.node();
}

/// An image on the virtual chip with ideal devices.
FailureOr<Trace> runImageTraced(StringRef path, const rt::NamedArrays &inputs,
                                int64_t limit, std::optional<uint64_t> seed) {
  try {
    image::Image image(path.str());
    image::verify(image);
    vchip::VirtualChip chip(image, vchip::NoiseModel());
    chip.setSeed(seed);
    vchip::ChipStatistics statistics(image);
    rt::SampleArrays samples(chip.inputs(), chip.outputs(), inputs, limit);
    Trace trace;
    trace.quantised = true;
    auto record = [&](const std::string &key, const rt::Tensor &value) {
      if (trace.values.try_emplace(key).second)
        trace.order.push_back(key);
      trace.values[key].push_back(value.clone());
    };
    for (int64_t sample = 0; sample < samples.count(); ++sample) {
      llvm::StringMap<unsigned> counts;
      auto observe = [&](const image::pb::Instruction &instruction,
                         const std::vector<rt::Tensor> &results) {
        std::string key = keyOf(image, instruction);
        if (key.empty())
          return;
        unsigned number = counts[key]++;
        record(number ? key + " #" + std::to_string(number) : key, results[0]);
      };
      samples.run(sample, [&](const rt::TensorList &in,
                              const rt::TensorOutputs &out) {
        chip.run(in, out, static_cast<uint64_t>(sample), statistics, observe);
      });
    }
    for (const auto &[name, tensor] : samples.results())
      record("result " + name, tensor);
    return trace;
  } catch (const std::exception &e) {
    llvm::WithColor::error() << e.what() << '\n';
    return failure();
  }
}

struct Difference {
  double worst = 0;  ///< largest absolute error
  double range = 0;  ///< largest magnitude of the first value
  int64_t count = 0; ///< elements whose bits differ
  int64_t total = 0;
  bool comparable = true;
};

/// All samples as one axis. Modules group samples differently (a batch, or one
/// by one); as samples are outermost, their elements come in the same order.
rt::Tensor flatten(const SampleTensors &samples) {
  int64_t size = 0;
  for (const rt::Tensor &tensor : samples)
    size += tensor.size();
  rt::Tensor flat(samples[0].dtype(), {size});
  char *to = static_cast<char *>(flat.raw());
  for (const rt::Tensor &tensor : samples) {
    std::memcpy(to, tensor.raw(), tensor.bytes());
    to += tensor.bytes();
  }
  return flat;
}

Difference measure(const SampleTensors &first, const SampleTensors &second) {
  Difference d;
  if (first.empty() || second.empty() ||
      first[0].dtype() != second[0].dtype()) {
    d.comparable = false;
    return d;
  }
  rt::Tensor a = flatten(first), b = flatten(second);
  if (a.size() != b.size()) {
    d.comparable = false;
    return d;
  }
  size_t width = rt::byteWidth(a.dtype());
  const char *p = static_cast<const char *>(a.raw());
  const char *q = static_cast<const char *>(b.raw());
  for (int64_t n = 0, size = a.size(); n < size; ++n) {
    d.count += std::memcmp(p + n * width, q + n * width, width) != 0;
    double x = 0, y = 0;
    switch (a.dtype()) {
    case rt::DType::F32:
      x = a.data<float>()[n];
      y = b.data<float>()[n];
      break;
    case rt::DType::I32:
      x = a.data<int32_t>()[n];
      y = b.data<int32_t>()[n];
      break;
    case rt::DType::U8:
      x = a.data<uint8_t>()[n];
      y = b.data<uint8_t>()[n];
      break;
    default:
      break;
    }
    d.worst = std::max(d.worst, std::fabs(x - y));
    if (std::isfinite(x))
      d.range = std::max(d.range, std::fabs(x));
    if (std::isnan(x) != std::isnan(y))
      d.worst = INFINITY;
  }
  d.total = a.size();
  return d;
}

/// Rows of results whose largest element has the same place.
struct Agreement {
  int64_t same = 0, rows = 0;
};

void countAgreement(const SampleTensors &first, const SampleTensors &second,
                    Agreement &agreement) {
  if (first[0].dtype() != rt::DType::F32 || first[0].rank() == 0)
    return;
  int64_t width = first[0].dim(-1);
  rt::Tensor a = flatten(first), b = flatten(second);
  const float *x = a.data<float>(), *y = b.data<float>();
  for (int64_t row = 0; row < a.size() / width; ++row) {
    const float *p = x + row * width, *q = y + row * width;
    agreement.same += std::max_element(p, p + width) - p ==
                      std::max_element(q, q + width) - q;
    ++agreement.rows;
  }
}

} // namespace

int snn::compareModules(StringRef a, StringRef b, MLIRContext &context,
                        const ImportOptions &options,
                        const rt::NamedArrays &inputs, double tolerance,
                        double leastAgreement, int64_t limit,
                        std::optional<uint64_t> seed) {
  Trace traces[2];
  StringRef paths[] = {a, b};
  for (int i = 0; i < 2; ++i) {
    if (paths[i].ends_with(".snnimg")) {
      FailureOr<Trace> trace = runImageTraced(paths[i], inputs, limit, seed);
      if (failed(trace))
        return 1;
      traces[i] = std::move(*trace);
      continue;
    }
    OwningOpRef<ModuleOp> module =
        loadModule(paths[i], context,
                   paths[i].ends_with(".onnx") ? options : ImportOptions());
    if (!module)
      return 1;
    FailureOr<Trace> trace =
        isSimulatorModule(*module)
            ? runSimulatorTraced(*module, inputs, limit, seed)
            : runTraced(*module, inputs, limit, seed);
    if (failed(trace))
      return 1;
    traces[i] = std::move(*trace);
  }
  // Levels of one quantisation agree bit for bit, float networks within the
  // tolerance. A float and a quantised network agree in their predictions.
  bool exact = traces[0].quantised && traces[1].quantised;
  bool mixed = traces[0].quantised != traces[1].quantised;
  unsigned compared = 0;
  double worst = 0;
  std::string worstKey;
  Agreement agreement;
  for (const std::string &key : traces[0].order) {
    auto other = traces[1].values.find(key);
    if (other == traces[1].values.end())
      continue;
    const SampleTensors &value = traces[0].values[key];
    Difference d = measure(value, other->second);
    if (!d.comparable)
      continue;
    ++compared;
    double relative = d.range > 0 ? d.worst / d.range : d.worst;
    if (worstKey.empty() || relative > worst) {
      worst = relative;
      worstKey = key;
    }
    if (mixed && StringRef(key).starts_with("result "))
      countAgreement(value, other->second, agreement);
    bool bad = exact ? d.count > 0 : !mixed && relative > tolerance;
    if (!bad)
      continue;
    llvm::outs() << "differs first at " << key << ": " << d.count << " of "
                 << d.total << " elements, largest error " << d.worst
                 << ", range " << d.range << '\n';
    return 1;
  }
  if (compared == 0) {
    llvm::WithColor::error() << "the modules have no values in common\n";
    return 1;
  }
  if (mixed) {
    llvm::outs() << "predictions agree on " << agreement.same << " of "
                 << agreement.rows << " rows; largest relative error " << worst
                 << " at " << worstKey << '\n';
    return double(agreement.same) < leastAgreement * double(agreement.rows);
  }
  llvm::outs() << "equal: " << compared << " values compared, ";
  if (exact)
    llvm::outs() << "bit for bit\n";
  else
    llvm::outs() << "largest relative error " << worst << '\n';
  return 0;
}
