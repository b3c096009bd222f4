// RUN: rm -rf %t && mkdir -p %t
// RUN: snn-opt %s --split-input-file --verify-diagnostics --snn-write-image=output=%t/x.snnimg
// RUN: not ls %t/x.snnimg

// expected-error@+1 {{needs a chip in 'xbar.chip'; run spike-to-xbar first}}
module {
  func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
    return %x : tensor<2xf32>
  }
}
