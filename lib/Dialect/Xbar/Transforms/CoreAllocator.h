//===- CoreAllocator.h - Free crossbars of a chip ---------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_DIALECT_XBAR_TRANSFORMS_COREALLOCATOR_H
#define SNN_LIB_DIALECT_XBAR_TRANSFORMS_COREALLOCATOR_H

#include "snn/Chip/Chip.h"
#include "llvm/ADT/SmallVector.h"

#include <set>
#include <tuple>
#include <vector>

namespace snn::xbar {

/// The row blocks of one column block of one copy of a layer.
struct Strip {
  int64_t tiles;
  int64_t inputBytes;  ///< digits that one tile is driven with
  int64_t outputBytes; ///< partial sums of the column block
  /// Strips with the same key in one core share their digits.
  std::tuple<int64_t, int64_t, int64_t> input; ///< layer, replica, group
};

/// The crossbars and buffers of a chip that are free in one programming round.
/// A value: a copy is a point to go back to.
class CoreAllocator {
public:
  explicit CoreAllocator(const chip::Chip &chip);

  /// Takes crossbars for `strip` and appends their ids: in the fullest core
  /// that has room, or in whole cores where it has more tiles than a core has
  /// crossbars. Changes nothing and returns false where there is no room.
  bool take(const Strip &strip, llvm::SmallVectorImpl<int64_t> &ids);

private:
  struct Core {
    int64_t used = 0;
    int64_t buffered = 0;
    std::set<std::tuple<int64_t, int64_t, int64_t>> inputs;
  };

  /// Bytes that `tiles` tiles of `strip` add to a core's buffer.
  static int64_t bytes(const Core &core, const Strip &strip, int64_t tiles);
  void put(int64_t core, const Strip &strip, int64_t tiles,
           llvm::SmallVectorImpl<int64_t> &ids);

  int64_t crossbars, bufferBytes;
  std::vector<Core> cores;
};

} // namespace snn::xbar

#endif // SNN_LIB_DIALECT_XBAR_TRANSFORMS_COREALLOCATOR_H
