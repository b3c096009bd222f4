//===- Calibrate.cpp - Choose the quantiser of every site -----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CalibrationRun.h"
#include "DeadZoneRadii.h"
#include "LevelTables.h"
#include "SiteBits.h"
#include "SiteNotes.h"
#include "StepErrors.h"
#include "snn/Calibration/Passes.h"
#include "snn/Dialect/Spike/SiteUtils.h"

#include <cmath>

namespace snn::calibration {
#define GEN_PASS_DEF_SPIKECALIBRATE
#include "snn/Calibration/Passes.h.inc"
} // namespace snn::calibration

using namespace mlir;
using namespace snn;
using namespace snn::calibration;
using namespace snn::spike;

namespace {

struct Calibrate : calibration::impl::SpikeCalibrateBase<Calibrate> {
  using SpikeCalibrateBase::SpikeCalibrateBase;

  /// One bit stands for +-scale: the mean magnitude has the least error.
  static Choice chooseBinary(const std::vector<float> &values) {
    double sum = 0;
    for (float v : values)
      sum += std::fabs(v);
    float scale = values.empty() ? 1.0f : float(sum / double(values.size()));
    return {scale > 0 ? scale : 1.0f, 0};
  }

  /// The step of least squared error of a table's levels.
  static Choice chooseForTable(std::vector<float> values, LevelTable table,
                               unsigned bits, int32_t deadZone,
                               std::optional<double> &error) {
    rt::Coding coding = {int32_t(bits), table.zero, table.zero, deadZone, 1.0f};
    for (auto [q, level] : llvm::enumerate(table.levels))
      coding.table[q] = uint8_t(level - table.levels.front());
    double low = 0, high = 0, count = double(values.size());
    for (float v : values) {
      low = std::min(low, double(v));
      high = std::max(high, double(v));
    }
    double down = -coding.digit(0), up = coding.digit(coding.maxLevel());
    double reach =
        std::max(down > 0 ? -low / down : 0.0, up > 0 ? high / up : 0.0);
    Choice best = {1.0f, table.zero};
    if (!(reach > 0))
      return best;
    StepErrors errors(std::move(values));
    double bestError = std::numeric_limits<double>::infinity();
    constexpr int steps = 80;
    for (int i = 1; i <= steps; ++i) {
      coding.scale = float(reach * i / steps);
      if (!(coding.scale > 0))
        continue;
      double tried = errors.at(coding);
      if (tried < bestError) {
        bestError = tried;
        best.scale = coding.scale;
      }
    }
    error = bestError / count;
    return best;
  }

  /// The quantiser of a site; `error`, where least squared error chose it, is
  /// the mean square.
  Choice choose(std::vector<float> values, unsigned bits, SiteKind kind,
                int32_t deadZone, std::optional<double> &error) {
    int32_t maxLevel = (1 << bits) - 1;
    if (bits == 1)
      return chooseBinary(values);
    float lowest = 0, highest = 0;
    for (float v : values) {
      lowest = std::min(lowest, v);
      highest = std::max(highest, v);
    }
    bool isUnsigned = lowest >= 0 || kind == SiteKind::Probability;
    int64_t middle = int64_t(1) << (bits - 1);
    int64_t zero = isUnsigned ? 0 : middle;
    float magnitude = std::max(-lowest, highest);
    if (!(magnitude > 0))
      return {1.0f, zero};
    auto positive = [&](int64_t z) { return float(maxLevel - z); };
    if (range == "max")
      return {isUnsigned ? magnitude / positive(0)
                         : std::max(highest / positive(middle),
                                    -lowest / float(middle)),
              zero};
    if (range == "percentile") {
      for (float &v : values)
        v = std::fabs(v);
      size_t rank = std::min(values.size() - 1,
                             size_t(percentile / 100 * double(values.size())));
      std::nth_element(values.begin(), values.begin() + rank, values.end());
      float bound = values[rank] > 0 ? values[rank] : magnitude;
      return {bound / positive(zero), zero};
    }
    // Least squared error, dead zone included: over steps, and over zero points
    // that suit the skew, of which random inputs say nothing.
    std::vector<int64_t> zeros = {zero};
    if (!isUnsigned && kind == SiteKind::Activation &&
        !StringRef(inputs).starts_with("random:")) {
      if (bits <= 4) {
        for (int64_t z = 0; z <= maxLevel; ++z)
          if (z != middle)
            zeros.push_back(z);
      } else {
        float span = highest - lowest;
        int64_t fitted = std::llround(-lowest / span * float(maxLevel));
        if (fitted != middle)
          zeros.push_back(fitted);
      }
    }
    double count = double(values.size());
    StepErrors errors(std::move(values));
    Choice best = {magnitude / positive(zero), zero};
    double bestError = std::numeric_limits<double>::infinity();
    for (int64_t z : zeros) {
      float reach = std::max(z > 0 ? -lowest / float(z) : 0.0f,
                             z < maxLevel ? highest / positive(z) : 0.0f);
      constexpr int steps = 80;
      for (int i = 1; i <= steps; ++i) {
        Choice choice = {reach * float(i) / steps, z};
        if (!(choice.scale > 0))
          continue;
        double tried = errors.at(
            {int32_t(bits), int32_t(z), int32_t(z), deadZone, choice.scale});
        if (tried < bestError) {
          bestError = tried;
          best = choice;
        }
      }
    }
    if (std::isfinite(bestError))
      error = bestError / count;
    return best;
  }

  void runOnOperation() override {
    if (range != "mse" && range != "percentile" && range != "max") {
      getOperation().emitError("needs range mse, percentile or max, has '")
          << range << "'";
      return signalPassFailure();
    }
    FailureOr<SiteBits> siteWidths =
        readSiteBits(getOperation(), activationBits, residentBits,
                     llvm::to_vector(siteBits));
    if (failed(siteWidths))
      return signalPassFailure();
    SmallVector<Site> sites = getSites(getOperation());
    bool any = llvm::any_of(
        sites, [](const Site &site) { return isa<SiteOp>(site.op); });
    if (!any)
      return;
    FailureOr<DeadZoneRadii> radii = readDeadZoneRadii(
        getOperation(), radius, llvm::to_vector(deadZoneSites));
    if (failed(radii))
      return signalPassFailure();
    FailureOr<LevelTables> tables = readLevelTables(
        getOperation(), *siteWidths, llvm::to_vector(levelTables));
    if (failed(tables))
      return signalPassFailure();
    SiteNotes notes(getOperation());
    auto chooseSite = [&](SiteOp site, std::vector<float> values) {
      notes.set(site.getSite(), "class", getSiteClass(site));
      if (site.getScale()) // equalised
        return;
      unsigned bits = siteWidths->at(site);
      std::optional<double> error;
      auto deadZone = int32_t(radii->at(site.getSite(), site.getKind()));
      Choice choice;
      bool isUnsigned = site.getKind() == SiteKind::Probability ||
                        llvm::all_of(values, [](float v) { return !(v < 0); });
      if (std::optional<LevelTable> table =
              tables->at(site, bits, isUnsigned)) {
        choice =
            chooseForTable(std::move(values), *table, bits, deadZone, error);
        site.setTable(table->levels);
      } else {
        choice =
            choose(std::move(values), bits, site.getKind(), deadZone, error);
      }
      if (error)
        notes.set(site.getSite(), "error", *error);
      site.setBits(bits);
      site.setZero(choice.zero);
      site.setScaleAttr(
          FloatAttr::get(Float32Type::get(&getContext()), choice.scale));
    };
    if (failed(runCalibration(getOperation(), inputs, chooseSite)))
      return signalPassFailure();
    notes.store();
  }
};

} // namespace
