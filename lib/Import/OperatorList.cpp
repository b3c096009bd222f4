//===- OperatorList.cpp - What the importer reads -------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Functions.h"
#include "Importer.h"
#include "OperatorSchemas.h"
#include "snn/Import/Operators.h"

#include <tuple>

using namespace snn;
using namespace snn::import;
using llvm::StringRef;

/// The opsets of the standard domain that have `op`; those of an operator that
/// ONNX does not know, which a runtime put there, are all.
static void setOpsets(OperatorInfo &info, OperatorSchemas &schemas) {
  info.first = minOpset;
  info.last = maxOpset;
  const OperatorSchema *schema = schemas.find(info.name, minOpset);
  if (!schema)
    return;
  info.first = std::max(minOpset, schema->since);
  for (int64_t opset = info.first; opset <= maxOpset; ++opset) {
    schema = schemas.find(info.name, opset);
    if (schema && schema->isDeprecated) {
      info.last = opset - 1;
      return;
    }
  }
}

std::vector<OperatorInfo> snn::listOperators() {
  std::vector<OperatorInfo> infos;
  OperatorSchemas schemas;
  for (const auto &entry : getOperators()) {
    if (!entry.second.handler)
      continue;
    OperatorInfo info;
    auto [domain, name] = entry.first().rsplit(':');
    if (name.empty())
      std::swap(domain, name);
    info.domain = domain.str();
    info.name = name.str();
    info.refused = entry.second.refused.str();
    if (info.domain.empty())
      setOpsets(info, schemas);
    infos.push_back(std::move(info));
  }
  for (const std::string &name : listStandardBodies(minOpset, maxOpset)) {
    if (findHandler(name))
      continue;
    OperatorInfo info;
    info.name = name;
    info.isBody = true;
    setOpsets(info, schemas);
    infos.push_back(std::move(info));
  }
  llvm::sort(infos, [](const OperatorInfo &a, const OperatorInfo &b) {
    return std::tie(a.domain, a.name) < std::tie(b.domain, b.name);
  });
  return infos;
}

void snn::printOperators(llvm::raw_ostream &os) {
  os << "| domain | operator | opsets | refused |\n"
        "| --- | --- | --- | --- |\n";
  for (const OperatorInfo &info : listOperators()) {
    os << "| " << (info.domain.empty() ? "ai.onnx" : info.domain) << " | `"
       << info.name << "`" << (info.isBody ? ", by its body" : "") << " | ";
    if (info.first == 0)
      os << "all";
    else if (info.first == info.last)
      os << info.first;
    else
      os << info.first << " to " << info.last;
    os << " | " << info.refused << (info.refused.empty() ? "|\n" : " |\n");
  }
}
