//===- Packing.h - Packed integer operands ----------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The layout that the fast integer product reads; see Isa.h.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_PACKING_H
#define SNN_LIB_PACKING_H

#include "isa/Isa.h"

namespace snn::rt::detail {

inline int64_t packedGroups(int64_t inputs) {
  return (inputs + groupLevels - 1) / groupLevels;
}
inline int64_t packedColumns(int64_t outputs) {
  return (outputs + panelColumns - 1) / panelColumns * panelColumns;
}
inline int64_t packedBytes(int64_t inputs, int64_t outputs) {
  return packedColumns(outputs) * packedGroups(inputs) * groupLevels;
}

/// Packs value(input, output); everything beyond the matrix is zero.
template <typename Value>
void packLevels(int64_t inputs, int64_t outputs, int8_t *packed, Value value) {
  int64_t groups = packedGroups(inputs);
  for (int64_t panel = 0; panel < packedColumns(outputs);
       panel += panelColumns) {
    int64_t columns =
        outputs - panel < panelColumns ? outputs - panel : panelColumns;
    for (int64_t g = 0; g < groups; ++g) {
      int64_t rest = inputs - g * groupLevels;
      int64_t levels = rest < 0 ? 0 : (rest < groupLevels ? rest : groupLevels);
      if (levels == groupLevels && columns == panelColumns) {
        for (int64_t c = 0; c < panelColumns; ++c)
          for (int64_t l = 0; l < groupLevels; ++l)
            packed[c * groupLevels + l] = value(g * groupLevels + l, panel + c);
        packed += panelColumns * groupLevels;
        continue;
      }
      for (int64_t c = 0; c < panelColumns; ++c)
        for (int64_t l = 0; l < groupLevels; ++l)
          *packed++ = c < columns && l < levels
                          ? value(g * groupLevels + l, panel + c)
                          : static_cast<int8_t>(0);
    }
  }
}

} // namespace snn::rt::detail

#endif // SNN_LIB_PACKING_H
