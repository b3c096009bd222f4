//===- WriteImage.cpp - Write the programming image of a chip -------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Builder.h"
#include "snn/Dialect/Onnx/Signature.h"
#include "snn/Dialect/Spike/Facts.h"
#include "snn/Dialect/Xbar/ModuleChip.h"
#include "snn/Support/Version.h"
#include "snn/Target/Image/Image.h"
#include "snn/Target/Image/Passes.h"
#include "snn/image/Verify.h"
#include "snn/runtime/DataFile.h"
#include "llvm/Support/Path.h"

namespace snn {
#define GEN_PASS_DEF_SNNWRITEIMAGE
#include "snn/Target/Image/Passes.h.inc"
} // namespace snn

using namespace mlir;
using namespace snn;
using namespace snn::detail;

/// What the module's attributes say of the model.
static void describeModel(ModuleOp module, image::pb::InterfaceSection &out) {
  auto text = [&](StringRef name) -> StringRef {
    auto attribute = module->getAttrOfType<StringAttr>(name);
    return attribute ? attribute.getValue() : "";
  };
  out.set_model(llvm::sys::path::filename(text("onnx.source")).str());
  if (StringAttr coding =
          spike::facts(module).getCodingAttrHelper().getAttr(module))
    out.set_coding(coding.str());
  // Without the revision: images of one network and chip are the same bytes.
  out.set_producer(("snnc " + getRelease()).str());
  out.set_digest(text(onnx::digestAttrName).str());
  out.set_random_calibration(
      spike::facts(module).getRandomCalibrationAttrHelper().isAttrPresent(
          module));
}

LogicalResult snn::writeImage(ModuleOp module, StringRef path,
                              raw_ostream *sizes) {
  func::FuncOp function = getEntryPoint(module);
  if (!function)
    return failure();
  FailureOr<chip::Chip> chip = xbar::getChip(module);
  if (failed(chip))
    return failure();
  if (!chip->hasCrossbars())
    return module.emitError("needs a chip with crossbars, has '")
           << chip->name << "'";
  if (!function.getBody().hasOneBlock())
    return function.emitError("has control flow, which no chip executes");
  ImageBuilder builder(module, function, *chip);
  describeModel(module, builder.contents.interface);
  if (failed(builder.build()))
    return failure();
  std::string bytes;
  try {
    image::ContainerWriter writer = image::makeContainer(
        builder.contents, builder.conductances.take(), std::move(builder.data));
    // What a reader would refuse is not written.
    bytes = writer.finish();
    image::Image check(image::Container(path.str(), bytes));
    image::verify(check);
    if (sizes)
      *sizes << image::formatSizes(check.container());
  } catch (const std::exception &e) {
    return module.emitError("cannot write the image: ") << e.what();
  }
  try {
    rt::writeFile(path.str(), bytes);
  } catch (const std::exception &e) {
    return module.emitError(e.what());
  }
  return success();
}

namespace {
struct WriteImage : snn::impl::SnnWriteImageBase<WriteImage> {
  using SnnWriteImageBase::SnnWriteImageBase;

  void runOnOperation() override {
    if (failed(writeImage(getOperation(), output)))
      signalPassFailure();
  }
};
} // namespace
