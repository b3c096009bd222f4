// Digits are relative to the mask: their weighted sum may need more than the 32 bits of
// the accumulator that it makes up with the offset. With ideal devices the chip is exact.
//
// 34,000 inputs at the highest level: 255 * 255 * 34,000 = 2,210,850,000 of the digits,
// 127 * 255 * 34,000 = 1,101,090,000 with the offset.
//
// RUN: rm -rf %t && mkdir -p %t
// RUN: snn-opt %s --spike-to-xbar=chip=matterhorn-22nm --xbar-tile --xbar-place=max-replicas=1 --xbar-schedule \
// RUN:   --snn-write-image=output=%t/a.snnimg -o %t/a.mlir
// RUN: %python -c "import numpy as np; np.savez('%t/x.npz', x=np.full((1, 34000), 127, 'f4'))"
// RUN: snn-run --compare %t/a.mlir %t/a.snnimg --input %t/x.npz | FileCheck %s
// RUN: snn-run %t/a.snnimg --input %t/x.npz --output %t/y.npz
// RUN: snn-run %t/a.snnimg --input %t/x.npz --output %t/z.npz --drive slot-serial
// RUN: %python -c "import numpy as np; print(int(np.load('%t/y.npz')['y'][0, 0]), int(np.load('%t/z.npz')['y'][0, 0]))" | FileCheck %s --check-prefix=SUM
//
// CHECK: bit for bit
// SUM: 1101090000 1101090000

!t = !spike.ttfs<bits = 8, zero = 128, mask = 0, scale = 1.0>
func.func @main(%x: tensor<1x34000xf32> {onnx.name = "x"}) -> (tensor<1x1xi32> {onnx.name = "y"}) {
  %0 = spike.encode %x "e" kind activation : tensor<1x34000xf32> -> tensor<1x34000x!t>
  %1 = spike.linear %0 {weight = dense<255> : tensor<34000x1xi16>, offset = dense<-1109760000> : tensor<1xi32>}
      : tensor<1x34000x!t> -> tensor<1x1xi32> loc("fc")
  return %1 : tensor<1x1xi32>
}
