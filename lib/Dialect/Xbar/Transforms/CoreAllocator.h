//===- CoreAllocator.h - Free crossbars of a chip ---------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_DIALECT_XBAR_TRANSFORMS_COREALLOCATOR_H
#define SNN_LIB_DIALECT_XBAR_TRANSFORMS_COREALLOCATOR_H

#include "snn/Chip/Chip.h"
#include "snn/Dialect/Xbar/Xbar.h"

#include <array>
#include <set>
#include <vector>

namespace snn::xbar {

/// Row blocks of one column block of one copy of a layer: all of them, or (of a
/// column block that exceeds the chip) those of one round.
struct Strip {
  int64_t tiles;
  int64_t inputBytes;  ///< digits that one tile is driven with
  int64_t outputBytes; ///< partial sums of the column block
  /// Strips with the same key in one core share their digits: layer, replica,
  /// group, first row block.
  std::array<int64_t, 4> input;
};

/// Row blocks `first` and after of column block `block`; `key` is that of
/// Strip::input.
Strip makeStrip(const Layer &layer, int64_t block, int64_t first,
                std::array<int64_t, 3> key);

/// The crossbars and buffers of a chip that are free in one programming round.
/// It remembers what was taken in which order, and can give back the last of
/// it.
class CoreAllocator {
public:
  /// `isUnbounded`: with as many cores as it takes, empty ones last.
  explicit CoreAllocator(const chip::Chip &chip, bool isUnbounded = false);

  /// Takes crossbars for `strip` and appends their ids: in the fullest core
  /// that has room, or in empty cores where it has more tiles than a core
  /// takes. Changes nothing and returns false where there is no room.
  bool take(const Strip &strip, llvm::SmallVectorImpl<int64_t> &ids);
  /// Takes crossbars for a copy of a layer, the `index`-th, or changes nothing.
  bool takeCopy(const Layer &layer, int64_t index, int64_t replica,
                llvm::SmallVectorImpl<int64_t> &ids);

  /// A point to go back to.
  size_t mark() const { return journal.size(); }
  /// Gives back what was taken since `mark`.
  void rollBack(size_t mark);

  /// How many tiles of `strip` an empty chip takes.
  int64_t tilesOfChip(const Strip &strip) const {
    return tilesOfCore(strip) * int64_t(cores.size());
  }
  int64_t coresInUse() const {
    return int64_t(cores.size() - coresByUse.front().size());
  }

private:
  struct Core {
    int64_t used = 0;
    int64_t buffered = 0;
    std::set<std::array<int64_t, 4>> inputs;
  };
  /// One core as it was before it took tiles.
  struct Taken {
    int64_t core, used, buffered;
    std::array<int64_t, 4> input;
    bool isNewInput;
  };

  /// Bytes that `tiles` tiles of `strip` add to a core's buffer.
  static int64_t bytes(const Core &core, const Strip &strip, int64_t tiles);
  /// Sets the crossbars in use of a core.
  void setUsed(int64_t core, int64_t used);
  /// The fullest core that has room for `strip`, the first of equals; -1 if
  /// none has.
  int64_t findCore(const Strip &strip) const;
  void put(int64_t core, const Strip &strip, int64_t tiles,
           llvm::SmallVectorImpl<int64_t> &ids);

  /// How many tiles of `strip` an empty core takes.
  int64_t tilesOfCore(const Strip &strip) const;
  /// Whether there are, or can be, that many cores.
  bool grow(int64_t count);
  /// Makes it `count` cores.
  void addCores(int64_t count);

  int64_t crossbars, bufferBytes;
  bool isUnbounded;
  std::vector<Core> cores;
  /// The cores by their number of crossbars in use.
  std::vector<std::set<int64_t>> coresByUse;
  std::vector<Taken> journal;
};

/// The cores that hold all layers of `module` in one round.
int64_t countCoresNeeded(mlir::ModuleOp module, const chip::Chip &chip);

} // namespace snn::xbar

#endif // SNN_LIB_DIALECT_XBAR_TRANSFORMS_COREALLOCATOR_H
