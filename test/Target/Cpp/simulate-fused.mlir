// Chains in one call give the bytes and counts of their ops, in every mode; so
// do the kernels that calibration runs on.
// RUN: rm -rf %t && mkdir -p %t
// RUN: snn-run %s --input %S/Inputs/x.npz --output %t/levels.npz
// RUN: snn-run %s --fast --input %S/Inputs/x.npz --output %t/levels-fast.npz
// RUN: cmp %t/levels.npz %t/levels-fast.npz
// RUN: snn-opt %s --spike-mttfs --spike-fold-silent-offset -o %t/spikes.mlir
// RUN: snn-run %t/spikes.mlir --fast --input %S/Inputs/x.npz --output %t/spikes-fast.npz
// RUN: cmp %t/levels.npz %t/spikes-fast.npz
// RUN: snn-opt %t/spikes.mlir --spike-specialize-batch --spike-to-emitc --snn-write-simulator="output=%t/plain build=true" -o /dev/null
// RUN: snn-opt %t/spikes.mlir --spike-specialize-batch --spike-fuse-epilogues --spike-to-emitc --snn-write-simulator="output=%t/fused build=true" -o /dev/null
// RUN: %t/plain/sim --input %S/Inputs/x.npz --output %t/plain.npz --stats %t/plain.json
// RUN: %t/fused/sim --input %S/Inputs/x.npz --output %t/fast.npz --stats %t/fast.json
// RUN: %t/fused/sim --input %S/Inputs/x.npz --output %t/event.npz --mode event
// RUN: %t/fused/sim --input %S/Inputs/x.npz --output %t/stepped.npz --mode stepped
// RUN: %t/fused/sim --input %S/Inputs/x.npz --output %t/profiled.npz --profile %t/trace.json | FileCheck %s --check-prefix=PROFILE
// RUN: %python -m json.tool %t/trace.json | FileCheck %s --check-prefix=TRACE
// RUN: cmp %t/levels.npz %t/profiled.npz
// RUN: cmp %t/levels.npz %t/plain.npz
// RUN: cmp %t/levels.npz %t/fast.npz
// RUN: cmp %t/levels.npz %t/event.npz
// RUN: cmp %t/levels.npz %t/stepped.npz
// RUN: cmp %t/plain.json %t/fast.json
// RUN: FileCheck %s --check-prefix=PLAIN --input-file=%t/plain/sim.cpp
// RUN: FileCheck %s --check-prefix=FUSED --input-file=%t/fused/sim.cpp

// The work of a chain is that of its ops; one thread ran all six samples but its
// first, or two threads theirs.
// PROFILE: ms in the network's ops, medians of {{[2-5]}} runs; peak of a thread: {{[0-9.]+}} GMAC/s, {{[0-9.]+}} GB/s
// PROFILE: GMAC/s %peak {{.*}} calls kind
// PROFILE-DAG: 1 spike.linear + spike.rescale + onnx.gelu + onnx.add + spike.encode
// PROFILE-DAG: 1 spike.linear + spike.fire
// TRACE: "peak_products_per_second":
// TRACE: "traceEvents":
// TRACE: "name": "spike.encode",
// TRACE: "ph": "X",
// TRACE: "share_of_peak_products":

// PLAIN-NOT: Epilogue
// PLAIN: fire(run.context, {{.*}}.thresholds"), run.weights.tensor("{{.*}}.scale"), &run.weights.tensor("{{.*}}.bias"), {{.*}}, site_e2, 0, 0, 2);

// FUSED: #include "snn/runtime/Epilogue.h"
// FUSED: linear({{.*}}, site_e1, Epilogue().fire(run.weights.tensor("{{.*}}.thresholds"), run.weights.tensor("{{.*}}.scale"), &run.weights.tensor("{{.*}}.bias"), site_e2, 0, 0));
// FUSED-NEXT: countSpikes(run.context, "e2"
// FUSED: linear({{.*}}, site_e2, Epilogue().rescale(run.weights.tensor("{{.*}}.scale"), &run.weights.tensor("{{.*}}.bias")).activate(Activation::Gelu).add(in_x).encode(site_e3, 0));
// FUSED-NEXT: countSpikes(run.context, "e3"
// FUSED: linear({{.*}}, site_e3, Epilogue().requantize(run.weights.tensor("{{.*}}.scale"), nullptr, site_k, 1));
// FUSED: linear({{.*}}, out_y, site_e3, Epilogue().rescale(run.weights.tensor("{{.*}}.scale{{.*}}"), nullptr).activate(Activation::Relu));

!a1 = !spike.level<bits = 8, zero = 120, mask = 117, scale = 0.02>
!a2 = !spike.level<bits = 2, zero = 1, mask = 2, scale = 0.11>
!a3 = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.4>
!k = !spike.level<bits = 8, zero = 128, mask = 128, scale = 0.03>

func.func @main(%x: tensor<?x3x8xf32> {onnx.name = "x"}, %mask: tensor<?x1x1x3xf32> {onnx.name = "mask"})
    -> (tensor<?x3x4xf32> {onnx.name = "y"}, tensor<?x3x8xf32> {onnx.name = "z"}) {
  %valid = spike.token_mask %mask : tensor<?x1x1x3xf32> -> tensor<?x3xi1>
  %0 = spike.quantize %x "e1" kind activation valid(%valid : tensor<?x3xi1>) {token_axes = array<i64: 1>}
      : tensor<?x3x8xf32> -> tensor<?x3x8x!a1>
  %1 = spike.linear %0 {weight = dense<[[3, -1, 2, 5], [-2, 2, 0, 1], [1, 1, -1, -1], [0, 4, 1, -5],
      [7, -3, 2, 1], [1, 0, 0, -2], [-1, 2, -4, 1], [2, 1, 1, 1]]> : tensor<8x4xi8>} : tensor<?x3x8x!a1> -> tensor<?x3x4xi32>
  %2 = spike.requantize %1 "e2" kind activation valid(%valid : tensor<?x3xi1>) {token_axes = array<i64: 1>,
      scale = dense<[0.002, 0.003, 0.001, 0.0015]> : tensor<4xf32>, bias = dense<[0.1, -0.1, 0.05, 0.0]> : tensor<4xf32>, axis = -1 : i64}
      : tensor<?x3x4xi32> -> tensor<?x3x4x!a2>
  %3 = spike.linear %2 {weight = dense<[[30, -10, 20, 50, 1, -7, 9, 2], [-20, 20, 1, 10, 4, 4, -9, 3],
      [11, 12, -13, -14, 8, 1, 2, -60], [2, 40, 10, -50, 5, 6, 7, 8]]> : tensor<4x8xi8>} : tensor<?x3x4x!a2> -> tensor<?x3x8xi32>
  %4 = spike.rescale %3 {scale = dense<0.02> : tensor<1xf32>, bias = dense<[0.1, -0.3, 0.2, 0.0, 0.4, 0.5, -0.6, 0.7]> : tensor<8xf32>, axis = -1 : i64}
      : tensor<?x3x8xi32> -> tensor<?x3x8xf32>
  %5 = onnx.gelu %4 : (tensor<?x3x8xf32>) -> tensor<?x3x8xf32>
  %6 = onnx.add %5, %x : (tensor<?x3x8xf32>, tensor<?x3x8xf32>) -> tensor<?x3x8xf32>
  %7 = spike.quantize %6 "e3" kind activation valid(%valid : tensor<?x3xi1>) {token_axes = array<i64: 1>}
      : tensor<?x3x8xf32> -> tensor<?x3x8x!a3>
  %8 = spike.linear %7 {weight = dense<3> : tensor<8x8xi8>} : tensor<?x3x8x!a3> -> tensor<?x3x8xi32>
  %9 = spike.requantize %8 "k" kind key {scale = dense<0.0625> : tensor<1xf32>, axis = -1 : i64, relu}
      : tensor<?x3x8xi32> -> tensor<?x3x8x!k>
  %10 = spike.dequantize %9 : tensor<?x3x8x!k> -> tensor<?x3x8xf32>
  %11 = spike.linear %7 {weight = dense<[[1, -1, 2, 3], [1, -2, 2, 3], [1, -1, 1, -3], [0, -1, 2, 3],
      [1, -1, 2, 3], [9, -1, 2, 3], [1, 1, 2, 3], [1, -1, -2, -3]]> : tensor<8x4xi8>} : tensor<?x3x8x!a3> -> tensor<?x3x4xi32>
  %12 = spike.rescale %11 {scale = dense<[0.1, 0.2, 0.3, 0.4]> : tensor<4xf32>, axis = -1 : i64} : tensor<?x3x4xi32> -> tensor<?x3x4xf32>
  %13 = onnx.relu %12 : (tensor<?x3x4xf32>) -> tensor<?x3x4xf32>
  return %13, %10 : tensor<?x3x4xf32>, tensor<?x3x8xf32>
}
