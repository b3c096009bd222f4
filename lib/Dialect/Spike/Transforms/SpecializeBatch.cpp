//===- SpecializeBatch.cpp - Bind a dynamic batch to one sample -----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The only dynamic dimension of a network is its batch, so the dynamic axis of
// a type is the batch axis, or one that a reshape made of the batch and further
// axes: of axes inside of it, and of axes outside of it, as time in [T*B, ...],
// whose product is the number of groups of samples. Every op is checked on the
// dynamic types to keep the samples apart; then its types are inferred with a
// batch of one.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "snn/Dialect/Spike/Passes.h"
#include "snn/Dialect/Spike/Spike.h"
#include "llvm/ADT/TypeSwitch.h"

namespace snn::spike {
#define GEN_PASS_DEF_SPIKESPECIALIZEBATCH
#include "snn/Dialect/Spike/Passes.h.inc"
} // namespace snn::spike

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

/// The dynamic axis of a type; nullopt for a static type.
std::optional<int64_t> batchAxis(RankedTensorType type) {
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    if (type.isDynamicDim(axis))
      return axis;
  return std::nullopt;
}

int64_t product(ArrayRef<int64_t> sizes) {
  int64_t result = 1;
  for (int64_t size : sizes)
    result *= size;
  return result;
}

/// Specialises one function.
class Specializer {
public:
  explicit Specializer(func::FuncOp function) : function(function) {}
  LogicalResult run();

private:
  /// The type that `value` had before it was specialised.
  RankedTensorType before(Value value) const {
    auto it = dynamicTypes.find(value);
    return it == dynamicTypes.end() ? cast<RankedTensorType>(value.getType())
                                    : it->second;
  }
  std::optional<int64_t> batch(Value value) const {
    return value ? batchAxis(before(value)) : std::nullopt;
  }
  /// How often all samples follow each other on the batch axis of `value`.
  int64_t groups(Value value) const {
    auto it = groupCounts.find(value);
    return it == groupCounts.end() ? 1 : it->second;
  }
  void specialize(Value value, RankedTensorType type) {
    dynamicTypes.try_emplace(value, cast<RankedTensorType>(value.getType()));
    value.setType(type);
  }

  LogicalResult mixes(Operation *op, const Twine &how) const {
    return op->emitOpError("mixes samples: ") << how;
  }
  /// Fails when `op` runs over or picks from the batch axis of `value`; `axis`
  /// may be negative.
  LogicalResult checkAxis(Operation *op, Value value, int64_t axis,
                          const Twine &how) const {
    int64_t rank = before(value).getRank();
    if (batch(value) != (axis < 0 ? axis + rank : axis))
      return success();
    return mixes(op, how + " the batch axis");
  }
  /// Fails unless the batch axis of `value`, if any, is below `end`.
  LogicalResult checkBatchBelow(Operation *op, Value value, int64_t end,
                                const Twine &how) const {
    std::optional<int64_t> axis = batch(value);
    return axis && *axis >= end ? mixes(op, how) : success();
  }

  /// Fails when the batch axis is the axis of several time steps.
  LogicalResult checkTime(Operation *op, Value train) const {
    auto type = cast<RankedTensorType>(train.getType());
    if (cast<BinaryType>(type.getElementType()).getSteps() == 1)
      return success();
    if (groups(op->getOperand(0)) %
            cast<BinaryType>(type.getElementType()).getSteps() ==
        0)
      return success();
    return checkAxis(op, train, 0, "its time steps run over");
  }

  LogicalResult checkOnnx(Operation *op) const;
  LogicalResult checkSpike(Operation *op) const;
  LogicalResult checkOp(Operation *op) const;
  LogicalResult checkReshape(onnx::ReshapeOp op) const;
  FailureOr<int64_t> countGroups(Operation *op) const;
  LogicalResult inferTypes(Operation *op);
  FailureOr<SmallVector<Type>> inferSpikeTypes(Operation *op) const;

  func::FuncOp function;
  DenseMap<Value, RankedTensorType> dynamicTypes;
  DenseMap<Value, int64_t> groupCounts;
};

/// Elements before and within the batch must lie as they did.
LogicalResult Specializer::checkReshape(onnx::ReshapeOp op) const {
  auto source = batchAxis(before(op.getX()));
  auto target = batchAxis(cast<RankedTensorType>(op.getY().getType()));
  if (!source || !target)
    return success();
  RankedTensorType from = before(op.getX());
  auto to = cast<RankedTensorType>(op.getY().getType());
  int64_t sample = product(cast<RankedTensorType>(op.getX().getType())
                               .getShape()
                               .drop_front(*source));
  int64_t inner = product(to.getShape().drop_front(*target + 1));
  int64_t outer = product(to.getShape().take_front(*target));
  int64_t count = groups(op.getX());
  if (outer == 0 || inner == 0 || sample / count % inner != 0 ||
      product(from.getShape().take_front(*source)) * count % outer != 0)
    return mixes(op, "the reshape does not keep what is outside of the batch "
                     "and what is inside of it apart");
  return success();
}

/// The groups of samples in the results of a checked `op`.
FailureOr<int64_t> Specializer::countGroups(Operation *op) const {
  std::optional<int64_t> count;
  for (Value operand : op->getOperands()) {
    if (!batch(operand))
      continue;
    if (count && *count != groups(operand))
      return mixes(op, "its operands have different axes outside of the batch");
    count = groups(operand);
  }
  int64_t result = count.value_or(1);
  if (auto tile = dyn_cast<onnx::TileOp>(op))
    if (std::optional<int64_t> axis = batch(tile.getX()))
      return result * tile.getRepeats()[*axis];
  auto reshape = dyn_cast<onnx::ReshapeOp>(op);
  if (!reshape || !count)
    return result;
  auto to = cast<RankedTensorType>(reshape.getY().getType());
  std::optional<int64_t> target = batchAxis(to);
  if (!target)
    return 1;
  ArrayRef<int64_t> from = before(reshape.getX()).getShape();
  return product(from.take_front(*batch(reshape.getX()))) * result /
         product(to.getShape().take_front(*target));
}

LogicalResult Specializer::checkOnnx(Operation *op) const {
  using namespace onnx;
  auto axesOf = [&](auto reduction) -> LogicalResult {
    ArrayRef<int64_t> axes = reduction.getAxes();
    if (axes.empty() && batch(reduction.getX()))
      return mixes(reduction, "it reduces the batch axis");
    for (int64_t axis : axes)
      if (failed(checkAxis(reduction, reduction.getX(), axis, "it reduces")))
        return failure();
    return success();
  };
  return TypeSwitch<Operation *, LogicalResult>(op)
      // Elementwise ops align the batch axes; two that do not meet show up as
      // two dynamic axes of the result.
      .Case<NegOp, AbsOp, SqrtOp, ReciprocalOp, ExpOp, LogOp, ErfOp, TanhOp,
            SigmoidOp, ReluOp, SiluOp, GeluOp, ClipOp, NotOp, CastOp, AddOp,
            SubOp, MulOp, DivOp, PowOp, MinOp, MaxOp, EqualOp, LessOp,
            LessOrEqualOp, GreaterOp, GreaterOrEqualOp, AndOp, OrOp, WhereOp,
            QuantizeLinearOp, DequantizeLinearOp, ExpandOp, TransposeOp,
            ConstantOp, RangeOp, RandomUniformLikeOp, BatchNormalizationOp,
            TileOp>([](Operation *) { return success(); })
      .Case([&](onnx::MatMulOp o) {
        int64_t rank = before(o.getB()).getRank();
        if (failed(checkAxis(o, o.getA(), -1, "it contracts")))
          return failure();
        return checkAxis(o, o.getB(), rank == 1 ? 0 : rank - 2, "it contracts");
      })
      .Case([&](GemmOp o) {
        if (failed(
                checkAxis(o, o.getA(), o.getTransA() ? 0 : 1, "it contracts")))
          return failure();
        return checkAxis(o, o.getB(), o.getTransB() ? 1 : 0, "it contracts");
      })
      .Case([&](onnx::ConvOp o) {
        return checkBatchBelow(o, o.getX(), 1,
                               "the convolution runs over the batch axis");
      })
      .Case([&](AttentionOp o) -> LogicalResult {
        if (failed(checkAxis(o, o.getQ(), -1, "it contracts")) ||
            failed(checkAxis(o, o.getK(), -1, "it contracts")) ||
            failed(checkAxis(o, o.getK(), -2, "it attends over")) ||
            failed(checkAxis(o, o.getV(), -2, "it attends over")))
          return failure();
        return success();
      })
      .Case([&](SoftmaxOp o) {
        return checkAxis(o, o.getX(), o.getAxis(), "it normalises");
      })
      .Case<ReduceMeanOp, ReduceSumOp, ReduceMaxOp>(axesOf)
      .Case([&](LayerNormalizationOp o) {
        int64_t rank = before(o.getX()).getRank();
        int64_t axis = o.getAxis() < 0 ? o.getAxis() + rank : o.getAxis();
        return checkBatchBelow(o, o.getX(), axis,
                               "it normalises the batch axis");
      })
      .Case([&](ArgMaxOp o) {
        return checkAxis(o, o.getX(), o.getAxis(), "it reduces");
      })
      .Case<GlobalAveragePoolOp, AveragePoolOp, MaxPoolOp>([&](auto o) {
        return checkBatchBelow(o, o.getX(), 2, "it pools the batch axis");
      })
      .Case([&](GatherOp o) {
        return checkAxis(o, o.getData(), o.getAxis(), "it picks from");
      })
      .Case([&](ReshapeOp o) { return checkReshape(o); })
      .Case([&](ConcatOp o) {
        for (Value input : o.getInputs())
          if (failed(checkAxis(o, input, o.getAxis(), "it joins")))
            return failure();
        return success();
      })
      .Case([&](SliceOp o) {
        for (size_t i = 0; i < o.getAxes().size(); ++i) {
          bool whole = o.getStarts()[i] == 0 && o.getSteps()[i] == 1 &&
                       o.getEnds()[i] >= std::numeric_limits<int32_t>::max();
          if (!whole &&
              failed(checkAxis(o, o.getX(), o.getAxes()[i], "it slices")))
            return failure();
        }
        return success();
      })
      .Case([&](SplitOp o) {
        return checkAxis(o, o.getX(), o.getAxis(), "it splits");
      })
      .Case([&](PadOp o) {
        std::optional<int64_t> axis = batch(o.getX());
        int64_t rank = before(o.getX()).getRank();
        return axis && (o.getPads()[*axis] != 0 ||
                        o.getPads()[*axis + rank] != 0)
                   ? mixes(o, "it pads the batch axis")
                   : success();
      })
      .Default([](Operation *o) {
        return o->emitOpError("is not known to keep samples apart");
      });
}

LogicalResult Specializer::checkSpike(Operation *op) const {
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<SiteOp, QuantizeOp, EncodeOp, DequantizeOp, RescaleOp, RequantizeOp,
            FireOp, PhaseEncodeOp, PhaseDecodeOp, PhaseResidualOp>(
          [](Operation *) { return success(); })
      .Case([&](TokenMaskOp o) {
        return checkBatchBelow(o, o.getMask(), 1,
                               "the batch is not the mask's first axis");
      })
      .Case<LinearOp, PhaseLinearOp>(
          [&](auto o) { return checkAxis(o, o.getX(), -1, "it contracts"); })
      .Case<spike::ConvOp, PhaseConvOp>([&](auto o) {
        return checkBatchBelow(o, o.getX(), 1,
                               "the convolution runs over the batch axis");
      })
      .Case<LifOp, BernoulliOp>(
          [&](auto o) { return checkTime(o, o.getResult()); })
      .Case<SdsaOp, SsaOp>([&](auto o) -> LogicalResult {
        int64_t rank = before(o.getQ()).getRank();
        if (failed(checkTime(o, o.getResult())))
          return failure();
        return checkBatchBelow(o, o.getQ(), rank - 3, "it attends over");
      })
      .Case([&](WossOp o) {
        return checkAxis(o, o.getScores(), -1, "it normalises");
      })
      .Case<spike::MatMulOp, PhaseMatMulOp>([&](auto o) -> LogicalResult {
        if (failed(checkAxis(o, o.getLhs(), -1, "it contracts")))
          return failure();
        return checkAxis(o, o.getRhs(), o.getTransposed() ? -1 : -2,
                         "it contracts");
      })
      .Default([](Operation *o) {
        return o->emitOpError("is not known to keep samples apart");
      });
}

/// Fails unless `op` keeps samples apart. Operands have been specialised,
/// results have not.
LogicalResult Specializer::checkOp(Operation *op) const {
  for (Value result : op->getResults()) {
    auto type = dyn_cast<RankedTensorType>(result.getType());
    if (!type)
      return op->emitOpError("needs results of ranked tensor type, has ")
             << result.getType();
    if (type.getNumDynamicDims() > 1)
      return mixes(op, "the batch is on more than one axis of its result");
  }
  if (llvm::none_of(op->getOperands(),
                    [&](Value operand) { return batch(operand); }))
    return success();
  return isa<SpikeDialect>(op->getDialect()) ? checkSpike(op) : checkOnnx(op);
}

/// The result of an op of the spike dialect with specialised operands.
FailureOr<SmallVector<Type>> Specializer::inferSpikeTypes(Operation *op) const {
  auto current = cast<RankedTensorType>(op->getResult(0).getType());
  auto first = cast<RankedTensorType>(op->getOperand(0).getType());
  SmallVector<int64_t> shape(first.getShape());
  TypeSwitch<Operation *>(op)
      .Case<LinearOp, PhaseLinearOp>(
          [&](auto) { shape.back() = current.getShape().back(); })
      .Case<spike::MatMulOp, PhaseMatMulOp>([&](auto o) {
        auto resident = cast<RankedTensorType>(o.getRhs().getType());
        shape.back() = resident.getDimSize(resident.getRank() -
                                           (o.getTransposed() ? 2 : 1));
      })
      .Case([&](TokenMaskOp) {
        shape = {shape[0], shape[3]};
      })
      .Case<spike::ConvOp, PhaseConvOp>([&](auto) {
        shape.assign(current.getShape().begin(), current.getShape().end());
        shape[0] = first.getDimSize(0);
      });
  SmallVector<Type> types = {current.clone(shape)};
  if (auto woss = dyn_cast<WossOp>(op)) {
    shape.back() = 1;
    types.push_back(cast<RankedTensorType>(woss.getZ().getType()).clone(shape));
  }
  return types;
}

/// Gives the results of `op` the types that follow from its operands', and
/// removes attributes that stand for the run-time batch.
LogicalResult Specializer::inferTypes(Operation *op) {
  FailureOr<SmallVector<Type>> types = SmallVector<Type>();
  if (auto inferable = dyn_cast<InferTypeOpInterface>(op)) {
    if (failed(inferable.inferReturnTypes(
            op->getContext(), op->getLoc(), op->getOperands(),
            op->getDiscardableAttrDictionary(), op->getPropertiesStorage(),
            op->getRegions(), *types)))
      return failure();
  } else if (isa<SpikeDialect>(op->getDialect())) {
    types = inferSpikeTypes(op);
  } else {
    return op->emitOpError("has no rule for the type of its result");
  }
  for (auto [result, type] : llvm::zip(op->getResults(), *types)) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !tensor.hasStaticShape())
      return op->emitOpError("needs a result whose shape is known for one "
                             "sample, has ")
             << type;
    specialize(result, tensor);
  }
  if (auto reshape = dyn_cast<onnx::ReshapeOp>(op))
    reshape.setShape(cast<RankedTensorType>(reshape.getType()).getShape());
  if (auto expand = dyn_cast<onnx::ExpandOp>(op); expand && expand.getLike()) {
    SmallVector<int64_t> shape(expand.getShape());
    int64_t samples =
        cast<RankedTensorType>(expand.getLike().getType()).getDimSize(0);
    std::replace(shape.begin(), shape.end(), int64_t(-1), samples);
    expand.setShape(shape);
    expand.getLikeMutable().clear();
  }
  return success();
}

LogicalResult Specializer::run() {
  if (!function.getBody().hasOneBlock())
    return function.emitError("needs a body without control flow");
  Block &block = function.getBody().front();
  for (BlockArgument argument : block.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type)
      return function.emitError("needs inputs of ranked tensor type, has ")
             << argument.getType();
    SmallVector<int64_t> shape(type.getShape());
    for (auto [axis, size] : llvm::enumerate(shape)) {
      if (!ShapedType::isDynamic(size))
        continue;
      if (axis != 0)
        return function.emitError("needs the batch on axis 0 of input ")
               << argument.getArgNumber() << ", has " << type;
      size = 1;
    }
    specialize(argument, type.clone(shape));
  }

  for (Operation &op : block.without_terminator()) {
    if (failed(checkOp(&op)))
      return failure();
    FailureOr<int64_t> count = countGroups(&op);
    if (failed(count) || failed(inferTypes(&op)))
      return failure();
    for (Value result : op.getResults())
      if (*count != 1)
        groupCounts[result] = *count;
  }

  Operation *terminator = block.getTerminator();
  for (Value result : terminator->getOperands())
    if (batch(result) && groups(result) != 1)
      return terminator->emitOpError("needs the batch alone outside of result ")
             << result.getType() << ", has " << groups(result)
             << " groups of samples";
  for (Value result : terminator->getOperands())
    if (batch(result).value_or(0) != 0)
      return terminator->emitOpError("needs the batch on axis 0 of result ")
             << result.getType() << ", has it on axis " << *batch(result);
  function.setFunctionType(FunctionType::get(
      function.getContext(), block.getArgumentTypes(),
      llvm::to_vector_of<Type>(terminator->getOperandTypes())));
  return success();
}

struct SpecializeBatch
    : spike::impl::SpikeSpecializeBatchBase<SpecializeBatch> {
  using SpikeSpecializeBatchBase::SpikeSpecializeBatchBase;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal() && failed(Specializer(function).run()))
        return signalPassFailure();
  }
};

} // namespace
