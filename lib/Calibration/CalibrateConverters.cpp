//===- CalibrateConverters.cpp - Ranges of calibrated ADCs ----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Threading.h"
#include "snn/Calibration/Calibration.h"
#include "snn/Dialect/Spike/ProductVerifiers.h"
#include "snn/Dialect/Xbar/ConverterCalibration.h"
#include "snn/Interpreter/Interpreter.h"
#include "snn/runtime/Phase.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using namespace snn;
using namespace snn::xbar;

namespace {

/// The digit that each stored byte drives, or its code in phase coding; 0 for a
/// silent input.
std::vector<int32_t> digitTable(Type element) {
  if (spike::getPhaseCoding(element)) {
    std::vector<int32_t> codes(256);
    for (int32_t byte = 0; byte < 256; ++byte)
      codes[byte] = int8_t(byte);
    return codes;
  }
  rt::Coding coding = *spike::getCoding(element);
  bool train = isa<spike::TTFSType>(element);
  std::vector<int32_t> digits(256);
  for (int32_t byte = 0; byte < 256; ++byte) {
    int32_t digit =
        coding.value(byte) - coding.value(train ? coding.mask : coding.zero);
    bool silent = train && std::abs(byte - coding.mask) <= coding.radius;
    digits[byte] = silent ? 0 : digit;
  }
  return digits;
}

/// Reads input vectors of one layer as digits.
class VectorReader {
public:
  explicit VectorReader(const Layer &layer)
      : layer(layer), window(layer.window),
        digits(digitTable(getElementTypeOrSelf(layer.input.getType()))) {}

  /// Vector `index` of group `group` of one sample, rows in tile order.
  void read(const rt::Tensor &x, int64_t index, int64_t group,
            std::vector<int32_t> &vector) const {
    vector.assign(layer.inputs, 0);
    const auto *in = static_cast<const uint8_t *>(x.raw());
    if (!window) {
      for (int64_t i = 0; i < layer.inputs; ++i)
        vector[i] = digits[in[index * layer.inputs + i]];
      return;
    }
    auto weight = cast<RankedTensorType>(layer.weight.getType());
    auto output = cast<RankedTensorType>(layer.op->getResult(0).getType());
    int64_t spatial = x.rank() - 2, taps = 1, inArea = 1, outArea = 1;
    for (int64_t a = 0; a < spatial; ++a) {
      taps *= weight.getDimSize(2 + a);
      inArea *= x.dim(2 + a);
      outArea *= output.getDimSize(2 + a);
    }
    int64_t channels = layer.inputs / taps;
    int64_t first = (index / outArea * layer.groups + group) * channels;
    for (int64_t tap = 0; tap < taps; ++tap) {
      int64_t restOut = index % outArea, restTap = tap, source = 0, stride = 1;
      bool inside = true;
      for (int64_t a = spatial - 1; a >= 0; --a) {
        int64_t o = restOut % output.getDimSize(2 + a);
        int64_t k = restTap % weight.getDimSize(2 + a);
        restOut /= output.getDimSize(2 + a);
        restTap /= weight.getDimSize(2 + a);
        int64_t i =
            o * window->strides[a] + k * window->dilations[a] - window->pads[a];
        inside &= i >= 0 && i < x.dim(2 + a);
        source += i * stride;
        stride *= x.dim(2 + a);
      }
      for (int64_t c = 0; inside && c < channels; ++c)
        vector[c * taps + tap] = digits[in[(first + c) * inArea + source]];
    }
  }

private:
  Layer layer;
  std::optional<spike::Window> window;
  std::vector<int32_t> digits;
};

/// Counts the sums of one layer.
class SumCounter {
public:
  SumCounter(const Layer &layer, const SumGeometry &geometry,
             const rt::Tensor &weight)
      : layer(layer), geometry(geometry), weight(weight),
        columns(layer.outputs * geometry.slicing.slices),
        stride(llvm::alignTo(columns, lanes)) {}

  std::vector<SumHistogram> count(const SampleTensors &x,
                                  unsigned samples) const {
    int64_t total = layer.vectors * int64_t(x.size());
    int64_t step = std::max<int64_t>(1, (total + samples - 1) / samples);
    VectorReader reader(layer);
    std::vector<SumHistogram> histograms((layer.inputs + geometry.rows - 1) /
                                         geometry.rows);
    for (SumHistogram &histogram : histograms)
      histogram.resize(geometry.activeRows * geometry.slicing.cellLevels + 1);
    std::vector<std::vector<int32_t>> vectors;
    for (int64_t group = 0; group < layer.groups; ++group) {
      vectors.clear();
      for (int64_t v = 0; v < total; v += step)
        reader.read(x[v / layer.vectors], v % layer.vectors, group,
                    vectors.emplace_back());
      mlir::parallelFor(
          layer.op->getContext(), 0, histograms.size(), [&](size_t block) {
            int64_t first = int64_t(block) * geometry.rows;
            int64_t last = std::min(first + geometry.rows, layer.inputs);
            for (; first < last; first += geometry.activeRows)
              countGroup(vectors, group, first,
                         std::min(first + geometry.activeRows, last),
                         histograms[block]);
          });
    }
    return histograms;
  }

private:
  int32_t weightAt(int64_t group, int64_t row, int64_t output) const {
    int64_t index = layer.window
                        ? (group * layer.outputs + output) * layer.inputs + row
                        : row * layer.outputs + output;
    return weight.dtype() == rt::DType::I8 ? weight.data<int8_t>()[index]
                                           : weight.data<int16_t>()[index];
  }

  /// The stored levels of rows first..end, [row][column], rows `stride` apart.
  std::vector<int16_t> readLevels(int64_t group, int64_t first,
                                  int64_t end) const {
    std::vector<int16_t> levels((end - first) * stride, 0);
    for (int64_t row = first; row < end; ++row)
      for (int64_t column = 0; column < columns; ++column)
        levels[(row - first) * stride + column] = int16_t(
            sliceDigit(geometry.slicing,
                       weightAt(group, row, column / geometry.slicing.slices),
                       int32_t(column % geometry.slicing.slices)));
    if (geometry.encoding != image::Encoding::Flip)
      return levels;
    int32_t cellLevels = geometry.slicing.cellLevels;
    for (int64_t column = 0; column < columns; ++column) {
      int64_t sum = 0;
      for (int64_t row = 0; row < end - first; ++row)
        sum += levels[row * stride + column];
      if (!image::isFlipped(sum, end - first, cellLevels))
        continue;
      for (int64_t row = 0; row < end - first; ++row) {
        int16_t &level = levels[row * stride + column];
        level = int16_t(cellLevels - 1 - level);
      }
    }
    return levels;
  }

  /// Adds one row in blocks of `lanes`, which compilers vectorise.
  void add(const int16_t *level, int32_t *sums) const {
    for (int64_t column = 0; column < stride; column += lanes)
      for (int64_t lane = 0; lane < lanes; ++lane)
        sums[column + lane] += level[column + lane];
  }

  void countGroup(ArrayRef<std::vector<int32_t>> vectors, int64_t group,
                  int64_t first, int64_t end, SumHistogram &histogram) const {
    std::vector<int16_t> levels = readLevels(group, first, end);
    std::vector<int32_t> sums(stride);
    for (const std::vector<int32_t> &vector : vectors)
      for (int64_t pass = 0; pass < geometry.passes; ++pass) {
        int32_t code = passCode(pass);
        std::fill(sums.begin(), sums.end(), 0);
        bool driven = false;
        for (int64_t row = first; row < end; ++row) {
          if (phase ? vector[row] != code : !((vector[row] >> pass) & 1))
            continue;
          driven = true;
          add(levels.data() + (row - first) * stride, sums.data());
        }
        if (!driven)
          continue;
        for (int64_t column = 0; column < columns; ++column)
          ++histogram[std::abs(sums[column])];
      }
  }

  /// The code that a pass of a phase-coded layer reads.
  int32_t passCode(int64_t pass) const {
    if (!phase || phase->unipolar)
      return int32_t(pass) + 1;
    return int32_t(pass % 2 ? -pass / 2 - 1 : pass / 2 + 1);
  }

  static constexpr int64_t lanes = 16;

  const Layer &layer;
  const SumGeometry &geometry;
  const rt::Tensor &weight;
  int64_t columns, stride;
  std::optional<rt::PhaseCoding> phase =
      spike::getPhaseCoding(layer.input.getType());
};

struct ConverterCalibration : ConverterCalibrationInterface {
  using ConverterCalibrationInterface::ConverterCalibrationInterface;

  FailureOr<ColumnSums> countColumnSums(
      ModuleOp module, StringRef inputs, unsigned samples,
      const DenseMap<Operation *, SumGeometry> &geometry) const override;
};

} // namespace

FailureOr<ColumnSums> ConverterCalibration::countColumnSums(
    ModuleOp module, StringRef inputs, unsigned samples,
    const DenseMap<Operation *, SumGeometry> &geometry) const {
  func::FuncOp function = getEntryPoint(module);
  if (!function)
    return failure();
  FailureOr<std::vector<SampleTensors>> arguments =
      loadSamples(function, inputs);
  if (failed(arguments))
    return failure();
  ColumnSums histograms;
  Interpreter interpreter(function);
  interpreter.setFast(true);
  interpreter.setBefore([&](Operation *op,
                            ArrayRef<const SampleTensors *> operands) {
    auto found = geometry.find(op);
    if (found == geometry.end())
      return LogicalResult(success());
    Layer layer = *getLayer(op);
    FailureOr<rt::Tensor> weight =
        onnx::resolveConstant(layer.weight, op->getLoc());
    if (failed(weight))
      return LogicalResult(failure());
    histograms[op] =
        SumCounter(layer, found->second, *weight).count(*operands[0], samples);
    return LogicalResult(success());
  });
  if (failed(interpreter.run(*arguments)))
    return failure();
  return histograms;
}

void snn::calibration::registerConverterCalibration(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *, XbarDialect *dialect) {
    dialect->addInterfaces<ConverterCalibration>();
  });
}
