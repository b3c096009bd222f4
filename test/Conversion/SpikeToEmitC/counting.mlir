// RUN: snn-opt %s --split-input-file --spike-to-emitc 2>%t.err | FileCheck %s
// RUN: FileCheck %s --check-prefix=ERR --input-file=%t.err --implicit-check-not=remark --implicit-check-not=warning

!e = !spike.ttfs<bits = 4, zero = 0, mask = 0, scale = 0.25>

// Three consumers of one train, one behind a reshape and a transpose: 6 + 3 + 5
// targets.
// CHECK-LABEL: emitc.func @forward
// CHECK: verbatim "// spike.encode"
// CHECK: call_opaque "countSpikes"{{.*}}#emitc.opaque<"14">
// CHECK-NOT: countSynapticOperations
func.func @fan_out(%x: tensor<4x4xf32>) -> (tensor<4x6xi32>, tensor<4x3xi32>, tensor<1x4x5xi32>) {
  %0 = spike.encode %x "e" kind activation : tensor<4x4xf32> -> tensor<4x4x!e>
  %1 = spike.linear %0 {weight = dense<1> : tensor<4x6xi8>} : tensor<4x4x!e> -> tensor<4x6xi32>
  %2 = spike.linear %0 {weight = dense<1> : tensor<4x3xi8>} : tensor<4x4x!e> -> tensor<4x3xi32>
  %3 = onnx.transpose %0 [1, 0] : (tensor<4x4x!e>) -> tensor<4x4x!e>
  %4 = onnx.reshape %3 [1, 4, 4] : (tensor<4x4x!e>) -> tensor<1x4x4x!e>
  %5 = spike.linear %4 {weight = dense<1> : tensor<4x5xi8>} : tensor<1x4x4x!e> -> tensor<1x4x5xi32>
  return %1, %2, %5 : tensor<4x6xi32>, tensor<4x3xi32>, tensor<1x4x5xi32>
}

// -----

!e = !spike.ttfs<bits = 4, zero = 0, mask = 0, scale = 0.25>

// A consumer of a part of a train is counted where it reads.
// CHECK-LABEL: emitc.func @forward
// CHECK: call_opaque "countSpikes"
// CHECK-NOT: countSynapticOperations
// CHECK: call_opaque "linear"
// CHECK-NEXT: call_opaque "countSynapticOperations"({{.*}}#emitc.opaque<"\22e\22">{{.*}}#emitc.opaque<"6">
func.func @part(%x: tensor<4x4xf32>) -> tensor<1x6xi32> {
  %0 = spike.encode %x "e" kind activation : tensor<4x4xf32> -> tensor<4x4x!e>
  %1 = onnx.slice %0 {axes = array<i64: 0>, ends = array<i64: 1>, starts = array<i64: 0>, steps = array<i64: 1>}
      : (tensor<4x4x!e>) -> tensor<1x4x!e>
  %2 = spike.linear %1 {weight = dense<1> : tensor<4x6xi8>} : tensor<1x4x!e> -> tensor<1x6xi32>
  return %2 : tensor<1x6xi32>
}

// -----

!e = !spike.ttfs<bits = 4, zero = 0, mask = 0, scale = 0.25>

// Patches do not overlap: every input reaches 8 channels once.
// CHECK-LABEL: emitc.func @forward
// CHECK: call_opaque "countSpikes"{{.*}}#emitc.opaque<"8">
// CHECK: call_opaque "convolution"({{.*}}#emitc.opaque<"run.weights.filters(\22conv.weight\22, 1)">{{.*}}#emitc.opaque<"{2, 2}">, #emitc.opaque<"{0, 0, 0, 0}">, #emitc.opaque<"{1, 1}">]
func.func @patches(%x: tensor<1x3x4x4xf32>) -> tensor<1x8x2x2xi32> {
  %0 = spike.encode %x "e" kind activation : tensor<1x3x4x4xf32> -> tensor<1x3x4x4x!e>
  %1 = spike.conv %0 {weight = dense<1> : tensor<8x3x2x2xi8>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>,
      dilations = array<i64: 1, 1>, group = 1 : i64} : tensor<1x3x4x4x!e> -> tensor<1x8x2x2xi32>
  return %1 : tensor<1x8x2x2xi32>
}

// -----

!e = !spike.ttfs<bits = 4, zero = 0, mask = 0, scale = 0.25>

// A 3x3 kernel reaches fewer outputs from the border: events are counted by
// their positions.
// CHECK-LABEL: emitc.func @forward
// CHECK-NOT: countSynapticOperations
// CHECK: call_opaque "convolution"
// CHECK-NEXT: call_opaque "countConvolutionOperations"({{.*}}#emitc.opaque<"\22e\22">{{.*}}#emitc.opaque<"nullptr">, #emitc.opaque<"{}">, #emitc.opaque<"{8, 3, 3, 3}">, #emitc.opaque<"{1, 1}">, #emitc.opaque<"{1, 1, 1, 1}">, #emitc.opaque<"{1, 1}">, #emitc.opaque<"1">
// CHECK-NOT: countSynapticOperations
func.func @overlap(%x: tensor<1x3x4x4xf32>) -> tensor<1x8x4x4xi32> {
  %0 = spike.encode %x "e" kind activation : tensor<1x3x4x4xf32> -> tensor<1x3x4x4x!e>
  %1 = spike.conv %0 {weight = dense<1> : tensor<8x3x3x3xi8>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>,
      dilations = array<i64: 1, 1>, group = 1 : i64} : tensor<1x3x4x4x!e> -> tensor<1x8x4x4xi32>
  return %1 : tensor<1x8x4x4xi32>
}

// -----

!e = !spike.ttfs<bits = 4, zero = 0, mask = 0, scale = 0.25>

// Only events of kept tokens count, and the tokens run along axis 1 of the site
// but along axis 2 of what the convolution reads. Their flags (byte 0) stay in
// the buffer until then: the exponentials get other bytes.
// CHECK-LABEL: emitc.func @forward
// CHECK: %[[VALID:.*]] = call_opaque "run.buffer"() {args = [#emitc.opaque<"DType::Bool, {1, 6}">, 0]}
// CHECK: call_opaque "run.buffer"() {args = [#emitc.opaque<"DType::F32, {1, 6, 3}">, {{[1-9]}}
// CHECK: call_opaque "convolution"
// CHECK-NEXT: verbatim "countConvolutionOperations(run.context, \22e\22, {}, site_e, &{}, {{[{][{]}}2}, {{[{][{]}}8, 3, 3}, {{[{][{]}}1}, {{[{][{]}}1, 1}, {{[{][{]}}1}, 1);" args %{{.*}}, %[[VALID]]
func.func @tokens(%x: tensor<1x6x3xf32>, %m: tensor<1x1x1x6xf32>) -> (tensor<1x8x6xi32>, tensor<1x6x3xf32>) {
  %valid = spike.token_mask %m : tensor<1x1x1x6xf32> -> tensor<1x6xi1>
  %0 = spike.encode %x "e" kind activation valid(%valid : tensor<1x6xi1>) {token_axes = array<i64: 1>}
      : tensor<1x6x3xf32> -> tensor<1x6x3x!e>
  %1 = onnx.exp %x : (tensor<1x6x3xf32>) -> tensor<1x6x3xf32>
  %2 = onnx.relu %1 : (tensor<1x6x3xf32>) -> tensor<1x6x3xf32>
  %3 = onnx.transpose %0 [0, 2, 1] : (tensor<1x6x3x!e>) -> tensor<1x3x6x!e>
  %4 = spike.conv %3 {weight = dense<1> : tensor<8x3x3xi8>, strides = array<i64: 1>, pads = array<i64: 1, 1>,
      dilations = array<i64: 1>, group = 1 : i64} : tensor<1x3x6x!e> -> tensor<1x8x6xi32>
  return %4, %2 : tensor<1x8x6xi32>, tensor<1x6x3xf32>
}

// -----

!e = !spike.ttfs<bits = 4, zero = 0, mask = 0, scale = 0.25>

// A reshape that keeps no axis of tokens.
// CHECK-LABEL: emitc.func @forward
// CHECK: call_opaque "countConvolutionOperations"({{.*}}#emitc.opaque<"nullptr">, #emitc.opaque<"{}">, #emitc.opaque<"{8, 3, 3, 3}">
// ERR: warning: {{.*}}its synaptic operations are counted on all tokens, as its input has no axis that runs over them
func.func @no_axis(%x: tensor<1x6x6xf32>, %m: tensor<1x1x1x6xf32>) -> tensor<1x8x3x4xi32> {
  %valid = spike.token_mask %m : tensor<1x1x1x6xf32> -> tensor<1x6xi1>
  %0 = spike.encode %x "e" kind activation valid(%valid : tensor<1x6xi1>) {token_axes = array<i64: 1>}
      : tensor<1x6x6xf32> -> tensor<1x6x6x!e>
  %1 = onnx.reshape %0 [1, 3, 3, 4] : (tensor<1x6x6x!e>) -> tensor<1x3x3x4x!e>
  %2 = spike.conv %1 {weight = dense<1> : tensor<8x3x3x3xi8>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>,
      dilations = array<i64: 1, 1>, group = 1 : i64} : tensor<1x3x3x4x!e> -> tensor<1x8x3x4xi32>
  return %2 : tensor<1x8x3x4xi32>
}
