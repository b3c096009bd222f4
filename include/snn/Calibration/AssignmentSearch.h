//===- AssignmentSearch.h - One choice for every group ----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What searches by site have in common. Sites, in groups that share a choice
// (of a code, a dead zone, a width), are given what each choice costs and does
// to the network on its own; assignments that promise most for their cost are
// tried on the network, and only what it really does counts.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_CALIBRATION_ASSIGNMENTSEARCH_H
#define SNN_CALIBRATION_ASSIGNMENTSEARCH_H

#include "mlir/Support/LLVM.h"

#include <functional>
#include <optional>
#include <vector>

namespace snn::calibration {

/// What a choice of one group costs, and the error that it alone makes.
struct SearchChoice {
  double cost = 0, error = 0;
};

/// The choices of one group.
using SearchGroup = std::vector<SearchChoice>;

/// A choice, by number, for every group.
using Assignment = std::vector<unsigned>;

/// The costs and the errors of an assignment, added up.
SearchChoice addUp(llvm::ArrayRef<SearchGroup> groups,
                   const Assignment &assignment);

/// For every factor in `lambdas` the assignment of least cost + lambda * error,
/// each once; of equal choices the first.
std::vector<Assignment> lagrangeAssignments(llvm::ArrayRef<SearchGroup> groups,
                                            llvm::ArrayRef<double> lambdas);

/// `count` factors, from the one below which every group takes its cheapest
/// choice to the one above which every group takes its most exact.
std::vector<double> chooseLambdas(llvm::ArrayRef<SearchGroup> groups,
                                  unsigned count);

/// Whether an assignment does what is asked of it, by trial; failure: it could
/// not be tried.
using TryAssignment = std::function<mlir::FailureOr<bool>(const Assignment &)>;

/// The first of `assignments`, which the cheapest leads, that is as asked. With
/// `bisect` those behind one that is are taken to be so, too, and few are
/// tried.
mlir::FailureOr<std::optional<Assignment>>
findFirst(llvm::ArrayRef<Assignment> assignments, bool bisect,
          const TryAssignment &isKept);

/// Moves one group after the other to its next cheaper choice, in the order of
/// the error a unit of cost, as long as `isBetter` says of the result that it
/// is better than what was before; a group whose move was not stays. Tries at
/// most `most` moves.
mlir::FailureOr<Assignment> descend(llvm::ArrayRef<SearchGroup> groups,
                                    Assignment start, unsigned most,
                                    const TryAssignment &isBetter);

} // namespace snn::calibration

#endif // SNN_CALIBRATION_ASSIGNMENTSEARCH_H
