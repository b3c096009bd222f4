// What each phase promises, checked at the op.
//
// RUN: snn-opt %s --snn-verify-phase=phase=spike | FileCheck %s
// RUN: not snn-opt %s --snn-verify-phase=phase=import 2>&1 | FileCheck %s --check-prefix=IMPORT
// RUN: not snn-opt %s --snn-verify-phase=phase=engines 2>&1 | FileCheck %s --check-prefix=ENGINES
// RUN: not snn-opt %s --snn-verify-phase=phase=mapped 2>&1 | FileCheck %s --check-prefix=ENGINES
// RUN: not snn-opt %s --snn-verify-phase=phase=sim 2>&1 | FileCheck %s --check-prefix=SIM
// RUN: not snn-opt %s --snn-verify-phase=phase=tomorrow 2>&1 | FileCheck %s --check-prefix=UNKNOWN
//
// IMPORT: error: 'spike.encode' op does not belong in phase 'import'
// ENGINES: error: 'spike.matmul' op needs an attention engine after phase 'engines'
// SIM: error: 'spike.encode' op does not belong in phase 'sim'
// UNKNOWN: error: has no phase 'tomorrow'

!train = !spike.ttfs<bits = 4, zero = 8, mask = 8, scale = 0.25>
!level = !spike.level<bits = 4, zero = 8, mask = 8, scale = 0.25>

// CHECK-LABEL: func.func @main
// CHECK: spike.matmul
func.func @main(%q: tensor<2x3xf32>, %k: tensor<3x4xf32>) -> tensor<2x4xi32> {
  %0 = spike.encode %q "q" kind query : tensor<2x3xf32> -> tensor<2x3x!train>
  %1 = spike.quantize %k "k" kind key : tensor<3x4xf32> -> tensor<3x4x!level>
  %2 = spike.matmul %0, %1 : tensor<2x3x!train>, tensor<3x4x!level> -> tensor<2x4xi32>
  return %2 : tensor<2x4xi32>
}
