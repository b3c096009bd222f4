//===- Passes.td - Reports on mapped networks ----------------*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_REPORT_PASSES_TD
#define SNN_REPORT_PASSES_TD

include "mlir/Pass/PassBase.td"

def XbarReportEnergy : Pass<"xbar-report-energy", "::mlir::ModuleOp"> {
  let summary = "Report energy, latency and area";
  let description = [{
    Multiplies the counts of a network after `xbar-schedule` with the constants of
    its chip (`xbar.chip`), schedules one inference on the chip's resources, and
    writes what results. The module does not change. docs/energy.md says how each
    number is computed.

    How often sites fire comes from `assume` (`rate=R`, `rate.SITE=R`; of phase codes
    also `unfired=P`, `unfired.SITE=P`: phases that a neuron spends un-fired), from
    `stats` (the JSON that a simulator or the virtual chip writes with `--stats`),
    from a run of the network on `inputs`, or from the histograms of calibration, in
    this order. A site with none of them is taken to fire always, which the report
    says.

    `image` names the network's programming image: the report then lists what each
    of its sections takes.

    Without `output`, `trace` and `page` the table is printed.

    Errors: no chip; a layer without tiling; shapes that are not static;
    statistics of another network; an image that cannot be read; a file that cannot
    be written.

    ```
    snn-opt model.mlir --xbar-report-energy="assume=rate=0.38 output=energy.json"
    ```
  }];
  let options = [
    ListOption<"assume", "assume", "std::string",
               "assumed rates: rate=R, rate.SITE=R, unfired=P or unfired.SITE=P">,
    Option<"counts", "counts", "std::string", "\"planes\"",
           "how counts of spikes are sent and drive crossbars: planes or slots">,
    Option<"stats", "stats", "std::string", "\"\"",
           "statistics of a simulator, a JSON file">,
    Option<"inputs", "inputs", "std::string", "\"\"",
           "inputs to count spikes on: a file, or random:N">,
    Option<"samples", "samples", "unsigned", "0",
           "most samples of `inputs`; 0: what takes some seconds, at most 32">,
    Option<"output", "output", "std::string", "\"\"",
           "file for the report (energy.json)">,
    Option<"trace", "trace", "std::string", "\"\"",
           "file for the schedule, a Chrome or Perfetto trace">,
    Option<"page", "page", "std::string", "\"\"", "file for the HTML page">,
    Option<"image", "image", "std::string", "\"\"",
           "programming image whose sections are listed">,
    Option<"table", "table", "bool", "false",
           "print the table even if files are written">];
}

#endif // SNN_REPORT_PASSES_TD
