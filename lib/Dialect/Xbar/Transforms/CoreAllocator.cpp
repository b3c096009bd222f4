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
      isUnbounded(isUnbounded), coresByUse(crossbars + 1) {
  if (!isUnbounded)
    addCores(chip.cores.value);
}

void CoreAllocator::addCores(int64_t count) {
  for (int64_t index = cores.size(); index < count; ++index)
    coresByUse.front().insert(coresByUse.front().end(), index);
  cores.resize(count);
}

bool CoreAllocator::grow(int64_t count) {
  if (isUnbounded && int64_t(cores.size()) < count)
    addCores(count);
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

void CoreAllocator::setUsed(int64_t index, int64_t used) {
  coresByUse[cores[index].used].erase(index);
  coresByUse[used].insert(index);
  cores[index].used = used;
}

void CoreAllocator::put(int64_t index, const Strip &strip, int64_t tiles,
                        llvm::SmallVectorImpl<int64_t> &ids) {
  Core &core = cores[index];
  Taken taken = {index, core.used, core.buffered, strip.input, false};
  core.buffered += bytes(core, strip, tiles);
  taken.isNewInput = core.inputs.insert(strip.input).second;
  journal.push_back(taken);
  for (int64_t tile = 0; tile < tiles; ++tile)
    ids.push_back(index * crossbars + core.used + tile);
  setUsed(index, core.used + tiles);
}

void CoreAllocator::rollBack(size_t mark) {
  while (journal.size() > mark) {
    const Taken &taken = journal.back();
    Core &core = cores[taken.core];
    setUsed(taken.core, taken.used);
    core.buffered = taken.buffered;
    if (taken.isNewInput)
      core.inputs.erase(taken.input);
    journal.pop_back();
  }
}

int64_t CoreAllocator::findCore(const Strip &strip) const {
  for (int64_t used = crossbars - strip.tiles; used >= 0; --used)
    for (int64_t index : coresByUse[used]) {
      const Core &core = cores[index];
      if (core.buffered + bytes(core, strip, strip.tiles) <= bufferBytes)
        return index;
      // All empty cores are alike.
      if (used == 0)
        break;
    }
  return -1;
}

bool CoreAllocator::take(const Strip &strip,
                         llvm::SmallVectorImpl<int64_t> &ids) {
  int64_t most = tilesOfCore(strip);
  if (most < 1)
    return false;
  if (strip.tiles <= most) {
    int64_t best = findCore(strip);
    if (best < 0) {
      best = cores.size();
      if (!grow(best + 1))
        return false;
    }
    put(best, strip, strip.tiles, ids);
    return true;
  }
  int64_t needed = llvm::divideCeil(strip.tiles, most);
  const std::set<int64_t> &empty = coresByUse.front();
  if (int64_t(empty.size()) < needed &&
      !grow(int64_t(cores.size()) + needed - int64_t(empty.size())))
    return false;
  for (int64_t left = strip.tiles; left > 0; left -= most)
    put(*empty.begin(), strip, std::min(left, most), ids);
  return true;
}

bool CoreAllocator::takeCopy(const Layer &layer, int64_t index, int64_t replica,
                             llvm::SmallVectorImpl<int64_t> &ids) {
  size_t start = mark(), first = ids.size();
  for (int64_t group = 0; group < layer.groups; ++group)
    for (int64_t block = 0; block < layer.tiling.getColumnBlocks(); ++block)
      if (!take(makeStrip(layer, block, 0, {index, replica, group}), ids)) {
        rollBack(start);
        ids.truncate(first);
        return false;
      }
  return true;
}

int64_t snn::xbar::countCoresNeeded(ModuleOp module, const chip::Chip &chip) {
  CoreAllocator allocator(chip, /*isUnbounded=*/true);
  SmallVector<int64_t> ids;
  for (auto [index, layer] : llvm::enumerate(getLayers(module)))
    if (layer.hasOwnCells())
      allocator.takeCopy(layer, int64_t(index), 0, ids);
  return allocator.coresInUse();
}
