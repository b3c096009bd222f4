//===- DigitalCost.cpp - What an op costs in the digital unit -------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Kernel/DigitalCost.h"

#include "snn/Dialect/Kernel/DigitalCostInterface.cpp.inc"
