// RUN: %python %S/Inputs/make_npz.py %t.npz arg0=4x2=-2,1,0.5,-0.25,0.5,0.25,-1,2
// RUN: snn-opt %s --spike-calibrate-phase="inputs=%t.npz base=2 phases=4 range=max" --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --spike-calibrate-phase="inputs=%t.npz base=2 phases=4 range=max release=bert" --mlir-print-local-scope | FileCheck %s --check-prefix=BERT
// RUN: snn-opt %s --spike-calibrate-phase="inputs=%t.npz base=1.15 phases=8" --mlir-print-local-scope | FileCheck %s --check-prefix=MSE
// RUN: snn-opt %s --spike-calibrate-phase="inputs=random:3" --mlir-print-local-scope | FileCheck %s --check-prefix=RANDOM

// CHECK-LABEL: @sites
// CHECK: "x" kind activation {coding = !spike.phase<base = 2.0, phases = 4, scale = 2.0>}
// Values that are never negative are coded without a sign.
// CHECK: "r" kind activation {coding = !spike.phase<base = 2.0, phases = 4, scale = 2.0, sign = positive>}
// A site that is always 0 has the scale 1, and so have probabilities.
// CHECK: "z" kind residual {coding = !spike.phase<base = 2.0, phases = 4, scale = 1.0, sign = positive>}
// CHECK: "p" kind probability {coding = !spike.phase<base = 2.0, phases = 4, scale = 1.0, sign = positive>}
// BERT: "x" kind activation {coding = !spike.phase<base = 2.0, phases = 4, scale = 2.0, release = bert>}
// Eight phases of 1.15 reach down to a third only: the scale of least error is not the
// largest value.
// MSE: "x" kind activation {coding = !spike.phase<base = 1.15, phases = 8, scale = 2.0{{[0-9]+}}>}
// RANDOM: module attributes {spike.random_calibration}
// RANDOM: coding = !spike.phase<base = 1.15, phases = 40,
func.func @sites(%x: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>) {
  %0 = spike.site %x "x" kind activation : tensor<?x2xf32>
  %1 = onnx.relu %x : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %2 = spike.site %1 "r" kind activation : tensor<?x2xf32>
  %3 = onnx.sub %x, %x : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %4 = spike.site %3 "z" kind residual : tensor<?x2xf32>
  %5 = onnx.softmax %x {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %6 = spike.site %5 "p" kind probability : tensor<?x2xf32>
  return %0, %2, %4, %6 : tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>
}
