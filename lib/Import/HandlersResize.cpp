//===- HandlersResize.cpp - Resize and Upsample ---------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Compose.h"

#include <cmath>

using namespace mlir;
using namespace snn;
using namespace snn::import;
using Term = Composer::Term;

namespace {
/// What an axis becomes.
struct Axis {
  float scale = 1;
  /// -1: it stays as it is.
  int64_t size = -1;
  float first = 0, last = 1;
};
} // namespace

/// The floats of input `i`, a constant; nothing if it is absent or empty.
static FailureOr<std::optional<std::vector<float>>>
constantFloats(Node &n, size_t i, StringRef what) {
  std::optional<std::vector<float>> none;
  if (!n.has(i))
    return none;
  FailureOr<const rt::Tensor *> tensor = n.importer.elements(*n.in(i), n.loc);
  if (failed(tensor))
    return failure();
  if (!*tensor || (*tensor)->dtype() != rt::DType::F32) {
    n.error() << what << " (input " << i << ", '" << n.in(i)->name
              << "') must be constant floats";
    return failure();
  }
  if ((*tensor)->size() == 0)
    return none;
  return std::optional((*tensor)->toVector<float>());
}

static LogicalResult emitResize(Node &n, ArrayRef<Axis> axes, StringRef mode,
                                StringRef transform, StringRef rounding) {
  Term x = n.in(0);
  Composer c(n);
  SmallVector<Term> operands = {x};
  Ints sizes;
  std::vector<float> scales, roi(2 * axes.size());
  bool crops = transform == "tf_crop_and_resize", followsFromSizes = true;
  for (auto [i, axis] : llvm::enumerate(axes)) {
    DimExpr dim = x->shape[i];
    bool stays =
        axis.scale == 1 && (axis.size == -1 || dim == DimExpr(axis.size));
    if (!stays && !dim.isStatic())
      return n.error() << "resizes the batch, which is dynamic";
    sizes.push_back(stays ? -1 : axis.size);
    scales.push_back(axis.scale);
    roi[i] = axis.first;
    roi[axes.size() + i] = axis.last;
    if (stays)
      continue;
    float quotient =
        static_cast<float>(axis.size) / static_cast<float>(dim.fixed);
    followsFromSizes &= quotient == axis.scale;
    // ONNX takes the product for the length, runtimes take the size.
    if (transform == "align_corners" &&
        static_cast<float>(dim.fixed) * axis.scale !=
            static_cast<float>(axis.size))
      return n.error() << "scales " << dim.fixed << " elements by "
                       << axis.scale
                       << " with 'align_corners', which ONNX and its runtimes "
                          "read differently; give 'sizes' instead";
  }
  auto vector = [&](const std::vector<float> &values) {
    return n.importer.makeConstant(
        n.entry.label(), n.loc,
        rt::Tensor::fromVector<float>({static_cast<int64_t>(values.size())},
                                      values));
  };
  bool hasScales = !followsFromSizes;
  if (hasScales)
    operands.push_back(vector(scales));
  if (crops)
    operands.push_back(vector(roi));
  OpBuilder &b = n.importer.builder();
  NamedAttribute segments = b.getNamedAttr(
      "operandSegmentSizes", b.getDenseI32ArrayAttr({1, hasScales, crops}));
  return n.emit<onnx::ResizeOp>(
      operands,
      {segments, n.list("sizes", sizes), n.str("mode", mode),
       n.str("transform", transform), n.str("rounding", rounding),
       n.f64("cubicCoefficient", n.attr("cubic_coeff_a", -0.75)),
       n.flag("excludeOutside", n.attr("exclude_outside", int64_t(0))),
       n.f64("extrapolation", n.attr("extrapolation_value", 0.0)),
       n.flag("antialias", n.attr("antialias", int64_t(0)))});
}

/// More elements are on no axis.
static constexpr int64_t largestAxis = int64_t(1) << 40;

/// A size as an integer; -1 where it is none of an axis.
static int64_t toSize(double size) {
  return size >= 0 && size <= double(largestAxis) ? static_cast<int64_t>(size)
                                                  : -1;
}

/// `in` elements under a scale; ONNX rounds down.
static int64_t scaledSize(int64_t in, float scale) {
  return toSize(
      std::floor(static_cast<double>(in) * static_cast<double>(scale)));
}

/// Gives each axis its scale. Fails when there are not as many.
static LogicalResult setScales(Node &n, MutableArrayRef<Axis> axes,
                               ArrayRef<int64_t> which,
                               ArrayRef<float> scales) {
  if (scales.size() != which.size())
    return n.error() << "'" << n.entry.opType << "' has " << scales.size()
                     << " scales for " << which.size() << " axes";
  for (auto [at, scale] : llvm::zip(which, scales)) {
    if (!(scale > 0))
      return n.error() << "the scale " << scale << " is not positive";
    DimExpr dim = n.in(0)->shape[at];
    axes[at].scale = scale;
    if (scale != 1)
      axes[at].size = dim.isStatic() ? scaledSize(dim.fixed, scale) : 0;
    if (scale != 1 && axes[at].size < 0)
      return n.error() << "the scale " << scale << " makes more than "
                       << largestAxis << " elements of axis " << at;
  }
  return success();
}

/// Gives each axis its size, which keep_aspect_ratio_policy may change.
static LogicalResult setSizes(Node &n, MutableArrayRef<Axis> axes,
                              ArrayRef<int64_t> which,
                              ArrayRef<DimExpr> sizes) {
  if (sizes.size() != which.size())
    return n.error() << "'" << n.entry.opType << "' has " << sizes.size()
                     << " sizes for " << which.size() << " axes";
  std::string policy = n.attr("keep_aspect_ratio_policy", "stretch");
  if (policy != "stretch" && policy != "not_larger" && policy != "not_smaller")
    return n.error() << "the keep_aspect_ratio_policy '" << policy
                     << "' is unknown";
  std::optional<double> common;
  for (auto [at, size] : llvm::zip(which, sizes)) {
    DimExpr dim = n.in(0)->shape[at];
    if (size == dim && policy == "stretch")
      continue;
    if (size.isStatic() && (size.fixed < 0 || size.fixed > largestAxis))
      return n.error() << "the size " << size.fixed << " of axis " << at
                       << " is not in [0, " << largestAxis << "]";
    if (!dim.isStatic() || !size.isStatic() || dim.fixed < 1)
      return n.error() << "resizes axis " << at << " of " << n.in(0)->type()
                       << ", which is dynamic or empty";
    axes[at].size = size.fixed;
    axes[at].scale =
        static_cast<float>(size.fixed) / static_cast<float>(dim.fixed);
    double scale =
        static_cast<double>(size.fixed) / static_cast<double>(dim.fixed);
    if (!common || (policy == "not_larger" ? scale < *common : scale > *common))
      common = scale;
  }
  if (policy == "stretch" || !common)
    return success();
  for (int64_t at : which) {
    double size = *common * static_cast<double>(n.in(0)->shape[at].fixed);
    axes[at].scale = static_cast<float>(*common);
    axes[at].size = toSize(std::floor(size + 0.5));
    if (axes[at].size < 0)
      return n.error() << "keeping the aspect ratio makes more than "
                       << largestAxis << " elements of axis " << at;
  }
  return success();
}

/// Opset 10 has scales alone and reads positions as quotients.
static LogicalResult importResize(Node &n) {
  if (failed(n.require(1)))
    return failure();
  Term x = n.in(0);
  bool isOld = n.opset() < 11;
  SmallVector<Axis> axes(x->rank());
  Ints which = llvm::to_vector(llvm::seq<int64_t>(0, x->rank()));
  if (std::optional<Ints> stated = n.ints("axes")) {
    which.clear();
    for (int64_t entry : *stated) {
      FailureOr<int64_t> axis = n.axis(entry, x->rank());
      if (failed(axis))
        return failure();
      which.push_back(*axis);
    }
  }
  auto scales = constantFloats(n, isOld ? 1 : 2, "the scales");
  if (failed(scales))
    return failure();
  bool hasSizes = !isOld && n.has(3) && !*scales;
  if (hasSizes) {
    FailureOr<DimExprs> sizes = n.dims(3, "the sizes");
    if (failed(sizes) || failed(setSizes(n, axes, which, *sizes)))
      return failure();
  } else if (!*scales) {
    return n.error() << "'Resize' needs scales or sizes";
  } else if (failed(setScales(n, axes, which, **scales))) {
    return failure();
  }
  std::string transform = n.attr("coordinate_transformation_mode",
                                 isOld ? "asymmetric" : "half_pixel");
  if (!isOld && transform == "tf_crop_and_resize") {
    auto roi = constantFloats(n, 1, "the region");
    if (failed(roi))
      return failure();
    if (!*roi || (*roi)->size() != 2 * which.size())
      return n.error() << "'Resize' needs a region of " << 2 * which.size()
                       << " numbers";
    for (auto [i, at] : llvm::enumerate(which)) {
      axes[at].first = (**roi)[i];
      axes[at].last = (**roi)[which.size() + i];
    }
  }
  return emitResize(
      n, axes, n.attr("mode", "nearest"), transform,
      n.attr("nearest_mode", isOld ? "floor" : "round_prefer_floor"));
}

/// The scales are an attribute before opset 9 and an input since.
static LogicalResult importUpsample(Node &n) {
  if (failed(n.require(1)))
    return failure();
  std::vector<float> scales;
  if (n.opset() < 9) {
    auto it = n.entry.attributes.find("scales");
    if (it != n.entry.attributes.end())
      scales = it->second.floats;
  } else {
    auto read = constantFloats(n, 1, "the scales");
    if (failed(read))
      return failure();
    scales = read->value_or(std::vector<float>());
  }
  SmallVector<Axis> axes(n.in(0)->rank());
  Ints which = llvm::to_vector(llvm::seq<int64_t>(0, n.in(0)->rank()));
  if (failed(setScales(n, axes, which, scales)))
    return failure();
  // `bilinear` is what opset 7 says for linear.
  std::string mode = n.attr("mode", "nearest");
  return emitResize(n, axes, mode == "bilinear" ? "linear" : mode, "asymmetric",
                    "floor");
}

void snn::import::registerResizeHandlers(OperatorTable &table) {
  table["Resize"] = {importResize,
                     "a dynamic batch that is resized, align_corners with a "
                     "scale that gives no whole size"};
  table["Upsample"] = {importUpsample, "a dynamic batch that is resized"};
}
