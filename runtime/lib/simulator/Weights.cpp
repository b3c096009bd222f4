//===- Weights.cpp - The weights of one simulator ---------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/Weights.h"

#include <mutex>

using namespace snn::rt;

Weights::Weights(const std::string &path)
    : archive(path), lock(std::make_shared<std::mutex>()) {}

const Tensor &Weights::tensor(const std::string &key) const {
  return archive.get(key);
}

/// The entry of a table, made by `make` where it is missing. `key` names the
/// tensor in messages.
template <typename Table, typename Key, typename Make>
static const auto &findOrMake(Table &table, const Key &at,
                              const std::string &key, Make make) {
  auto &entry = table[at];
  if (!entry) {
    try {
      entry = make();
    } catch (const Error &e) {
      throw Error("weights '" + key + "': " + e.what());
    }
  }
  return *entry;
}

const LinearWeights &Weights::matrix(const std::string &key) const {
  std::lock_guard<std::mutex> guard(*static_cast<std::mutex *>(lock.get()));
  return findOrMake(matrices, key, key, [&] {
    return std::make_unique<LinearWeights>(archive.get(key));
  });
}

const ConvolutionWeights &Weights::filters(const std::string &key,
                                           int64_t group) const {
  std::lock_guard<std::mutex> guard(*static_cast<std::mutex *>(lock.get()));
  return findOrMake(convolutions, std::pair(key, group), key, [&] {
    return std::make_unique<ConvolutionWeights>(archive.get(key), group);
  });
}

const Tensor &Weights::tensor(const char *key) const {
  return tensor(std::string(key));
}

const LinearWeights &Weights::matrix(const char *key) const {
  return matrix(std::string(key));
}

const ConvolutionWeights &Weights::filters(const char *key,
                                           int64_t group) const {
  return filters(std::string(key), group);
}
