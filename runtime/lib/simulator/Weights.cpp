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

const LinearWeights &Weights::matrix(const std::string &key) const {
  std::lock_guard<std::mutex> guard(*static_cast<std::mutex *>(lock.get()));
  std::unique_ptr<LinearWeights> &entry = matrices[key];
  if (!entry) {
    try {
      entry = std::make_unique<LinearWeights>(archive.get(key));
    } catch (const Error &e) {
      throw Error("weights '" + key + "': " + e.what());
    }
  }
  return *entry;
}
