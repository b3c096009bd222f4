//===- MappingUtils.cpp - What mapping passes ask of layers ---------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MappingUtils.h"
#include "snn/runtime/Phase.h"

#include <numeric>

using namespace mlir;
using namespace snn;
using namespace snn::xbar;

/// Marks the values of `weight` in `seen`, which is indexed by value + 2^15.
template <typename W>
static void markValues(const rt::Tensor &weight, std::vector<char> &seen) {
  const W *w = weight.data<W>();
  for (int64_t n = 0, size = weight.size(); n < size; ++n)
    seen[int32_t(w[n]) + 32768] = 1;
}

FailureOr<WeightValues> snn::xbar::readWeightValues(const Layer &layer) {
  FailureOr<rt::Tensor> weight =
      onnx::resolveConstant(layer.weight, layer.op->getLoc());
  if (failed(weight))
    return failure();
  std::vector<char> seen(65536, 0);
  if (weight->dtype() == rt::DType::I8)
    markValues<int8_t>(*weight, seen);
  else
    markValues<int16_t>(*weight, seen);
  WeightValues values;
  for (int32_t index = 0; index < 65536; ++index)
    if (seen[index])
      values.push_back(index - 32768);
  if (values.empty())
    return layer.op->emitError("layer '") << layer.name << "' has no weights";
  return values;
}

image::DigitRange snn::xbar::findDigits(const WeightValues &values,
                                        image::Encoding encoding,
                                        const image::Slicing &slicing) {
  // Complemented columns take every level.
  if (encoding == image::Encoding::Flip)
    return {0, 1, slicing.cellLevels};
  int32_t low = INT32_MAX, high = INT32_MIN, step = 0;
  for (int32_t value : values)
    for (int32_t slice = 0; slice < slicing.slices; ++slice) {
      int32_t digit = image::sliceDigit(slicing, value, slice);
      if (low != INT32_MAX)
        step = std::gcd(step, digit - low);
      low = std::min(low, digit);
      high = std::max(high, digit);
    }
  step = std::max(step, 1);
  return {low, step, (high - low) / step + 1};
}

/// Bits that a row is driven with in all passes; of phase coding its slots.
static int64_t digitBits(const Layer &layer) {
  Type element = getElementTypeOrSelf(layer.input.getType());
  // Each slot is read by itself, positive spikes before negative ones.
  if (std::optional<rt::PhaseCoding> phase = spike::getPhaseCoding(element))
    return int64_t(phase->phases) * (phase->unipolar ? 1 : 2);
  rt::Coding coding = *spike::getCoding(element);
  // A level's digit is relative to the zero point, and none is silent.
  if (isa<spike::LevelType>(element)) {
    coding.mask = coding.zero;
    coding.radius = 0;
  }
  return rt::bitSerialPasses(coding);
}

bool snn::xbar::isDrivenBySlots(const Layer &layer,
                                const chip::Crossbar &crossbar) {
  return crossbar.countSlots.value != 0 &&
         isa<spike::CountType>(getElementTypeOrSelf(layer.input.getType()));
}

int64_t snn::xbar::bitsOfPass(const Layer &layer,
                              const chip::Crossbar &crossbar) {
  return isDrivenBySlots(layer, crossbar) ? 1 : int64_t(crossbar.driveBits);
}

int64_t snn::xbar::countPasses(const Layer &layer,
                               const chip::Crossbar &crossbar) {
  Type element = getElementTypeOrSelf(layer.input.getType());
  if (spike::getPhaseCoding(element))
    return digitBits(layer);
  if (isDrivenBySlots(layer, crossbar))
    return spike::getMaxCount(layer.input.getType());
  return llvm::divideCeil(digitBits(layer), int64_t(crossbar.driveBits));
}

int64_t snn::xbar::digitBytes(const Layer &layer) {
  int64_t rows = std::min(layer.inputs, layer.tiling.getRows());
  int64_t bits = digitBits(layer);
  // The digits of a second operand take the place of those of the first.
  if (std::optional<Layer> second = layer.getSecondPass())
    bits = std::max(bits, digitBits(*second));
  return llvm::divideCeil(rows * bits, 8);
}

int64_t snn::xbar::partialSumBytes(const Layer &layer, int64_t columnBlock) {
  return layer.usedOutputs(columnBlock) * int64_t(sizeof(int32_t));
}

int64_t snn::xbar::tilesPerCore(int64_t crossbars, int64_t bufferBytes,
                                int64_t digitBytes, int64_t sumBytes) {
  if (sumBytes > bufferBytes)
    return 0;
  return std::min(crossbars, (bufferBytes - sumBytes) / digitBytes);
}

int64_t snn::xbar::keyBits(ProductOp op) {
  auto type = cast<RankedTensorType>(op.getRhs().getType());
  int64_t rank = type.getRank();
  int64_t channels =
      type.getDimSize(op.getKeyAxis() == rank - 1 ? rank - 2 : rank - 1);
  return channels * spike::getCoding(type)->bits;
}

std::optional<int64_t> snn::xbar::keysHeld(ProductOp op,
                                           const chip::Chip &chip) {
  for (const chip::Engine &engine : chip.engines)
    if (toString(engine.kind.value) == op.getEngine())
      return int64_t(engine.processingElements) *
             int64_t(engine.kvBitsPerElement) / 2 / keyBits(op);
  return std::nullopt;
}

std::string snn::xbar::percentText(int64_t part, int64_t whole) {
  return llvm::formatv("{0:F1} %",
                       whole == 0 ? 0 : 100.0 * double(part) / double(whole))
      .str();
}
