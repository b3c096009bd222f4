//===- Score.cpp - Error rates --------------------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Compare/Comparison.h"
#include "snn/runtime/DataFile.h"
#include "llvm/ADT/Twine.h"

#include <algorithm>

using namespace snn;
using namespace snn::compare;

/// Classes with the shape that they were found in.
namespace {
struct Classes {
  rt::Shape shape;
  std::vector<int64_t> values;
};
} // namespace

/// The array `name` of a file; without a name, its only one.
static rt::Tensor findArray(const std::string &file, const std::string &name) {
  rt::NamedArrays arrays = rt::readArrays(file);
  if (name.empty() && arrays.size() == 1)
    return arrays.front().second;
  for (const auto &[found, tensor] : arrays)
    if (found == name)
      return tensor;
  throw rt::Error(file + ": needs " +
                  (name.empty()
                       ? "one array, has " + std::to_string(arrays.size())
                       : "an array '" + name + "'"));
}

static Classes readClasses(const std::string &file, const std::string &name) {
  rt::Tensor tensor = findArray(file, name);
  Classes classes{tensor.shape(), {}};
  if (tensor.dtype() == rt::DType::I64)
    classes.values = tensor.toVector<int64_t>();
  else if (tensor.dtype() == rt::DType::I32)
    for (int32_t value : tensor.toVector<int32_t>())
      classes.values.push_back(value);
  else
    throw rt::Error(file + ": needs 32 or 64-bit integers in '" + name +
                    "', has " + rt::name(tensor.dtype()));
  return classes;
}

/// The arg max over the last axis.
static Classes decide(const rt::Tensor &scores) {
  if (scores.rank() < 2)
    throw rt::Error("outputs of shape " + rt::toString(scores.shape()) +
                    " have no axis of classes");
  Classes classes{scores.shape(), {}};
  classes.shape.pop_back();
  int64_t width = scores.dim(-1);
  const float *row = scores.data<float>();
  for (int64_t i = 0, n = rt::elementCount(classes.shape); i < n;
       ++i, row += width)
    classes.values.push_back(std::max_element(row, row + width) - row);
  return classes;
}

/// Only the last position of axis 1, where there is one.
static Classes keepLast(const Classes &classes) {
  if (classes.shape.size() < 2)
    return classes;
  int64_t rows = classes.shape[0], columns = classes.shape[1];
  int64_t inner = int64_t(classes.values.size()) / (rows * columns);
  Classes last{classes.shape, {}};
  last.shape.erase(last.shape.begin() + 1);
  for (int64_t row = 0; row < rows; ++row) {
    auto begin = classes.values.begin() + (row * columns + columns - 1) * inner;
    last.values.insert(last.values.end(), begin, begin + inner);
  }
  return last;
}

static double countErrors(const Scoring &scoring, Classes decided) {
  Classes labels = readClasses(scoring.labels, scoring.array);
  if (scoring.isLastOnly) {
    labels = keepLast(labels);
    decided = keepLast(decided);
  }
  if (decided.shape.empty() || labels.shape.empty() ||
      decided.shape[0] > labels.shape[0] ||
      !std::equal(decided.shape.begin() + 1, decided.shape.end(),
                  labels.shape.begin() + 1, labels.shape.end()))
    throw rt::Error("decisions of shape " + rt::toString(decided.shape) +
                    " do not fit labels of shape " +
                    rt::toString(labels.shape));
  int64_t base = scoring.digits;
  int64_t largest =
      *std::max_element(labels.values.begin(), labels.values.end());
  int64_t digits = 1;
  for (int64_t rest = largest; base && rest >= base; rest /= base)
    ++digits;
  int64_t wrong = 0;
  for (size_t i = 0; i < decided.values.size(); ++i) {
    int64_t ours = decided.values[i], right = labels.values[i];
    if (!base) {
      wrong += ours != right;
      continue;
    }
    for (int64_t digit = 0; digit < digits;
         ++digit, ours /= base, right /= base)
      wrong += ours % base != right % base;
  }
  return double(wrong) / double(decided.values.size() * digits);
}

llvm::Expected<double> snn::compare::scoreOutputs(const Scoring &scoring,
                                                  llvm::StringRef outputs) {
  try {
    return countErrors(scoring,
                       decide(findArray(outputs.str(), scoring.output)));
  } catch (const std::exception &e) {
    return llvm::createStringError(e.what());
  }
}

llvm::Expected<std::optional<double>>
snn::compare::scoreReference(const Scoring &scoring) {
  if (scoring.reference.empty())
    return std::nullopt;
  try {
    return countErrors(scoring, readClasses(scoring.labels, scoring.reference));
  } catch (const std::exception &e) {
    return llvm::createStringError(e.what());
  }
}
