//===- Fields.h - The fields of a chip description --------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one list of keys. YAML, attribute, fingerprint and report visit it: a
// visitor is called with each key and member of a struct, and with a rule where
// there is more to say: which values the key takes, and what it is where a
// description leaves it out. A new constant is a member in Chip.h and a line
// here; with a default, no description needs to change.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_CHIP_FIELDS_H
#define SNN_CHIP_FIELDS_H

#include "snn/Chip/Chip.h"

#include <limits>

namespace snn::chip {

/// What `from` says of a value that no description gives.
constexpr char defaultOrigin[] = "default";

/// The values that a key takes, and its default. Built by chained calls:
/// Rule().above(0).orElse(8, "why 8").
struct Rule {
  double least = 0;
  bool isLeastExcluded = false;
  double most = std::numeric_limits<double>::infinity();
  std::optional<double> fallback;
  std::string reason;            ///< the source of the fallback
  std::optional<CoreKind> owner; ///< only chips of this kind have the part...
  std::string absence;           ///< ...others have 0, for this reason
  Status absenceStatus = Status::Reconstructed;
  std::vector<llvm::StringRef> models; ///< names that a nonideality takes

  Rule atLeast(double value) {
    least = value;
    return *this;
  }
  Rule above(double value) {
    least = value;
    isLeastExcluded = true;
    return *this;
  }
  Rule atMost(double value) {
    most = value;
    return *this;
  }
  Rule orElse(double value, std::string why) {
    fallback = value;
    reason = std::move(why);
    return *this;
  }
  /// A fraction of another key, which precedes this one.
  Rule orElse(const Constant &other, const char *key, unsigned divisor = 1) {
    return orElse(other.value / divisor,
                  std::string("as ") + key +
                      (divisor > 1 ? " / " + std::to_string(divisor) : ""));
  }
  Rule modelledBy(std::vector<llvm::StringRef> names) {
    models = std::move(names);
    return *this;
  }
};

/// Larger numbers of parts are of no chip, and what is made of them fits no
/// memory.
constexpr double largestCount = 1 << 24, largestSide = 1 << 16,
                 mostCores = 1 << 16, mostCrossbars = 1 << 22,
                 largestDriveBits = 8; // a level

/// Of a number of parts, at least one.
inline Rule countUpTo(double most) { return Rule().atLeast(1).atMost(most); }

/// Of parts that a digital chip does not have.
inline Rule ofCrossbars() {
  Rule rule;
  rule.owner = CoreKind::Crossbar;
  rule.absence = "no crossbars";
  rule.absenceStatus = Status::Published;
  return rule;
}
/// Of parts that a chip of crossbars does not have.
inline Rule ofDigitalCores(const char *absence) {
  Rule rule;
  rule.owner = CoreKind::Digital;
  rule.absence = absence;
  return rule;
}

template <typename V> void visitFields(V &&visit, Device &x) {
  visit("kind", x.kind);
  visit("cell_levels", x.cellLevels, Rule().atLeast(2).atMost(largestCount));
  visit("g_on_us", x.gOnUs);
  visit("g_off_us", x.gOffUs);
}

template <typename V> void visitFields(V &&visit, Crossbar &x) {
  visit("rows", x.rows, countUpTo(largestSide));
  visit("cols", x.columns, countUpTo(largestSide));
  visit("encoding", x.encoding);
  visit("active_rows", x.activeRows, countUpTo(largestCount));
  visit("drive_bits", x.driveBits, countUpTo(largestDriveBits));
  visit("count_slots", x.countSlots,
        Rule().atMost(1).orElse(0, "counts drive their bits"));
  visit("adc_bits", x.adcBits, countUpTo(24));
  visit("n_adc", x.adcsPerCrossbar, countUpTo(largestCount));
  visit("adc_policy", x.adcPolicy);
}

template <typename V> void visitFields(V &&visit, Core &x) {
  visit("kind", x.kind);
  visit("crossbars", x.crossbars, ofCrossbars());
  visit("buffer_kib", x.bufferKib);
  visit("weight_kib", x.weightKib, ofDigitalCores("weights lie in crossbars"));
  visit("processing_elements", x.processingElements);
  visit("minimum_fetch_bits", x.minimumFetchBits);
}

template <typename V> void visitFields(V &&visit, Engine &x) {
  visit("kind", x.kind);
  visit("count", x.count, countUpTo(largestCount));
  visit("processing_elements", x.processingElements, countUpTo(largestCount));
  visit("kv_bits_per_element", x.kvBitsPerElement, countUpTo(largestCount));
  visit("broadcast_width", x.broadcastWidth, countUpTo(largestCount));
  visit("minimum_fetch_bits", x.minimumFetchBits);
}

template <typename V> void visitFields(V &&visit, DigitalUnit &x) {
  visit("lanes", x.lanes, countUpTo(largestCount));
  visit("clock_mhz", x.clockMhz, Rule().above(0));
  visit("macs_per_exponential", x.macsPerExponential,
        Rule().orElse(8, "polynomial of degree 6 and scaling"));
}

template <typename V> void visitFields(V &&visit, Energy &x) {
  visit("movement_pj_per_bit_hop", x.movementPjPerBitHop);
  visit("hops", x.hops);
  visit("weight_pj_per_bit", x.weightPjPerBit);
  visit("accumulate_pj", x.accumulatePj);
  visit("compare_pj", x.comparePj,
        Rule().orElse(x.accumulatePj, "accumulate_pj"));
  visit("adc_pj", x.adcPj, ofCrossbars());
  visit("control_pj", x.controlPj, ofCrossbars());
  visit("cell_pj", x.cellPj, ofCrossbars());
  visit("word_line_pj", x.wordLinePj,
        ofCrossbars().orElse(0, "contained in control_pj"));
  visit("partial_sum_pj", x.partialSumPj,
        ofCrossbars().orElse(x.accumulatePj, "accumulate_pj"));
  visit("neuron_pj", x.neuronPj,
        Rule().orElse(0.15, "SNNC's estimate of a LIF update"));
  visit("spike_pj", x.spikePj, Rule().orElse(0, "a spike costs its movement"));
  visit("rng_pj", x.rngPj,
        Rule().orElse(0.01, "SNNC's estimate of an LFSR step"));
  visit("membrane_pj_per_bit", x.membranePjPerBit,
        Rule().orElse(x.weightPjPerBit, "weight_pj_per_bit"));
  visit("attention_pj_per_bit", x.attentionPjPerBit,
        Rule().orElse(x.weightPjPerBit, "weight_pj_per_bit"));
  visit("and_pj", x.andPj, Rule().orElse(x.accumulatePj, "accumulate_pj", 16));
  visit("counter_pj", x.counterPj,
        Rule().orElse(x.accumulatePj, "accumulate_pj"));
  visit("small_add_pj", x.smallAddPj,
        Rule().orElse(x.accumulatePj, "accumulate_pj", 16));
  visit("float_mac_pj", x.floatMacPj,
        Rule().orElse(4.6, "arXiv 2409.08290: fp32 multiply-add"));
  visit("integer_mac_pj", x.integerMacPj,
        Rule().orElse(
            0.23,
            "Horowitz, ISSCC 2014, 45 nm: 8-bit multiply 0.2 and add 0.03"));
  visit("digital_pj_per_bit", x.digitalPjPerBit,
        Rule().orElse(x.weightPjPerBit, "weight_pj_per_bit"));
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
  visit("adc_ns", x.adcNs, ofCrossbars());
  visit("settle_ns", x.settleNs, ofCrossbars());
  visit("core_clock_mhz", x.coreClockMhz, Rule().above(0));
  visit("engine_clock_mhz", x.engineClockMhz,
        Rule().above(0).orElse(x.coreClockMhz, "core_clock_mhz"));
  visit("hop_ns", x.hopNs);
  visit("program_ns_per_row", x.programNsPerRow);
}

template <typename V> void visitFields(V &&visit, Area &x) {
  visit("cell_um2", x.cellUm2, ofCrossbars());
  visit("adc_um2", x.adcUm2, ofCrossbars());
  visit("crossbar_periphery_um2", x.crossbarPeripheryUm2, ofCrossbars());
  visit("core_periphery_um2", x.corePeripheryUm2);
  visit("memory_um2_per_bit", x.memoryUm2PerBit);
  visit("element_um2", x.elementUm2);
  visit("lane_um2", x.laneUm2);
}

template <typename V> void visitFields(V &&visit, Leakage &x) {
  visit("crossbar_uw", x.crossbarUw, ofCrossbars());
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
  visit("programming_noise", x.programmingNoise,
        Rule().modelledBy({"pcm", "gaussian"}));
  visit("read_noise", x.readNoise,
        Rule().modelledBy({"gaussian", "proportional"}));
  visit("output_noise", x.outputNoise, Rule().modelledBy({"gaussian"}));
  visit("flicker_noise", x.flickerNoise, Rule().modelledBy({"pcm"}));
  visit("drift", x.drift, Rule().modelledBy({"pcm"}));
  visit("variation", x.variation, Rule().modelledBy({"lognormal"}));
  visit("stuck_on", x.stuckOn, Rule().modelledBy({"fraction"}));
  visit("stuck_off", x.stuckOff, Rule().modelledBy({"fraction"}));
  visit("ir_drop", x.irDrop, Rule().modelledBy({"fast", "exact"}));
  visit("adc_offset", x.adcOffset, Rule().modelledBy({"gaussian"}));
  visit("global_drift_compensation", x.globalDriftCompensation,
        Rule().orElse(0, "off"));
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
  visit("cores", x.cores, countUpTo(mostCores));
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
#define ENGINE(Enumerator, Name, Coding, Help)                                 \
  visit(Name, EngineKind::Enumerator);
  SNN_ATTENTION_ENGINES(ENGINE)
#undef ENGINE
}

/// The shortest decimal of a number.
std::string formatNumber(double value);

/// The values that a key takes: "a whole number of at least 1".
std::string describeRange(const Rule &rule, bool isWhole);

/// The first thing that is wrong with a value; empty for none.
std::string checkRange(llvm::StringRef key, double value, const Rule &rule);

/// The first thing that is wrong with a part of a chip, single values aside;
/// empty for none.
std::string check(const Device &device);
std::string check(const Crossbar &crossbar);
std::string check(const Core &core);
std::string check(const Nonidealities &nonidealities);
std::string check(const Chip &chip);

} // namespace snn::chip

#endif // SNN_CHIP_FIELDS_H
