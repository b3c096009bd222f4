//===- Facts.cpp - Verifies what passes leave for later ones --------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Spike/Facts.h"
#include "mlir/IR/BuiltinOps.h"
#include "snn/Dialect/Spike/SiteUtils.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;

/// A vector of floats, inline or in an archive.
static LogicalResult verifyVector(Operation *op, StringRef name,
                                  Attribute value) {
  auto typed = dyn_cast<TypedAttr>(value);
  auto type = typed ? dyn_cast<RankedTensorType>(typed.getType()) : nullptr;
  if (!type || type.getRank() != 1 || !type.getElementType().isF32())
    return op->emitOpError("needs a vector of f32 as '")
           << name << "', has " << value;
  return success();
}

/// How often a site has had each of its levels.
static LogicalResult verifyHistogram(Operation *op, StringRef name,
                                     Attribute value) {
  auto counts = dyn_cast<DenseI64ArrayAttr>(value);
  if (!counts ||
      llvm::any_of(counts.asArrayRef(), [](int64_t n) { return n < 0; }))
    return op->emitOpError("needs an array of counts as '")
           << name << "', has " << value;
  std::optional<Site> site = getSite(op);
  std::optional<rt::Coding> coding =
      site ? getCoding(site->result.getType()) : std::nullopt;
  if (!coding)
    return op->emitOpError("is no site with levels, but has '") << name << "'";
  if (counts.size() != coding->maxLevel() + 1)
    return op->emitOpError("needs ")
           << coding->maxLevel() + 1 << " counts, one a level, in '" << name
           << "', has " << counts.size();
  return success();
}

/// The result of a fused op exists only for its one user.
static LogicalResult verifyFused(Operation *op, StringRef name,
                                 Attribute value) {
  if (!isa<UnitAttr>(value))
    return op->emitOpError("needs no value as '") << name << "', has " << value;
  if (op->getNumResults() != 1 || !op->hasOneUse() ||
      (*op->user_begin())->getBlock() != op->getBlock())
    return op->emitOpError("needs one use in its block for '") << name << "'";
  return success();
}

/// A list whose elements `isElement` accepts.
template <typename Predicate>
static bool isListOf(Attribute value, Predicate isElement) {
  auto list = dyn_cast<ArrayAttr>(value);
  return list && llvm::all_of(list, isElement);
}

/// A dictionary whose values `isElement` accepts.
template <typename Predicate>
static bool isDictionaryOf(Attribute value, Predicate isElement) {
  auto dictionary = dyn_cast<DictionaryAttr>(value);
  return dictionary &&
         llvm::all_of(dictionary, [&](const NamedAttribute &entry) {
           return isElement(entry.getValue());
         });
}

LogicalResult SpikeDialect::verifyOperationAttribute(Operation *op,
                                                     NamedAttribute fact) {
  StringAttr name = fact.getName();
  Attribute value = fact.getValue();
  if (name == getMeanAttrHelper().getName() ||
      name == getDeviationAttrHelper().getName() ||
      name == getWeightScaleAttrHelper().getName())
    return verifyVector(op, name, value);
  if (name == getHistogramAttrHelper().getName())
    return verifyHistogram(op, name, value);
  if (name == getFusedAttrHelper().getName())
    return verifyFused(op, name, value);

  struct ModuleFact {
    StringAttr name;
    bool fits;
    StringLiteral what;
  };
  const ModuleFact moduleFacts[] = {
      {getMaskAttrHelper().getName(), isa<StringAttr>(value), "text"},
      {getCodingAttrHelper().getName(), isa<StringAttr>(value), "text"},
      {getRandomCalibrationAttrHelper().getName(), isa<UnitAttr>(value),
       "no value"},
      {getDigitalOpsAttrHelper().getName(),
       isDictionaryOf(value, llvm::IsaPred<IntegerAttr>),
       "a dictionary of counts"},
      {getPhaseSearchAttrHelper().getName(),
       isListOf(value, llvm::IsaPred<DictionaryAttr>),
       "a list of dictionaries"},
      {getSiteCalibrationAttrHelper().getName(),
       isDictionaryOf(value, llvm::IsaPred<DictionaryAttr>),
       "a dictionary of dictionaries"},
      {getFittedProductsAttrHelper().getName(),
       isDictionaryOf(value, llvm::IsaPred<DictionaryAttr>),
       "a dictionary of dictionaries"},
      {getFloatProductsAttrHelper().getName(),
       isListOf(value, llvm::IsaPred<StringAttr>), "a list of names"},
      {getFloatReasonsAttrHelper().getName(),
       isDictionaryOf(value, llvm::IsaPred<StringAttr>),
       "a dictionary of texts"},
      {getDynamicSitesAttrHelper().getName(),
       isListOf(value, llvm::IsaPred<StringAttr>), "a list of names"},
      {getMissedNeuronsAttrHelper().getName(),
       isListOf(value, llvm::IsaPred<StringAttr>), "a list of texts"},
      {getConstantsAttrHelper().getName(),
       isDictionaryOf(value, llvm::IsaPred<TypedAttr>),
       "a dictionary of tensors"},
      {getWeightsAttrHelper().getName(), isa<StringAttr>(value),
       "the name of a file"}};
  for (const ModuleFact &known : moduleFacts) {
    if (known.name != name)
      continue;
    if (!isa<ModuleOp>(op))
      return op->emitOpError("is no module, but has '")
             << name.getValue() << "'";
    if (!known.fits)
      return op->emitOpError("needs ")
             << known.what << " as '" << name.getValue() << "', has " << value;
    return success();
  }
  return op->emitOpError("has '")
         << name.getValue()
         << "', which is no fact that the spike dialect knows";
}
