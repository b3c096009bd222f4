// The emitted simulator equals the interpreter bit for bit, in every mode.
// RUN: rm -rf %t && mkdir -p %t
// RUN: snn-run %s --input %S/Inputs/x.npz --output %t/interpreter.npz
// RUN: snn-opt %s --spike-specialize-batch --spike-to-emitc --snn-write-simulator="output=%t build=true" -o %t/sim.mlir
// RUN: %t/sim --input %S/Inputs/x.npz --output %t/fast.npz --stats %t/fast.json
// RUN: %t/sim --input %S/Inputs/x.npz --output %t/event.npz --stats %t/event.json --mode event --threads 2
// RUN: %t/sim --input %S/Inputs/x.npz --output %t/stepped.npz --stats %t/stepped.json --mode stepped --threads 1
// RUN: snn-run %t/sim.mlir --input %S/Inputs/x.npz --output %t/module.npz
// RUN: snn-run --compare %s %t/sim.mlir --input %S/Inputs/x.npz | FileCheck %s --check-prefix=COMPARED
// RUN: cmp %t/interpreter.npz %t/fast.npz
// RUN: cmp %t/fast.npz %t/event.npz
// RUN: cmp %t/fast.npz %t/stepped.npz
// RUN: cmp %t/fast.npz %t/module.npz
// RUN: FileCheck %s --input-file=%t/fast.json
// RUN: FileCheck %s --input-file=%t/event.json
// RUN: FileCheck %s --input-file=%t/stepped.json

// The mask removes one token of the third sample and two of the fourth: 15 of 18
// tokens count, and 4 * 9 + 4 + 1 probabilities.
// COMPARED: equal: 1 values compared, bit for bit
// CHECK: "samples": 6
// CHECK: "e1": {"neurons": 120, {{.*}}"all_neurons": 144,
// CHECK: "e6": {"neurons": 240, {{.*}}"all_neurons": 288,
// CHECK: "prob": {"neurons": 41, {{.*}}"all_neurons": 54,
// CHECK: "q": {"neurons": 120, {{.*}}"all_neurons": 144,

!e1 = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
!q = !spike.ttfs<bits = 4, zero = 8, mask = 7, radius = 1, scale = 4.0>
!k = !spike.level<bits = 4, zero = 8, mask = 8, scale = 3.0>
!v = !spike.level<bits = 1, zero = 0, mask = 0, scale = 2.0>
!p = !spike.ttfs<bits = 4, zero = 0, mask = 0, scale = 0.0625>
!e6 = !spike.ttfs<bits = 2, zero = 0, mask = 1, scale = 0.5>

func.func @main(%x: tensor<?x3x8xf32> {onnx.name = "x"}, %mask: tensor<?x1x1x3xf32> {onnx.name = "mask"})
    -> (tensor<?x3x5xf32> {onnx.name = "y"}) {
  %valid = spike.token_mask %mask : tensor<?x1x1x3xf32> -> tensor<?x3xi1>
  // One head of attention.
  %0 = spike.encode %x "e1" kind activation valid(%valid : tensor<?x3xi1>) {token_axes = array<i64: 1>}
      : tensor<?x3x8xf32> -> tensor<?x3x8x!e1>
  %1 = spike.linear %0 {weight = dense<[[3, -1, 2, 5, -4, 0, 1, 1], [-2, 2, 0, 1, 1, -3, 4, -1], [1, 1, -1, -1, 2, 2, -2, 3],
      [0, 4, 1, -5, 2, 1, 1, -2], [7, -3, 2, 1, 0, 1, -1, 1], [1, 0, 0, -2, 3, 1, 5, 2], [-1, 2, -4, 1, 1, 2, 3, 0], [2, 1, 1, 1, -6, 0, 2, -2]]>
      : tensor<8x8xi8>} : tensor<?x3x8x!e1> -> tensor<?x3x8xi32>
  %2 = spike.rescale %1 {scale = dense<0.25> : tensor<1xf32>, bias = dense<[0.1, 0.2, 0.3, 0.0, -0.1, -0.2, -0.3, 1.0]> : tensor<8xf32>, axis = -1 : i64}
      : tensor<?x3x8xi32> -> tensor<?x3x8xf32>
  %3 = spike.encode %2 "q" kind query valid(%valid : tensor<?x3xi1>) {token_axes = array<i64: 1>, dead_zone = 1 : i64}
      : tensor<?x3x8xf32> -> tensor<?x3x8x!q>
  %4 = spike.quantize %2 "k" kind key valid(%valid : tensor<?x3xi1>) {token_axes = array<i64: 1>}
      : tensor<?x3x8xf32> -> tensor<?x3x8x!k>
  %5 = onnx.reshape %3 [-1, 1, 3, 8] : (tensor<?x3x8x!q>) -> tensor<?x1x3x8x!q>
  %6 = onnx.reshape %4 [-1, 1, 3, 8] : (tensor<?x3x8x!k>) -> tensor<?x1x3x8x!k>
  %7 = spike.matmul %5, %6 valid(%valid : tensor<?x3xi1>) {transposed, engine = "mttfs"}
      : tensor<?x1x3x8x!q>, tensor<?x1x3x8x!k> -> tensor<?x1x3x3xi32>
  %8 = spike.rescale %7 {scale = dense<0.01> : tensor<1xf32>, axis = -1 : i64} : tensor<?x1x3x3xi32> -> tensor<?x1x3x3xf32>
  %9 = onnx.add %8, %mask : (tensor<?x1x3x3xf32>, tensor<?x1x1x3xf32>) -> tensor<?x1x3x3xf32>
  %10 = onnx.softmax %9 : (tensor<?x1x3x3xf32>) -> tensor<?x1x3x3xf32>
  %11 = spike.encode %10 "prob" kind probability valid(%valid : tensor<?x3xi1>) {token_axes = array<i64: 2, 3>}
      : tensor<?x1x3x3xf32> -> tensor<?x1x3x3x!p>
  %12 = onnx.reshape %2 [-1, 1, 3, 8] : (tensor<?x3x8xf32>) -> tensor<?x1x3x8xf32>
  %13 = spike.quantize %12 "v" kind value : tensor<?x1x3x8xf32> -> tensor<?x1x3x8x!v>
  %14 = spike.matmul %11, %13 valid(%valid : tensor<?x3xi1>) {engine = "mttfs"}
      : tensor<?x1x3x3x!p>, tensor<?x1x3x8x!v> -> tensor<?x1x3x8xi32>
  %15 = spike.rescale %14 {scale = dense<0.05> : tensor<1xf32>, axis = -1 : i64} : tensor<?x1x3x8xi32> -> tensor<?x1x3x8xf32>
  %16 = onnx.reshape %15 [-1, 3, 8] : (tensor<?x1x3x8xf32>) -> tensor<?x3x8xf32>
  %17 = onnx.add %16, %x : (tensor<?x3x8xf32>, tensor<?x3x8xf32>) -> tensor<?x3x8xf32>
  // A linear that fires, with spikes through a silent offset, and the result.
  %18 = spike.encode %17 "e5" kind activation valid(%valid : tensor<?x3xi1>) {token_axes = array<i64: 1>}
      : tensor<?x3x8xf32> -> tensor<?x3x8x!e1>
  %19 = spike.linear %18 {weight = dense<1> : tensor<8x16xi8>} : tensor<?x3x8x!e1> -> tensor<?x3x16xi32>
  %20 = spike.fire %19 "e6" kind activation valid(%valid : tensor<?x3xi1>)
      {token_axes = array<i64: 1>, thresholds = dense<[[-9, 2, 7]]> : tensor<1x3xi32>, axis = -1 : i64}
      : tensor<?x3x16xi32> -> tensor<?x3x16x!e6>
  %21 = spike.linear %20 {weight = dense<2> : tensor<16x5xi16>, offset = dense<32> : tensor<5xi32>}
      : tensor<?x3x16x!e6> -> tensor<?x3x5xi32>
  %22 = spike.rescale %21 {scale = dense<[0.1, 0.2, 0.3, 0.4, 0.5]> : tensor<5xf32>, axis = -1 : i64}
      : tensor<?x3x5xi32> -> tensor<?x3x5xf32>
  return %22 : tensor<?x3x5xf32>
}
