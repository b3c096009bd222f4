//===- HandlersQuantise.cpp - Affine quantisation -------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Blocks.h"
#include "Compose.h"

using namespace mlir;
using namespace snn;
using namespace snn::import;

using Term = Composer::Term;

namespace {
/// The levels that a quantiser has.
struct Levels {
  Type type; // u8 or i8
  /// The range where it is narrower than the type's.
  std::optional<std::pair<int64_t, int64_t>> range;
};
} // namespace

/// The data type of the levels: that of the zero point, or as the node states.
static int64_t levelType(Node &n) {
  if (!n.has(2))
    return n.attr("output_dtype", int64_t(0));
  Imported *zero = n.in(2);
  return zero->dataType; // 0: as the element type says
}

static FailureOr<Levels> readLevels(Node &n) {
  MLIRContext *context = n.importer.builder().getContext();
  Type i8 = onnx::toElementType(context, rt::DType::I8);
  Type u8 = onnx::toElementType(context, rt::DType::U8);
  int64_t stated = levelType(n);
  if (is16Bit(stated) ||
      (n.has(2) && n.in(2)->elementType.isSignlessInteger(16)))
    return n.error()
           << "quantises to 16 bits, but sites have at most 8; quantise the "
              "activations to 8 bits when the model is made, or compile the "
              "float model with --calibrate";
  if (std::optional<int> bits = onnx::packedWidth(stated)) {
    int64_t count = int64_t(1) << *bits;
    if (onnx::isPackedSigned(stated))
      return Levels{i8, {{-count / 2, count / 2 - 1}}};
    return Levels{u8, {{0, count - 1}}};
  }
  if (n.has(2))
    return Levels{n.in(2)->elementType, std::nullopt};
  if (stated == 0)
    return Levels{u8, std::nullopt};
  std::optional<rt::DType> dtype = toDType(stated);
  if (!dtype)
    return n.error() << "quantises to " << dataTypeName(stated)
                     << ", which is not supported";
  return Levels{onnx::toElementType(context, *dtype), std::nullopt};
}

/// The axis of a scale; a scale of one element is that of the whole tensor,
/// whatever the axis.
static FailureOr<int64_t> quantizedAxis(Node &n) {
  Imported *scale = n.in(1);
  if (scale->rank() == 0 || isSingle(scale))
    return 1;
  return n.axis(n.attr("axis", int64_t(1)), n.in(0)->rank());
}

static FailureOr<SmallVector<Imported *>> quantizedOperands(Node &n) {
  SmallVector<Imported *> operands = {n.in(0)};
  for (size_t i : {1, 2}) {
    if (!n.has(i))
      continue;
    FailureOr<Imported *> operand = n.in(i);
    if (isSingle(n.in(i)) && n.in(i)->rank() > 0)
      operand = n.reshape(n.in(i), {});
    if (failed(operand))
      return failure();
    operands.push_back(*operand);
  }
  return operands;
}

/// round(x / scale) + zero, cut to the range, of a scale for each block.
static LogicalResult quantizeBlocks(Node &n, const Levels &levels) {
  Composer c(n);
  std::optional<Blocks> blocks = readBlocks(n);
  if (!blocks)
    return failure();
  Term x = n.in(0);
  auto spread = [&](Term parameter) { return blocks->spread(c, parameter); };
  Term y = c.make<onnx::RoundOp>({c.div(x, spread(n.in(1)))});
  if (n.has(2))
    y = c.add(y, c.cast(spread(n.in(2)), x->elementType));
  bool isUnsigned = levels.type.isUnsignedInteger();
  auto [lo, hi] = levels.range.value_or(
      isUnsigned ? std::pair<int64_t, int64_t>(0, 255)
                 : std::pair<int64_t, int64_t>(-128, 127));
  y = c.make<onnx::ClipOp>({y}, {n.f64("lo", lo), n.f64("hi", hi)});
  return c.bind(c.cast(y, levels.type));
}

static LogicalResult importQuantizeLinear(Node &n) {
  if (failed(n.require(2)))
    return failure();
  FailureOr<Levels> levels = readLevels(n);
  if (failed(levels))
    return failure();
  if (n.attr("block_size", int64_t(0)) != 0)
    return quantizeBlocks(n, *levels);
  FailureOr<int64_t> axis = quantizedAxis(n);
  if (failed(axis))
    return failure();
  auto operands = quantizedOperands(n);
  if (failed(operands))
    return failure();
  // The name of the levels selects a quantiser site.
  NamedAttribute output =
      n.str("onnx.output", n.entry.outputs.empty() ? "" : n.entry.outputs[0]);
  Composer c(n);
  Term q = c.make<onnx::QuantizeLinearOp>(
      *operands, {n.i64("axis", *axis), n.type("to", levels->type), output});
  if (levels->range)
    q = c.make<onnx::ClipOp>({q}, {n.f64("lo", levels->range->first),
                                   n.f64("hi", levels->range->second)});
  return c.bind(q);
}

static LogicalResult importDequantizeLinear(Node &n) {
  if (failed(n.require(2)))
    return failure();
  if (n.attr("block_size", int64_t(0)) != 0)
    return dequantizeBlocks(n);
  FailureOr<int64_t> axis = quantizedAxis(n);
  if (failed(axis))
    return failure();
  auto operands = quantizedOperands(n);
  if (failed(operands))
    return failure();
  // Levels of 16 bits are those of weights and biases.
  Composer c(n);
  SmallVector<Term> terms(operands->begin(), operands->end());
  for (size_t i : {size_t(0), size_t(2)})
    if (i < terms.size() && terms[i]->elementType.isSignlessInteger(16))
      terms[i] = c.cast(terms[i], n.importer.builder().getI32Type());
  return c.bind(
      c.make<onnx::DequantizeLinearOp>(terms, {n.i64("axis", *axis)}));
}

void snn::import::registerQuantiseHandlers(OperatorTable &table) {
  table["QuantizeLinear"] = {importQuantizeLinear,
                             "16 bits, types that are floats"};
  table["DequantizeLinear"] = importDequantizeLinear;
  table["com.microsoft:QuantizeLinear"] = {importQuantizeLinear, "16 bits"};
  table["com.microsoft:DequantizeLinear"] = importDequantizeLinear;
}
