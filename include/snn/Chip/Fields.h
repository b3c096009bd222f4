//===- Fields.h - The fields of a chip description --------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one list of keys. YAML, attribute and fingerprint visit it: a visitor is
// called with each key and member of a struct.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_CHIP_FIELDS_H
#define SNN_CHIP_FIELDS_H

#include "snn/Chip/Chip.h"

namespace snn::chip {

template <typename V> void visitFields(V &&visit, Device &x) {
  visit("kind", x.kind);
  visit("cell_levels", x.cellLevels);
  visit("g_on_us", x.gOnUs);
  visit("g_off_us", x.gOffUs);
}

template <typename V> void visitFields(V &&visit, Crossbar &x) {
  visit("rows", x.rows);
  visit("cols", x.columns);
  visit("encoding", x.encoding);
  visit("active_rows", x.activeRows);
  visit("drive_bits", x.driveBits);
  visit("adc_bits", x.adcBits);
  visit("n_adc", x.adcsPerCrossbar);
  visit("adc_policy", x.adcPolicy);
}

template <typename V> void visitFields(V &&visit, Core &x) {
  visit("kind", x.kind);
  visit("crossbars", x.crossbars);
  visit("buffer_kib", x.bufferKib);
  visit("weight_kib", x.weightKib);
  visit("processing_elements", x.processingElements);
  visit("minimum_fetch_bits", x.minimumFetchBits);
}

template <typename V> void visitFields(V &&visit, Engine &x) {
  visit("kind", x.kind);
  visit("count", x.count);
  visit("processing_elements", x.processingElements);
  visit("kv_bits_per_element", x.kvBitsPerElement);
  visit("broadcast_width", x.broadcastWidth);
  visit("minimum_fetch_bits", x.minimumFetchBits);
}

template <typename V> void visitFields(V &&visit, DigitalUnit &x) {
  visit("lanes", x.lanes);
  visit("clock_mhz", x.clockMhz);
  visit("macs_per_exponential", x.macsPerExponential);
}

template <typename V> void visitFields(V &&visit, Energy &x) {
  visit("movement_pj_per_bit_hop", x.movementPjPerBitHop);
  visit("hops", x.hops);
  visit("weight_pj_per_bit", x.weightPjPerBit);
  visit("accumulate_pj", x.accumulatePj);
  visit("compare_pj", x.comparePj);
  visit("adc_pj", x.adcPj);
  visit("control_pj", x.controlPj);
  visit("cell_pj", x.cellPj);
  visit("word_line_pj", x.wordLinePj);
  visit("partial_sum_pj", x.partialSumPj);
  visit("neuron_pj", x.neuronPj);
  visit("spike_pj", x.spikePj);
  visit("rng_pj", x.rngPj);
  visit("membrane_pj_per_bit", x.membranePjPerBit);
  visit("attention_pj_per_bit", x.attentionPjPerBit);
  visit("and_pj", x.andPj);
  visit("counter_pj", x.counterPj);
  visit("small_add_pj", x.smallAddPj);
  visit("float_mac_pj", x.floatMacPj);
  visit("integer_mac_pj", x.integerMacPj);
  visit("digital_pj_per_bit", x.digitalPjPerBit);
  visit("program_pj_per_cell", x.programPjPerCell);
}

template <typename V> void visitFields(V &&visit, Primitives &x) {
  visit("add_pj", x.addPj);
  visit("compare_pj", x.comparePj);
  visit("shift_pj", x.shiftPj);
  visit("multiply_pj", x.multiplyPj);
  visit("random_bit_pj", x.randomBitPj);
  visit("sram_pj_per_bit", x.sramPjPerBit);
  visit("movement_pj_per_bit_hop", x.movementPjPerBitHop);
}

template <typename V> void visitFields(V &&visit, Timing &x) {
  visit("adc_ns", x.adcNs);
  visit("settle_ns", x.settleNs);
  visit("core_clock_mhz", x.coreClockMhz);
  visit("engine_clock_mhz", x.engineClockMhz);
  visit("hop_ns", x.hopNs);
  visit("program_ns_per_row", x.programNsPerRow);
}

template <typename V> void visitFields(V &&visit, Area &x) {
  visit("cell_um2", x.cellUm2);
  visit("adc_um2", x.adcUm2);
  visit("crossbar_periphery_um2", x.crossbarPeripheryUm2);
  visit("core_periphery_um2", x.corePeripheryUm2);
  visit("memory_um2_per_bit", x.memoryUm2PerBit);
  visit("element_um2", x.elementUm2);
  visit("lane_um2", x.laneUm2);
}

template <typename V> void visitFields(V &&visit, Leakage &x) {
  visit("crossbar_uw", x.crossbarUw);
  visit("core_uw", x.coreUw);
  visit("element_uw", x.elementUw);
  visit("lane_uw", x.laneUw);
}

template <typename V> void visitFields(V &&visit, Nonideality &x) {
  visit("enable", x.enable);
  visit("model", x.model);
  visit("magnitude", x.magnitude);
  visit("source", x.source);
  visit("status", x.status);
}

template <typename V> void visitFields(V &&visit, Nonidealities &x) {
  visit("programming_noise", x.programmingNoise);
  visit("read_noise", x.readNoise);
  visit("output_noise", x.outputNoise);
  visit("flicker_noise", x.flickerNoise);
  visit("drift", x.drift);
  visit("variation", x.variation);
  visit("stuck_on", x.stuckOn);
  visit("stuck_off", x.stuckOff);
  visit("ir_drop", x.irDrop);
  visit("adc_offset", x.adcOffset);
  visit("global_drift_compensation", x.globalDriftCompensation);
}

template <typename V> void visitFields(V &&visit, Published &x) {
  visit("quantity", x.quantity);
  visit("conditions", x.conditions);
  visit("value", x.value);
  visit("source", x.source);
}

template <typename V> void visitFields(V &&visit, Chip &x) {
  visit("name", x.name);
  visit("description", x.description);
  visit("technology_nm", x.technologyNm);
  visit("cores", x.cores);
  visit("core", x.core);
  // A digital chip has none of these.
  if (x.hasCrossbars()) {
    visit("crossbar", x.crossbar);
    visit("device", x.device);
  }
  visit("engines", x.engines);
  visit("digital_unit", x.digital);
  visit("accounting", x.accounting);
  visit("energy", x.energy);
  visit("primitives", x.primitives);
  visit("timing", x.timing);
  visit("area", x.area);
  visit("leakage", x.leakage);
  if (x.hasCrossbars())
    visit("nonidealities", x.nonidealities);
  visit("published", x.published);
}

/// Visits the names of an enumeration: visit("reram", DeviceKind::ReRam).
template <typename V> void visitNames(V &&visit, Status) {
  visit("published", Status::Published);
  visit("reconstructed", Status::Reconstructed);
}
template <typename V> void visitNames(V &&visit, DeviceKind) {
  visit("reram", DeviceKind::ReRam);
  visit("pcm", DeviceKind::Pcm);
  visit("sram", DeviceKind::Sram);
}
template <typename V> void visitNames(V &&visit, WeightEncoding) {
  visit("differential", WeightEncoding::Differential);
  visit("flip", WeightEncoding::Flip);
}
template <typename V> void visitNames(V &&visit, AdcPolicy) {
  visit("lossless", AdcPolicy::Lossless);
  visit("calibrated", AdcPolicy::Calibrated);
}
template <typename V> void visitNames(V &&visit, CoreKind) {
  visit("crossbar", CoreKind::Crossbar);
  visit("digital", CoreKind::Digital);
}
template <typename V> void visitNames(V &&visit, Accounting) {
  visit("events", Accounting::Events);
  visit("firing_rate", Accounting::FiringRate);
}
template <typename V> void visitNames(V &&visit, EngineKind) {
#define ENGINE(Enumerator, Name, Help) visit(Name, EngineKind::Enumerator);
  SNN_ATTENTION_ENGINES(ENGINE)
#undef ENGINE
}

/// The first thing that is wrong with a part of a chip; empty for none.
std::string check(const Device &device);
std::string check(const Crossbar &crossbar);
std::string check(const Core &core);
std::string check(const Engine &engine);
std::string check(const DigitalUnit &digital);
std::string check(const Timing &timing);
std::string check(const Nonidealities &nonidealities);
std::string check(const Chip &chip);

} // namespace snn::chip

#endif // SNN_CHIP_FIELDS_H
