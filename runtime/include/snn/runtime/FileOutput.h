//===- FileOutput.h - Files that are whole ----------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one writer of every file of every tool. A file comes into being under a
// temporary name beside its own, is written to the medium, and is renamed:
// under its name there is the old file or the new one, whole, whatever fails. A
// signal that ends the program (SIGTERM, SIGINT, SIGHUP) removes what is
// unfinished; what a killed program left is removed by the next that writes
// into the folder.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_FILEOUTPUT_H
#define SNN_RUNTIME_FILEOUTPUT_H

#include <string>
#include <string_view>
#include <vector>

namespace snn::rt {

/// A file that is written, but not under its name yet: several can be made
/// before the first takes its place. Devices and pipes are written at once.
class PendingFile {
public:
  /// Throws `Error`: cannot write 'FILE': reason.
  PendingFile(std::string path, std::string_view bytes)
      : PendingFile(std::move(path), std::vector{bytes}) {}
  /// The same of a file whose parts lie in several places.
  PendingFile(std::string path, const std::vector<std::string_view> &parts);
  ~PendingFile();
  PendingFile(const PendingFile &) = delete;
  PendingFile &operator=(const PendingFile &) = delete;

  /// Gives it its name. Throws like the constructor.
  void commit();

private:
  void discard();

  std::string path, target, temporary;
};

/// Writes one file.
void writeFile(const std::string &path, std::string_view bytes);
void writeFile(const std::string &path,
               const std::vector<std::string_view> &parts);

} // namespace snn::rt

#endif // SNN_RUNTIME_FILEOUTPUT_H
