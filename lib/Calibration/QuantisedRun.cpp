//===- QuantisedRun.cpp - Networks with some sites quantised --------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantisedRun.h"
#include "SiteBits.h"

#include <cmath>

using namespace mlir;
using namespace snn;
using namespace snn::calibration;
using namespace snn::spike;

LevelType snn::calibration::getLevelType(SiteOp site, unsigned radius) {
  return LevelType::get(
      site->getContext(), *site.getBits(), *site.getZero(), *site.getZero(),
      radius, F64(site.getScale()->convertToDouble()), site.getTableAttr());
}

Value snn::calibration::quantiseSite(OpBuilder &b, SiteOp site, Value x,
                                     Value valid, unsigned radius) {
  auto type = cast<RankedTensorType>(x.getType());
  Value q = QuantizeOp::create(
      b, site.getLoc(), type.clone(getLevelType(site, radius)), x, valid,
      site.getSiteAttr(), site.getKindAttr(), site.getTokenAxesAttr());
  return DequantizeOp::create(b, site.getLoc(), type, q);
}

OwningOpRef<ModuleOp>
snn::calibration::cloneQuantised(ModuleOp module, const DeadZoneRadii &radii,
                                 llvm::function_ref<bool(SiteOp)> choose) {
  OwningOpRef<ModuleOp> copy = module.clone();
  SmallVector<SiteOp> sites;
  copy->walk([&](SiteOp site) {
    if (site.getScale() && choose(site))
      sites.push_back(site);
  });
  for (SiteOp site : sites) {
    OpBuilder b(site);
    site.getResult().replaceAllUsesWith(
        quantiseSite(b, site, site.getX(), site.getValid(),
                     radii.at(site.getSite(), site.getKind())));
    site.erase();
  }
  return copy;
}

/// Leaves the first samples: `fewest`, or more until a site of `module` sees
/// `tokens` of them. The inputs stay in their groups.
static void limitSamples(ModuleOp module, int64_t tokens, int64_t fewest,
                         std::vector<SampleTensors> &samples) {
  int64_t most = 1; // a sample's tokens
  module.walk([&](SiteOp site) {
    if (site.getKind() == SiteKind::Activation)
      most = std::max(most, countTokens(site));
  });
  int64_t wanted = std::max(fewest, (tokens + most - 1) / most);
  for (SampleTensors &argument : samples) {
    if (argument.size() < 2)
      continue;
    int64_t rows = 0;
    size_t groups = 0;
    while (groups < argument.size() && rows < wanted) {
      const rt::Tensor &group = argument[groups++];
      rows += group.rank() > 0 ? group.dim(0) : 1;
    }
    argument.resize(groups);
  }
}

FailureOr<TrialInputs> snn::calibration::loadTrial(ModuleOp module,
                                                   StringRef inputs, int radius,
                                                   ArrayRef<std::string> sites,
                                                   int64_t tokens,
                                                   int64_t fewest) {
  FailureOr<DeadZoneRadii> radii = readDeadZoneRadii(module, radius, sites);
  func::FuncOp function = getEntryPoint(module);
  if (failed(radii) || !function)
    return failure();
  FailureOr<std::vector<SampleTensors>> samples = loadSamples(function, inputs);
  if (failed(samples))
    return failure();
  limitSamples(module, tokens, fewest, *samples);
  return TrialInputs{std::move(*radii), std::move(*samples)};
}

FailureOr<std::vector<SampleTensors>>
snn::calibration::runNetwork(ModuleOp module,
                             const std::vector<SampleTensors> &samples) {
  func::FuncOp function = getEntryPoint(module);
  if (!function)
    return failure();
  Interpreter interpreter(function);
  interpreter.setFast(true);
  return interpreter.run(samples);
}

double snn::calibration::relativeError(const std::vector<SampleTensors> &wanted,
                                       const std::vector<SampleTensors> &has) {
  double total = 0;
  for (auto [a, b] : llvm::zip(wanted, has)) {
    double difference = 0, sum = 0, squares = 0, count = 0;
    for (auto [x, y] : llvm::zip(a, b)) {
      if (x.dtype() != rt::DType::F32)
        continue;
      for (int64_t n = 0, size = x.size(); n < size; ++n) {
        double v = x.template data<float>()[n], w = y.template data<float>()[n];
        if (!std::isfinite(v))
          continue;
        difference += (v - w) * (v - w);
        sum += v;
        squares += v * v;
        ++count;
      }
    }
    if (difference > 0)
      total += difference /
               std::max(squares - sum * sum / std::max(count, 1.0), 1e-30);
  }
  return total;
}
