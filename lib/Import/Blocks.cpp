//===- Blocks.cpp - Tensors quantised block by block ----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Blocks.h"
#include "snn/Dialect/Onnx/PackedTypes.h"

using namespace mlir;
using namespace snn;
using namespace snn::import;
using llvm::ArrayRef;

using Term = Composer::Term;

bool snn::import::isSingle(const Imported *value) {
  return llvm::all_of(value->shape, [](DimExpr d) { return d == DimExpr(1); });
}

Term Blocks::spread(Composer &c, Term parameter) const {
  std::vector<int64_t> index(length);
  for (int64_t i = 0; i < length; ++i)
    index[i] = i / size;
  return c.gather(parameter, index, axis);
}

std::optional<Blocks> snn::import::readBlocks(Node &n) {
  Imported *x = n.in(0), *scale = n.in(1);
  Blocks blocks;
  FailureOr<int64_t> axis = n.axis(n.attr("axis", int64_t(1)), x->rank());
  if (failed(axis))
    return std::nullopt;
  blocks.axis = *axis;
  blocks.size = n.attr("block_size", int64_t(0));
  bool fits = blocks.size > 0 && scale->rank() == x->rank() &&
              x->shape[*axis].isStatic() && scale->shape[*axis].isStatic();
  if (fits) {
    blocks.length = x->shape[*axis].fixed;
    blocks.count = (blocks.length + blocks.size - 1) / blocks.size;
    fits = scale->shape[*axis] == DimExpr(blocks.count) &&
           (!n.has(2) || ArrayRef<DimExpr>(n.in(2)->shape) ==
                             ArrayRef<DimExpr>(scale->shape));
    for (int64_t a = 0; fits && a < x->rank(); ++a)
      fits = a == *axis || x->shape[a] == scale->shape[a];
  }
  if (!fits) {
    n.error() << "has blocks of " << blocks.size << " along axis " << *axis
              << " of " << x->type() << ", to which the scale " << scale->type()
              << " or the zero point does not fit";
    return std::nullopt;
  }
  return blocks;
}

LogicalResult snn::import::dequantizeBlocks(Node &n) {
  std::optional<Blocks> blocks = readBlocks(n);
  if (!blocks)
    return failure();
  Composer c(n);
  Type f32 = n.importer.builder().getF32Type();
  Term y = c.cast(n.in(0), f32);
  if (n.has(2))
    y = c.sub(y, c.cast(blocks->spread(c, n.in(2)), f32));
  y = c.mul(y, blocks->spread(c, n.in(1)));
  if (!y)
    return failure();
  y->blocked = std::make_shared<BlockedWeight>(
      BlockedWeight{*blocks, n.in(0), n.in(1), n.in(2)});
  return n.bind(0, y);
}

Term snn::import::multiplyBlocks(Node &n, Term x, const BlockedWeight &w) {
  Composer c(n);
  // Weights [blocks * outputs, size, 1], block by block, of either layout.
  const Blocks &blocks = w.blocks;
  int64_t outputs = w.levels->shape[1 - blocks.axis].fixed;
  bool isTransposed = blocks.axis == 1; // [outputs, inputs]
  DimExprs split = {DimExpr(blocks.count), DimExpr(blocks.size),
                    DimExpr(outputs)};
  if (isTransposed)
    split = {DimExpr(outputs), DimExpr(blocks.count), DimExpr(blocks.size)};
  Ints order = {0, 2, 1};
  if (isTransposed)
    order = {1, 0, 2};
  int64_t all = blocks.count * outputs;
  Term levels = c.reshape(c.transpose(c.reshape(w.levels, split), order),
                          {DimExpr(all), DimExpr(blocks.size), DimExpr(1)});
  auto perOutput = [&](Term parameter) -> Term {
    if (isTransposed)
      parameter = c.transpose(parameter, {1, 0});
    return c.reshape(parameter, {DimExpr(all)});
  };
  SmallVector<Term> operands = {levels, perOutput(w.scale)};
  if (w.zero)
    operands.push_back(perOutput(w.zero));
  Term weight = c.make<onnx::DequantizeLinearOp>(operands, {n.i64("axis", 0)});

  DimExprs shape = x->shape;
  shape.back() = DimExpr(outputs);
  Term rows = c.flatten(x, x->rank() - 1);
  if (!rows)
    return nullptr;
  DimExpr count = rows->shape[0];
  rows = c.reshape(rows, {count, DimExpr(blocks.length), DimExpr(1)});
  Term parts = c.make<onnx::ConvOp>(
      {rows, weight}, {n.list("strides", {1}), n.list("pads", {0, 0}),
                       n.list("dilations", {1}), n.i64("group", blocks.count)});
  parts = c.reshape(parts, {count, DimExpr(blocks.count), DimExpr(outputs)});
  if (!parts)
    return nullptr;
  Term sum = c.reduce<onnx::ReduceSumOp>(parts, {1}, /*keepdims=*/false);
  return c.reshape(sum, shape);
}

std::optional<Term> snn::import::tryMultiplyBlocks(Node &n, Term x,
                                                   Imported *weight,
                                                   bool transposed) {
  if (!weight->blocked)
    return std::nullopt;
  const BlockedWeight &w = *weight->blocked;
  int64_t inner = transposed != weight->isBlockedTransposed ? 1 : 0;
  if (w.levels->rank() != 2 || !w.levels->hasStaticShape() || x->rank() < 2 ||
      w.blocks.axis != inner || w.blocks.length % w.blocks.size != 0 ||
      x->shape.back() != DimExpr(w.blocks.length))
    return std::nullopt;
  return multiplyBlocks(n, x, w);
}

//===----------------------------------------------------------------------===//
// MatMulNBits
//===----------------------------------------------------------------------===//

/// Unpacks rows of blobs: [rows, blocks * size] elements of `bits` bits.
static rt::Tensor unpackRows(const rt::Tensor &packed, int64_t rows,
                             int64_t columns, int bits) {
  rt::Tensor result(rt::DType::U8, {rows, columns});
  int64_t stride = onnx::packedBytes(columns, bits);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t i = 0; i < columns; ++i)
      result.data<uint8_t>()[r * columns + i] =
          bits == 8 ? packed.data<uint8_t>()[r * stride + i]
                    : onnx::unpackElement(packed.data<uint8_t>() + r * stride,
                                          i, bits, /*isSigned=*/false);
  return result;
}

/// Levels of bits 2, 4 or 8 in blocks of the axis that is summed over; the
/// activation is in float, or quantised by what stands before it.
static LogicalResult importMatMulNBits(Node &n) {
  if (failed(n.require(3)))
    return failure();
  Composer c(n);
  int64_t inputs = n.attr("K", int64_t(0)), outputs = n.attr("N", int64_t(0));
  int64_t bits = n.attr("bits", int64_t(4));
  int64_t size = n.attr("block_size", int64_t(0));
  if (inputs < 1 || outputs < 1 || size < 1 || inputs > INT32_MAX ||
      outputs > INT32_MAX || size > INT32_MAX ||
      (bits != 2 && bits != 4 && bits != 8))
    return n.error() << "has K = " << inputs << ", N = " << outputs
                     << ", block_size = " << size << " and bits = " << bits
                     << "; positive sizes and 2, 4 or 8 bits are supported";
  if (n.has(4))
    return n.error() << "reorders its groups (g_idx), which is not supported";
  Imported *x = n.in(0);
  if (x->rank() < 2 || x->shape.back() != DimExpr(inputs))
    return n.error() << "needs an activation with " << inputs
                     << " elements along the last axis, has " << x->type();
  int64_t count = (inputs + size - 1) / size;
  // A row's blocks follow each other, each filled to its size.
  auto stored = n.importer.elements(*n.in(1), n.loc);
  if (failed(stored))
    return failure();
  if (!*stored || (*stored)->dtype() != rt::DType::U8 ||
      (*stored)->size() != outputs * onnx::packedBytes(count * size, bits))
    return n.error() << "needs constant uint8 weights of "
                     << outputs * onnx::packedBytes(count * size, bits)
                     << " elements";
  const std::string name = n.in(1)->name;
  auto keep = [&](rt::Tensor tensor, StringRef suffix) {
    return n.importer.makeWeight(name + suffix.str(), n.loc, std::move(tensor));
  };
  Term levels = keep(unpackRows(**stored, outputs, count * size, bits), ".q");
  Term scale = c.reshape(c.cast(n.in(2), n.importer.builder().getF32Type()),
                         {DimExpr(outputs), DimExpr(count)});
  rt::Tensor zeros(rt::DType::U8, {outputs, count});
  std::fill_n(zeros.data<uint8_t>(), zeros.size(), uint8_t(1 << (bits - 1)));
  if (n.has(3)) {
    auto given = n.importer.elements(*n.in(3), n.loc);
    if (failed(given))
      return failure();
    int64_t packed = outputs * onnx::packedBytes(count, bits);
    if (*given && (*given)->dtype() == rt::DType::U8 &&
        (*given)->size() == packed)
      zeros = unpackRows(**given, outputs, count, bits);
    else
      return n.error() << "needs constant uint8 zero points of " << packed
                       << " elements";
  }
  BlockedWeight w;
  w.blocks.axis = 1;
  w.blocks.size = size;
  w.blocks.count = count;
  w.blocks.length = count * size;
  w.levels = levels;
  w.scale = scale;
  w.zero = keep(zeros, ".zero");
  if (!scale)
    return failure();
  if (w.blocks.length > inputs) {
    Ints pads(2 * x->rank(), 0);
    pads.back() = w.blocks.length - inputs;
    x = c.make<onnx::PadOp>({x}, {n.list("pads", pads)});
    if (!x)
      return failure();
  }
  Term y = multiplyBlocks(n, x, w);
  if (n.has(5))
    y = c.add(y, n.in(5));
  return c.bind(y);
}

void snn::import::registerBlockHandlers(OperatorTable &table) {
  table["com.microsoft:MatMulNBits"] = {importMatMulNBits,
                                        "widths other than 2, 4 and 8 bits"};
}
