//===- Quantisation.cpp - quantisation.json -------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Report/Quantisation.h"
#include "snn/Dialect/Spike/Facts.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Support/OutputFile.h"
#include "snn/Support/Version.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;
namespace json = llvm::json;

namespace {

/// The floats of a parameter; fails with a diagnostic.
FailureOr<json::Array> floats(TypedAttr attribute, Location location) {
  json::Array values;
  if (!attribute)
    return values;
  FailureOr<rt::Tensor> tensor = onnx::resolveConstant(attribute, location);
  if (failed(tensor))
    return failure();
  for (float value : tensor->toVector<float>())
    values.push_back(double(value));
  return values;
}

/// What becomes of an accumulator: rescaling or requantising, of a slice.
LogicalResult describeConsumers(Value acc, int64_t first, json::Array &out) {
  for (Operation *user : acc.getUsers()) {
    Location loc = user->getLoc();
    if (auto slice = dyn_cast<onnx::SliceOp>(user)) {
      if (failed(describeConsumers(slice.getResult(),
                                   first + slice.getStarts()[0], out)))
        return failure();
      continue;
    }
    if (auto split = dyn_cast<onnx::SplitOp>(user)) {
      int64_t start = first;
      for (auto [result, size] :
           llvm::zip(split.getResults(), split.getSizes())) {
        if (failed(describeConsumers(result, start, out)))
          return failure();
        start += size;
      }
      continue;
    }
    // The sum of a level's digits (spike-split-digits).
    if (isa<onnx::MulOp, onnx::AddOp>(user)) {
      if (failed(describeConsumers(user->getResult(0), first, out)))
        return failure();
      continue;
    }
    auto add = [&](auto op, json::Object object) -> LogicalResult {
      FailureOr<json::Array> scale = floats(op.getScale(), loc);
      FailureOr<json::Array> bias =
          floats(op.getBias() ? *op.getBias() : TypedAttr(), loc);
      if (failed(scale) || failed(bias))
        return failure();
      object["first"] = first;
      object["scale"] = std::move(*scale);
      if (op.getBias())
        object["bias"] = std::move(*bias);
      out.push_back(std::move(object));
      return success();
    };
    if (auto rescale = dyn_cast<RescaleOp>(user)) {
      if (failed(add(rescale, json::Object{{"to", "real"}})))
        return failure();
    } else if (auto requantize = dyn_cast<RequantizeOp>(user)) {
      if (failed(add(requantize, json::Object{{"to", requantize.getSite()},
                                              {"relu", requantize.getRelu()}})))
        return failure();
    }
  }
  return success();
}

/// The elements of a tensor in one sample.
int64_t countElements(Value value) {
  int64_t count = 1;
  for (int64_t size : cast<RankedTensorType>(value.getType()).getShape())
    count *= ShapedType::isDynamic(size) ? 1 : size;
  return count;
}

/// The multiplications of a product in one sample, all time steps, zeros
/// included.
template <typename Op> int64_t countMacs(Op op) {
  auto weight = cast<RankedTensorType>(op.getWeight().getType());
  int64_t outputs = isa<ConvOp>(op.getOperation()) ? weight.getDimSize(0)
                                                   : weight.getDimSize(1);
  return countElements(op.getResult()) * (weight.getNumElements() / outputs);
}

/// Attention of binary trains: its neurons' site, what it computes.
json::Object describeSdsa(SdsaOp op) {
  int64_t elements = countElements(op.getQ());
  int64_t width = cast<RankedTensorType>(op.getV().getType()).getShape().back();
  bool isMatrix = op.getVariant() >= 3;
  json::Object object{{"node", onnx::getNodeName(op.getLoc())},
                      {"op", "sdsa"},
                      {"site", op.getSite()},
                      {"variant", op.getVariant()},
                      {"scale", op.getScale().convertToDouble()},
                      {"macs", isMatrix ? 2 * elements * width : elements}};
  if (op.getScales())
    object["scales"] =
        cast<ShapedType>(op.getScales()->getType()).getNumElements();
  return object;
}

/// A site in phase coding.
json::Object describePhase(const Site &site, PhaseType type) {
  return json::Object{{"name", site.name},
                      {"kind", stringifySiteKind(site.kind)},
                      {"base", double(type.getBase())},
                      {"phases", int64_t(type.getPhases())},
                      {"scale", double(float(type.getScale()))},
                      {"sign", stringifyPhaseSign(type.getSign())},
                      {"release", stringifyPhaseRelease(type.getRelease())}};
}

/// A product of phase codes with static weights.
template <typename Op> FailureOr<json::Object> describePhaseProduct(Op op) {
  json::Object object{{"node", onnx::getNodeName(op.getLoc())},
                      {"op", op->getName().stripDialect()}};
  if (Operation *site = getProducingSite(op.getX()))
    object["site"] = getSite(site)->name;
  for (auto [name, attribute] : {std::pair("weight_scale", op.getWeightScale()),
                                 std::pair("bias", op.getBias())}) {
    if (!attribute)
      continue;
    FailureOr<json::Array> values = floats(*attribute, op.getLoc());
    if (failed(values))
      return failure();
    object[name] = std::move(*values);
  }
  return object;
}

/// Adds what calibration has left of a site: numbers, texts and vectors.
LogicalResult addNotes(DictionaryAttr notes, Location location,
                       json::Object &object) {
  for (NamedAttribute note : notes) {
    StringRef key = note.getName().getValue();
    if (auto number = dyn_cast<FloatAttr>(note.getValue())) {
      object[key] = number.getValueAsDouble();
    } else if (auto text = dyn_cast<StringAttr>(note.getValue())) {
      object[key] = text.getValue();
    } else if (auto vector = dyn_cast<TypedAttr>(note.getValue())) {
      FailureOr<json::Array> values = floats(vector, location);
      if (failed(values))
        return failure();
      object[key] = std::move(*values);
    }
  }
  return success();
}

/// The candidates of spike-search-phase, in the order in which they were tried.
json::Array describeSearch(ArrayAttr search) {
  json::Array candidates;
  for (auto entry : search.getAsRange<DictionaryAttr>()) {
    json::Object object;
    for (NamedAttribute field : entry) {
      if (auto number = dyn_cast<FloatAttr>(field.getValue()))
        object[field.getName().getValue()] = number.getValueAsDouble();
      else
        object[field.getName().getValue()] =
            cast<IntegerAttr>(field.getValue()).getInt();
    }
    candidates.push_back(std::move(object));
  }
  return candidates;
}

} // namespace

FailureOr<json::Object> snn::describeQuantisation(ModuleOp module) {
  json::Array sites, products, attention;
  json::Array floatProducts;
  if (auto left = facts(module).getFloatProductsAttrHelper().getAttr(module))
    for (Attribute name : left)
      floatProducts.push_back(cast<StringAttr>(name).getValue());
  json::Object floatReasons;
  if (auto reasons = facts(module).getFloatReasonsAttrHelper().getAttr(module))
    for (NamedAttribute entry : reasons)
      floatReasons[entry.getName().getValue()] =
          cast<StringAttr>(entry.getValue()).getValue();
  ArrayAttr dynamicSites =
      facts(module).getDynamicSitesAttrHelper().getAttr(module);
  DictionaryAttr siteNotes =
      facts(module).getSiteCalibrationAttrHelper().getAttr(module);
  DictionaryAttr fitted =
      facts(module).getFittedProductsAttrHelper().getAttr(module);
  bool ok = true;
  module.walk([&](Operation *op) {
    if (std::optional<Site> site = getSite(op)) {
      if (auto phase = dyn_cast<PhaseType>(
              getElementTypeOrSelf(site->result.getType()))) {
        sites.push_back(describePhase(*site, phase));
        return;
      }
      std::optional<rt::Coding> coding = getCoding(site->result.getType());
      if (!coding)
        return;
      json::Object object{{"name", site->name},
                          {"kind", stringifySiteKind(site->kind)},
                          {"bits", coding->bits},
                          {"zero", coding->zero},
                          {"scale", double(coding->scale)},
                          {"mask", coding->mask},
                          {"radius", coding->radius}};
      if (coding->hasTable()) {
        json::Array table;
        for (int32_t q = 0; q <= coding->maxLevel(); ++q)
          table.push_back(coding->value(q) - coding->value(coding->zero));
        object["table"] = std::move(table);
      }
      Type element = getElementTypeOrSelf(site->result.getType());
      if (int64_t steps = getTimeSteps(element))
        object["steps"] = steps;
      if (isa<CountType>(element))
        object["max_count"] = getMaxCount(element);
      if (dynamicSites &&
          llvm::is_contained(dynamicSites,
                             StringAttr::get(module.getContext(), site->name)))
        object["dynamic"] = true;
      if (auto histogram = facts(op).getHistogramAttrHelper().getAttr(op))
        object["calibration_histogram"] = json::Array(histogram.asArrayRef());
      if (siteNotes)
        if (auto notes = siteNotes.getAs<DictionaryAttr>(site->name))
          ok &= succeeded(addNotes(notes, op->getLoc(), object));
      sites.push_back(std::move(object));
    }
    llvm::TypeSwitch<Operation *>(op).Case<PhaseLinearOp, PhaseConvOp>(
        [&](auto product) {
          FailureOr<json::Object> object = describePhaseProduct(product);
          ok &= succeeded(object);
          if (succeeded(object))
            products.push_back(std::move(*object));
        });
    if (auto sdsa = dyn_cast<SdsaOp>(op))
      products.push_back(describeSdsa(sdsa));
    if (isa<LinearOp, ConvOp>(op)) {
      json::Object object{{"node", onnx::getNodeName(op->getLoc())},
                          {"op", op->getName().stripDialect()}};
      if (Operation *site = getProducingSite(op->getOperand(0)))
        object["site"] = getSite(site)->name;
      if (auto scale = facts(op).getWeightScaleAttrHelper().getAttr(op)) {
        FailureOr<json::Array> values = floats(scale, op->getLoc());
        ok &= succeeded(values);
        if (succeeded(values))
          object["weight_scale"] = std::move(*values);
      }
      llvm::TypeSwitch<Operation *>(op).Case<LinearOp, ConvOp>(
          [&](auto product) {
            object["weights"] = cast<ShapedType>(product.getWeight().getType())
                                    .getNumElements();
            object["macs"] = countMacs(product);
          });
      if (fitted && fitted.contains(onnx::getNodeName(op->getLoc())))
        object["fitted"] = true;
      json::Array consumers;
      ok &= succeeded(describeConsumers(op->getResult(0), 0, consumers));
      object["consumers"] = std::move(consumers);
      products.push_back(std::move(object));
    }
    if (auto product = dyn_cast<MatMulOp>(op)) {
      json::Object object{{"node", onnx::getNodeName(op->getLoc())}};
      if (Operation *site = getProducingSite(product.getLhs()))
        object["site"] = getSite(site)->name;
      json::Array consumers;
      ok &= succeeded(describeConsumers(product.getResult(), 0, consumers));
      object["consumers"] = std::move(consumers);
      attention.push_back(std::move(object));
    }
  });
  if (!ok)
    return failure();
  json::Object report{{"schema_version", 1},
                      {"snnc", getVersion()},
                      {"sites", std::move(sites)},
                      {"products", std::move(products)},
                      {"attention", std::move(attention)},
                      {"float_products", std::move(floatProducts)},
                      {"float_reasons", std::move(floatReasons)}};
  if (auto digest = module->getAttrOfType<StringAttr>(onnx::digestAttrName))
    report["digest"] = digest.getValue();
  if (auto mask = facts(module).getMaskAttrHelper().getAttr(module))
    report["mask"] = mask.getValue();
  if (auto digital = facts(module).getDigitalOpsAttrHelper().getAttr(module)) {
    json::Object values;
    for (NamedAttribute entry : digital)
      values[entry.getName().getValue()] =
          cast<IntegerAttr>(entry.getValue()).getInt();
    report["digital_values_per_sample"] = std::move(values);
  }
  if (auto search = facts(module).getPhaseSearchAttrHelper().getAttr(module))
    report["phase_search"] = describeSearch(search);
  if (facts(module).getRandomCalibrationAttrHelper().isAttrPresent(module))
    report["calibration"] = "random";
  return report;
}

llvm::Error snn::writeJson(StringRef path, json::Object object) {
  return writeOutputFile(path, [&](llvm::raw_ostream &os) {
    os << llvm::formatv("{0:2}", json::Value(std::move(object))) << '\n';
  });
}
