// RUN: snn-opt %s --split-input-file --verify-diagnostics

func.func @f() {
  // expected-error@+1 {{'onnx.constant' op needs a value of static tensor type, has 'vector<4xi32>'}}
  %0 = onnx.constant dense<0> : vector<4xi32>
  return
}

// -----

func.func @f() {
  // expected-error@+1 {{'onnx.constant' op needs dense elements or #onnx.param, has 1 : i32}}
  %0 = onnx.constant 1 : i32
  return
}

// -----

func.func @f() {
  // expected-error@+1 {{'onnx.constant' op needs a value of static tensor type, has 'tensor<?x4xf32>'}}
  %0 = onnx.constant #onnx.param<"m.onnx", "w"> : tensor<?x4xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.sqrt' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<?x8xi64>'}}
  %0 = onnx.sqrt %x : (tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.reciprocal' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<?x8xi64>'}}
  %0 = onnx.reciprocal %x : (tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.exp' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<?x8xi64>'}}
  %0 = onnx.exp %x : (tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.log' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<?x8xi64>'}}
  %0 = onnx.log %x : (tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.erf' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<?x8xi64>'}}
  %0 = onnx.erf %x : (tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.tanh' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<?x8xi64>'}}
  %0 = onnx.tanh %x : (tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.sigmoid' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<?x8xi64>'}}
  %0 = onnx.sigmoid %x : (tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.silu' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<?x8xi64>'}}
  %0 = onnx.silu %x : (tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.gelu' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<?x8xi64>'}}
  %0 = onnx.gelu %x : (tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<4xindex>) {
  // expected-error@+1 {{'onnx.neg' op operand #0 must be ranked tensor of floating-point or integer values}}
  %0 = onnx.neg %x : (tensor<4xindex>) -> tensor<4xindex>
  return
}

// -----

func.func @f(%x: tensor<4xindex>) {
  // expected-error@+1 {{'onnx.abs' op operand #0 must be ranked tensor of floating-point or integer values}}
  %0 = onnx.abs %x : (tensor<4xindex>) -> tensor<4xindex>
  return
}

// -----

func.func @f(%x: tensor<4xindex>) {
  // expected-error@+1 {{'onnx.relu' op operand #0 must be ranked tensor of floating-point or integer values}}
  %0 = onnx.relu %x : (tensor<4xindex>) -> tensor<4xindex>
  return
}

// -----

func.func @f(%x: tensor<4xindex>) {
  // expected-error@+1 {{'onnx.clip' op operand #0 must be ranked tensor of floating-point or integer values}}
  %0 = onnx.clip %x : (tensor<4xindex>) -> tensor<4xindex>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.neg' op needs results of type ('tensor<?x8xf32>'), has ('tensor<?x4xf32>')}}
  %0 = onnx.neg %x : (tensor<?x8xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.gelu' op needs 'approximate' to be "none" or "tanh", has "fast"}}
  %0 = onnx.gelu %x {approximate = "fast"} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.clip' op needs bounds with lo <= hi, has 1.000000e+00 and 0.000000e+00}}
  %0 = onnx.clip %x {hi = 0.0, lo = 1.0} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.not' op operand #0 must be ranked tensor of 1-bit signless integer values}}
  %0 = onnx.not %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.cast' op result #0 must be ranked tensor of floating-point or integer values}}
  %0 = onnx.cast %x {to = index} : (tensor<?x8xf32>) -> tensor<?x8xindex>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.cast' op needs a number type in 'to', has tensor<4xf32>}}
  %0 = onnx.cast %x {to = tensor<4xf32>} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.cast' op needs results of type ('tensor<?x8xi64>'), has ('tensor<?x8xf32>')}}
  %0 = onnx.cast %x {to = i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%a: tensor<?x8xf32>, %b: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.add' op needs operands of one element type, has 'f32' and 'i64'}}
  %0 = onnx.add %a, %b : (tensor<?x8xf32>, tensor<?x8xi64>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%a: tensor<?x8xf32>, %b: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.sub' op needs operands of one element type, has 'f32' and 'i64'}}
  %0 = onnx.sub %a, %b : (tensor<?x8xf32>, tensor<?x8xi64>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%a: tensor<?x8xf32>, %b: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.mul' op needs operands of one element type, has 'f32' and 'i64'}}
  %0 = onnx.mul %a, %b : (tensor<?x8xf32>, tensor<?x8xi64>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%a: tensor<?x8xf32>, %b: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.div' op needs operands of one element type, has 'f32' and 'i64'}}
  %0 = onnx.div %a, %b : (tensor<?x8xf32>, tensor<?x8xi64>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%a: tensor<?x8xf32>, %b: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.min' op needs operands of one element type, has 'f32' and 'i64'}}
  %0 = onnx.min %a, %b : (tensor<?x8xf32>, tensor<?x8xi64>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%a: tensor<?x8xf32>, %b: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.max' op needs operands of one element type, has 'f32' and 'i64'}}
  %0 = onnx.max %a, %b : (tensor<?x8xf32>, tensor<?x8xi64>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%a: tensor<?x8xf32>, %b: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.equal' op needs operands of one element type, has 'f32' and 'i64'}}
  %0 = onnx.equal %a, %b : (tensor<?x8xf32>, tensor<?x8xi64>) -> tensor<?x8xi1>
  return
}

// -----

func.func @f(%a: tensor<?x8xf32>, %b: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.less' op needs operands of one element type, has 'f32' and 'i64'}}
  %0 = onnx.less %a, %b : (tensor<?x8xf32>, tensor<?x8xi64>) -> tensor<?x8xi1>
  return
}

// -----

func.func @f(%a: tensor<?x8xf32>, %b: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.less_or_equal' op needs operands of one element type, has 'f32' and 'i64'}}
  %0 = onnx.less_or_equal %a, %b : (tensor<?x8xf32>, tensor<?x8xi64>) -> tensor<?x8xi1>
  return
}

// -----

func.func @f(%a: tensor<?x8xf32>, %b: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.greater' op needs operands of one element type, has 'f32' and 'i64'}}
  %0 = onnx.greater %a, %b : (tensor<?x8xf32>, tensor<?x8xi64>) -> tensor<?x8xi1>
  return
}

// -----

func.func @f(%a: tensor<?x8xf32>, %b: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.greater_or_equal' op needs operands of one element type, has 'f32' and 'i64'}}
  %0 = onnx.greater_or_equal %a, %b : (tensor<?x8xf32>, tensor<?x8xi64>) -> tensor<?x8xi1>
  return
}

// -----

func.func @f(%a: tensor<?x8xf32>, %b: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.and' op operand #0 must be ranked tensor of 1-bit signless integer values}}
  %0 = onnx.and %a, %b : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xi1>
  return
}

// -----

func.func @f(%a: tensor<?x8xf32>, %b: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.or' op operand #0 must be ranked tensor of 1-bit signless integer values}}
  %0 = onnx.or %a, %b : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xi1>
  return
}

// -----

func.func @f(%a: tensor<2x8xf32>, %b: tensor<3x8xf32>) {
  // expected-error@+1 {{'onnx.add' op needs shapes that broadcast, has 2x8 and 3x8}}
  %0 = onnx.add %a, %b : (tensor<2x8xf32>, tensor<3x8xf32>) -> tensor<2x8xf32>
  return
}

// -----

func.func @f(%a: tensor<2x8xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{'onnx.pow' op needs shapes that broadcast, has 2x8 and 4}}
  %0 = onnx.pow %a, %b : (tensor<2x8xf32>, tensor<4xf32>) -> tensor<2x8xf32>
  return
}

// -----

func.func @f(%c: tensor<?x8xf32>, %a: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.where' op operand #0 must be ranked tensor of 1-bit signless integer values}}
  %0 = onnx.where %c, %a, %a : (tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%c: tensor<3xi1>, %a: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.where' op needs shapes that broadcast, has 3 and ?x8}}
  %0 = onnx.where %c, %a, %a : (tensor<3xi1>, tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<9x2xf32>) {
  // expected-error@+1 {{'onnx.matmul' op needs 8 rows on the right, has 9: 4x8 times 9x2}}
  %0 = onnx.matmul %a, %b : (tensor<4x8xf32>, tensor<9x2xf32>) -> tensor<4x2xf32>
  return
}

// -----

func.func @f(%a: tensor<f32>, %b: tensor<8x2xf32>) {
  // expected-error@+1 {{'onnx.matmul' op needs operands with an axis, has a scalar}}
  %0 = onnx.matmul %a, %b : (tensor<f32>, tensor<8x2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%a: tensor<2x4x8xf32>, %b: tensor<3x8x2xf32>) {
  // expected-error@+1 {{'onnx.matmul' op needs shapes that broadcast, has 2 and 3}}
  %0 = onnx.matmul %a, %b : (tensor<2x4x8xf32>, tensor<3x8x2xf32>) -> tensor<2x4x2xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<2x9xf32>) {
  // expected-error@+1 {{'onnx.gemm' op needs 8 rows on the right, has 9}}
  %0 = onnx.gemm %a, %b {transB = true} : (tensor<4x8xf32>, tensor<2x9xf32>) -> tensor<4x2xf32>
  return
}

// -----

func.func @f(%a: tensor<2x4x8xf32>, %b: tensor<8x2xf32>) {
  // expected-error@+1 {{'onnx.gemm' op needs matrices, has 2x4x8 and 8x2}}
  %0 = onnx.gemm %a, %b : (tensor<2x4x8xf32>, tensor<8x2xf32>) -> tensor<4x2xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x2xf32>, %c: tensor<3xf32>) {
  // expected-error@+1 {{'onnx.gemm' op needs a c that broadcasts to 4x2, has 3}}
  %0 = onnx.gemm %a, %b, %c : (tensor<4x8xf32>, tensor<8x2xf32>, tensor<3xf32>) -> tensor<4x2xf32>
  return
}

// -----

func.func @f(%x: tensor<?x3xf32>, %w: tensor<4x3xf32>) {
  // expected-error@+1 {{'onnx.conv' op needs an x of rank 3 or 4, has 2}}
  %0 = onnx.conv %x, %w {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<?x3xf32>, tensor<4x3xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<?x3x8x8xf32>, %w: tensor<4x3x3xf32>) {
  // expected-error@+1 {{'onnx.conv' op needs a w of rank 4, has 3}}
  %0 = onnx.conv %x, %w {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<?x3x8x8xf32>, tensor<4x3x3xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<?x3x8x8xf32>, %w: tensor<4x2x3x3xf32>) {
  // expected-error@+1 {{'onnx.conv' op needs 3 input channels in w, has 2}}
  %0 = onnx.conv %x, %w {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<?x3x8x8xf32>, tensor<4x2x3x3xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<?x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error@+1 {{'onnx.conv' op needs a group that divides 3 inputs and 4 outputs, has 2}}
  %0 = onnx.conv %x, %w {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>, group = 2} : (tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<?x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error@+1 {{'onnx.conv' op needs 4 entries in 'pads', has 2}}
  %0 = onnx.conv %x, %w {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0>, strides = array<i64: 1, 1>} : (tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<?x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error@+1 {{'onnx.conv' op needs entries of at least 1 in 'strides', has 0}}
  %0 = onnx.conv %x, %w {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 0, 1>} : (tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<?x3x8x8xf32>, %w: tensor<4x3x9x9xf32>) {
  // expected-error@+1 {{'onnx.conv' op needs at least 9 elements for the window, has 8}}
  %0 = onnx.conv %x, %w {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<?x3x8x8xf32>, tensor<4x3x9x9xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<?x3x8x8xf32>, %w: tensor<4x3x3x3xf32>, %b: tensor<5xf32>) {
  // expected-error@+1 {{'onnx.conv' op needs a bias of 4 elements, has 5}}
  %0 = onnx.conv %x, %w, %b {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<5xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----

func.func @f(%q: tensor<2x4x8xf32>, %k: tensor<2x6x7xf32>, %v: tensor<2x6x3xf32>) {
  // expected-error@+1 {{'onnx.attention' op needs keys of depth 8, has 7}}
  %0 = onnx.attention %q, %k, %v {scale = 1.0} : (tensor<2x4x8xf32>, tensor<2x6x7xf32>, tensor<2x6x3xf32>) -> tensor<2x4x3xf32>
  return
}

// -----

func.func @f(%q: tensor<2x4x8xf32>, %k: tensor<2x6x8xf32>, %v: tensor<2x5x3xf32>) {
  // expected-error@+1 {{'onnx.attention' op needs 6 values, has 5}}
  %0 = onnx.attention %q, %k, %v {scale = 1.0} : (tensor<2x4x8xf32>, tensor<2x6x8xf32>, tensor<2x5x3xf32>) -> tensor<2x4x3xf32>
  return
}

// -----

func.func @f(%q: tensor<2x4x8xf32>, %k: tensor<3x6x8xf32>, %v: tensor<2x6x3xf32>) {
  // expected-error@+1 {{'onnx.attention' op needs shapes that broadcast, has 2 and 3}}
  %0 = onnx.attention %q, %k, %v {scale = 1.0} : (tensor<2x4x8xf32>, tensor<3x6x8xf32>, tensor<2x6x3xf32>) -> tensor<2x4x3xf32>
  return
}

// -----

func.func @f(%q: tensor<8xf32>, %k: tensor<2x6x8xf32>, %v: tensor<2x6x3xf32>) {
  // expected-error@+1 {{'onnx.attention' op needs operands of rank 2 or more, has 8}}
  %0 = onnx.attention %q, %k, %v {scale = 1.0} : (tensor<8xf32>, tensor<2x6x8xf32>, tensor<2x6x3xf32>) -> tensor<2x4x3xf32>
  return
}

// -----

func.func @f(%q: tensor<2x4x8xf32>, %k: tensor<2x6x8xf32>, %v: tensor<2x6x3xf32>, %m: tensor<2x4x5xf32>) {
  // expected-error@+1 {{'onnx.attention' op needs a mask that broadcasts to 2x4x6, has 2x4x5}}
  %0 = onnx.attention %q, %k, %v, %m {scale = 1.0} : (tensor<2x4x8xf32>, tensor<2x6x8xf32>, tensor<2x6x3xf32>, tensor<2x4x5xf32>) -> tensor<2x4x3xf32>
  return
}

// -----

func.func @f(%q: tensor<2x4x8xf32>, %k: tensor<2x6x8xf32>, %v: tensor<2x6x3xf32>) {
  // expected-error@+1 {{'onnx.attention' op needs a finite 'scale', has 0x7FF0000000000000 : f64}}
  %0 = onnx.attention %q, %k, %v {scale = 0x7FF0000000000000 : f64} : (tensor<2x4x8xf32>, tensor<2x6x8xf32>, tensor<2x6x3xf32>) -> tensor<2x4x3xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.softmax' op needs an axis in [-2, 2), has 2}}
  %0 = onnx.softmax %x {axis = 2} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.reduce_mean' op needs an axis in [-2, 2), has -3}}
  %0 = onnx.reduce_mean %x {axes = array<i64: -3>} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.reduce_sum' op needs an axis in [-2, 2), has -3}}
  %0 = onnx.reduce_sum %x {axes = array<i64: -3>} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.reduce_max' op needs an axis in [-2, 2), has -3}}
  %0 = onnx.reduce_max %x {axes = array<i64: -3>} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.reduce_sum' op has the axis -1 twice}}
  %0 = onnx.reduce_sum %x {axes = array<i64: 1, -1>} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.reduce_mean' op requires attribute 'axes'}}
  %0 = onnx.reduce_mean %x : (tensor<?x8xf32>) -> tensor<?x1xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>, %s: tensor<4xf32>) {
  // expected-error@+1 {{'onnx.layer_normalization' op needs a scale that broadcasts to 8, has 4}}
  %0 = onnx.layer_normalization %x, %s : (tensor<?x8xf32>, tensor<4xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>, %s: tensor<8xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{'onnx.layer_normalization' op needs a bias that broadcasts to 8, has 4}}
  %0 = onnx.layer_normalization %x, %s, %b : (tensor<?x8xf32>, tensor<8xf32>, tensor<4xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>, %s: tensor<8xf32>) {
  // expected-error@+1 {{'onnx.layer_normalization' op needs an epsilon of at least 0, has -1.000000e+00}}
  %0 = onnx.layer_normalization %x, %s {epsilon = -1.0} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>, %s: tensor<8xf32>, %t: tensor<7xf32>) {
  // expected-error@+1 {{'onnx.batch_normalization' op needs a mean of 8 elements, has 7}}
  %0 = onnx.batch_normalization %x, %s, %s, %t, %s : (tensor<?x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<7xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%s: tensor<8xf32>) {
  // expected-error@+1 {{'onnx.batch_normalization' op needs an x of rank 2 or more, has 1}}
  %0 = onnx.batch_normalization %s, %s, %s, %s, %s : (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.arg_max' op needs an axis in [-2, 2), has 4}}
  %0 = onnx.arg_max %x {axis = 4} : (tensor<?x8xf32>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.global_average_pool' op needs an x of rank 3 or more, has 2}}
  %0 = onnx.global_average_pool %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.average_pool' op needs an x of rank 3 or 4, has 2}}
  %0 = onnx.average_pool %x {kernel = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%x: tensor<?x3x1x4xf32>) {
  // expected-error@+1 {{'onnx.average_pool' op needs at least 2 elements for the window, has 1}}
  %0 = onnx.average_pool %x {kernel = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<?x3x1x4xf32>) -> tensor<?x3x1x2xf32>
  return
}

// -----

func.func @f(%x: tensor<?x3x4xf32>) {
  // expected-error@+1 {{'onnx.average_pool' op needs 1 entries in 'strides', has 2}}
  %0 = onnx.average_pool %x {kernel = array<i64: 2>, pads = array<i64: 0, 0>, strides = array<i64: 2, 2>} : (tensor<?x3x4xf32>) -> tensor<?x3x2xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.max_pool' op needs an x of rank 3 or 4, has 2}}
  %0 = onnx.max_pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%x: tensor<?x3x1x4xf32>) {
  // expected-error@+1 {{'onnx.max_pool' op needs at least 2 elements for the window, has 1}}
  %0 = onnx.max_pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<?x3x1x4xf32>) -> tensor<?x3x1x2xf32>
  return
}

// -----

func.func @f(%x: tensor<?x3x4xf32>) {
  // expected-error@+1 {{'onnx.max_pool' op needs 1 entries in 'strides', has 2}}
  %0 = onnx.max_pool %x {dilations = array<i64: 1>, kernel = array<i64: 2>, pads = array<i64: 0, 0>, strides = array<i64: 2, 2>} : (tensor<?x3x4xf32>) -> tensor<?x3x2xf32>
  return
}

// -----

func.func @f(%d: tensor<4x8xf32>, %i: tensor<2xi64>) {
  // expected-error@+1 {{'onnx.gather' op needs an axis in [-2, 2), has 2}}
  %0 = onnx.gather %d, %i {axis = 2} : (tensor<4x8xf32>, tensor<2xi64>) -> tensor<2x8xf32>
  return
}

// -----

func.func @f(%d: tensor<4x8xf32>, %i: tensor<2xf32>) {
  // expected-error@+1 {{'onnx.gather' op operand #1 must be ranked tensor of 32-bit signless integer or 64-bit signless integer values}}
  %0 = onnx.gather %d, %i : (tensor<4x8xf32>, tensor<2xf32>) -> tensor<2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6xf32>) {
  // expected-error@+1 {{'onnx.reshape' op needs at most one -1 in 'shape'}}
  %0 = onnx.reshape %x [-1, -1] : (tensor<2x6xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6xf32>) {
  // expected-error@+1 {{'onnx.reshape' op needs entries of at least -1 in 'shape', has -2}}
  %0 = onnx.reshape %x [-2, 3] : (tensor<2x6xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6xf32>) {
  // expected-error@+1 {{'onnx.reshape' op needs a shape with the elements of 2x6, has [5, -1]}}
  %0 = onnx.reshape %x [5, -1] : (tensor<2x6xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6xf32>) {
  // expected-error@+1 {{'onnx.reshape' op needs a shape with the elements of 2x6, has [5, 2]}}
  %0 = onnx.reshape %x [5, 2] : (tensor<2x6xf32>) -> tensor<5x2xf32>
  return
}

// -----

func.func @f(%x: tensor<?x6xf32>) {
  // expected-error@+1 {{'onnx.reshape' op needs a shape with the elements of ?x6, has [5, 2]}}
  %0 = onnx.reshape %x [5, 2] : (tensor<?x6xf32>) -> tensor<5x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6xf32>) {
  // expected-error@+1 {{'onnx.transpose' op needs a permutation of 2 axes, has [0, 0]}}
  %0 = onnx.transpose %x [0, 0] : (tensor<2x6xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6xf32>) {
  // expected-error@+1 {{'onnx.transpose' op needs 2 entries in 'permutation', has 1}}
  %0 = onnx.transpose %x [0] : (tensor<2x6xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6xf32>) {
  // expected-error@+1 {{'onnx.transpose' op needs a permutation of 2 axes, has [0, 2]}}
  %0 = onnx.transpose %x [0, 2] : (tensor<2x6xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @f(%a: tensor<2x6xf32>, %b: tensor<3x6xf32>) {
  // expected-error@+1 {{'onnx.concat' op needs inputs that agree outside axis 1, has 2x6 and 3x6}}
  %0 = onnx.concat %a, %b {axis = 1} : (tensor<2x6xf32>, tensor<3x6xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @f(%a: tensor<2x6xf32>, %b: tensor<6xf32>) {
  // expected-error@+1 {{'onnx.concat' op needs inputs of one rank, has 2 and 1}}
  %0 = onnx.concat %a, %b {axis = 0} : (tensor<2x6xf32>, tensor<6xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @f() {
  // expected-error@+1 {{'onnx.concat' op needs at least one input}}
  %0 = onnx.concat {axis = 0} : () -> tensor<2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6xf32>) {
  // expected-error@+1 {{'onnx.slice' op needs steps other than 0}}
  %0 = onnx.slice %x {axes = array<i64: 0>, ends = array<i64: 1>, starts = array<i64: 0>, steps = array<i64: 0>} : (tensor<2x6xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6xf32>) {
  // expected-error@+1 {{'onnx.slice' op needs 1 entries in 'starts', has 2}}
  %0 = onnx.slice %x {axes = array<i64: 0>, ends = array<i64: 1>, starts = array<i64: 0, 0>, steps = array<i64: 1>} : (tensor<2x6xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6xf32>) {
  // expected-error@+1 {{'onnx.slice' op needs an axis in [-2, 2), has 3}}
  %0 = onnx.slice %x {axes = array<i64: 3>, ends = array<i64: 1>, starts = array<i64: 0>, steps = array<i64: 1>} : (tensor<2x6xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6xf32>) {
  // expected-error@+1 {{'onnx.split' op needs sizes that add up to 6, has 8}}
  %0:2 = onnx.split %x {axis = 1, sizes = array<i64: 4, 4>} : (tensor<2x6xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>)
  return
}

// -----

func.func @f(%x: tensor<2x6xf32>) {
  // expected-error@+1 {{'onnx.split' op needs results of type ('tensor<2x2xf32>', 'tensor<2x4xf32>'), has ('tensor<2x2xf32>')}}
  %0 = onnx.split %x {axis = 1, sizes = array<i64: 2, 4>} : (tensor<2x6xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6xf32>) {
  // expected-error@+1 {{'onnx.expand' op needs the operand 'like' for the -1 in 'shape'}}
  %0 = onnx.expand %x {shape = array<i64: -1, 6>} : (tensor<2x6xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6xf32>, %l: tensor<f32>) {
  // expected-error@+1 {{'onnx.expand' op needs a 'like' with an axis, has a scalar}}
  %0 = onnx.expand %x, %l {shape = array<i64: -1, 6>} : (tensor<2x6xf32>, tensor<f32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6xf32>) {
  // expected-error@+1 {{'onnx.expand' op needs shapes that broadcast, has 2x6 and 3x6}}
  %0 = onnx.expand %x {shape = array<i64: 3, 6>} : (tensor<2x6xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6xf32>) {
  // expected-error@+1 {{'onnx.tile' op needs 2 entries in 'repeats', has 1}}
  %0 = onnx.tile %x {repeats = array<i64: 2>} : (tensor<2x6xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6xf32>) {
  // expected-error@+1 {{'onnx.tile' op needs entries of at least 0 in 'repeats', has -1}}
  %0 = onnx.tile %x {repeats = array<i64: 2, -1>} : (tensor<2x6xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6xf32>) {
  // expected-error@+1 {{'onnx.pad' op needs 4 entries in 'pads', has 2}}
  %0 = onnx.pad %x {pads = array<i64: 1, 1>} : (tensor<2x6xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6xf32>) {
  // expected-error@+1 {{'onnx.pad' op needs 'mode' to be "constant", "reflect", "edge" or "wrap", has "mirror"}}
  %0 = onnx.pad %x {mode = "mirror", pads = array<i64: 0, 0, 0, 0>} : (tensor<2x6xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6xf32>) {
  // expected-error@+1 {{'onnx.pad' op needs reflection by less than 2 elements on axis 0, has 2}}
  %0 = onnx.pad %x {mode = "reflect", pads = array<i64: 2, 0, 0, 0>} : (tensor<2x6xf32>) -> tensor<4x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6xf32>) {
  // expected-error@+1 {{'onnx.pad' op needs a result axis 0 of at least 0 elements, has -1}}
  %0 = onnx.pad %x {pads = array<i64: -3, 0, 0, 0>} : (tensor<2x6xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @f(%a: tensor<i64>, %b: tensor<1xi64>) {
  // expected-error@+1 {{'onnx.range' op needs scalars, has 1}}
  %0 = onnx.range %a, %b, %a : (tensor<i64>, tensor<1xi64>, tensor<i64>) -> tensor<?xi64>
  return
}

// -----

func.func @f(%a: tensor<i64>, %b: tensor<i32>) {
  // expected-error@+1 {{'onnx.range' op needs operands of one element type, has 'i64' and 'i32'}}
  %0 = onnx.range %a, %b, %a : (tensor<i64>, tensor<i32>, tensor<i64>) -> tensor<?xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>, %s: tensor<f32>) {
  // expected-error@+1 {{'onnx.quantize_linear' op needs 'to' to be ui8 or i8, has i32}}
  %0 = onnx.quantize_linear %x, %s {to = i32} : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>, %s: tensor<4xf32>) {
  // expected-error@+1 {{'onnx.quantize_linear' op needs a scale of 8 elements, has 4}}
  %0 = onnx.quantize_linear %x, %s {to = i8} : (tensor<?x8xf32>, tensor<4xf32>) -> tensor<?x8xi8>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>, %s: tensor<f32>, %z: tensor<i8>) {
  // expected-error@+1 {{'onnx.quantize_linear' op needs a zero point of type 'ui8', has 'i8'}}
  %0 = onnx.quantize_linear %x, %s, %z {to = ui8} : (tensor<?x8xf32>, tensor<f32>, tensor<i8>) -> tensor<?x8xui8>
  return
}

// -----

func.func @f(%x: tensor<4x8xi64>, %s: tensor<f32>) {
  // expected-error@+1 {{'onnx.dequantize_linear' op needs an x of type ui8, i8 or i32, has 'i64'}}
  %0 = onnx.dequantize_linear %x, %s : (tensor<4x8xi64>, tensor<f32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xi8>, %s: tensor<4xf32>, %z: tensor<3xi8>) {
  // expected-error@+1 {{'onnx.dequantize_linear' op needs a zero point of the scale's shape 4, has 3}}
  %0 = onnx.dequantize_linear %x, %s, %z {axis = 0} : (tensor<4x8xi8>, tensor<4xf32>, tensor<3xi8>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xi8>, %s: tensor<2x2xf32>) {
  // expected-error@+1 {{'onnx.dequantize_linear' op needs a scale that is a scalar or a vector, has 2x2}}
  %0 = onnx.dequantize_linear %x, %s : (tensor<4x8xi8>, tensor<2x2xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%p: tensor<4x8xf32>) {
  // expected-error@+1 {{'onnx.random_uniform_like' op needs one time step or more, has 0}}
  %0 = onnx.random_uniform_like %p {steps = 0 : i64} : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%p: tensor<4x8xf32>) {
  // expected-error@+1 {{'onnx.random_uniform_like' op needs stage 0, 1 or 2, has 3}}
  %0 = onnx.random_uniform_like %p {stage = 3 : i64} : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%p: tensor<4x8xf32>) {
  // expected-error@+1 {{'onnx.random_uniform_like' op needs a layer number that is not negative, has -1}}
  %0 = onnx.random_uniform_like %p {layer_id = -1 : i64} : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.sin' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<?x8xi64>'}}
  %0 = onnx.sin %x : (tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.cos' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<?x8xi64>'}}
  %0 = onnx.cos %x : (tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.tan' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<?x8xi64>'}}
  %0 = onnx.tan %x : (tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.asin' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<?x8xi64>'}}
  %0 = onnx.asin %x : (tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.acos' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<?x8xi64>'}}
  %0 = onnx.acos %x : (tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.atan' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<?x8xi64>'}}
  %0 = onnx.atan %x : (tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.sinh' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<?x8xi64>'}}
  %0 = onnx.sinh %x : (tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.cosh' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<?x8xi64>'}}
  %0 = onnx.cosh %x : (tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.asinh' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<?x8xi64>'}}
  %0 = onnx.asinh %x : (tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.acosh' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<?x8xi64>'}}
  %0 = onnx.acosh %x : (tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.atanh' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<?x8xi64>'}}
  %0 = onnx.atanh %x : (tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.floor' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<?x8xi64>'}}
  %0 = onnx.floor %x : (tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.ceil' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<?x8xi64>'}}
  %0 = onnx.ceil %x : (tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xi64>) {
  // expected-error@+1 {{'onnx.round' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<?x8xi64>'}}
  %0 = onnx.round %x : (tensor<?x8xi64>) -> tensor<?x8xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8x!spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>>) {
  // expected-error@+1 {{'onnx.sign' op operand #0 must be ranked tensor of floating-point or integer values}}
  %0 = onnx.sign %x : (tensor<?x8x!spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%a: tensor<?x8xf32>, %b: tensor<8xi64>) {
  // expected-error@+1 {{'onnx.mod' op needs operands of one element type, has 'f32' and 'i64'}}
  %0 = onnx.mod %a, %b : (tensor<?x8xf32>, tensor<8xi64>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.reduce_min' op needs an axis in [-2, 2), has 2}}
  %0 = onnx.reduce_min %x {axes = array<i64: 2>} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.reduce_prod' op has the axis -1 twice}}
  %0 = onnx.reduce_prod %x {axes = array<i64: 1, -1>} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.arg_min' op needs an axis in [-2, 2), has -3}}
  %0 = onnx.arg_min %x {axis = -3 : i64} : (tensor<?x8xf32>) -> tensor<?x1xi64>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.cum_sum' op needs an axis in [-2, 2), has 2}}
  %0 = onnx.cum_sum %x {axis = 2 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'onnx.top_k' op needs a k from 0 to 8, has 9}}
  %0:2 = onnx.top_k %x {k = 9 : i64} : (tensor<?x8xf32>) -> (tensor<?x9xf32>, tensor<?x9xi64>)
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %i: tensor<3x2xi64>) {
  // expected-error@+1 {{'onnx.gather_elements' op needs at most 2 indices on axis 0, has 3}}
  %0 = onnx.gather_elements %x, %i {axis = 1 : i64} : (tensor<2x8xf32>, tensor<3x2xi64>) -> tensor<3x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %i: tensor<2xi64>) {
  // expected-error@+1 {{'onnx.gather_elements' op needs indices of rank 2, has 1}}
  %0 = onnx.gather_elements %x, %i {axis = 1 : i64} : (tensor<2x8xf32>, tensor<2xi64>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %i: tensor<2x2xi64>, %u: tensor<2x3xf32>) {
  // expected-error@+1 {{'onnx.scatter_elements' op needs updates of the shape of the indices, 2x2, has 2x3}}
  %0 = onnx.scatter_elements %x, %i, %u {axis = 1 : i64} : (tensor<2x8xf32>, tensor<2x2xi64>, tensor<2x3xf32>) -> tensor<2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %i: tensor<2x2xi64>, %u: tensor<2x2xf32>) {
  // expected-error@+1 {{'onnx.scatter_elements' op needs 'reduction' to be "none", "add", "mul", "min" or "max", has "mean"}}
  %0 = onnx.scatter_elements %x, %i, %u {axis = 1 : i64, reduction = "mean"} : (tensor<2x8xf32>, tensor<2x2xi64>, tensor<2x2xf32>) -> tensor<2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %i: tensor<5x3xi64>) {
  // expected-error@+1 {{'onnx.gather_nd' op needs tuples of 1 to 2 indices, has 5x3}}
  %0 = onnx.gather_nd %x, %i : (tensor<2x8xf32>, tensor<5x3xi64>) -> tensor<5xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %i: tensor<5x1xi64>) {
  // expected-error@+1 {{'onnx.gather_nd' op needs indices with the batch axes of 2x8, has 5x1}}
  %0 = onnx.gather_nd %x, %i {batchDims = 1 : i64} : (tensor<2x8xf32>, tensor<5x1xi64>) -> tensor<5xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %i: tensor<5x1xi64>, %u: tensor<5x7xf32>) {
  // expected-error@+1 {{'onnx.scatter_nd' op needs updates of shape 5x8, has 5x7}}
  %0 = onnx.scatter_nd %x, %i, %u : (tensor<2x8xf32>, tensor<5x1xi64>, tensor<5x7xf32>) -> tensor<2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xi64>) {
  // expected-error@+1 {{'onnx.resize' op needs elements of type f32 to interpolate, has 'i64'}}
  %0 = onnx.resize %x {mode = "linear", sizes = array<i64: -1, -1, 8, 8>} : (tensor<1x3x4x4xi64>) -> tensor<1x3x8x8xi64>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xf32>) {
  // expected-error@+1 {{'onnx.resize' op needs 4 entries in 'sizes', has 2}}
  %0 = onnx.resize %x {sizes = array<i64: 8, 8>} : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xf32>) {
  // expected-error@+1 {{'onnx.resize' op needs 'mode' to be one of "nearest", "linear", "cubic", has "area"}}
  %0 = onnx.resize %x {mode = "area", sizes = array<i64: -1, -1, 8, 8>} : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xf32>, %s: tensor<2xf32>) {
  // expected-error@+1 {{'onnx.resize' op needs 4 elements in 'scales', has 2}}
  %0 = onnx.resize %x scales %s {sizes = array<i64: -1, -1, 8, 8>} : (tensor<1x3x4x4xf32>, tensor<2xf32>) -> tensor<1x3x8x8xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xf32>) {
  // expected-error@+1 {{'onnx.resize' op needs the operand 'roi'}}
  %0 = onnx.resize %x {sizes = array<i64: -1, -1, 8, 8>, transform = "tf_crop_and_resize"} : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x4xf32>) {
  // expected-error@+1 {{'onnx.max_pool_indices' op needs 1 entries in 'kernel', has 2}}
  %0 = onnx.max_pool_indices %x {dilations = array<i64: 1>, kernel = array<i64: 2, 2>, pads = array<i64: 0, 0>, strides = array<i64: 2>} : (tensor<1x3x4xf32>) -> tensor<1x3x2xi64>
  return
}
