//===- CoreAllocator.cpp - Free crossbars of a chip -----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CoreAllocator.h"
#include "MappingUtils.h"

using namespace mlir;
using namespace snn;
using namespace snn::xbar;

Strip snn::xbar::makeStrip(const Layer &layer, int64_t block, int64_t first,
                           std::array<int64_t, 3> key) {
  return {layer.tiling.getRowBlocks() - first,
          digitBytes(layer),
          partialSumBytes(layer, block),
          {key[0], key[1], key[2], first}};
}

CoreAllocator::CoreAllocator(const chip::Chip &chip, bool isUnbounded)
    : crossbars(chip.core.crossbars),
      bufferBytes(int64_t(chip.core.bufferKib) * 1024),
      isUnbounded(isUnbounded), cores(isUnbounded ? 0 : chip.cores.value) {}

int64_t CoreAllocator::coresInUse() const {
  return llvm::count_if(cores, [](const Core &core) { return core.used > 0; });
}

bool CoreAllocator::grow(int64_t count) {
  if (isUnbounded && int64_t(cores.size()) < count)
    cores.resize(count);
  return int64_t(cores.size()) >= count;
}

int64_t CoreAllocator::tilesOfCore(const Strip &strip) const {
  return tilesPerCore(crossbars, bufferBytes, strip.inputBytes,
                      strip.outputBytes);
}

int64_t CoreAllocator::bytes(const Core &core, const Strip &strip,
                             int64_t tiles) {
  return strip.outputBytes +
         (core.inputs.count(strip.input) ? 0 : tiles * strip.inputBytes);
}

void CoreAllocator::put(int64_t index, const Strip &strip, int64_t tiles,
                        llvm::SmallVectorImpl<int64_t> &ids) {
  Core &core = cores[index];
  core.buffered += bytes(core, strip, tiles);
  core.inputs.insert(strip.input);
  for (int64_t tile = 0; tile < tiles; ++tile)
    ids.push_back(index * crossbars + core.used++);
}

bool CoreAllocator::take(const Strip &strip,
                         llvm::SmallVectorImpl<int64_t> &ids) {
  int64_t most = tilesOfCore(strip);
  if (most < 1)
    return false;
  if (strip.tiles <= most) {
    int64_t best = -1;
    for (int64_t index = 0, count = cores.size(); index < count; ++index) {
      const Core &core = cores[index];
      if (core.used + strip.tiles <= crossbars &&
          core.buffered + bytes(core, strip, strip.tiles) <= bufferBytes &&
          (best < 0 || core.used > cores[best].used))
        best = index;
    }
    if (best < 0) {
      best = cores.size();
      if (!grow(best + 1))
        return false;
    }
    put(best, strip, strip.tiles, ids);
    return true;
  }
  int64_t needed = llvm::divideCeil(strip.tiles, most);
  llvm::SmallVector<int64_t> empty;
  for (int64_t index = 0, count = cores.size();
       index < count && int64_t(empty.size()) < needed; ++index)
    if (cores[index].used == 0)
      empty.push_back(index);
  while (int64_t(empty.size()) < needed && grow(cores.size() + 1))
    empty.push_back(cores.size() - 1);
  if (int64_t(empty.size()) < needed)
    return false;
  int64_t left = strip.tiles;
  for (int64_t index : empty) {
    int64_t here = std::min(left, most);
    put(index, strip, here, ids);
    left -= here;
  }
  return true;
}

bool CoreAllocator::takeCopy(const Layer &layer, int64_t index, int64_t replica,
                             llvm::SmallVectorImpl<int64_t> &ids) {
  CoreAllocator trial = *this;
  SmallVector<int64_t> taken;
  for (int64_t group = 0; group < layer.groups; ++group)
    for (int64_t block = 0; block < layer.tiling.getColumnBlocks(); ++block)
      if (!trial.take(makeStrip(layer, block, 0, {index, replica, group}),
                      taken))
        return false;
  *this = std::move(trial);
  ids.append(taken);
  return true;
}

int64_t snn::xbar::countCoresNeeded(ModuleOp module, const chip::Chip &chip) {
  CoreAllocator allocator(chip, /*isUnbounded=*/true);
  SmallVector<int64_t> ids;
  for (auto [index, layer] : llvm::enumerate(getLayers(module)))
    allocator.takeCopy(layer, int64_t(index), 0, ids);
  return allocator.coresInUse();
}
