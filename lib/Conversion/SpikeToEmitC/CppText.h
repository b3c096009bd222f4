//===- CppText.h - C++ literals and identifiers -----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Text of an emitted program. Numbers read back to the same bits.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CONVERSION_SPIKETOEMITC_CPPTEXT_H
#define SNN_LIB_CONVERSION_SPIKETOEMITC_CPPTEXT_H

#include "mlir/IR/BuiltinTypes.h"
#include "snn/runtime/Coding.h"
#include "snn/runtime/Phase.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"

#include <string>

namespace snn::cpp {

/// A string literal with its quotes.
std::string quote(llvm::StringRef text);
std::string integer(int64_t value);
/// The shortest decimal that is this float (double), with its suffix.
std::string number(float value);
std::string number(double value);
/// "{1, 2}".
std::string list(llvm::ArrayRef<int64_t> values);
std::string list(llvm::ArrayRef<std::string> texts);
/// "{4, 8, 8, 1, 0.031f}": bits, zero point, mask, radius, scale.
std::string coding(const rt::Coding &coding);
/// "{1.15, 40, 0.5f, false, PhaseRelease::None}": base, phases, scale, whether
/// spikes are positive only, whose release is followed.
std::string coding(const rt::PhaseCoding &coding);
/// "DType::I32, {1, 64}": the runtime's storage of a tensor.
std::string storage(mlir::RankedTensorType type);
/// One line that is safe behind "//".
std::string comment(llvm::StringRef text);

/// Makes C++ identifiers of names, each one once.
class Identifiers {
public:
  /// `prefix` followed by what identifiers may hold of `name`.
  std::string make(llvm::StringRef prefix, llvm::StringRef name);

private:
  llvm::StringSet<> used;
};

} // namespace snn::cpp

#endif // SNN_LIB_CONVERSION_SPIKETOEMITC_CPPTEXT_H
