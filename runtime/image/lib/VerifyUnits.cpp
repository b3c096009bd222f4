//===- VerifyUnits.cpp - Neurons and attention engines ----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SectionChecker.h"
#include "Verifiers.h"
#include "snn/image/Attention.h"

#include <cmath>

using namespace snn;
using namespace snn::image;

namespace {

class UnitVerifier : SectionChecker {
public:
  explicit UnitVerifier(const Image &image)
      : SectionChecker(image.container(), image.all()), image(image) {}

  void run() {
    enter(section::requantisers);
    for (const pb::Requantiser &fire : contents.requantisers.requantisers())
      checkRequantiser(fire);
    enter(section::engines);
    for (const pb::Product &product : contents.engines.products())
      checkProduct(product);
    for (const pb::SpikingAttention &attention : contents.engines.attentions())
      checkAttention(attention);
  }

private:
  void checkRequantiser(const pb::Requantiser &fire) {
    std::string owner = "site '" + fire.site() + "'";
    require(fire.coding().train() && fire.coding().steps() == 0,
            owner + " fires no one-spike train");
    if (fire.thresholds() < 0)
      return checkParameters(fire, owner);
    require(fire.scale() == -1 && fire.bias() == -1 && fire.lowest() == -1 &&
                fire.highest() == -1 && !fire.relu() && fire.dead_zone() == 0,
            owner + " has thresholds, and what they would follow from");
    rt::Tensor theta = image.constant(fire.thresholds());
    const auto *values = theta.data<int32_t>();
    int64_t levels = theta.dim(1);
    require(theta.dim(0) >= 1, owner + " has no thresholds");
    for (int64_t n = 0; n < theta.size(); ++n)
      require(n % levels == 0 || values[n] >= values[n - 1],
              owner + " has thresholds that fall in channel " +
                  std::to_string(n / levels));
  }

  /// Thresholds that are expanded rise by themselves.
  void checkParameters(const pb::Requantiser &fire,
                       const std::string &owner) const {
    rt::Tensor scales = image.constant(fire.scale());
    for (float scale : scales.toVector<float>())
      require(scale > 0 && std::isfinite(scale),
              owner + " needs positive scales, has " + std::to_string(scale));
    if (fire.bias() >= 0)
      for (float bias : image.constant(fire.bias()).toVector<float>())
        require(std::isfinite(bias), owner + " has a bias that is not finite");
    int64_t rows = image.constant(fire.lowest()).size();
    require(scales.size() <= rows &&
                (fire.bias() < 0 || image.constant(fire.bias()).size() <= rows),
            owner + " needs ranges for all its channels");
    auto lowest = image.constant(fire.lowest()).toVector<int32_t>();
    auto highest = image.constant(fire.highest()).toVector<int32_t>();
    for (size_t n = 0; n < lowest.size(); ++n)
      require(lowest[n] <= highest[n], owner + " has accumulators from " +
                                           std::to_string(lowest[n]) + " to " +
                                           std::to_string(highest[n]));
  }

  void requireEngine(const std::string &engine, const std::string &kind,
                     const std::string &owner) const {
    require(engine == "digital" || engine == kind,
            owner + " needs the engine '" + kind + "' or 'digital', has '" +
                engine + "'");
  }

  void checkProduct(const pb::Product &product) const {
    std::string owner = "product '" + product.node() + "'";
    requireEngine(product.engine(), "mttfs", owner);
    require(product.train().train() && !product.resident().train(),
            owner + " needs a train and resident levels");
    require(product.engine() != "digital" || product.keys_per_tile() == 0,
            owner + " holds keys on the digital unit");
  }

  void checkAttention(const pb::SpikingAttention &attention) const {
    requireEngine(attention.engine(), getEngineKind(attention),
                  "attention '" + attention.node() + "'");
  }

  const Image &image;
};

} // namespace

void snn::image::detail::verifyUnits(const Image &image) {
  UnitVerifier(image).run();
}
