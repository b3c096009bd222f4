//===- LinearFold.cpp - Linears that take scales and shifts ---------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinearFold.h"
#include "snn/Dialect/Spike/StaticWeight.h"

using namespace mlir;
using namespace snn;
using namespace snn::calibration;
using namespace snn::spike;

static RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

bool snn::calibration::isChannelConstant(Value value, int64_t channels) {
  if (!isa_and_nonnull<onnx::ConstantOp>(value.getDefiningOp()))
    return false;
  RankedTensorType type = tensorType(value);
  return type.getElementType().isF32() && type.getNumElements() == channels &&
         type.getRank() > 0 && type.getShape().back() == channels;
}

std::optional<Linear> snn::calibration::matchLinear(Operation *op) {
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

onnx::AddOp snn::calibration::findBias(Value product, int64_t channels) {
  if (!product.hasOneUse())
    return {};
  auto add = dyn_cast<onnx::AddOp>(*product.user_begin());
  if (!add || add.getType() != product.getType())
    return {};
  Value other = add.getA() == product ? add.getB() : add.getA();
  return isChannelConstant(other, channels) ? add : onnx::AddOp();
}

Operation *snn::calibration::findLinear(Value value) {
  Operation *op = value.getDefiningOp();
  if (tensorType(value).getRank() == 0)
    return nullptr;
  int64_t channels = tensorType(value).getShape().back();
  if (auto add = dyn_cast_or_null<onnx::AddOp>(op)) {
    for (Value side : {add.getA(), add.getB()})
      if (matchLinear(side.getDefiningOp()) && findBias(side, channels) == add)
        return side.getDefiningOp();
    return nullptr;
  }
  if (!matchLinear(op))
    return nullptr;
  if (auto gemm = dyn_cast<onnx::GemmOp>(op))
    if (gemm.getC() &&
        (gemm.getBeta() == 0 || !isChannelConstant(gemm.getC(), channels)))
      return nullptr;
  return op;
}

LogicalResult Folder::change(OpOperand &operand, int64_t axis,
                             llvm::function_ref<double(double, int64_t)> f) {
  llvm::Expected<StaticWeight> weight =
      readStaticWeight(operand.get(), operand.getOwner()->getLoc());
  if (!weight)
    return operand.getOwner()->emitOpError(llvm::toString(weight.takeError()));
  const rt::Tensor &old = weight->values;
  rt::Tensor changed(rt::DType::F32, old.shape());
  int64_t inner = 1, size = old.dim(axis);
  for (int64_t a = axis + 1; a < old.rank(); ++a)
    inner *= old.dim(a);
  for (int64_t n = 0, count = old.size(); n < count; ++n)
    changed.data<float>()[n] = float(f(old.data<float>()[n], n / inner % size));
  OpBuilder b(operand.getOwner());
  operand.set(makeConstant(b, operand.get().getLoc(), weight->name,
                           std::move(changed)));
  return success();
}

LogicalResult Folder::addTerm(Operation *linear, ArrayRef<double> term) {
  auto channels = int64_t(term.size());
  auto add = [&](OpOperand &bias, double beta) {
    return change(bias, tensorType(bias.get()).getRank() - 1,
                  [&](double v, int64_t c) { return v + term[c] / beta; });
  };
  if (auto gemm = dyn_cast<onnx::GemmOp>(linear);
      gemm && gemm.getC() && gemm.getBeta() != 0 &&
      isChannelConstant(gemm.getC(), channels))
    return add(linear->getOpOperand(2), gemm.getBeta());
  Value result = linear->getResult(0);
  if (auto bias = findBias(result, channels))
    return add(bias->getOpOperand(bias.getA() == result ? 1 : 0), 1);
  OpBuilder b(linear->getContext());
  b.setInsertionPointAfter(linear);
  std::string suffix = ("/" + onnx::getNodeName(linear->getLoc())).str();
  Value constant = makeVector(b, suffix, term);
  auto sum = onnx::AddOp::create(b, nameLocation(suffix), result.getType(),
                                 result, constant);
  result.replaceAllUsesExcept(sum.getResult(), sum);
  return success();
}

LogicalResult Folder::changeColumns(Operation *op, ArrayRef<double> divisor,
                                    ArrayRef<double> term) {
  Linear linear = *matchLinear(op);
  auto channels = int64_t(divisor.size());
  auto divide = [&](double v, int64_t c) { return v / divisor[c]; };
  if (failed(change(*linear.weight, 1 - linear.inputAxis, divide)))
    return failure();
  auto divideBias = [&](OpOperand &bias) {
    return change(bias, tensorType(bias.get()).getRank() - 1, divide);
  };
  if (auto add = findBias(op->getResult(0), channels))
    if (failed(divideBias(
            add->getOpOperand(add.getA() == op->getResult(0) ? 1 : 0))))
      return failure();
  if (auto gemm = dyn_cast<onnx::GemmOp>(op); gemm && gemm.getC())
    if (failed(divideBias(op->getOpOperand(2))))
      return failure();
  return term.empty() ? success() : addTerm(op, term);
}

Value Folder::makeConstant(OpBuilder &b, Location loc, StringRef name,
                           rt::Tensor tensor) {
  TypedAttr value = onnx::makeConstantAttr(b.getContext(),
                                           name.empty() ? site.getSite() : name,
                                           std::move(tensor), b.getF32Type());
  return onnx::ConstantOp::create(b, loc, value.getType(), value);
}

Value Folder::makeVector(OpBuilder &b, StringRef suffix,
                         ArrayRef<double> numbers) {
  std::vector<float> values(numbers.begin(), numbers.end());
  return makeConstant(b, site.getLoc(), (site.getSite() + suffix).str(),
                      rt::Tensor::fromVector({int64_t(values.size())}, values));
}

Location Folder::nameLocation(StringRef suffix) {
  return NameLoc::get(
      StringAttr::get(site.getContext(), site.getSite() + suffix));
}
