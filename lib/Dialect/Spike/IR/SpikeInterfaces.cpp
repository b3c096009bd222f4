//===- SpikeInterfaces.cpp - Facts about spiking ops ----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Spike/SpikeInterfaces.h"

using namespace mlir;
using namespace snn;
using namespace snn::spike;

#include "snn/Dialect/Spike/SpikeInterfaces.cpp.inc"

StringRef AttentionEngineOpInterface::getEngineName() {
  return chip::getName(getEngineKind());
}

std::string AttentionEngineOpInterface::getEngineOption() {
  std::string option = getEngineName().str();
  std::replace(option.begin(), option.end(), '_', '-');
  return option;
}
