// RUN: snn-opt %s --spike-to-emitc | FileCheck %s
// The module is complete: it reads back and gives the same program.
// RUN: rm -rf %t && mkdir -p %t && cp -r %S/Inputs %t
// RUN: snn-opt %s --spike-to-emitc -o %t/sim.mlir
// RUN: snn-opt %t/sim.mlir | FileCheck %s
// RUN: snn-opt %s --spike-to-emitc --snn-write-simulator=output=%t/a -o %t/written.mlir
// RUN: snn-opt %t/sim.mlir --snn-write-simulator=output=%t/b -o /dev/null
// RUN: snn-opt %t/written.mlir --snn-write-simulator=output=%t/c -o /dev/null
// RUN: cmp %t/a/sim.cpp %t/b/sim.cpp
// RUN: cmp %t/a/weights.safetensors %t/b/weights.safetensors
// RUN: cmp %t/a/weights.safetensors %t/c/weights.safetensors
// RUN: FileCheck %s --check-prefix=CPP --input-file=%t/a/sim.cpp

!e1 = !spike.ttfs<bits = 2, zero = 2, mask = 2, scale = 0.1>
!e2 = !spike.ttfs<bits = 2, zero = 0, mask = 1, radius = 1, scale = 1.0e-05>
!k = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.3333333432674408>

// CHECK: module attributes {
// CHECK-SAME: onnx.source = "models/mlp.onnx"
// CHECK-SAME: spike.constants = {
// CHECK-SAME: "/bl.0/MatMul.thresholds" = dense<{{.*}}> : tensor<2x3xi32>
// CHECK-SAME: "/bl.0/MatMul.weight" = dense<{{.*}}> : tensor<3x2xi8>
// CHECK-SAME: "Constant_\223" = dense<{{.*}}> : tensor<3xf32>
// CHECK-SAME: bl.1.weight = #onnx.param<"Inputs/weights.safetensors", "bl.1.weight"> : tensor<2x2xi8>
// CHECK-SAME: spike.weights = "weights.safetensors"

// CPP: // Spiking simulator of mlp.onnx, coding mttfs, 3 encode sites.
// CPP: #include "snn/runtime/Simulator.h"
// CPP: using namespace snn::rt;
// CPP: static constexpr Coding site_bl_0_e1{2, 2, 2, 0, 0.1f}; // bl.0/e1
// CPP-NEXT: static constexpr Coding site_e2{2, 0, 1, 1, 1.0e-05f}; // e2
// CPP-NEXT: static constexpr Coding site_e2_1{2, 2, 2, 0, 0.1f}; // e2?
// CPP-NEXT: static constexpr Coding site_k{4, 8, 8, 0, 0.33333334f}; // k

// CHECK: emitc.func @forward(%[[SELF:.*]]: !emitc.opaque<"Run &">, %[[IN:.*]]: !emitc.opaque<"const TensorList &">, %[[OUT:.*]]: !emitc.opaque<"const TensorOutputs &">)
// CHECK-SAME: specifiers = ["static"]
// CPP: static void forward(Run & [[SELF:v[0-9]+]], const TensorList & [[IN:v[0-9]+]], const TensorOutputs & [[OUT:v[0-9]+]]) {
// CPP-NEXT: Run &run = [[SELF]];
// CPP-NEXT: const Tensor &in_x_y = *[[IN]][0];
// CPP-NEXT: const Tensor &in_mask = *[[IN]][1];
// CPP-NEXT: Tensor &out_y = *[[OUT]][0];
// CPP-NEXT: Tensor &out_copy = *[[OUT]][1];
// CPP-NEXT: Tensor &out_2 = *[[OUT]][2];
module attributes {onnx.source = "models/mlp.onnx"} {
func.func @main(%x: tensor<1x2x3xf32> {onnx.name = "x:y"}, %m: tensor<1x1x1x2xf32> {onnx.name = "mask"})
    -> (tensor<1x2x2xf32> {onnx.name = "y"}, tensor<2x3xf32> {onnx.name = "copy"}, tensor<1x2x2xf32>) {
  // A constant is named where it is used first, after its node.
  %c = onnx.constant dense<[1.0, 2.0, 0.1]> : tensor<3xf32> loc("Constant_\"3")

  // CPP: // spike.token_mask
  // CPP-NEXT: run.op(0);
  // CPP-NEXT: Tensor [[VALID:v[0-9]+]] = run.buffer(DType::Bool, {1, 2}, 0);
  // CPP-NEXT: token_mask(in_mask, [[VALID]], {1, 2});
  %valid = spike.token_mask %m : tensor<1x1x1x2xf32> -> tensor<1x2xi1>

  // CHECK: %[[SUM:.*]] = call_opaque "run.buffer"() {args = [#emitc.opaque<"DType::F32, {1, 2, 3}">, 64]} : () -> !emitc.opaque<"Tensor">
  // CHECK-NEXT: call_opaque "add"(%{{.*}}, %{{.*}}, %[[SUM]])
  // CPP: const Tensor & [[C:v[0-9]+]] = run.weights.tensor("Constant_\"3");
  // CPP-NEXT: // onnx.add
  // CPP-NEXT: run.op(1);
  // CPP-NEXT: Tensor [[SUM:v[0-9]+]] = run.buffer(DType::F32, {1, 2, 3}, 64);
  // CPP-NEXT: add(in_x_y, [[C]], [[SUM]]);
  %0 = onnx.add %x, %c : (tensor<1x2x3xf32>, tensor<3xf32>) -> tensor<1x2x3xf32>

  // Spikes and the synaptic operations of all consumers are counted at the site.
  // CHECK: call_opaque "encode"(%[[SUM]], %[[E1:.*]]) {args = [#emitc.opaque<"run.context">, 0 : index, 1 : index, #emitc.opaque<"site_bl_0_e1">, #emitc.opaque<"1">]}
  // CHECK-NEXT: verbatim "countSpikes(run.context, \22bl.0/e1\22, {}, site_bl_0_e1, &{}, {{[{][{]}}1}, 2);" args %[[E1]], %{{.*}}
  // CPP-NEXT: // /bl.0/Add
  // CPP-NEXT: run.op(2);
  // CPP-NEXT: Tensor [[E1:v[0-9]+]] = run.buffer(DType::U8, {1, 2, 3}, 128);
  // CPP-NEXT: encode(run.context, [[SUM]], [[E1]], site_bl_0_e1, 1);
  // CPP-NEXT: countSpikes(run.context, "bl.0/e1", [[E1]], site_bl_0_e1, &[[VALID]], {1}, 2);
  %1 = spike.encode %0 "bl.0/e1" kind activation valid(%valid : tensor<1x2xi1>) {token_axes = array<i64: 1>, dead_zone = 1 : i64}
      : tensor<1x2x3xf32> -> tensor<1x2x3x!e1> loc("/bl.0/Add")

  // CPP-NEXT: // /bl.0/MatMul
  // CPP-NEXT: run.op(3);
  // CPP-NEXT: Tensor [[V1:v[0-9]+]] = run.buffer(DType::I32, {1, 2, 2}, 192);
  // CPP-NEXT: linear(run.context, [[E1]], run.weights.matrix("/bl.0/MatMul.weight"), nullptr, [[V1]], site_bl_0_e1);
  %2 = spike.linear %1 {weight = dense<[[1, -2], [3, 4], [5, 6]]> : tensor<3x2xi8>}
      : tensor<1x2x3x!e1> -> tensor<1x2x2xi32> loc("/bl.0/MatMul")

  // The train takes the bytes of the one before it, whose last use has passed.
  // CPP-NEXT: run.op(4);
  // CPP-NEXT: Tensor [[E2:v[0-9]+]] = run.buffer(DType::U8, {1, 2, 2}, 128);
  // CPP-NEXT: fire(run.context, [[V1]], run.weights.tensor("/bl.0/MatMul.thresholds"), [[E2]], site_e2, 2);
  // CPP-NEXT: countSpikes(run.context, "e2", [[E2]], site_e2, nullptr, {}, 2);
  %3 = spike.fire %2 "e2" kind activation {thresholds = dense<[[-3, 0, 4], [0, 1, 2147483647]]> : tensor<2x3xi32>, axis = -1 : i64}
      : tensor<1x2x2xi32> -> tensor<1x2x2x!e2> loc("/bl.0/MatMul")

  // A reshape shares the storage of its operand.
  // CPP-NEXT: // onnx.reshape
  // CPP-NEXT: Tensor [[E2F:v[0-9]+]] = Tensor();
  // CPP-NEXT: reshape([[E2]], [[E2F]], {2, 2});
  %4 = onnx.reshape %3 [2, 2] : (tensor<1x2x2x!e2>) -> tensor<2x2x!e2>

  // CPP-NEXT: // fc line
  // CPP-NEXT: run.op(5);
  // CPP-NEXT: Tensor [[V2:v[0-9]+]] = run.buffer(DType::I32, {2, 2}, 192);
  // CPP-NEXT: linear(run.context, [[E2F]], run.weights.matrix("bl.1.weight"), &run.weights.tensor("fc\012line\\.offset"), [[V2]], site_e2);
  %5 = spike.linear %4 {weight = #onnx.param<"Inputs/weights.safetensors", "bl.1.weight"> : tensor<2x2xi8>, offset = dense<[3, 2]> : tensor<2xi32>}
      : tensor<2x2x!e2> -> tensor<2x2xi32> loc("fc\nline\\")
  // CPP: rescale([[V2]], run.weights.tensor("fc\012line\\.scale"), &run.weights.tensor("fc\012line\\.bias"), [[R:v[0-9]+]], 1);
  %6 = spike.rescale %5 {scale = dense<[0.3, 1.0e-5]> : tensor<2xf32>, bias = dense<[0.5, 1.0]> : tensor<2xf32>, axis = -1 : i64}
      : tensor<2x2xi32> -> tensor<2x2xf32> loc("fc\nline\\")

  // Attributes follow the kernel's parameters.
  // CHECK: call_opaque "clip"(%{{.*}}, %{{.*}}) {args = [0 : index, 1 : index, #emitc.opaque<"0.1">, #emitc.opaque<"infinity">]}
  // CPP: clip([[R]], [[CLIP:v[0-9]+]], 0.1, infinity);
  %7 = onnx.clip %6 {lo = 0.1} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  // CPP: reshape([[CLIP]], [[A:v[0-9]+]], {1, 2, 2});
  %8 = onnx.reshape %7 [1, 2, 2] : (tensor<2x2xf32>) -> tensor<1x2x2xf32>
  // CPP: softmax([[A]], [[B:v[0-9]+]], -1);
  %9 = onnx.softmax %8 : (tensor<1x2x2xf32>) -> tensor<1x2x2xf32>
  %10 = onnx.reshape %0 [2, 3] : (tensor<1x2x3xf32>) -> tensor<2x3xf32>

  // Lists of operands and of results; an optional operand that is absent.
  // CHECK: verbatim "concat({{[{][{]&[{][}], &[{][}][}], [{][}]}}, 2);" args
  // CPP: concat({&[[B]], &[[A]]}, [[AB:v[0-9]+]], 2);
  %11 = onnx.concat %9, %8 {axis = 2 : i64} : (tensor<1x2x2xf32>, tensor<1x2x2xf32>) -> tensor<1x2x4xf32>
  // CPP: split([[AB]], {&[[S0:v[0-9]+]], &[[S1:v[0-9]+]]}, 2, {2, 2});
  %12:2 = onnx.split %11 {axis = 2 : i64, sizes = array<i64: 2, 2>} : (tensor<1x2x4xf32>) -> (tensor<1x2x2xf32>, tensor<1x2x2xf32>)
  // CPP: attention([[S0]], [[S0]], [[S1]], nullptr, [[ATT:v[0-9]+]], 0.5);
  %13 = onnx.attention %12#0, %12#0, %12#1 {scale = 0.5 : f64} : (tensor<1x2x2xf32>, tensor<1x2x2xf32>, tensor<1x2x2xf32>) -> tensor<1x2x2xf32>

  // A result of the network is computed where it is wanted.
  // CPP: add([[ATT]], [[S1]], out_y);
  %14 = onnx.add %13, %12#1 : (tensor<1x2x2xf32>, tensor<1x2x2xf32>) -> tensor<1x2x2xf32>

  // A query's events reach the keys that the mask keeps.
  // CPP: encode(run.context, out_y, [[Q:v[0-9]+]], site_e2_1, 0);
  // CPP-NEXT: countSpikes(run.context, "e2?", [[Q]], site_e2_1, &[[VALID]], {1});
  // CPP-NEXT: int64_t [[KEPT:v[0-9]+]] = countKept([[VALID]]);
  // CPP-NEXT: countSynapticOperations(run.context, "e2?", [[Q]], site_e2_1, &[[VALID]], {1}, [[KEPT]]);
  %15 = spike.encode %14 "e2?" kind query valid(%valid : tensor<1x2xi1>) {token_axes = array<i64: 1>}
      : tensor<1x2x2xf32> -> tensor<1x2x2x!e1>
  // CPP: quantize(out_y, [[K:v[0-9]+]], site_k);
  %16 = spike.quantize %14 "k" kind key valid(%valid : tensor<1x2xi1>) {token_axes = array<i64: 1>}
      : tensor<1x2x2xf32> -> tensor<1x2x2x!k>
  // CPP: dynamicProduct(run.context, [[Q]], [[K]], [[SCORES:v[0-9]+]], site_e2_1, 4, 8, 1);
  %17 = spike.matmul %15, %16 valid(%valid : tensor<1x2xi1>) {transposed, engine = "mttfs"}
      : tensor<1x2x2x!e1>, tensor<1x2x2x!k> -> tensor<1x2x2xi32>
  // CPP: rescale([[SCORES]], run.weights.tensor("rescale.scale"), nullptr, out_2, 2);
  %18 = spike.rescale %17 {scale = dense<0.125> : tensor<1xf32>, axis = -1 : i64} : tensor<1x2x2xi32> -> tensor<1x2x2xf32>
  // CPP-NEXT: out_copy = {{v[0-9]+}}.clone();
  // CPP-NEXT: return;
  return %14, %10, %18 : tensor<1x2x2xf32>, tensor<2x3xf32>, tensor<1x2x2xf32>
}
}

// Products are events times targets; bytes those of operands, weights, results.
// CPP: static const ProfiledOp ops[] = {
// CPP: {"/bl.0/MatMul", "spike.linear", 12.0, 0.0, 28.0},
// CPP: {"onnx.softmax", "onnx.softmax", 0.0, {{[0-9]+}}.0, 32.0},
// CPP: static const Model model{
// CPP-NEXT: "mlp.onnx", "mttfs",
// CPP-NEXT: {Port{"x:y", DType::F32, {1, 2, 3}}, Port{"mask", DType::F32, {1, 1, 1, 2}}},
// CPP-NEXT: {Port{"y", DType::F32, {1, 2, 2}}, Port{"copy", DType::F32, {2, 3}}, Port{"result2", DType::F32, {1, 2, 2}}},
// CPP-NEXT: 320, forward, ops, 17};
// CPP: return simulatorMain(argc, argv, model);
