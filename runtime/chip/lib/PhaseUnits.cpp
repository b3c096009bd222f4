//===- PhaseUnits.cpp - Neurons and attention of phase coding ---*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PhaseUnits.h"

#include "Support.h"

#include <cmath>

using namespace snn::vchip;
using namespace snn;
using namespace snn::rt;
using image::pb::PhaseOp;

/// Neurons: thresholds fall from phase to phase, and a neuron fires at the
/// first that it reaches.
static Tensor fire(const Tensor &potentials, const PhaseCoding &coding) {
  rt::detail::requireType("fire", potentials, DType::F32);
  PhaseTable table(coding);
  Tensor train(DType::I8, potentials.shape());
  const float *x = potentials.data<float>();
  int8_t *out = train.data<int8_t>();
  for (int64_t i = 0, n = potentials.size(); i < n; ++i) {
    float u = x[i] / coding.scale;
    out[i] = 0;
    if (coding.unipolar && u < 0)
      continue;
    for (int32_t t = 0; t < coding.phases; ++t)
      if (std::fabs(u) >= table.thresholds[static_cast<size_t>(t)]) {
        out[i] = static_cast<int8_t>(u < 0 ? -(t + 1) : t + 1);
        break;
      }
  }
  return train;
}

void snn::vchip::runPhaseOp(const image::pb::ProgramSection &program,
                            const image::pb::Instruction &instruction,
                            const std::vector<const Tensor *> &operands,
                            std::vector<Tensor> &results) {
  auto codingOf = [&](int64_t value) {
    return image::toPhaseCoding(
        program.values(static_cast<int>(value)).coding());
  };
  auto operandCoding = [&](int i) { return codingOf(instruction.operands(i)); };
  const PhaseOp &op = instruction.phase();
  bool isDigital = op.engine() == "digital";
  Context context; // what is counted is counted by the chip
  switch (op.kind()) {
  case PhaseOp::ENCODE:
    results[0] = fire(*operands[0], codingOf(instruction.results(0)));
    return;
  case PhaseOp::DECODE:
    phaseDecode(context, *operands[0], nullptr, results[0], operandCoding(0));
    return;
  case PhaseOp::RESIDUAL:
    phaseResidual(context, *operands[0], *operands[1], nullptr, results[0],
                  operandCoding(1));
    return;
  case PhaseOp::WOSS: {
    PhaseCoding coding = codingOf(instruction.results(0));
    if (isDigital)
      phaseWoss(context, *operands[0], operands[1], operands[2], results[0],
                results[1], operandCoding(0), coding);
    else
      runRace(*operands[0], operands[1], operands[2], operandCoding(0), coding,
              results[0], results[1]);
    return;
  }
  case PhaseOp::PRODUCT:
    if (isDigital)
      phaseProduct(context, *operands[0], *operands[1], operands[2], results[0],
                   operandCoding(0), operandCoding(1), op.factor(),
                   op.transposed(), /*signBug=*/0);
    else
      results[0] = runTraceProduct(op, *operands[0], *operands[1], operands[2],
                                   operandCoding(0), operandCoding(1));
    return;
  default:
    throw Error("is an op of phase coding that the chip does not know");
  }
}
