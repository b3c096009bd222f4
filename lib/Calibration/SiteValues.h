//===- SiteValues.h - What a site sees in calibration -----------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CALIBRATION_SITEVALUES_H
#define SNN_LIB_CALIBRATION_SITEVALUES_H

#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Interpreter/Interpreter.h"

namespace snn::calibration {

/// At most this many values of a site decide about its quantiser; they are
/// taken at a fixed stride.
inline constexpr size_t maxSiteValues = 1 << 16;

/// The values of a site on kept tokens, all samples.
inline std::vector<float> gatherValues(const spike::Site &site,
                                       const SampleTensors &x,
                                       const SampleTensors *valid) {
  std::vector<float> kept;
  for (size_t s = 0; s < x.size(); ++s) {
    const rt::Tensor *keep =
        valid ? &(*valid)[valid->size() == 1 ? 0 : s] : nullptr;
    std::vector<bool> flags =
        spike::expandValidity(x[s].shape(), keep, site.tokenAxes);
    const float *data = x[s].data<float>();
    for (int64_t n = 0, size = x[s].size(); n < size; ++n)
      if (flags.empty() || flags[n])
        kept.push_back(data[n]);
  }
  if (kept.size() <= maxSiteValues)
    return kept;
  std::vector<float> fewer;
  double step = double(kept.size()) / maxSiteValues;
  for (size_t i = 0; i < maxSiteValues; ++i)
    fewer.push_back(kept[size_t(double(i) * step)]);
  return fewer;
}

} // namespace snn::calibration

#endif // SNN_LIB_CALIBRATION_SITEVALUES_H
