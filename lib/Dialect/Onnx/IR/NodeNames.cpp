//===- NodeNames.cpp - Names of nodes -------------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "snn/Dialect/Onnx/Onnx.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace snn;

StringRef snn::onnx::getNodeName(Location location) {
  if (auto name = location->findInstanceOf<NameLoc>())
    return name.getName().getValue();
  return {};
}

void snn::onnx::nameNodes(Operation *root) {
  llvm::StringSet<> taken;
  SmallVector<Operation *> unnamed;
  root->walk([&](Operation *op) {
    StringRef name = getNodeName(op->getLoc());
    if (!name.empty())
      taken.insert(name);
    else if (!isa<ModuleOp, FunctionOpInterface, ConstantOp>(op) &&
             !op->hasTrait<OpTrait::IsTerminator>())
      unnamed.push_back(op);
  });
  llvm::StringMap<unsigned> numbers;
  for (Operation *op : unnamed) {
    StringRef kind = op->getName().stripDialect();
    std::string name;
    do
      name = (kind + "#" + Twine(++numbers[kind])).str();
    while (!taken.insert(name).second);
    op->setLoc(
        NameLoc::get(StringAttr::get(op->getContext(), name), op->getLoc()));
  }
}
