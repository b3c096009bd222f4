// What each kind of unit counts, computed by hand.
//
// RUN: rm -rf %t && mkdir -p %t
// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=%S/Inputs/hand.yaml --xbar-tile --xbar-place=max-replicas=1 --xbar-schedule \
// RUN:   --xbar-report-energy=assume=rate=0.5 -o /dev/null | FileCheck %s
// RUN: snn-opt %s --split-input-file --spike-to-xbar=chip=digital-22nm --xbar-schedule --xbar-report-energy=assume=rate=0.5 -o /dev/null \
// RUN:   | FileCheck %s --check-prefix=DIGITAL

!t = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 0.25>

// A padded convolution: of 16 positions x 4 taps, 36 taps lie inside of the image, at
// 2 outputs 72 synapses. 36 events x 2 bits x 2 hops; 16 vectors x 2 columns x 2
// passes; 72 x 2 x 1/4 cells, 36 x 2 x 1/4 rows; 32 outputs x 3 comparisons.
// CHECK-LABEL: energy of one inference
// CHECK: movement 144.0000 pJ 37.9 % 144.0000 pJ 40.4 % 72.0000 pJ 25.3 %
// CHECK-NEXT: crossbar_adc 64.0000 pJ
// CHECK-NEXT: crossbar_control 128.0000 pJ
// CHECK-NEXT: crossbar_cells 18.0000 pJ
// CHECK-NEXT: crossbar_word_lines 2.2500 pJ
// CHECK-NEXT: accumulate 0.0000 pJ 0.0 % 0.3200 pJ
// CHECK-NEXT: threshold 24.0000 pJ
// 36 events at 2 targets; bytes of 8-bit fetches.
// DIGITAL-LABEL: energy of one inference
// DIGITAL: weight_access 28.3548 pJ
// DIGITAL-NEXT: accumulate 1.9613 pJ
module {
func.func @main(%x: tensor<1x1x3x3x!t>) -> tensor<1x2x4x4xi32> {
  %0 = spike.conv %x {weight = dense<1> : tensor<2x1x2x2xi8>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>,
      dilations = array<i64: 1, 1>, group = 1 : i64} : tensor<1x1x3x3x!t> -> tensor<1x2x4x4xi32>
  return %0 : tensor<1x2x4x4xi32>
}
}

// -----

!t = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 0.25>
!k = !spike.level<bits = 2, zero = 0, mask = 0, scale = 0.25>

// 4 events at 2 keys: 8 x 2 bits x 2 hops, 8 reads of 2 bits, 8 levels of 2 bits
// written, 8 additions.
// CHECK-LABEL: energy of one inference
// CHECK: movement 32.0000 pJ {{.*}} 16.0000 pJ
// CHECK-NEXT: accumulate 0.8000 pJ
// CHECK-NEXT: attention_memory 16.0000 pJ
// DIGITAL-LABEL: energy of one inference
// Reads of 8 bits at least, 64 + 16 bits.
// DIGITAL: attention_memory 7.8763 pJ
module {
func.func @main(%q: tensor<1x1x2x4x!t>, %k: tensor<1x1x2x4x!k>) -> tensor<1x1x2x2xi32> {
  %0 = spike.matmul %q, %k {transposed, engine = "mttfs"} : tensor<1x1x2x4x!t>, tensor<1x1x2x4x!k> -> tensor<1x1x2x2xi32>
  return %0 : tensor<1x1x2x2xi32>
}
}

// -----

!t = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 0.25>
!k = !spike.level<bits = 2, zero = 0, mask = 0, scale = 0.25>

// Without the engine 16 multiply-adds of 0.2 pJ, and 8 x 2 + 8 x 2 + 4 x 32 bits of
// operands and results, 0.125 pJ each; nothing of it is paper-compatible.
// CHECK-LABEL: energy of one inference
// CHECK: digital_unit 0.0000 pJ 0.0 % 23.2000 pJ
module {
func.func @main(%q: tensor<1x1x2x4x!t>, %k: tensor<1x1x2x4x!k>) -> tensor<1x1x2x2xi32> {
  %0 = spike.matmul %q, %k {transposed, engine = "trace_woss"} : tensor<1x1x2x4x!t>, tensor<1x1x2x4x!k> -> tensor<1x1x2x2xi32>
  return %0 : tensor<1x1x2x2xi32>
}
}

// -----

// 4 results x (4 + an exponential of 8) multiply-adds of 4 pJ, 8 x 32 bits.
// CHECK-LABEL: energy of one inference
// CHECK: digital_unit 0.0000 pJ 0.0 % 224.0000 pJ
module {
func.func @main(%x: tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32> {
  %0 = onnx.softmax %x {axis = -1 : i64} : (tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  return %0 : tensor<1x1x2x2xf32>
}
}

// -----

!t = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 0.25>

// Three layers of 1, 2 and 1 tiles on a chip of two are programmed in every inference: 64
// cells, and 4 + 8 + 4 rows one after the other on the one core.
// CHECK-LABEL: energy of one inference
// CHECK: programming 640.0000 pJ, 1.600 us, in every inference
module {
func.func @main(%x: tensor<2x4x!t>) -> (tensor<2x2xi32>, tensor<2x4xi32>, tensor<2x2xi32>) {
  %0 = spike.linear %x {weight = dense<1> : tensor<4x2xi8>} : tensor<2x4x!t> -> tensor<2x2xi32> loc("a")
  %1 = spike.linear %x {weight = dense<1> : tensor<4x4xi8>} : tensor<2x4x!t> -> tensor<2x4xi32> loc("b")
  %2 = spike.linear %x {weight = dense<1> : tensor<4x2xi8>} : tensor<2x4x!t> -> tensor<2x2xi32> loc("c")
  return %0, %1, %2 : tensor<2x2xi32>, tensor<2x4xi32>, tensor<2x2xi32>
}
}

// -----

!t = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 0.25>

// Three tiles side by side on a chip of two crossbars: two rounds. A vector takes 2 passes of
// 10 + 2 x 5 ns, in both. Two slices of a vector: the first round ends after
// 2 x 40 + 8 additions of the last slice, the second after 2 x 40 + 4. Writing 8 rows
// one after another takes 800 ns, the 4 of the second round 400: 800 + 88 + 400 + 84.
// CHECK-LABEL: energy of one inference
// CHECK: latency 1.372 us
// CHECK-NEXT: programming 480.0000 pJ, 1.200 us, in every inference
module {
func.func @main(%x: tensor<2x4x!t>) -> tensor<2x6xi32> {
  %0 = spike.linear %x {weight = dense<1> : tensor<4x6xi8>} : tensor<2x4x!t> -> tensor<2x6xi32> loc("a")
  return %0 : tensor<2x6xi32>
}
}

// -----

!t = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 0.25>

// Three row blocks on that chip: the sums of 2 outputs of 2 vectors, 32 bits each, are
// written and read between the rounds. 24 inputs / 2 events x 2 bits x 2 hops, and 256
// bits x 2 hops.
// CHECK-LABEL: energy of one inference
// CHECK: movement {{.*}} 560.0000 pJ
// CHECK: digital_unit 0.0000 pJ 0.0 % 32.0000 pJ
module {
func.func @main(%x: tensor<2x12x!t>) -> tensor<2x2xi32> {
  %0 = spike.linear %x {weight = dense<1> : tensor<12x2xi8>} : tensor<2x12x!t> -> tensor<2x2xi32> loc("a")
  return %0 : tensor<2x2xi32>
}
}
