//===- CalibrateRates.cpp - Expected counts from inputs -------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runs the mapped network in the interpreter and counts the levels of its sites
// and the row groups that its layers would read.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Dialect/Xbar/Xbar.h"
#include "snn/Interpreter/Interpreter.h"
#include "snn/Report/Rates.h"
#include "llvm/ADT/bit.h"

#include <algorithm>
#include <bitset>

using namespace mlir;
using namespace snn;
using namespace snn::chip;

/// The bits that are set in the digit of any neuron of a row group.
static unsigned groupBits(ArrayRef<uint8_t> levels, int mask) {
  unsigned bits = 0;
  for (uint8_t level : levels)
    bits |= unsigned(int(level) - mask);
  return bits;
}

/// How many different spikes, which are codes other than 0, there are.
static unsigned countCodes(ArrayRef<uint8_t> codes) {
  std::bitset<256> seen;
  for (uint8_t code : codes)
    seen.set(code);
  return unsigned(seen.count() - seen.test(0));
}

/// The share of row groups, over vectors and passes, with an active row.
static double activeShare(const xbar::Layer &layer, const SiteLoad &site,
                          const SampleTensors &x) {
  std::optional<rt::Coding> coding = spike::getCoding(layer.input.getType());
  int64_t rows = layer.tiling.getRows(), active = layer.tiling.getActiveRows();
  unsigned passes = unsigned(site.passes());
  auto drivenPasses = [&](ArrayRef<uint8_t> levels) -> unsigned {
    // A pass for each spike of the neuron that fires most.
    if (site.asSlots)
      return *std::max_element(levels.begin(), levels.end());
    unsigned bits = groupBits(levels, coding->mask);
    unsigned count = 0, mask = (1u << site.driveBits) - 1;
    for (unsigned p = 0; p < passes; ++p)
      count += (bits >> p * site.driveBits & mask) != 0;
    return count;
  };
  double read = 0, all = 0;
  for (const rt::Tensor &sample : x)
    for (int64_t at = 0; at < sample.size(); at += layer.inputs)
      for (int64_t block = 0; block < layer.inputs; block += rows) {
        int64_t end = std::min(block + rows, layer.inputs);
        for (int64_t row = block; row < end; row += active) {
          int64_t count = std::min(active, end - row);
          ArrayRef<uint8_t> bytes(static_cast<const uint8_t *>(sample.raw()) +
                                      at + row,
                                  size_t(count));
          read += coding ? drivenPasses(bytes)
                         // A slot and sign of phase coding is a pass.
                         : countCodes(bytes);
          all += passes;
        }
      }
  return all > 0 ? read / all : 0;
}

LogicalResult snn::chip::calibrateRates(Workload &workload, ModuleOp module,
                                        StringRef inputs, unsigned samples) {
  func::FuncOp function = getEntryPoint(module);
  if (!function)
    return failure();
  FailureOr<std::vector<SampleTensors>> arguments =
      loadSamples(function, inputs);
  if (failed(arguments))
    return failure();
  for (SampleTensors &argument : *arguments)
    if (argument.size() > samples)
      argument.resize(samples);

  Interpreter interpreter(function);
  interpreter.setFast(true);
  interpreter.setBefore(
      [&](Operation *op, ArrayRef<const SampleTensors *> operands) {
        std::optional<xbar::Layer> layer = xbar::getLayer(op);
        // A convolution's row groups are not consecutive in its operand.
        if (!layer || !layer->tiling || layer->window)
          return success();
        for (Load &load : workload.loads)
          if (load.mapping && load.name == layer->name)
            load.activeGroups = activeShare(
                *layer, workload.sites[size_t(load.site)], *operands[0]);
        return success();
      });
  interpreter.setAfter(
      [&](Operation *op, ArrayRef<const SampleTensors *> results) {
        std::optional<spike::Site> site = spike::getSite(op);
        if (!site)
          return success();
        int index = workload.findSite(site->name);
        if (index < 0)
          return success();
        std::vector<int64_t> &histogram = workload.sites[index].histogram;
        histogram.assign(256, 0);
        for (const rt::Tensor &sample : *results[0])
          for (int64_t i = 0; i < sample.size(); ++i)
            ++histogram[static_cast<const uint8_t *>(sample.raw())[i]];
        return success();
      });
  return failure(failed(interpreter.run(*arguments)));
}
