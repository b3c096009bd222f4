//===- MergeRepConv.cpp - The spike-merge-repconv pass --------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Builders.h"
#include "mlir/IR/Remarks.h"
#include "mlir/IR/Threading.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "snn/Dialect/Spike/Passes.h"

#include <algorithm>
#include <cmath>

namespace snn::spike {
#define GEN_PASS_DEF_SPIKEMERGEREPCONV
#include "snn/Dialect/Spike/Passes.h.inc"
} // namespace snn::spike

using namespace mlir;
using namespace snn;

namespace {

RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Reads a constant; nullopt if `value` is none, or has another type than F32.
std::optional<rt::Tensor> readFloats(Value value) {
  TypedAttr attribute = onnx::getConstantAttr(value);
  if (!attribute)
    return std::nullopt;
  FailureOr<rt::Tensor> tensor =
      onnx::resolveConstant(attribute, value.getLoc());
  if (failed(tensor) || tensor->dtype() != rt::DType::F32)
    return std::nullopt;
  return *tensor;
}

/// The value per channel (axis 1 of four) that a border holds, behind
/// broadcasts; nullopt if it is not one per channel.
std::optional<std::vector<float>> readBorder(Value value, int64_t channels) {
  while (Operation *op = value.getDefiningOp()) {
    auto type = tensorType(value);
    if (isa<onnx::ExpandOp>(op) ||
        (isa<onnx::ReshapeOp>(op) &&
         tensorType(op->getOperand(0)).getShape() == type.getShape())) {
      value = op->getOperand(0);
      continue;
    }
    break;
  }
  std::optional<rt::Tensor> tensor = readFloats(value);
  if (!tensor || tensor->rank() < 3 || tensor->rank() > 4 ||
      tensor->size() == 0)
    return std::nullopt;
  int64_t own = tensor->dim(-3), inner = tensor->dim(-1) * tensor->dim(-2);
  if (own != 1 && own != channels)
    return std::nullopt;
  std::vector<float> border(channels);
  const float *data = tensor->data<float>();
  for (int64_t c = 0; c < channels; ++c)
    border[c] = data[own == 1 ? 0 : c * inner];
  for (int64_t n = 0, size = tensor->size(); n < size; ++n)
    if (data[n] != border[own == 1 ? 0 : n / inner % own])
      return std::nullopt;
  return border;
}

/// Positions first to before end of `source` along one axis.
struct Range {
  Value source;
  int64_t first, end;

  /// What `value` is of the tensor that it was cut from, in one step or more.
  static Range of(Value value, int64_t axis) {
    Range range{value, 0, tensorType(value).getDimSize(axis)};
    while (auto slice = range.source.getDefiningOp<onnx::SliceOp>()) {
      if (slice.getAxes() != ArrayRef<int64_t>(axis) ||
          slice.getSteps()[0] != 1 || slice.getStarts()[0] < 0)
        break;
      range.first += slice.getStarts()[0];
      range.end += slice.getStarts()[0];
      range.source = slice.getX();
    }
    return range;
  }
};

/// concat(border, x without its first and last position along `axis`, border):
/// x, and the two borders.
struct Frame {
  Value inside;
  Value first, last;

  static std::optional<Frame> match(Value value, int64_t axis) {
    auto concat = value.getDefiningOp<onnx::ConcatOp>();
    if (!concat || concat.getInputs().size() != 3 ||
        (concat.getAxis() != axis && concat.getAxis() != axis - 4))
      return std::nullopt;
    auto edge = [&](Value part) {
      return tensorType(part).getRank() == 4 &&
             tensorType(part).getDimSize(axis) == 1;
    };
    Range middle = Range::of(concat.getInputs()[1], axis);
    if (middle.first != 1 ||
        middle.end != tensorType(middle.source).getDimSize(axis) - 1 ||
        !edge(concat.getInputs()[0]) || !edge(concat.getInputs()[2]))
      return std::nullopt;
    return Frame{middle.source, concat.getInputs()[0], concat.getInputs()[2]};
  }
};

bool hasWindow(onnx::ConvOp conv, int64_t pad) {
  return llvm::all_of(conv.getStrides(), [](int64_t s) { return s == 1; }) &&
         llvm::all_of(conv.getDilations(), [](int64_t d) { return d == 1; }) &&
         llvm::all_of(conv.getPads(), [=](int64_t p) { return p == pad; });
}

/// A convolution without a window, weights [O, I, 1, 1].
bool isPointwise(onnx::ConvOp conv) {
  ArrayRef<int64_t> shape = tensorType(conv.getW()).getShape();
  return shape.size() == 4 && shape[2] == 1 && shape[3] == 1 &&
         conv.getGroup() == 1 && hasWindow(conv, 0);
}

/// The bias of a convolution, zeros if it has none.
std::optional<std::vector<double>> readBias(onnx::ConvOp conv) {
  std::vector<double> bias(tensorType(conv.getW()).getDimSize(0), 0.0);
  if (!conv.getBias())
    return bias;
  std::optional<rt::Tensor> tensor = readFloats(conv.getBias());
  if (!tensor)
    return std::nullopt;
  std::copy_n(tensor->data<float>(), bias.size(), bias.begin());
  return bias;
}

/// One chain, from its last convolution on.
class RepConv {
public:
  static std::optional<RepConv> match(onnx::ConvOp last);
  /// Why the border is none; empty if it is one.
  std::string checkBorder() const;
  void merge();
  onnx::ConvOp getLast() const { return last; }

private:
  onnx::ConvOp first, depthwise, last;
  SmallVector<Value, 4> borders;
};

std::optional<RepConv> RepConv::match(onnx::ConvOp last) {
  RepConv chain;
  chain.last = last;
  if (!isPointwise(last))
    return std::nullopt;
  chain.depthwise = last.getX().getDefiningOp<onnx::ConvOp>();
  if (!chain.depthwise)
    return std::nullopt;
  RankedTensorType weight = tensorType(chain.depthwise.getW());
  int64_t channels = tensorType(chain.depthwise.getX()).getDimSize(1);
  if (weight.getShape() != ArrayRef<int64_t>({channels, 1, 3, 3}) ||
      chain.depthwise.getGroup() != channels || !hasWindow(chain.depthwise, 0))
    return std::nullopt;
  // The border's rows and columns are written in either order.
  Value x = chain.depthwise.getX();
  bool isFramed = false;
  for (auto [outer, inner] : {std::pair(3, 2), std::pair(2, 3)}) {
    std::optional<Frame> one = Frame::match(x, outer);
    std::optional<Frame> two =
        one ? Frame::match(one->inside, inner) : std::nullopt;
    if (!two)
      continue;
    chain.borders = {one->first, one->last, two->first, two->last};
    x = two->inside;
    isFramed = true;
    break;
  }
  auto pad = x.getDefiningOp<onnx::PadOp>();
  if (!isFramed || !pad || pad.getMode() != "constant" ||
      pad.getPads() != ArrayRef<int64_t>({0, 0, 1, 1, 0, 0, 1, 1}))
    return std::nullopt;
  chain.first = pad.getX().getDefiningOp<onnx::ConvOp>();
  if (!chain.first || !isPointwise(chain.first))
    return std::nullopt;
  return chain;
}

std::string RepConv::checkBorder() const {
  onnx::ConvOp conv = first;
  std::optional<std::vector<double>> bias = readBias(conv);
  if (!bias || !readFloats(conv.getW()))
    return "its weights are no constants";
  for (Value value : borders) {
    std::optional<std::vector<float>> border =
        readBorder(value, int64_t(bias->size()));
    if (!border)
      return "its border is not one constant per channel";
    for (auto [number, wanted] : llvm::zip(*border, *bias))
      if (!(std::fabs(number - wanted) <=
            1e-5 * std::max(1.0, std::fabs(wanted))))
        return "its border is not what the first convolution makes of zero";
  }
  return "";
}

void RepConv::merge() {
  std::optional<rt::Tensor> w1 = readFloats(first.getW()),
                            wd = readFloats(depthwise.getW()),
                            w3 = readFloats(last.getW());
  std::optional<std::vector<double>> b1 = readBias(first),
                                     bd = readBias(depthwise),
                                     b3 = readBias(last);
  if (!w1 || !wd || !w3 || !b1 || !bd || !b3)
    return;
  int64_t outputs = w3->dim(0), middle = w3->dim(1), inputs = w1->dim(1);
  constexpr int64_t taps = 9;
  rt::Tensor weight(rt::DType::F32, {outputs, inputs, 3, 3});
  rt::Tensor bias(rt::DType::F32, {outputs});
  const float *first1 = w1->data<float>(), *window = wd->data<float>(),
              *second = w3->data<float>();
  mlir::parallelFor(last.getContext(), 0, outputs, [&](size_t index) {
    auto o = int64_t(index);
    double sum = (*b3)[o];
    std::vector<double> row(inputs * taps, 0.0);
    for (int64_t m = 0; m < middle; ++m) {
      double factor = second[o * middle + m], area = 0;
      for (int64_t t = 0; t < taps; ++t)
        area += window[m * taps + t];
      sum += factor * ((*bd)[m] + (*b1)[m] * area);
      for (int64_t i = 0; i < inputs; ++i) {
        double product = factor * first1[m * inputs + i];
        for (int64_t t = 0; t < taps; ++t)
          row[i * taps + t] += product * window[m * taps + t];
      }
    }
    bias.data<float>()[o] = float(sum);
    std::copy(row.begin(), row.end(), weight.data<float>() + o * inputs * taps);
  });
  OpBuilder b(last);
  std::string name = onnx::getNodeName(last.getLoc()).str();
  auto constant = [&](StringRef suffix, const rt::Tensor &tensor) {
    TypedAttr attribute = onnx::makeConstantAttr(
        b.getContext(), name + suffix.str(), tensor, b.getF32Type());
    return onnx::ConstantOp::create(b, last.getLoc(), attribute.getType(),
                                    attribute);
  };
  Value merged = onnx::ConvOp::create(
      b, last.getLoc(), last.getType(), first.getX(),
      constant(".merged", weight), constant(".merged.bias", bias),
      b.getDenseI64ArrayAttr({1, 1}), b.getDenseI64ArrayAttr({1, 1, 1, 1}),
      b.getDenseI64ArrayAttr({1, 1}), b.getI64IntegerAttr(1));
  last.getResult().replaceAllUsesWith(merged);
}

struct MergeRepConv : spike::impl::SpikeMergeRepConvBase<MergeRepConv> {
  using SpikeMergeRepConvBase::SpikeMergeRepConvBase;

  void runOnOperation() override {
    SmallVector<RepConv> chains;
    getOperation().walk([&](onnx::ConvOp op) {
      if (std::optional<RepConv> chain = RepConv::match(op))
        chains.push_back(*chain);
    });
    for (RepConv &chain : chains) {
      std::string problem = chain.checkBorder();
      if (problem.empty()) {
        chain.merge();
        continue;
      }
      StringRef name = onnx::getNodeName(chain.getLast().getLoc());
      remark::missed(chain.getLast().getLoc(),
                     remark::RemarkOpts::name("NoRepConv")
                         .category("spike-merge-repconv")
                         .function(name))
          << remark::reason("{0}", problem);
    }
    if (chains.empty())
      return;
    SmallVector<Operation *> all;
    getOperation().walk([&](Operation *op) { all.push_back(op); });
    for (Operation *op : llvm::reverse(all))
      if (isOpTriviallyDead(op))
        op->erase();
  }
};

} // namespace
