//===- FuzzImage.cpp - Images are verified and run ----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FuzzSupport.h"
#include "snn/image/Container.h"
#include "snn/image/Image.h"
#include "snn/runtime/DataFile.h"
#include "snn/runtime/FileOutput.h"
#include "snn/vchip/Runner.h"

#include "snn/image/image.pb.h"

using namespace snn;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string path = fuzz::writeInput(data, size, ".snnimg");
  try {
    image::Image image(path);
    // What is accepted runs, on one sample of zeros.
    rt::NamedArrays arrays;
    for (const image::pb::Port &port : image.interface().inputs()) {
      rt::Shape shape(port.shape().begin(), port.shape().end());
      int64_t count = 1;
      for (int64_t dim : shape)
        if (dim < 0 || dim > 4096 || (count *= dim) > 1 << 20)
          return 0; // more than a fuzzer has time for
      rt::Tensor zeros(image::toDType(port.type()), shape);
      std::fill_n(static_cast<char *>(zeros.raw()), zeros.bytes(), 0);
      arrays.emplace_back(port.name(), zeros);
    }
    vchip::RunRequest request;
    request.image = path;
    request.noise = "ideal";
    request.threads = 1;
    std::string inputs = path + ".npz";
    rt::writeFile(inputs, rt::formatArrays(inputs, arrays));
    vchip::runImage(request, {inputs});
  } catch (const rt::Error &) {
  }
  return 0;
}

/// Changes the message of one section and computes the checksums again.
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maxSize,
                               unsigned seed) {
  std::mt19937 random(seed);
  try {
    image::Container container(
        "mutant", std::string(reinterpret_cast<char *>(data), size));
    image::Contents contents;
    const std::pair<const char *, google::protobuf::Message *> messages[] = {
        {image::section::chip, &contents.chip},
        {image::section::interface, &contents.interface},
        {image::section::layers, &contents.layers},
        {image::section::requantisers, &contents.requantisers},
        {image::section::engines, &contents.engines},
        {image::section::program, &contents.program},
        {image::section::constants, &contents.constants},
        {image::section::routing, &contents.routing},
        {image::section::statistics, &contents.statistics}};
    for (const auto &[name, message] : messages)
      if (!message->ParseFromString(std::string(container.bytes(name))))
        return LLVMFuzzerMutate(data, size, maxSize);
    fuzz::mutate(*messages[random() % std::size(messages)].second, random);
    std::string bytes =
        image::makeContainer(
            contents,
            std::string(container.bytes(image::section::conductances)),
            std::string(container.bytes(image::section::data)))
            .finish();
    if (bytes.size() > maxSize)
      return size;
    std::copy(bytes.begin(), bytes.end(), data);
    return bytes.size();
  } catch (const rt::Error &) {
    return LLVMFuzzerMutate(data, size, maxSize);
  }
}
