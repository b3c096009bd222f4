#!/bin/bash
# Installs what a build needs, configures and builds. Usage: build.sh [DIR]
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$root/build}
tests=${SNN_BUILD_TESTS:-OFF}

# clang reads precompiled headers as it needs them, which g++ does not: with it the
# build takes a third of the time. Simulators are compiled with $CXX or c++.
packages=(g++ clang-22 lld-22 cmake ninja-build libmlir-22-dev mlir-22-tools llvm-22-dev
  llvm-22-tools libonnx-dev libprotobuf-dev protobuf-compiler zlib1g-dev
  libhdf5-dev python3 python3-numpy)
if [[ $tests == ON ]]; then
  packages+=(python3-onnx python3-psutil libgtest-dev libonnx-testdata
    python3-torch libopenblas0-pthread python3-h5py python3-matplotlib python3-mypy
    python3-yaml libopenmpi-dev openmpi-bin mkdocs)
fi
"$root/scripts/install-packages.sh" "${packages[@]}"

mkdir -p "$build"
if [[ ! -f $build/build.ninja || $tests == ON ]]; then
  compiler=()
  if [[ ! -f $build/CMakeCache.txt && -z ${CXX:-} ]]; then
    compiler=(-DCMAKE_C_COMPILER=clang-22 -DCMAKE_CXX_COMPILER=clang++-22
      -DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld)
  fi
  cmake -G Ninja -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release \
    "${compiler[@]}" -DSNN_BUILD_TESTS="$tests" >"$build/configure.log" 2>&1 ||
    { cat "$build/configure.log" >&2; exit 1; }
fi
ninja -C "$build"
