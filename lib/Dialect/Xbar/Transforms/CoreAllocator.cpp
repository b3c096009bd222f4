//===- CoreAllocator.cpp - Free crossbars of a chip -----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CoreAllocator.h"

using namespace snn;
using namespace snn::xbar;

CoreAllocator::CoreAllocator(const chip::Chip &chip)
    : crossbars(chip.core.crossbars),
      bufferBytes(int64_t(chip.core.bufferKib) * 1024), cores(chip.cores) {}

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
  if (strip.tiles <= crossbars) {
    int64_t best = -1;
    for (int64_t index = 0, count = cores.size(); index < count; ++index) {
      const Core &core = cores[index];
      if (core.used + strip.tiles <= crossbars &&
          core.buffered + bytes(core, strip, strip.tiles) <= bufferBytes &&
          (best < 0 || core.used > cores[best].used))
        best = index;
    }
    if (best < 0)
      return false;
    put(best, strip, strip.tiles, ids);
    return true;
  }
  if (crossbars * strip.inputBytes + strip.outputBytes > bufferBytes)
    return false;
  int64_t needed = (strip.tiles + crossbars - 1) / crossbars;
  llvm::SmallVector<int64_t> empty;
  for (int64_t index = 0, count = cores.size();
       index < count && int64_t(empty.size()) < needed; ++index)
    if (cores[index].used == 0)
      empty.push_back(index);
  if (int64_t(empty.size()) < needed)
    return false;
  int64_t left = strip.tiles;
  for (int64_t index : empty) {
    int64_t here = std::min(left, crossbars);
    put(index, strip, here, ids);
    left -= here;
  }
  return true;
}
