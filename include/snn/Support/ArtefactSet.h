//===- ArtefactSet.h - The files of one compilation -------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A directory holds the artefacts of one compilation, of the one before it, or,
// for the moment in which one takes the place of the other, a manifest that
// says so and that every tool refuses by. How, and why so:
// docs/rationale/artefacts.md.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_SUPPORT_ARTEFACTSET_H
#define SNN_SUPPORT_ARTEFACTSET_H

#include "snn/Support/LockedFolder.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"

#include <map>
#include <memory>
#include <string>

namespace snn {

/// What a manifest says of a compilation.
struct CompilationInfo {
  /// Of model, options and version; every artefact carries it.
  std::string digest;
  /// Of what else makes artefacts: chip and mapping. Artefacts of equal digest
  /// and mapping belong together, whichever run wrote them.
  std::string mapping;
  /// The compiled file's name, without directories.
  std::string model;
};

/// The artefacts that one compilation writes to a directory. They are written
/// to a folder in it, and take the place of older ones together.
class ArtefactSet {
public:
  /// Makes the directory if need be, and keeps other writers off it. Fails when
  /// there is another writer, or when the directory cannot be written. Removes
  /// what dead writers left.
  static llvm::Expected<std::unique_ptr<ArtefactSet>>
  open(llvm::StringRef directory);
  /// Without `commit`, the directory is as it was.
  ~ArtefactSet();

  /// Where the artefact `name` is to be written now; subfolders are made.
  llvm::Expected<std::string> path(llvm::StringRef name) const;
  /// The folder that `path` leads to, for who writes several files.
  std::string folder() const;
  /// A folder for temporary files, which goes with the set.
  std::string temporaryFolder() const;
  /// `text` with the names that artefacts will have in the place of those they
  /// have now.
  std::string withFinalNames(llvm::StringRef text) const;

  /// Puts all that was written into the directory and removes those artefacts
  /// of an older compilation that have no successor. When it fails, the
  /// directory is as it was.
  llvm::Error commit(const CompilationInfo &info);

private:
  struct File {
    uint64_t bytes = 0;
    std::string hash;
  };
  using Files = std::map<std::string, File>;

  ArtefactSet() = default;
  llvm::Expected<Files> listFiles() const;
  llvm::Error exchange(const Files &files, const std::vector<std::string> &old);

  std::string directory;
  bool isNew = false;
  std::unique_ptr<FileLock> lock;
  std::unique_ptr<TemporaryFolder> staging;
};

/// Fails when the artefact `path`, which carries `digest`, lies in a directory
/// whose manifest lists it and is of another compilation or incomplete. The
/// error names both files.
llvm::Error checkArtefact(llvm::StringRef path, llvm::StringRef digest);

} // namespace snn

#endif // SNN_SUPPORT_ARTEFACTSET_H
