//===- Json.h - Numbers and strings in JSON ---------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_JSON_H
#define SNN_RUNTIME_JSON_H

#include "snn/runtime/Spiking.h"

#include <string>

namespace snn::rt {

/// `text` with quotes and escapes.
std::string jsonString(const std::string &text);
/// The shortest common form that reads back as the same number.
std::string jsonNumber(double value);

/// The members "sites" and "totals" of a statistics file, without a trailing
/// comma or newline, indented by two.
std::string jsonSites(const Statistics &statistics, int64_t samples);

} // namespace snn::rt

#endif // SNN_RUNTIME_JSON_H
