//===- XbarDialect.cpp - The xbar dialect and its attributes --------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "snn/Dialect/Xbar/Xbar.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace snn;
using namespace snn::xbar;

#include "snn/Dialect/Xbar/XbarEnums.cpp.inc"
#include "snn/Dialect/Xbar/XbarOpsDialect.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "snn/Dialect/Xbar/XbarAttrs.cpp.inc"

#include "snn/Dialect/Xbar/XbarInterfaces.cpp.inc"

void XbarDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "snn/Dialect/Xbar/XbarAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "snn/Dialect/Xbar/XbarOps.cpp.inc"
      >();
}

LogicalResult XbarDialect::verifyOperationAttribute(Operation *op,
                                                    NamedAttribute attribute) {
  StringRef name = attribute.getName();
  if (!isa<ModuleOp>(op))
    return op->emitOpError("cannot have attribute '")
           << name << "', which belongs to a module";
  if (name == chipAttrName && !isa<ChipAttr>(attribute.getValue()))
    return op->emitOpError("needs a #xbar.chip as '")
           << name << "', has " << attribute.getValue();
  if (name == roundsAttrName && !isa<IntegerAttr>(attribute.getValue()))
    return op->emitOpError("needs an integer as '")
           << name << "', has " << attribute.getValue();
  return success();
}

//===----------------------------------------------------------------------===//
// Tilings and placements
//===----------------------------------------------------------------------===//

image::Slicing TilingAttr::getSlicingSpec() const {
  static_assert(int(image::SliceKind::Biased) == int(SliceKind::Biased),
                "the runtime names the same kinds");
  return {image::SliceKind(getSlicing()), int32_t(getSlices()),
          int32_t(getWeightBits()), int32_t(getCellLevels())};
}

image::DigitRange TilingAttr::getDigitRange() const {
  return {int32_t(getDigitMin()), int32_t(getDigitStep()),
          int32_t(getPairLevels())};
}

bool TilingAttr::isCutAs(TilingAttr other) const {
  auto cut = [](TilingAttr t) {
    return std::tuple(
        t.getSlicing(), t.getSlices(), t.getWeightBits(), t.getCellLevels(),
        t.getDigitMin(), t.getDigitStep(), t.getPairLevels(), t.getRows(),
        t.getColumns(), t.getRowBlocks(), t.getColumnBlocks(), t.getGroups(),
        t.getActiveRows(), t.getAdcBits(), t.getAdcPolicy(), t.getExact());
  };
  return cut(*this) == cut(other);
}

LogicalResult TilingAttr::verify(
    function_ref<InFlightDiagnostic()> emitError, SliceKind slicing,
    int64_t slices, int64_t weightBits, int64_t cellLevels, int64_t digitMin,
    int64_t digitStep, int64_t pairLevels, int64_t rows, int64_t columns,
    int64_t rowBlocks, int64_t columnBlocks, int64_t groups, int64_t activeRows,
    int64_t passes, int64_t adcBits, AdcPolicy adcPolicy, bool exact,
    DenseF64ArrayAttr adcRange) {
  for (auto [name, value] : {std::pair("slices", slices),
                             {"weight_bits", weightBits},
                             {"digit_step", digitStep},
                             {"pair_levels", pairLevels},
                             {"rows", rows},
                             {"columns", columns},
                             {"row_blocks", rowBlocks},
                             {"column_blocks", columnBlocks},
                             {"groups", groups},
                             {"active_rows", activeRows},
                             {"adc_bits", adcBits}})
    if (value < 1)
      return emitError() << "needs " << name << " of at least 1, has " << value;
  if (weightBits > 16 || adcBits > 30)
    return emitError() << "needs at most 16 weight bits and 30 ADC bits, has "
                       << weightBits << " and " << adcBits;
  if (cellLevels < 2)
    return emitError() << "needs cells of at least 2 levels, has "
                       << cellLevels;
  if (passes < 0)
    return emitError() << "needs passes of at least 0, has " << passes;
  if (slicing == SliceKind::Direct && slices != 1)
    return emitError() << "needs one slice of a direct weight, has " << slices;
  if (slicing == SliceKind::TwosComplement &&
      (slices != weightBits || cellLevels != 2))
    return emitError() << "needs a slice for each of " << weightBits
                       << " bits on cells of 2 levels, has " << slices << " on "
                       << cellLevels;
  bool single = slicing == SliceKind::Biased;
  int64_t low = single ? 0 : 1 - cellLevels;
  int64_t high = digitMin + digitStep * (pairLevels - 1);
  if (digitMin < low || high >= cellLevels)
    return emitError() << "needs levels from " << low << " to "
                       << cellLevels - 1 << ", has " << digitMin << " to "
                       << high;
  if (slices > columns)
    return emitError() << "needs a tile that holds an output of " << slices
                       << " slices, has " << columns << " columns";
  if (activeRows > rows)
    return emitError() << "needs at most " << rows << " active rows, has "
                       << activeRows;
  bool lossless = adcPolicy == AdcPolicy::Lossless;
  if (exact != lossless)
    return emitError() << "needs exact = " << (lossless ? "true" : "false")
                       << " for a " << stringifyAdcPolicy(adcPolicy) << " ADC";
  if (lossless != !adcRange)
    return emitError() << (lossless ? "has an ADC range though it is lossless"
                                    : "needs an ADC range where it is "
                                      "calibrated");
  if (!adcRange)
    return success();
  if (adcRange.size() != rowBlocks)
    return emitError() << "needs an ADC range for each of " << rowBlocks
                       << " row blocks, has " << adcRange.size();
  for (double range : adcRange.asArrayRef())
    if (!(range > 0))
      return emitError() << "needs positive ADC ranges, has " << range;
  return success();
}

LogicalResult PlacementAttr::verify(
    function_ref<InFlightDiagnostic()> emitError, int64_t replicas,
    int64_t round, DenseI64ArrayAttr crossbars, DenseI64ArrayAttr roundTiles) {
  if (replicas < 1 || round < 0)
    return emitError() << "needs at least one replica in a round from 0, has "
                       << replicas << " in round " << round;
  if (crossbars.empty() || crossbars.size() % replicas != 0)
    return emitError() << "needs equal numbers of crossbars for " << replicas
                       << " replicas, has " << crossbars.size();
  SmallVector<int64_t> parts{crossbars.size()};
  if (roundTiles) {
    parts.assign(roundTiles.asArrayRef().begin(),
                 roundTiles.asArrayRef().end());
    if (replicas != 1 || parts.size() < 2)
      return emitError() << "needs one replica in two or more rounds where it "
                            "has round_tiles, has "
                         << replicas << " in " << parts.size();
    int64_t sum = 0;
    for (int64_t tiles : parts) {
      if (tiles < 1)
        return emitError() << "needs a tile in every round, has " << tiles;
      sum += tiles;
    }
    if (sum != crossbars.size())
      return emitError() << "needs round_tiles that add up to its "
                         << crossbars.size() << " crossbars, has " << sum;
  }
  ArrayRef<int64_t> ids = crossbars.asArrayRef();
  for (int64_t tiles : parts) {
    llvm::DenseSet<int64_t> seen;
    for (int64_t id : ids.take_front(tiles)) {
      if (id < 0)
        return emitError() << "needs crossbars from 0, has " << id;
      if (!seen.insert(id).second)
        return emitError() << "names crossbar " << id << " twice";
    }
    ids = ids.drop_front(tiles);
  }
  return success();
}

SmallVector<int64_t> PlacementAttr::getTilesPerRound() const {
  if (!getRoundTiles())
    return {getCrossbars().size()};
  return llvm::to_vector(getRoundTiles().asArrayRef());
}

SmallVector<int64_t> PlacementAttr::getRoundOfCrossbars() const {
  SmallVector<int64_t> rounds;
  for (auto [index, tiles] : llvm::enumerate(getTilesPerRound()))
    rounds.append(tiles, getRound() + int64_t(index));
  return rounds;
}
