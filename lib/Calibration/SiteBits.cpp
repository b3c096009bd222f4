//===- SiteBits.cpp - How many bits a site is to have ---------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SiteBits.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Dialect/Spike/StaticWeight.h"

using namespace mlir;
using namespace snn;
using namespace snn::calibration;
using namespace snn::spike;

namespace {

RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Behind data movement, and terms and factors that are constants.
Value skipAffine(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    auto gather = dyn_cast<onnx::GatherOp>(op);
    if (isDataMovement(op) || (gather && !isStaticWeight(gather.getData()))) {
      value = op->getOperand(0);
    } else if (isa<onnx::AddOp, onnx::MulOp, onnx::DivOp, onnx::SubOp>(op)) {
      bool leftConstant = isStaticWeight(op->getOperand(0));
      if (!leftConstant && !isStaticWeight(op->getOperand(1)))
        return value;
      value = op->getOperand(leftConstant ? 1 : 0);
    } else {
      return value;
    }
  }
  return value;
}

/// One number a token, from a square root: 1 / sqrt(mean(x^2) + epsilon).
bool isTokenNorm(Value value) {
  if (tensorType(value).getRank() < 2 ||
      tensorType(value).getShape().back() != 1)
    return false;
  value = skipAffine(value);
  Operation *op = value.getDefiningOp();
  if (isa_and_nonnull<onnx::ReciprocalOp>(op))
    op = skipAffine(op->getOperand(0)).getDefiningOp();
  return isa_and_nonnull<onnx::SqrtOp, onnx::PowOp>(op);
}

bool isActivationFunction(Operation *op) {
  return isa_and_nonnull<onnx::ReluOp, onnx::GeluOp, onnx::SiluOp, onnx::TanhOp,
                         onnx::SigmoidOp, onnx::ErfOp, onnx::ClipOp>(op);
}

} // namespace

int64_t snn::calibration::countTokens(SiteOp site) {
  ArrayRef<int64_t> shape = tensorType(site.getX()).getShape();
  bool isImage =
      llvm::any_of(site.getResult().getUsers(), llvm::IsaPred<onnx::ConvOp>);
  ArrayRef<int64_t> tokens = isImage            ? shape.drop_front(2)
                             : shape.size() > 2 ? shape.slice(1).drop_back()
                                                : ArrayRef<int64_t>();
  int64_t count = 1;
  for (int64_t size : tokens)
    count *= ShapedType::isDynamic(size) ? 64 : size;
  return count;
}

StringRef snn::calibration::getSiteClass(SiteOp site) {
  switch (site.getKind()) {
  case SiteKind::Query:
    return "queries";
  case SiteKind::Key:
    return "keys";
  case SiteKind::Probability:
    return "probabilities";
  case SiteKind::Value:
    return "values";
  default:
    break;
  }
  Value value = skipAffine(site.getX());
  Operation *op = value.getDefiningOp();
  if (!op)
    return "inputs";
  if (isa<onnx::LayerNormalizationOp, onnx::BatchNormalizationOp>(op))
    return "norms";
  if (isActivationFunction(op))
    return "hidden";
  if (isa<onnx::MulOp, onnx::DivOp>(op)) {
    Value a = op->getOperand(0), b = op->getOperand(1);
    if (isTokenNorm(b) || (isa<onnx::MulOp>(op) && isTokenNorm(a)))
      return "norms";
    if (isActivationFunction(skipAffine(a).getDefiningOp()) ||
        isActivationFunction(skipAffine(b).getDefiningOp()))
      return "hidden";
    // A context over the sum of its probabilities.
    if (isa<onnx::DivOp>(op) && tensorType(b).getShape().back() == 1)
      op = skipAffine(a).getDefiningOp();
  }
  if (auto product = dyn_cast_or_null<onnx::MatMulOp>(op))
    if (!isStaticWeight(product.getA()) && !isStaticWeight(product.getB()))
      return "contexts";
  return "others";
}

unsigned SiteBits::at(SiteOp site) const {
  if (auto it = named.find(site.getSite()); it != named.end())
    return it->second;
  if (singleSites.contains(site.getSite()))
    return single;
  if (auto it = named.find(getSiteClass(site)); it != named.end())
    return it->second;
  return isSpiking(site.getKind()) ? activation : resident;
}

FailureOr<SiteBits>
snn::calibration::readSiteBits(ModuleOp module, unsigned activationBits,
                               unsigned residentBits,
                               ArrayRef<std::string> entries) {
  if (activationBits < 2 || activationBits > 8 ||
      (residentBits != 8 && residentBits != 4 && residentBits != 1))
    return module.emitError("needs activations of 2 to 8 bits and keys and "
                            "values of 8, 4 or 1 bits, has ")
           << int64_t(activationBits) << " and " << int64_t(residentBits);
  SiteBits bits;
  bits.activation = activationBits;
  bits.resident = residentBits;
  llvm::StringSet<> known, residents;
  SmallVector<std::pair<StringRef, int64_t>> tokens; // of activations
  int64_t most = 1;
  module.walk([&](SiteOp site) {
    known.insert(site.getSite());
    known.insert(getSiteClass(site));
    if (!isSpiking(site.getKind())) {
      residents.insert(site.getSite());
      residents.insert(getSiteClass(site));
    }
    if (site.getKind() != SiteKind::Activation)
      return;
    tokens.push_back({site.getSite(), countTokens(site)});
    most = std::max(most, tokens.back().second);
  });
  for (auto [name, count] : tokens)
    if (count == 1 && most > 1)
      bits.singleSites.insert(name);
  if (!bits.singleSites.empty())
    known.insert(singleClass);
  for (const std::string &entry : entries) {
    auto [name, text] = StringRef(entry).rsplit('=');
    unsigned value;
    if (text.empty() || text.getAsInteger(10, value))
      return module.emitError("needs SITE=N or CLASS=N for the bits of some "
                              "sites, has '")
             << entry << "'";
    if (!known.contains(name))
      return module.emitError("has no site and no class of sites '")
             << name << "' to give " << value << " bits";
    bool isResident = residents.contains(name);
    if (isResident ? value != 8 && value != 4 && value != 1
                   : value < 2 || value > 8)
      return module.emitError("needs ")
             << (isResident ? "8, 4 or 1" : "2 to 8") << " bits for '" << name
             << "', has " << value;
    if (name == singleClass)
      bits.single = value;
    else
      bits.named[name] = value;
  }
  return bits;
}
