//===- Difference.h - How far two tensors are apart -------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_EQUIVALENCE_DIFFERENCE_H
#define SNN_LIB_EQUIVALENCE_DIFFERENCE_H

#include "snn/runtime/Tensor.h"

namespace snn {

/// The part of a value's range by which another form of it may differ: a few
/// hundred roundings.
inline constexpr double rangeTolerance = 1e-3;
/// The same of the mean difference, where a rounding may flip a spike or a
/// level here and there.
inline constexpr double meanTolerance = 5e-3;

/// The largest difference of two tensors as a part of the range of `wanted`;
/// infinite where they cannot be compared.
double compareToRange(const rt::Tensor &wanted, const rt::Tensor &have);

/// The mean difference as a part of that range.
double compareMeans(const rt::Tensor &wanted, const rt::Tensor &have);

} // namespace snn

#endif // SNN_LIB_EQUIVALENCE_DIFFERENCE_H
