//===- SpikeExecution.cpp - Plain execution of spike and xbar ops ---------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The quantised level works on levels and integer weights and knows no spikes.
// The spiking level reads trains slot by slot as mttfs.md sections 2 and 3 say.
// Neither shares code with the simulator's kernels. A mapping to crossbars does
// not change values: ops of the xbar dialect run as those that they were made
// from.
//
//===----------------------------------------------------------------------===//

#include "SpikeExecution.h"
#include "snn/Dialect/Spike/SilentOffset.h"
#include "snn/Dialect/Spike/Spike.h"
#include "snn/Dialect/Xbar/Xbar.h"
#include "snn/Interpreter/Interpreter.h"
#include "snn/runtime/Spiking.h"
#include "llvm/ADT/TypeSwitch.h"

#include <climits>

using namespace mlir;
using namespace snn;
using namespace snn::spike;

using Results = FailureOr<SmallVector<rt::Tensor>>;

namespace {

/// What one input element contributes per unit of weight; `spikes` is false for
/// an element that contributes nothing because it is silent.
struct InputValues {
  std::vector<int32_t> digit; // by stored byte
  explicit InputValues(Type elementType) : digit(256) {
    rt::Coding coding = *getCoding(elementType);
    int32_t maxLevel = coding.maxLevel();
    for (int32_t byte = 0; byte < 256; ++byte) {
      if (isa<LevelType>(elementType)) {
        digit[byte] = coding.bits == 1 && coding.zero == 0
                          ? byte
                          : coding.value(byte) - coding.value(coding.zero);
        continue;
      }
      // A train: decode the slot; the silent state adds nothing.
      int32_t offset = byte - coding.mask;
      bool silent = offset >= -coding.radius && offset <= coding.radius;
      int32_t slot = maxLevel - byte;
      digit[byte] =
          silent ? 0
                 : coding.value(maxLevel - slot) - coding.value(coding.mask);
    }
  }
};

/// acc[j] += digit * row[j].
template <typename W>
void addRow(int32_t *acc, int32_t digit, const W *row, int64_t count) {
  for (int64_t j = 0; j < count; ++j)
    acc[j] += digit * int32_t(row[j]);
}

template <typename W>
rt::Tensor runLinear(const rt::Tensor &x, const InputValues &values,
                     const rt::Tensor &weight, const rt::Tensor *offset) {
  int64_t inputs = weight.dim(0), outputs = weight.dim(1);
  rt::Shape shape = x.shape();
  shape.back() = outputs;
  rt::Tensor result(rt::DType::I32, shape);
  const uint8_t *in = x.data<uint8_t>();
  const W *w = weight.data<W>();
  int32_t *out = result.data<int32_t>();
  for (int64_t token = 0, count = x.size() / inputs; token < count; ++token) {
    int32_t *acc = out + token * outputs;
    for (int64_t j = 0; j < outputs; ++j)
      acc[j] = offset ? offset->data<int32_t>()[j] : 0;
    for (int64_t i = 0; i < inputs; ++i)
      if (int32_t digit = values.digit[in[token * inputs + i]])
        addRow(acc, digit, w + i * outputs, outputs);
  }
  return result;
}

/// A convolution over any number of spatial axes, by output position.
template <typename W, typename Op>
rt::Tensor runConv(Op op, const rt::Tensor &x, const InputValues &values,
                   const rt::Tensor &weight, const rt::Tensor *offset) {
  ArrayRef<int64_t> strides = op.getStrides(), pads = op.getPads(),
                    dilations = op.getDilations();
  int64_t spatial = x.rank() - 2, group = op.getGroup();
  int64_t batch = x.dim(0), channels = x.dim(1), outputs = weight.dim(0);
  rt::Shape shape = {batch, outputs};
  int64_t inArea = 1, outArea = 1, taps = 1;
  for (int64_t a = 0; a < spatial; ++a) {
    int64_t reach = dilations[a] * (weight.dim(2 + a) - 1) + 1;
    shape.push_back(
        (x.dim(2 + a) + pads[a] + pads[spatial + a] - reach) / strides[a] + 1);
    inArea *= x.dim(2 + a);
    outArea *= shape.back();
    taps *= weight.dim(2 + a);
  }
  rt::Tensor result(rt::DType::I32, shape);
  const uint8_t *in = x.data<uint8_t>();
  const W *w = weight.data<W>();
  int32_t *out = result.data<int32_t>();
  int64_t groupIn = channels / group, groupOut = outputs / group;
  std::vector<int64_t> source(taps); // input position of each tap, or -1
  for (int64_t position = 0; position < outArea; ++position) {
    for (int64_t tap = 0; tap < taps; ++tap) {
      int64_t restOut = position, restTap = tap, index = 0, stride = 1;
      bool valid = true;
      for (int64_t a = spatial - 1; a >= 0; --a) {
        int64_t o = restOut % shape[2 + a], k = restTap % weight.dim(2 + a);
        restOut /= shape[2 + a];
        restTap /= weight.dim(2 + a);
        int64_t i = o * strides[a] + k * dilations[a] - pads[a];
        valid &= i >= 0 && i < x.dim(2 + a);
        index += i * stride;
        stride *= x.dim(2 + a);
      }
      source[tap] = valid ? index : -1;
    }
    for (int64_t n = 0; n < batch; ++n)
      for (int64_t o = 0; o < outputs; ++o) {
        int64_t firstChannel = o / groupOut * groupIn;
        int32_t acc =
            offset ? offset->data<int32_t>()[o * outArea + position] : 0;
        for (int64_t c = 0; c < groupIn; ++c)
          for (int64_t tap = 0; tap < taps; ++tap)
            if (source[tap] >= 0)
              acc +=
                  int32_t(w[(o * groupIn + c) * taps + tap]) *
                  values.digit[in[(n * channels + firstChannel + c) * inArea +
                                  source[tap]]];
        out[(n * outputs + o) * outArea + position] = acc;
      }
  }
  return result;
}

/// The integer that a resident level stands for.
int32_t residentInteger(uint8_t level, const rt::Coding &coding) {
  return coding.bits == 1 ? 2 * int32_t(level) - 1
                          : int32_t(level) - coding.zero;
}

template <typename Op>
rt::Tensor runMatMul(Op op, const rt::Tensor &lhs, const rt::Tensor &rhs) {
  Type lhsElement = getElementTypeOrSelf(op.getLhs().getType());
  InputValues values(lhsElement);
  rt::Coding train = *getCoding(lhsElement);
  rt::Coding resident = *getCoding(op.getRhs().getType());
  bool transposed = op.getTransposed();
  int64_t rows = lhs.dim(-2), inner = lhs.dim(-1);
  int64_t columns = transposed ? rhs.dim(-2) : rhs.dim(-1);
  rt::Shape shape = lhs.shape();
  shape.back() = columns;
  rt::Tensor result(rt::DType::I32, shape);
  int64_t batches = lhs.size() / (rows * inner);
  std::vector<int32_t> k(inner * columns), kappa(columns);
  for (int64_t b = 0; b < batches; ++b) {
    const uint8_t *source = rhs.data<uint8_t>() + b * inner * columns;
    std::fill(kappa.begin(), kappa.end(), 0);
    for (int64_t c = 0; c < inner; ++c)
      for (int64_t j = 0; j < columns; ++j) {
        int64_t index = transposed ? j * inner + c : c * columns + j;
        k[c * columns + j] = residentInteger(source[index], resident);
        kappa[j] += k[c * columns + j];
      }
    // Silent inputs stand for the mask level.
    int32_t silent = isa<TTFSType>(lhsElement) ? train.silentDigit() : 0;
    const uint8_t *in = lhs.data<uint8_t>() + b * rows * inner;
    int32_t *out = result.data<int32_t>() + b * rows * columns;
    for (int64_t i = 0; i < rows; ++i) {
      int32_t *acc = out + i * columns;
      for (int64_t j = 0; j < columns; ++j)
        acc[j] = silent * kappa[j];
      for (int64_t c = 0; c < inner; ++c)
        if (int32_t digit = values.digit[in[i * inner + c]])
          addRow(acc, digit, k.data() + c * columns, columns);
    }
  }
  return result;
}

/// The firing staircase, slot by slot with a latch.
rt::Tensor runFire(FireOp op, const rt::Tensor &membrane,
                   const rt::Tensor &thresholds) {
  rt::Coding coding = *getCoding(op.getResult().getType());
  int32_t maxLevel = coding.maxLevel();
  rt::Tensor result(rt::DType::U8, membrane.shape());
  int64_t axis =
      op.getAxis() < 0 ? op.getAxis() + membrane.rank() : op.getAxis();
  int64_t channels = membrane.dim(axis), innerSize = 1;
  for (int64_t a = axis + 1; a < membrane.rank(); ++a)
    innerSize *= membrane.dim(a);
  const int32_t *v = membrane.data<int32_t>();
  const int32_t *theta = thresholds.data<int32_t>();
  uint8_t *out = result.data<uint8_t>();
  for (int64_t n = 0, size = membrane.size(); n < size; ++n) {
    int64_t channel = thresholds.dim(0) == 1 ? 0 : n / innerSize % channels;
    const int32_t *row = theta + channel * maxLevel;
    int32_t level = 0;
    for (int32_t slot = 0; slot < maxLevel; ++slot) {
      int32_t threshold = row[maxLevel - slot - 1];
      if (threshold != INT32_MAX && v[n] >= threshold) {
        level = maxLevel - slot;
        break; // latched
      }
    }
    out[n] = uint8_t(coding.deadZone(level));
  }
  return result;
}

Results one(rt::Tensor tensor) {
  return SmallVector<rt::Tensor>{std::move(tensor)};
}

/// A product with static weights of either width. A train without an explicit
/// offset implies it, except on crossbars.
template <typename Op, typename Run> Results integrate(Op op, Run run) {
  Type element = getElementTypeOrSelf(op.getX().getType());
  InputValues values(element);
  FailureOr<rt::Tensor> weight =
      onnx::resolveConstant(op.getWeight(), op.getLoc());
  FailureOr<rt::Tensor> offset = resolveOptional(op, op.getOffset());
  if (failed(weight) || failed(offset))
    return failure();
  if constexpr (std::is_same_v<Op, LinearOp> || std::is_same_v<Op, ConvOp>)
    if (!offset->defined() && isa<TTFSType>(element))
      *offset = silentOffset(op, *weight);
  const rt::Tensor *start = offset->defined() ? &*offset : nullptr;
  if (weight->dtype() == rt::DType::I8)
    return one(run(int8_t(), values, *weight, start));
  return one(run(int16_t(), values, *weight, start));
}

/// Levels and masked TTFS.
Executed executeTtfsOp(Operation *op, ArrayRef<rt::Tensor> operands) {
  return TypeSwitch<Operation *, Executed>(op)
      .Case([&](SiteOp) { return one(operands[0]); })
      .Case<LinearOp, xbar::LinearOp>([&](auto o) {
        return integrate(o, [&](auto integer, const InputValues &values,
                                const rt::Tensor &weight,
                                const rt::Tensor *offset) {
          return runLinear<decltype(integer)>(operands[0], values, weight,
                                              offset);
        });
      })
      .Case<ConvOp, xbar::ConvOp>([&](auto o) {
        return integrate(o, [&](auto integer, const InputValues &values,
                                const rt::Tensor &weight,
                                const rt::Tensor *offset) {
          return runConv<decltype(integer)>(o, operands[0], values, weight,
                                            offset);
        });
      })
      .Case<MatMulOp, xbar::ProductOp>(
          [&](auto o) { return one(runMatMul(o, operands[0], operands[1])); })
      .Case([&](FireOp o) -> Results {
        FailureOr<rt::Tensor> thresholds =
            onnx::resolveConstant(o.getThresholds(), o.getLoc());
        if (failed(thresholds))
          return failure();
        return one(runFire(o, operands[0], *thresholds));
      })
      .Default([](Operation *) { return std::nullopt; });
}

Results execute(Operation *op, ArrayRef<rt::Tensor> operands,
                const rt::Context &context) {
  if (Executed done = executeTtfsOp(op, operands))
    return *done;
  if (Executed done = executePhaseOp(op, operands))
    return *done;
  if (Executed done = executeNeuronOp(op, operands))
    return *done;
  if (Executed done = executeStochasticOp(op, operands, context))
    return *done;
  return op->emitOpError("cannot be executed");
}

} // namespace

FailureOr<rt::Tensor> snn::resolveOptional(Operation *op,
                                           std::optional<TypedAttr> constant) {
  if (!constant)
    return rt::Tensor();
  return onnx::resolveConstant(*constant, op->getLoc());
}

Results snn::executeSpikeOp(Operation *op, ArrayRef<rt::Tensor> operands,
                            const rt::Context &context) {
  try {
    return execute(op, operands, context);
  } catch (const std::exception &e) {
    return op->emitOpError("failed: ") << e.what();
  }
}
