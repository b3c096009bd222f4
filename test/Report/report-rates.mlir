// Rates from a simulator's counts and from a run on inputs.
//
// RUN: rm -rf %t && mkdir -p %t
// RUN: snn-opt %s --spike-to-xbar=chip=%S/Inputs/hand.yaml --xbar-tile --xbar-place=max-replicas=1 --xbar-schedule \
// RUN:   -o %t/mapped.mlir
// RUN: echo '{"schema_version": 1, "samples": 2, "sites": {"s": {"neurons": 16, "all_neurons": 32, "all_spikes": 8, "max_level": 3, "mask": 1, "radius": 0, "slots": [2, 1, 0, 5]}}}' > %t/stats.json
// RUN: snn-opt %t/mapped.mlir --xbar-report-energy="stats=%t/stats.json output=%t/measured.json" -o /dev/null
// RUN: %python %S/Inputs/print_rates.py %t/measured.json | FileCheck %s --check-prefix=MEASURED
// RUN: echo '{"schema_version": 1, "samples": 2, "layers": [{"node": "a", "conversions": 20}], "sites": {"s": {"neurons": 16, "all_neurons": 32, "all_spikes": 8, "max_level": 3, "mask": 1, "radius": 0, "slots": [2, 1, 0, 5]}}}' > %t/chip.json
// RUN: snn-opt %t/mapped.mlir --xbar-report-energy="stats=%t/chip.json output=%t/counted.json" -o /dev/null
// RUN: %python %S/Inputs/print_rates.py %t/counted.json | FileCheck %s --check-prefix=COUNTED
// RUN: sed 's/"node": "a"/"node": "b"/' %t/chip.json > %t/other.json
// RUN: not snn-opt %t/mapped.mlir --xbar-report-energy=stats=%t/other.json 2>&1 | FileCheck %s --check-prefix=OTHER
// RUN: %python -c "import numpy; numpy.savez('%t/x.npz', x=numpy.array([[[0, -0.25, 0, 0], [0.5, 0, 0.25, 0]]], 'f'))"
// RUN: snn-opt %t/mapped.mlir --xbar-report-energy="inputs=%t/x.npz output=%t/calibrated.json" -o /dev/null
// RUN: %python %S/Inputs/print_rates.py %t/calibrated.json | FileCheck %s --check-prefix=CALIBRATED
// RUN: snn-opt %t/mapped.mlir --xbar-report-energy="inputs=%t/x.npz assume=rate.s=0.5 output=%t/assumed.json" -o /dev/null
// RUN: %python %S/Inputs/print_rates.py %t/assumed.json | FileCheck %s --check-prefix=ASSUMED
//
// Mask 1: digits -1, 1, 2 in two's complement of 3 bits. Of 16 kept neurons two have
// level 3 (digit 2), one level 2 (digit 1), five level 0 (digit -1: all bits); all
// tokens fire half as often. 2 vectors x 3 passes x 2 columns = 12 conversions, if a
// row is active: 1 - (1 - q)^4.
// MEASURED: s measured 0.25 [0.1875, 0.21875, 0.15625]
// MEASURED-NEXT: conversions 6.739
// COUNTED: s measured 0.25 [0.1875, 0.21875, 0.15625]
// COUNTED-NEXT: conversions 10.000
// OTHER: error: the statistics have a layer that the network does not have
//
// Digits 0 -1 0 0 and 2 0 1 0: all passes of the first row group, two of the second's.
// CALIBRATED: s calibration 0.375 [0.25, 0.25, 0.125]
// CALIBRATED-NEXT: conversions 10.000
// ASSUMED: s assumed 0.5 [0.25, 0.25, 0.25]
// ASSUMED-NEXT: conversions 12.000

!s = !spike.ttfs<bits = 2, zero = 1, mask = 1, scale = 0.25>

module {
func.func @main(%x: tensor<1x2x4xf32> {onnx.name = "x"}) -> tensor<1x2x2xi32> {
  %0 = spike.encode %x "s" kind activation : tensor<1x2x4xf32> -> tensor<1x2x4x!s>
  %1 = spike.linear %0 {weight = dense<1> : tensor<4x2xi8>} : tensor<1x2x4x!s> -> tensor<1x2x2xi32> loc("a")
  return %1 : tensor<1x2x2xi32>
}
}
