//===- EqualizeFold.cpp - Where a channel's scale and shift go ------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EqualizeFold.h"
#include "AttentionFold.h"
#include "LinearFold.h"
#include "SiteBits.h"
#include "mlir/IR/Remarks.h"
#include "snn/Dialect/Spike/StaticWeight.h"

using namespace mlir;
using namespace snn;
using namespace snn::calibration;
using namespace snn::spike;

namespace {

RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// The linear whose columns, one a channel, `value` is, which nothing else
/// reads.
Operation *findOwnLinear(Value value, int64_t channels) {
  RankedTensorType type = tensorType(value);
  if (!value.hasOneUse() || type.getRank() == 0 ||
      type.getShape().back() != channels)
    return nullptr;
  return findLinear(value);
}

/// The value behind transposes that only one op reads each, if the last axis
/// of `value` is then axis `axis`.
Value skipTransposes(Value value, int64_t &axis) {
  while (auto transpose = value.getDefiningOp<onnx::TransposeOp>()) {
    if (!value.hasOneUse())
      break;
    axis = transpose.getPermutation()[axis];
    value = transpose.getX();
  }
  return value;
}

/// x' for the ops before the site.
LogicalResult foldBefore(const EqualizePlan &plan, ArrayRef<float> scale,
                         ArrayRef<float> shift) {
  SiteOp site = plan.site;
  Folder folder(site);
  auto divide = [&](double v, int64_t c) { return v / double(scale[c]); };
  bool isShifted = !shift.empty();
  switch (plan.carrier) {
  case ScaleCarrier::Norm: {
    // Of both normalisations operand 1 is the gain, operand 2 the bias.
    if (failed(folder.change(plan.op->getOpOperand(1), 0, divide)))
      return failure();
    auto move = [&](double v, int64_t c) {
      return (v - (isShifted ? double(shift[c]) : 0.0)) / double(scale[c]);
    };
    if (plan.op->getNumOperands() > 2)
      return folder.change(plan.op->getOpOperand(2), 0, move);
    std::vector<double> bias(scale.size());
    for (size_t c = 0; c < bias.size(); ++c)
      bias[c] = move(0, int64_t(c));
    OpBuilder b(plan.op);
    cast<onnx::LayerNormalizationOp>(plan.op).getBiasMutable().assign(
        folder.makeVector(b, "/bias", bias));
    return success();
  }
  case ScaleCarrier::Gain: {
    OpOperand &gain = plan.op->getOpOperand(plan.gain);
    if (failed(
            folder.change(gain, tensorType(gain.get()).getRank() - 1, divide)))
      return failure();
    break;
  }
  case ScaleCarrier::Columns: {
    std::vector<double> divisor(scale.begin(), scale.end());
    if (failed(folder.changeColumns(plan.op, divisor, {})))
      return failure();
    break;
  }
  case ScaleCarrier::Attention:
    return foldAttention(*plan.attention, folder, scale, shift);
  case ScaleCarrier::Digital: {
    OpBuilder b(site);
    std::vector<double> factor(scale.size());
    for (size_t c = 0; c < factor.size(); ++c)
      factor[c] = 1 / double(scale[c]);
    Value constant = folder.makeVector(b, "/factor", factor);
    site.getXMutable().assign(
        onnx::MulOp::create(b, folder.nameLocation("/factor"),
                            site.getX().getType(), site.getX(), constant));
    break;
  }
  }
  if (!isShifted)
    return success();
  OpBuilder b(site);
  std::vector<double> term(scale.size());
  for (size_t c = 0; c < term.size(); ++c)
    term[c] = -double(shift[c]) / double(scale[c]);
  Value constant = folder.makeVector(b, "/term", term);
  site.getXMutable().assign(onnx::AddOp::create(b, folder.nameLocation("/term"),
                                                site.getX().getType(),
                                                site.getX(), constant));
  return success();
}

/// W' and b' of one linear behind the site.
LogicalResult foldBehind(SiteOp site, Operation *op, ArrayRef<float> scale,
                         ArrayRef<float> shift) {
  Folder folder(site);
  Linear linear = *matchLinear(op);
  // shift * W of the weights as they were.
  int64_t outputs = tensorType(op->getResult(0)).getShape().back();
  std::vector<double> term(outputs, 0.0);
  if (!shift.empty()) {
    llvm::Expected<StaticWeight> weight =
        readStaticWeight(linear.weight->get(), op->getLoc());
    if (!weight)
      return op->emitOpError(llvm::toString(weight.takeError()));
    const float *w = weight->values.data<float>();
    bool isTransposed = linear.inputAxis == 1;
    int64_t inputs = int64_t(scale.size());
    for (int64_t i = 0; i < inputs; ++i)
      for (int64_t o = 0; o < outputs; ++o)
        term[o] += linear.alpha * double(shift[i]) *
                   double(w[isTransposed ? o * inputs + i : i * outputs + o]);
  }
  if (failed(folder.change(
          *linear.weight, linear.inputAxis,
          [&](double v, int64_t c) { return v * double(scale[c]); })))
    return failure();
  if (shift.empty())
    return success();
  return folder.addTerm(op, term);
}

void remarkMissed(SiteOp site, StringRef why) {
  std::string name = site.getSite().str();
  remark::missed(site.getLoc(), remark::RemarkOpts::name("NotEqualised")
                                    .category("spike-equalize")
                                    .function(name))
      << remark::reason("{0}", why);
}

} // namespace

/// The plan of a query or a context, whose scales projections carry.
static std::optional<EqualizePlan>
planFromAttention(SiteOp site, std::optional<AttentionPlan> attention) {
  if (!attention) {
    remarkMissed(site, "its values are no linear's, moved, that nothing but "
                       "this attention reads");
    return std::nullopt;
  }
  EqualizePlan plan;
  plan.site = site;
  plan.carrier = ScaleCarrier::Attention;
  plan.canShift = attention->canShift;
  plan.attention = std::make_shared<AttentionPlan>(std::move(*attention));
  return plan;
}

std::optional<EqualizePlan>
snn::calibration::planEqualisation(SiteOp site, bool withAttention) {
  if (site.getScale() || site.getCoding())
    return std::nullopt;
  if (site.getKind() == SiteKind::Query)
    return withAttention && site.getResult().hasOneUse()
               ? planFromAttention(site, planQueries(site))
               : std::nullopt;
  if (site.getKind() != SiteKind::Activation)
    return std::nullopt;
  RankedTensorType type = tensorType(site.getX());
  if (type.getRank() < 2 || type.isDynamicDim(type.getRank() - 1))
    return std::nullopt;
  for (OpOperand &use : site.getResult().getUses())
    if (use.getOperandNumber() != 0 || !matchLinear(use.getOwner())) {
      remarkMissed(site, "a reader is no linear with static float weights");
      return std::nullopt;
    }
  EqualizePlan plan;
  plan.site = site;
  int64_t channels = plan.channels();
  StringRef kind = getSiteClass(site);
  if (kind == "contexts" && withAttention)
    return planFromAttention(site, planContexts(site));
  if (kind != "norms" && kind != "hidden") {
    remarkMissed(site, "its values are no norm's and no activation function's");
    return std::nullopt;
  }
  plan.canShift = kind == "norms";

  int64_t axis = type.getRank() - 1;
  Value x = skipTransposes(site.getX(), axis);
  Operation *op = x.getDefiningOp();
  bool isAlone = x.hasOneUse();
  bool isLast = axis == tensorType(x).getRank() - 1;
  auto norm = dyn_cast_or_null<onnx::LayerNormalizationOp>(op);
  if (norm && isAlone && isLast &&
      (norm.getAxis() == -1 || norm.getAxis() == axis) &&
      isChannelConstant(norm.getScale(), channels) &&
      (!norm.getBias() || isChannelConstant(norm.getBias(), channels))) {
    plan.carrier = ScaleCarrier::Norm;
    plan.op = op;
    return plan;
  }
  auto batchNorm = dyn_cast_or_null<onnx::BatchNormalizationOp>(op);
  if (batchNorm && isAlone && axis == 1 &&
      isChannelConstant(batchNorm.getScale(), channels) &&
      isChannelConstant(batchNorm.getBias(), channels)) {
    plan.carrier = ScaleCarrier::Norm;
    plan.op = op;
    return plan;
  }
  if (auto mul = dyn_cast_or_null<onnx::MulOp>(op); mul && isAlone && isLast)
    for (unsigned side = 0; side < 2; ++side) {
      Value factor = op->getOperand(side), other = op->getOperand(1 - side);
      if (other.getType() != mul.getType())
        continue;
      if (isChannelConstant(factor, channels) && plan.canShift) {
        plan.carrier = ScaleCarrier::Gain;
        plan.op = op;
        plan.gain = side;
        return plan;
      }
      if (kind == "hidden" && factor.getType() == mul.getType())
        if (Operation *linear = findOwnLinear(factor, channels)) {
          plan.carrier = ScaleCarrier::Columns;
          plan.op = linear;
          plan.canShift = true;
          return plan;
        }
    }
  if (auto relu = dyn_cast_or_null<onnx::ReluOp>(op); relu && isAlone && isLast)
    if (Operation *linear = findOwnLinear(relu.getX(), channels)) {
      plan.carrier = ScaleCarrier::Columns;
      plan.op = linear;
      return plan;
    }
  return plan;
}

/// The number of every channel's group.
static std::vector<float> pick(ArrayRef<float> numbers,
                               ArrayRef<int32_t> groups) {
  std::vector<float> picked;
  for (int32_t group : groups)
    picked.push_back(numbers[group]);
  return picked;
}

LogicalResult snn::calibration::foldEqualisation(const EqualizePlan &plan,
                                                 ArrayRef<float> scale,
                                                 ArrayRef<float> shift) {
  SiteOp site = plan.site;
  // A query's scale is in the keys.
  SmallVector<Operation *> readers;
  if (site.getKind() != SiteKind::Query)
    readers.assign(site.getResult().user_begin(), site.getResult().user_end());
  std::vector<float> scales(scale), shifts(shift);
  if (plan.attention && !readers.empty()) {
    std::vector<int32_t> groups = plan.attention->channels.alongLastAxis();
    scales = pick(scale, groups);
    if (!shift.empty())
      shifts = pick(shift, groups);
  }
  for (Operation *op : readers)
    if (failed(foldBehind(site, op, scales, shifts)))
      return failure();
  return foldBefore(plan, scale, shift);
}
