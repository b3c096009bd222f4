//===- ModuleChip.cpp - The chip that a module is mapped to ---------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Dialect/Xbar/ModuleChip.h"
#include "snn/Chip/ChipAttribute.h"
#include "snn/Dialect/Xbar/Xbar.h"

using namespace mlir;
using namespace snn;

FailureOr<chip::Chip> snn::xbar::getChip(ModuleOp module) {
  auto attribute = module->getAttrOfType<ChipAttr>(chipAttrName);
  if (!attribute)
    return module.emitError("needs a chip in '")
           << chipAttrName << "'; run spike-to-xbar first";
  return chip::fromAttribute(attribute.getDescription(), [&] {
    return module.emitError("has a wrong '") << chipAttrName << "': ";
  });
}
