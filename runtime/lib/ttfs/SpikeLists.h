//===- SpikeLists.h - The spikes of a matrix, row by row --------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_SPIKELISTS_H
#define SNN_LIB_SPIKELISTS_H

#include <cstdint>
#include <vector>

namespace snn::rt::detail {

/// The columns of the spikes of every row of a matrix, a count of spikes as so
/// many of them.
class SpikeLists {
public:
  /// Element (row, column) is at `row * rowStep + column * columnStep`.
  SpikeLists(const uint8_t *train, int64_t rows, int64_t columns,
             int64_t rowStep, int64_t columnStep)
      : starts(1, 0) {
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t column = 0; column < columns; ++column)
        for (int32_t spikes = train[row * rowStep + column * columnStep];
             spikes > 0; --spikes)
          sources.push_back(static_cast<int32_t>(column));
      starts.push_back(sources.size());
    }
  }

  struct List {
    const int32_t *first, *last;
    const int32_t *begin() const { return first; }
    const int32_t *end() const { return last; }
  };
  List operator[](int64_t row) const {
    return {sources.data() + starts[row], sources.data() + starts[row + 1]};
  }

private:
  std::vector<int32_t> sources;
  std::vector<size_t> starts;
};

} // namespace snn::rt::detail

#endif // SNN_LIB_SPIKELISTS_H
