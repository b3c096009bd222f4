//===- EqualizeFold.cpp - Where a channel's scale and shift go ------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EqualizeFold.h"
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

/// Whether `value` is a constant of floats, one a channel.
bool isChannelConstant(Value value, int64_t channels) {
  if (!isa_and_nonnull<onnx::ConstantOp>(value.getDefiningOp()))
    return false;
  RankedTensorType type = tensorType(value);
  return type.getElementType().isF32() && type.getNumElements() == channels &&
         type.getRank() > 0 && type.getShape().back() == channels;
}

/// The weight operand of a linear with static float weights that reads
/// `activation`, and its axis of input channels.
struct Linear {
  OpOperand *weight = nullptr;
  int64_t inputAxis = 0;
  double alpha = 1;
};

std::optional<Linear> matchLinear(Operation *op) {
  Linear linear;
  if (auto product = dyn_cast_or_null<onnx::MatMulOp>(op)) {
    linear.weight = &op->getOpOperand(1);
  } else if (auto gemm = dyn_cast_or_null<onnx::GemmOp>(op)) {
    if (gemm.getTransA())
      return std::nullopt;
    linear.weight = &op->getOpOperand(1);
    linear.inputAxis = gemm.getTransB() ? 1 : 0;
    linear.alpha = gemm.getAlpha();
  } else {
    return std::nullopt;
  }
  RankedTensorType type = tensorType(linear.weight->get());
  if (type.getRank() != 2 || !type.getElementType().isF32() ||
      !isStaticWeight(linear.weight->get()))
    return std::nullopt;
  // A weight that came quantised keeps its levels.
  Value root = linear.weight->get();
  while (isa<onnx::TransposeOp, onnx::ReshapeOp>(root.getDefiningOp()))
    root = root.getDefiningOp()->getOperand(0);
  if (!isa<onnx::ConstantOp>(root.getDefiningOp()))
    return std::nullopt;
  return linear;
}

/// The addition of a constant per channel that alone reads `product`.
onnx::AddOp findBias(Value product, int64_t channels) {
  if (!product.hasOneUse())
    return {};
  auto add = dyn_cast<onnx::AddOp>(*product.user_begin());
  if (!add || add.getType() != product.getType())
    return {};
  Value other = add.getA() == product ? add.getB() : add.getA();
  return isChannelConstant(other, channels) ? add : onnx::AddOp();
}

/// A linear, with or without a bias, whose result is `value` and has no other
/// reader.
Operation *findPlainLinear(Value value, int64_t channels) {
  if (!value.hasOneUse())
    return nullptr;
  Operation *op = value.getDefiningOp();
  if (auto add = dyn_cast_or_null<onnx::AddOp>(op)) {
    for (Value side : {add.getA(), add.getB()})
      if (matchLinear(side.getDefiningOp()) && findBias(side, channels) == add)
        return side.getDefiningOp();
    return nullptr;
  }
  if (!matchLinear(op))
    return nullptr;
  if (auto gemm = dyn_cast<onnx::GemmOp>(op))
    if (gemm.getC() && !isChannelConstant(gemm.getC(), channels))
      return nullptr;
  return op;
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

/// Reads, changes and replaces constants of one network.
class Folder {
public:
  explicit Folder(SiteOp site) : site(site) {}

  /// element *= factor[index on axis], element += term[...]; the constant gets
  /// a new value at this operand alone.
  LogicalResult change(OpOperand &operand, int64_t axis,
                       llvm::function_ref<double(double, int64_t)> f) {
    llvm::Expected<StaticWeight> weight =
        readStaticWeight(operand.get(), operand.getOwner()->getLoc());
    if (!weight)
      return operand.getOwner()->emitOpError(
          llvm::toString(weight.takeError()));
    const rt::Tensor &old = weight->values;
    rt::Tensor changed(rt::DType::F32, old.shape());
    int64_t inner = 1, size = old.dim(axis);
    for (int64_t a = axis + 1; a < old.rank(); ++a)
      inner *= old.dim(a);
    for (int64_t n = 0, count = old.size(); n < count; ++n)
      changed.data<float>()[n] =
          float(f(old.data<float>()[n], n / inner % size));
    OpBuilder b(operand.getOwner());
    operand.set(makeConstant(b, operand.get().getLoc(), weight->name,
                             std::move(changed)));
    return success();
  }

  Value makeConstant(OpBuilder &b, Location loc, StringRef name,
                     rt::Tensor tensor) {
    TypedAttr value = onnx::makeConstantAttr(
        b.getContext(), name.empty() ? site.getSite() : name, std::move(tensor),
        b.getF32Type());
    return onnx::ConstantOp::create(b, loc, value.getType(), value);
  }

  Value makeVector(OpBuilder &b, StringRef suffix, ArrayRef<double> numbers) {
    std::vector<float> values(numbers.begin(), numbers.end());
    return makeConstant(
        b, site.getLoc(), (site.getSite() + suffix).str(),
        rt::Tensor::fromVector({int64_t(values.size())}, values));
  }

  /// A location with a name for an op that is put before or behind the site.
  Location nameLocation(StringRef suffix) {
    return NameLoc::get(
        StringAttr::get(site.getContext(), site.getSite() + suffix));
  }

private:
  SiteOp site;
};

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
    Linear linear = *matchLinear(plan.op);
    if (failed(folder.change(*linear.weight, 1 - linear.inputAxis, divide)))
      return failure();
    if (auto add = findBias(plan.op->getResult(0), int64_t(scale.size()))) {
      OpOperand &bias =
          add->getOpOperand(add.getA() == plan.op->getResult(0) ? 1 : 0);
      if (failed(folder.change(bias, tensorType(bias.get()).getRank() - 1,
                               divide)))
        return failure();
    }
    if (auto gemm = dyn_cast<onnx::GemmOp>(plan.op); gemm && gemm.getC()) {
      OpOperand &bias = plan.op->getOpOperand(2);
      if (failed(folder.change(bias, tensorType(bias.get()).getRank() - 1,
                               divide)))
        return failure();
    }
    break;
  }
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
  auto addTerm = [&](OpOperand &bias, double beta) {
    return folder.change(
        bias, tensorType(bias.get()).getRank() - 1,
        [&](double v, int64_t c) { return v + term[c] / beta; });
  };
  if (auto gemm = dyn_cast<onnx::GemmOp>(op);
      gemm && gemm.getC() && gemm.getBeta() != 0 &&
      isChannelConstant(gemm.getC(), outputs))
    return addTerm(op->getOpOperand(2), gemm.getBeta());
  Value result = op->getResult(0);
  if (auto add = findBias(result, outputs))
    return addTerm(add->getOpOperand(add.getA() == result ? 1 : 0), 1);
  OpBuilder b(op->getContext());
  b.setInsertionPointAfter(op);
  StringRef node = onnx::getNodeName(op->getLoc());
  Value constant = folder.makeVector(b, ("/" + node).str(), term);
  auto sum = onnx::AddOp::create(b, folder.nameLocation(("/" + node).str()),
                                 result.getType(), result, constant);
  result.replaceAllUsesExcept(sum.getResult(), sum);
  return success();
}

void remarkMissed(SiteOp site, StringRef why) {
  std::string name = site.getSite().str();
  remark::missed(site.getLoc(), remark::RemarkOpts::name("NotEqualised")
                                    .category("spike-equalize")
                                    .function(name))
      << remark::reason("{0}", why);
}

} // namespace

std::optional<EqualizePlan> snn::calibration::planEqualisation(SiteOp site) {
  if (site.getKind() != SiteKind::Activation || site.getScale() ||
      site.getCoding())
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
        if (Operation *linear = findPlainLinear(factor, channels)) {
          plan.carrier = ScaleCarrier::Columns;
          plan.op = linear;
          plan.canShift = true;
          return plan;
        }
    }
  if (auto relu = dyn_cast_or_null<onnx::ReluOp>(op); relu && isAlone && isLast)
    if (Operation *linear = findPlainLinear(relu.getX(), channels)) {
      plan.carrier = ScaleCarrier::Columns;
      plan.op = linear;
      return plan;
    }
  return plan;
}

LogicalResult snn::calibration::foldEqualisation(const EqualizePlan &plan,
                                                 ArrayRef<float> scale,
                                                 ArrayRef<float> shift) {
  SiteOp site = plan.site;
  SmallVector<Operation *> readers(site.getResult().getUsers());
  for (Operation *op : readers)
    if (failed(foldBehind(site, op, scale, shift)))
      return failure();
  return foldBefore(plan, scale, shift);
}
