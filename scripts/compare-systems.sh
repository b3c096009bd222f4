#!/bin/bash
# Builds SNNC and compares the four systems on the bundled MIMO task: error rate,
# spikes, operations, and energy by each system's own model and on one chip; with
# each system's best network, and with 8 bits in every row. Energies as intervals.
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Usage: scripts/compare-systems.sh [--count N] [--build DIR] [--output DIR]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
out=$root/out/compare
source "$root/scripts/example-options.sh"

"$root/scripts/build.sh" "$build"
example=$root/examples/mimo
/usr/bin/python3 "$example/make_inputs.py" --count "$count" \
  --output-dir "$example/data"
"$build/bin/snnc" --compare-systems "$example/task.yaml" -o "$out"
"$build/bin/snnc" --compare-systems "$example/task_w8a8.yaml" -o "$out-w8a8"
for folder in "$out" "$out-w8a8"; do
  echo
  echo "$folder: energies as intervals (docs/sweeps.md)"
  PYTHONPATH=$root/python /usr/bin/python3 -m snnc.uncertainty "$folder"
done
