//===- SectionChecker.h - Checks that name file and section -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_IMAGE_LIB_SECTIONCHECKER_H
#define SNN_IMAGE_LIB_SECTIONCHECKER_H

#include "snn/image/Image.h"

namespace snn::image {

/// What the checks of one file have in common.
class SectionChecker {
protected:
  SectionChecker(const Container &file, const Contents &contents)
      : file(file), contents(contents) {}

  /// Begins a section.
  void enter(const char *name) { section = name; }
  void require(bool condition, const std::string &what) const {
    if (!condition)
      fail(what);
  }
  [[noreturn]] void fail(const std::string &what) const {
    throw rt::Error(file.path() + ": section '" + section +
                    "' is malformed: " + what);
  }

  const Container &file;
  const Contents &contents;

private:
  const char *section = "";
};

} // namespace snn::image

#endif // SNN_IMAGE_LIB_SECTIONCHECKER_H
