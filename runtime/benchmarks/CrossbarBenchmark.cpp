//===- CrossbarBenchmark.cpp - Speed of the virtual crossbars -------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One thread, 128 input vectors through a layer of 768 x 768 weights. One array
// of 768 rows with 8-bit converters and analog weights, as CrossSim's default
// has it, and the tiles of matterhorn-22nm. Choose an instruction set with
// SNN_ISA.
//
//===----------------------------------------------------------------------===//

#include "snn/vchip/CrossbarArray.h"

#include <benchmark/benchmark.h>

#include <random>

using namespace snn::vchip;

namespace {
struct Setup {
  int64_t tileRows, tileOutputs, groupRows;
  int adcBits, digitBits, driveBits;
  int32_t largestLevel;
  double range; ///< 0: lossless
  const char *noise;
};

constexpr int64_t size = 768, vectors = 128;

/// One array, 8-bit digits driven at once.
const Setup oneShot = {size, size, size, 8, 8, 8, 127, 765000, "ideal"};
/// One array, a bit of the digits and a conversion at a time.
const Setup bitSliced = {size, size, size, 8, 8, 1, 127, 3000, "ideal"};
const Setup readNoise = {size, size, size, 8, 8, 1, 127, 3000, "read"};
/// 128 x 128 cells, 32 active rows, 7-bit converters, 4-bit digits.
const Setup tiled = {128, 64, 32, 7, 4, 1, 1, 0, "ideal"};
const Setup tiledNoise = {
    128, 64, 32, 7, 4, 1, 1, 0, "programming,read,adc_offset"};
const Setup tiledWires = {128, 64, 32, 7, 4, 1, 1, 0, "ir_drop"};
} // namespace

static void crossbar(benchmark::State &state, const Setup &setup) {
  std::mt19937 random(1);
  ArrayGeometry geometry;
  geometry.inputs = geometry.outputs = size;
  geometry.tileRows = setup.tileRows;
  geometry.tileOutputs = setup.tileOutputs;
  geometry.sliceFactors = {1};
  geometry.largestLevel = setup.largestLevel;
  geometry.groupRows = setup.groupRows;
  geometry.adcBits = setup.adcBits;
  if (setup.range > 0)
    geometry.adcRanges.assign(static_cast<size_t>(geometry.rowBlocks()),
                              setup.range);
  geometry.drive =
      DriveSchedule::bitSerial(0, (1 << setup.digitBits) - 1, setup.driveBits);
  CrossbarKind kind;
  kind.device = {setup.largestLevel + 1, 25, 0};
  CrossbarArray array(kind, geometry, 0);
  std::vector<TileContents> tiles;
  for (int64_t c = 0; c < geometry.columnBlocks(); ++c)
    for (int64_t r = 0; r < geometry.rowBlocks(); ++r) {
      TileContents tile;
      tile.crossbar = static_cast<uint32_t>(tiles.size());
      for (int64_t i = 0; i < setup.tileRows * setup.tileOutputs; ++i) {
        auto level = static_cast<int32_t>(
            random() % static_cast<uint32_t>(2 * setup.largestLevel + 1));
        tile.levels.push_back(static_cast<int8_t>(level - setup.largestLevel));
      }
      tiles.push_back(std::move(tile));
    }
  array.program(0, tiles, parseNoise(setup.noise, NoiseModel()));
  std::vector<int16_t> digits(vectors * size);
  for (int16_t &d : digits)
    d = static_cast<int16_t>(random() % (1u << setup.digitBits));
  std::vector<int32_t> sums(vectors * size);
  CrossbarCounters counters;
  uint64_t sample = 0;
  for (auto _ : state) {
    array.multiply(digits.data(), vectors, {sample++, 0}, sums.data(),
                   counters);
    benchmark::DoNotOptimize(sums.data());
  }
  state.counters["conversions"] = benchmark::Counter(
      static_cast<double>(counters.conversions), benchmark::Counter::kIsRate);
}
BENCHMARK_CAPTURE(crossbar, one_shot, oneShot)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(crossbar, bit_sliced, bitSliced)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(crossbar, read_noise, readNoise)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(crossbar, tiled, tiled)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(crossbar, tiled_noise, tiledNoise)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(crossbar, tiled_wires, tiledWires)
    ->Unit(benchmark::kMillisecond);
