//===- AssignmentSearch.cpp - One choice for every group ------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Calibration/AssignmentSearch.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <limits>
#include <set>

using namespace mlir;
using namespace snn::calibration;

SearchChoice snn::calibration::addUp(ArrayRef<SearchGroup> groups,
                                     const Assignment &assignment) {
  SearchChoice sum;
  for (auto [group, choice] : llvm::zip_equal(groups, assignment)) {
    sum.cost += group[choice].cost;
    sum.error += group[choice].error;
  }
  return sum;
}

std::vector<Assignment>
snn::calibration::lagrangeAssignments(ArrayRef<SearchGroup> groups,
                                      ArrayRef<double> lambdas) {
  std::vector<Assignment> assignments;
  std::set<Assignment> seen;
  for (double lambda : lambdas) {
    Assignment assignment(groups.size(), 0);
    for (auto [group, chosen] : llvm::zip_equal(groups, assignment)) {
      double least = std::numeric_limits<double>::infinity();
      for (auto [number, choice] : llvm::enumerate(group)) {
        double price = choice.cost + lambda * choice.error;
        if (price < least) {
          least = price;
          chosen = unsigned(number);
        }
      }
    }
    if (seen.insert(assignment).second)
      assignments.push_back(std::move(assignment));
  }
  return assignments;
}

std::vector<double>
snn::calibration::chooseLambdas(ArrayRef<SearchGroup> groups, unsigned count) {
  // Two choices of a group change places where their prices are equal.
  double lowest = std::numeric_limits<double>::infinity(), highest = 0;
  for (const SearchGroup &group : groups)
    for (const SearchChoice &a : group)
      for (const SearchChoice &b : group)
        if (a.cost < b.cost && a.error > b.error) {
          double lambda = (b.cost - a.cost) / (a.error - b.error);
          lowest = std::min(lowest, lambda);
          highest = std::max(highest, lambda);
        }
  if (!(highest > 0) || count < 2)
    return {0.0};
  lowest /= 2;
  highest *= 2;
  std::vector<double> lambdas;
  for (unsigned i = 0; i < count; ++i)
    lambdas.push_back(lowest *
                      std::pow(highest / lowest, double(i) / (count - 1)));
  return lambdas;
}

FailureOr<std::optional<Assignment>>
snn::calibration::findFirst(ArrayRef<Assignment> assignments, bool bisect,
                            const TryAssignment &isKept) {
  if (!bisect) {
    for (const Assignment &assignment : assignments) {
      FailureOr<bool> kept = isKept(assignment);
      if (failed(kept))
        return failure();
      if (*kept)
        return std::optional<Assignment>(assignment);
    }
    return std::optional<Assignment>();
  }
  // The first is in [low, high]; high = size: there is none.
  size_t low = 0, high = assignments.size();
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    FailureOr<bool> kept = isKept(assignments[middle]);
    if (failed(kept))
      return failure();
    if (*kept)
      high = middle;
    else
      low = middle + 1;
  }
  if (low == assignments.size())
    return std::optional<Assignment>();
  return std::optional<Assignment>(assignments[low]);
}

FailureOr<Assignment> snn::calibration::descend(ArrayRef<SearchGroup> groups,
                                                Assignment start, unsigned most,
                                                const TryAssignment &isBetter) {
  std::vector<bool> isStuck(groups.size(), false);
  for (unsigned moves = 0; moves < most; ++moves) {
    double least = std::numeric_limits<double>::infinity();
    std::optional<std::pair<size_t, unsigned>> move;
    for (auto [number, group] : llvm::enumerate(groups)) {
      if (isStuck[number])
        continue;
      const SearchChoice &now = group[start[number]];
      // The next cheaper one: the dearest of those that cost less.
      std::optional<unsigned> next;
      for (auto [other, choice] : llvm::enumerate(group))
        if (choice.cost < now.cost &&
            (!next || choice.cost > group[*next].cost))
          next = unsigned(other);
      if (!next)
        continue;
      double price =
          (group[*next].error - now.error) / (now.cost - group[*next].cost);
      if (price < least) {
        least = price;
        move = {number, *next};
      }
    }
    if (!move)
      break;
    Assignment moved = start;
    moved[move->first] = move->second;
    FailureOr<bool> better = isBetter(moved);
    if (failed(better))
      return failure();
    if (*better)
      start = std::move(moved);
    else
      isStuck[move->first] = true;
  }
  return start;
}
