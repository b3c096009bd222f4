// Which axis of a product runs over keys, whichever way the resident operand lies: turns
// cut that axis, and keys that the mask removes cost no accumulation.
//
// RUN: rm -rf %t && mkdir -p %t
// RUN: snn-opt %s --spike-to-xbar=chip=matterhorn-22nm --xbar-tile --xbar-place --xbar-schedule \
// RUN:   --snn-write-image=output=%t/a.snnimg -o %t/a.mlir
// RUN: snn-image dump %t/a.snnimg | FileCheck %s
// RUN: %python -c "import numpy as np; np.savez('%t/x.npz', x=np.ones((1, 6, 4), 'f4'), mask=np.array([[1, 1, 1, 1, 0, 0]], bool))"
// RUN: snn-run --compare %t/a.mlir %t/a.snnimg --input %t/x.npz | FileCheck %s --check-prefix=EQUAL
// RUN: snn-run %t/a.snnimg --input %t/x.npz --stats %t/s.json
// RUN: FileCheck %s --check-prefix=STATS --input-file=%t/s.json
//
// CHECK: product 0 'qk': engine mttfs,
// CHECK-NOT: sums over keys
// CHECK: product 1 'pv': engine mttfs, sums over keys,
// EQUAL: bit for bit
//
// 6 queries of 4 channels that all spike reach the 4 kept keys; each weight that spikes
// reaches 4 channels.
// STATS: "node": "qk", "engine": "mttfs", "events": 24, "accumulations": 96,
// STATS: "node": "pv", "engine": "mttfs", "events": 36, "accumulations": 144,

!t = !spike.ttfs<bits = 3, zero = 4, mask = 4, scale = 0.5>
!p = !spike.ttfs<bits = 3, zero = 0, mask = 0, scale = 0.125>
!k = !spike.level<bits = 3, zero = 4, mask = 4, scale = 0.5>
func.func @main(%x: tensor<1x6x4xf32> {onnx.name = "x"}, %mask: tensor<1x6xi1> {onnx.name = "mask"}) -> tensor<1x6x4xi32> {
  %valid = spike.token_mask %mask : tensor<1x6xi1> -> tensor<1x6xi1>
  %q = spike.encode %x "q" kind query : tensor<1x6x4xf32> -> tensor<1x6x4x!t>
  %k = spike.quantize %x "k" kind key : tensor<1x6x4xf32> -> tensor<1x6x4x!k>
  %v = spike.quantize %x "v" kind value : tensor<1x6x4xf32> -> tensor<1x6x4x!k>
  %kt = onnx.transpose %k {permutation = array<i64: 0, 2, 1>} : (tensor<1x6x4x!k>) -> tensor<1x4x6x!k>
  %s = spike.matmul %q, %kt valid(%valid : tensor<1x6xi1>) {engine = "mttfs"} : tensor<1x6x4x!t>, tensor<1x4x6x!k> -> tensor<1x6x6xi32> loc("qk")
  %w = spike.fire %s "p" kind probability {axis = -1 : i64, scale = dense<0.0625> : tensor<1xf32>,
      thresholds = dense<[[2, 4, 8, 12, 16, 20, 24]]> : tensor<1x7xi32>} : tensor<1x6x6xi32> -> tensor<1x6x6x!p> loc("p")
  %c = spike.matmul %w, %v valid(%valid : tensor<1x6xi1>) {engine = "mttfs"} : tensor<1x6x6x!p>, tensor<1x6x4x!k> -> tensor<1x6x4xi32> loc("pv")
  return %c : tensor<1x6x4xi32>
}
