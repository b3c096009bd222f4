//===- AttentionEngine.cpp - Products of the attention engines ------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support.h"
#include "Units.h"

#include <algorithm>

using namespace snn::vchip;
using namespace snn;
using namespace snn::rt;
using namespace snn::rt::detail;

namespace {

/// One matrix of a batch.
struct Matrices {
  const uint8_t *train;    ///< [rows, inputs]
  const uint8_t *resident; ///< [inputs, outputs] or its transpose
  int32_t *out;            ///< [rows, outputs]
  const bool *valid;       ///< per key, or null
};

struct Spike {
  int32_t slot;
  int32_t source;
};

class Engine {
public:
  Engine(const image::pb::Product &product, int64_t rows, int64_t inputs,
         int64_t outputs, ProductCounters &counters)
      : train(image::toCoding(product.train())),
        stored(image::toCoding(product.resident())),
        transposed(product.transposed()), reduceKeys(product.reduce_keys()),
        rows(rows), inputs(inputs), outputs(outputs), counters(counters) {
    keys = reduceKeys ? inputs : outputs;
    tile = product.keys_per_tile()
               ? std::min<int64_t>(product.keys_per_tile(), keys)
               : keys;
  }

  /// By events, key tile by key tile; partial sums stay in the accumulators.
  void broadcast(const Matrices &m) {
    std::fill(m.out, m.out + rows * outputs, 0);
    for (int64_t key = 0; key < keys; key += tile) {
      int64_t end = std::min(keys, key + tile);
      ++counters.keyTiles;
      if (reduceKeys)
        broadcastPart(m, key, end, 0, outputs);
      else
        broadcastPart(m, 0, inputs, key, end);
    }
  }

  /// As an integer product on the digital unit.
  void multiply(const Matrices &m) {
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t j = 0; j < outputs; ++j) {
        int32_t sum = 0;
        for (int64_t c = 0; c < inputs; ++c)
          sum += (train.value(train.deadZone(m.train[r * inputs + c])) -
                  train.value(train.zero)) *
                 residentValue(m, c, j);
        m.out[r * outputs + j] = sum;
      }
    counters.macs += rows * inputs * outputs;
  }

private:
  int32_t residentValue(const Matrices &m, int64_t c, int64_t j) const {
    int32_t q = m.resident[transposed ? j * inputs + c : c * outputs + j];
    return stored.bits == 1 ? 2 * q - 1 : q - stored.zero;
  }

  /// Sources c0..c1 to targets j0..j1.
  void broadcastPart(const Matrices &m, int64_t c0, int64_t c1, int64_t j0,
                     int64_t j1) {
    int64_t targets = j1 - j0;
    // The elements' memories: what a source adds to every target.
    memory.assign(static_cast<size_t>((c1 - c0) * targets), 0);
    kappa.assign(static_cast<size_t>(targets), 0);
    for (int64_t c = c0; c < c1; ++c)
      for (int64_t j = j0; j < j1; ++j) {
        int32_t value = residentValue(m, c, j);
        memory[static_cast<size_t>((c - c0) * targets + j - j0)] =
            static_cast<int16_t>(value);
        kappa[static_cast<size_t>(j - j0)] += value;
      }
    counters.writtenLevels += (c1 - c0) * targets;
    int64_t kept = targets;
    if (!reduceKeys && m.valid)
      kept = std::count(m.valid + j0, m.valid + j1, true);
    int32_t top = train.maxLevel(), correction = train.silentDigit();
    for (int64_t r = 0; r < rows; ++r) {
      int32_t *out = m.out + r * outputs + j0;
      for (int64_t j = 0; j < targets; ++j)
        out[j] += correction * kappa[static_cast<size_t>(j)];
      collect(m.train + r * inputs, c0, c1);
      for (const Spike &spike : spikes) {
        const int16_t *row = memory.data() + (spike.source - c0) * targets;
        int32_t digit = train.digit(top - spike.slot);
        for (int64_t j = 0; j < targets; ++j)
          out[j] += digit * row[j];
      }
      counters.events += static_cast<int64_t>(spikes.size());
      counters.accumulations += static_cast<int64_t>(spikes.size()) * kept;
    }
  }

  /// The spikes of a row, by slot and then by source.
  void collect(const uint8_t *levels, int64_t begin, int64_t end) {
    spikes.clear();
    for (int64_t c = begin; c < end; ++c) {
      int32_t q = levels[c];
      if (train.deadZone(q) != train.mask)
        spikes.push_back({train.maxLevel() - q, static_cast<int32_t>(c)});
    }
    std::stable_sort(
        spikes.begin(), spikes.end(),
        [](const Spike &a, const Spike &b) { return a.slot < b.slot; });
  }

  Coding train, stored;
  bool transposed, reduceKeys;
  int64_t rows, inputs, outputs, keys, tile;
  ProductCounters &counters;
  std::vector<int16_t> memory;
  std::vector<int32_t> kappa;
  std::vector<Spike> spikes;
};

} // namespace

Tensor snn::vchip::runProduct(const image::pb::Product &product,
                              const Tensor &train, const Tensor &resident,
                              const Tensor *valid, ProductCounters &counters) {
  const char *op = "attention engine";
  requireType(op, train, DType::U8);
  requireType(op, resident, DType::U8);
  bool transposed = product.transposed();
  require(train.rank() >= 2 && resident.rank() >= 2, op,
          "operands need two axes or more");
  int64_t rows = train.dim(-2), inputs = train.dim(-1);
  int64_t outputs = resident.dim(transposed ? -2 : -1);
  require(resident.dim(transposed ? -1 : -2) == inputs, op,
          "shapes " + toString(train.shape()) + " and " +
              toString(resident.shape()) + " do not fit");
  Shape batchA(train.shape().begin(), train.shape().end() - 2);
  Shape batchB(resident.shape().begin(), resident.shape().end() - 2);
  Shape batch = broadcastShapes(op, batchA, batchB);
  Shape shape = batch;
  shape.insert(shape.end(), {rows, outputs});
  Tensor result(DType::I32, shape);
  Engine engine(product, rows, inputs, outputs, counters);
  bool digital = product.engine() == "digital";
  int64_t keys = product.reduce_keys() ? inputs : outputs;
  // Tokens are keys in self-attention; of others no mask is known.
  bool masks = valid && valid->dtype() == DType::Bool && valid->rank() == 2 &&
               valid->dim(1) == keys;
  require(!masks || valid->dim(0) == 1 ||
              (!batch.empty() && batch[0] % valid->dim(0) == 0),
          op,
          "kept keys of shape " + (valid ? toString(valid->shape()) : "") +
              " do not fit the batch " + toString(batch));
  int64_t count = elementCount(batch);
  // Heads may be folded into the axis of samples.
  int64_t samples = masks ? valid->dim(0) : 1;
  int64_t perSample = std::max<int64_t>(1, count / samples);
  std::vector<int64_t> strides[2] = {broadcastStrides(batchA, batch),
                                     broadcastStrides(batchB, batch)};
  StridedLoop<2> loop(batch, strides);
  int64_t number = 0;
  loop.forEachRow([&](const int64_t *o) {
    for (int64_t i = 0; i < loop.innerSize(); ++i, ++number) {
      Matrices m;
      m.train = train.data<uint8_t>() +
                (o[0] + i * loop.innerStride(0)) * rows * inputs;
      m.resident = resident.data<uint8_t>() +
                   (o[1] + i * loop.innerStride(1)) * inputs * outputs;
      m.out = result.data<int32_t>() + number * rows * outputs;
      m.valid =
          masks ? valid->data<bool>() + number / perSample * keys : nullptr;
      if (digital)
        engine.multiply(m);
      else
        engine.broadcast(m);
    }
  });
  return result;
}
