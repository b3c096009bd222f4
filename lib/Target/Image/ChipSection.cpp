//===- ChipSection.cpp - The chip of an image -----------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Target/Image/ChipSection.h"

#include <google/protobuf/util/message_differencer.h>

using namespace snn;
using namespace snn::image;

static pb::Device::Kind toMessage(chip::DeviceKind kind) {
  switch (kind) {
  case chip::DeviceKind::ReRam:
    return pb::Device::RERAM;
  case chip::DeviceKind::Pcm:
    return pb::Device::PCM;
  case chip::DeviceKind::Sram:
    return pb::Device::SRAM;
  }
  return pb::Device::RERAM;
}

static void addNonidealities(const chip::Nonidealities &from,
                             pb::ChipSection &to) {
  auto add = [&](const char *name, const chip::Nonideality &effect) {
    pb::Nonideality *message = to.add_nonidealities();
    message->set_name(name);
    message->set_enable(effect.enable);
    message->set_model(effect.model);
    message->set_magnitude(effect.magnitude);
  };
  add("programming_noise", from.programmingNoise);
  add("read_noise", from.readNoise);
  add("output_noise", from.outputNoise);
  add("flicker_noise", from.flickerNoise);
  add("drift", from.drift);
  add("variation", from.variation);
  add("stuck_on", from.stuckOn);
  add("stuck_off", from.stuckOff);
  add("ir_drop", from.irDrop);
  add("adc_offset", from.adcOffset);
  to.set_global_drift_compensation(from.globalDriftCompensation);
}

pb::ChipSection snn::makeChipSection(const chip::Chip &chip) {
  pb::ChipSection message;
  message.set_name(chip.name);
  message.set_fingerprint(chip::fingerprint(chip));
  pb::Device *device = message.mutable_device();
  device->set_kind(toMessage(chip.device.kind.value));
  device->set_cell_levels(chip.device.cellLevels);
  device->set_g_on_us(chip.device.gOnUs);
  device->set_g_off_us(chip.device.gOffUs);
  pb::Crossbar *crossbar = message.mutable_crossbar();
  crossbar->set_rows(chip.crossbar.rows);
  crossbar->set_columns(chip.crossbar.columns);
  crossbar->set_encoding(chip.crossbar.encoding.value ==
                                 chip::WeightEncoding::Differential
                             ? pb::Crossbar::DIFFERENTIAL
                             : pb::Crossbar::FLIP);
  crossbar->set_active_rows(chip.crossbar.activeRows);
  crossbar->set_drive_bits(chip.crossbar.driveBits);
  crossbar->set_count_slots(chip.crossbar.countSlots.value != 0);
  crossbar->set_adc_bits(chip.crossbar.adcBits);
  crossbar->set_adcs_per_crossbar(chip.crossbar.adcsPerCrossbar);
  crossbar->set_adc_policy(chip.crossbar.adcPolicy.value ==
                                   chip::AdcPolicy::Lossless
                               ? pb::Crossbar::LOSSLESS
                               : pb::Crossbar::CALIBRATED);
  message.set_crossbars_per_core(chip.core.crossbars);
  message.set_cores(chip.cores);
  for (const chip::Engine &engine : chip.engines) {
    pb::Engine *out = message.add_engines();
    out->set_kind(chip::toString(engine.kind.value).str());
    out->set_processing_elements(engine.processingElements);
    out->set_memory_bits(engine.kvBitsPerElement);
    out->set_broadcast_width(engine.broadcastWidth);
    out->set_count(engine.count);
  }
  addNonidealities(chip.nonidealities, message);
  message.set_yaml(chip::toYAML(chip));
  return message;
}

llvm::Error snn::verifyChipSection(const Image &image) {
  auto fail = [&](const llvm::Twine &what) {
    return llvm::createStringError(image.container().path() + ": section '" +
                                   section::chip + "' is malformed: " + what);
  };
  llvm::Expected<chip::Chip> chip =
      chip::parseChip(image.chip().yaml(), image.container().path());
  if (!chip)
    return fail("its description: " + llvm::toString(chip.takeError()));
  pb::ChipSection expected = makeChipSection(*chip);
  if (expected.fingerprint() != image.chip().fingerprint())
    return fail("its description has the fingerprint " +
                formatFingerprint(expected.fingerprint()) + ", it says " +
                formatFingerprint(image.chip().fingerprint()));
  // The text itself may be formatted otherwise.
  expected.set_yaml(image.chip().yaml());
  std::string difference;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&difference);
  if (differencer.Compare(expected, image.chip()))
    return llvm::Error::success();
  llvm::StringRef first = llvm::StringRef(difference).split('\n').first;
  return fail("it differs from its description: " + first);
}
