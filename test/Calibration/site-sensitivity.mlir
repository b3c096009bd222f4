// RUN: %python %S/Inputs/make_npz.py %t.npz arg0=8x2=0.25,0.5,1.25,-2
// RUN: snn-opt %s --spike-site-sensitivity=inputs=%t.npz --mlir-print-local-scope | FileCheck %s

// The levels of "exact" are what the values are; "coarse" rounds 0.25 and 1.25 to 0 and 1
// (or 1.5) of steps of 1. "unread" changes no output.
// CHECK: spike.site_calibration = {coarse = {sensitivity = {{[0-9.]*[1-9][0-9.E-]*}} : f64}, exact = {sensitivity = 0.000000e+00 : f64}, unread = {sensitivity = 0.000000e+00 : f64}}
func.func @sites(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %0 = spike.site %x "exact" kind activation {bits = 5 : i64, scale = 0.25 : f32, zero = 16 : i64} : tensor<?x2xf32>
  %1 = spike.site %0 "coarse" kind activation {bits = 3 : i64, scale = 1.0 : f32, zero = 4 : i64} : tensor<?x2xf32>
  %2 = spike.site %0 "unread" kind activation {bits = 2 : i64, scale = 1.0 : f32, zero = 2 : i64} : tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}
