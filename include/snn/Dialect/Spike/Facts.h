//===- Facts.h - What passes leave for later ones ---------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Facts about a network that are no part of its meaning: what calibration has
// measured, what was chosen, what reports want to know. They are the
// discardable attributes of the spike dialect; SpikeDialect.td names them with
// their types, and the dialect verifies them. Nothing else spells their names:
//
//   facts(op).getMeanAttrHelper().getAttr(op)
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_FACTS_H
#define SNN_DIALECT_SPIKE_FACTS_H

#include "snn/Dialect/Spike/Spike.h"

namespace snn::spike {

/// The dialect, which has a helper for each fact.
inline SpikeDialect &facts(mlir::Operation *op) {
  return *op->getContext()->getOrLoadDialect<SpikeDialect>();
}

/// The fact `helper` of one op goes over to another, if the first has it.
template <typename Helper>
void copyFact(Helper helper, mlir::Operation *from, mlir::Operation *to) {
  if (auto value = helper.getAttr(from))
    helper.setAttr(to, value);
}

/// Drops the fact `helper` of an op, if it has it.
template <typename Helper> void dropFact(Helper helper, mlir::Operation *op) {
  if (helper.isAttrPresent(op))
    helper.removeAttr(op);
}

} // namespace snn::spike

#endif // SNN_DIALECT_SPIKE_FACTS_H
