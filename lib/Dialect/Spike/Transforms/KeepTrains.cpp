//===- KeepTrains.cpp - The spike-keep-trains pass ------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MembranePolynomial.h"
#include "TrainPatterns.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "snn/Dialect/Spike/Passes.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Dialect/Spike/StaticWeight.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

namespace snn::spike {
#define GEN_PASS_DEF_SPIKEKEEPTRAINS
#include "snn/Dialect/Spike/Passes.h.inc"
} // namespace snn::spike

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

/// A train, and what one of its spikes stands for.
struct Numbers {
  Value train;
  double unit = 1;

  explicit operator bool() const { return bool(train); }
  Type type() const { return train.getType(); }
  Type element() const { return tensorType(train).getElementType(); }
  int64_t steps() const { return getTimeSteps(train.getType()); }
  bool isBinary() const { return isa<BinaryType>(element()); }
};

bool isPowerOfTwo(double value) {
  int exponent;
  return std::frexp(value, &exponent) == 0.5;
}

/// Finds, and makes, the trains that float values are the numbers of.
class TrainBuilder {
public:
  explicit TrainBuilder(ModuleOp module) : names(module) {}

  /// The train whose numbers `value` holds; none if it holds other numbers.
  Numbers find(Value value) {
    if (auto found = trains.find(value); found != trains.end())
      return found->second;
    Numbers numbers = build(value);
    trains[value] = numbers;
    return numbers;
  }

private:
  Numbers build(Value value);
  Numbers buildMovement(Operation *op);
  Numbers buildPool(onnx::MaxPoolOp op);
  Numbers buildProduct(onnx::MulOp op);
  Numbers buildSum(onnx::AddOp op);
  Numbers buildJoin(onnx::ConcatOp op);
  Numbers buildTotal(Operation *op, Value x, ArrayRef<int64_t> axes,
                     bool keepdims, bool isMean);
  Numbers buildAveragePool(onnx::AveragePoolOp op);
  Value joinWindows(onnx::AveragePoolOp op, const Numbers &numbers);
  Numbers buildRepeated(onnx::ResizeOp op);
  Numbers buildScaled(Operation *op, Value value, double factor);

  /// `op` again, on trains, with elements of `element`.
  Value cloneOn(Operation *op, ArrayRef<Value> operands, Type element) {
    OpBuilder b(op);
    IRMapping mapping;
    for (auto [from, to] : llvm::zip(op->getOperands(), operands))
      mapping.map(from, to);
    Operation *clone = b.clone(*op, mapping);
    clone->getResult(0).setType(tensorType(op->getResult(0)).clone(element));
    return clone->getResult(0);
  }

  Numbers missed(Operation *op, const Twine &reason) {
    std::string text = reason.str();
    StringRef name = onnx::getNodeName(op->getLoc());
    remark::missed(op->getLoc(), remark::RemarkOpts::name("NoTrain")
                                     .category("spike-keep-trains")
                                     .function(name))
        << remark::reason("{0}; it stays a float", text);
    return {};
  }

  DenseMap<Value, Numbers> trains;
  TrainNames names;
};

Numbers TrainBuilder::buildMovement(Operation *op) {
  // What is moved is known before what moves it is made.
  if (!isa<onnx::ReshapeOp, onnx::TransposeOp, onnx::SliceOp, onnx::GatherOp,
           onnx::ExpandOp, onnx::PadOp>(op))
    return {};
  Numbers numbers = find(op->getOperand(0));
  if (!numbers)
    return {};
  RankedTensorType from = tensorType(op->getOperand(0));
  RankedTensorType to = tensorType(op->getResult(0));
  bool isMoved = true;
  if (auto gather = dyn_cast<onnx::GatherOp>(op))
    isMoved = bool(onnx::getConstantAttr(gather.getIndices()));
  else if (auto expand = dyn_cast<onnx::ExpandOp>(op))
    isMoved = !expand.getLike() && from.getRank() == to.getRank() &&
              from.getDimSize(0) == to.getDimSize(0);
  else if (auto pad = dyn_cast<onnx::PadOp>(op))
    isMoved = pad.getMode() == "constant" && pad.getValue() == 0;
  if (!isMoved)
    return {};
  SmallVector<Value> operands(op->getOperands());
  operands[0] = numbers.train;
  return {cloneOn(op, operands, numbers.element()), numbers.unit};
}

Numbers TrainBuilder::buildPool(onnx::MaxPoolOp op) {
  Numbers numbers = find(op.getX());
  if (!numbers)
    return {};
  OpBuilder b(op);
  Value train = MaxPoolOp::create(
      b, op.getLoc(), tensorType(op.getY()).clone(numbers.element()),
      numbers.train, names.make(op), op.getKernelAttr(), op.getStridesAttr(),
      op.getPadsAttr(), op.getDilationsAttr(),
      op.getCeilMode() ? b.getUnitAttr() : UnitAttr());
  return {train, numbers.unit};
}

Numbers TrainBuilder::buildProduct(onnx::MulOp op) {
  for (unsigned side : {1u, 0u})
    if (std::optional<double> factor = getUniformFloat(op->getOperand(side)))
      return buildScaled(op, op->getOperand(1 - side), *factor);
  OpBuilder b(op);
  auto fits = [&](const Numbers &left, const Numbers &right) {
    return left.isBinary() && left.element() == right.element();
  };
  constexpr StringRef need = "a product of trains needs binary ones of one "
                             "number of steps";
  for (unsigned side : {1u, 0u}) {
    auto complement = op->getOperand(side).getDefiningOp<onnx::SubOp>();
    if (!complement || getUniformFloat(complement.getA()) != 1.0)
      continue;
    Numbers kept = find(op->getOperand(1 - side)),
            other = find(complement.getB());
    if (!kept || !other)
      return {};
    if (!fits(kept, other) || other.unit != 1)
      return missed(op, need);
    Value train = AndNotOp::create(b, op.getLoc(),
                                   tensorType(op.getY()).clone(kept.element()),
                                   kept.train, other.train, names.make(op));
    return {train, kept.unit};
  }
  Numbers left = find(op.getA()), right = find(op.getB());
  if (!left || !right)
    return {};
  if (!fits(left, right) ||
      !(isPowerOfTwo(left.unit) || isPowerOfTwo(right.unit)))
    return missed(op, need);
  Value train =
      AndOp::create(b, op.getLoc(), tensorType(op.getY()).clone(left.element()),
                    left.train, right.train, names.make(op));
  return {train, left.unit * right.unit};
}

Numbers TrainBuilder::buildSum(onnx::AddOp op) {
  Numbers left = find(op.getA()), right = find(op.getB());
  if (!left || !right)
    return {};
  int64_t sum = getMaxCount(left.type()) + getMaxCount(right.type());
  if (left.steps() != right.steps() || left.unit != right.unit || sum > 255) {
    auto describe = [](const Numbers &numbers) {
      return llvm::formatv("counts up to {0} of unit {1} over {2} steps",
                           getMaxCount(numbers.type()),
                           toShortest(numbers.unit), numbers.steps())
          .str();
    };
    return missed(op, "a sum of trains needs one unit, one number of steps and "
                      "at most 255 spikes, has " +
                          describe(left) + " and " + describe(right));
  }
  OpBuilder b(op);
  Type element = getStepType(op.getContext(), sum, left.steps());
  Value train =
      AddOp::create(b, op.getLoc(), tensorType(op.getY()).clone(element),
                    left.train, right.train, names.make(op));
  return {train, left.unit};
}

Numbers TrainBuilder::buildJoin(onnx::ConcatOp op) {
  SmallVector<Value> trains;
  Numbers first;
  for (Value input : op.getInputs()) {
    Numbers numbers = find(input);
    if (!numbers)
      return {};
    if (!first)
      first = numbers;
    if (numbers.element() != first.element() || numbers.unit != first.unit)
      return missed(op, "trains that are joined need one unit, one number of "
                        "steps and one largest count");
    trains.push_back(numbers.train);
  }
  if (!first)
    return {};
  return {cloneOn(op, trains, first.element()), first.unit};
}

/// The sum along `axes` (empty: all), or the mean.
Numbers TrainBuilder::buildTotal(Operation *op, Value x, ArrayRef<int64_t> axes,
                                 bool keepdims, bool isMean) {
  Numbers numbers = find(x);
  if (!numbers)
    return {};
  RankedTensorType type = tensorType(x);
  SmallVector<int64_t> summed;
  int64_t count = 1;
  for (int64_t axis = 0; axis < type.getRank(); ++axis) {
    if (!axes.empty() && !llvm::is_contained(axes, axis) &&
        !llvm::is_contained(axes, axis - type.getRank()))
      continue;
    if (type.isDynamicDim(axis))
      return missed(op, "a sum of trains needs axes of known size");
    summed.push_back(axis);
    count *= type.getDimSize(axis);
  }
  bool isOverTime = !summed.empty() && summed.front() == 0;
  if (isOverTime && type.getDimSize(0) != numbers.steps())
    return missed(op, "a sum over axis 0 needs the time steps there, and "
                      "nothing else");
  int64_t most = getMaxCount(numbers.type()) * count;
  if (most > 255)
    return missed(op, "a sum of trains needs at most 255 spikes, has up to " +
                          Twine(most));
  double unit = numbers.unit;
  if (isMean) {
    // F32(sum * unit) / count has to be F32(sum * F32(unit / count)).
    unit = double(float(unit / double(count)));
    if (!isPowerOfTwo(numbers.unit) && !isPowerOfTwo(double(count)))
      return missed(op, "a mean of trains whose unit is no power of two");
  }
  if (count == 1 && keepdims)
    return {numbers.train, unit};
  OpBuilder b(op);
  Type element =
      getStepType(op->getContext(), most, isOverTime ? 1 : numbers.steps());
  Value train = SumOp::create(
      b, op->getLoc(), tensorType(op->getResult(0)).clone(element),
      numbers.train, names.make(op), b.getDenseI64ArrayAttr(summed),
      keepdims ? b.getUnitAttr() : UnitAttr());
  return {train, unit};
}

/// The elements of each window of `op` along an axis of their own, behind the
/// batch: a strided slice for each place of a window, joined.
Value TrainBuilder::joinWindows(onnx::AveragePoolOp op,
                                const Numbers &numbers) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  Type element = numbers.element();
  Value x = numbers.train;
  RankedTensorType result = tensorType(op.getY());
  int64_t rank = result.getRank(), spatial = rank - 2, count = 1;
  ArrayRef<int64_t> kernel = op.getKernel(), strides = op.getStrides(),
                    pads = op.getPads();
  if (llvm::any_of(pads, [](int64_t pad) { return pad > 0; })) {
    SmallVector<int64_t> around(2 * rank, 0), shape(tensorType(x).getShape());
    for (int64_t i = 0; i < spatial; ++i) {
      around[2 + i] = pads[i];
      around[rank + 2 + i] = pads[spatial + i];
      shape[2 + i] += pads[i] + pads[spatial + i];
    }
    x = onnx::PadOp::create(b, loc, RankedTensorType::get(shape, element), x,
                            around);
  }
  SmallVector<int64_t> axes, at(spatial, 0);
  for (int64_t i = 0; i < spatial; ++i) {
    axes.push_back(2 + i);
    count *= kernel[i];
  }
  SmallVector<Value> slices;
  for (int64_t place = 0; place < count; ++place) {
    SmallVector<int64_t> ends;
    for (int64_t i = 0; i < spatial; ++i)
      ends.push_back(at[i] + (result.getDimSize(2 + i) - 1) * strides[i] + 1);
    slices.push_back(onnx::SliceOp::create(b, loc, result.clone(element), x, at,
                                           ends, axes, strides));
    for (int64_t i = spatial - 1; i >= 0 && ++at[i] == kernel[i]; --i)
      at[i] = 0;
  }
  SmallVector<int64_t> shape(result.getShape());
  int64_t channels = shape[1];
  shape[1] = count * channels;
  Value joined = onnx::ConcatOp::create(
      b, loc, RankedTensorType::get(shape, element), slices, 1);
  shape[1] = channels;
  shape.insert(shape.begin() + 1, count);
  return onnx::ReshapeOp::create(b, loc, RankedTensorType::get(shape, element),
                                 joined, asTarget(shape));
}

/// An average pool: a mean over axes of their own where windows tile the input,
/// else over the places of a window.
Numbers TrainBuilder::buildAveragePool(onnx::AveragePoolOp op) {
  Numbers numbers = find(op.getX());
  if (!numbers)
    return {};
  RankedTensorType type = tensorType(op.getX());
  ArrayRef<int64_t> kernel = op.getKernel();
  bool isPadded = llvm::any_of(op.getPads(), [](int64_t p) { return p != 0; });
  if (isPadded && !op.getCountIncludePad())
    return missed(op, "an average pool of trains needs one divisor for all "
                      "windows (count_include_pad=1)");
  bool isTiling = !isPadded && llvm::equal(kernel, op.getStrides());
  SmallVector<int64_t> shape(type.getShape().take_front(2)), axes;
  int64_t count = 1;
  for (size_t at = 0; at < kernel.size(); ++at) {
    int64_t size = type.getDimSize(int64_t(2 + at));
    int64_t windows = tensorType(op.getY()).getDimSize(int64_t(2 + at));
    if (ShapedType::isDynamic(size) ||
        ShapedType::isDynamic(type.getDimSize(1)))
      return missed(op, "an average pool of trains needs axes of known size");
    int64_t reach = (windows - 1) * op.getStrides()[at] + kernel[at];
    int64_t padded = size + op.getPads()[at] + op.getPads()[kernel.size() + at];
    if (reach > padded)
      return missed(op, "an average pool of trains needs windows inside of its "
                        "padded input (ceil_mode=0)");
    isTiling = isTiling && size % kernel[at] == 0;
    shape.append({size / kernel[at], kernel[at]});
    axes.push_back(int64_t(shape.size()) - 1);
    count *= kernel[at];
  }
  int64_t most = getMaxCount(numbers.type()) * count;
  if (most > 255)
    return missed(op, "a sum of trains needs at most 255 spikes, has up to " +
                          Twine(most));
  if (!isPowerOfTwo(numbers.unit) && !isPowerOfTwo(double(count)))
    return missed(op, "a mean of trains whose unit is no power of two");
  OpBuilder b(op);
  Value windows;
  if (isTiling) {
    windows = onnx::ReshapeOp::create(
        b, op.getLoc(), RankedTensorType::get(shape, numbers.element()),
        numbers.train, asTarget(shape));
  } else {
    windows = joinWindows(op, numbers);
    axes = {1};
  }
  Type element = getStepType(op.getContext(), most, numbers.steps());
  Value train = SumOp::create(
      b, op.getLoc(), tensorType(op.getY()).clone(element), windows,
      names.make(op), b.getDenseI64ArrayAttr(axes), UnitAttr());
  return {train, double(float(numbers.unit / double(count)))};
}

/// Whether the nearest elements of a resize by whole factors are those that
/// each block of results stands on.
static bool repeatsNearest(onnx::ResizeOp op) {
  if (op.getMode() != "nearest" || op.getAntialias())
    return false;
  StringRef transform = op.getTransform(), rounding = op.getRounding();
  if (transform == "asymmetric")
    return rounding == "floor";
  return (transform == "half_pixel" || transform == "pytorch_half_pixel" ||
          transform == "half_pixel_symmetric") &&
         rounding.starts_with("round_prefer");
}

/// The nearest elements by whole factors: each is repeated along an axis of its
/// own.
Numbers TrainBuilder::buildRepeated(onnx::ResizeOp op) {
  Numbers numbers = find(op.getX());
  if (!numbers)
    return {};
  constexpr StringRef need = "a resized train needs its nearest elements and "
                             "whole factors";
  RankedTensorType from = tensorType(op.getX()), to = tensorType(op.getY());
  rt::Tensor scales;
  if (op.getScales()) {
    TypedAttr attribute = onnx::getConstantAttr(op.getScales());
    FailureOr<rt::Tensor> known = failure();
    if (attribute)
      known = onnx::resolveConstant(attribute, op.getLoc());
    if (failed(known) || known->size() != from.getRank())
      return missed(op, need);
    scales = *known;
  }
  SmallVector<int64_t> split, expanded;
  for (int64_t axis = 0; axis < from.getRank(); ++axis) {
    int64_t size = from.getDimSize(axis), factor = 1;
    bool isKept = op.getSizes()[axis] == -1;
    if (!isKept && (ShapedType::isDynamic(size) || size == 0 ||
                    to.getDimSize(axis) % size != 0))
      return missed(op, need);
    if (!isKept)
      factor = to.getDimSize(axis) / size;
    if (scales.defined() && scales.data<float>()[axis] != float(factor))
      return missed(op, need);
    if ((axis == 0 && factor != 1) || (factor != 1 && !repeatsNearest(op)))
      return missed(op, need);
    split.push_back(size);
    expanded.push_back(ShapedType::isDynamic(size) ? 1 : size);
    if (factor == 1)
      continue;
    split.push_back(1);
    expanded.push_back(factor);
  }
  if (split.empty() ||
      llvm::any_of(ArrayRef(split).drop_front(), ShapedType::isDynamic))
    return missed(op, need);
  OpBuilder b(op);
  Location loc = op.getLoc();
  Type element = numbers.element();
  Value train =
      onnx::ReshapeOp::create(b, loc, RankedTensorType::get(split, element),
                              numbers.train, asTarget(split));
  SmallVector<int64_t> repeated(expanded);
  repeated[0] = split[0];
  train =
      onnx::ExpandOp::create(b, loc, RankedTensorType::get(repeated, element),
                             train, Value(), expanded);
  train = onnx::ReshapeOp::create(b, loc, to.clone(element), train,
                                  asTarget(to.getShape()));
  return {train, numbers.unit};
}

/// `value`, each spike of which is worth `factor` times as much.
Numbers TrainBuilder::buildScaled(Operation *op, Value value, double factor) {
  if (!(factor > 0) || tensorType(value) != tensorType(op->getResult(0)))
    return {};
  Numbers numbers = find(value);
  if (!numbers)
    return {};
  // F32(F32(count * unit) * factor) has to be F32(count * F32(unit * factor)).
  double unit = double(float(numbers.unit * factor));
  if (!(isPowerOfTwo(numbers.unit) || isPowerOfTwo(factor)) ||
      !std::isfinite(unit) || unit == 0)
    return missed(op, "two factors that are no powers of two follow a train");
  return {numbers.train, unit};
}

Numbers TrainBuilder::build(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || op->getNumResults() != 1)
    return {};
  return llvm::TypeSwitch<Operation *, Numbers>(op)
      .Case([&](DequantizeOp decode) -> Numbers {
        if (!isStepTrain(decode.getX().getType()))
          return {};
        return {decode.getX(), double(decode.getNumberCoding().scale)};
      })
      .Case([&](onnx::MaxPoolOp pool) { return buildPool(pool); })
      .Case([&](onnx::MulOp product) { return buildProduct(product); })
      .Case([&](onnx::AddOp sum) { return buildSum(sum); })
      .Case([&](onnx::ConcatOp join) { return buildJoin(join); })
      .Case([&](onnx::ReduceSumOp sum) {
        return buildTotal(op, sum.getX(), sum.getAxes(), sum.getKeepdims(),
                          /*isMean=*/false);
      })
      .Case([&](onnx::ReduceMeanOp mean) {
        return buildTotal(op, mean.getX(), mean.getAxes(), mean.getKeepdims(),
                          /*isMean=*/true);
      })
      .Case([&](onnx::GlobalAveragePoolOp pool) {
        SmallVector<int64_t> axes = llvm::to_vector(
            llvm::seq<int64_t>(2, tensorType(pool.getX()).getRank()));
        return buildTotal(op, pool.getX(), axes, /*keepdims=*/true,
                          /*isMean=*/true);
      })
      .Case([&](onnx::AveragePoolOp pool) { return buildAveragePool(pool); })
      .Case([&](onnx::ResizeOp resize) { return buildRepeated(resize); })
      .Case([&](onnx::DivOp quotient) -> Numbers {
        std::optional<double> divisor = getUniformFloat(quotient.getB());
        if (!divisor || !(*divisor > 0))
          return {};
        return buildScaled(op, quotient.getA(), 1 / *divisor);
      })
      .Default([&](Operation *other) { return buildMovement(other); });
}

struct KeepTrains : spike::impl::SpikeKeepTrainsBase<KeepTrains> {
  using SpikeKeepTrainsBase::SpikeKeepTrainsBase;

  void runOnOperation() override {
    TrainBuilder builder(getOperation());
    SmallVector<Operation *> products;
    getOperation().walk([&](Operation *op) {
      if (isa<onnx::MatMulOp, onnx::GemmOp, onnx::ConvOp>(op) &&
          isStaticWeight(op->getOperand(1)))
        products.push_back(op);
    });
    for (Operation *op : products) {
      OpOperand &operand = op->getOpOperand(0);
      // Reshapes and transposes alone are moved by `onnx-to-spike`.
      if (isStepSpikes(operand.get()))
        continue;
      Numbers numbers = builder.find(operand.get());
      if (!numbers)
        continue;
      OpBuilder b(op);
      FloatAttr unit;
      if (numbers.unit != 1)
        unit = b.getF32FloatAttr(float(numbers.unit));
      operand.set(DequantizeOp::create(b, operand.get().getLoc(),
                                       operand.get().getType(), numbers.train,
                                       unit));
    }
    eraseDeadOps(getOperation());
  }
};

} // namespace
