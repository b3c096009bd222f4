//===- XbarInterfaces.td - Facts about mapped ops ----------*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_XBAR_XBARINTERFACES_TD
#define SNN_DIALECT_XBAR_XBARINTERFACES_TD

include "mlir/IR/OpBase.td"

def LayerOpInterface : OpInterface<"LayerOpInterface"> {
  let cppNamespace = "::snn::xbar";
  let description = [{
    A product with static weights, which crossbars hold: what tiling, placement,
    reports and the programming image need of it. An op with the attributes `layer`,
    `weight`, `tiling` and `placement` and the operand `x` has nothing to define, and one
    that may use the cells of another has `cells_of`, too; that it reads a window is said
    by `EventConsumerOpInterface`.
  }];
  let methods = [
    InterfaceMethod<"The ONNX node, unique in the module.",
      "::llvm::StringRef", "getLayer", (ins)>,
    InterfaceMethod<"What drives the rows.", "::mlir::Value", "getX", (ins)>,
    InterfaceMethod<[{Integers [inputs, outputs], or [outputs, inputs of a group,
        kernel...].}],
      "::mlir::TypedAttr", "getWeight", (ins)>,
    InterfaceMethod<"How the weights are cut into tiles; null before `xbar-tile`.",
      "::snn::xbar::TilingAttr", "getTilingAttr", (ins)>,
    InterfaceMethod<"Sets the tiling.", "void", "setTilingAttr",
      (ins "::snn::xbar::TilingAttr":$tiling)>,
    InterfaceMethod<"The crossbars that hold it; null before `xbar-place`.",
      "::snn::xbar::PlacementAttr", "getPlacementAttr", (ins)>,
    InterfaceMethod<"Sets the placement.", "void", "setPlacementAttr",
      (ins "::snn::xbar::PlacementAttr":$placement)>,
    InterfaceMethod<[{The layer whose cells it drives in passes of its own, which is the
        op in front of it; null: it has cells of its own.}],
      "::mlir::StringAttr", "getCellsOfAttr", (ins), "", "return {};">
  ];
}

#endif // SNN_DIALECT_XBAR_XBARINTERFACES_TD
