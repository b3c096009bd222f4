//===- Commands.h - The commands of snn-image -------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every command takes images that have been read and checked. The runtime's
// errors (`rt::Error`) pass through; main reports them.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_TOOLS_SNNIMAGE_COMMANDS_H
#define SNN_TOOLS_SNNIMAGE_COMMANDS_H

#include "snn/image/Image.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

namespace snn::image {

/// Prints a table of sizes, and the contents in words. `section` limits it to
/// one section; empty prints all.
void dumpText(const Image &image, llvm::StringRef section,
              llvm::raw_ostream &os);

/// Prints the messages as JSON, with the table of sections.
void dumpJson(const Image &image, llvm::StringRef section,
              llvm::raw_ostream &os);

/// Prints what differs; whether anything does.
bool diff(const Image &a, const Image &b, llvm::raw_ostream &os);

/// Checks what reading does not (snn/image/Verify.h), the chip against its
/// description, and that the program runs, with zeros. Prints what was checked.
llvm::Error verify(const Image &image, llvm::raw_ostream &os);

struct ExportOptions {
  std::string directory;
  bool npy = true, csv = true;
};

/// Writes the conductances of every tile, in microsiemens, and index.csv.
/// Prints a summary.
void exportConductances(const Image &image, const ExportOptions &options,
                        llvm::raw_ostream &os);

} // namespace snn::image

#endif // SNN_TOOLS_SNNIMAGE_COMMANDS_H
