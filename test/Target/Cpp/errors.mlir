// What goes wrong after the compiler proper is said, and nothing is left behind.
// RUN: rm -rf %t && mkdir -p %t && touch %t/file
// RUN: not snn-opt %s --spike-to-emitc --snn-write-simulator=output=%t/file/sub 2>&1 | FileCheck %s --check-prefix=DIRECTORY
// RUN: not snn-opt %s --snn-write-simulator=output=%t 2>&1 | FileCheck %s --check-prefix=MODULE
// RUN: env CXX=no-such-compiler not snn-opt %s --spike-to-emitc --snn-write-simulator="output=%t build=true" 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: env CXX=false not snn-opt %s --spike-to-emitc --snn-write-simulator="output=%t build=true" 2>&1 | FileCheck %s --check-prefix=FAILED
// RUN: ls %t | FileCheck %s --check-prefix=FILES

// DIRECTORY: error: cannot make the directory '{{.*}}file/sub': Not a directory
// MODULE: error: needs the attribute 'spike.constants': it is no simulator that spike-to-emitc made
// MISSING: error: cannot build the simulator: cannot find the program 'no-such-compiler'
// MISSING-NEXT: command: no-such-compiler -std=c++17 -O0 -ffp-contract=off {{.*}}sim.cpp
// FAILED: error: cannot build the simulator: 'false' failed with exit status 1
// FILES: file
// FILES-NEXT: sim.cpp
// FILES-NEXT: weights.safetensors
// FILES-NOT: {{.}}

func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %0 = onnx.relu %x : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}
