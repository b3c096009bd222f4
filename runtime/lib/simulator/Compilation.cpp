//===- Compilation.cpp - Which compilation a file is of -------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/Compilation.h"
#include "snn/runtime/Tensor.h"

#include "data/Files.h"

#include <cstring>
#include <sys/stat.h>

using namespace snn::rt;
using namespace snn::rt::detail;

//===----------------------------------------------------------------------===//
// Hashes
//===----------------------------------------------------------------------===//

/// Spreads every bit of `x` over all (the finaliser of MurmurHash3).
static uint64_t mix(uint64_t x) {
  x = (x ^ x >> 33) * 0xff51afd7ed558ccdull;
  x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53ull;
  return x ^ x >> 33;
}

/// Eight bytes as a little-endian number.
static inline uint64_t readWord(const char *p) {
  uint64_t word;
  std::memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return word;
}

uint64_t snn::rt::contentHash(std::string_view bytes) {
  // Eight lanes that do not wait for each other, of the steps of XXH64. A step
  // can be undone, so that one changed word always changes the lane; and what
  // it leaves of a changed bit is no single bit, which the next word could
  // undo.
  constexpr int lanes = 8;
  constexpr uint64_t first = 0x9e3779b185ebca87ull,
                     second = 0xc2b2ae3d27d4eb4full;
  uint64_t state[lanes];
  for (int i = 0; i < lanes; ++i)
    state[i] = mix(first * static_cast<uint64_t>(i + 1));
  auto step = [&](const char *p) {
    for (int i = 0; i < lanes; ++i) {
      uint64_t x = state[i] + readWord(p + 8 * i) * second;
      state[i] = (x << 31 | x >> 33) * first;
    }
  };
  size_t at = 0;
  for (; bytes.size() - at >= 8 * lanes; at += 8 * lanes)
    step(bytes.data() + at);
  char rest[8 * lanes] = {};
  if (at < bytes.size())
    std::memcpy(rest, bytes.data() + at, bytes.size() - at);
  step(rest);
  uint64_t hash = mix(bytes.size());
  for (uint64_t lane : state)
    hash = mix(hash ^ lane);
  return hash;
}

std::string snn::rt::toHex(uint64_t hash) {
  std::string text(16, '0');
  for (size_t i = 16; i-- > 0; hash >>= 4)
    text[i] = "0123456789abcdef"[hash & 15];
  return text;
}

//===----------------------------------------------------------------------===//
// Manifests
//===----------------------------------------------------------------------===//

/// `path` as folder and name.
static std::pair<std::string, std::string> split(const std::string &path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos)
    return {".", path};
  return {slash ? path.substr(0, slash) : "/", path.substr(slash + 1)};
}

/// The manifest of `folder`; empty when there is none.
static std::string readManifest(const std::string &folder) {
  std::string path = folder + "/" + manifestName;
  struct stat status;
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
    return "";
  return readFile(path);
}

/// Holds the artefact `name` of `folder` against the manifest there, which snnc
/// wrote: a field a line. Whether the manifest lists it.
static bool checkListed(const std::string &folder, const std::string &name,
                        const std::string &digest) {
  std::string text = readManifest(folder);
  auto holds = [&](const std::string &line) {
    return text.find(line) != std::string::npos;
  };
  if (!holds("\n    \"" + name + "\": "))
    return false;
  if (!holds("\n  \"complete\": true,"))
    throw Error("'" + folder + "' holds parts of two compilations, as '" +
                folder + "/" + manifestName +
                "' says: one is taking the other's place, or was interrupted "
                "while it did; compile again");
  const std::string key = "\n  \"digest\": \"";
  size_t at = text.find(key);
  std::string listed;
  if (at != std::string::npos) {
    at += key.size();
    listed = text.substr(at, text.find('"', at) - at);
  }
  if (!digest.empty() && digest != listed)
    throw Error("'" + folder + "/" + name + "' is of compilation " + digest +
                ", '" + folder + "/" + manifestName + "' of " + listed +
                ": they do not belong together");
  return true;
}

void snn::rt::checkArtefact(const std::string &path,
                            const std::string &digest) {
  auto [folder, name] = split(path);
  if (checkListed(folder, name, digest))
    return;
  auto [around, inner] = split(folder);
  if (inner != "." && inner != "..")
    checkListed(around, inner + "/" + name, digest);
}
