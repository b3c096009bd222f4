//===- SpikeDialect.cpp - The spike dialect and its types -----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/DialectImplementation.h"
#include "snn/Dialect/Spike/Spike.h"
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
  registerByteStorage(TypeID::get<LevelType>());
  registerByteStorage(TypeID::get<TTFSType>());
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
                                  unsigned radius, double scale) {
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
  return success();
}

LogicalResult LevelType::verify(function_ref<InFlightDiagnostic()> emitError,
                                unsigned bits, unsigned zero, unsigned mask,
                                unsigned radius, F64 scale) {
  return verifyCoding(emitError, bits, zero, mask, radius, scale);
}

LogicalResult TTFSType::verify(function_ref<InFlightDiagnostic()> emitError,
                               unsigned bits, unsigned zero, unsigned mask,
                               unsigned radius, F64 scale) {
  return verifyCoding(emitError, bits, zero, mask, radius, scale);
}

std::optional<rt::Coding> snn::spike::getCoding(Type type) {
  return TypeSwitch<Type, std::optional<rt::Coding>>(getElementTypeOrSelf(type))
      .Case<LevelType, TTFSType>([](auto coded) { return coded.getCoding(); })
      .Default([](Type) { return std::nullopt; });
}
