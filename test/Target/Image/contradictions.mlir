// Images whose checksums are right and whose fields contradict each other are refused by
// every tool that reads them, before anything runs.
//
// RUN: rm -rf %t && mkdir -p %t
// RUN: snn-opt %s --spike-to-xbar=chip=matterhorn-22nm --xbar-tile --xbar-place=max-replicas=1 --xbar-schedule \
// RUN:   --snn-write-image=output=%t/a.snnimg -o %t/a.mlir
// RUN: %python -c "import numpy as np; np.savez('%t/x.npz', arg0=np.ones((1, 2), 'f4'))"
// RUN: snn-image verify %t/a.snnimg
// RUN: snn-run %t/a.snnimg --input %t/x.npz
//
// RUN: %python %S/Inputs/change.py %source/runtime/image/image.proto %t/a.snnimg %t/b.snnimg program.instructions.1.operands=[-1]
// RUN: not snn-image verify %t/b.snnimg 2>&1 | FileCheck %s --check-prefix=OPERAND
// RUN: not snn-run %t/b.snnimg --input %t/x.npz --output %t/y.npz 2>&1 | FileCheck %s --check-prefix=OPERAND
// OPERAND: error: {{.*}}b.snnimg: section 'program' is malformed: instruction 'a' needs its operand 0
//
// RUN: %python %S/Inputs/change.py %source/runtime/image/image.proto %t/a.snnimg %t/b.snnimg layers.layers.0.drive.bits=32
// RUN: not snn-image verify %t/b.snnimg 2>&1 | FileCheck %s --check-prefix=BITS
// RUN: not snn-run %t/b.snnimg --input %t/x.npz --output %t/y.npz --drive slot-serial 2>&1 | FileCheck %s --check-prefix=BITS
// BITS: section 'layers' is malformed: layer 'a' drives 32 bits
//
// RUN: %python %S/Inputs/change.py %source/runtime/image/image.proto %t/a.snnimg %t/b.snnimg layers.layers.0.drive.pass_factors=[]
// RUN: not snn-image verify %t/b.snnimg 2>&1 | FileCheck %s --check-prefix=PASSES
// RUN: not snn-run %t/b.snnimg --input %t/x.npz --output %t/y.npz 2>&1 | FileCheck %s --check-prefix=PASSES
// RUN: not snn-run --compare %t/a.mlir %t/b.snnimg --input %t/x.npz 2>&1 | FileCheck %s --check-prefix=PASSES
// PASSES: section 'layers' is malformed: layer 'a' has passes that do not drive its digits
//
// The chip is what its description says, in every field.
// RUN: %python %S/Inputs/change.py %source/runtime/image/image.proto %t/a.snnimg %t/b.snnimg chip.fingerprint=1
// RUN: not snn-image verify %t/b.snnimg 2>&1 | FileCheck %s --check-prefix=PRINT
// RUN: not snn-run %t/b.snnimg --input %t/x.npz 2>&1 | FileCheck %s --check-prefix=PRINT
// PRINT: section 'chip' is malformed: its description has the fingerprint {{[0-9a-f]+}}, it says 0000000000000001
// RUN: %python %S/Inputs/change.py %source/runtime/image/image.proto %t/a.snnimg %t/b.snnimg chip.device.g_off_us=7.5
// RUN: not snn-image verify %t/b.snnimg 2>&1 | FileCheck %s --check-prefix=DEVICE
// DEVICE: section 'chip' is malformed: it differs from its description: modified: device.g_off_us
//
// What kernels make of their operands shows when the program runs, on zeros.
// RUN: %python %S/Inputs/change.py %source/runtime/image/image.proto %t/a.snnimg %t/b.snnimg program.values.3.type=7 interface.outputs.0.type=7
// RUN: not snn-image verify %t/b.snnimg 2>&1 | FileCheck %s --check-prefix=TYPE
// RUN: not snn-run %t/b.snnimg --input %t/x.npz 2>&1 | FileCheck %s --check-prefix=TYPE
// TYPE: gives F32 1x2, declares F64 1x2
//
// Nothing was written by runs that were refused.
// RUN: not ls %t/y.npz

!t = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 0.5>
module {
func.func @main(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %0 = spike.encode %x "e1" kind activation : tensor<1x2xf32> -> tensor<1x2x!t>
  %1 = spike.linear %0 {weight = dense<[[1, 1], [-1, 1]]> : tensor<2x2xi8>} : tensor<1x2x!t> -> tensor<1x2xi32> loc("a")
  %2 = spike.rescale %1 {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<1x2xi32> -> tensor<1x2xf32>
  return %2 : tensor<1x2xf32>
}
}
