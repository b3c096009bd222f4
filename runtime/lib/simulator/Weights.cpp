//===- Weights.cpp - The weights of one simulator ---------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/Weights.h"

#include <atomic>
#include <mutex>

using namespace snn::rt;

Weights::Weights(const std::string &path)
    : archive(path), lock(std::make_shared<std::mutex>()) {
  static std::atomic<uint64_t> last{0};
  number = ++last;
  archive.populate();
}

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

namespace {
/// What a call of the program found the last time.
template <typename Value> struct Found {
  uint64_t owner; ///< no number of Weights: nothing
  const char *key;
  int64_t group;
  const Value *value;
};
} // namespace

/// `find()` for a literal, whose address is its name: a program asks for the
/// same few with every sample.
template <typename Value, typename Find>
static const Value &recall(uint64_t owner, const char *key, int64_t group,
                           Find find) {
  constexpr size_t size = 1024;
  thread_local Found<Value> table[size] = {};
  size_t at = (reinterpret_cast<uintptr_t>(key) ^
               reinterpret_cast<uintptr_t>(key) >> 10) %
              size;
  Found<Value> &found = table[at];
  if (found.owner != owner || found.key != key || found.group != group)
    found = {owner, key, group, &find()};
  return *found.value;
}

const Tensor &Weights::tensor(const char *key) const {
  return recall<Tensor>(number, key, 0, [&]() -> const Tensor & {
    return tensor(std::string(key));
  });
}

const LinearWeights &Weights::matrix(const char *key) const {
  return recall<LinearWeights>(number, key, 0, [&]() -> const LinearWeights & {
    return matrix(std::string(key));
  });
}

const ConvolutionWeights &Weights::filters(const char *key,
                                           int64_t group) const {
  return recall<ConvolutionWeights>(number, key, group,
                                    [&]() -> const ConvolutionWeights & {
                                      return filters(std::string(key), group);
                                    });
}
