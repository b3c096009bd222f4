//===- LostRanks.h - Which rank of a run died -------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// mpirun ends all ranks by SIGTERM when one of them dies, and does not know
// what that one was doing. The ranks of a machine share a page of memory in
// which each says whether it lives; a rank that is asked to end looks for those
// that are gone.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_SIMULATOR_LOSTRANKS_H
#define SNN_LIB_SIMULATOR_LOSTRANKS_H

#include "snn/runtime/Ranks.h"

#include <cstdint>
#include <string>

namespace snn::rt::detail {

class LostRanks {
public:
  /// `share` says what this rank does, `folder` where finished parts are. All
  /// ranks make it at the same time.
  LostRanks(const Ranks &ranks, const std::string &share,
            const std::string &folder);
  ~LostRanks();
  LostRanks(const LostRanks &) = delete;
  LostRanks &operator=(const LostRanks &) = delete;

  /// So many samples more are finished. The first rank prints the sum of its
  /// machine's ranks now and then.
  void report(int64_t samples);

private:
  bool isShared;
};

} // namespace snn::rt::detail

#endif // SNN_LIB_SIMULATOR_LOSTRANKS_H
