// RUN: snn-opt %s --spike-calibrate="inputs=random:20 act-bits=4 level-table=plain/x,relu/x" --mlir-print-local-scope | FileCheck %s --check-prefix=NAMED
// RUN: snn-opt %s --spike-calibrate="inputs=random:20 act-bits=3 level-table=hidden,plain/x=-9:-4:-2:-1:0:1:2:5" --mlir-print-local-scope | FileCheck %s --check-prefix=LIST
// RUN: snn-opt %s --spike-calibrate="inputs=random:20 act-bits=2 site-bits=plain/x=8 level-table=hidden" --mlir-print-local-scope | FileCheck %s --check-prefix=WIDE
// RUN: snn-opt %s --spike-calibrate="inputs=random:20 act-bits=4 level-table=plain/x" --spike-quantize --onnx-to-spike --spike-mttfs --mlir-print-local-scope | FileCheck %s --check-prefix=TRAIN
// RUN: not snn-opt %s --spike-calibrate="inputs=random:20 act-bits=4 level-table=nobody" 2>&1 | FileCheck %s --check-prefix=ABSENT
// RUN: not snn-opt %s --spike-calibrate="inputs=random:20 act-bits=4 level-table=values" 2>&1 | FileCheck %s --check-prefix=RESIDENT
// RUN: not snn-opt %s --spike-calibrate="inputs=random:20 act-bits=8 level-table=plain/x" 2>&1 | FileCheck %s --check-prefix=BITS
// RUN: not snn-opt %s --spike-calibrate="inputs=random:20 act-bits=8 level-table=hidden" 2>&1 | FileCheck %s --check-prefix=CLASS
// RUN: not snn-opt %s --spike-calibrate="inputs=random:20 act-bits=4 level-table=plain/x=0:1:2:4" 2>&1 | FileCheck %s --check-prefix=SIZE
// RUN: not snn-opt %s --spike-calibrate="inputs=random:20 act-bits=2 level-table=plain/x=1:2:3:4" 2>&1 | FileCheck %s --check-prefix=ZERO
// RUN: not snn-opt %s --spike-calibrate="inputs=random:20 act-bits=2 level-table=plain/x=0:2:1:4" 2>&1 | FileCheck %s --check-prefix=ORDER
// RUN: not snn-opt %s --spike-calibrate="inputs=random:20 act-bits=2 level-table=plain/x=0:1:2:256" 2>&1 | FileCheck %s --check-prefix=SPAN
// RUN: not snn-opt %s --spike-calibrate="inputs=random:20 act-bits=2 level-table=plain/x=0:1:2:x" 2>&1 | FileCheck %s --check-prefix=FORM

// ABSENT: error: has no site that spikes, and no class of them, 'nobody' to give a table of levels
// RESIDENT: error: has no site that spikes, and no class of them, 'values' to give a table of levels
// BITS: error: 'spike.site' op needs 2 to 6 bits for a table of levels, has 8
// CLASS: error: has no site in the class 'hidden' of as many bits as its table is for
// SIZE: error: 'spike.site' op needs a table of 16 levels, has 4
// ZERO: error: needs a table of levels with a 0, has 'plain/x=1:2:3:4'
// ORDER: error: needs a table that ascends, has 1 behind 2
// SPAN: error: needs a table that spans at most 255, has 256
// FORM: error: needs SITE or SITE=L:L:... for a table of levels, has 'plain/x=0:1:2:x'

// NAMED-LABEL: @sites
// NAMED: "plain/x" kind activation {bits = 4 : i64, scale = {{.*}}, table = array<i32: -16, -12, -8, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6, 8, 12>, zero = 8 : i64}
// NAMED: "relu/x" kind activation {bits = 4 : i64, scale = {{.*}}, table = array<i32: 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28>, zero = 0 : i64}
// NAMED: "value" kind value {bits = 8 : i64, scale = {{.*}}, zero = 128 : i64}
// LIST-LABEL: @sites
// LIST: "plain/x" kind activation {bits = 3 : i64, scale = {{.*}}, table = array<i32: -9, -4, -2, -1, 0, 1, 2, 5>, zero = 4 : i64}
// LIST: "relu/x" kind activation {bits = 3 : i64, scale = {{.*}}, table = array<i32: 0, 1, 2, 3, 4, 6, 8, 12>, zero = 0 : i64}
// WIDE-LABEL: @sites
// WIDE: "plain/x" kind activation {bits = 8 : i64, scale = {{.*}}, zero = {{[0-9]+}} : i64}
// WIDE: "relu/x" kind activation {bits = 2 : i64, scale = {{.*}}, table = array<i32: 0, 1, 2, 4>, zero = 0 : i64}
// TRAIN-LABEL: @sites
// TRAIN: spike.encode %{{.*}} "plain/x" kind activation : tensor<?x2xf32> -> tensor<?x2x!spike.ttfs<bits = 4, zero = 8, mask = 8, scale = {{.*}}, table = [-16, -12, -8, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6, 8, 12]>>
func.func @sites(%x: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>) {
  %w = onnx.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %0 = spike.site %x "plain/x" kind activation : tensor<?x2xf32>
  %1 = onnx.matmul %0, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %2 = onnx.relu %x : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %3 = spike.site %2 "relu/x" kind activation : tensor<?x2xf32>
  %4 = onnx.matmul %3, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %5 = spike.site %x "value" kind value : tensor<?x2xf32>
  return %1, %4, %5 : tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>
}
