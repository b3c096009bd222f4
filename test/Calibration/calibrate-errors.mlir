// RUN: %python %S/Inputs/make_npz.py %t.inf.npz arg0=2x2=1,2,inf,3
// RUN: %python %S/Inputs/make_npz.py %t.wide.npz arg0=2x3=1,2,3,4,5,6
// RUN: %python %S/Inputs/make_npz.py %t.name.npz a=2x2=1,2,3,4 b=1x1=1
// RUN: not snn-opt %s --spike-calibrate 2>&1 | FileCheck %s --check-prefix=INPUTS
// RUN: not snn-opt %s --spike-calibrate="inputs=random:4 range=min" 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: not snn-opt %s --spike-calibrate="inputs=random:4 act-bits=1" 2>&1 | FileCheck %s --check-prefix=BITS
// RUN: not snn-opt %s --spike-calibrate="inputs=random:4 kv-bits=9" 2>&1 | FileCheck %s --check-prefix=KV
// RUN: not snn-opt %s --spike-calibrate="inputs=random:x" 2>&1 | FileCheck %s --check-prefix=RANDOM
// RUN: not snn-opt %s --spike-calibrate="inputs=%t.inf.npz" 2>&1 | FileCheck %s --check-prefix=FINITE
// RUN: not snn-opt %s --spike-calibrate="inputs=%t.wide.npz" 2>&1 | FileCheck %s --check-prefix=SHAPE
// RUN: not snn-opt %s --spike-calibrate="inputs=%t.name.npz" 2>&1 | FileCheck %s --check-prefix=NAME

// INPUTS: error: is a float model; give calibration inputs with --calibrate FILE.npz
// RANGE: error: needs range mse, percentile or max, has 'min'
// BITS: error: needs activations of 2 to 8 bits and keys and values of {{.*}} bits, has 1 and
// KV: error: needs activations of 2 to 8 bits and keys and values of {{.*}} bits, has 8 and 9
// RANDOM: needs random:N with a positive N, has 'random:x'
// FINITE: error: 'spike.site' op sees values that are not finite on the calibration inputs
// SHAPE: needs input 'arg0' of type 'tensor<?x2xf32>', has F32
// NAME: needs an input array named 'arg0', which the data does not have
func.func @f(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %0 = spike.site %x "x" kind activation : tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}
