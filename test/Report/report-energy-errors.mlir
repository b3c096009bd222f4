// RUN: mkdir -p %t
// RUN: not snn-opt %s --xbar-report-energy 2>&1 | FileCheck %s --check-prefix=CHIP
// RUN: not snn-opt %s --spike-to-xbar=chip=%S/Inputs/hand.yaml --xbar-report-energy 2>&1 | FileCheck %s --check-prefix=TILING
// RUN: not snn-opt %s --spike-to-xbar=chip=digital-22nm --xbar-report-energy=assume=rate=2 2>&1 | FileCheck %s --check-prefix=RATE
// RUN: not snn-opt %s --spike-to-xbar=chip=digital-22nm --xbar-report-energy=assume=rats=0.5 2>&1 | FileCheck %s --check-prefix=NAME
// RUN: not snn-opt %s --spike-to-xbar=chip=digital-22nm --xbar-report-energy=assume=rate.q=0.5 2>&1 | FileCheck %s --check-prefix=SITE
// RUN: not snn-opt %s --spike-to-xbar=chip=digital-22nm --xbar-report-energy=stats=%t/none.json 2>&1 | FileCheck %s --check-prefix=FILE
// RUN: echo '{"schema_version": 2, "sites": {}}' > %t/version.json
// RUN: not snn-opt %s --spike-to-xbar=chip=digital-22nm --xbar-report-energy=stats=%t/version.json 2>&1 | FileCheck %s --check-prefix=VERSION
// RUN: echo '{"schema_version": 1, "sites": {"q": {}}}' > %t/site.json
// RUN: not snn-opt %s --spike-to-xbar=chip=digital-22nm --xbar-report-energy=stats=%t/site.json 2>&1 | FileCheck %s --check-prefix=OTHER
// RUN: echo '{"schema_version": 1, "sites": {}}' > %t/empty.json
// RUN: not snn-opt %s --spike-to-xbar=chip=digital-22nm --xbar-report-energy=stats=%t/empty.json 2>&1 | FileCheck %s --check-prefix=LACKS
// RUN: echo '{"schema_version": 1, "sites": {"arg0": {"neurons": 4, "all_neurons": 4, "all_spikes": 1, "max_level": 3, "mask": 1, "radius": 0, "slots": [0, 1, 0, 0]}}}' > %t/mask.json
// RUN: not snn-opt %s --spike-to-xbar=chip=digital-22nm --xbar-report-energy=stats=%t/mask.json 2>&1 | FileCheck %s --check-prefix=MASK
// RUN: not snn-opt %s --spike-to-xbar=chip=digital-22nm --xbar-report-energy="assume=rate=0.5 output=%t/none/energy.json" 2>&1 | FileCheck %s --check-prefix=OUTPUT
// RUN: snn-opt %s --spike-to-xbar=chip=digital-22nm --xbar-report-energy -o /dev/null | FileCheck %s --check-prefix=UNKNOWN

// CHIP: error: {{.*}}xbar.chip
// TILING: error: {{.*}}is not cut into tiles of chip 'hand'; run spike-to-xbar and xbar-tile first
// RATE: error: cannot read the assumption 'rate=2'; it is rate=R or rate.SITE=R with R in 0..1, or unfired=P or unfired.SITE=P with P in 0..127
// NAME: error: unknown assumption 'rats'; there are rate, rate.SITE, unfired and unfired.SITE
// SITE: error: a rate is assumed for the site 'q', which the network does not have; it has arg0
// FILE: error: cannot read the statistics '{{.*}}none.json': No such file or directory
// VERSION: error: '{{.*}}version.json' holds no statistics of a simulator, schema version 1
// OTHER: error: the statistics '{{.*}}site.json' have the site 'q', which the network does not have
// LACKS: error: the statistics '{{.*}}empty.json' lack the site 'arg0'
// MASK: error: the statistics of site 'arg0' have another mask or radius than this network; they are of another compilation
// OUTPUT: error: cannot write '{{.*}}energy.json': No such file or directory
// UNKNOWN: an upper bound: 1 of 1 sites have no rate and are taken to fire always; give --calibrate, --assume or statistics

!t = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 0.25>

module {
func.func @main(%x: tensor<2x4x!t>) -> tensor<2x2xi32> {
  %0 = spike.linear %x {weight = dense<1> : tensor<4x2xi8>} : tensor<2x4x!t> -> tensor<2x2xi32> loc("a")
  return %0 : tensor<2x2xi32>
}
}
