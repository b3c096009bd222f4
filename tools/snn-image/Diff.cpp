//===- Diff.cpp - What two images differ in -------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Messages are compared field by field, cells by layer and tile, constants by
// name: a person wants to know which layer changed, not which byte.
//
//===----------------------------------------------------------------------===//

#include "Commands.h"

#include "llvm/ADT/STLExtras.h"
#include <cstring>
#include <google/protobuf/util/message_differencer.h>
#include <map>

using namespace snn;
using namespace snn::image;

namespace {

/// Prints at most so many lines of one section.
constexpr size_t mostLines = 20;

class Comparison {
public:
  Comparison(const Image &a, const Image &b, llvm::raw_ostream &os)
      : a(a), b(b), os(os) {}

  bool run() {
    compareMessages(section::chip, a.chip(), b.chip());
    compareMessages(section::interface, a.interface(), b.interface());
    compareMessages(section::layers, a.layers(), b.layers());
    compareConductances();
    compareMessages(section::requantisers, a.requantisers(), b.requantisers());
    compareMessages(section::engines, a.engines(), b.engines());
    compareMessages(section::program, a.program(), b.program());
    compareMessages(section::constants, a.constants(), b.constants());
    compareData();
    compareMessages(section::routing, a.routing(), b.routing());
    compareMessages(section::statistics, a.statistics(), b.statistics());
    if (!differs)
      os << "the images are equal\n";
    return differs;
  }

private:
  void report(llvm::StringRef section, const llvm::Twine &what) {
    differs = true;
    os << section << ": " << what << "\n";
  }

  void compareMessages(llvm::StringRef section,
                       const google::protobuf::Message &x,
                       const google::protobuf::Message &y) {
    google::protobuf::util::MessageDifferencer differencer;
    std::string text;
    differencer.ReportDifferencesToString(&text);
    if (differencer.Compare(x, y))
      return;
    llvm::SmallVector<llvm::StringRef> lines;
    llvm::StringRef(text).split(lines, '\n', -1, /*KeepEmpty=*/false);
    for (llvm::StringRef line : llvm::ArrayRef(lines).take_front(mostLines))
      report(section, line);
    if (lines.size() > mostLines)
      report(section, "and " + llvm::Twine(lines.size() - mostLines) +
                          " further differences");
  }

  void compareConductances() {
    int layers = std::min(a.layers().layers_size(), b.layers().layers_size());
    for (int l = 0; l < layers; ++l) {
      const pb::Layer &x = a.layers().layers(l), &y = b.layers().layers(l);
      for (int t = 0; t < std::min(x.tiles_size(), y.tiles_size()); ++t)
        compareTile(x, y, t);
    }
  }

  void compareTile(const pb::Layer &x, const pb::Layer &y, int t) {
    rt::Tensor p = a.levels(x, x.tiles(t)), q = b.levels(y, y.tiles(t));
    if (p.shape() != q.shape())
      return; // the section 'layers' says so
    int64_t count = 0;
    for (int64_t n = 0; n < p.size(); ++n)
      count += p.data<int8_t>()[n] != q.data<int8_t>()[n];
    if (count)
      report(section::conductances,
             "layer '" + x.node() + "' tile " + llvm::Twine(t) + ": " +
                 llvm::Twine(count) + " of " + llvm::Twine(p.size()) +
                 " cells differ");
  }

  void compareData() {
    std::map<std::string, int> others;
    for (int i = 0; i < b.constants().constants_size(); ++i)
      others.emplace(b.constants().constants(i).name(), i);
    for (int i = 0; i < a.constants().constants_size(); ++i) {
      const std::string &name = a.constants().constants(i).name();
      auto other = others.find(name);
      if (other == others.end())
        continue; // the section 'constants' says so
      rt::Tensor x = a.constant(i), y = b.constant(other->second);
      if (x.dtype() != y.dtype() || x.shape() != y.shape())
        continue;
      int64_t count = 0;
      size_t width = rt::byteWidth(x.dtype());
      for (int64_t n = 0; n < x.size(); ++n)
        count += std::memcmp(static_cast<const char *>(x.raw()) + n * width,
                             static_cast<const char *>(y.raw()) + n * width,
                             width) != 0;
      if (count)
        report(section::data, "constant '" + name + "': " + llvm::Twine(count) +
                                  " of " + llvm::Twine(x.size()) +
                                  " elements differ");
    }
  }

  const Image &a, &b;
  llvm::raw_ostream &os;
  bool differs = false;
};

} // namespace

bool snn::image::diff(const Image &a, const Image &b, llvm::raw_ostream &os) {
  return Comparison(a, b, os).run();
}
