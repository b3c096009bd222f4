//===- VirtualChip.h - Runs programming images ------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Executes the program of an image, and knows nothing else: crossbar layers
// from conductances and ADC codes, products of the attention engines event by
// event, firing on a descending staircase, everything else with the runtime's
// kernels. With ideal devices it gives the simulator's bits.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_VCHIP_VIRTUALCHIP_H
#define SNN_VCHIP_VIRTUALCHIP_H

#include "snn/image/Image.h"
#include "snn/runtime/Samples.h"
#include "snn/vchip/ChipStatistics.h"

#include <functional>
#include <memory>
#include <optional>

namespace snn::vchip {

/// What a chip's description says about its devices.
NoiseModel noiseOf(const image::pb::ChipSection &chip);

class VirtualChip {
public:
  /// Programs the crossbars of all layers. The image must outlive the chip.
  /// Throws rt::Error that names the layer or kernel that it cannot run.
  VirtualChip(const image::Image &image, const NoiseModel &noise,
              DriveKind drive = DriveKind::BitSerial);
  ~VirtualChip();

  /// Runs the program once, on zeros and with zeros for the sums of crossbars:
  /// what kernels and engines make of their operands must have the types and
  /// shapes that the program declares. Throws rt::Error that names the first
  /// instruction that does not.
  static void rehearse(const image::Image &image);

  /// Programs the layers once more with other devices. Their sums are computed
  /// beside those of the run, on the same inputs, and counted. What drifts is
  /// the state of the cells: a probe is read without the noise that is drawn
  /// anew in every conversion, and is compared with the run's devices read so.
  void addProbe(const NoiseModel &noise);

  /// The network's inputs and outputs for one sample; a symbolic batch is 1.
  const std::vector<rt::Port> &inputs() const { return inputPorts; }
  const std::vector<rt::Port> &outputs() const { return outputPorts; }

  /// Called with every instruction and its results.
  using Observer = std::function<void(const image::pb::Instruction &,
                                      const std::vector<rt::Tensor> &)>;

  /// Runs sample number `sample` of the whole run. Thread-safe.
  void run(const rt::TensorList &inputs, const rt::TensorOutputs &outputs,
           uint64_t sample, ChipStatistics &statistics,
           const Observer &observer = nullptr) const;

  size_t probes() const { return probeDevices.size(); }
  const image::Image &image() const { return program; }

  /// Replaces the seeds of stochastic neurons and attention that the image has.
  void setSeed(std::optional<uint64_t> seed) { drawSeed = seed; }

private:
  struct Layers;
  using Values = std::vector<rt::Tensor>;
  VirtualChip(const image::Image &image, const NoiseModel &noise,
              DriveKind drive, bool withDevices);
  void rehearseLayer(const image::pb::Instruction &instruction,
                     Values &values) const;
  void execute(const image::pb::Instruction &instruction, Values &values,
               uint64_t sample, ChipStatistics &statistics) const;
  void callKernel(const image::pb::Instruction &instruction, Values &values,
                  ChipStatistics &statistics) const;
  /// Neurons and attention of binary trains.
  void runSpiking(const image::pb::Instruction &instruction, Values &values,
                  uint64_t sample, ChipStatistics &statistics) const;

  const image::Image &program;
  DriveKind drive;
  std::optional<uint64_t> drawSeed;
  std::vector<rt::Port> inputPorts, outputPorts;
  NoiseModel runNoise;
  std::unique_ptr<Layers> devices; ///< null while rehearsing
  /// What probes are compared with; null: the run's own sums.
  std::unique_ptr<Layers> reference;
  std::vector<std::unique_ptr<Layers>> probeDevices;
  /// Per requantiser.
  std::vector<rt::Tensor> thresholds;
  std::vector<rt::Tensor> constants;
  /// Per instruction: values that nothing reads afterwards.
  std::vector<std::vector<size_t>> finished;
};

} // namespace snn::vchip

#endif // SNN_VCHIP_VIRTUALCHIP_H
