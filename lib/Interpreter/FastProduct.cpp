//===- FastProduct.cpp - Products on the runtime's fast kernels -----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The contract of the runtime's `linear`, `convolution` and `dynamicProduct` is
// sum w * (q - zero) + offset-of-the-mask, exact in 32 bits, as the plain loops
// of SpikeExecution.cpp have it. Levels are trains whose mask is the zero
// point.
//
//===----------------------------------------------------------------------===//

#include "FastProduct.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Dialect/Spike/Neuron.h"
#include "snn/Dialect/Spike/SilentOffset.h"
#include "snn/Dialect/Spike/Spike.h"
#include "snn/Dialect/Xbar/Xbar.h"
#include "snn/runtime/Lif.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;

using Prepared = FailureOr<std::unique_ptr<FastProduct>>;

namespace {

/// The coding that the runtime's kernels take for an operand of `type`.
rt::Coding inputCoding(Type type) {
  Type element = getElementTypeOrSelf(type);
  rt::Coding coding = *getCoding(element);
  if (isa<LevelType>(element)) {
    coding.mask = coding.zero;
    coding.radius = 0;
  }
  return coding;
}

/// Weights, and the offset that an op has or, except on crossbars, that its
/// silent inputs imply.
template <typename Op>
LogicalResult readOperands(Op op, rt::Tensor &weight, rt::Tensor &offset) {
  FailureOr<rt::Tensor> found =
      onnx::resolveConstant(op.getWeight(), op->getLoc());
  if (failed(found))
    return failure();
  weight = *found;
  if (std::optional<TypedAttr> given = op.getOffset()) {
    found = onnx::resolveConstant(*given, op->getLoc());
    if (failed(found))
      return failure();
    offset = *found;
  } else if constexpr (!std::is_same_v<Op, xbar::LinearOp> &&
                       !std::is_same_v<Op, xbar::ConvOp>) {
    if (isa<TTFSType>(getElementTypeOrSelf(op.getX().getType())))
      offset = silentOffset(op, weight);
  }
  return success();
}

class FastLinear : public FastProduct {
public:
  template <typename Op>
  FastLinear(Op op, rt::Tensor weight, rt::Tensor offset)
      : weights(std::move(weight)), offset(std::move(offset)),
        coding(inputCoding(op.getX().getType())) {}

  rt::Tensor run(ArrayRef<rt::Tensor> operands) const override {
    rt::Context context;
    rt::Tensor result;
    rt::linear(context, operands[0], weights,
               offset.defined() ? &offset : nullptr, result, coding);
    return result;
  }

private:
  rt::LinearWeights weights;
  rt::Tensor offset;
  rt::Coding coding;
};

class FastConvolution : public FastProduct {
public:
  template <typename Op>
  FastConvolution(Op op, rt::Tensor weight, rt::Tensor offset)
      : weights(std::move(weight), op.getGroup()), offset(std::move(offset)),
        coding(inputCoding(op.getX().getType())), strides(op.getStrides()),
        pads(op.getPads()), dilations(op.getDilations()) {}

  rt::Tensor run(ArrayRef<rt::Tensor> operands) const override {
    rt::Context context;
    rt::Tensor result;
    rt::convolution(context, operands[0], weights,
                    offset.defined() ? &offset : nullptr, result, coding,
                    strides, pads, dilations);
    return result;
  }

private:
  rt::ConvolutionWeights weights;
  rt::Tensor offset;
  rt::Coding coding;
  rt::Ints strides, pads, dilations;
};

class FastMatMul : public FastProduct {
public:
  template <typename Op>
  explicit FastMatMul(Op op)
      : coding(inputCoding(op.getLhs().getType())),
        resident(*getCoding(op.getRhs().getType())),
        isTransposed(op.getTransposed()) {}

  rt::Tensor run(ArrayRef<rt::Tensor> operands) const override {
    rt::Context context;
    rt::Tensor result;
    rt::dynamicProduct(context, operands[0], operands[1], result, coding,
                       resident.bits, resident.zero, isTransposed);
    return result;
  }

private:
  rt::Coding coding, resident;
  bool isTransposed;
};

class FastLif : public FastProduct {
public:
  explicit FastLif(LifOp op) : steps(op.getSteps()), neuron(getNeuron(op)) {}

  rt::Tensor run(ArrayRef<rt::Tensor> operands) const override {
    rt::Context context;
    rt::Tensor result;
    rt::lif(context, operands[0], result, steps, neuron);
    return result;
  }

private:
  int64_t steps;
  rt::LifNeuron neuron;
};

} // namespace

template <typename Fast, typename Op> static Prepared prepareStatic(Op op) {
  rt::Tensor weight, offset;
  if (failed(readOperands(op, weight, offset)))
    return failure();
  // Other widths and ranks stay with the plain loops.
  if (weight.dtype() != rt::DType::I8 && weight.dtype() != rt::DType::I16)
    return std::unique_ptr<FastProduct>();
  return std::unique_ptr<FastProduct>(
      std::make_unique<Fast>(op, std::move(weight), std::move(offset)));
}

Prepared FastProduct::prepare(Operation *op) {
  try {
    return TypeSwitch<Operation *, Prepared>(op)
        .Case<LinearOp, xbar::LinearOp>(
            [](auto o) { return prepareStatic<FastLinear>(o); })
        .Case<ConvOp, xbar::ConvOp>([](auto o) -> Prepared {
          int64_t rank = cast<RankedTensorType>(o.getX().getType()).getRank();
          if (rank != 3 && rank != 4)
            return std::unique_ptr<FastProduct>();
          return prepareStatic<FastConvolution>(o);
        })
        .Case<MatMulOp, xbar::ProductOp>([](auto o) -> Prepared {
          return std::unique_ptr<FastProduct>(std::make_unique<FastMatMul>(o));
        })
        .Case([](LifOp o) -> Prepared {
          if (o.getMembranes()) // two results
            return std::unique_ptr<FastProduct>();
          return std::unique_ptr<FastProduct>(std::make_unique<FastLif>(o));
        })
        .Default([](Operation *) -> Prepared {
          return std::unique_ptr<FastProduct>();
        });
  } catch (const std::exception &e) {
    return op->emitOpError("failed: ") << e.what();
  }
}
