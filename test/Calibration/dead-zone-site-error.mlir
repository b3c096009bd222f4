// RUN: snn-opt %s --spike-dead-zone=site=nobody=1 --verify-diagnostics

// expected-error@+1 {{has no site 'nobody' to give a dead zone of 1}}
module {
}
