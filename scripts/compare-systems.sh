#!/bin/bash
# Builds SNNC and compares the four systems on the bundled MIMO task: error rate,
# spikes, operations, and energy by each system's own model and on one chip.
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Usage: scripts/compare-systems.sh [--count N] [--build DIR] [--output DIR]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build
out=$root/out/compare
count=10000
while [[ $# -gt 0 ]]; do
  case $1 in
  --count) count=$2; shift 2 ;;
  --build) build=$2; shift 2 ;;
  --output) out=$2; shift 2 ;;
  *) echo "error: unknown option $1 (--count N, --build DIR, --output DIR)" >&2
     exit 2 ;;
  esac
done

"$root/scripts/build.sh" "$build"
example=$root/examples/mimo
/usr/bin/python3 "$example/make_inputs.py" --count "$count" \
  --output-dir "$example/data"
"$build/bin/snnc" --compare-systems "$example/task.yaml" -o "$out"
