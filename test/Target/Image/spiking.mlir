// Neurons and attention of binary trains in an image, and on the virtual chip.
//
// RUN: rm -rf %t && mkdir -p %t
// RUN: snn-opt %s --spike-to-xbar=chip=common-22nm --xbar-tile --xbar-place --xbar-schedule \
// RUN:   --snn-write-image=output=%t/a.snnimg -o %t/a.mlir
// RUN: %python -c "import numpy as np; np.savez('%t/x.npz', arg0=np.random.default_rng(1).normal(0.7, 1, (100, 1, 2, 3, 2)).astype('f4'))"
// RUN: snn-image dump %t/a.snnimg | FileCheck %s
// RUN: snn-image verify %t/a.snnimg
// RUN: snn-run --compare %t/a.mlir %t/a.snnimg --input %t/x.npz | FileCheck %s --check-prefix=EQUAL
//
// Where the chip has no engine, the digital unit does the same.
// RUN: snn-opt %s --spike-to-xbar=chip=matterhorn-22nm --xbar-tile --xbar-place --xbar-schedule \
// RUN:   --snn-write-image=output=%t/b.snnimg --remarks-filter=spike-to-xbar -o %t/b.mlir 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: snn-image dump %t/b.snnimg | FileCheck %s --check-prefix=DIGITAL
// RUN: snn-run --compare %t/b.mlir %t/b.snnimg --input %t/x.npz | FileCheck %s --check-prefix=EQUAL
//
// CHECK: attention 0 'a': engine sdsa, 2 steps, sdsa 3, scale 0.5, tau 2, threshold 0.5, input decays
// CHECK: = lif<2 steps, tau 1.25, threshold 1, soft reset>(%{{[0-9]+}}) site 'q'  # q
// CHECK: = attention 0(%{{[0-9]+}}, %{{[0-9]+}}, %{{[0-9]+}}, -) site 'a'  # a
// CHECK: route {{.*}} -> engine, fan-out 1
//
// REMARK: DigitalProduct{{.*}}chip 'matterhorn-22nm' has no engine 'sdsa'; the digital unit runs an integer product
// DIGITAL: attention 0 'a': engine digital
//
// EQUAL: bit for bit

!b = !spike.binary<steps = 2>
!t = tensor<2x1x2x3x2x!b>

module {
func.func @main(%x: tensor<2x1x2x3x2xf32>) -> tensor<2x1x2x3x2xi32> {
  %q = spike.lif %x "q" {tau = 1.25 : f64, threshold = 1.0 : f64, soft_reset}
      : tensor<2x1x2x3x2xf32> -> !t loc("q")
  %k = spike.lif %x "k" {tau = 2.0 : f64, threshold = 0.5 : f64, decay_input}
      : tensor<2x1x2x3x2xf32> -> !t loc("k")
  %a = spike.sdsa %q, %k, %q "a" {variant = 3 : i64, scale = 0.5 : f64, tau = 2.0 : f64,
      threshold = 0.5 : f64, decay_input, engine = "sdsa"} : !t loc("a")
  %y = spike.linear %a {weight = dense<[[1, -1], [0, 1]]> : tensor<2x2xi8>} : !t -> tensor<2x1x2x3x2xi32> loc("y")
  return %y : tensor<2x1x2x3x2xi32>
}
}
