//===- ReportEnergy.cpp - Report energy, latency and area -----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Report/Passes.h"
#include "snn/Report/Quantisation.h"
#include "snn/Report/Report.h"
#include "snn/Support/OutputFile.h"
#include "llvm/Support/raw_ostream.h"

namespace snn::chip {
#define GEN_PASS_DEF_XBARREPORTENERGY
#include "snn/Report/Passes.h.inc"
} // namespace snn::chip

using namespace mlir;
using namespace snn;

namespace {
struct XbarReportEnergy : chip::impl::XbarReportEnergyBase<XbarReportEnergy> {
  using XbarReportEnergyBase::XbarReportEnergyBase;

  /// Reports a file that could not be written.
  LogicalResult check(llvm::Error error) {
    if (!error)
      return success();
    return getOperation().emitError(llvm::toString(std::move(error)));
  }

  LogicalResult write(StringRef path,
                      llvm::function_ref<void(raw_ostream &)> print) {
    return check(writeOutputFile(path, print));
  }

  LogicalResult run() {
    llvm::Expected<chip::AssumedRates> assumed =
        chip::parseAssumedRates(std::vector<std::string>(assume));
    if (!assumed)
      return getOperation().emitError(llvm::toString(assumed.takeError()));
    if (counts != "planes" && counts != "slots")
      return getOperation().emitError("counts are sent as planes or slots, not "
                                      "as '")
             << counts << "'";
    chip::RateOptions rates{std::move(*assumed), stats, inputs, samples,
                            counts == "slots"};
    FailureOr<chip::Report> report = chip::buildReport(getOperation(), rates);
    if (failed(report))
      return failure();
    if (!image.empty()) {
      llvm::Expected<chip::ImageSizes> sizes = chip::readImageSizes(image);
      if (!sizes)
        return getOperation().emitError(llvm::toString(sizes.takeError()));
      report->image = std::move(*sizes);
    }
    llvm::json::Object energy = chip::toJson(*report);
    llvm::json::Object events =
        chip::toTrace(report->schedule, report->workload);
    if (!report->digest.empty()) {
      energy["digest"] = report->digest;
      events["otherData"] = llvm::json::Object{{"digest", report->digest}};
    }
    if (!output.empty() && failed(check(writeJson(output, std::move(energy)))))
      return failure();
    if (!trace.empty() && failed(write(trace, [&](raw_ostream &os) {
          os << llvm::json::Value(std::move(events)) << '\n';
        })))
      return failure();
    if (!page.empty() && failed(write(page, [&](raw_ostream &os) {
          os << chip::toHtml(*report);
        })))
      return failure();
    if (table || (output.empty() && trace.empty() && page.empty()))
      chip::printTable(*report, llvm::outs());
    return success();
  }

  void runOnOperation() override {
    markAllAnalysesPreserved();
    if (failed(run()))
      signalPassFailure();
  }
};
} // namespace
