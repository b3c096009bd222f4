#!/bin/bash
# Builds SNNC, compiles the bundled MIMO detectors to spiking simulators, runs them
# on seeded prompts and prints error rates and spikes.
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Usage: scripts/quickstart.sh [--count N] [--build DIR] [--output DIR]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
out=$root/out/mimo
source "$root/scripts/example-options.sh"

"$root/scripts/build.sh" "$build"
python=/usr/bin/python3
example=$root/examples/mimo

echo "making $count seeded prompts"
"$python" "$example/make_inputs.py" --count "$count" --output-dir "$out/data"

compile() { # NAME MODEL FLAGS...
  local name=$1 model=$2
  shift 2
  "$build/bin/snnc" "$example/$model" -o "$out/$name" "$@"
  "$out/$name/sim" --input "$out/data/inputs.npz" \
    --output "$out/$name/outputs.npz" --stats "$out/$name/stats.json" \
    --threads 2
}
compile float-w8a8 mimo_float.onnx --calibrate "$out/data/calibration.npz"
compile w1a4-k0 mimo_w1a4_k0.onnx
compile w1a4-k1 mimo_w1a4_k1.onnx

echo "checking that the spiking network computes its quantised form, bit for bit"
"$build/bin/snnc" "$example/mimo_w1a4_k1.onnx" -o "$out/proof" \
  --compile-to=spike --dump-phases "$out/proof/phases"
"$build/bin/snn-run" --compare "$out/proof/phases/1.quantise.mlir" \
  "$out/proof/phases/2.spike.mlir" --input "$out/data/inputs.npz" --limit 256

"$python" "$example/summarise.py" --data "$out/data" \
  --run "float, W8A8=$out/float-w8a8" \
  --run "W1A4, k = 0=$out/w1a4-k0" --run "W1A4, k = 1=$out/w1a4-k1"
