//===- Recorder.h - The trains of chosen samples ----------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A simulator calls countSpikes or countPhases at every site; a recorder in the
// context keeps a copy of what passes there. The emitted program does not
// change.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_RECORDER_H
#define SNN_RUNTIME_RECORDER_H

#include "snn/runtime/DataFile.h"
#include "snn/runtime/Tensor.h"

#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace snn::rt {

/// What the bytes of a train mean.
struct TrainCoding {
  int32_t maxLevel = 0; ///< T: levels are 0..T (U8); a level q is slot T - q
  int32_t mask = 0;     ///< the level of a silent neuron
  int32_t radius = 0;   ///< of the dead zone
  /// Of phase coding (I8): the number of phases. A code is 0 (silent) or
  /// +-(1 + phase). 0 at sites of other codings.
  int32_t phases = 0;
};

/// What one site sent while one sample ran.
struct RecordedTrain {
  std::string site;
  int64_t sample; ///< its number in the whole run, as random numbers have it
  Tensor levels;
  TrainCoding coding;
};

/// Keeps the trains of chosen samples. All threads of a run share one.
class Recorder {
public:
  /// Of these sites (empty: of all) and samples.
  Recorder(std::set<std::string> sites, std::set<int64_t> samples)
      : sites(std::move(sites)), samples(std::move(samples)) {}

  /// Keeps a copy, if the site and the sample are among the chosen ones.
  void record(const char *site, int64_t sample, const Tensor &train,
              const TrainCoding &coding);

  /// What was kept, site by site in the order of the program, then by sample;
  /// nothing is left. Throws when a chosen site or sample did not occur.
  std::vector<RecordedTrain> take();

private:
  void checkAllOccurred() const;

  std::set<std::string> sites;
  std::set<int64_t> samples;
  std::mutex lock;
  std::set<std::string> passed; ///< sites that there are
  std::vector<RecordedTrain> trains;
};

/// The arrays of a file of recorded trains: `samples` (I64), and for every site
/// `levels/SITE` (one more axis in front: the samples) and `coding/SITE` (I32:
/// maxLevel, mask, radius, phases).
NamedArrays toArrays(const std::vector<RecordedTrain> &trains);

} // namespace snn::rt

#endif // SNN_RUNTIME_RECORDER_H
