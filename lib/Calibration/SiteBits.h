//===- SiteBits.h - How many bits a site is to have -------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_LIB_CALIBRATION_SITEBITS_H
#define SNN_LIB_CALIBRATION_SITEBITS_H

#include "snn/Dialect/Spike/Spike.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace snn::calibration {

/// What a site of the float network holds, by what computes it: "norms" (layer,
/// batch and root mean square normalisations), "hidden" (activation functions
/// and gates), "contexts" (products of probabilities with values), "inputs" (of
/// the network), "queries", "keys", "probabilities", "values" or "others".
llvm::StringRef getSiteClass(spike::SiteOp site);

/// The tokens that a site of activations sees in a sample; positions of an
/// image count as such. A size that is open counts as 64.
int64_t countTokens(spike::SiteOp site);

/// The bits of every site, from flags.
class SiteBits {
public:
  unsigned at(spike::SiteOp site) const;

private:
  friend mlir::FailureOr<SiteBits>
  readSiteBits(mlir::ModuleOp module, unsigned activationBits,
               unsigned residentBits, llvm::ArrayRef<std::string> entries);

  unsigned activation = 8, resident = 8;
  unsigned single = 8;             ///< of sites that see one token a sample
  llvm::StringMap<unsigned> named; ///< by site or by class
  llvm::StringSet<> singleSites;
};

/// The class of sites that see one token a sample while others see more: what
/// they cost is little, and what they lose nothing averages out.
inline constexpr llvm::StringLiteral singleClass = "single";

/// Activations, queries and probabilities have `activationBits`, keys and
/// values `residentBits`; the SITE=N and CLASS=N of `entries` override, a site
/// before a class. Sites of `singleClass` have 8 bits unless they, or their
/// class, are named. Reports bits that there are not and names that no site
/// has.
mlir::FailureOr<SiteBits> readSiteBits(mlir::ModuleOp module,
                                       unsigned activationBits,
                                       unsigned residentBits,
                                       llvm::ArrayRef<std::string> entries);

} // namespace snn::calibration

#endif // SNN_LIB_CALIBRATION_SITEBITS_H
