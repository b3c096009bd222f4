// What the chip's description says of compensation counts; what has no effect is refused.
//
// RUN: rm -rf %t && mkdir -p %t
// RUN: snn-opt %s --spike-to-xbar=chip=xpikeformer-pcm --xbar-tile=adc-policy=lossless --xbar-place --xbar-schedule \
// RUN:   --snn-write-image=output=%t/a.snnimg -o /dev/null
// RUN: %python -c "import numpy as np; np.savez('%t/x.npz', arg0=np.random.default_rng(1).normal(0, 1, (50, 16)).astype('f4'))"
//
// RUN: snn-run %t/a.snnimg --input %t/x.npz --noise drift --time 1e6 --output %t/said.npz --stats %t/said.json
// RUN: snn-run %t/a.snnimg --input %t/x.npz --noise drift --time 1e6 --compensate --output %t/asked.npz
// RUN: snn-run %t/a.snnimg --input %t/x.npz --noise drift --time 1e6 --compensate=false --output %t/not.npz --stats %t/not.json
// RUN: cmp %t/said.npz %t/asked.npz
// RUN: not cmp %t/said.npz %t/not.npz
// RUN: FileCheck %s --check-prefix=SAID --input-file=%t/said.json
// RUN: FileCheck %s --check-prefix=NOT --input-file=%t/not.json
// SAID: "compensate": true
// NOT: "compensate": false
//
// Ideal devices do not age, and are not compensated.
// RUN: snn-run %t/a.snnimg --input %t/x.npz --stats %t/ideal.json
// RUN: FileCheck %s --check-prefix=NOT --input-file=%t/ideal.json
// RUN: not snn-run %t/a.snnimg --input %t/x.npz --time 10 2>&1 | FileCheck %s --check-prefix=TIME
// TIME: error: --time has no effect on devices that do not age; switch on drift or flicker noise with --noise
// RUN: not snn-run %t/a.snnimg --input %t/x.npz --noise read --compensate 2>&1 | FileCheck %s --check-prefix=COMPENSATE
// COMPENSATE: error: --compensate has no effect on devices that do not age
// RUN: not snn-run %t/a.snnimg --input %t/x.npz --probe-times 10 --stats %t/s.json 2>&1 | FileCheck %s --check-prefix=PROBE
// PROBE: error: --probe-times has no effect on devices that do not age
// RUN: not snn-run %t/a.snnimg --input %t/x.npz --noise drift --probe-times 10 2>&1 | FileCheck %s --check-prefix=STATS
// STATS: error: --probe-times has no effect without --stats

!t = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
func.func @main(%x: tensor<1x16xf32>) -> tensor<1x4xi32> {
  %0 = spike.encode %x "e" kind activation : tensor<1x16xf32> -> tensor<1x16x!t>
  %1 = spike.linear %0 {weight = dense<[[1, 2, 3, 4], [-5, 6, -7, 8], [9, 10, 11, 12], [-1, -2, -3, -4], [1, 2, 3, 4], [-5, 6, -7, 8], [9, 10, 11, 12], [-1, -2, -3, -4],
      [1, 2, 3, 4], [-5, 6, -7, 8], [9, 10, 11, 12], [-1, -2, -3, -4], [1, 2, 3, 4], [-5, 6, -7, 8], [9, 10, 11, 12], [-1, -2, -3, -4]]> : tensor<16x4xi8>}
      : tensor<1x16x!t> -> tensor<1x4xi32> loc("fc")
  return %1 : tensor<1x4xi32>
}
