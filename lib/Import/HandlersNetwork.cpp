//===- HandlersNetwork.cpp - Layers and pooling ---------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Blocks.h"
#include "Compose.h"

#include <limits>

using namespace mlir;
using namespace snn;
using namespace snn::import;

static LogicalResult importGemm(Node &n) {
  if (failed(n.require(2)))
    return failure();
  SmallVector<Imported *> operands = {n.in(0), n.in(1)};
  if (n.has(2))
    operands.push_back(n.in(2));
  if (n.attr("alpha", 1.0) == 1 && n.attr("beta", 1.0) == 1 &&
      !n.attr("transA", int64_t(0)))
    if (auto product = tryMultiplyBlocks(n, n.in(0), n.in(1),
                                         n.attr("transB", int64_t(0)) != 0)) {
      Composer c(n);
      return c.bind(n.has(2) ? c.add(*product, n.in(2)) : *product);
    }
  return n.emit<onnx::GemmOp>(operands,
                              {n.f64("alpha", n.attr("alpha", 1.0)),
                               n.f64("beta", n.attr("beta", 1.0)),
                               n.flag("transA", n.attr("transA", int64_t(0))),
                               n.flag("transB", n.attr("transB", int64_t(0)))});
}

namespace {
/// The window of a convolution or a pooling.
struct Window {
  Ints kernel, strides, dilations, pads;
};
} // namespace

/// Reads the attributes of a window over the spatial axes of `x`, and turns
/// `auto_pad` into pads.
static FailureOr<Window> readWindow(Node &n, Imported *x, Ints kernel) {
  size_t spatial = kernel.size();
  if (x->rank() != static_cast<int64_t>(spatial) + 2)
    return n.error() << "a window of " << spatial
                     << " axes does not fit an input of rank " << x->rank();
  Window w;
  w.kernel = std::move(kernel);
  w.strides = n.ints("strides").value_or(Ints(spatial, 1));
  w.dilations = n.ints("dilations").value_or(Ints(spatial, 1));
  w.pads = n.ints("pads").value_or(Ints(2 * spatial, 0));
  if (w.strides.size() != spatial || w.dilations.size() != spatial ||
      w.pads.size() != 2 * spatial)
    return n.error() << "strides, dilations and pads do not fit a window of "
                     << spatial << " axes";
  auto isHuge = [](int64_t entry) {
    return entry < -(int64_t(1) << 31) || entry > (int64_t(1) << 31);
  };
  for (const Ints *entries : {&w.kernel, &w.strides, &w.dilations, &w.pads})
    if (llvm::any_of(*entries, isHuge))
      return n.error() << "the window has an entry beyond 2^31";
  std::string mode = n.attr("auto_pad", "NOTSET");
  if (mode == "NOTSET" || mode.empty())
    return w;
  w.pads.assign(2 * spatial, 0);
  if (mode == "VALID")
    return w;
  if (mode != "SAME_UPPER" && mode != "SAME_LOWER")
    return n.error() << "the auto_pad '" << mode << "' is unknown";
  for (size_t i = 0; i < spatial; ++i) {
    DimExpr size = x->shape[i + 2];
    if (!size.isStatic() || w.strides[i] < 1)
      return n.error() << "auto_pad needs a static size and a positive stride";
    int64_t out = (size.fixed + w.strides[i] - 1) / w.strides[i];
    int64_t total = std::max<int64_t>(
        0, (out - 1) * w.strides[i] + w.dilations[i] * (w.kernel[i] - 1) + 1 -
               size.fixed);
    int64_t small = total / 2, large = total - small;
    w.pads[i] = mode == "SAME_UPPER" ? small : large;
    w.pads[spatial + i] = mode == "SAME_UPPER" ? large : small;
  }
  return w;
}

static LogicalResult importConv(Node &n) {
  if (failed(n.require(2)))
    return failure();
  Imported *weight = n.in(1);
  if (weight->rank() < 3)
    return n.error() << "the weight of Conv has the rank " << weight->rank();
  Ints kernel;
  for (DimExpr dim : llvm::drop_begin(weight->shape, 2))
    kernel.push_back(dim.fixed);
  std::optional<Ints> stated = n.ints("kernel_shape");
  if (stated && *stated != kernel)
    return n.error() << "kernel_shape differs from the shape of the weight";
  FailureOr<Window> w = readWindow(n, n.in(0), kernel);
  if (failed(w))
    return failure();
  SmallVector<Imported *> operands = {n.in(0), weight};
  if (n.has(2))
    operands.push_back(n.in(2));
  return n.emit<onnx::ConvOp>(
      operands, {n.list("strides", w->strides), n.list("pads", w->pads),
                 n.list("dilations", w->dilations),
                 n.i64("group", n.attr("group", int64_t(1)))});
}

/// A convolution of the input with zeros between its elements and of the kernel
/// turned around.
static LogicalResult importConvTranspose(Node &n) {
  if (failed(n.require(2)))
    return failure();
  Composer c(n);
  Imported *x = n.in(0), *w = n.in(1);
  int64_t spatial = w->rank() - 2, group = n.attr("group", int64_t(1));
  if (spatial < 1 || x->rank() != w->rank() || !w->hasStaticShape() ||
      group < 1 || w->shape[0].fixed % group != 0)
    return n.error() << "'ConvTranspose' cannot apply a weight of type "
                     << w->type() << " in " << group << " groups to "
                     << x->type();
  Ints strides = n.ints("strides").value_or(Ints(spatial, 1));
  Ints dilations = n.ints("dilations").value_or(Ints(spatial, 1));
  Ints extra = n.ints("output_padding").value_or(Ints(spatial, 0));
  Ints pads = n.ints("pads").value_or(Ints(2 * spatial, 0));
  std::optional<Ints> stated = n.ints("output_shape");
  // Some exporters state batch and channels too.
  if (stated && int64_t(stated->size()) == spatial + 2)
    stated->erase(stated->begin(), stated->begin() + 2);
  if (int64_t(strides.size()) != spatial ||
      int64_t(dilations.size()) != spatial ||
      int64_t(extra.size()) != spatial || int64_t(pads.size()) != 2 * spatial ||
      (stated && int64_t(stated->size()) != spatial))
    return n.error() << "strides, dilations, pads or output_shape do not fit a "
                        "window of "
                     << spatial << " axes";
  std::string mode = n.attr("auto_pad", "NOTSET");
  bool isSame = mode == "SAME_UPPER" || mode == "SAME_LOWER";
  if (!isSame && mode != "VALID" && mode != "NOTSET" && !mode.empty())
    return n.error() << "the auto_pad '" << mode << "' is unknown";
  if (mode == "VALID")
    pads.assign(2 * spatial, 0);
  // With sizes of tensors, no sum or product of these overflows.
  constexpr int64_t most = 1 << 20;
  for (const Ints *entries :
       {&strides, &dilations, &extra, &pads, stated ? &*stated : &pads})
    for (int64_t entry : *entries)
      if (entry < -most || entry > most)
        return n.error() << "the window has an entry beyond " << most << ", "
                         << entry;

  // Zeros between elements: each axis gets one of size 1 behind it, padded.
  DimExprs split = {x->shape[0], x->shape[1]}, spread = split;
  Ints zeros(2 * (2 * spatial + 2), 0);
  bool spreads = false;
  for (int64_t i = 0; i < spatial; ++i) {
    DimExpr size = x->shape[2 + i];
    if (!size.isStatic() || strides[i] < 1 || dilations[i] < 1)
      return n.error() << "needs static sizes, positive strides and dilations";
    split.append({size, DimExpr(1)});
    spread.push_back(DimExpr(size.fixed * strides[i]));
    zeros[2 * spatial + 2 + 3 + 2 * i] = strides[i] - 1;
    spreads |= strides[i] > 1;
  }
  Imported *y = x;
  if (spreads)
    y = c.reshape(
        c.make<onnx::PadOp>({c.reshape(x, split)}, {n.list("pads", zeros)}),
        spread);

  // What the convolution pads; a negative amount is cut off first.
  Ints convPads(2 * spatial, 0), cuts(2 * (spatial + 2), 0);
  bool isCut = false;
  for (int64_t i = 0; i < spatial; ++i) {
    int64_t kernel = dilations[i] * (w->shape[2 + i].fixed - 1) + 1;
    int64_t full = strides[i] * (x->shape[2 + i].fixed - 1) + kernel + extra[i];
    if (isSame || stated) {
      int64_t out = stated ? (*stated)[i] : x->shape[2 + i].fixed * strides[i];
      int64_t total = std::max<int64_t>(full - out, 0);
      if (stated && full < out)
        extra[i] += out - full;
      bool smallFirst = mode != "SAME_LOWER";
      pads[i] = smallFirst ? total / 2 : total - total / 2;
      pads[spatial + i] = total - pads[i];
    }
    int64_t begin = kernel - 1 - pads[i];
    // The zeros behind the last element are padding that is already there.
    int64_t end = kernel - 1 - pads[spatial + i] + extra[i] - (strides[i] - 1);
    convPads[i] = std::max<int64_t>(begin, 0);
    convPads[spatial + i] = std::max<int64_t>(end, 0);
    cuts[2 + i] = std::min<int64_t>(begin, 0);
    cuts[spatial + 4 + i] = std::min<int64_t>(end, 0);
    isCut |= begin < 0 || end < 0;
  }
  if (isCut)
    y = c.make<onnx::PadOp>({y}, {n.list("pads", cuts)});

  // [C, M / group, kernel] to [M, C / group, kernel].
  int64_t inputs = w->shape[0].fixed / group, outputs = w->shape[1].fixed;
  DimExprs grouped = {DimExpr(group), DimExpr(inputs), DimExpr(outputs)};
  DimExprs weightShape = {DimExpr(group * outputs), DimExpr(inputs)};
  Ints order = {0, 2, 1}, axes, starts, ends, steps;
  for (int64_t i = 0; i < spatial; ++i) {
    grouped.push_back(w->shape[2 + i]);
    weightShape.push_back(w->shape[2 + i]);
    order.push_back(3 + i);
    axes.push_back(2 + i);
    starts.push_back(-1);
    ends.push_back(std::numeric_limits<int64_t>::min());
    steps.push_back(-1);
  }
  Imported *turned = c.make<onnx::SliceOp>(
      {c.reshape(c.transpose(c.reshape(w, grouped), order), weightShape)},
      {n.list("starts", starts), n.list("ends", ends), n.list("axes", axes),
       n.list("steps", steps)});
  SmallVector<Imported *> operands = {y, turned};
  if (n.has(2))
    operands.push_back(n.in(2));
  return c.bind(c.make<onnx::ConvOp>(
      operands, {n.list("strides", Ints(spatial, 1)), n.list("pads", convPads),
                 n.list("dilations", dilations), n.i64("group", group)}));
}

/// Pooling; one over a single axis is made one over two.
template <typename Op> static LogicalResult importPool(Node &n) {
  constexpr bool isMax = std::is_same_v<Op, onnx::MaxPoolOp>;
  if (failed(n.require(1)))
    return failure();
  std::optional<Ints> kernel = n.ints("kernel_shape");
  if (!kernel)
    return n.error() << "'" << n.entry.opType << "' needs kernel_shape";
  FailureOr<Window> w = readWindow(n, n.in(0), *kernel);
  if (failed(w))
    return failure();
  if (!isMax && llvm::any_of(w->dilations, [](int64_t d) { return d != 1; }))
    return n.error() << "dilations of AveragePool are not supported";
  Composer c(n);
  // Integers are exact as floats of 24 bits.
  Type type = n.in(0)->elementType;
  bool isNarrow = isMax && type.isInteger(8);
  Imported *x =
      isNarrow ? c.cast(n.in(0), n.importer.builder().getF32Type()) : n.in(0);
  if (!x)
    return failure();
  bool isVector = w->kernel.size() == 1;
  if (isVector) {
    DimExprs to = {x->shape[0], x->shape[1], 1, x->shape[2]};
    FailureOr<Imported *> plane = n.reshape(x, to);
    if (failed(plane))
      return failure();
    x = *plane;
    w->kernel.insert(w->kernel.begin(), 1);
    w->strides.insert(w->strides.begin(), 1);
    w->dilations.insert(w->dilations.begin(), 1);
    w->pads = {0, w->pads[0], 0, w->pads[1]};
  }
  SmallVector<NamedAttribute> attrs = {
      n.list("kernel", w->kernel), n.list("strides", w->strides),
      n.list("pads", w->pads),
      n.flag("ceilMode", n.attr("ceil_mode", int64_t(0)))};
  if (isMax)
    attrs.push_back(n.list("dilations", w->dilations));
  else
    attrs.push_back(
        n.flag("countIncludePad", n.attr("count_include_pad", int64_t(0))));
  auto unfold = [&](Imported *y) -> Imported * {
    if (!y || !isVector)
      return y;
    DimExprs to = {y->shape[0], y->shape[1], y->shape[3]};
    return c.reshape(y, to);
  };
  if (failed(c.bind(c.cast(unfold(c.make<Op>({x}, attrs)), type))))
    return failure();
  if (!isMax || !n.isUsed(1))
    return success();
  attrs.push_back(
      n.flag("columnMajor", n.attr("storage_order", int64_t(0)) != 0));
  return c.bind(unfold(c.make<onnx::MaxPoolIndicesOp>({x}, attrs)), 1);
}

static LogicalResult importGlobalAveragePool(Node &n) {
  if (failed(n.require(1)))
    return failure();
  return n.emit<onnx::GlobalAveragePoolOp>({n.in(0)});
}

static LogicalResult importGlobalMaxPool(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Composer c(n);
  return c.bind(c.reduce<onnx::ReduceMaxOp>(
      n.in(0), llvm::to_vector(llvm::seq<int64_t>(2, n.in(0)->rank()))));
}

static LogicalResult importBatchNormalization(Node &n) {
  if (failed(n.require(5)))
    return failure();
  bool trains = n.attr("training_mode", int64_t(0)) != 0;
  for (size_t i = 1; i < n.numOutputs(); ++i)
    trains |= !n.entry.outputs[i].empty();
  if (trains)
    return n.error() << "BatchNormalization is in training mode; export the "
                        "model for inference";
  return n.emit<onnx::BatchNormalizationOp>(
      {n.in(0), n.in(1), n.in(2), n.in(3), n.in(4)},
      {n.f64("epsilon", n.attr("epsilon", 1e-5))});
}

void snn::import::registerNetworkHandlers(OperatorTable &table) {
  table["Gemm"] = importGemm;
  table["Conv"] = importConv;
  table["AveragePool"] = {importPool<onnx::AveragePoolOp>, "dilations"};
  table["MaxPool"] = importPool<onnx::MaxPoolOp>;
  table["ConvTranspose"] = importConvTranspose;
  table["GlobalAveragePool"] = importGlobalAveragePool;
  table["GlobalMaxPool"] = importGlobalMaxPool;
  table["BatchNormalization"] = {importBatchNormalization, "training mode"};
}
