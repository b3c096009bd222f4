//===- CompilationTest.cpp - Digests, hashes and manifests -----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "snn/runtime/Compilation.h"
#include "snn/runtime/DataFile.h"

#include <filesystem>
#include <set>
#include <unistd.h>

using namespace snn::rt;

TEST(Compilation, HashSeesEveryBit) {
  std::set<uint64_t> seen;
  size_t count = 0;
  for (size_t size : {0, 1, 7, 63, 64, 65, 200}) {
    std::string text(size, 'x');
    seen.insert(contentHash(text));
    ++count;
    for (size_t i = 0; i < size; ++i)
      for (int bit = 0; bit < 8; ++bit) {
        std::string changed = text;
        changed[i] = static_cast<char>(changed[i] ^ 1 << bit);
        seen.insert(contentHash(changed));
        ++count;
      }
  }
  // Zeros at the end count, too.
  for (size_t size : {1, 2, 8, 64, 128}) {
    seen.insert(contentHash(std::string(size, '\0')));
    ++count;
  }
  EXPECT_EQ(seen.size(), count);
}

TEST(Compilation, HashStaysTheSame) {
  EXPECT_EQ(toHex(0), "0000000000000000");
  EXPECT_EQ(toHex(0x0123456789abcdef), "0123456789abcdef");
  // Files carry it from machine to machine.
  EXPECT_EQ(toHex(contentHash("")), "746e12d593890fe1");
  EXPECT_EQ(toHex(contentHash("SNNC")), "fbfc623a36105d23");
}

namespace {
/// A folder with a manifest.
class Folder {
public:
  Folder() {
    std::string pattern = ::testing::TempDir() + "snn-manifest-XXXXXX";
    path = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const std::string &complete) const {
    writeTextFile(path + "/" + manifestName,
                  "{\n  \"complete\": " + complete +
                      ",\n  \"digest\": \"aa\",\n  \"files\": {\n    "
                      "\"sim\": {},\n    \"phases/0.mlir\": {}\n  }\n}\n");
  }
  std::string error(const std::string &name, const std::string &digest) const {
    try {
      checkArtefact(path + "/" + name, digest);
    } catch (const Error &e) {
      return e.what();
    }
    return "";
  }
  std::string path;
};
} // namespace

TEST(Compilation, ManifestRefusesForeignFiles) {
  Folder folder;
  EXPECT_EQ(folder.error("sim", "bb"), ""); // no manifest
  folder.write("true");
  EXPECT_EQ(folder.error("sim", "aa"), "");
  EXPECT_EQ(folder.error("sim", ""), ""); // built by hand
  EXPECT_EQ(folder.error("other", "bb"), "");
  EXPECT_EQ(folder.error("sim", "bb"),
            "'" + folder.path + "/sim' is of compilation bb, '" + folder.path +
                "/artefacts.json' of aa: they do not belong together");
  EXPECT_NE(folder.error("phases/0.mlir", "bb"), "");
  EXPECT_EQ(folder.error("phases/0.mlir", "aa"), "");
  EXPECT_EQ(folder.error("phases/1.mlir", "bb"), "");
}

TEST(Compilation, ManifestRefusesHalfASet) {
  Folder folder;
  folder.write("false");
  for (const char *digest : {"", "aa", "bb"})
    EXPECT_NE(folder.error("sim", digest).find("parts of two compilations"),
              std::string::npos);
  EXPECT_NE(folder.error("phases/0.mlir", "aa"), "");
  EXPECT_EQ(folder.error("other", "aa"), "");
}
