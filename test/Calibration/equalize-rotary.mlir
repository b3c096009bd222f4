// RUN: %python %S/Inputs/make_npz.py %t.npz arg0=16x1x2=0,0,1,1,2,2,3,3,4,4,5,5,6,6,7,7,8,8,9,9,10,10,11,11,12,12,13,13,14,14,15,15
// RUN: snn-opt %s --split-input-file --spike-equalize="inputs=%t.npz act-bits=4 mode=on" --mlir-print-local-scope | FileCheck %s

// Rotary positions turn the pair of channels (0, 1): one scale for both, that of least error for
// queries up to 30 in 15 levels, which the columns of the keys take, both of them.
// CHECK-LABEL: @rotary
// CHECK: %[[WQ:.*]] = onnx.constant dense<{{\[\[}}0.506329119, 0.000000e+00], [0.000000e+00, 1.01265824]]>
// CHECK-NEXT: onnx.matmul %arg0, %[[WQ]]
// CHECK: spike.site %{{.*}} "q" kind query {bits = 4 : i64, scale = 1.000000e+00 : f32, zero = 0 : i64}
// CHECK: %[[WK:.*]] = onnx.constant dense<{{\[\[}}1.975000e+00, 0.000000e+00], [0.000000e+00, 1.975000e+00]]>
// CHECK-NEXT: onnx.matmul %arg0, %[[WK]]
func.func @rotary(%x: tensor<?x1x2xf32>) -> tensor<?x1x1xf32> {
  %wq = onnx.constant dense<[[1.0, 0.0], [0.0, 2.0]]> : tensor<2x2xf32>
  %wk = onnx.constant dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %cos = onnx.constant dense<1.0> : tensor<1x1xf32>
  %sin = onnx.constant dense<0.0> : tensor<1x1xf32>
  %q = onnx.matmul %x, %wq : (tensor<?x1x2xf32>, tensor<2x2xf32>) -> tensor<?x1x2xf32>
  %q0 = onnx.slice %q {axes = array<i64: 2>, ends = array<i64: 1>, starts = array<i64: 0>, steps = array<i64: 1>} : (tensor<?x1x2xf32>) -> tensor<?x1x1xf32>
  %q1 = onnx.slice %q {axes = array<i64: 2>, ends = array<i64: 2>, starts = array<i64: 1>, steps = array<i64: 1>} : (tensor<?x1x2xf32>) -> tensor<?x1x1xf32>
  %qa = onnx.mul %q0, %cos : (tensor<?x1x1xf32>, tensor<1x1xf32>) -> tensor<?x1x1xf32>
  %qb = onnx.mul %q1, %sin : (tensor<?x1x1xf32>, tensor<1x1xf32>) -> tensor<?x1x1xf32>
  %qc = onnx.mul %q0, %sin : (tensor<?x1x1xf32>, tensor<1x1xf32>) -> tensor<?x1x1xf32>
  %qd = onnx.mul %q1, %cos : (tensor<?x1x1xf32>, tensor<1x1xf32>) -> tensor<?x1x1xf32>
  %qe = onnx.sub %qa, %qb : (tensor<?x1x1xf32>, tensor<?x1x1xf32>) -> tensor<?x1x1xf32>
  %qf = onnx.add %qc, %qd : (tensor<?x1x1xf32>, tensor<?x1x1xf32>) -> tensor<?x1x1xf32>
  %qr = onnx.concat %qe, %qf {axis = 2 : i64} : (tensor<?x1x1xf32>, tensor<?x1x1xf32>) -> tensor<?x1x2xf32>
  %qs = spike.site %qr "q" kind query : tensor<?x1x2xf32>
  %k = onnx.matmul %x, %wk : (tensor<?x1x2xf32>, tensor<2x2xf32>) -> tensor<?x1x2xf32>
  %k0 = onnx.slice %k {axes = array<i64: 2>, ends = array<i64: 1>, starts = array<i64: 0>, steps = array<i64: 1>} : (tensor<?x1x2xf32>) -> tensor<?x1x1xf32>
  %k1 = onnx.slice %k {axes = array<i64: 2>, ends = array<i64: 2>, starts = array<i64: 1>, steps = array<i64: 1>} : (tensor<?x1x2xf32>) -> tensor<?x1x1xf32>
  %ka = onnx.mul %k0, %cos : (tensor<?x1x1xf32>, tensor<1x1xf32>) -> tensor<?x1x1xf32>
  %kb = onnx.mul %k1, %sin : (tensor<?x1x1xf32>, tensor<1x1xf32>) -> tensor<?x1x1xf32>
  %kc = onnx.mul %k0, %sin : (tensor<?x1x1xf32>, tensor<1x1xf32>) -> tensor<?x1x1xf32>
  %kd = onnx.mul %k1, %cos : (tensor<?x1x1xf32>, tensor<1x1xf32>) -> tensor<?x1x1xf32>
  %ke = onnx.sub %ka, %kb : (tensor<?x1x1xf32>, tensor<?x1x1xf32>) -> tensor<?x1x1xf32>
  %kf = onnx.add %kc, %kd : (tensor<?x1x1xf32>, tensor<?x1x1xf32>) -> tensor<?x1x1xf32>
  %kr = onnx.concat %ke, %kf {axis = 2 : i64} : (tensor<?x1x1xf32>, tensor<?x1x1xf32>) -> tensor<?x1x2xf32>
  %kt = onnx.transpose %kr [0, 2, 1] : (tensor<?x1x2xf32>) -> tensor<?x2x1xf32>
  %ks = spike.site %kt "k" kind key : tensor<?x2x1xf32>
  %s = onnx.matmul %qs, %ks : (tensor<?x1x2xf32>, tensor<?x2x1xf32>) -> tensor<?x1x1xf32>
  return %s : tensor<?x1x1xf32>
}
