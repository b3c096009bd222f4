//===- OutputMetric.cpp - What a network's outputs must keep --------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Calibration/OutputMetric.h"

#include <algorithm>
#include <cmath>
#include <random>

using namespace mlir;
using namespace snn;
using namespace snn::calibration;

std::optional<OutputMetric> OutputMetric::find(StringRef name, double budget) {
  for (Kind kind : {Kind::Error, Kind::Agreement, Kind::Accuracy}) {
    OutputMetric metric{kind, budget};
    if (metric.name() == name)
      return metric;
  }
  return std::nullopt;
}

StringRef OutputMetric::name() const {
  switch (kind) {
  case Kind::Error:
    return "error";
  case Kind::Agreement:
    return "agreement";
  case Kind::Accuracy:
    return "accuracy";
  }
  llvm_unreachable("unknown metric");
}

/// Samples along the first axis; a scalar or a vector is one of one decision.
static int64_t countSamples(const rt::Tensor &output) {
  return output.rank() > 1 ? output.dim(0) : 1;
}

static int64_t countClasses(const rt::Tensor &output) {
  return output.rank() ? output.dim(-1) : 1;
}

int64_t snn::calibration::countDecisions(const SampleTensors &output) {
  int64_t count = 0;
  for (const rt::Tensor &tensor : output)
    count += tensor.size() / std::max<int64_t>(countClasses(tensor), 1);
  return count;
}

static int64_t argMax(const float *values, int64_t count) {
  return std::max_element(values, values + count) - values;
}

namespace {
/// A sum and what it is over, of one sample.
struct Part {
  double sum = 0, whole = 0;
};
} // namespace

/// Of every sample: right decisions and all of them.
static std::vector<Part> countRight(const SampleTensors &result,
                                    const SampleTensors *reference,
                                    ArrayRef<int64_t> labels) {
  std::vector<Part> parts;
  size_t decision = 0;
  for (auto [group, x] : llvm::enumerate(result)) {
    int64_t classes = countClasses(x), rows = countSamples(x);
    int64_t perSample = classes && rows ? x.size() / classes / rows : 0;
    for (int64_t row = 0; row < rows; ++row) {
      Part part;
      for (int64_t n = 0; n < perSample; ++n, ++decision) {
        int64_t at = (row * perSample + n) * classes;
        int64_t wanted =
            reference ? argMax((*reference)[group].data<float>() + at, classes)
                      : labels[decision];
        part.sum += argMax(x.data<float>() + at, classes) == wanted;
        ++part.whole;
      }
      parts.push_back(part);
    }
  }
  return parts;
}

/// Of every sample: squared difference and square of the reference.
static std::vector<Part>
measureErrors(const std::vector<SampleTensors> &results,
              const std::vector<SampleTensors> &reference) {
  std::vector<Part> parts;
  for (auto [result, wanted] : llvm::zip(results, reference)) {
    size_t sample = 0;
    for (auto [x, y] : llvm::zip(result, wanted)) {
      int64_t rows = countSamples(y);
      if (y.dtype() == rt::DType::F32)
        for (int64_t row = 0; row < rows; ++row) {
          if (parts.size() <= sample + row)
            parts.resize(sample + row + 1);
          Part &part = parts[sample + row];
          int64_t size = y.size() / rows;
          for (int64_t n = row * size; n < (row + 1) * size; ++n) {
            double a = x.template data<float>()[n],
                   b = y.template data<float>()[n];
            part.sum += (a - b) * (a - b);
            part.whole += b * b;
          }
        }
      sample += rows;
    }
  }
  return parts;
}

static Part addUp(const std::vector<Part> &parts) {
  Part all;
  for (const Part &part : parts) {
    all.sum += part.sum;
    all.whole += part.whole;
  }
  return all;
}

OutputScore OutputMetric::score(const std::vector<SampleTensors> &results,
                                const std::vector<SampleTensors> &reference,
                                ArrayRef<int64_t> labels) const {
  std::vector<Part> parts =
      kind == Kind::Error
          ? measureErrors(results, reference)
          : countRight(results[0],
                       kind == Kind::Agreement ? &reference[0] : nullptr,
                       labels);
  auto value = [&](const Part &all) {
    if (kind == Kind::Error)
      return std::sqrt(all.whole > 0 ? all.sum / all.whole : all.sum);
    return all.sum / std::max(all.whole, 1.0);
  };
  Part all = addUp(parts);
  OutputScore score{value(all), value(all), value(all), int64_t(parts.size())};
  constexpr double z = 1.959963984540054; // 95 % of a normal distribution
  bool isShare = kind != Kind::Error && llvm::all_of(parts, [](const Part &p) {
                   return p.whole == 1;
                 });
  if (isShare && !parts.empty()) {
    double n = double(parts.size()), p = score.value;
    double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
    double half =
        z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    score.low = std::max(0.0, centre - half);
    score.high = std::min(1.0, centre + half);
  } else if (parts.size() > 1) {
    constexpr unsigned draws = 1000;
    std::mt19937_64 random(0x5eed);
    std::vector<double> values;
    for (unsigned draw = 0; draw < draws; ++draw) {
      Part drawn;
      for (size_t n = 0; n < parts.size(); ++n) {
        const Part &part = parts[random() % parts.size()];
        drawn.sum += part.sum;
        drawn.whole += part.whole;
      }
      values.push_back(value(drawn));
    }
    llvm::sort(values);
    score.low = values[size_t(draws * 0.025)];
    score.high = values[size_t(draws * 0.975)];
  }
  return score;
}
