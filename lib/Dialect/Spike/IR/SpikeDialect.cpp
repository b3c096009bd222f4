//===- SpikeDialect.cpp - The spike dialect and its types -----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/DialectImplementation.h"
#include "snn/Dialect/Spike/Spike.h"
#include "snn/runtime/Phase.h"
#include "llvm/ADT/TypeSwitch.h"

#include <charconv>
#include <cmath>

using namespace mlir;
using namespace snn;
using namespace snn::spike;

#include "snn/Dialect/Spike/SpikeEnums.cpp.inc"
#include "snn/Dialect/Spike/SpikeOpsDialect.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "snn/Dialect/Spike/SpikeOpsTypes.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "snn/Dialect/Spike/SpikeAttrs.cpp.inc"

void SpikeDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "snn/Dialect/Spike/SpikeOpsTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "snn/Dialect/Spike/SpikeAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "snn/Dialect/Spike/SpikeOps.cpp.inc"
      >();
  registerByteStorage(TypeID::get<LevelType>(), rt::DType::U8);
  registerByteStorage(TypeID::get<TTFSType>(), rt::DType::U8);
  registerByteStorage(TypeID::get<BinaryType>(), rt::DType::U8);
  registerByteStorage(TypeID::get<CountType>(), rt::DType::U8);
  registerByteStorage(TypeID::get<PhaseType>(), rt::DType::I8);
}

std::string snn::spike::toShortest(double value) {
  char buffer[40];
  auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
  std::string text(buffer, result.ptr);
  if (text.find('.') == std::string::npos) {
    size_t exponent = text.find('e');
    text.insert(exponent == std::string::npos ? text.size() : exponent, ".0");
  }
  return text;
}

/// The constraints that levels and trains share.
static LogicalResult verifyCoding(function_ref<InFlightDiagnostic()> emitError,
                                  unsigned bits, unsigned zero, unsigned mask,
                                  unsigned radius, double scale,
                                  DenseI32ArrayAttr table) {
  if (bits < 1 || bits > 8)
    return emitError() << "needs 1 to 8 bits, has " << bits;
  unsigned maxLevel = (1u << bits) - 1;
  if (zero > maxLevel)
    return emitError() << "needs a zero point of at most " << maxLevel
                       << ", has " << zero;
  if (mask > maxLevel)
    return emitError() << "needs a mask level of at most " << maxLevel
                       << ", has " << mask;
  if (radius > maxLevel)
    return emitError() << "needs a radius of at most " << maxLevel << ", has "
                       << radius;
  if (!std::isfinite(scale) || scale <= 0)
    return emitError() << "needs a finite positive scale";
  return table ? verifyLevelTable(emitError, table.asArrayRef(), bits)
               : success();
}

LogicalResult
snn::spike::verifyLevelTable(function_ref<InFlightDiagnostic()> emitError,
                             ArrayRef<int32_t> table, unsigned bits) {
  if (bits < 2 || (1 << bits) > rt::maxTableLevels)
    return emitError() << "needs 2 to " << llvm::Log2_32(rt::maxTableLevels)
                       << " bits for a table of levels, has " << bits;
  if (table.size() != size_t(1) << bits)
    return emitError() << "needs a table of " << (1u << bits) << " levels, has "
                       << table.size();
  for (size_t q = 1; q < table.size(); ++q)
    if (table[q] <= table[q - 1])
      return emitError() << "needs a table that ascends, has " << table[q]
                         << " behind " << table[q - 1];
  int64_t span = int64_t(table.back()) - table.front();
  if (span > 255)
    return emitError() << "needs a table that spans at most 255, has " << span;
  return success();
}

LogicalResult LevelType::verify(function_ref<InFlightDiagnostic()> emitError,
                                unsigned bits, unsigned zero, unsigned mask,
                                unsigned radius, F64 scale,
                                DenseI32ArrayAttr table) {
  return verifyCoding(emitError, bits, zero, mask, radius, scale, table);
}

LogicalResult TTFSType::verify(function_ref<InFlightDiagnostic()> emitError,
                               unsigned bits, unsigned zero, unsigned mask,
                               unsigned radius, F64 scale,
                               DenseI32ArrayAttr table) {
  return verifyCoding(emitError, bits, zero, mask, radius, scale, table);
}

std::optional<rt::Coding> snn::spike::getCoding(Type type) {
  return TypeSwitch<Type, std::optional<rt::Coding>>(getElementTypeOrSelf(type))
      .Case<LevelType, TTFSType, BinaryType, CountType>(
          [](auto coded) { return coded.getCoding(); })
      .Default([](Type) { return std::nullopt; });
}

bool snn::spike::isTrain(Type type) {
  return isa<TTFSType, BinaryType, CountType>(getElementTypeOrSelf(type));
}

bool snn::spike::isStepTrain(Type type) {
  return isa<BinaryType, CountType>(getElementTypeOrSelf(type));
}

int64_t snn::spike::getTimeSteps(Type type) {
  return TypeSwitch<Type, int64_t>(getElementTypeOrSelf(type))
      .Case<BinaryType, CountType>([](auto train) { return train.getSteps(); })
      .Default([](Type) { return 0; });
}

int64_t snn::spike::getMaxCount(Type type) {
  auto count = dyn_cast<CountType>(getElementTypeOrSelf(type));
  return count ? count.getMax() : 1;
}

Type snn::spike::getStepType(MLIRContext *context, int64_t max, int64_t steps) {
  if (max == 1)
    return BinaryType::get(context, unsigned(steps));
  return CountType::get(context, unsigned(max), unsigned(steps));
}

static LogicalResult verifySteps(function_ref<InFlightDiagnostic()> emitError,
                                 unsigned steps) {
  constexpr unsigned maxSteps = 65536;
  if (steps < 1 || steps > maxSteps)
    return emitError() << "needs 1 to " << maxSteps << " steps, has " << steps;
  return success();
}

LogicalResult BinaryType::verify(function_ref<InFlightDiagnostic()> emitError,
                                 unsigned steps) {
  return verifySteps(emitError, steps);
}

LogicalResult CountType::verify(function_ref<InFlightDiagnostic()> emitError,
                                unsigned max, unsigned steps) {
  if (max < 2 || max > 255)
    return emitError() << "needs a largest count of 2 to 255, has " << max;
  return verifySteps(emitError, steps);
}

LogicalResult PhaseType::verify(function_ref<InFlightDiagnostic()> emitError,
                                F64 base, unsigned phases, F64 scale, PhaseSign,
                                PhaseRelease) {
  if (!(base > 1 && base <= 2))
    return emitError() << "needs a base above 1 and at most 2, has "
                       << toShortest(base);
  if (phases < 1 || phases > 127)
    return emitError() << "needs 1 to 127 phases, has " << phases;
  if (!std::isfinite(scale) || scale <= 0)
    return emitError() << "needs a finite positive scale";
  return success();
}

rt::PhaseCoding PhaseType::getCoding() const {
  return {getBase(), int32_t(getPhases()), float(double(getScale())),
          getSign() == PhaseSign::Positive, rt::PhaseRelease(getRelease())};
}

PhaseType PhaseType::withScale(double scale) const {
  return PhaseType::get(getContext(), getBase(), getPhases(), F64(scale),
                        getSign(), getRelease());
}

std::optional<rt::PhaseCoding> snn::spike::getPhaseCoding(Type type) {
  if (auto phase = dyn_cast<PhaseType>(getElementTypeOrSelf(type)))
    return phase.getCoding();
  return std::nullopt;
}
