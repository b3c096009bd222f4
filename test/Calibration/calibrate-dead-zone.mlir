// The step suits the dead zone that a site will have: the flag's, the single site's
// or the model's.
// RUN: %python %S/Inputs/make_npz.py %t.npz arg0=64x2=normal:1
// RUN: snn-opt %s --spike-calibrate="inputs=%t.npz act-bits=4 radius=0" -o %t.0
// RUN: snn-opt %s --spike-calibrate="inputs=%t.npz act-bits=4 radius=2" -o %t.2
// RUN: snn-opt %s --spike-calibrate="inputs=%t.npz act-bits=4" -o %t.model
// RUN: snn-opt %s --spike-calibrate="inputs=%t.npz act-bits=4 radius=0 site=x=2" -o %t.x
// RUN: diff %t.2 %t.model
// RUN: not diff %t.0 %t.x
// RUN: grep '"x"' %t.x > %t.x.one
// RUN: grep '"x"' %t.2 | diff - %t.x.one
// RUN: grep '"y"' %t.x > %t.y.one
// RUN: grep '"y"' %t.0 | diff - %t.y.one
// RUN: not snn-opt %s --spike-calibrate="inputs=%t.npz site=x=two" 2>&1 | FileCheck %s
// CHECK: needs SITE=K for a single site's dead zone, has 'x=two'

module attributes {onnx.metadata = {snnc.dead_zone = "2"}} {
  func.func @sites(%x: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
    %0 = spike.site %x "x" kind activation : tensor<?x2xf32>
    %1 = onnx.exp %x : (tensor<?x2xf32>) -> tensor<?x2xf32>
    %2 = spike.site %1 "y" kind activation : tensor<?x2xf32>
    return %0, %2 : tensor<?x2xf32>, tensor<?x2xf32>
  }
}
