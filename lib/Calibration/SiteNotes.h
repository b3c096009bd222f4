//===- SiteNotes.h - What calibration found of a site -----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CALIBRATION_SITENOTES_H
#define SNN_LIB_CALIBRATION_SITENOTES_H

#include "mlir/IR/BuiltinOps.h"
#include "snn/Dialect/Spike/Facts.h"

namespace snn::calibration {

/// The fact `spike.site_calibration` of a module, to be added to.
class SiteNotes {
public:
  explicit SiteNotes(mlir::ModuleOp module) : module(module) {
    if (auto old =
            spike::facts(module).getSiteCalibrationAttrHelper().getAttr(module))
      for (mlir::NamedAttribute site : old)
        sites[site.getName()] = mlir::NamedAttrList(
            llvm::cast<mlir::DictionaryAttr>(site.getValue()));
  }

  void set(llvm::StringRef site, llvm::StringRef key, mlir::Attribute value) {
    sites[name(site)].set(key, value);
  }
  void set(llvm::StringRef site, llvm::StringRef key, double value) {
    set(site, key, mlir::Builder(module.getContext()).getF64FloatAttr(value));
  }
  void set(llvm::StringRef site, llvm::StringRef key, llvm::StringRef value) {
    set(site, key, mlir::Attribute(name(value)));
  }
  void drop(llvm::StringRef site, llvm::StringRef key) {
    sites[name(site)].erase(key);
  }
  void setVector(llvm::StringRef site, llvm::StringRef key,
                 llvm::ArrayRef<float> values) {
    set(site, key,
        onnx::makeConstantAttr(
            module.getContext(), (site + "." + key).str(),
            rt::Tensor::fromVector({int64_t(values.size())},
                                   std::vector<float>(values)),
            mlir::Float32Type::get(module.getContext())));
  }

  /// Writes the fact, if there is anything in it.
  void store() {
    mlir::NamedAttrList all;
    for (auto &[site, notes] : sites)
      all.set(site, notes.getDictionary(module.getContext()));
    if (!all.empty())
      spike::facts(module).getSiteCalibrationAttrHelper().setAttr(
          module, all.getDictionary(module.getContext()));
  }

private:
  mlir::StringAttr name(llvm::StringRef text) {
    return mlir::StringAttr::get(module.getContext(), text);
  }

  mlir::ModuleOp module;
  llvm::MapVector<mlir::StringAttr, mlir::NamedAttrList> sites;
};

} // namespace snn::calibration

#endif // SNN_LIB_CALIBRATION_SITENOTES_H
