// A phase-coded network as an image: layers with their slots, neurons, decoders, races
// and trace-driven products with their engines. Forms of a release are refused.
//
// RUN: rm -rf %t && mkdir -p %t && split-file %s %t
// RUN: snn-opt %t/good.mlir --spike-to-xbar=chip=common-22nm --xbar-tile --xbar-place=max-replicas=1 --xbar-schedule \
// RUN:   --snn-write-image=output=%t/a.snnimg -o /dev/null
// RUN: snn-image dump %t/a.snnimg | FileCheck %s
// RUN: snn-image verify %t/a.snnimg --chip=common-22nm
// RUN: not snn-opt %t/released.mlir --spike-to-xbar=chip=common-22nm --xbar-tile --xbar-place --xbar-schedule \
// RUN:   --snn-write-image=output=%t/b.snnimg -o /dev/null 2>&1 | FileCheck %s --check-prefix=RELEASED
// RUN: not ls %t/b.snnimg
//
// CHECK: layer 0 'fc': 4 x 4
// CHECK-NEXT: 2 passes in each of 40 slots, 32 active rows, exact
// CHECK: layer 0(%{{.*}})  # fc
// CHECK: phase encode(%{{.*}}) site 'q'
// CHECK: phase product on trace_woss(%{{.*}}, %{{.*}}, -)
// CHECK: phase encode(%{{.*}}) site 's'
// CHECK: phase woss on trace_woss(%{{.*}}, -, -) site 'p'
// CHECK: phase product on trace_woss(%{{.*}}, %{{.*}}, %{{.*}})
// CHECK: phase residual(%{{.*}}, %{{.*}})
// CHECK: phase decode(%{{.*}})
//
// RELEASED: error: 'spike.phase_matmul' op reproduces the sign error of a released implementation, which no chip has

//--- good.mlir
!s = !spike.phase<base = 1.15, phases = 40, scale = 2.0>
!u = !spike.phase<base = 1.15, phases = 40, scale = 1.0, sign = positive>
func.func @main(%x: tensor<1x4x4xf32>) -> tensor<1x4x4xf32> {
  %0 = spike.phase_encode %x "x" kind activation : tensor<1x4x4xf32> -> tensor<1x4x4x!s>
  %1 = spike.phase_linear %0 {weight = dense<1> : tensor<4x4xi8>, weight_scale = dense<0.5> : tensor<1xf32>,
      bias = dense<0.25> : tensor<4xf32>} : tensor<1x4x4x!s> -> tensor<1x4x4xf32> loc("fc")
  %2 = spike.phase_encode %1 "q" kind query : tensor<1x4x4xf32> -> tensor<1x4x4x!s>
  %3 = spike.phase_matmul %2, %2 {transposed, engine = "trace_woss"} : tensor<1x4x4x!s>, tensor<1x4x4x!s> -> tensor<1x4x4xf32>
  %4 = spike.phase_encode %3 "s" kind score : tensor<1x4x4xf32> -> tensor<1x4x4x!s>
  %5, %z = spike.woss %4 "p" kind probability {engine = "trace_woss"} : tensor<1x4x4x!s> -> tensor<1x4x4x!u>, tensor<1x4x1xf32>
  %6 = spike.phase_matmul %5, %2 divisor(%z : tensor<1x4x1xf32>) {engine = "trace_woss"}
      : tensor<1x4x4x!u>, tensor<1x4x4x!s> -> tensor<1x4x4xf32>
  %7 = spike.phase_residual %6, %0 : tensor<1x4x4xf32>, tensor<1x4x4x!s> -> tensor<1x4x4xf32>
  %8 = spike.phase_encode %7 "y" kind activation : tensor<1x4x4xf32> -> tensor<1x4x4x!s>
  %9 = spike.phase_decode %8 : tensor<1x4x4x!s> -> tensor<1x4x4xf32>
  return %9 : tensor<1x4x4xf32>
}

//--- released.mlir
!s = !spike.phase<base = 1.15, phases = 40, scale = 2.0>
func.func @main(%x: tensor<1x4x4xf32>) -> tensor<1x4x4xf32> {
  %0 = spike.phase_encode %x "x" kind activation : tensor<1x4x4xf32> -> tensor<1x4x4x!s>
  %1 = spike.phase_matmul %0, %0 {transposed, sign_bug, engine = "trace_woss"} : tensor<1x4x4x!s>, tensor<1x4x4x!s> -> tensor<1x4x4xf32>
  return %1 : tensor<1x4x4xf32>
}
