//===- FuzzImage.cpp - Images are verified and run ----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FuzzSupport.h"
#include "snn/image/Container.h"
#include "snn/image/Image.h"
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
    vchip::runImage(request, arrays);
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
    const auto &sections = container.sections();
    std::string chosen = sections[random() % sections.size()].name;
    image::pb::ChipSection chip;
    image::pb::InterfaceSection interface;
    image::pb::LayersSection layers;
    image::pb::RequantisersSection requantisers;
    image::pb::EnginesSection engines;
    image::pb::ProgramSection program;
    image::pb::ConstantsSection constants;
    image::pb::RoutingSection routing;
    const std::pair<const char *, google::protobuf::Message *> messages[] = {
        {image::section::chip, &chip},
        {image::section::interface, &interface},
        {image::section::layers, &layers},
        {image::section::requantisers, &requantisers},
        {image::section::engines, &engines},
        {image::section::program, &program},
        {image::section::constants, &constants},
        {image::section::routing, &routing}};
    image::ContainerWriter writer;
    for (const image::SectionInfo &section : sections) {
      std::string bytes(container.bytes(section.name));
      if (section.name == chosen)
        for (const auto &[name, message] : messages)
          if (chosen == name && message->ParseFromString(bytes)) {
            fuzz::mutate(*message, random);
            bytes = message->SerializeAsString();
          }
      writer.add(section.name, bytes);
    }
    std::string bytes = writer.finish();
    if (bytes.size() > maxSize)
      return size;
    std::copy(bytes.begin(), bytes.end(), data);
    return bytes.size();
  } catch (const rt::Error &) {
    return LLVMFuzzerMutate(data, size, maxSize);
  }
}
