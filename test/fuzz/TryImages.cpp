//===- TryImages.cpp - Verifies and runs images, one after another --------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// snn-try-images < LIST: every line of LIST names an image. Prints a line an
// image, before the next one is read: its name, a tab, and
//
//   refused MESSAGE   reading or verifying it failed
//   failed MESSAGE    it was verified, and did not run
//   ran HASH          of its results and counters, on fixed inputs
//
// Images run with ideal devices in both drives, and with every device effect,
// whose results are not hashed. Needs no LLVM, so that the sanitizers build it
// in minutes; test/fuzz/image_mutants.py is what makes the images.
//
//===----------------------------------------------------------------------===//

#include "snn/image/Verify.h"
#include "snn/vchip/VirtualChip.h"

#include <cstdio>
#include <cstring>
#include <iostream>
#include <random>

using namespace snn;
using namespace snn::vchip;

namespace {

/// FNV-1a.
class Hash {
public:
  void add(const void *data, size_t size) {
    auto *bytes = static_cast<const unsigned char *>(data);
    for (size_t i = 0; i < size; ++i)
      value = (value ^ bytes[i]) * 1099511628211u;
  }
  void add(int64_t number) { add(&number, sizeof number); }
  uint64_t value = 14695981039346656037u;
};

/// Reals around 0, and small indices.
void fill(rt::Tensor &tensor, std::mt19937 &random) {
  std::uniform_real_distribution<float> reals(-2, 2);
  auto *bytes = static_cast<char *>(tensor.raw());
  size_t width = rt::byteWidth(tensor.dtype());
  for (int64_t i = 0; i < tensor.size(); ++i) {
    if (tensor.dtype() == rt::DType::F32) {
      tensor.data<float>()[i] = reals(random);
      continue;
    }
    std::memset(bytes + static_cast<size_t>(i) * width, 0, width);
    bytes[static_cast<size_t>(i) * width] = static_cast<char>(random() % 2);
  }
}

void run(const image::Image &image, const NoiseModel &noise, DriveKind drive,
         Hash *hash) {
  VirtualChip chip(image, noise, drive);
  std::mt19937 random(1);
  for (uint64_t sample = 0; sample < 2; ++sample) {
    std::vector<rt::Tensor> in, out(chip.outputs().size());
    for (const rt::Port &port : chip.inputs()) {
      in.emplace_back(port.dtype, port.shape);
      fill(in.back(), random);
    }
    rt::TensorList inputs;
    rt::TensorOutputs outputs;
    for (const rt::Tensor &tensor : in)
      inputs.push_back(&tensor);
    for (rt::Tensor &tensor : out)
      outputs.push_back(&tensor);
    ChipStatistics statistics(image);
    chip.run(inputs, outputs, sample, statistics);
    if (!hash)
      continue;
    for (const rt::Tensor &tensor : out)
      hash->add(tensor.raw(), tensor.bytes());
    for (const ProductCounters &product : statistics.products)
      hash->add(product.accumulations);
  }
}

std::string tryImage(const std::string &path) {
  std::unique_ptr<image::Image> image;
  try {
    image = std::make_unique<image::Image>(path);
    image::verify(*image);
    VirtualChip::rehearse(*image);
  } catch (const std::exception &e) {
    return std::string("refused ") + e.what();
  }
  try {
    Hash hash;
    run(*image, NoiseModel(), DriveKind::BitSerial, &hash);
    run(*image, NoiseModel(), DriveKind::SlotSerial, nullptr);
    NoiseModel noise = parseNoise(
        "programming,read,output,flicker,drift,variation,stuck_on,stuck_off,"
        "ir_drop,adc_offset",
        noiseOf(image->chip()));
    noise.seconds = 3600;
    noise.compensate = true;
    checkNoise(noise);
    run(*image, noise, DriveKind::BitSerial, nullptr);
    char text[32];
    std::snprintf(text, sizeof text, "ran %016llx",
                  static_cast<unsigned long long>(hash.value));
    return text;
  } catch (const std::exception &e) {
    return std::string("failed ") + e.what();
  }
}

} // namespace

int main() {
  // Mutants must not take the machine's memory.
  rt::setMemoryLimit(uint64_t(1) << 30);
  std::string path;
  while (std::getline(std::cin, path)) {
    std::string result = tryImage(path);
    for (char &c : result)
      c = c == '\n' ? ' ' : c;
    std::cout << path << '\t' << result << std::endl;
  }
  return 0;
}
