//===- OnnxDialect.td - The onnx dialect and its attributes --*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_ONNX_ONNXDIALECT_TD
#define SNN_DIALECT_ONNX_ONNXDIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/DialectBase.td"
include "mlir/IR/OpBase.td"

def Onnx_Dialect : Dialect {
  let name = "onnx";
  let cppNamespace = "::snn::onnx";
  let summary = "The float network as it was imported";
  let description = [{
    Operators of ONNX in one canonical form, whatever opset the model was
    written in: axes, shapes and bounds that ONNX passes as tensors are
    attributes here, because the importer folds exporters' shape arithmetic.
    Every op names a kernel of the runtime, which gives its meaning.

    Large constants are named, not held: see `#onnx.param`. A dimension that
    stays dynamic is the batch; every other dimension is static.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let extraClassDeclaration = [{
    /// The weight archives that this context has open.
    ::snn::onnx::Archives &getArchives() { return *archives; }

  private:
    std::shared_ptr<::snn::onnx::Archives> archives;

  public:
  }];
}

class Onnx_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<Onnx_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

def Onnx_ParamAttr : Onnx_Attr<"Param", "param", [TypedAttrInterface]> {
  let summary = "A tensor that lives in a weight archive";
  let description = [{
    Names the tensor `key` of `archive`: an .onnx file (initialisers, their
    external data), a .safetensors file, or the empty string for the archive in
    memory that passes write to. The bytes are mapped when a pass or a kernel
    asks for them. A relative archive path is looked up beside the file that
    holds the IR, then in the working directory.

    Example: `#onnx.param<"bert.onnx", "encoder.0.weight"> :
    tensor<768x768xf32>`
  }];
  let parameters = (ins AttributeSelfTypeParameter<"", "::mlir::ShapedType">:$type,
                        StringRefParameter<>:$archive,
                        StringRefParameter<>:$key);
  let builders = [AttrBuilderWithInferredContext<
      (ins "::mlir::ShapedType":$type, "::llvm::StringRef":$archive,
           "::llvm::StringRef":$key),
      [{ return $_get(type.getContext(), type, archive, key); }]>];
  let assemblyFormat = "`<` $archive `,` $key `>`";
}

#endif // SNN_DIALECT_ONNX_ONNXDIALECT_TD
