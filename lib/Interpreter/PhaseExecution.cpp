//===- PhaseExecution.cpp - Plain execution of phase coding ---------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The network on the values that its codes stand for: sums in the order that
// snn/runtime/Phase.h fixes, no spike times, traces or latches. Of the runtime
// it shares the tables of a coding only.
//
//===----------------------------------------------------------------------===//

#include "SpikeExecution.h"
#include "snn/Dialect/Spike/Spike.h"
#include "snn/Dialect/Xbar/Xbar.h"
#include "snn/runtime/Masks.h"
#include "snn/runtime/Phase.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using namespace snn;
using namespace snn::spike;

namespace {

/// What the 255 codes of a coding stand for, in units of its scale.
class Units {
public:
  explicit Units(const rt::PhaseCoding &coding) : value(256, 0.0) {
    rt::PhaseTable table(coding);
    for (int32_t phase = 0; phase < coding.phases; ++phase) {
      value[128 + phase + 1] = table.levels[phase];
      value[128 - phase - 1] = -table.levels[phase];
    }
  }
  double operator[](int8_t code) const { return value[128 + code]; }

private:
  std::vector<double> value;
};

rt::Tensor fireAll(const rt::Tensor &x, const rt::PhaseCoding &coding) {
  rt::PhaseTable table(coding);
  rt::Tensor train(rt::DType::I8, x.shape());
  const float *in = x.data<float>();
  int8_t *out = train.data<int8_t>();
  for (int64_t n = 0, size = x.size(); n < size; ++n) {
    float u = in[n] / coding.scale, magnitude = std::fabs(u);
    int32_t phase = 0;
    while (phase < coding.phases && !(magnitude >= table.thresholds[phase]))
      ++phase;
    bool silent = phase == coding.phases || (coding.unipolar && u < 0);
    out[n] = int8_t(silent ? 0 : u < 0 ? -phase - 1 : phase + 1);
  }
  return train;
}

rt::Tensor decodeAll(const rt::Tensor &train, const rt::PhaseCoding &coding) {
  Units units(coding);
  rt::Tensor y(rt::DType::F32, train.shape());
  const int8_t *in = train.data<int8_t>();
  for (int64_t n = 0, size = train.size(); n < size; ++n)
    y.data<float>()[n] = float(double(coding.scale) * units[in[n]]);
  return y;
}

/// Weights of any type as doubles.
std::vector<double> toDoubles(const rt::Tensor &weight) {
  std::vector<double> values(weight.size());
  for (int64_t n = 0; n < weight.size(); ++n)
    values[n] = weight.dtype() == rt::DType::I8    ? weight.data<int8_t>()[n]
                : weight.dtype() == rt::DType::I16 ? weight.data<int16_t>()[n]
                                                   : weight.data<float>()[n];
  return values;
}

/// Weights and outputs of a product with static weights.
struct Static {
  std::vector<double> weight;
  rt::Shape shape;
  std::vector<double> factor, bias; // one per output

  /// y of output `j` whose inputs sum up to `sum`.
  float finish(double sum, int64_t j) const {
    double y = sum * factor[j];
    return float(bias.empty() ? y : y + bias[j]);
  }
};

template <typename Op> FailureOr<Static> readStatic(Op op, int64_t outputAxis) {
  FailureOr<rt::Tensor> weight =
      onnx::resolveConstant(op.getWeight(), op.getLoc());
  if (failed(weight))
    return failure();
  Static result;
  result.weight = toDoubles(*weight);
  result.shape = weight->shape();
  int64_t outputs = result.shape[outputAxis];
  double scale = getPhaseCoding(op.getX().getType())->scale;
  result.factor.assign(outputs, scale);
  if (op.getWeightScale()) {
    FailureOr<rt::Tensor> scales =
        onnx::resolveConstant(*op.getWeightScale(), op.getLoc());
    if (failed(scales))
      return failure();
    for (int64_t j = 0; j < outputs; ++j)
      result.factor[j] *=
          double(scales->template data<float>()[scales->size() == 1 ? 0 : j]);
  }
  if (op.getBias()) {
    FailureOr<rt::Tensor> bias =
        onnx::resolveConstant(*op.getBias(), op.getLoc());
    if (failed(bias))
      return failure();
    for (int64_t j = 0; j < outputs; ++j)
      result.bias.push_back(
          bias->template data<float>()[bias->size() == 1 ? 0 : j]);
  }
  return result;
}

template <typename Op>
rt::Tensor runLinear(Op op, const rt::Tensor &x, const Static &s) {
  Units units(*getPhaseCoding(op.getX().getType()));
  int64_t inputs = s.shape[0], outputs = s.shape[1];
  rt::Shape shape = x.shape();
  shape.back() = outputs;
  rt::Tensor y(rt::DType::F32, shape);
  std::vector<double> sum(outputs);
  for (int64_t row = 0, rows = x.size() / inputs; row < rows; ++row) {
    std::fill(sum.begin(), sum.end(), 0.0);
    for (int64_t i = 0; i < inputs; ++i) {
      double u = units[x.data<int8_t>()[row * inputs + i]];
      if (u == 0)
        continue;
      const double *w = s.weight.data() + i * outputs;
      for (int64_t j = 0; j < outputs; ++j)
        sum[j] += w[j] * u;
    }
    for (int64_t j = 0; j < outputs; ++j)
      y.data<float>()[row * outputs + j] = s.finish(sum[j], j);
  }
  return y;
}

/// A convolution over any number of spatial axes, one result after the other.
template <typename Op>
rt::Tensor runConv(Op op, const rt::Tensor &x, const Static &s) {
  Units units(*getPhaseCoding(op.getX().getType()));
  int64_t spatial = x.rank() - 2, outputs = s.shape[0], taps = 1, area = 1;
  rt::Shape shape = {x.dim(0), outputs};
  for (int64_t a = 0; a < spatial; ++a) {
    int64_t reach = op.getDilations()[a] * (s.shape[2 + a] - 1) + 1;
    shape.push_back(
        (x.dim(2 + a) + op.getPads()[a] + op.getPads()[spatial + a] - reach) /
            op.getStrides()[a] +
        1);
    taps *= s.shape[2 + a];
    area *= shape.back();
  }
  int64_t inArea = x.size() / (x.dim(0) * x.dim(1)), groupIn = s.shape[1];
  int64_t groupOut = outputs / int64_t(op.getGroup());
  rt::Tensor y(rt::DType::F32, shape);
  std::vector<int64_t> source(taps); // of each tap, or -1
  for (int64_t position = 0; position < area; ++position) {
    for (int64_t tap = 0; tap < taps; ++tap) {
      int64_t restOut = position, restTap = tap, index = 0, stride = 1;
      bool inside = true;
      for (int64_t a = spatial - 1; a >= 0; --a) {
        int64_t o = restOut % shape[2 + a], k = restTap % s.shape[2 + a];
        restOut /= shape[2 + a];
        restTap /= s.shape[2 + a];
        int64_t i =
            o * op.getStrides()[a] + k * op.getDilations()[a] - op.getPads()[a];
        inside &= i >= 0 && i < x.dim(2 + a);
        index += i * stride;
        stride *= x.dim(2 + a);
      }
      source[tap] = inside ? index : -1;
    }
    for (int64_t n = 0; n < shape[0]; ++n)
      for (int64_t o = 0; o < outputs; ++o) {
        const int8_t *in =
            x.data<int8_t>() + (n * x.dim(1) + o / groupOut * groupIn) * inArea;
        double sum = 0;
        for (int64_t c = 0; c < groupIn; ++c)
          for (int64_t tap = 0; tap < taps; ++tap)
            if (source[tap] >= 0)
              sum += s.weight[(o * groupIn + c) * taps + tap] *
                     units[in[c * inArea + source[tap]]];
        y.data<float>()[(n * outputs + o) * area + position] = s.finish(sum, o);
      }
  }
  return y;
}

rt::Tensor runMatMul(PhaseMatMulOp op, const rt::Tensor &a, const rt::Tensor &b,
                     const rt::Tensor *divisor) {
  rt::PhaseCoding left = *getPhaseCoding(op.getLhs().getType());
  rt::PhaseCoding right = *getPhaseCoding(op.getRhs().getType());
  Units unitsA(left), unitsB(right);
  double factor = double(left.scale) * double(right.scale) *
                  op.getFactor().convertToDouble();
  bool transposed = op.getTransposed();
  int64_t rows = a.dim(-2), inner = a.dim(-1);
  int64_t columns = transposed ? b.dim(-2) : b.dim(-1);
  rt::Shape shape = a.shape();
  shape.back() = columns;
  rt::Tensor y(rt::DType::F32, shape);
  const int8_t *p = a.data<int8_t>(), *q = b.data<int8_t>();
  float *out = y.data<float>();
  for (int64_t row = 0, all = a.size() / inner; row < all; ++row)
    for (int64_t j = 0; j < columns; ++j) {
      const int8_t *matrix = q + row / rows * inner * columns;
      double sum = 0;
      for (int64_t c = 0; c < inner; ++c) {
        int8_t x = p[row * inner + c];
        int8_t w = matrix[transposed ? j * inner + c : c * columns + j];
        sum += unitsA[x] * unitsB[w];
      }
      // The released correction of coinciding spikes counts a product three
      // times where x is negative (spikedattention.md section 3).
      for (int64_t c = 0; op.getSignBug() && c < inner; ++c) {
        int8_t x = p[row * inner + c];
        int8_t w = matrix[transposed ? j * inner + c : c * columns + j];
        if (x < 0 && -x == std::abs(int(w)))
          sum += 2.0 * (unitsA[x] * unitsB[w]);
      }
      double value = sum * factor;
      if (divisor) {
        double z = double(divisor->data<float>()[row]);
        value = z == 0 ? 0.0 : value / z;
      }
      out[row * columns + j] = float(value);
    }
  return y;
}

/// The value of `mask` at each element of a tensor of `shape`, to which it is
/// broadcast.
std::vector<double> broadcastMask(const rt::Tensor *mask,
                                  const rt::Shape &shape, double absent) {
  std::vector<double> values(rt::elementCount(shape), absent);
  if (!mask)
    return values;
  for (int64_t n = 0, size = int64_t(values.size()); n < size; ++n) {
    int64_t rest = n, index = 0, stride = 1;
    for (int64_t i = 1; i <= int64_t(shape.size()); ++i) {
      int64_t at = rest % shape[shape.size() - i];
      rest /= shape[shape.size() - i];
      if (i > mask->rank())
        continue;
      index += mask->dim(-i) == 1 ? 0 : at * stride;
      stride *= mask->dim(-i);
    }
    values[n] = double(mask->data<float>()[index]);
  }
  return values;
}

SmallVector<rt::Tensor> runWoss(WossOp op, const rt::Tensor &scores,
                                const rt::Tensor *multiplicative,
                                const rt::Tensor *additive) {
  rt::PhaseCoding coding = *getPhaseCoding(op.getTrain().getType());
  rt::PhaseTable table(coding);
  rt::Tensor decoded =
      decodeAll(scores, *getPhaseCoding(op.getScores().getType()));
  std::vector<double> factor = broadcastMask(multiplicative, scores.shape(), 1);
  std::vector<double> added = broadcastMask(additive, scores.shape(), 0);
  int64_t keys = scores.dim(-1), rows = scores.size() / keys;
  rt::Shape shape = scores.shape();
  shape.back() = 1;
  rt::Tensor train(rt::DType::I8, scores.shape()), z(rt::DType::F32, shape);
  std::vector<double> logit(keys);
  for (int64_t row = 0; row < rows; ++row) {
    double best = -std::numeric_limits<double>::infinity();
    bool spiked = false; // positively, somewhere in the row
    for (int64_t i = 0; i < keys; ++i) {
      int64_t n = row * keys + i;
      logit[i] = double(decoded.data<float>()[n]) * factor[n] + added[n];
      if (!(added[n] > rt::softmaxMaskedFrom))
        continue;
      best = std::max(best, logit[i]);
      spiked |= logit[i] > 0;
    }
    if (coding.release != rt::PhaseRelease::None && !spiked)
      best = 0;
    double sum = 0;
    for (int64_t i = 0; i < keys; ++i) {
      int64_t n = row * keys + i;
      double distance = best - logit[i], phase;
      if (coding.release == rt::PhaseRelease::Swin)
        phase = std::ceil(coding.base * distance / table.logBase + 0.5);
      else if (coding.release == rt::PhaseRelease::Bert)
        phase = 1 + std::ceil(distance / table.logBase);
      else
        phase = std::floor(distance / table.logBase + 0.5);
      bool fires = added[n] > rt::softmaxMaskedFrom && phase < coding.phases;
      train.data<int8_t>()[n] = fires ? int8_t(phase + 1) : int8_t(0);
      if (fires)
        sum += table.levels[size_t(phase)];
    }
    z.data<float>()[row] = float(sum);
  }
  return {train, z};
}

} // namespace

Executed snn::executePhaseOp(Operation *op, ArrayRef<rt::Tensor> operands) {
  using Results = FailureOr<SmallVector<rt::Tensor>>;
  auto one = [](rt::Tensor tensor) -> Results {
    return SmallVector<rt::Tensor>{std::move(tensor)};
  };
  /// The tensor of an optional operand.
  auto find = [&](Value value) -> const rt::Tensor * {
    for (auto [operand, tensor] : llvm::zip(op->getOperands(), operands))
      if (value && operand == value)
        return &tensor;
    return nullptr;
  };
  return TypeSwitch<Operation *, Executed>(op)
      .Case<PhaseEncodeOp, QuantizeOp>([&](auto o) {
        return one(
            fireAll(operands[0], *getPhaseCoding(o.getResult().getType())));
      })
      .Case<PhaseDecodeOp, DequantizeOp>([&](auto o) {
        return one(decodeAll(operands[0], *getPhaseCoding(o.getX().getType())));
      })
      .Case([&](PhaseResidualOp o) {
        rt::Tensor y =
            decodeAll(operands[1], *getPhaseCoding(o.getTrain().getType()));
        for (int64_t n = 0; n < y.size(); ++n)
          y.data<float>()[n] =
              operands[0].data<float>()[n] + y.data<float>()[n];
        return one(y);
      })
      .Case<PhaseLinearOp, xbar::PhaseLinearOp>([&](auto o) -> Results {
        FailureOr<Static> parameters = readStatic(o, 1);
        if (failed(parameters))
          return failure();
        return one(runLinear(o, operands[0], *parameters));
      })
      .Case<PhaseConvOp, xbar::PhaseConvOp>([&](auto o) -> Results {
        FailureOr<Static> parameters = readStatic(o, 0);
        if (failed(parameters))
          return failure();
        return one(runConv(o, operands[0], *parameters));
      })
      .Case([&](PhaseMatMulOp o) {
        return one(
            runMatMul(o, operands[0], operands[1], find(o.getDivisor())));
      })
      .Case([&](WossOp o) -> Results {
        return runWoss(o, operands[0], find(o.getMultiplicative()),
                       find(o.getAdditive()));
      })
      .Default([](Operation *) { return std::nullopt; });
}
