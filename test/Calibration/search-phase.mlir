// RUN: %python %S/Inputs/make_npz.py %t.npz arg0=16x4=normal:3
// RUN: snn-opt %s --spike-calibrate-phase="inputs=%t.npz base=2 phases=4" --spike-search-phase="inputs=%t.npz metric=error budget=0.28 phases=2,4,8,16,32 bases=1.15,1.4,2" --mlir-print-local-scope | FileCheck %s
// RUN: snn-opt %s --spike-calibrate-phase="inputs=%t.npz base=2 phases=4" --spike-search-phase="inputs=%t.npz metric=agreement budget=0.95 phases=4,32 bases=1.15" --mlir-print-local-scope | FileCheck %s --check-prefix=AGREE
// RUN: snn-opt %s --spike-calibrate-phase="inputs=%t.npz base=2 phases=4" --spike-search-phase="inputs=%t.npz budget=0.0001 phases=2,4 bases=2" --mlir-print-local-scope 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not snn-opt %s --spike-search-phase="inputs=%t.npz" 2>&1 | FileCheck %s --check-prefix=FIRST
// RUN: not snn-opt %s --spike-search-phase="inputs=%t.npz metric=spikes" 2>&1 | FileCheck %s --check-prefix=METRIC
// RUN: not snn-opt %s --spike-search-phase="inputs=%t.npz phases=200" 2>&1 | FileCheck %s --check-prefix=RANGE

// Candidates are tried from the cheapest on; the last one tried keeps the budget
// and has no more phases than a uniform pair that would.
// The best uniform pair needs 3 * 4 phases.
// CHECK: module attributes {spike.phase_search = [{error = 0.50{{[0-9]+}} : f64, phases = 6 : i64, uniform_base = 2.0{{.*}} : f64, uniform_phases = 2 : i64},
// CHECK-SAME: {error = 0.27{{[0-9]+}} : f64, phases = 10 : i64}]}
// Query and key share a base and a number of phases.
// CHECK: "q" kind query {coding = !spike.phase<base = [[B:[0-9.]+]], phases = [[T:[0-9]+]], scale
// CHECK: "k" kind key {coding = !spike.phase<base = [[B]], phases = [[T]], scale
// AGREE: spike.phase_search = [{agreement = 6.875000e-01 : f64, phases = 12
// AGREE-SAME: {agreement = 9.687500e-01 : f64, phases = 96 : i64, uniform_base = 1.15{{.*}} : f64, uniform_phases = 32 : i64}]}
// NONE: warning: {{.*}}finds no phase codes that keep error {{.*}}; the best candidate has
// NONE: phases = 4
// FIRST: error: {{.*}}has no phase code; run spike-calibrate-phase first
// METRIC: error: {{.*}}needs metric error or agreement, has 'spikes'
// RANGE: error: {{.*}}needs 1 to 127 phases and bases above 1 and at most 2, has 200 and 1.1
func.func @f(%x: tensor<?x4xf32>) -> tensor<?x2x2xf32> {
  %w = onnx.constant dense<[[1.0, 2.0, -1.0, 0.5], [0.25, -3.0, 1.0, 1.0], [0.7, 1.3, -0.4, 0.1], [1.0, 1.1, 1.2, -1.3]]> : tensor<4x4xf32>
  %0 = spike.site %x "x" kind activation : tensor<?x4xf32>
  %1 = onnx.matmul %0, %w : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32> loc("fc")
  %2 = onnx.reshape %1 [-1, 2, 2] : (tensor<?x4xf32>) -> tensor<?x2x2xf32>
  %3 = spike.site %2 "q" kind query : tensor<?x2x2xf32>
  %4 = onnx.transpose %2 [0, 2, 1] : (tensor<?x2x2xf32>) -> tensor<?x2x2xf32>
  %5 = spike.site %4 "k" kind key : tensor<?x2x2xf32>
  %6 = onnx.matmul %3, %5 : (tensor<?x2x2xf32>, tensor<?x2x2xf32>) -> tensor<?x2x2xf32> loc("scores")
  return %6 : tensor<?x2x2xf32>
}
