//===- SpikeToXbar.cpp - Bind every product to a unit of a chip -----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"
#include "snn/Chip/ChipAttribute.h"
#include "snn/Conversion/SpikeToXbar/Passes.h"
#include "snn/Dialect/Spike/SilentOffset.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Dialect/Xbar/ModuleChip.h"
#include "snn/Dialect/Xbar/Xbar.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/TypeSwitch.h"

namespace snn {
#define GEN_PASS_DEF_SPIKETOXBAR
#include "snn/Conversion/SpikeToXbar/Passes.h.inc"
} // namespace snn

using namespace mlir;
using namespace snn;

namespace {

remark::RemarkOpts remarkNamed(StringRef name, StringRef layer) {
  return remark::RemarkOpts::name(name)
      .category("spike-to-xbar")
      .function(layer);
}

/// Whether an op that is no product runs on the digital unit, or fires neurons
/// there or where their potentials are.
bool runsOnDigitalUnit(Operation *op) {
  return !isa<spike::SpikeDialect>(op->getDialect()) ||
         isa<DigitalCostInterface, spike::NeuronOpInterface>(op);
}

/// Whether a scalar constant is a power of two.
bool isPowerOfTwo(Value value) {
  DenseIntElementsAttr elements;
  return value && matchPattern(value, m_Constant(&elements)) &&
         elements.getNumElements() == 1 &&
         (*elements.begin()).isStrictlyPositive() &&
         (*elements.begin()).isPowerOf2();
}

/// Whether `high` and `low` are added up as digits of one number, high * 2^c +
/// low.
bool areDigits(Value high, Value low) {
  auto otherOf = [](auto op, Value operand) {
    return op.getA() == operand   ? op.getB()
           : op.getB() == operand ? op.getA()
                                  : Value();
  };
  return llvm::any_of(low.getUsers(), [&](Operation *user) {
    auto sum = dyn_cast<onnx::AddOp>(user);
    auto shift = sum ? otherOf(sum, low).getDefiningOp<onnx::MulOp>() : nullptr;
    return shift && isPowerOfTwo(otherOf(shift, high));
  });
}

/// A layer whose operand is the other digit of that of the layer in front of it
/// uses the cells of that one.
template <typename Op> void shareCells(Op op) {
  auto before = dyn_cast_or_null<Op>(op->getPrevNode());
  if (!before || before.getCellsOf() || !xbar::haveSameWeights(before, op) ||
      !(areDigits(before.getResult(), op.getResult()) ||
        areDigits(op.getResult(), before.getResult())))
    return;
  op.setCellsOf(before.getLayer());
  remark::passed(op->getLoc(), remarkNamed("CellsShared", op.getLayer()))
      << remark::metric("cells_of", before.getLayer());
}

struct SpikeToXbar : snn::impl::SpikeToXbarBase<SpikeToXbar> {
  using SpikeToXbarBase::SpikeToXbarBase;

  llvm::StringMap<unsigned> layerNames;

  /// The ONNX node's name; a second layer of the same node gets a suffix.
  std::string uniqueName(Operation *op) {
    std::string name = onnx::getNodeName(op->getLoc()).str();
    if (name.empty())
      name = op->getName().stripDialect().str();
    unsigned count = layerNames[name]++;
    return count == 0 ? name : name + "#" + std::to_string(count);
  }

  /// The given chip, the module's, or the default.
  FailureOr<chip::Chip> findChip() {
    ModuleOp module = getOperation();
    if (!chip.empty()) {
      llvm::Expected<chip::Chip> loaded = chip::loadChip(chip);
      if (!loaded)
        return module.emitError() << llvm::toString(loaded.takeError());
      return std::move(*loaded);
    }
    if (module->hasAttr(xbar::chipAttrName))
      return xbar::getChip(module);
    return chip::builtinChip();
  }

  /// The constant of an op's silent inputs, made explicit where it is not zero.
  template <typename Op> FailureOr<TypedAttr> explicitOffset(Op op) {
    if (op.getOffset())
      return *op.getOffset();
    auto train =
        dyn_cast<spike::TTFSType>(getElementTypeOrSelf(op.getX().getType()));
    if (!train || train.getMask() == train.getZero())
      return TypedAttr();
    FailureOr<rt::Tensor> weight =
        onnx::resolveConstant(op.getWeight(), op.getLoc());
    if (failed(weight))
      return failure();
    return onnx::makeConstantAttr(
        &getContext(), onnx::getNodeName(op.getLoc()).str() + ".offset",
        spike::silentOffset(op, *weight), IntegerType::get(&getContext(), 32));
  }

  /// Puts a crossbar layer, which `create` makes with its name, in place of
  /// `op`.
  template <typename Create>
  LogicalResult replaceByLayer(Operation *op, Create create) {
    std::string name = uniqueName(op);
    OpBuilder builder(op);
    remark::passed(op->getLoc(), remarkNamed("Crossbar", name))
        << remark::add("static weights go to crossbars");
    auto layer = create(builder, name);
    op->replaceAllUsesWith(layer);
    op->erase();
    return success();
  }

  LogicalResult convert(spike::LinearOp op) {
    FailureOr<TypedAttr> offset = explicitOffset(op);
    if (failed(offset))
      return failure();
    return replaceByLayer(op, [&](OpBuilder &builder, StringRef name) {
      return xbar::LinearOp::create(builder, op.getLoc(), op.getType(),
                                    op.getX(), name, op.getWeight(), *offset,
                                    /*cells_of=*/StringAttr(),
                                    xbar::TilingAttr(), xbar::PlacementAttr());
    });
  }

  LogicalResult convert(spike::ConvOp op) {
    FailureOr<TypedAttr> offset = explicitOffset(op);
    if (failed(offset))
      return failure();
    return replaceByLayer(op, [&](OpBuilder &builder, StringRef name) {
      return xbar::ConvOp::create(
          builder, op.getLoc(), op.getType(), op.getX(), name, op.getWeight(),
          *offset, /*cells_of=*/StringAttr(), op.getStrides(), op.getPads(),
          op.getDilations(), op.getGroup(), xbar::TilingAttr(),
          xbar::PlacementAttr());
    });
  }

  /// What a crossbar asks of a layer on phase codes.
  LogicalResult checkPhaseLayer(Operation *op, Value x, TypedAttr weight) {
    if (cast<ShapedType>(weight.getType()).getElementType().isF32())
      return op->emitOpError("needs integer weights on a crossbar, has f32; "
                             "run spike-quantize first");
    auto coding = cast<spike::PhaseType>(getElementTypeOrSelf(x.getType()));
    if (coding.getRelease() != spike::PhaseRelease::None)
      return op->emitOpError("has a coding of a released implementation, "
                             "which no chip has; use --phase-release none");
    return success();
  }

  LogicalResult convert(spike::PhaseLinearOp op) {
    if (failed(checkPhaseLayer(op, op.getX(), op.getWeight())))
      return failure();
    return replaceByLayer(op, [&](OpBuilder &builder, StringRef name) {
      return xbar::PhaseLinearOp::create(
          builder, op.getLoc(), op.getType(), op.getX(), name, op.getWeight(),
          op.getWeightScaleAttr(), op.getBiasAttr(), xbar::TilingAttr(),
          xbar::PlacementAttr());
    });
  }

  LogicalResult convert(spike::PhaseConvOp op) {
    if (failed(checkPhaseLayer(op, op.getX(), op.getWeight())))
      return failure();
    return replaceByLayer(op, [&](OpBuilder &builder, StringRef name) {
      return xbar::PhaseConvOp::create(
          builder, op.getLoc(), op.getType(), op.getX(), name, op.getWeight(),
          op.getWeightScaleAttr(), op.getBiasAttr(), op.getStrides(),
          op.getPads(), op.getDilations(), op.getGroup(), xbar::TilingAttr(),
          xbar::PlacementAttr());
    });
  }

  /// Whether the resident operand holds values: its site says so; without one,
  /// scores have their keys transposed.
  static bool reducesKeys(spike::MatMulOp op) {
    if (Operation *site = spike::getProducingSite(op.getRhs())) {
      spike::SiteKind kind = spike::getSite(site)->kind;
      if (kind == spike::SiteKind::Key || kind == spike::SiteKind::Value)
        return kind == spike::SiteKind::Value;
    }
    return !op.getTransposed();
  }

  /// The engine that an op names, or the digital unit where the chip does not
  /// have it.
  FailureOr<std::string> chooseEngine(spike::AttentionEngineOpInterface op,
                                      const chip::Chip &chip) {
    if (!op.getEngine())
      return op->emitOpError("needs an attention engine; run "
                             "spike-map-attention first");
    std::string wanted = op.getEngine()->str();
    std::string name = onnx::getNodeName(op->getLoc()).str();
    if (llvm::any_of(chip.engines, [&](const chip::Engine &engine) {
          return toString(engine.kind.value) == wanted;
        })) {
      remark::passed(op->getLoc(), remarkNamed("Engine", name))
          << remark::metric("engine", wanted);
      return wanted;
    }
    remark::missed(op->getLoc(), remarkNamed("DigitalProduct", name))
        << remark::reason("chip '{0}' has no engine '{1}'; the digital unit "
                          "runs {2}",
                          chip.name, wanted,
                          op.sumsIntegers() ? "an integer product"
                                            : "it in float")
        << remark::suggest("a chip that lists the engine");
    return xbar::digitalEngine.str();
  }

  /// Trace-driven products, races and attention of binary trains keep their
  /// form.
  LogicalResult bindAttention(spike::AttentionEngineOpInterface op,
                              const chip::Chip &chip) {
    FailureOr<std::string> engine = chooseEngine(op, chip);
    if (failed(engine))
      return failure();
    op.setEngine(StringRef(*engine));
    return success();
  }

  LogicalResult convert(spike::MatMulOp op, const chip::Chip &chip) {
    FailureOr<std::string> engine = chooseEngine(op, chip);
    if (failed(engine))
      return failure();
    OpBuilder builder(op);
    auto product = xbar::ProductOp::create(
        builder, op.getLoc(), op.getType(), op.getLhs(), op.getRhs(),
        op.getValid(), *engine, op.getTransposed(), reducesKeys(op),
        IntegerAttr(), IntegerAttr());
    op.replaceAllUsesWith(product.getResult());
    op.erase();
    return success();
  }

  LogicalResult convertAny(Operation *op, const chip::Chip &chip) {
    auto consumer = dyn_cast<spike::EventConsumerOpInterface>(op);
    bool isLayer = consumer && consumer.getWeight();
    auto attention = dyn_cast<spike::AttentionEngineOpInterface>(op);
    if (isLayer || attention)
      for (Type type : op->getResultTypes())
        if (!cast<ShapedType>(type).hasStaticShape())
          return op->emitOpError("needs static shapes on a chip; run "
                                 "spike-specialize-batch first");
    if (auto product = dyn_cast<spike::MatMulOp>(op))
      return convert(product, chip);
    if (attention)
      return bindAttention(attention, chip);
    std::string name = onnx::getNodeName(op->getLoc()).str();
    if (isLayer && !chip.hasCrossbars()) {
      remark::passed(op->getLoc(), remarkNamed("DigitalCore", name))
          << remark::reason("chip '{0}' has no crossbars", chip.name);
      return success();
    }
    if (isLayer)
      return llvm::TypeSwitch<Operation *, LogicalResult>(op)
          .Case<spike::LinearOp, spike::ConvOp, spike::PhaseLinearOp,
                spike::PhaseConvOp>([&](auto layer) { return convert(layer); })
          .Default([](Operation *o) {
            return o->emitOpError("has no form on crossbars");
          });
    if (!runsOnDigitalUnit(op))
      return op->emitOpError("has no form on a chip; networks in M-TTFS and "
                             "phase coding and networks trained to spike are "
                             "mapped");
    remark::passed(op->getLoc(), remarkNamed("DigitalUnit", name))
        << remark::metric("op", op->getName().getStringRef());
    return success();
  }

  void runOnOperation() override {
    layerNames.clear();
    FailureOr<chip::Chip> description = findChip();
    if (failed(description))
      return signalPassFailure();
    getOperation()->setAttr(
        xbar::chipAttrName,
        xbar::ChipAttr::get(&getContext(),
                            chip::toAttribute(*description, &getContext())));
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (op->getNumResults() > 0 && !isa<onnx::ConstantOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops)
      if (failed(convertAny(op, *description)))
        return signalPassFailure();
    getOperation().walk([](Operation *op) {
      llvm::TypeSwitch<Operation *>(op).Case<xbar::LinearOp, xbar::ConvOp>(
          [](auto layer) { shareCells(layer); });
    });
  }
};

} // namespace
