#!/bin/bash
# Installs what a build needs, configures and builds. Usage: build.sh [DIR]
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$root/build}
tests=${SNN_BUILD_TESTS:-OFF}

packages=(g++ cmake ninja-build libmlir-22-dev mlir-22-tools llvm-22-dev
  llvm-22-tools libonnx-dev libprotobuf-dev protobuf-compiler zlib1g-dev
  python3 python3-numpy)
if [[ $tests == ON ]]; then
  packages+=(python3-onnx python3-psutil libgtest-dev libonnx-testdata)
fi
"$root/scripts/install-packages.sh" "${packages[@]}"

mkdir -p "$build"
if [[ ! -f $build/build.ninja || $tests == ON ]]; then
  cmake -G Ninja -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release \
    -DSNN_BUILD_TESTS="$tests" >"$build/configure.log" 2>&1 ||
    { cat "$build/configure.log" >&2; exit 1; }
fi
ninja -C "$build"
