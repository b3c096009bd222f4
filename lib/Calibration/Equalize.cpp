//===- Equalize.cpp - Give the channels of a site one range ---------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelRange.h"
#include "DeadZoneRadii.h"
#include "EqualizeFold.h"
#include "LevelTables.h"
#include "QuantisedRun.h"
#include "SiteBits.h"
#include "SiteNotes.h"
#include "mlir/IR/Remarks.h"
#include "mlir/IR/Threading.h"
#include "snn/Calibration/Passes.h"
#include "snn/Dialect/Spike/SiteUtils.h"

#include <algorithm>
#include <cmath>

namespace snn::calibration {
#define GEN_PASS_DEF_SPIKEEQUALIZE
#include "snn/Calibration/Passes.h.inc"
} // namespace snn::calibration

using namespace mlir;
using namespace snn;
using namespace snn::calibration;
using namespace snn::spike;

namespace {

/// At most this many rows of a site decide, taken at a fixed stride.
constexpr int64_t maxRows = 4096;

/// At most `maxRows` of a channel's values, taken at a fixed stride.
void thinOut(std::vector<float> &values) {
  auto total = int64_t(values.size());
  if (total <= maxRows)
    return;
  for (int64_t i = 0; i < maxRows; ++i)
    values[i] = values[i * total / maxRows];
  values.resize(maxRows);
}

/// The values of an attention's site on kept tokens, group by group.
std::vector<std::vector<float>> gatherGroups(SiteOp site,
                                             const AttentionPlan &plan,
                                             const SampleTensors &x,
                                             const SampleTensors *valid) {
  std::vector<std::vector<float>> values(plan.groups);
  for (size_t s = 0; s < x.size(); ++s) {
    const rt::Tensor *keep =
        valid ? &(*valid)[valid->size() == 1 ? 0 : s] : nullptr;
    std::vector<bool> flags =
        expandValidity(x[s].shape(), keep, getSite(site)->tokenAxes);
    std::vector<int32_t> groups = plan.channels.of(x[s].shape());
    for (int64_t n = 0, size = x[s].size(); n < size; ++n)
      if (flags.empty() || flags[n])
        values[groups[n]].push_back(x[s].data<float>()[n]);
  }
  for (std::vector<float> &group : values)
    thinOut(group);
  return values;
}

/// The values of a site on kept tokens, channel by channel.
std::vector<std::vector<float>> gatherChannels(SiteOp site,
                                               const SampleTensors &x,
                                               const SampleTensors *valid) {
  int64_t channels =
      cast<RankedTensorType>(site.getX().getType()).getShape().back();
  std::vector<const float *> rows;
  for (size_t s = 0; s < x.size(); ++s) {
    const rt::Tensor *keep =
        valid ? &(*valid)[valid->size() == 1 ? 0 : s] : nullptr;
    std::vector<bool> flags =
        expandValidity(x[s].shape(), keep, getSite(site)->tokenAxes);
    for (int64_t n = 0, size = x[s].size(); n < size; n += channels)
      if (flags.empty() || flags[n])
        rows.push_back(x[s].data<float>() + n);
  }
  int64_t count = std::min(maxRows, int64_t(rows.size()));
  std::vector<std::vector<float>> values(channels);
  for (auto &channel : values)
    channel.reserve(count);
  for (int64_t i = 0; i < count; ++i) {
    const float *row = rows[i * int64_t(rows.size()) / count];
    for (int64_t c = 0; c < channels; ++c)
      values[c].push_back(row[c]);
  }
  return values;
}

/// What was chosen for a site.
struct Choice {
  EqualizePlan plan;
  LevelRange levels;
  std::vector<float> scale, shift;
  double error = 0; ///< mean square
};

struct Equalize : calibration::impl::SpikeEqualizeBase<Equalize> {
  using SpikeEqualizeBase::SpikeEqualizeBase;

  /// Scales and shifts of all channels with the zero point `levels.zero`.
  static Choice fit(const EqualizePlan &plan, const LevelRange &levels,
                    const std::vector<ChannelValues> &channels) {
    Choice choice{plan, levels, {}, {}, 0};
    std::vector<ChannelRange> ranges(channels.size());
    mlir::parallelFor(
        plan.site->getContext(), 0, channels.size(), [&](size_t c) {
          ranges[c] = plan.canShift ? channels[c].fitShifted(levels)
                                    : channels[c].fitScaled(levels);
        });
    // A channel that never changes takes the others' typical step.
    std::vector<float> steps;
    for (const ChannelRange &range : ranges)
      if (range.step > 0)
        steps.push_back(range.step);
    float typical = 1;
    if (!steps.empty()) {
      auto middle = steps.begin() + int64_t(steps.size() / 2);
      std::nth_element(steps.begin(), middle, steps.end());
      typical = *middle;
    }
    for (auto [range, channel] : llvm::zip(ranges, channels)) {
      choice.scale.push_back(range.step > 0 ? range.step : typical);
      if (plan.canShift)
        choice.shift.push_back(range.shift);
      choice.error +=
          range.error / (double(channel.size()) * double(ranges.size()));
    }
    return choice;
  }

  static FailureOr<Choice> choose(const EqualizePlan &plan, unsigned bits,
                                  int32_t deadZone, const LevelTables &tables,
                                  const SampleTensors &x,
                                  const SampleTensors *valid) {
    std::vector<std::vector<float>> groups =
        plan.attention ? gatherGroups(plan.site, *plan.attention, x, valid)
                       : gatherChannels(plan.site, x, valid);
    for (const std::vector<float> &values : groups) {
      if (!llvm::all_of(values, [](float v) { return std::isfinite(v); }))
        return plan.site->emitOpError("sees values that are not finite on the "
                                      "calibration inputs");
      if (values.empty())
        return failure();
    }
    std::vector<ChannelValues> channels(groups.size());
    mlir::parallelFor(plan.site->getContext(), 0, groups.size(), [&](size_t c) {
      channels[c] = ChannelValues(std::move(groups[c]));
    });
    bool isPositive = llvm::all_of(channels, [](const ChannelValues &values) {
      return values.lowest() >= 0;
    });
    int32_t middle = 1 << (bits - 1);
    if (std::optional<LevelTable> table =
            tables.at(plan.site, bits, isPositive && !plan.canShift))
      return fit(plan, {bits, table->zero, deadZone, table->levels}, channels);
    if (plan.canShift)
      return fit(plan, {bits, middle, deadZone}, channels);
    if (isPositive)
      return fit(plan, {bits, 0, deadZone}, channels);
    // Zero is a level: the one that suits all channels together.
    std::optional<Choice> best;
    for (int32_t zero = 1; zero <= middle; zero += std::max(1, middle / 16)) {
      Choice choice = fit(plan, {bits, zero, deadZone}, channels);
      if (!best || choice.error < best->error)
        best = choice;
    }
    return *best;
  }

  /// The largest difference of two runs' results, over the largest result.
  static double compare(const std::vector<SampleTensors> &wanted,
                        const std::vector<SampleTensors> &has) {
    double worst = 0;
    for (auto [a, b] : llvm::zip(wanted, has)) {
      double difference = 0, largest = 0;
      for (size_t s = 0; s < b.size() && s < a.size(); ++s) {
        if (a[s].dtype() != rt::DType::F32)
          continue;
        for (int64_t n = 0, size = a[s].size(); n < size; ++n) {
          double x = a[s].data<float>()[n], y = b[s].data<float>()[n];
          if (std::isfinite(x))
            largest = std::max(largest, std::fabs(x));
          if (!(x == y) && !(std::isnan(x) && std::isnan(y)))
            difference =
                std::max(difference, std::isfinite(x - y) ? std::fabs(x - y)
                                                          : double(INFINITY));
        }
      }
      if (difference > 0)
        worst = std::max(worst, difference / std::max(largest, 1e-30));
    }
    return worst;
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (mode != "auto" && mode != "on" && mode != "off") {
      module.emitError("needs mode auto, on or off, has '") << mode << "'";
      return signalPassFailure();
    }
    bool isRandom = StringRef(inputs).starts_with("random:");
    bool any = false;
    module.walk([&](SiteOp) { any = true; });
    if (!any || inputs.empty() || mode == "off" || (mode == "auto" && isRandom))
      return;
    FailureOr<SiteBits> bits =
        readSiteBits(module, activationBits, 8, llvm::to_vector(siteBits));
    FailureOr<DeadZoneRadii> radii =
        readDeadZoneRadii(module, radius, llvm::to_vector(deadZoneSites));
    if (failed(bits) || failed(radii))
      return signalPassFailure();
    FailureOr<LevelTables> tables =
        readLevelTables(module, *bits, llvm::to_vector(levelTables));
    if (failed(tables))
      return signalPassFailure();

    llvm::DenseMap<Operation *, EqualizePlan> plans;
    module.walk([&](SiteOp site) {
      if (mode == "auto" && bits->at(site) > finestBits)
        return;
      if (std::optional<EqualizePlan> plan =
              planEqualisation(site, mode == "on" || attention))
        plans[site] = *plan;
    });
    func::FuncOp function = getEntryPoint(module);
    if (!function)
      return signalPassFailure();
    if (plans.empty())
      return;
    FailureOr<TrialInputs> trial = loadTrial(
        module, inputs, radius, llvm::to_vector(deadZoneSites), maxRows, 64);
    if (failed(trial))
      return signalPassFailure();
    std::vector<SampleTensors> &samples = trial->samples;

    std::vector<Choice> choices;
    Interpreter interpreter(function);
    interpreter.setFast(true);
    interpreter.setBefore([&](Operation *op,
                              ArrayRef<const SampleTensors *> operands) {
      auto it = plans.find(op);
      if (it == plans.end())
        return success();
      auto site = cast<SiteOp>(op);
      FailureOr<Choice> choice =
          choose(it->second, bits->at(site),
                 int32_t(radii->at(site.getSite(), site.getKind())), *tables,
                 *operands[0], operands.size() > 1 ? operands[1] : nullptr);
      if (failed(choice))
        return LogicalResult(failure());
      choices.push_back(std::move(*choice));
      return success();
    });
    FailureOr<std::vector<SampleTensors>> wanted = interpreter.run(samples);
    if (failed(wanted))
      return signalPassFailure();

    OwningOpRef<ModuleOp> original = module.clone();
    SiteNotes notes(module);
    for (Choice &choice : choices) {
      SiteOp site = choice.plan.site;
      if (failed(foldEqualisation(choice.plan, choice.scale, choice.shift)))
        return signalPassFailure();
      site.setBits(choice.levels.bits);
      site.setZero(choice.levels.zero);
      if (!choice.levels.table.empty())
        site.setTable(choice.levels.table);
      site.setScaleAttr(FloatAttr::get(Float32Type::get(&getContext()), 1.0));
      notes.set(site.getSite(), "error", choice.error);
      notes.setVector(site.getSite(), "channel_scale", choice.scale);
      if (!choice.shift.empty())
        notes.setVector(site.getSite(), "channel_shift", choice.shift);
      std::string name = site.getSite().str();
      remark::passed(site.getLoc(), remark::RemarkOpts::name("Equalised")
                                        .category("spike-equalize")
                                        .function(name))
          << remark::metric("zero", choice.levels.zero)
          << remark::metric("error", choice.error);
    }

    // A part of the samples tells whether the network is what it was.
    for (SampleTensors &argument : samples)
      if (argument.size() > 1)
        argument.resize(
            std::min<size_t>(argument.size(), argument[0].dim(0) > 1 ? 1 : 16));
    Interpreter check(function);
    check.setFast(true);
    FailureOr<std::vector<SampleTensors>> has = check.run(samples);
    if (failed(has))
      return signalPassFailure();
    double difference = compare(*wanted, *has);
    if (difference <= tolerance) {
      notes.store();
      return;
    }
    module.emitWarning("is not equalised: its outputs would differ by ")
        << toShortest(difference) << " of the largest, more than "
        << toShortest(tolerance.getValue());
    module.getBodyRegion().takeBody(original->getBodyRegion());
  }
};

} // namespace
