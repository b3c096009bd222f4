// A network with stochastic attention has all that the options are for.
//
// RUN: snn-opt %s --snn-check-network="neurons stochastic=rng random=seed" | FileCheck %s

!t = tensor<4x1x2x3x8x!spike.binary<steps = 4>>

// CHECK: spike.ssa
func.func @main(%q: !t, %k: !t, %v: !t) -> !t {
  %0 = spike.ssa %q, %k, %v "/attention" {seed = 0 : i64, layer_id = 3 : i64,
      norm_d = 8 : i64, norm_n = 3 : i64} : !t
  return %0 : !t
}
